"""The reference engine: libRoadRunner (CVODE) on one model, started the same way every time."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from il15_sim.model import Model
from il15_sim.sbml import SbmlFacts

Array = NDArray[np.float64]

#: Size below which a state counts as empty, by unit id of the model. Steps are not spent on
#: following a state further down than `rtol` times this.
TYPICAL_SIZE = {
    "mg": 1.0,
    "ug": 0.1,
    "pM": 0.1,
    "ratio": 0.01,
    "dimensionless": 0.01,
    "molecules_per_cell": 1.0,
    "cells_per_uL": 1.0,
    "pg_per_mL": 1.0,
}


class IntegrationFailed(RuntimeError):
    """CVODE gave up; the message says when and why."""


class ReferenceEngine:
    """One libRoadRunner instance of one model structure.

    Not to be shared between threads or pickled: ship SBML text to workers, not the engine.
    """

    def __init__(self, sbml: str, facts: SbmlFacts) -> None:
        """Compile the SBML text once; values are given at every start."""
        # CVODE writes its complaints to file descriptors 1 and 2 from C, past anything Python can
        # redirect; failures are told by the status of a run.
        for level in ("ERROR", "WARNING"):
            os.environ.setdefault(f"SUNLOGGER_{level}_FILENAME", os.devnull)
        import roadrunner

        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        self._rr = roadrunner.RoadRunner(sbml)
        self._rr.setIntegrator("cvode")
        self._rr.integrator.setValue("maximum_num_steps", 200_000)
        self.facts = facts
        self._selected: tuple[str, ...] = ()
        # The state vector (and so the tolerance vector) has the order of the default selections.
        self._state_order = tuple(s for s in self._rr.timeCourseSelections if s != "time")

    def tolerances(self, rtol: float, states: Mapping[str, float]) -> dict[str, float]:
        """Absolute tolerance of every state, from its start value and the size of its unit."""
        units = self.facts.units
        return {
            s: rtol * 0.1 * max(abs(states[s]), TYPICAL_SIZE.get(units[s], 1.0))
            for s in self.facts.states
        }

    def start(
        self,
        values: Mapping[str, float],
        states: Mapping[str, float],
        rtol: float,
        selected: Sequence[str],
    ) -> dict[str, float]:
        """Bring the engine to a start that does not depend on what it ran before.

        Returns the absolute tolerances that are in force.
        """
        rr = self._rr
        # `reset()` would keep parameters that an earlier run changed; this does not.
        rr.resetToOrigin()
        for name, value in values.items():
            rr.setValue(name, value)
        for name, value in states.items():
            rr.setValue(name, value)
        tolerances = self.tolerances(rtol, states)
        rr.integrator.setValue("relative_tolerance", rtol)
        rr.integrator.setValue("absolute_tolerance", [tolerances[s] for s in self._state_order])
        if self._selected != tuple(selected):
            self._selected = tuple(selected)
            rr.timeCourseSelections = ["time", *self._selected]
        return tolerances

    def get(self, name: str) -> float:
        """Present value of any quantity."""
        return float(self._rr.getValue(name))

    def set(self, name: str, value: float) -> None:
        """Set a state or a parameter now."""
        self._rr.setValue(name, value)

    def now(self) -> Array:
        """Present values of the selected quantities, shape (O,)."""
        return np.array([self._rr.getValue(name) for name in self._selected])

    def advance(self, times_h: Array) -> Array:
        """Integrate through increasing times (the first is now); rows of selected quantities.

        Raises
        ------
        IntegrationFailed
            When CVODE cannot go on.
        """
        try:
            rows = self._rr.simulate(times=times_h.tolist())
        except RuntimeError as error:
            # The rest of the line is a C++ signature.
            raise IntegrationFailed(str(error).split("; In ")[0].splitlines()[0]) from None
        return np.asarray(rows, dtype=np.float64)[:, 1:]

    def rates(self) -> dict[str, float]:
        """Present rate of change of every state, per hour."""
        return {s: float(self._rr.getValue(f"{s}'")) for s in self.facts.states}


_engines: OrderedDict[str, ReferenceEngine] = OrderedDict()


def engine_for(model: Model) -> ReferenceEngine:
    """The engine of a model's structure, compiled once per process (eight are kept)."""
    key = model.structure_hash
    if key not in _engines:
        _engines[key] = ReferenceEngine(model.sbml, model.facts)
        while len(_engines) > 8:
            _engines.popitem(last=False)
    _engines.move_to_end(key)
    return _engines[key]
