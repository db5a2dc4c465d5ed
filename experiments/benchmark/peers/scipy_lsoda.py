"""SciPy: LSODA by `odeint`, with right-hand side and exact Jacobian compiled by Numba."""

from __future__ import annotations

import numpy as np
import scipy
from compiled import compile_model
from scipy.integrate import odeint
from task import Array, Task

#: Steps that LSODA may take between two doses.
MAX_STEPS = 20_000


class Engine:
    """Dose by dose; LSODA calls the compiled functions through Python."""

    def __init__(self, task: Task, *, jacobian: bool = True) -> None:
        self.tool = f"SciPy {scipy.__version__}"
        self.task, self.model = task, compile_model(task)
        model, states = self.model, len(task.states)
        dy, matrix = np.empty(states), np.empty((states, states))

        def rates(t: float, y: Array, c: Array) -> Array:
            model.rates(t, y, c, dy)
            return dy

        def slopes(t: float, y: Array, c: Array) -> Array:
            model.jacobian(t, y, c, matrix)
            return matrix

        self.rates = rates
        self.slopes = slopes if jacobian else None

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets one after the other."""
        task, model = self.task, self.model
        found = np.full((len(values), len(task.times), len(task.observables)), np.nan)
        times = np.concatenate([[0.0], task.offsets])
        for n, row in enumerate(values):
            c = model.prepare(np.ascontiguousarray(row))
            y = model.start.copy()
            model.outputs(y, c, found[n, 0])
            for k in range(task.segments):
                y[model.dosed] += model.dose
                rows, told = odeint(
                    self.rates,
                    y,
                    times,
                    args=(c,),
                    Dfun=self.slopes,
                    tfirst=True,
                    rtol=rtol,
                    atol=scale * rtol,
                    mxstep=MAX_STEPS,
                    full_output=True,
                )
                if told["message"] != "Integration successful.":
                    found[n] = np.nan
                    break
                y = rows[-1].copy()
                after = task.rows_after(k)
                for place, state in zip(range(after.start, after.stop), rows[1:], strict=False):
                    model.outputs(state, c, found[n, place])
        return found
