"""The density of all rows of a fit at what a model predicts, factors of groups solved inside."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.likelihoods import likelihood, marginalised, profiled
from il15_sim.fit.rows import Rows

Array = NDArray[np.float64]

#: Factors of groups: random ones around 1, or free ones.
Factors = Literal["random", "free"]


def log_density(
    rows: Rows,
    typical: Array,
    spread: Array,
    factors: Factors,
    omega: Array | float,
    *,
    integrated: bool = False,
) -> Array:
    """Log density of all rows at predictions without factors.

    Parameters
    ----------
    typical, spread : arrays, shape (N,) or (K, N)
    factors : "random" or "free"
        Random factors are integrated out, free ones take their best value.
    omega : float or array (K,)
        Log SD between random factors.
    integrated : bool
        Integrate free factors out, too (with a flat prior), as a posterior does.
    """
    total = np.zeros(typical.shape[:-1])
    grouped = np.array([bool(r.factor) for r in rows.rows])
    for kind, at in rows.kinds.items():
        one, own = likelihood(kind), typical[..., at]
        if one.scale is None:
            known = rows.known(kind)
            weight = np.array([rows.rows[i].weight for i in at])
            total = (
                total + one.log_density(own, [rows.rows[i].measured for i in at], **known) @ weight
            )
            continue
        alone = at[~grouped[at]]
        name = "log-normal" if one.scale.logarithmic else "normal"
        told = {"log_sd" if one.scale.logarithmic else "sd": spread[..., alone]}
        density = likelihood(name).log_density(typical[..., alone], rows.number[alone], **told)
        total = total + density.sum(axis=-1)
    for log, offset in ((True, True), (False, False), (False, True)):
        at = np.flatnonzero(
            grouped & (rows.logarithmic == log) & (rows.background == (offset and not log))
        )
        if not at.size:
            continue
        labels = [rows.rows[i].factor for i in at]
        own, number = typical[..., at], rows.number[at]
        residual = np.log(number) - np.log(own) if log else number - own
        scale, sd = None if log else own, spread[..., at]
        if factors == "random" and log:
            density = marginalised(residual, sd, labels, offset_sd=omega)
        elif integrated:
            density = marginalised(residual, sd, labels, predicted=scale, offset=offset)
        else:
            found = profiled(residual, sd, labels, predicted=scale, offset=offset)
            density = found.log_density
        total = total + density - (np.log(number).sum() if log else 0.0)
    return np.asarray(total)
