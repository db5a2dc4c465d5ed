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

    COPASI takes one absolute tolerance for all states.
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
        values = {value.getSBMLId(): value for value in made}
        made = (self.model.getMetabolite(i) for i in range(self.model.getNumMetabs()))
        species = {value.getSBMLId(): value for value in made}
        first = dict(zip(task.states, task.first_state().tolist(), strict=True))
        if NEXT in values:
            first[NEXT] = task.interval
        self.drawn = [values[name] for name in task.parameters]
        #: Setters of the start, and what they set.
        self.first = [
            (species[n].setInitialConcentration if n in species else values[n].setInitialValue, x)
            for n, x in first.items()
        ]
        self.changed = COPASI.ObjectStdVector()
        for name in [*task.parameters, *first]:
            self.changed.push_back(
                species[name].getInitialConcentrationReference()
                if name in species
                else values[name].getInitialValueReference()
            )
        self.course = self.data.getTask("Time-Course")
        self.course.setMethodType(COPASI.CTaskEnum.Method_deterministic)
        problem = self.course.getProblem()
        problem.setModel(self.model)
        problem.setDuration(task.end)
        problem.setStepNumber(len(task.times) - 1)
        problem.setTimeSeriesRequested(True)
        problem.setOutputEvent(False)
        self.method = self.course.getMethod()
        self.method.getParameter("Max Internal Steps").setUIntValue(MAX_STEPS)

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets one after the other."""
        task = self.task
        self.method.getParameter("Relative Tolerance").setDblValue(rtol)
        self.method.getParameter("Absolute Tolerance").setDblValue(scale * rtol * task.common_size)
        found = np.full((len(values), len(task.times), len(task.observables)), np.nan)
        for n, row in enumerate(values):
            for value, number in zip(self.drawn, row.tolist(), strict=True):
                value.setInitialValue(number)
            for set_initial, number in self.first:
                set_initial(number)
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
