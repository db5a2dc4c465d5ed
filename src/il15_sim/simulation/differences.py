"""Derivatives of outputs by parameters, from simulations that share their steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xarray as xr

from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.model import Model
from il15_sim.simulation.engines import check_engine
from il15_sim.simulation.execute import ROWS_PER_BLOCK, carry_out
from il15_sim.simulation.pairing import Parameters, Regimens, paired
from il15_sim.simulation.request import make_plan
from il15_sim.simulation.stencil import Stencil
from il15_sim.simulation.subject import subject_of

#: What to do where an output is called like the error of another.
_ERROR_NAMES = "the errors of derivatives are called so: ask for these outputs in two calls"


def gradients(
    model: Model | Kernel,
    regimens: Regimens = None,
    parameters: Parameters = None,
    *,
    wrt: str | Sequence[str],
    relative_step: float = 1e-2,
    threads: int | None = None,
    folder: str | Path | None = None,
    rows_per_shard: int = ROWS_PER_BLOCK,
    progress: bool | None = None,
    **asked: Any,
) -> xr.Dataset:
    """Derivatives of time courses and endpoints by parameters.

    The simulations around one point take the same steps, so that their differences are those of
    one smooth map: no noise of step control enters, and wide differences (extrapolated from two
    widths) are accurate.

    Parameters
    ----------
    model, regimens, parameters
        As in `simulate`: derivatives are taken at every row.
    wrt : sequence of str, length K
        Parameters that are varied; their values must not be zero.
    relative_step : float
        Half-width of the wider difference, relative to the parameter.
    threads, folder, rows_per_shard, progress
        As in `simulate`: rows are computed in blocks, and stored ones are continued. There
        may be any number of rows in a shard.
    **asked
        What to report and how, as in `simulate`: `times_h`, `observables`, `endpoints`, ...

    Returns
    -------
    Dataset
        Each variable with a dimension `parameter` behind `run`: the derivative in its unit per
        unit of the parameter. `<name>_error` estimates its absolute error, the part that comes
        from the differences; that of the simulation follows `rtol`. `status` of a derivative is
        that of the worst simulation in it. The attribute `compile_seconds` is zero where the code
        came from the cache.

    Raises
    ------
    InputError
        For unknown ids, for parameters that are zero, and for outputs called like `<name>_error`.

    Examples
    --------
    >>> from il15_sim import Model, Regimen, gradients
    >>> d = gradients(
    ...     Model.load("sorafenib_pk"),
    ...     Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2),
    ...     wrt=["sorafenib_volume"],
    ...     observables=["sorafenib_total_mg_per_L"],
    ...     times_h=[24.0, 48.0],
    ... )
    >>> d["sorafenib_total_mg_per_L"].dims
    ('run', 'parameter', 'time_h')
    """
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    if not names:
        raise InputError("no parameter to differentiate by", fix="name some in wrt")
    if not 1e-6 <= relative_step <= 0.5:
        raise InputError(f"relative_step {relative_step!r}", why="it lies in 1e-6 .. 0.5")
    check_engine("batch", threads)
    known = make_plan.__kwdefaults__ or {}
    if unfit := sorted(set(asked) - set(known)):
        raise unknown("argument", unfit[0], known)
    subject = subject_of(model)
    plan = make_plan(subject, paired(subject, regimens, parameters), **asked)
    named = [*plan.task.outputs[: plan.courses], *(e.name for e in plan.endpoints)]
    check_distinct("variable", [v for n in named for v in (n, f"{n}_error")], _ERROR_NAMES)
    stencil = Stencil(plan.rows, subject.constants, names, relative_step)
    task = replace(plan.task, shared_steps=True)
    around = replace(plan, rows=stencil.rows, copies=stencil.copies, task=task)
    return carry_out(
        around,
        "batch",
        threads,
        stencil=stencil,
        folder=folder,
        rows_per_shard=rows_per_shard,
        progress=progress,
    )
