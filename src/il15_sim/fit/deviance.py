"""Residuals for every likelihood: the signed root of twice what a row is short of its best.

With l(p) the log density of a measurement at a prediction p and l* the largest over all p, the
residual is sign * sqrt(2 (l* - l(p))). Its square is the row's deviance, so least squares minimises
minus twice the log likelihood whatever the kind; for normal errors it is the usual residual.

Reference: McCullagh and Nelder 1989, Generalized Linear Models, section 2.4.3 (deviance
residuals), doi:10.1201/9780203753736.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.likelihoods import likelihood

Array = NDArray[np.float64]

#: Relative step of differences of a log density by the prediction.
_STEP = 1e-5
#: Golden section: iterations that bring an interval of decades to a part in a million.
_ROUNDS = 60
_GOLDEN = (np.sqrt(5.0) - 1) / 2


def best_log_density(kind: str, measured: Any, known: Mapping[str, Array]) -> Array:
    """The largest log density over all predictions, per row, shape (N,)."""
    one = likelihood(kind)
    if kind == "direction":
        # Certain far away on the right side; no change is likeliest at no difference.
        words = np.asarray(measured, dtype=object)
        same = np.array([w == "no change" for w in words])
        none = one.log_density(np.zeros(len(words)), ["no change"] * len(words), **_margins(known))
        return np.where(same, none, 0.0)
    m = np.asarray(measured, dtype=np.float64)
    if kind == "binomial":
        return one.log_density(m / known["n"], m, **known)
    if kind in ("poisson", "negative-binomial", "mean-sd-student"):
        return one.log_density(m, m, **known)
    if kind.startswith("censored-"):
        outside = (m <= known["lower"]) | (m >= known["upper"])
        plain = {k: v for k, v in known.items() if k not in ("lower", "upper")}
        inside = best_log_density(kind.removeprefix("censored-"), np.where(outside, 1.0, m), plain)
        return np.where(outside, 0.0, inside)
    if one.scale is not None and kind != "proportional-additive":
        return one.log_density(m, m, **known)
    # The spread falls with the prediction, which pulls the best one below what was measured.
    low, high = m - 10 * known["sd"] - np.abs(m), m + 10 * known["sd"] + np.abs(m)
    for _ in range(_ROUNDS):
        a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        left = one.log_density(a, m, **known) > one.log_density(b, m, **known)
        low, high = np.where(left, low, a), np.where(left, b, high)
    return one.log_density((low + high) / 2, m, **known)


def _margins(known: Mapping[str, Array]) -> dict[str, Array]:
    # A stand-in where a sign is told without a margin.
    return {**known, "margin": np.where(known["margin"] > 0, known["margin"], 1.0)}


def deviance_residuals(
    kind: str, predicted: Array, measured: Any, known: Mapping[str, Array], best: Array
) -> tuple[Array, Array]:
    """Residuals and their derivatives by the prediction, per row, shapes (N,).

    Examples
    --------
    >>> best = best_log_density("poisson", [4.0], {})
    >>> deviance_residuals("poisson", np.array([9.0]), [4.0], {}, best)[0].round(3)
    array([-1.874])
    """
    one = likelihood(kind)
    step = _STEP * np.maximum(np.abs(predicted), _natural_step(kind, known))
    up, down = predicted + step, predicted - step
    if one.predicted_rule == "probability":
        up, down = np.minimum(up, 1.0), np.maximum(down, 0.0)
    elif one.predicted_rule not in ("finite",):
        down = np.where(down > 0, down, predicted)
    at, above, below = (one.log_density(p, measured, **known) for p in (predicted, up, down))
    slope = (above - below) / (up - down)
    short = np.maximum(best - at, 0.0)
    size = np.sqrt(2.0 * short)
    sign = np.where(slope >= 0, 1.0, -1.0)
    curve = (above - 2 * at + below) / step**2
    # At the best prediction itself the root has the slope of a parabola's.
    flat = np.sqrt(np.maximum(-curve, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        by = np.where(size > 1e-4, -np.abs(slope) / size, -flat)
    return sign * size, by


def _natural_step(kind: str, known: Mapping[str, Array]) -> Array | float:
    for name in ("scale", "sd", "se"):
        if name in known:
            return known[name]
    return 1e-3
