"""Forward sensitivities of a model with doses by AMICI: C++ from the SBML, CVODES.

To be made only where AMICI is installed.
"""

import os
import sys
from pathlib import Path

import libsbml
import numpy as np

from tests.oracles.single_doses import scaled_changes


class Sensitivities:
    """A model under a regimen, compiled for derivatives by some of its parameters."""

    def __init__(self, model, regimen, wrt, observables, folder):
        import amici
        from amici.importers.sbml import SbmlImporter

        # The SWIG that AMICI was built with, and no other one of the machine.
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        os.environ.setdefault("CXXFLAGS", "-O1")
        name = f"amici_{model.name}"
        SbmlImporter(with_doses(model, regimen), from_file=False).sbml2amici(
            name,
            Path(folder) / name,
            fixed_parameters=sorted(set(model.values) - set(wrt)),
            observation_model=[
                amici.MeasurementChannel(f"seen_{o}", formula=o) for o in observables
            ],
            compute_conservation_laws=False,
            simplify=None,
        )
        self.built = amici.import_model_module(name, Path(folder) / name).get_model()
        order = list(self.built.get_free_parameter_ids())
        self.places = [order.index(p) for p in wrt]

    def run(self, times_h, frozen=None, *, rtol=1e-11):
        """Values (T, O) and derivatives (K, T, O), at times beside those of doses.

        From the model's start values; or from the untreated state that they lead to while the
        parameters in `frozen` have the values given there.
        """
        import amici.sim.sundials as sundials

        built, solver = self.built, self.built.create_solver()
        solver.set_sensitivity_order(sundials.SensitivityOrder_first)
        solver.set_sensitivity_method(sundials.SensitivityMethod_forward)
        solver.set_linear_solver(sundials.LinearSolver_KLU)
        solver.set_max_steps(1_000_000)
        for kind in ("", "_fsa"):
            getattr(solver, f"set_relative_tolerance{kind}")(rtol)
            getattr(solver, f"set_absolute_tolerance{kind}")(1e-3 * rtol)
        built.set_timepoints(list(times_h))
        if frozen is None:
            found = built.simulate(solver=solver)
        else:
            # By integration: a tumour that neither grows nor shrinks makes the Jacobian singular.
            mode = sundials.SteadyStateSensitivityMode_integrationOnly
            built.set_steady_state_sensitivity_mode(mode)
            built.set_steady_state_computation_mode(
                sundials.SteadyStateComputationMode_integrationOnly
            )
            asked = sundials.ExpData(built)
            ids = built.get_fixed_parameter_ids()
            own = dict(zip(ids, built.get_fixed_parameters(), strict=True))
            asked.fixed_parameters = list(own.values())
            asked.fixed_parameters_pre_equilibration = list((own | frozen).values())
            found = built.simulate(solver=solver, edata=asked)
        assert found.status == sundials.AMICI_SUCCESS
        return np.array(found.y), np.swapaxes(found.sy, 0, 1)[self.places]


def with_doses(model, regimen):
    """The SBML with a regimen: an event per dose, none of them at time zero."""
    document = libsbml.readSBMLFromString(model.sbml)
    written = document.getModel()
    for k, change in enumerate(scaled_changes(model, regimen)):
        assert change.time_h > 0, "an event at time zero may fire or not"
        amount = f"{change.amount!r}" + (f" * {change.per}" if change.per else "")
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
