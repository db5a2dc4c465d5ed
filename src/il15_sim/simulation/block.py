"""The dataset made of what an engine gives back for a block of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim._version import __version__
from il15_sim.batch.drive import layout
from il15_sim.batch.task import Outcome, Reduction, Task
from il15_sim.simulation.measures import last_doses, measure
from il15_sim.simulation.plan import Plan

Array = NDArray[np.float64]

#: How a row ended, by code: what the batch engine tells, and rows that no engine takes.
STATUS = (*layout.STATUS, "a parameter is not finite, or negative")
BAD_PARAMETER = len(layout.STATUS)


def refuse(block: Outcome, rows: NDArray[np.bool_]) -> None:
    """Take out the results of some rows (B,), whose parameters cannot be used.

    In place: a copy of time courses is dear.
    """
    for array in (block.values, block.reduced, block.final):
        array[rows] = np.nan
    block.status[rows] = BAD_PARAMETER
    block.steps[rows] = 0


def to_dataset(block: Outcome, plan: Plan, first: int, engine: str) -> xr.Dataset:
    """Labelled results of the rows [first, first + B)."""
    subject, units = plan.subject, plan.subject.units
    ok = block.status == layout.OK
    data: dict[str, tuple[tuple[str, ...], NDArray[Any], Mapping[str, Any]]] = {}
    coords: dict[str, object] = {"run": np.arange(first, first + len(block.status))}
    if plan.courses:
        coords["time_h"] = ("time_h", plan.task.times[plan.course_rows], {"units": "h"})
        coords["sample"] = ("time_h", plan.sample)
        for c, name in enumerate(plan.task.outputs[: plan.courses]):
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
        "rtol": float(plan.task.rtol),
        "il15_sim": __version__,
    }
    return xr.Dataset(data, coords=coords, attrs=about)


@dataclass(frozen=True, eq=False)
class BlockReader:
    """Reads the parts of endpoints from the rows [first, first + B) of a plan."""

    block: Outcome
    plan: Plan
    first: int

    @property
    def task(self) -> Task:
        """Span and tolerance of the runs, in hours."""
        return self.plan.task

    def at(self, observable: str, time_h: float, *, before: bool) -> Array:
        """Values (B,) at a time."""
        task = self.plan.task
        row = int(np.flatnonzero((task.times == time_h) & (task.before == before))[0])
        return self.block.values[:, row, task.outputs.index(observable)]

    def over(self, part: Reduction) -> Array:
        """What was reduced, (B,)."""
        return self.block.reduced[:, self.plan.task.reductions.index(part)]

    def last_doses(self, drug: str) -> Array:
        """When each row's last dose of a drug is over, (B,)."""
        of_regimen = last_doses(self.plan.regimens, drug)
        return of_regimen[self.plan.schedules_of(self.first, self.first + len(self.block.status))]
