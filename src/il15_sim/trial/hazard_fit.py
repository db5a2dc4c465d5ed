"""The hazard of death, fitted to published survival from tumours that were followed once.

The hazard of a patient is rate * (burden / reference)^exponent and acts on nothing else: with
deaths switched off, the tumours of all arms are followed once, and every rate and exponent is tried
on them without another simulation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from il15_sim.errors import InputError, unknown
from il15_sim.progression.trials import Reading
from il15_sim.trial.published import RATIO_FOLD

Array = NDArray[np.float64]
#: A share of more patients than this weighs as one of so many: the model's own error.
MOST_PATIENTS = 100
#: Rise of twice the negative log likelihood at the ends of a 95 % interval.
_RISE = 3.841458820694124
_STEP_DAYS = 7


@dataclass(frozen=True, eq=False)
class Burdens:
    """Tumours of N patients of one arm over the reference burden, day by day.

    Attributes
    ----------
    relative : array, shape (N, D + 1)
        On days 0 to D.
    """

    relative: Array

    def exposure(self, exponent: float) -> Array:
        """Hours at the reference burden that give the same hazard, up to each day, (N, D + 1)."""
        now = self.relative**exponent
        area = 12.0 * (now[:, 1:] + now[:, :-1])
        return np.pad(np.cumsum(area, axis=1), ((0, 0), (1, 0)))


def alive(exposure: Array, rate: float) -> Array:
    """Share of patients who are alive, by day.

    Parameters
    ----------
    exposure : array, shape (N, D + 1)
        As `Burdens.exposure` gives it.
    rate : float
        Hazard of death at the reference burden, 1/h.

    Examples
    --------
    >>> import numpy as np
    >>> hours = Burdens(np.array([[1.0, 2.0, 3.0]])).exposure(0.0)
    >>> alive(hours, np.log(2) / 24).tolist()
    [1.0, 0.5, 0.25]
    """
    return np.asarray(np.exp(-rate * exposure).mean(axis=0))


def hazard_ratio(first: Array, second: Array) -> float:
    """What Cox's regression finds between two groups of equal size by their survival.

    Parameters
    ----------
    first, second : arrays, shape (T,)
        Shares alive at the same increasing times. The hazard of the first over the second.

    Examples
    --------
    >>> import numpy as np
    >>> days = np.arange(0.0, 500.0)
    >>> round(hazard_ratio(np.exp(-0.001 * days), np.exp(-0.002 * days)), 3)
    0.5
    """
    died = -np.diff(first), -np.diff(second)
    risk = first[:-1], second[:-1]

    def score(log_ratio: float) -> float:
        own = risk[0] * np.exp(log_ratio)
        return float((died[0] - (died[0] + died[1]) * own / (own + risk[1])).sum())

    return float(np.exp(brentq(score, -20.0, 20.0)))


@dataclass(frozen=True)
class HazardFit:
    """Rate and exponent of the hazard of death, and what is told of them.

    Attributes
    ----------
    rate, exponent : float
        1/h at the reference burden, and without a unit.
    objective : float
        Twice the negative log likelihood, less its least possible value, with the prior.
    frame : DataFrame
        One row per unknown: value, ends of its 95 % interval (the other unknown fitted again at
        every point), and the same without the hazard ratio by burden; infinite, or 0, where the
        interval reaches the end of the grid.
    profile : DataFrame
        By exponent: the best rate, the deviance of survival alone, that of the hazard ratio.
    """

    rate: float
    exponent: float
    objective: float
    frame: pd.DataFrame
    profile: pd.DataFrame


def fit_hazard(
    burdens: Mapping[str, Burdens],
    readings: Sequence[Reading],
    *,
    rates: Array | None = None,
    exponents: Array | None = None,
) -> HazardFit:
    """Fit rate and exponent to survival, and to a hazard ratio by baseline burden if there is one.

    Parameters
    ----------
    burdens : mapping of arm to Burdens
    readings : sequence of Reading
        Those of survival with `used` as `fit` count as so many of at most `MOST_PATIENTS`; the
        hazard ratio is a log-normal prior of `RATIO_FOLD`.
    rates, exponents : arrays, optional
        The grid that is searched, increasing.

    Raises
    ------
    InputError
        Where no reading of survival is used, for an arm without tumours, and a reading after the
        last day.
    """
    used = [r for r in readings if r.used == "fit"]
    shares = [r for r in used if r.quantity == "survival"]
    ratios = [r for r in used if r.quantity == "hazard ratio by burden"]
    if not shares:
        raise InputError("no survival to fit", fix="use at least one reading of it as 'fit'")
    for reading in (*shares, *ratios):
        where = f"reading '{reading.id}'"
        if reading.arm not in burdens:
            raise unknown("arm", reading.arm, burdens, where)
        last = burdens[reading.arm].relative.shape[1] - 1
        if reading.day > last:
            raise InputError(f"day {reading.day:g}", where=where, why=f"tumours end on day {last}")
    rates = np.geomspace(1e-6, 2e-4, 93) if rates is None else rates
    exponents = np.linspace(0.0, 4.0, 81) if exponents is None else exponents
    told, prior = np.empty((2, len(exponents), len(rates)))
    for e, exponent in enumerate(exponents):
        hours = {arm: burden.exposure(float(exponent)) for arm, burden in burdens.items()}
        for k, rate in enumerate(rates):
            told[e, k] = sum(_deviance(r, hours[r.arm], float(rate)) for r in shares)
            prior[e, k] = sum(
                _distance(r, hours[r.arm], burdens[r.arm].relative[:, 0], float(rate))
                for r in ratios
            )
    both = told + prior
    e, k = np.unravel_index(np.argmin(both), both.shape)
    rows = []
    for name, axis, values in (("death_rate", 0, rates), ("death_burden_exponent", 1, exponents)):
        own, alone = (_ends(values, found.min(axis=axis)) for found in (both, told))
        row = {"unknown": name, "value": _lowest(values, both.min(axis=axis))}
        row |= {"lower95": own[0], "upper95": own[1]}
        rows.append({**row, "lower95_alone": alone[0], "upper95_alone": alone[1]})
    best = both.argmin(axis=1)
    every = np.arange(len(exponents))
    profile = pd.DataFrame(
        {
            "exponent": exponents,
            "rate": rates[best],
            "survival": told[every, best],
            "survival_alone": told.min(axis=1),
            "ratio": prior[every, best],
        }
    )
    # The best rate for the best exponent: of the grid's neighbours, not of two profiles.
    exponent = rows[1]["value"]
    line = np.array([np.interp(exponent, exponents, both[:, j]) for j in range(len(rates))])
    rows[0]["value"] = rate = _lowest(rates, line)
    return HazardFit(rate, exponent, float(both[e, k]), pd.DataFrame(rows), profile)


def _deviance(reading: Reading, hours: Array, rate: float) -> float:
    day = int(np.floor(reading.day))
    part, up = reading.day - day, min(day + 1, hours.shape[1] - 1)
    at = hours[:, day] * (1 - part) + hours[:, up] * part
    found = float(np.exp(-rate * at).mean())
    found = min(max(found, 1e-9), 1 - 1e-9)
    n, p = min(reading.n, MOST_PATIENTS), reading.share
    told = 0.0
    for share, of in ((p, found), (1 - p, 1 - found)):
        if share > 0:
            told += share * np.log(share / of)
    return float(2 * n * told)


def _distance(reading: Reading, hours: Array, baseline: Array, rate: float) -> float:
    """Squared SDs between the hazard ratio below over above the median burden and its prior."""
    small = baseline < np.median(baseline)
    weeks = hours[:, ::_STEP_DAYS]
    found = hazard_ratio(alive(weeks[small], rate), alive(weeks[~small], rate))
    return float((np.log(found / reading.share) / np.log(RATIO_FOLD)) ** 2)


def _lowest(values: Array, curve: Array) -> float:
    """Where a parabola through the lowest point and its neighbours is lowest."""
    k = int(np.argmin(curve))
    if k in (0, len(values) - 1):
        return float(values[k])
    before, here, after = curve[k - 1 : k + 2]
    bent = before - 2 * here + after
    part = 0.5 * (before - after) / bent if bent > 0 else 0.0
    return float(np.interp(k + part, np.arange(len(values)), values))


def _ends(values: Array, curve: Array) -> tuple[float, float]:
    """Ends of the 95 % interval; those of the grid are none."""
    inside = np.flatnonzero(curve <= curve.min() + _RISE)
    low, high = inside[0], inside[-1]
    lower = -np.inf if low == 0 else float(values[low])
    upper = np.inf if high == len(values) - 1 else float(values[high])
    return lower, upper
