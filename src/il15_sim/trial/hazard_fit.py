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
from scipy.optimize import brentq, minimize

from il15_sim.errors import InputError, unknown
from il15_sim.progression.trials import Reading
from il15_sim.trial.published import RATIO_FOLD

Array = NDArray[np.float64]
#: A share of more patients than this weighs as one of so many: the model's own error.
MOST_PATIENTS = 100
#: Rise of twice the negative log likelihood at the ends of a 95 % interval.
_RISE = 3.841458820694124
_STEP_DAYS = 7
#: Nobody is compared after one group has died out, and no hazard ratio is larger than exp of this.
_LEAST, _MOST = 1e-12, 20.0


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
        Shares alive at the same increasing times.

    Returns
    -------
    float
        The hazard of the first over the second, within exp(20) where one dies out before the other.

    Examples
    --------
    >>> import numpy as np
    >>> days = np.arange(0.0, 500.0)
    >>> round(hazard_ratio(np.exp(-0.001 * days), np.exp(-0.002 * days)), 3)
    0.5
    """
    left = np.minimum(first, second)[:-1] > _LEAST
    died = -np.diff(first)[left], -np.diff(second)[left]
    risk = first[:-1][left], second[:-1][left]

    def score(log_ratio: float) -> float:
        own = risk[0] * np.exp(log_ratio)
        return float((died[0] - (died[0] + died[1]) * own / (own + risk[1])).sum())

    if score(-_MOST) <= 0 or score(_MOST) >= 0:
        return float(np.exp(-_MOST if score(-_MOST) <= 0 else _MOST))
    return float(np.exp(brentq(score, -_MOST, _MOST)))


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
        every point of the grid), and the same without the hazard ratio by burden; infinite where
        the interval reaches the end of the grid.
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
        The grid whose best point the search starts from, increasing; its ends are bounds.

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
    rates = np.geomspace(1e-6, 2e-4, 61) if rates is None else rates
    exponents = np.linspace(0.0, 4.0, 41) if exponents is None else exponents

    def parts(hours: Mapping[str, Array], rate: float) -> tuple[float, float]:
        told = sum(_deviance(r, hours[r.arm], rate) for r in shares)
        return told, sum(_distance(r, hours[r.arm], burdens[r.arm], rate) for r in ratios)

    def exposures(exponent: float) -> dict[str, Array]:
        return {arm: burdens[arm].exposure(exponent) for arm in {r.arm for r in (*shares, *ratios)}}

    grid = np.empty((len(exponents), len(rates), 2))
    for e, exponent in enumerate(exponents):
        hours = exposures(float(exponent))
        grid[e] = [parts(hours, float(rate)) for rate in rates]
    told, both = grid[..., 0], grid.sum(axis=-1)
    at = np.unravel_index(np.argmin(both), both.shape)
    ends = [(np.log(rates[0]), np.log(rates[-1])), (exponents[0], exponents[-1])]
    found = minimize(
        lambda x: sum(parts(exposures(float(x[1])), float(np.exp(x[0])))),
        [np.log(rates[at[1]]), exponents[at[0]]],
        method="Nelder-Mead",
        bounds=ends,
        options={"xatol": 1e-3, "fatol": 1e-4},
    )
    rate, exponent = float(np.exp(found.x[0])), float(found.x[1])
    frame = pd.DataFrame(
        [
            {"unknown": "death_rate", "value": rate, **_interval(rates, both, told, 0)},
            {
                "unknown": "death_burden_exponent",
                "value": exponent,
                **_interval(exponents, both, told, 1),
            },
        ]
    )
    best, every = both.argmin(axis=1), np.arange(len(exponents))
    profile = pd.DataFrame(
        {
            "exponent": exponents,
            "rate": rates[best],
            "survival": told[every, best],
            "survival_alone": told.min(axis=1),
            "ratio": grid[every, best, 1],
        }
    )
    return HazardFit(rate, exponent, float(found.fun), frame, profile)


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


def _distance(reading: Reading, hours: Array, burden: Burdens, rate: float) -> float:
    """Squared SDs between the hazard ratio below over above the median burden and its prior."""
    baseline, weeks = burden.relative[:, 0], hours[:, ::_STEP_DAYS]
    small = baseline < np.median(baseline)
    found = hazard_ratio(alive(weeks[small], rate), alive(weeks[~small], rate))
    return float((np.log(found / reading.share) / np.log(RATIO_FOLD)) ** 2)


def _interval(values: Array, both: Array, told: Array, axis: int) -> dict[str, float]:
    """Ends of the 95 % interval, with and without the ratio; those of the grid are none."""
    found = {}
    for name, curve in (("", both.min(axis=axis)), ("_alone", told.min(axis=axis))):
        inside = np.flatnonzero(curve <= curve.min() + _RISE)
        low, high = inside[0], inside[-1]
        found[f"lower95{name}"] = -np.inf if low == 0 else float(values[low - 1])
        last = high == len(values) - 1
        found[f"upper95{name}"] = np.inf if last else float(values[high + 1])
    return found
