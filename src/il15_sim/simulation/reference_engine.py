"""The reference engine: libRoadRunner (CVODE) on one model, started the same way every time."""

from __future__ import annotations

import math
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import STEP_TOO_SMALL, TOO_MANY_STEPS
from il15_sim.model import Model

Array = NDArray[np.float64]

#: Size below which a state counts as empty, by its unit. Steps are not spent on
#: following a state further down than `rtol` times this.
TYPICAL_SIZE = {
    "mg": 1.0,
    "ug": 0.1,
    "pM": 0.1,
    "dimensionless": 0.01,
    "molecule/cell": 1.0,
    "cell/uL": 1.0,
    "pg/mL": 1.0,
}

#: Steps of CVODE from one time that is asked for to the next.
MOST_STEPS = 200_000
#: CVODE controls the error of a step; that of a run is some times larger. At this share of the
#: tolerance asked for, every observable keeps within it.
OF_LOCAL = 0.1


class IntegrationFailed(RuntimeError):
    """CVODE gave up; the message says when and why, `code` is the status of the run."""

    def __init__(self, message: str, code: int = STEP_TOO_SMALL) -> None:
        super().__init__(message)
        self.code = code


class ReferenceEngine:
    """One libRoadRunner instance of one model structure.

    Not to be shared between threads or pickled: ship SBML text to workers, not the engine.
    """

    def __init__(self, sbml: str, states: Sequence[str], units: Mapping[str, str]) -> None:
        """Compile the SBML text once; values are given at every start."""
        # CVODE writes its complaints to file descriptors 1 and 2 from C, past anything Python can
        # redirect; failures are told by the status of a run.
        for level in ("ERROR", "WARNING"):
            os.environ.setdefault(f"SUNLOGGER_{level}_FILENAME", os.devnull)
        import roadrunner

        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        self._rr = roadrunner.RoadRunner(sbml)
        self._rr.setIntegrator("cvode")
        self.states = tuple(states)
        self._units = units
        self._selected: tuple[str, ...] = ()
        # CVODE has rules before species, unlike the default selections.
        count = len(self._rr.integrator.getAbsoluteToleranceVector())
        self._state_order = tuple(self._rr.model.getStateVectorId(i) for i in range(count))

    def tolerances(self, rtol: float, states: Mapping[str, float]) -> dict[str, float]:
        """Absolute tolerance of every state, from its start value and the size of its unit."""
        units = self._units
        return {
            s: rtol * 0.1 * max(abs(states[s]), TYPICAL_SIZE.get(units[s], 1.0))
            for s in self.states
        }

    def start(
        self,
        values: Mapping[str, float],
        states: Mapping[str, float],
        rtol: float,
        selected: Sequence[str],
        tolerances: Mapping[str, float] | None = None,
        *,
        most_steps: int = MOST_STEPS,
        max_step: float = math.inf,
    ) -> dict[str, float]:
        """Bring the engine to a start that does not depend on what it ran before.

        Absolute tolerances are those of the sizes of the units, where none are given. Returns
        those that are in force. CVODE gives up after so many steps from one time to the next, and
        takes none longer than `max_step`.
        """
        rr = self._rr
        # `reset()` would keep parameters that an earlier run changed; this does not.
        rr.resetToOrigin()
        for name, value in (*values.items(), *states.items()):
            self.set(name, value)
        if tolerances is None:
            tolerances = self.tolerances(rtol, states)
        rr.integrator.setValue("relative_tolerance", rtol)
        rr.integrator.setValue("maximum_num_steps", most_steps)
        # Zero stands for no limit.
        rr.integrator.setValue("maximum_time_step", max_step if max_step < math.inf else 0.0)
        rr.integrator.setValue(
            "absolute_tolerance", [tolerances.get(s, rtol) for s in self._state_order]
        )
        if self._selected != tuple(selected):
            self._selected = tuple(selected)
            rr.timeCourseSelections = ["time", *self._selected]
        return dict(tolerances)

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
        return self._rows(times=times_h.tolist())[:, 1:]

    def _rows(self, **asked: Any) -> Array:
        """What libRoadRunner simulates: rows of time and the selected quantities."""
        try:
            rows = self._rr.simulate(**asked)
        except RuntimeError as error:
            # The rest of the line is a C++ signature.
            message = str(error).split("; In ")[0].splitlines()[0]
            given_up = "CV_TOO_MUCH_WORK" in message
            code = TOO_MANY_STEPS if given_up else STEP_TOO_SMALL
            raise IntegrationFailed(message, code) from None
        return np.array(rows, dtype=np.float64)

    def rates(self) -> dict[str, float]:
        """Present rate of change of every state, per hour."""
        return {s: float(self._rr.getValue(f"{s}'")) for s in self.states}

    def is_finite(self, *, rates: bool = False) -> bool:
        """Whether all states (and rates) are finite now."""
        values = [self.get(s) for s in self.states]
        if rates:
            values += self.rates().values()
        return bool(np.isfinite(values).all())


_engines: OrderedDict[str, ReferenceEngine] = OrderedDict()


def engine_for(model: Model) -> ReferenceEngine:
    """The engine of a model's structure, compiled once per process (eight are kept)."""
    key = model.structure_hash
    if key not in _engines:
        _engines[key] = ReferenceEngine(model.sbml, model.states, model.units)
        while len(_engines) > 8:
            _engines.popitem(last=False)
    _engines.move_to_end(key)
    return _engines[key]
