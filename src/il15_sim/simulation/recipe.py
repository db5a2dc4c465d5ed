"""How runs were made: the plan and the engine, so that they can be asked for more."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.regimen import Regimen
from il15_sim.results.endpoint import Endpoint
from il15_sim.simulation.block import to_dataset
from il15_sim.simulation.engines import EngineName, rows_on
from il15_sim.simulation.execute import ROWS_PER_BLOCK, execute
from il15_sim.simulation.grid import check_inside
from il15_sim.simulation.identity import stored_inputs
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.request import checked_endpoints


@dataclass(frozen=True, eq=False)
class PlannedRecipe:
    """A plan that was carried out, and how."""

    plan: Plan
    engine: EngineName
    threads: int | None

    def regimen_of(self, run: int) -> Regimen:
        """What a run was given."""
        return self.plan.regimen_of(run)

    def overrides_of(self, run: int) -> dict[str, float]:
        """Parameters of a run that differ from those of the model."""
        rows, own = self.plan.rows, self.plan.subject.constants
        values = zip(rows.columns, rows.block(run, run + 1)[0].tolist(), strict=True)
        return {name: value for name, value in values if value != own[name]}

    def parameters(self, names: Sequence[Hashable]) -> pd.DataFrame:
        """The parameters that vary, one row per run."""
        rows = self.plan.rows
        index = pd.Index(list(names), name="run")
        return pd.DataFrame(rows.block(0, rows.count), columns=list(rows.columns), index=index)

    def take(self, runs: NDArray[np.intp]) -> PlannedRecipe:
        """The recipe of some of the runs."""
        return replace(self, plan=self.plan.take(runs))

    def measure(self, endpoints: Sequence[Endpoint], progress: bool | None) -> xr.Dataset:
        """Simulate again, keeping some endpoints."""
        asked = checked_endpoints(self.plan.subject, endpoints)
        check_inside(asked, self.plan.begin_h, self.plan.end_h)
        return carry_out(self.plan.asking(asked), self.engine, self.threads, progress=progress)


def carry_out(
    plan: Plan,
    engine: EngineName,
    threads: int | None,
    *,
    folder: str | Path | None = None,
    rows_per_shard: int = ROWS_PER_BLOCK,
    progress: bool | None = None,
) -> xr.Dataset:
    """Simulate all rows of a plan, in memory or in a folder; the dimension `run` has their names.

    Raises
    ------
    InputError
        For results that are larger than the memory of the machine.
    """
    if folder is None:
        _check_room(plan)
    rows = rows_on(plan, engine, threads, progress)

    def compute(
        first: int, last: int, on_rows: Callable[[float], object] | None = None
    ) -> xr.Dataset:
        return to_dataset(rows.block(first, last, on_rows), plan, first, rows.name)

    data = execute(
        compute,
        plan.rows.count,
        simulation_bytes=plan.row_bytes,
        row_bytes=plan.row_bytes,
        inputs=lambda: stored_inputs(plan, rows.name),
        folder=folder,
        rows_per_shard=rows_per_shard,
        progress=progress,
        names=plan.rows.labels,
    )
    # Not stored: it differs from one call to the next.
    data.attrs["compile_seconds"] = rows.compile_seconds
    # Stored variables come back by the alphabet; the order is that in which they were asked for.
    first = [*plan.columns[: plan.courses], *(e.name for e in plan.endpoints)]
    return data[[*first, *(name for name in data.data_vars if name not in first)]]


def _check_room(plan: Plan) -> None:
    """Refuse what cannot be held: an hourly grid of a million runs is a slip."""
    try:
        room = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return
    needed = plan.rows.count * plan.row_bytes
    if needed > room:
        raise InputError(
            f"results of {needed / 1e9:.3g} GB for {plan.rows.count} runs",
            why=f"this machine has {room / 1e9:.3g} GB of memory",
            fix="ask for endpoints, for fewer times_h or observables, or give a folder",
        )
