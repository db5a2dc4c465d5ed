"""The LLVM program of one model: slopes, factorisation, solution and stages, specialised to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from il15_sim.batch.compile.emit import Emitter, Function, declarations, load_from
from il15_sim.batch.compile.loops import accept_loop, error_loop, interior_loop, stage_loops
from il15_sim.batch.compile.methods import Rosenbrock
from il15_sim.batch.compile.modes import (
    Modes,
    compare_function,
    load_with,
    modes_of,
    roots_function,
)
from il15_sim.batch.compile.reporting import symbols
from il15_sim.batch.equations.derivative import gradients
from il15_sim.batch.equations.elimination import Elimination, plan_elimination
from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.equations.system import System
from il15_sim.batch.functions.elementary import definitions

#: Index under which derivatives by time are told.
TIME = -1
#: Share of a state's largest value so far that counts as its size when it is nearly empty.
MEMORY = 0.01
#: Sizes are not below this: the error of what is empty and stays empty is 0 / 0 otherwise.
NO_SIZE = 1e-290
#: Numbers this small are set to zero.
NOTHING = 1e-200


@dataclass(frozen=True)
class Program:
    """LLVM IR text of a model's functions, and the sizes of the arrays they work on.

    `size` counts the integrated quantities: the states, and time where a rate or a condition on a
    state depends on it. The array `q` holds `prepared` values, and the modes of `conditions`.
    `rooted` marks those whose fractional power or root is taken: a hair below zero is zero there.
    """

    text: str
    size: int
    prepared: int
    factors: int
    switches: int
    conditions: int
    rooted: tuple[bool, ...]
    operations: dict[str, int]


def build_program(system: System, method: Rosenbrock, width: int) -> Program:
    """Write the program of a system of ordinary differential equations."""
    ex = system.expressions
    rates = list(system.rates)
    partials = gradients(ex, rates)
    # A model without states is integrated too: its quantities may depend on time.
    clocked = any(_uses_time(ex, [*rates, *system.conditions]))
    timed = not rates or clocked or any(TIME in row for row in partials)
    size = len(rates) + timed
    if timed:
        rates.append(ex.constant(1.0))
        partials.append({})
    jacobian = {
        (i, len(system.rates) if j == TIME else j): node
        for i, row in enumerate(partials)
        for j, node in row.items()
    }
    plan = plan_elimination(size, jacobian)
    roots = [ex.sub(*ex.args[node]) for node in system.conditions]
    prepared = _prepared(ex, [*rates, *jacobian.values(), *system.conditions, *roots])
    places = _places(ex, prepared, size if timed else 0)
    modes = modes_of(system.conditions, len(prepared))

    functions = [
        _prepare(ex, prepared, width),
        _from_parameters("start", ex, system.start, width),
        _from_parameters("switches", ex, system.switch_times, width),
        _slope(ex, rates, places, modes, width),
        _factor(ex, rates, jacobian, plan, places, modes, width),
        _solve(plan, width),
        *stage_loops(method, size, width),
        error_loop(max(len(system.states), 1), width, MEMORY, NO_SIZE),
        accept_loop(size, width, NOTHING),
        compare_function(ex, places, modes, width),
        roots_function(ex, roots, places, modes, width),
        interior_loop(method, size, width),
    ]
    text = "\n".join([definitions(width), declarations(width), *functions])
    return Program(
        text=text,
        size=size,
        prepared=len(prepared),
        factors=plan.entries,
        switches=len(system.switch_times),
        conditions=len(system.conditions),
        rooted=_rooted(ex, [*rates, *system.values.values()], size),
        operations={_name_of(f): count_operations(f) for f in functions},
    )


def count_operations(text: str) -> int:
    """Floating-point operations per lane in a piece of straight-line text."""
    return len(re.findall(r"= (?:fadd|fsub|fmul|fdiv|fneg|fcmp|call) ", text))


def _name_of(text: str) -> str:
    found = re.search(r"@(\w+)\(", text)
    return found.group(1) if found else ""


def _below(ex: Expressions, nodes: Iterable[int]) -> set[int]:
    """Nodes that some nodes are made of, themselves included."""
    seen: set[int] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo.extend(ex.args[node])
    return seen


def _uses_time(ex: Expressions, nodes: Sequence[int]) -> Iterable[bool]:
    return (ex.ops[n] == "time" for n in _below(ex, nodes))


def _prepared(ex: Expressions, nodes: Sequence[int]) -> list[int]:
    """What depends on parameters alone and is used with states: computed once per simulation."""
    used = _below(ex, nodes)
    border = {a for n in used if ex.varies(n) for a in ex.args[n]} | set(nodes)
    plain = {"const", "parameter"}
    boolean = {"lt", "le", "eq", "ne", "and", "or", "not"}
    return sorted(n for n in border if not ex.varies(n) and ex.ops[n] not in plain | boolean)


def _places(ex: Expressions, prepared: Sequence[int], timed: int) -> list[tuple[int, str, int]]:
    places = [*symbols(ex, "state", "y"), *symbols(ex, "parameter", "p")]
    places += [(node, "q", i) for i, node in enumerate(prepared)]
    if timed:
        places += [(n, "y", timed - 1) for n in range(len(ex)) if ex.ops[n] == "time"]
    return places


def _prepare(ex: Expressions, prepared: Sequence[int], width: int) -> str:
    f = Function("prepare", ("p", "q"), width)
    emitter = Emitter(ex, f, load_from(symbols(ex, "parameter", "p"), f))
    for i, node in enumerate(prepared):
        f.store(emitter.value(node), "q", i)
    return f.text()


def _from_parameters(name: str, ex: Expressions, nodes: Sequence[int], width: int) -> str:
    f = Function(name, ("p", "out"), width)
    emitter = Emitter(ex, f, load_from(symbols(ex, "parameter", "p"), f))
    for i, node in enumerate(nodes):
        f.store(emitter.value(node), "out", i)
    return f.text()


def _slope(
    ex: Expressions,
    rates: Sequence[int],
    places: list[tuple[int, str, int]],
    modes: Modes,
    width: int,
) -> str:
    """`slope(y, p, q, f)` adds the rates at a point inside a step to f."""
    f = Function("slope", ("y", "p", "q", "f"), width)
    emitter = Emitter(ex, f, load_with(places, modes, f), extended=True)
    for i, node in enumerate(rates):
        f.store(f.binary("fadd", f.load("f", i), emitter.value(node)), "f", i)
    return f.text()


def _factor(
    ex: Expressions,
    rates: Sequence[int],
    jacobian: dict[tuple[int, int], int],
    plan: Elimination,
    places: list[tuple[int, str, int]],
    modes: Modes,
    width: int,
) -> str:
    """`factor(y, p, q, g, f, m)`: rates into f, factors of g I - J into m, both at the same y."""
    f = Function("factor", ("y", "p", "q", "g", "f", "m"), width)
    emitter = Emitter(ex, f, load_with(places, modes, f))
    g = f.load("g", 0)
    one = f.constant(1.0)
    lower, upper, diagonal = _layout(plan)
    columns: dict[int, list[int]] = {}
    for i, j in jacobian:
        columns.setdefault(i, []).append(j)
    inverse: dict[int, str] = {}
    right: dict[tuple[int, int], str] = {}
    # Row by row: what a row of the Jacobian needs is short-lived, and registers are few.
    for i in plan.order:
        f.store(emitter.value(rates[i]), "f", i)
        row: dict[int, str] = {
            j: f.line(f"fneg {f.type} {emitter.value(jacobian[i, j])}")
            for j in columns.get(i, ())
            if j != i
        }
        own = (i, i) in jacobian
        row[i] = f.binary("fsub", g, emitter.value(jacobian[i, i])) if own else g
        for k in plan.lower[i]:
            factor = f.binary("fmul", row[k], inverse[k])
            f.store(factor, "m", lower[i, k])
            for j in plan.upper[k]:
                product = f.binary("fmul", factor, right[k, j])
                if j in row:
                    row[j] = f.binary("fsub", row[j], product)
                else:
                    row[j] = f.line(f"fneg {f.type} {product}")
        inverse[i] = f.binary("fdiv", one, row[i])
        f.store(inverse[i], "m", diagonal[i])
        for j in plan.upper[i]:
            right[i, j] = row[j]
            f.store(row[j], "m", upper[i, j])
    return f.text()


def _solve(plan: Elimination, width: int) -> str:
    """`solve(m, b)` replaces b by the solution.

    Each row waits for other rows: what is known first is subtracted first (a third of the time).
    """
    f = Function("solve", ("m", "b"), width)
    lower, upper, diagonal = _layout(plan)
    x: dict[int, str] = {}
    # Operations that must be done one after another before an entry is known.
    after = dict.fromkeys(plan.order, 0)

    def subtract(i: int, known: Sequence[int], places: dict[tuple[int, int], int]) -> None:
        for k in sorted(known, key=lambda k: after[k]):
            x[i] = f.binary("fsub", x[i], f.binary("fmul", f.load("m", places[i, k]), x[k]))
            after[i] = max(after[i], after[k]) + 1

    for i in plan.order:
        x[i] = f.load("b", i)
        subtract(i, plan.lower[i], lower)
    for i in reversed(plan.order):
        subtract(i, plan.upper[i], upper)
        x[i] = f.binary("fmul", x[i], f.load("m", diagonal[i]))
        after[i] += 1
        f.store(x[i], "b", i)
    return f.text()


def _layout(
    plan: Elimination,
) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int], dict[int, int]]:
    """Places of the factors in memory: the order in which the solution reads them."""
    lower: dict[tuple[int, int], int] = {}
    upper: dict[tuple[int, int], int] = {}
    diagonal: dict[int, int] = {}
    place = 0
    for i in plan.order:
        for k in plan.lower[i]:
            lower[i, k] = place
            place += 1
    for i in reversed(plan.order):
        for j in plan.upper[i]:
            upper[i, j] = place
            place += 1
        diagonal[i] = place
        place += 1
    return lower, upper, diagonal


def _rooted(ex: Expressions, nodes: Sequence[int], size: int) -> tuple[bool, ...]:
    """States that stand as factors under a root or a power that need not be whole."""
    found: set[int] = set()
    todo = [
        ex.args[n][0]
        for n in _below(ex, nodes)
        if ex.ops[n] in ("pow", "sqrt") and ex.varies(ex.args[n][0])
    ]
    while todo:
        node = todo.pop()
        if ex.ops[node] == "state":
            found.add(int(ex.data[node] or 0))
        elif ex.ops[node] in ("mul", "div"):
            todo.extend(ex.args[node])
    return tuple(i in found for i in range(size))
