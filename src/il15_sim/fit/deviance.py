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

#: Step of differences of a log density by the prediction, as a share of its width.
_STEP = 1e-4


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
    # The spread falls with the prediction, which pulls the best one below what was measured: the
    # density is largest at a root of its derivative, a cubic in the prediction.
    found = []
    for x, sd, cv in zip(m, known["sd"], known["cv"], strict=True):
        s, c = sd**2, cv**2
        roots = np.roots([-(c**2), -x * c, c * x**2 - s - c * s, x * s])
        at = roots.real[np.abs(roots.imag) < 1e-6 * (np.abs(roots) + sd)]
        found.append(np.max(one.log_density(at, np.full(len(at), x), sd=sd, cv=cv)))
    return np.array(found)


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
    step = _STEP * _width(kind, predicted, known)
    above, at, below = (
        one.log_density(p, measured, **known)
        for p in (_inside(kind, predicted + step), predicted, _inside(kind, predicted - step))
    )
    slope = _count_slope(kind, predicted, measured, known)
    if slope is None:
        slope = (above - below) / (2 * step)
    size = np.sqrt(2.0 * np.maximum(best - at, 0.0))
    sign = np.where(slope >= 0, 1.0, -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # At the best prediction itself the root has the slope of a parabola's.
        flat = np.sqrt(np.maximum(-(above - 2 * at + below) / step**2, 0.0))
        by = np.where(size > 1e-4, -np.abs(slope) / size, -flat)
    return sign * size, by


def _width(kind: str, predicted: Array, known: Mapping[str, Array]) -> Array:
    """What a prediction may move by before its density changes: a spread, or its own size."""
    if likelihood(kind).predicted_rule != "finite":
        own = np.where(predicted > 0, predicted, 1e-9)
        return np.asarray(own * np.minimum(known.get("log_sd", np.ones(1)), 1.0))
    spread = np.hypot(known["sd"], known["cv"] * predicted) if "cv" in known else None
    if spread is None:
        spread = known["scale" if kind == "direction" else "sd"]
    # A step that rounding would swallow is none.
    return np.maximum(spread, 1e-5 * np.abs(predicted))


def _inside(kind: str, predicted: Array) -> Array:
    rule = likelihood(kind).predicted_rule
    if rule == "finite":
        return predicted
    return np.clip(predicted, 0.0, 1.0 if rule == "probability" else np.inf)


def _count_slope(
    kind: str, predicted: Array, measured: Any, known: Mapping[str, Array]
) -> Array | None:
    """Derivative of the log probability of a count, exact up to the ends of its predictions."""
    if kind not in ("poisson", "negative-binomial", "binomial"):
        return None
    k = np.asarray(measured, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(k > 0, k / np.maximum(predicted, 1e-200), 0.0)
        if kind == "poisson":
            return np.asarray(yes - 1.0)
        if kind == "negative-binomial":
            size = 1 / known["dispersion"]
            return np.asarray(yes - (k + size) / (size + predicted))
        no = known["n"] - k
        return np.asarray(yes - np.where(no > 0, no / (1 - predicted), 0.0))
