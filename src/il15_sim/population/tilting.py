"""Weights as even as targets allow: exponential tilting, that is maximum entropy.

Among all weights that meet the targets, those of least Kullback-Leibler distance from the weights
before are w exp(lambda . g), with one lambda per target (Csiszar 1975, doi:10.1214/aop/1176996454).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.population.targets import Target

if TYPE_CHECKING:
    from il15_sim.population.virtual import Population

Array = NDArray[np.float64]
#: Fewer patients' worth than this, or than this share of them, is a few patients told over again.
LEAST, LEAST_SHARE = 30.0, 0.1
_WHERE = "weights"
_MET = 1e-8


def kish(weights: Array) -> float:
    """How many patients of equal weight tell as much as these (Kish 1965, Survey Sampling).

    >>> kish(np.array([0.5, 0.5, 0.0]))
    2.0
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def tilted(moments: Array, start: Array) -> tuple[Array, Array]:
    """Weights (N,) near `start` under which every moment (N, K) has mean zero, and what is left.

    The second array, shape (K,), holds the means that remain, in SDs of each moment: zero where
    the targets can be met together.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    centre = start @ moments
    scale = np.sqrt(start @ (moments - centre) ** 2)
    g = moments / np.where(scale > 0, scale, 1.0)
    with np.errstate(divide="ignore"):
        logs = np.log(start)

    def weights(tilt: Array) -> Array:
        raised = logs + g @ tilt
        return np.asarray(np.exp(raised - logsumexp(raised)), np.float64)

    def value(tilt: Array) -> float:
        return float(logsumexp(logs + g @ tilt))

    def slope(tilt: Array) -> Array:
        return np.asarray(weights(tilt) @ g, np.float64)

    def curvature(tilt: Array) -> Array:
        w = weights(tilt)
        mean = w @ g
        return np.asarray((g * w[:, None]).T @ g - np.outer(mean, mean), np.float64)

    zero = np.zeros(g.shape[1])
    found = minimize(
        value,
        zero,
        jac=slope,
        hess=curvature,
        method="trust-exact",
        options={"gtol": 1e-10, "maxiter": 300},
    )
    return weights(found.x), slope(found.x)


def weights_for(population: Population, targets: Sequence[Target]) -> Array:
    """Weights of a population that meet targets, shape (N,).

    Raises
    ------
    InputError
        For a target outside what the patients span, targets that cannot be met together, and
        weights on so few patients that they tell nothing.
    """
    moments = np.column_stack([t.moments(population) for t in targets])
    start: Array = np.array(population.weights, np.float64)
    known = ~np.isnan(moments).any(axis=1)
    moments[~known] = 0.0
    start[~known] = 0.0
    if not start.any():
        raise InputError("no patient of whom all targets are known", where=_WHERE)
    start /= start.sum()
    used = start > 0
    if used.sum() < LEAST:
        told, why = f"{int(used.sum())} patients are too few to weigh", f"at least {LEAST:g}"
        raise InputError(told, where=_WHERE, why=why, fix="draw more patients")
    for target, own in zip(targets, moments.T, strict=True):
        if not own[used].min() < 0 < own[used].max():
            told = f"{target} is outside what the population spans"
            fix = "draw more patients, or ask for less"
            raise InputError(told, where=_WHERE, why=target.spanned(population), fix=fix)
    weights, left = tilted(moments, start)
    if np.abs(left).max() > _MET:
        worst = targets[int(np.abs(left).argmax())]
        told = ", ".join(map(str, targets))
        fix = "leave one out, or draw more patients"
        why = f"furthest off: {worst}"
        raise InputError(f"cannot be met together: {told}", where=_WHERE, why=why, fix=fix)
    least = max(LEAST, LEAST_SHARE * int(used.sum()))
    if (worth := kish(weights)) < least:
        alone = [kish(tilted(own[:, None], start)[0]) for own in moments.T]
        far = targets[int(np.argmin(alone))]
        told = f"weights are worth {worth:.3g} patients of {int(used.sum())}"
        why = f"fewer than {least:.0f} tell nothing; furthest out of reach: {far}"
        fix = "draw more patients, or change the model where it differs from the target"
        raise InputError(told, where=_WHERE, why=why, fix=fix)
    return weights
