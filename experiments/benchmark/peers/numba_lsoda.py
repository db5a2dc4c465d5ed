"""numbalsoda: ODEPACK's LSODA called from Numba, the whole run without Python."""

from __future__ import annotations

from importlib.metadata import version

import numba
import numpy as np
from compiled import compile_model
from numba import types
from numbalsoda import lsoda, lsoda_sig
from task import Array, Task

#: Steps that LSODA may take between two doses.
MAX_STEPS = 20_000


class Engine:
    """Dose by dose; absolute tolerances per state come from states divided by their sizes."""

    def __init__(self, task: Task) -> None:
        self.tool = f"numbalsoda {version('numbalsoda')}"
        model = compile_model(task)
        rates, prepare, outputs = model.rates, model.prepare, model.outputs
        start, dosed, dose = model.start, model.dosed, model.dose
        states, constants = len(model.start), model.constants
        rows, columns = len(task.times_h), len(task.observables)
        per_row, interval = task.doses_per_row, task.interval_h

        @numba.cfunc(lsoda_sig, error_model="numpy")  # type: ignore[untyped-decorator]
        def right_hand_side(t, y, dy, c):  # type: ignore[no-untyped-def]
            rates(
                t,
                numba.carray(y, (states,), types.float64),
                numba.carray(c, (constants,), types.float64),
                numba.carray(dy, (states,), types.float64),
            )

        address = right_hand_side.address

        @numba.njit  # type: ignore[untyped-decorator]
        def run(values: Array, rtol: float, atol: float, found: Array) -> None:
            span = np.array([0.0, interval])
            for n in range(len(values)):
                c = prepare(values[n])
                y = start.copy()
                outputs(y, c, found[n, 0])
                good = True
                for row in range(1, rows):
                    for _ in range(per_row):
                        y[dosed] += dose
                        steps, good = lsoda(
                            address, y, span, data=c, rtol=rtol, atol=atol, mxstep=MAX_STEPS
                        )
                        y = steps[1].copy()
                        if not good:
                            break
                    if not good:
                        break
                    outputs(y, c, found[n, row])

        self._run = run
        self._shape = (rows, columns)
        self._right_hand_side = right_hand_side  # kept: LSODA has only its address

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets one after the other."""
        found = np.full((len(values), *self._shape), np.nan)
        self._run(np.ascontiguousarray(values), rtol, scale * rtol, found)
        return found
