"""The model's right-hand side, Jacobian and outputs as machine code by Numba.

All functions work on state variables divided by their `sizes`, so that one absolute tolerance
serves all of them: the engines that take these functions differ in whether they accept one
absolute tolerance per state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from formulas import Formulas, read_formulas
from numba import types
from task import Array, Task


@dataclass(frozen=True)
class Compiled:
    """Machine code of one model; arrays are C-contiguous doubles.

    Attributes
    ----------
    prepare : callable (parameter set) -> constants
        What depends on parameters alone, computed once per run; the first entries are the
        parameter set itself.
    rates : callable (t, y, constants, dy)
    jacobian : callable (t, y, constants, J)
        `J[i, j]` is the derivative of rate `i` by state `j`.
    outputs : callable (y, constants, values)
    start, dose : (S,) array and float
        Start state and dose in the same division by `sizes`.
    """

    prepare: Callable[[Array], Array]
    rates: Callable[..., None]
    jacobian: Callable[..., None]
    outputs: Callable[..., None]
    constants: int
    start: Array
    dosed: int
    dose: float


def compile_model(task: Task) -> Compiled:
    """Compile the model of a task (some seconds)."""
    f = read_formulas(task.sbml, task.parameters, task.observables)
    order = np.array([task.states.index(s) for s in f.states])
    sizes = task.sizes[order]
    # Without doses: nothing is added to some state.
    dosed = f.states.index(task.dosed) if task.dosed else 0
    functions = _build(f, sizes)
    count = len(f.parameters) + len(f.constants)
    fill = functions["prepare"]

    @numba.njit(types.float64[::1](types.float64[::1]))  # type: ignore[untyped-decorator]
    def prepare(values: Array) -> Array:
        constants = np.empty(count)
        fill(values, constants)
        return constants

    return Compiled(
        prepare=prepare,
        rates=functions["rates"],
        jacobian=functions["jacobian"],
        outputs=functions["outputs"],
        constants=count,
        start=task.start[order] / sizes,
        dosed=dosed,
        dose=task.dose / float(sizes[dosed]),
    )


def python_functions(f: Formulas, sizes: Array) -> dict[str, Callable[..., None]]:
    """The same functions in plain Python; what they compute is written to the last argument."""
    load_p = [(f"p_{n}", f"values[{i}]") for i, n in enumerate(f.parameters)]
    names = [*(n for n, _ in load_p), *(n for n, _ in f.constants)]
    load_c = [(n, f"c[{i}]") for i, n in enumerate(names)]
    # A state that has run below zero by a rounding would make NaN of a power: not caught here,
    # since the SBML engines do not catch it either.
    load_y = [(f"y_{n}", f"y[{i}] * {float(sizes[i])!r}") for i, n in enumerate(f.states)]
    load = [*load_c, *load_y, *f.varying]
    texts = {
        "prepare": _function("values, c", load_p + f.constants, _stores("c", names)),
        "rates": _function(
            "t, y, c, dy",
            load,
            _stores("dy", [f"({e}) * {float(1.0 / sizes[i])!r}" for i, e in enumerate(f.rates)]),
        ),
        "jacobian": _function(
            "t, y, c, J",
            load + f.slopes,
            ["J[:] = 0.0"]
            + [
                f"J[{i}, {j}] = ({e}) * {float(sizes[j] / sizes[i])!r}"
                for (i, j), e in f.jacobian.items()
            ],
        ),
        "outputs": _function("y, c, values", load, _stores("values", f.outputs)),
    }
    made: dict[str, Callable[..., None]] = {}
    for name, text in texts.items():
        room: dict[str, Any] = dict(_FUNCTIONS)
        exec(text, room)
        made[name] = room["made"]
    return made


def _build(f: Formulas, sizes: Array) -> dict[str, Callable[..., None]]:
    vector = types.Array(types.float64, 1, "C")
    matrix = types.Array(types.float64, 2, "C")
    signatures = {
        "prepare": (vector, vector),
        "rates": (types.float64, vector, vector, vector),
        "jacobian": (types.float64, vector, vector, matrix),
        "outputs": (vector, vector, vector),
    }
    return {
        name: numba.njit(types.void(*signatures[name]), fastmath={"contract"}, error_model="numpy")(
            function
        )
        for name, function in python_functions(f, sizes).items()
    }


@numba.njit  # type: ignore[untyped-decorator]
def _maximum(a: float, b: float) -> float:
    return a if a > b else b


@numba.njit  # type: ignore[untyped-decorator]
def _larger(a: float, b: float) -> float:
    return 1.0 if a > b else 0.0


_FUNCTIONS = {
    **{"maximum": _maximum, "larger": _larger},
    **{"sqrt": np.sqrt, "exp": np.exp, "log": np.log},
}


def _stores(array: str, expressions: Iterable[str]) -> list[str]:
    return [f"{array}[{i}] = {e}" for i, e in enumerate(expressions)]


def _function(arguments: str, statements: list[tuple[str, str]], stores: list[str]) -> str:
    lines = [*(f"{n} = {e}" for n, e in statements), *stores]
    return f"def made({arguments}):\n" + "\n".join(f"    {line}" for line in lines) + "\n"
