"""Derivatives of outputs by parameters, from simulations that share their steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from il15_sim.batch.kernel import Kernel
from il15_sim.batch.layout import LANES
from il15_sim.ensemble.batch_rows import batch_rows
from il15_sim.ensemble.block import to_dataset
from il15_sim.ensemble.engines import check_engine
from il15_sim.ensemble.request import Request, make_plan
from il15_sim.ensemble.rows import ParameterRows
from il15_sim.ensemble.subject import subject_of
from il15_sim.errors import InputError, unknown
from il15_sim.model import Model
from il15_sim.regimen import Regimen

Array = NDArray[np.float64]

#: Where the simulations of one parameter stand, in steps from its value. Two widths: their
#: difference tells the error, and takes the largest part of it away.
_OFFSETS = np.array([1.0, -1.0, 0.5, -0.5])
_PER_GROUP = LANES // len(_OFFSETS)


def gradients(
    model: Model | Kernel,
    regimens: Regimen | Sequence[Regimen] | None = None,
    parameters: pd.DataFrame | None = None,
    *,
    wrt: Sequence[str],
    relative_step: float = 1e-2,
    threads: int | None = None,
    **asked: Any,
) -> xr.Dataset:
    """Derivatives of time courses and readouts by parameters.

    The simulations around one point take the same steps, so that their differences are those of
    one smooth map: no noise of step control enters, and wide differences (extrapolated from two
    widths) are accurate.

    Parameters
    ----------
    model, regimens, parameters
        As in `simulate_many`: derivatives are taken at every row.
    wrt : sequence of str, length K
        Parameters that are varied; their values must not be zero.
    relative_step : float
        Half-width of the wider difference, relative to the parameter.
    threads : int, optional
        Default: all cores.
    **asked
        What to report and how, as in `simulate_many`: `times_h`, `observables`, `readouts`, ...

    Returns
    -------
    Dataset
        Each variable with a dimension `parameter` behind `run`: the derivative in its unit per
        unit of the parameter. `<name>_error` estimates its absolute error, the part that comes
        from the differences; that of the simulation follows `rtol`. `status` of a derivative is
        that of the worst simulation in it.

    Raises
    ------
    InputError
        For unknown ids, and for parameters that are zero.

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
    if not wrt:
        raise InputError("no parameter to differentiate by", fix="name some in wrt")
    if not 1e-6 <= relative_step <= 0.5:
        raise InputError(f"relative_step {relative_step!r}", why="it lies in 1e-6 .. 0.5")
    check_engine("batch", threads)
    unfit = sorted(set(asked) - {f.name for f in fields(Request)})
    if unfit:
        raise unknown("argument", unfit[0], [f.name for f in fields(Request)])
    subject = subject_of(model)
    plan = make_plan(subject, regimens, parameters, Request(**asked))
    for name in wrt:
        if name not in subject.constants:
            raise unknown("parameter", name, subject.constants)
    points = _points(plan.rows, subject.constants, wrt)
    for name in wrt:
        if (points[name] == 0.0).any():
            raise InputError(
                f"parameter '{name}' is zero", why="a relative step has no width there"
            )
    groups = math.ceil(len(wrt) / _PER_GROUP)
    table, place = _table(points, wrt, relative_step, groups)
    around = replace(plan, rows=ParameterRows.of_frame(table), copies=groups * LANES)
    block = batch_rows(around, threads, shared_steps=True).block(0, len(table.index))
    data = to_dataset(block, around, 0, "batch")
    return _differentiated(data, points, wrt, relative_step, place)


def _points(rows: ParameterRows, constants: Any, wrt: Sequence[str]) -> pd.DataFrame:
    points = pd.DataFrame(rows.block(0, rows.count), columns=list(rows.columns))
    for name in wrt:
        if name not in points:
            points[name] = float(constants[name])
    return points


def _table(
    points: pd.DataFrame, wrt: Sequence[str], step: float, groups: int
) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Rows in lock-step groups, and where the first simulation of each parameter stands."""
    table = points.loc[points.index.repeat(groups * LANES)].reset_index(drop=True)
    place = np.empty((len(points), len(wrt)), np.intp)
    for k, name in enumerate(wrt):
        group, part = divmod(k, _PER_GROUP)
        place[:, k] = (np.arange(len(points)) * groups + group) * LANES + part * len(_OFFSETS)
        column = table[name].to_numpy(copy=True)
        for n, offset in enumerate(_OFFSETS):
            column[place[:, k] + n] *= 1.0 + offset * step
        table[name] = column
    return table, place


def _differentiated(
    data: xr.Dataset,
    points: pd.DataFrame,
    wrt: Sequence[str],
    step: float,
    place: NDArray[np.intp],
) -> xr.Dataset:
    width = step * points[list(wrt)].to_numpy()
    variables: dict[str, Any] = {}
    for name, variable in data.data_vars.items():
        v = variable.to_numpy()
        around = [v[place + n] for n in range(len(_OFFSETS))]
        if name == "status":
            worst = np.max(np.stack(around), axis=0)
            variables[str(name)] = (("run", "parameter"), worst.astype(np.int8), variable.attrs)
            continue
        if str(name).startswith("steps_"):
            continue
        w = width.reshape(width.shape + (1,) * (v.ndim - 1))
        wide = (around[0] - around[1]) / (2.0 * w)
        narrow = (around[2] - around[3]) / w
        best = narrow + (narrow - wide) / 3.0
        # Rounding: the last digits of the values over the width of their difference.
        rounding = 4.0 * np.finfo(float).eps * np.abs(around[0]) / np.abs(w)
        dims = ("run", "parameter", *variable.dims[1:])
        told = {"units": f"{variable.attrs.get('units', '')} per unit of the parameter"}
        variables[str(name)] = (dims, best, told)
        variables[f"{name}_error"] = (dims, np.abs(best - narrow) + rounding, told)
    coords = {k: v for k, v in data.coords.items() if k != "run"}
    return xr.Dataset(
        variables, coords={"run": np.arange(len(points)), "parameter": list(wrt), **coords}
    )
