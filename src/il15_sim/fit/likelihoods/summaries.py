"""What published summaries of n patients say: how far a mean, a fold or a median may be off.

Each is a normal or log-normal error of the summary; its spread follows from what was printed. A
printed spread is taken as exact, which is too sure of itself in small cohorts: `mean-sd-student`
is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, ndtri

from il15_sim.fit.likelihoods.continuous import Scale
from il15_sim.fit.likelihoods.rules import Array, Knowns, check, numbers, refuse


def standard_error(predicted: Array, known: Knowns) -> Array:
    """SE of a mean of n patients, from their SD."""
    return np.asarray(known["sd"] / np.sqrt(known["n"]))


def stated_error(predicted: Array, known: Knowns) -> Array:
    """The SE that is told."""
    return known["se"]


def geometric_error(predicted: Array, known: Knowns) -> Array:
    """Log SE of a geometric mean of n patients, from their CV in percent."""
    cv = known["cv_percent"] / 100
    return np.asarray(np.sqrt(np.log1p(cv**2) / known["n"]))


def range_error(predicted: Array, known: Knowns) -> Array:
    """SE of a mean of n patients, from the range of their values."""
    sd = _sd_of_range(known["lowest"], known["highest"], known["n"])
    return np.asarray(sd / np.sqrt(known["n"]))


def fold_error(predicted: Array, known: Knowns) -> Array:
    """Log SE of a fold that is typical of n patients."""
    return np.asarray(known["log_sd"] / np.sqrt(known["n"]))


def interval_error(predicted: Array, known: Knowns) -> Array:
    """Log SE from a confidence interval: its width in units of the normal quantile."""
    width = np.log1p((known["upper"] - known["lower"]) / known["lower"])
    return np.asarray(width / (2 * ndtri((1 + known["level"]) / 2)))


def sd_of_range(lowest: ArrayLike, highest: ArrayLike, n: ArrayLike) -> Array:
    """SD of normal values from the range of n of them (Wan et al. 2014, scenario C1).

    The range of n normal values is about 2 z SD, with z the quantile at (n - 0.375) / (n + 0.25).
    That is within 5 % of the expected range, from 2 values to thousands. For values that are
    log-normal, give logarithms and get the log SD.

    Raises
    ------
    InputError
        For a range without width and for fewer than two values.

    Examples
    --------
    >>> float(sd_of_range(2.0, 10.0, 50).round(3))
    1.783
    """
    where = "SD of a range"
    low, high = numbers(lowest, "lowest", where), numbers(highest, "highest", where)
    count = numbers(n, "n", where)
    check(count, "two or more", "n", where)
    refuse(~(low < high), low, "lowest", where, "it lies below highest")
    return _sd_of_range(low, high, count)


def _sd_of_range(lowest: Array, highest: Array, n: Array) -> Array:
    # The upper quantile by the lower one, which keeps its digits when n is large.
    return np.asarray((highest - lowest) / (-2 * ndtri(0.625 / (n + 0.25))))


def student(predicted: Array, measured: Array, known: Knowns) -> Array:
    """Student's t with n - 1 degrees of freedom around the mean, scaled by the SE."""
    freedom, se = known["n"] - 1, standard_error(predicted, known)
    t = (measured - predicted) / se
    # ln(1 + t^2 / freedom), by its larger part: t^2 may be huge.
    tail = 2 * np.log(np.hypot(1.0, t / np.sqrt(freedom)))
    small = np.abs(t) < np.sqrt(freedom)
    tail = np.where(small, np.log1p(np.where(small, t, 0.0) ** 2 / freedom), tail)
    constant = -0.5 * np.log(freedom) - betaln(0.5, freedom / 2)
    return np.asarray(constant - np.log(se) - (freedom + 1) / 2 * tail)


def check_range(measured: Array, known: Knowns, where: str) -> None:
    """Refuse a range without width and a mean outside it."""
    low, high = known["lowest"], known["highest"]
    refuse(~(low < high), low, "lowest", where, "it lies below highest")
    outside = ~((low <= measured) & (measured <= high))
    refuse(outside, measured, "measured", where, "a mean lies within its range")


def check_interval(measured: Array, known: Knowns, where: str) -> None:
    """Refuse an interval without width and a median outside it."""
    low, high = known["lower"], known["upper"]
    refuse(~(low < high), low, "lower", where, "it lies below upper")
    outside = ~((low <= measured) & (measured <= high))
    refuse(outside, measured, "measured", where, "a median lies within its confidence interval")


MEAN_SD = Scale(standard_error)
MEAN_SE = Scale(stated_error)
GEOMETRIC = Scale(geometric_error, logarithmic=True)
MEAN_RANGE = Scale(range_error)
FOLD = Scale(fold_error, logarithmic=True)
MEDIAN_TIME = Scale(interval_error, logarithmic=True)
