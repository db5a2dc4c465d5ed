"""What an engine gives back for a block of rows, and the dataset made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim._version import __version__
from il15_sim.batch import layout
from il15_sim.ensemble.plan import REDUCED, Plan
from il15_sim.readouts import Readout

Array = NDArray[np.float64]

#: How a row ended, by code: what the batch engine tells, and rows that no engine takes.
STATUS = (*layout.STATUS, "a parameter is not finite, or negative")
BAD_PARAMETER = len(layout.STATUS)


@dataclass(frozen=True)
class Block:
    """Plain results of B rows.

    Attributes
    ----------
    values : array, shape (B, T, C)
        The plan's columns at the plan's times.
    reduced : array, shape (B, K)
        One column for each of the plan's `reduced` readouts; the highest value for `max_fold`.
    final : array, shape (B, S)
    status : array of int8, shape (B,)
    steps : array of int32, shape (B, 2)
        Accepted and rejected steps; -1 where the engine does not tell.
    """

    values: Array
    reduced: Array
    final: Array
    status: NDArray[np.int8]
    steps: NDArray[np.int32]

    def refused(self, rows: NDArray[np.bool_]) -> Block:
        """The same without the results of some rows (B,), whose parameters cannot be used.

        They are taken out in place: a copy of time courses is dear.
        """
        for array in (self.values, self.reduced, self.final):
            array[rows] = np.nan
        self.status[rows] = BAD_PARAMETER
        self.steps[rows] = 0
        return self


def to_dataset(block: Block, plan: Plan, first: int, engine: str) -> xr.Dataset:
    """Labelled results of the rows [first, first + B)."""
    subject, units = plan.subject, plan.subject.units
    ok = block.status == layout.OK
    data: dict[str, tuple[tuple[str, ...], NDArray[Any], Mapping[str, Any]]] = {}
    coords: dict[str, object] = {"run": np.arange(first, first + len(block.status))}
    if plan.courses:
        coords["time_h"] = ("time_h", plan.times_h[plan.course_rows], {"units": "h"})
        for c, name in enumerate(plan.columns[: plan.courses]):
            course = block.values[:, plan.course_rows, c]
            data[name] = (("run", "time_h"), course, {"units": units.get(name, "")})
    for readout, numbers in _readouts(block, plan):
        told = {"units": readout.unit(units.get(readout.observable, "")), "kind": readout.kind}
        data[readout.name] = (("run",), np.where(ok, numbers, np.nan), told)
    if plan.final:
        coords["state"] = ("state", np.array(subject.states, dtype=np.str_))
        data["final_state"] = (("run", "state"), block.final, {})
    flags = {
        "flag_values": list(range(len(STATUS))),
        "flag_meanings": " ".join(s.replace(",", "").replace(" ", "_") for s in STATUS),
    }
    data["status"] = (("run",), block.status, flags)
    data["steps_accepted"] = (("run",), block.steps[:, 0], {})
    data["steps_rejected"] = (("run",), block.steps[:, 1], {})
    about = {
        "engine": engine,
        "model": subject.name,
        "model_hash": subject.hash,
        "rtol": float(plan.rtol),
        "il15_sim": __version__,
    }
    return xr.Dataset(data, coords=coords, attrs=about)


def _readouts(block: Block, plan: Plan) -> Iterator[tuple[Readout, Array]]:
    """Every readout with its numbers, shape (B,)."""
    reduced = dict(zip((r.name for r in plan.reduced), block.reduced.T, strict=True))

    def at(r: Readout, time_h: float, *, before: bool) -> Array:
        return block.values[:, plan.row_of(time_h, before=before), plan.column_of(r.observable)]

    for r in plan.readouts:
        base = at(r, plan.begin_h, before=True) if r.needs_baseline else np.zeros(0)
        if r.kind in REDUCED:
            numbers = reduced[r.name]
            yield r, _ratio(numbers, base) if r.kind == "max_fold" else numbers
        elif r.kind == "baseline":
            yield r, base
        else:
            numbers = at(r, r.time_h, before=r.kind != "value_at")
            if r.kind == "change":
                numbers = numbers - base
            yield r, _ratio(numbers, base) if r.kind == "fold" else numbers


def _ratio(above: Array, below: Array) -> Array:
    # A baseline of nearly nothing (a drug before its first dose) has no fold.
    return np.divide(above, below, out=np.full_like(above, np.nan), where=np.abs(below) > 1e-12)
