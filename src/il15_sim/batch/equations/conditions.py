"""The conditions on states that steps have to be located at, and those that cannot be."""

from __future__ import annotations

from collections.abc import Iterable

from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.equations.sbml_document import Unsupported


class Conditions:
    """Collects the comparisons whose truth changes with a state.

    Such a comparison keeps its truth inside a step, and a step ends where its sides are equal. One
    whose sides change with a state only as far as other comparisons do (`flag == 1`, where `flag`
    is 1 or 0 by a comparison) changes together with those, and needs no search of its own.

    Parameters
    ----------
    expressions : Expressions
        Where the nodes go.
    """

    def __init__(self, expressions: Expressions) -> None:
        self._e = expressions
        self._moving: list[bool] = []
        self._equalities: dict[int, Unsupported] = {}
        self._rounded: dict[int, Unsupported] = {}

    def compare(self, name: str, a: int, b: int, where: str) -> int:
        """The node of a comparison, as `Expressions.compare`; `where` is whose formula it is in."""
        e = self._e
        moves = self._moves(a) or self._moves(b)
        if not moves or not (e.reads_state(a) or e.reads_state(b)):
            return e.compare(name, a, b)
        if name in ("eq", "ne"):
            node = e.compare(name, a, b)
            self._equalities.setdefault(node, _equality(name, where))
            return node
        if a == b:
            return e.truth(name == "le")
        # a <= b is "not b < a": that both change at one moment is true by construction.
        return e.located(a, b) if name == "lt" else e.logic("not", e.located(b, a))

    def rounding(self, before: int, where: str) -> None:
        """The nodes from `before` on are those of a function; what they round is remembered."""
        e = self._e
        for node in range(before, len(e)):
            if (
                e.ops[node] in ("floor", "ceil")
                and e.reads_state(node)
                and self._moves(e.args[node][0])
            ):
                self._rounded[node] = _rounding(where)

    def located(self, rates: Iterable[int], values: Iterable[int]) -> tuple[int, ...]:
        """The comparisons, `a < b` each, on which rates or values depend.

        Raises
        ------
        Unsupported
            Where one cannot be located: an equality, or something rounded that drives a rate or a
            comparison. What is rounded in a reported value alone disturbs no step.
        """
        e = self._e
        rates = list(rates)
        used = e.reachable([*rates, *values])
        for node in used:
            if node in self._equalities:
                raise self._equalities[node]
        found = tuple(node for node in used if e.is_located(node))
        for node in e.reachable([*rates, *found]):
            if node in self._rounded:
                raise self._rounded[node]
        return found

    def _moves(self, node: int) -> bool:
        """Whether a number changes with states or time other than by conditions."""
        e = self._e
        for inner in range(len(self._moving), len(e)):  # operands come before their users
            operands = e.args[inner][1:] if e.ops[inner] == "select" else e.args[inner]
            self._moving.append(
                e.ops[inner] in ("state", "time")
                or (not e.is_condition(inner) and any(self._moving[a] for a in operands))
            )
        return self._moving[node]


def _equality(name: str, where: str) -> Unsupported:
    sign = "==" if name == "eq" else "!="
    return Unsupported(
        f"'{sign}' of what changes with a state is not simulated",
        where=where,
        why="it turns for a single moment, which no step can find",
        fix="compare with '<' or '>', as in 'x > 0' instead of 'x'",
    )


def _rounding(where: str) -> Unsupported:
    return Unsupported(
        "a rounded value that changes with a state and drives a rate or a condition is not "
        "simulated",
        where=where,
        why="it jumps again and again",
        fix="write its steps as a piecewise with '<' or '>'",
    )
