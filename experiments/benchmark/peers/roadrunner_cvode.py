"""libRoadRunner: CVODE on machine code made from the SBML."""

from __future__ import annotations

import numpy as np
import roadrunner
from dosed_sbml import NEXT, with_periodic_doses
from task import Array, Task

#: Steps that CVODE may take between two outputs.
MAX_STEPS = 100_000


class Engine:
    """Doses by one event that arms itself again, or by `simulate` from dose to dose.

    Only outputs are selected, at their times only; values are set through the arrays of the
    model and not by name.
    """

    def __init__(self, task: Task, *, doses: str) -> None:
        self.tool = f"libRoadRunner {roadrunner.__version__}"
        self.task, self.by_event = task, doses == "event"
        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        self.rr = rr = roadrunner.RoadRunner(
            with_periodic_doses(task) if self.by_event else task.sbml
        )
        rr.setIntegrator("cvode")
        rr.integrator.setValue("stiff", True)
        rr.integrator.setValue("maximum_num_steps", MAX_STEPS)
        sizes = dict(zip(task.states, task.sizes.tolist(), strict=True)) | {NEXT: task.interval_h}
        self.sizes = np.array([sizes[s] for s in rr.timeCourseSelections if s != "time"])
        rr.timeCourseSelections = list(task.observables)
        # In this model everything is a "global parameter", the states too.
        order = {name: k for k, name in enumerate(rr.model.getGlobalParameterIds())}
        self.columns = [order[name] for name in task.parameters]
        self.states = [order[name] for name in task.states]
        self.dosed = order[task.dosed]
        self.first = task.start.copy()
        if self.by_event:
            self.first[task.states.index(task.dosed)] += task.dose

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets one after the other."""
        rr, task = self.rr, self.task
        rr.integrator.setValue("relative_tolerance", rtol)
        rr.integrator.setValue("absolute_tolerance", (scale * rtol * self.sizes).tolist())
        found = np.full((len(values), len(task.times_h), len(task.observables)), np.nan)
        for n, row in enumerate(values):
            rr.resetToOrigin()
            rr.model.setGlobalParameterValues(self.columns, row)
            rr.model.setGlobalParameterValues(self.states, self.first)
            try:
                if self.by_event:
                    end, count = float(task.times_h[-1]), len(task.times_h)
                    found[n] = rr.simulate(0.0, end, count)
                else:
                    self._by_segments(found[n])
            except RuntimeError:  # CVODE gave up
                found[n] = np.nan
        return found

    def _by_segments(self, found: Array) -> None:
        rr, task, dosed = self.rr, self.task, [self.dosed]
        for k, begin in enumerate(task.dose_times_h.tolist()):
            amount = rr.model.getGlobalParameterValues(dosed)
            rr.model.setGlobalParameterValues(dosed, amount + task.dose)
            rows = rr.simulate(begin, begin + task.interval_h, 2)
            if k == 0:
                found[0] = rows[0]
            if (k + 1) % task.doses_per_row == 0:
                found[(k + 1) // task.doses_per_row] = rows[-1]
