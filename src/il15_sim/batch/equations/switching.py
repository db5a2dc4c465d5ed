"""The times at which a condition on time changes."""

from __future__ import annotations

from collections.abc import Callable

from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.equations.sbml_document import Unsupported

_MOST_BRANCHES = 64

#: Slope and value at time 0, both without time and states, of each branch of an expression.
_Lines = frozenset[tuple[int, int]]


class SwitchTimes:
    """Collects the switching times of conditions on time, and refuses those that cannot be known.

    A condition that depends on a state as well has no switching time of its own and passes.

    Attributes
    ----------
    times : dict of int to None
        The nodes of the times, in the order in which they were met, without states and time.
        They may be negative, infinite or NaN, which means that nothing switches.
    """

    def __init__(self, expressions: Expressions) -> None:
        self.times: dict[int, None] = {}
        self._e = expressions
        self._lines: dict[int, _Lines | None] = {}

    def crossing(self, a: int, b: int, where: str) -> None:
        """Something switches where `a` and `b` are equal."""
        e = self._e
        difference = e.sub(a, b)
        if not self._on_time_alone(difference):
            return
        lines = self._lines_of(difference)
        if lines is None:
            raise Unsupported(
                "a condition on time is not simulated",
                where=where,
                why="its switching time is only known where both sides are linear in time",
            )
        for slope, intercept in sorted(lines):
            if not self._is_zero(slope):
                self.times.setdefault(e.div(e.neg(intercept), slope))

    def step(self, a: int, where: str) -> None:
        """`a` is rounded to an integer."""
        if self._on_time_alone(a):
            raise Unsupported(
                "a time that is rounded is not simulated",
                where=where,
                why="it switches again and again",
            )

    def _on_time_alone(self, node: int) -> bool:
        return self._e.reads_time(node) and not self._e.reads_state(node)

    def _is_zero(self, node: int) -> bool:
        return self._e.ops[node] == "const" and self._e.data[node] == 0

    def _lines_of(self, node: int) -> _Lines | None:
        """The straight lines that the expression consists of, None where it has none."""
        for inner in self._e.reachable([node]):
            if inner not in self._lines and not self._e.is_condition(inner):
                self._lines[inner] = self._lines_from_operands(inner)
        return self._lines[node]

    def _lines_from_operands(self, node: int) -> _Lines | None:
        e = self._e
        zero, one = e.constant(0.0), e.constant(1.0)
        if not e.varies(node):
            return frozenset({(zero, node)})
        op = e.ops[node]
        if op == "time":
            return frozenset({(one, zero)})
        operands = e.args[node][1:] if op == "select" else e.args[node]
        inner = [self._lines.get(a) for a in operands]
        known = [lines for lines in inner if lines is not None]
        if len(known) < len(inner) or not known:
            return None
        if op in ("select", "min", "max"):
            lines = known[0] | known[1]
        elif op == "neg":
            lines = self._negative(known[0])
        elif op == "abs":
            lines = known[0] | self._negative(known[0])
        elif op in ("add", "sub"):
            join: Callable[[int, int], int] = e.add if op == "add" else e.sub
            lines = frozenset((join(s, t), join(i, j)) for s, i in known[0] for t, j in known[1])
        elif op == "mul":
            products = {self._product(one, other) for one in known[0] for other in known[1]}
            if None in products:
                return None
            lines = frozenset(line for line in products if line is not None)
        elif op == "div" and all(self._is_zero(slope) for slope, _ in known[1]):
            lines = frozenset((e.div(s, j), e.div(i, j)) for s, i in known[0] for _, j in known[1])
        else:
            return None
        return lines if len(lines) <= _MOST_BRANCHES else None

    def _negative(self, lines: _Lines) -> _Lines:
        return frozenset((self._e.neg(slope), self._e.neg(value)) for slope, value in lines)

    def _product(self, one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int] | None:
        e = self._e
        if self._is_zero(one[0]):
            one, other = other, one
        if not self._is_zero(other[0]):
            return None  # a parabola
        return e.mul(one[0], other[1]), e.mul(one[1], other[1])
