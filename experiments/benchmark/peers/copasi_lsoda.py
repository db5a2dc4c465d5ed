"""COPASI: LSODA on its own compiled expressions, through the Python bindings of the library."""

from __future__ import annotations

import importlib

import numpy as np
from dosed_sbml import NEXT, with_periodic_doses
from task import Array, Task

# Not by an import statement: the package is called python-copasi.
COPASI = importlib.import_module("COPASI")

#: Steps that LSODA may take between two outputs.
MAX_STEPS = 100_000


class Engine:
    """Doses by one event that arms itself again (RADAU5 takes no events).

    COPASI takes one absolute tolerance for all states, as if all had the size one.
    """

    def __init__(self, task: Task) -> None:
        self.tool = f"COPASI {COPASI.__version__}"
        self.task = task
        # The data model has to outlive everything that was taken from it.
        self.data = COPASI.CRootContainer.addDatamodel()
        if not self.data.importSBMLFromString(with_periodic_doses(task)):
            raise ValueError(COPASI.CCopasiMessage.getAllMessageText())
        COPASI.CCopasiMessage.clearDeque()
        self.model = self.data.getModel()
        made = (self.model.getModelValue(i) for i in range(self.model.getNumModelValues()))
        self.by_id = {value.getSBMLId(): value for value in made}
        first = dict(zip(task.states, task.start.tolist(), strict=True)) | {NEXT: task.interval_h}
        first[task.dosed] += task.dose
        self.first = [(self.by_id[name], value) for name, value in first.items()]
        self.drawn = [self.by_id[name] for name in task.parameters]
        self.changed = COPASI.ObjectStdVector()
        for value in [*self.drawn, *(value for value, _ in self.first)]:
            self.changed.push_back(value.getInitialValueReference())
        self.course = self.data.getTask("Time-Course")
        self.course.setMethodType(COPASI.CTaskEnum.Method_deterministic)
        problem = self.course.getProblem()
        problem.setModel(self.model)
        problem.setDuration(float(task.times_h[-1]))
        problem.setStepNumber(len(task.times_h) - 1)
        problem.setTimeSeriesRequested(True)
        problem.setOutputEvent(False)
        self.method = self.course.getMethod()
        self.method.getParameter("Max Internal Steps").setUIntValue(MAX_STEPS)

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets one after the other."""
        task = self.task
        self.method.getParameter("Relative Tolerance").setDblValue(rtol)
        self.method.getParameter("Absolute Tolerance").setDblValue(scale * rtol)
        found = np.full((len(values), len(task.times_h), len(task.observables)), np.nan)
        for n, row in enumerate(values):
            for value, number in zip(self.drawn, row.tolist(), strict=True):
                value.setInitialValue(number)
            for value, number in self.first:
                value.setInitialValue(number)
            self.model.updateInitialValues(self.changed)
            if self.course.process(True):
                self._collect(found[n])
            COPASI.CCopasiMessage.clearDeque()
        return found

    def _collect(self, found: Array) -> None:
        series = self.course.getTimeSeries()
        columns = {series.getSBMLId(j, self.data): j for j in range(series.getNumVariables())}
        for k, name in enumerate(self.task.observables):
            j = columns[name]
            found[:, k] = [series.getConcentrationData(i, j) for i in range(len(found))]
