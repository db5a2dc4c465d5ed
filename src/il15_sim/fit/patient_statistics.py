"""What is compared over the patients of an arm: means, medians, spreads, quantiles and shares.

Quantiles and shares are those of a smoothed distribution, so that they have derivatives: a normal
kernel of the width h = 0.9 SD n^(-1/5) around every patient, with the patients drawn towards their
mean so that mean and SD stay what they are (Silverman 1986, Density Estimation, sections 3.4.2 and
6.4, doi:10.1201/9781315140919). It works on logarithms; on the numbers themselves for quantities
that may be negative (change, difference).
"""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from il15_sim.errors import InputError, unknown
from il15_sim.fit.rows import Row

Array = NDArray[np.float64]
#: Values (K,) of K points from those of n patients (K, n), and derivatives (K, n) by the latter.
Found = tuple[Array, Array]

SHARES = ("share below", "share above")
SPREADS = ("CV%", "geometric CV%")
NAMED = ("mean", "median", "geometric mean", "SD", *SPREADS, *SHARES)
#: Quantities that may be negative.
_SIGNED = ("change", "difference")
_QUANTILE = re.compile(r"q(\d{1,2}(?:\.\d+)?)")
_ROOT_2_PI = math.sqrt(2 * math.pi)
#: Bisections that bring an interval of the smoothed distribution to its last digits.
_ROUNDS = 60


def check_statistic(name: str, where: str) -> str:
    """The name of a statistic.

    Raises
    ------
    InputError
        For another one, with the closest.
    """
    if name in NAMED or _level(name) > 0:
        return name
    raise unknown("statistic", name, (*NAMED, "q25", "q75"), where)


def check_threshold(row: Row) -> None:
    """Refuse the level of a share without a logarithm where the patients' numbers have one.

    Raises
    ------
    InputError
        With the place of the row.
    """
    if row.statistic in SHARES and _logarithmic(row) and not row.threshold > 0:
        why = f"'{row.reads.quantity}' is positive"
        raise InputError(f"threshold {row.threshold:g} of a share", where=row.where, why=why)


def has_unit(name: str) -> bool:
    """Whether a statistic is in the unit of the quantity; shares and CV are not."""
    return name not in (*SHARES, *SPREADS)


def is_level(statistic: str) -> bool:
    """Whether a statistic of levels is a level itself; spreads and shares lie on no curve."""
    return has_unit(statistic) and statistic != "SD"


def fault(row: Row, q: Array) -> tuple[int, str]:
    """What keeps the statistic from the quantities q (n,): a patient's place, and the reason.

    No reason where nothing does; the place is -1 where it is all of them.
    """
    smoothed = row.statistic in SHARES or _level(row.statistic) > 0
    log = (smoothed and _logarithmic(row)) or row.statistic.startswith("geometric")
    bad = ~np.isfinite(q) if not log else ~(np.isfinite(q) & (q > 0))
    if bad.any():
        i = int(np.argmax(bad))
        told = "which has no logarithm" if np.isfinite(q[i]) else "which is no number"
        return i, f"{row.reads.quantity} of '{row.observable}' is {q[i]:.3g}, {told}"
    if smoothed and not np.ptp(q) > 0:
        return -1, f"{row.reads.quantity} of '{row.observable}' is {q[0]:.3g} in all patients"
    return -1, ""


def over_patients(row: Row, q: Array) -> Found:
    """The statistic of a row from the quantity q (K, n) of each patient, at K points.

    The quantities have no `fault`.
    """
    name, n = row.statistic, q.shape[-1]
    if name == "mean":
        return q.mean(axis=-1), np.full_like(q, 1 / n)
    if name == "SD":
        return _sd(q)
    if name == "CV%":
        (sd, by), mean = _sd(q), q.mean(axis=-1)
        found = 100 * sd / mean
        return found, 100 * by / mean[:, None] - (found / mean)[:, None] / n
    if name == "geometric mean":
        found = np.exp(np.log(q).mean(axis=-1))
        return found, found[:, None] / (n * q)
    if name == "geometric CV%":
        sd, by = _sd(np.log(q))
        found = 100 * np.sqrt(np.expm1(sd**2))
        # d found / d sd = 100^2 sd exp(sd^2) / found; its limit without any spread is 100.
        with np.errstate(divide="ignore", invalid="ignore"):
            outer = np.where(found > 0, 1e4 * sd * np.exp(sd**2) / found, 100.0)
        return found, outer[:, None] * by / q
    log = _logarithmic(row)
    x = np.log(q) if log else q
    if name in SHARES:
        at = math.log(row.threshold) if log else row.threshold
        found, by, _ = _share_below(x, np.full(len(q), at))
        if name == "share above":
            found, by = 1 - found, -by
    else:
        found, by = _quantile(x, _level(name))
        if log:
            found = np.exp(found)
            by = by * found[:, None]
    return found, by / q if log else by


def _logarithmic(row: Row) -> bool:
    return row.reads.quantity not in _SIGNED


def _level(name: str) -> float:
    """Of a quantile; 0 for what is none."""
    if name == "median":
        return 0.5
    found = _QUANTILE.fullmatch(name)
    return float(found[1]) / 100 if found else 0.0


def _sd(q: Array) -> Found:
    """SD with n - 1; without any spread its derivative is taken as zero."""
    off = q - q.mean(axis=-1, keepdims=True)
    sd = np.sqrt((off**2).sum(axis=-1) / (q.shape[-1] - 1))
    over = np.where(sd > 0, sd, 1.0)[:, None]
    return sd, off / (over * (q.shape[-1] - 1))


def _share_below(x: Array, at: Array) -> tuple[Array, Array, Array]:
    """Smoothed share below `at` (K,), and its derivatives by the patients' values and by `at`."""
    n = x.shape[-1]
    mean, (sd, sd_by) = x.mean(axis=-1, keepdims=True), _sd(x)
    width = 0.9 * n**-0.2
    drawn_in = 1 / math.sqrt(1 + width**2)
    h = (width * sd)[:, None]
    u = (at[:, None] - mean - drawn_in * (x - mean)) / h
    density = np.exp(-0.5 * u**2) / (_ROOT_2_PI * h * n)
    total = density.sum(axis=-1)
    # By the own place, by the mean of all, and by the width.
    by = -drawn_in * density - (1 - drawn_in) * total[:, None] / n
    by -= (density * u).sum(axis=-1)[:, None] * width * sd_by
    return ndtr(u).mean(axis=-1), by, total


def _quantile(x: Array, share: float) -> Found:
    """Where the smoothed share below is `share`, by bisection."""
    reach = 10 * _sd(x)[0]
    low, high = x.min(axis=-1) - reach, x.max(axis=-1) + reach
    for _ in range(_ROUNDS):
        middle = 0.5 * (low + high)
        above = _share_below(x, middle)[0] > share
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    found = 0.5 * (low + high)
    _, by, density = _share_below(x, found)
    return found, -by / density[:, None]
