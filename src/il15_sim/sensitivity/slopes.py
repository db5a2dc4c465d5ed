"""Local sensitivities: slopes at one point, free of units."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.sensitivity.factor import Factor, check_factors
from il15_sim.sensitivity.factor import factors as factors_of
from il15_sim.sensitivity.failed import Failures
from il15_sim.sensitivity.outputs import check_asked, outputs_of
from il15_sim.sensitivity.result import Indices, frame_of, row
from il15_sim.simulation import gradients, simulate
from il15_sim.simulation.subject import subject_of


def local(
    model: Model | Kernel,
    regimen: Regimen | None = None,
    factors: Sequence[Factor] | None = None,
    *,
    at: Mapping[str, float] | None = None,
    relative_step: float = 1e-2,
    **asked: Any,
) -> Indices:
    """Relative change of outputs with each parameter, at one point.

    `log_slope` is d ln y / d ln p: by how many per cent y rises when p rises by one. `over_range`
    is the change of ln y over the bounds of the factor if it went on like this, along its
    logarithm for a logarithmic distribution. The interval is the error of the differences.

    Parameters
    ----------
    model, regimen
        As in `simulate`.
    factors : sequence of Factor, optional
        Default: all of `factors(model)` whose value is not zero.
    at : mapping of id to value, optional
        The point. Default: the model's own values.
    relative_step : float
        As in `gradients`.
    **asked
        What to report, as in `simulate`: `endpoints`, or `observables` and `times_h`, ...

    Raises
    ------
    InputError
        As `gradients` and `simulate`; for a factor that is zero, and where the point cannot be
        simulated.

    Examples
    --------
    >>> from il15_sim import Model, Regimen
    >>> from il15_sim.endpoints import value_at
    >>> from il15_sim.sensitivity import factors, local
    >>> model = Model.load("sorafenib_pk")
    >>> found = local(
    ...     model,
    ...     Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=1),
    ...     factors(model, ["sorafenib_volume"]),
    ...     endpoints=value_at("sorafenib_total_mg_per_L", hour=6),
    ... )
    >>> bool(-1.2 < found.ranking()["value"][0] < -0.5)
    True
    """
    check_asked(asked)
    point = {**subject_of(model).constants, **(at or {})}
    chosen = factors
    if chosen is None:
        chosen = [f for f in factors_of(model) if point[f.name] != 0]
    check_factors(chosen)
    names = [f.name for f in chosen]
    quiet = {k: v for k, v in asked.items() if k != "final_state"}
    runs = simulate(model, regimen, dict(at) if at else None, **quiet)
    if set(runs.status) != {"ok"}:
        raise InputError(f"the point cannot be simulated: {runs.status[0]}")
    slopes = gradients(
        model, regimen, dict(at) if at else None, wrt=names, relative_step=relative_step, **quiet
    )
    rows: list[tuple[Any, ...]] = []
    failures = Failures()
    for key, values in outputs_of(runs).items():
        name, hour = key
        y = float(values[0])
        column = () if hour is None else (runs.times_h.tolist().index(hour),)
        for k, factor in enumerate(chosen):
            place = (0, k, *column)
            slope = float(slopes[name].values[place])
            error = float(slopes[f"{name}_error"].values[place])
            p = point[factor.name]
            relative = p / y if y else math.nan
            whole = _range(factor, p) * relative
            rows.append(row(key, factor.name, "log_slope", slope * relative, abs(error * relative)))
            rows.append(row(key, factor.name, "over_range", slope * whole, abs(error * whole)))
        bad = ~np.isfinite([made[5] for made in rows[-2 * len(names) :]])
        if bad.any():
            where = "no value or no slope" if y else "the value is zero"
            failures.add(key, bad.sum() // 2, where)
    options = {"at": dict(at or {}), "relative_step": relative_step, "regimen": str(regimen)}
    return Indices(frame_of(rows), "local", 1, 0, failures.frame, options)


def _range(factor: Factor, p: float) -> float:
    """Width of the bounds, relative to the value or on the logarithmic scale."""
    if factor.distribution.startswith("log-") and factor.low > 0:
        return math.log(factor.high / factor.low)
    return (factor.high - factor.low) / p
