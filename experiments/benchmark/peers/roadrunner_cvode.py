"""libRoadRunner: CVODE on machine code made from the SBML."""

from __future__ import annotations

import numpy as np
import roadrunner
from dosed_sbml import NEXT, with_periodic_doses
from task import Array, Task

#: Steps that CVODE may take between two outputs.
MAX_STEPS = 100_000


class Engine:
    """Doses by one event that arms itself again ("event"), or from dose to dose.

    From dose to dose by `simulate` ("simulate"), or by `restart` and `integrate` of the integrator
    itself ("integrate"), which makes no table of results. Only outputs are selected, at their times
    only; values are set through the arrays of the model and not by name.
    """

    def __init__(self, task: Task, *, doses: str) -> None:
        self.tool = f"libRoadRunner {roadrunner.__version__}"
        self.task = task
        self.run_one = getattr(self, f"_by_{doses}")
        self.by_event = doses == "event"
        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        self.rr = rr = roadrunner.RoadRunner(
            with_periodic_doses(task) if self.by_event else task.sbml
        )
        rr.setIntegrator("cvode")
        rr.integrator.setValue("stiff", True)
        rr.integrator.setValue("maximum_num_steps", MAX_STEPS)
        sizes = dict(zip(task.states, task.sizes.tolist(), strict=True)) | {NEXT: task.interval}
        self.sizes = np.array([sizes[s] for s in self._followed()])
        rr.timeCourseSelections = list(task.observables)
        self.parameters = [self._place(name) for name in task.parameters]
        # States are species, or (in the patient model) parameters with rate rules: not both.
        if rr.model.getNumFloatingSpecies():
            order = {name: k for k, name in enumerate(rr.model.getFloatingSpeciesIds())}
            self.states = [order[name] for name in task.states]
            self.get = rr.model.getFloatingSpeciesConcentrations
            self.set = rr.model.setFloatingSpeciesConcentrations
        else:
            self.states = [self._place(name) for name in task.states]
            self.get = rr.model.getGlobalParameterValues
            self.set = rr.model.setGlobalParameterValues
        self.dosed = [self.states[task.states.index(task.dosed)]] if task.dosed else []
        self.first = task.first_state() if self.by_event else task.start

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets one after the other."""
        rr, task = self.rr, self.task
        rr.integrator.setValue("relative_tolerance", rtol)
        rr.integrator.setValue("absolute_tolerance", (scale * rtol * self.sizes).tolist())
        found = np.full((len(values), len(task.times), len(task.observables)), np.nan)
        for n, row in enumerate(values):
            rr.resetToOrigin()
            rr.model.setGlobalParameterValues(self.parameters, row)
            self.set(self.states, self.first)
            try:
                self.run_one(found[n])
            except RuntimeError:  # CVODE gave up
                found[n] = np.nan
        return found

    def _by_event(self, found: Array) -> None:
        found[:] = self.rr.simulate(0.0, self.task.end, len(found))

    def _by_simulate(self, found: Array) -> None:
        task, length = self.task, len(self.task.offsets)
        for k in range(task.segments):
            self._dose()
            begin = k * task.interval
            rows = self.rr.simulate(begin, begin + task.interval, 1 + length)
            if k == 0:
                found[0] = rows[0]
            after = task.rows_after(k)
            if after.stop:
                found[after] = rows[1:]

    def _by_integrate(self, found: Array) -> None:
        task, integrator, read = self.task, self.rr.integrator, self.rr.getSelectedValues
        found[0] = read()
        for k in range(task.segments):
            self._dose()
            begin = now = k * task.interval
            integrator.restart(begin)
            rows = task.rows_after(k)
            for j, offset in enumerate(task.offsets.tolist()):
                integrator.integrate(now, begin + offset - now)
                now = begin + offset
                if rows.stop:
                    found[rows.start + j] = read()

    def _dose(self) -> None:
        if self.dosed:
            self.set(self.dosed, self.get(self.dosed) + self.task.dose)

    def _followed(self) -> list[str]:
        """Ids of what CVODE integrates, in its order."""
        model, found = self.rr.model, []
        while True:
            try:
                found.append(model.getStateVectorId(len(found)))
            except (RuntimeError, IndexError, OverflowError):
                return found

    def _place(self, name: str) -> int:
        return list(self.rr.model.getGlobalParameterIds()).index(name)
