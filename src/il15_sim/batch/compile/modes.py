"""Code of conditions on states: their truth ("mode"), kept in memory, and where it changes.

The mode of condition i is entry `first + i` of the array `q`, 1.0 where it holds and 0.0 where not.
Everything that depends on a condition reads its mode, so that it is smooth inside a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from il15_sim.batch.compile.emit import Emitter, Function, load_from
from il15_sim.batch.equations.expression import Expressions

#: Node -> (array, index), and node of a condition -> its entry of `q`.
Places = Iterable[tuple[int, str, int]]
Modes = dict[int, int]


def modes_of(conditions: Sequence[int], first: int) -> Modes:
    """The entries of `q` that hold the modes; `first` values stand before them."""
    return {node: first + i for i, node in enumerate(conditions)}


def load_with(places: Places, modes: Modes, f: Function) -> Callable[[int], str | None]:
    """A loader as `load_from`, in which a condition is what its mode says."""
    plain = load_from(places, f)

    def load(node: int) -> str | None:
        if node not in modes:
            return plain(node)
        return f.line(f"fcmp ogt {f.type} {f.load('q', modes[node])}, {f.constant(0.5)}")

    return load


def compare_function(ex: Expressions, places: Places, modes: Modes, width: int) -> str:
    """`compare(y, p, q)` sets the modes to what holds at y, whatever they were before."""
    f = Function("compare", ("y", "p", "q"), width)
    # As inside a step: a hair below an empty state a root is zero, and no comparison with NaN.
    emitter = Emitter(ex, f, load_from(places, f), extended=True)
    yes, no = f.constant(1.0), f.constant(0.0)
    for node, entry in modes.items():
        f.store(f.select(emitter.value(node), yes, no), "q", entry)
    return f.text()


def roots_function(
    ex: Expressions, roots: Sequence[int], places: Places, modes: Modes, width: int
) -> str:
    """`roots(y, p, q, g)`: a - b of every condition a < b, where the others keep their modes."""
    f = Function("roots", ("y", "p", "q", "g"), width)
    emitter = Emitter(ex, f, load_with(places, modes, f), extended=True)
    for i, node in enumerate(roots):
        f.store(emitter.value(node), "g", i)
    return f.text()
