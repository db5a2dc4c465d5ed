"""What an engine gives back for a block of rows, and the dataset made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim._version import __version__
from il15_sim.batch import layout
from il15_sim.simulation.measures import Extent, last_doses, measure
from il15_sim.simulation.plan import Plan

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
        One column for each of the plan's `reduced`.
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
        coords["sample"] = ("time_h", plan.sample)
        for c, name in enumerate(plan.columns[: plan.courses]):
            course = block.values[:, plan.course_rows, c]
            data[name] = (("run", "time_h"), course, {"units": units.get(name, "")})
    read = BlockReader(block, plan, first)
    for endpoint in plan.endpoints:
        unit = endpoint.unit(units.get(endpoint.observable, ""))
        numbers = np.where(ok, measure(endpoint, read), np.nan)
        data[endpoint.name] = (("run",), numbers, {"units": unit, "kind": endpoint.kind})
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


@dataclass(frozen=True, eq=False)
class BlockReader:
    """Reads the parts of endpoints from the rows [first, first + B) of a plan."""

    block: Block
    plan: Plan
    first: int

    @property
    def begin_h(self) -> float:
        """Begin of the runs."""
        return self.plan.begin_h

    @property
    def end_h(self) -> float:
        """End of the runs."""
        return self.plan.end_h

    @property
    def rtol(self) -> float:
        """Tolerance of the runs."""
        return self.plan.rtol

    def at(self, observable: str, time_h: float, *, before: bool) -> Array:
        """Values (B,) at a time."""
        row = self.plan.row_of(time_h, before=before)
        return self.block.values[:, row, self.plan.column_of(observable)]

    def over(self, extent: Extent) -> Array:
        """What was reduced, (B,)."""
        return self.block.reduced[:, self.plan.reduced.index(extent)]

    def last_doses(self, drug: str) -> Array:
        """When each row's last dose of a drug is over, (B,)."""
        of_regimen = last_doses(self.plan.regimens, drug)
        return of_regimen[self.plan.schedules_of(self.first, self.first + len(self.block.status))]
