"""diffrax on JAX: implicit Runge-Kutta (Kvaerno 5), from dose to dose, in one XLA program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from formulas import Formulas, read_formulas
from task import Array, Task

jax.config.update("jax_enable_x64", True)

#: Steps that the solver may take between two doses, or in a run without them.
MAX_STEPS = 100_000


class Engine:
    """All sets of a block in lock step (`vmap`), or one after the other (`loop`).

    States are divided by their sizes, so that one absolute tolerance serves all.
    """

    def __init__(self, task: Task, *, sets: str) -> None:
        self.tool = f"diffrax {diffrax.__version__}"
        self.shape = (len(task.times), len(task.observables))
        f = read_formulas(task.sbml, task.parameters, task.observables)
        order = np.array([task.states.index(s) for s in f.states])
        sizes = task.sizes[order]
        prepare, rates, outputs = _functions(f, sizes)
        start = jnp.asarray(task.start[order] / sizes)
        # Without doses: nothing is added to some state.
        dosed = f.states.index(task.dosed) if task.dosed else 0
        dose = task.dose / float(sizes[dosed])
        interval, per_row = task.interval, task.segments_per_row
        stops = jnp.asarray(task.offsets)
        term, solver = diffrax.ODETerm(rates), diffrax.Kvaerno5()

        def one(values: Any, rtol: Any, atol: Any) -> Any:
            c = prepare(values)
            steps = diffrax.PIDController(rtol=rtol, atol=atol)

            def interval_of(carry: Any, _: None) -> tuple[Any, None]:
                y, good = carry
                told = diffrax.diffeqsolve(
                    term,
                    solver,
                    0.0,
                    interval,
                    None,
                    y.at[dosed].add(dose),
                    args=c,
                    stepsize_controller=steps,
                    saveat=diffrax.SaveAt(ts=stops),
                    max_steps=MAX_STEPS,
                    adjoint=diffrax.ForwardMode(),
                    throw=False,
                )
                ok = told.result == diffrax.RESULTS.successful
                return (told.ys[-1], good & ok), told.ys

            def row(carry: Any, _: None) -> tuple[Any, Any]:
                carry, steps = jax.lax.scan(interval_of, carry, None, length=per_row)
                seen = jax.vmap(lambda y: outputs(y, c))(steps[-1])
                return carry, jnp.where(carry[1], seen, jnp.nan)

            count = task.segments // per_row
            _, rows = jax.lax.scan(row, (start, True), None, length=count)
            return jnp.concatenate([outputs(start, c)[None], rows.reshape(-1, self.shape[1])])

        if sets == "vmap":
            self._all = jax.jit(jax.vmap(one, in_axes=(0, None, None)))
        else:
            self._all = jax.jit(
                lambda v, rtol, atol: jax.lax.map(lambda row: one(row, rtol, atol), v)
            )
        self._columns = len(task.parameters)
        self._made: dict[int, Callable[..., Any]] = {}

    def ready(self, count: int) -> None:
        """Compile for so many sets: XLA compiles for every shape."""
        if count not in self._made:
            values = np.zeros((count, self._columns))
            self._made[count] = self._all.lower(values, 1.0, 1.0).compile()

    def run(self, values: Array, rtol: float, scale: float) -> Array:
        """All sets at once."""
        return np.asarray(self._made[len(values)](values, rtol, scale * rtol))


def _functions(f: Formulas, sizes: Array) -> tuple[Callable[..., Any], ...]:
    names = [*(f"p_{n}" for n in f.parameters), *(n for n, _ in f.constants)]
    load_p = [(f"p_{n}", f"values[{i}]") for i, n in enumerate(f.parameters)]
    load_c = [(n, f"c[{i}]") for i, n in enumerate(names)]
    load_y = [(f"y_{n}", f"y[{i}] * {float(sizes[i])!r}") for i, n in enumerate(f.states)]
    load = [*load_c, *load_y, *f.varying]
    scaled = [f"({e}) * {float(1.0 / size)!r}" for e, size in zip(f.rates, sizes, strict=True)]
    return (
        _function("values", load_p + f.constants, names),
        _function("t, y, c", load, scaled),
        _function("y, c", load, f.outputs),
    )


def _function(
    arguments: str, statements: list[tuple[str, str]], results: list[str]
) -> Callable[..., Any]:
    lines = [f"{n} = {e}" for n, e in statements]
    lines.append(f"return stack([{', '.join(results)}])")
    text = f"def made({arguments}):\n" + "\n".join(f"    {line}" for line in lines) + "\n"
    room: dict[str, Any] = {
        **{"maximum": jnp.maximum, "log": jnp.log, "exp": jnp.exp, "sqrt": jnp.sqrt},
        "stack": lambda items: jnp.stack([jnp.asarray(x, dtype=float) for x in items]),
    }
    exec(text, room)
    made: Callable[..., Any] = room["made"]
    return made
