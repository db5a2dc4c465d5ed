"""Statistics of a group, and how far they scatter between groups of a size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from il15_sim.population.tilting import kish
from il15_sim.population.variability import cv_percent

Array = NDArray[np.float64]
#: Groups that are drawn for an interval.
_GROUPS = 2000


def weighted_quantile(x: Array, level: float, weights: Array) -> float:
    """The smallest value that a share `level` of the weight does not exceed."""
    order = np.argsort(x, kind="stable")
    reached = np.cumsum(weights[order])
    at = np.searchsorted(reached, level * reached[-1] * (1 - 1e-12))
    return float(x[order][min(int(at), len(x) - 1)])


def _mean(x: Array, weights: Array) -> float:
    return float(x @ weights / weights.sum())


def _log_cv(x: Array, weights: Array) -> float:
    logs = np.log(x)
    return cv_percent(float(np.sqrt(_mean((logs - _mean(logs, weights)) ** 2, weights))))


def _width(x: Array, weights: Array) -> float:
    return weighted_quantile(x, 0.75, weights) - weighted_quantile(x, 0.25, weights)


#: By name: the statistic of values with weights. A share is the mean of zeros and ones.
STATISTICS: dict[str, Callable[[Array, Array], float]] = {
    "mean": _mean,
    "geometric mean": lambda x, w: float(np.exp(_mean(np.log(x), w))),
    "median": lambda x, w: weighted_quantile(x, 0.5, w),
    "quartile width": _width,
    "log CV percent": _log_cv,
    "lowest": lambda x, w: float(x[w > 0].min()),
    "highest": lambda x, w: float(x[w > 0].max()),
    "share": _mean,
}
#: These depend on the size of the group, so that a population of another size has another one.
_OF_SIZE = ("lowest", "highest")


def scattered(name: str, x: Array, weights: Array, n: int, seed: int) -> tuple[float, float, float]:
    """A statistic of a population, and where 95 % of groups of n of its people have it.

    Groups are drawn with replacement by weight. That the population is a sample itself widens the
    interval: both errors add up to that of n N / (n + N) people, with N of equal weight here. The
    lowest and the highest of a group hang on its size: of them the middle of the groups is told.
    """
    rng = np.random.default_rng(seed)
    here = kish(weights)
    size = n if name in _OF_SIZE else max(round(n * here / (n + here)), 2)
    statistic, even = STATISTICS[name], np.ones(size)
    drawn = rng.choice(len(x), (_GROUPS, size), p=weights / weights.sum())
    found = np.array([statistic(x[group], even) for group in drawn])
    low, middle, high = np.quantile(found, [0.025, 0.5, 0.975])
    return (middle if name in _OF_SIZE else statistic(x, weights)), float(low), float(high)
