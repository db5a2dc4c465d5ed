"""How runs were made: the plan and the engine, so that they can be asked for more."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from il15_sim.regimen import Regimen
from il15_sim.results.endpoint import Endpoint
from il15_sim.simulation.engines import EngineName
from il15_sim.simulation.execute import carry_out
from il15_sim.simulation.grid import check_inside
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
        schedule_of = self.plan.schedule_of
        return self.plan.regimens[0 if schedule_of is None else int(schedule_of[run])]

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
        check_inside(asked, self.plan.task.begin, self.plan.task.end)
        return carry_out(self.plan.asking(asked), self.engine, self.threads, progress=progress)
