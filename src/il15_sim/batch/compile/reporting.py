"""The LLVM program that reports chosen quantities, at the ends of steps and inside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from il15_sim.batch.compile.emit import Emitter, Function, declarations
from il15_sim.batch.compile.loops import weighted_sum
from il15_sim.batch.compile.methods import Rosenbrock
from il15_sim.batch.compile.modes import load_with, modes_of
from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.equations.system import System
from il15_sim.batch.functions.elementary import definitions


def outputs_program(
    system: System,
    ids: Sequence[str],
    method: Rosenbrock,
    rooted: Sequence[bool],
    prepared: int,
    width: int,
) -> str:
    """LLVM IR text of the functions that report chosen quantities.

    `outputs(y, p, q, t, out)` reads them off the states; `inside(y, z, d, s, p, q, hair, t, out)`
    at the share s of a step from y to z, from what `dense(k, d)` made of the step's stages.
    Conditions on states are what their modes say, in `q` behind the `prepared` values. `rooted`
    marks integrated quantities under roots: they are zero where no more than `hair` below it.
    """
    ex = system.expressions
    states = states_in(system, ids)
    modes = modes_of(system.conditions, prepared)
    given = [
        *symbols(ex, "parameter", "p"),
        *((node, "t", 0) for node in range(len(ex)) if ex.ops[node] == "time"),
    ]
    now = Function("outputs", ("y", "p", "q", "t", "out"), width)
    load_now = load_with([*symbols(ex, "state", "y"), *given], modes, now)
    inside = Function("inside", ("y", "z", "d", "s", "p", "q", "hair", "t", "out"), width)
    load_given = load_with(given, modes, inside)

    def load_inside(node: int) -> str | None:
        if ex.ops[node] != "state":
            return load_given(node)
        i = int(ex.data[node] or 0)
        x = _interpolated(inside, i, states.index(i), len(states), len(method.h))
        return _without_hair(inside, x, i) if rooted[i] else x

    for f, load in ((now, load_now), (inside, load_inside)):
        emitter = Emitter(ex, f, load)
        for i, name in enumerate(ids):
            f.store(emitter.value(system.values[name]), "out", i)
    texts = [f.text() for f in (now, inside)]
    texts.append(_dense(method, states, len(rooted), width))
    return "\n".join([definitions(width), declarations(width), *texts])


def _interpolated(f: Function, state: int, place: int, count: int, rows: int) -> str:
    """A state inside a step, by the dense output of the method."""
    s = f.load("s", 0)
    rest = f.binary("fsub", f.constant(1.0), s)
    inner = f.load("d", (rows - 1) * count + place)
    for r in reversed(range(rows - 1)):
        inner = f.binary("fadd", f.load("d", r * count + place), f.binary("fmul", s, inner))
    end = f.binary("fadd", f.load("z", state), f.binary("fmul", rest, inner))
    return f.binary("fadd", f.binary("fmul", rest, f.load("y", state)), f.binary("fmul", s, end))


def _without_hair(f: Function, x: str, state: int) -> str:
    """Zero where a state is a hair below it."""
    zero = f.constant(0.0)
    least = f.line(f"fneg {f.type} {f.load('hair', state)}")
    below = f.line(f"fcmp olt {f.type} {x}, {zero}")
    near = f.line(f"fcmp oge {f.type} {x}, {least}")
    return f.select(f.line(f"and {f.bool} {below}, {near}"), zero, x)


def _dense(method: Rosenbrock, states: Sequence[int], size: int, width: int) -> str:
    f = Function("dense", ("k", "d"), width)
    for place, i in enumerate(states):
        stages = [f.load("k", j * size + i) for j in range(method.stages)]
        for r, row in enumerate(method.h):
            f.store(weighted_sum(f, row, stages), "d", r * len(states) + place)
    return f.text()


def states_in(system: System, ids: Iterable[str]) -> tuple[int, ...]:
    """Indices of the states that some quantities depend on, other than by located conditions."""
    ex = system.expressions
    nodes = ex.reachable([system.values[i] for i in ids], frozenset(system.conditions))
    found = (n for n in nodes if ex.ops[n] == "state")
    return tuple(sorted({int(ex.data[n] or 0) for n in found}))


def symbols(ex: Expressions, op: str, array: str) -> list[tuple[int, str, int]]:
    """Where the nodes of an operation stand in an array: states, parameters."""
    return [(n, array, int(ex.data[n] or 0)) for n in range(len(ex)) if ex.ops[n] == op]
