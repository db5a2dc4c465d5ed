"""Forward sensitivities of a model with doses by AMICI: C++ from the SBML, CVODES.

Imported only where AMICI is installed.
"""

import os
import sys
from pathlib import Path

import amici
import amici.sim.sundials as sundials
import libsbml
import numpy as np
from amici.importers.sbml import SbmlImporter

from il15_sim.dosing import scaled_changes


def sensitivities(model, regimen, wrt, observables, times_h, folder, *, rtol=1e-11):
    """Values (T, O) and their derivatives (K, T, O) by parameters, from the model's own start.

    Times lie beside those of doses.
    """
    # The SWIG that AMICI was built with, and no other one of the machine.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    os.environ.setdefault("CXXFLAGS", "-O1")
    name = f"amici_{model.name}"
    SbmlImporter(with_doses(model, regimen), from_file=False).sbml2amici(
        name,
        Path(folder) / name,
        fixed_parameters=sorted(set(model.values) - set(wrt)),
        observation_model=[amici.MeasurementChannel(f"seen_{o}", formula=o) for o in observables],
        compute_conservation_laws=False,
        simplify=None,
    )
    built = amici.import_model_module(name, Path(folder) / name).get_model()
    solver = built.create_solver()
    solver.set_sensitivity_order(sundials.SensitivityOrder_first)
    solver.set_sensitivity_method(sundials.SensitivityMethod_forward)
    solver.set_linear_solver(sundials.LinearSolver_KLU)
    solver.set_max_steps(1_000_000)
    for tolerance in ("relative_tolerance", "relative_tolerance_fsa"):
        getattr(solver, f"set_{tolerance}")(rtol)
    for tolerance in ("absolute_tolerance", "absolute_tolerance_fsa"):
        getattr(solver, f"set_{tolerance}")(1e-3 * rtol)
    built.set_timepoints(list(times_h))
    found = built.simulate(solver=solver)
    assert found.status == sundials.AMICI_SUCCESS
    order = list(built.get_free_parameter_ids())
    return np.array(found.y), np.swapaxes(found.sy, 0, 1)[[order.index(p) for p in wrt]]


def with_doses(model, regimen):
    """The SBML with a regimen: an event per dose, and what is given at once in the start values."""
    document = libsbml.readSBMLFromString(model.sbml)
    written = document.getModel()
    for k, change in enumerate(scaled_changes(model, regimen)):
        amount = f"{change.amount!r}" + (f" * {change.per}" if change.per else "")
        if change.time_h == 0:
            assert not change.per, "a start value that depends on a parameter"
            state = written.getParameter(change.target)
            state.setValue(state.getValue() + change.amount)
            continue
        event = written.createEvent()
        event.setId(f"dose_{k}")
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        trigger.setMath(libsbml.parseL3Formula(f"time >= {change.time_h!r}"))
        assignment = event.createEventAssignment()
        assignment.setVariable(change.target)
        assignment.setMath(libsbml.parseL3Formula(f"{change.target} + {amount}"))
    return libsbml.writeSBMLToString(document)
