"""This package: `simulate` on its batch engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from patient_case import NAME, regimen
from task import Array, Task

from il15_sim import Change, Model, __version__, simulate
from il15_sim.batch.kernel import Kernel


class Engine:
    """One call for all sets, as a user makes it: labelled dataset and all."""

    def __init__(self, task: Task, *, threads: int) -> None:
        self.tool = f"il15-sim {__version__}"
        self.task, self.threads = task, threads
        self.given: dict[str, Any] = {}
        if task.model == NAME:
            self.model: Model | Kernel = Model.load("patient")
            self.given["regimens"] = regimen(task.end / 24)
        else:
            # Any other model comes as SBML text, its unit of time called an hour, doses as changes.
            self.model = Kernel(task.sbml, name=task.model, time_unit="h")
            doses = task.dose_times.tolist()
            self.given["changes"] = [Change(t, task.dosed, task.dose) for t in doses]

    def run(self, values: Array, rtol: float, scale: None) -> Array:
        """All sets in groups of eight; absolute tolerances are those of the package."""
        task = self.task
        runs = simulate(
            self.model,
            parameters=pd.DataFrame(values, columns=list(task.parameters)),
            times_h=task.times,
            sample="pre",
            observables=task.observables,
            start="model",
            engine="batch",
            rtol=rtol,
            threads=self.threads,
            progress=False,
            **self.given,
        )
        return np.stack([runs[o].to_numpy() for o in task.observables], axis=-1)
