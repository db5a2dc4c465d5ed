"""Predictions that cannot be what was measured, and how that is told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.likelihoods import likelihood
from il15_sim.fit.rows import Row, Rows

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def impossible(rows: Rows, typical: Array) -> Flags:
    """Predictions (..., N) that have no density."""
    bad = rows.logarithmic & ~(typical > 0)
    for kind, at in rows.kinds.items():
        one, own = likelihood(kind), typical[..., at]
        if one.scale is not None:
            continue
        if one.predicted_rule == "probability":
            bad[..., at] = ~((own >= 0) & (own <= 1))
        elif one.predicted_rule != "finite":
            negative = "negative" in one.predicted_rule
            bad[..., at] = ~(own >= 0) if negative else ~(own > 0)
    labels = np.array([r.factor for r in rows.rows])
    for name in rows.factors:
        at = np.flatnonzero(labels == name)
        # A curve of zeros has no scale.
        if not rows.logarithmic[at[0]]:
            bad[..., at] |= (typical[..., at] == 0).all(axis=-1, keepdims=True)
    return np.asarray(bad | ~np.isfinite(typical))


def refused(row: Row, predicted: float) -> str:
    """Why a prediction is refused, with the place of its row."""
    told = f"the prediction of {row.where} is {predicted:.3g}"
    scale = likelihood(row.kind).scale
    if scale is not None and scale.logarithmic:
        return f"{told}, which has no logarithm"
    if scale is not None and row.factor:
        return f"{told} like all of its curve: zeros have no scale"
    measured = row.measured if isinstance(row.measured, str) else f"{row.measured:g}"
    return f"{told}, which '{row.kind}' does not allow with {measured} measured"
