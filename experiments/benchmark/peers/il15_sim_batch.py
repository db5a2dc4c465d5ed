"""This package: `simulate_many` on its batch engine."""

from __future__ import annotations

import numpy as np
import pandas as pd
from task import DOSE_MG, EVERY_H, Array, Task

from il15_sim import Model, Regimen, __version__, simulate_many


class Engine:
    """One call for all sets, as a user makes it: labelled dataset and all."""

    def __init__(self, task: Task, *, threads: int) -> None:
        self.tool = f"il15-sim {__version__}"
        self.task, self.threads = task, threads
        self.model = Model.load("patient")
        days = float(task.times_h[-1]) / 24
        self.regimen = Regimen.oral("sorafenib", dose_mg=DOSE_MG, every_h=EVERY_H, days=days)

    def run(self, values: Array, rtol: float, scale: None) -> Array:
        """All sets in groups of eight; absolute tolerances are those of the package."""
        task = self.task
        runs = simulate_many(
            self.model,
            self.regimen,
            pd.DataFrame(values, columns=list(task.parameters)),
            times_h=task.times_h,
            sample="pre",
            observables=task.observables,
            start="model",
            engine="batch",
            rtol=rtol,
            threads=self.threads,
            progress=False,
        )
        return np.stack([runs[o].to_numpy() for o in task.observables], axis=-1)
