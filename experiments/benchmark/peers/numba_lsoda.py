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
        segments, per_row = task.segments, task.segments_per_row
        span = np.concatenate([[0.0], task.offsets])

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
            for n in range(len(values)):
                c = prepare(values[n])
                y = start.copy()
                outputs(y, c, found[n, 0])
                row = 0
                for k in range(segments):
                    y[dosed] += dose
                    steps, good = lsoda(
                        address, y, span, data=c, rtol=rtol, atol=atol, mxstep=MAX_STEPS
                    )
                    if not good:
                        found[n, :] = np.nan
                        break
                    y = steps[-1].copy()
                    if (k + 1) % per_row == 0:
                        for j in range(1, len(span)):
                            row += 1
                            outputs(steps[j], c, found[n, row])

        self._run = run
        self._shape = (len(task.times), len(task.observables))
        self._right_hand_side = right_hand_side  # kept: LSODA has only its address

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets one after the other."""
        found = np.full((len(values), *self._shape), np.nan)
        self._run(np.ascontiguousarray(values), rtol, scale * rtol, found)
        return found
