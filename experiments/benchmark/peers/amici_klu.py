"""AMICI: C++ made from the SBML, CVODES with a sparse exact Jacobian (KLU)."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import amici
import amici.sim.sundials as sundials
import numpy as np
from amici.importers.sbml import SbmlImporter
from dosed_sbml import NEXT, with_dose_list, with_periodic_doses
from tables import OUT
from task import Array, Task

#: Where compiled models are kept.
BUILT = OUT / "amici"
FLAGS = "-O3 -march=native"
#: Steps that CVODES may take in a run.
MAX_STEPS = 1_000_000


class Engine:
    """Doses as events at given times, or by one event that arms itself again.

    AMICI takes one absolute tolerance for all states.
    """

    def __init__(self, task: Task, *, doses: str) -> None:
        self.tool = f"AMICI {amici.__version__}"
        self.task = task
        text = with_dose_list(task) if doses == "list" else with_periodic_doses(task)
        self.model = _compiled(text, task)
        self.solver = self.model.create_solver()
        self.solver.set_sensitivity_order(sundials.SensitivityOrder_none)
        self.solver.set_linear_solver(sundials.LinearSolver_KLU)
        self.solver.set_return_data_reporting_mode(sundials.RDataReporting_observables_likelihood)
        self.solver.set_max_steps(MAX_STEPS)
        self.model.set_timepoints(task.times.tolist())
        order = {name: k for k, name in enumerate(self.model.get_free_parameter_ids())}
        self.columns = np.array([order[name] for name in task.parameters])
        self.values = np.array(self.model.get_free_parameters())
        first = dict(zip(task.states, task.first_state().tolist(), strict=True))
        first[NEXT] = task.interval
        self.first = [first[name] for name in self.model.get_state_ids()]

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets one after the other."""
        self.solver.set_relative_tolerance(rtol)
        self.solver.set_absolute_tolerance(scale * rtol * self.task.common_size)
        found = np.full((len(values), len(self.task.times), len(self.task.observables)), np.nan)
        for n, row in enumerate(values):
            self.values[self.columns] = row
            self.model.set_free_parameters(self.values)
            self.model.set_initial_state(self.first)
            told = self.model.simulate(solver=self.solver)
            if told.status == sundials.AMICI_SUCCESS:
                found[n] = told.y
        return found


def _compiled(text: str, task: Task) -> Any:
    """The model as C++, compiled; kept, since all processes use the same one."""
    # The SWIG that AMICI was built with, and no other one of the machine.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    os.environ.setdefault("CXXFLAGS", FLAGS)
    told = "\n".join([text, *task.observables, amici.__version__, os.environ["CXXFLAGS"]])
    name = f"{task.model}_{hashlib.sha256(told.encode()).hexdigest()[:16]}"
    folder = BUILT / name
    if not (folder / "complete").exists():
        SbmlImporter(text, from_file=False).sbml2amici(
            name,
            folder,
            observation_model=[
                amici.MeasurementChannel(f"seen_{o}", formula=o) for o in task.observables
            ],
            compute_conservation_laws=False,
            generate_sensitivity_code=False,
            simplify=None,
        )
        (folder / "complete").touch()
    return amici.import_model_module(name, folder).get_model()
