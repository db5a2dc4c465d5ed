"""The values of all ids at one kind of moment: the start, or any time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from il15_sim.batch.equations.elements import Elements, Quantity
from il15_sim.batch.equations.mathml import Formulas, Scope, Steps
from il15_sim.errors import InputError, unknown

_LONGEST_SHOWN = 8


class Epoch:
    """Works out what ids stand for, each once, in whatever order they need each other.

    Parameters
    ----------
    elements : Elements
        The model.
    formulas : Formulas
        Reader of its formulas.
    time : int
        Node of the time.
    initial : mapping
        Formulas of initial assignments by id, where they hold.
    otherwise : callable
        From a quantity that no formula sets, and who asks for it, the work that ends with its node.
    """

    def __init__(
        self,
        elements: Elements,
        formulas: Formulas,
        time: int,
        initial: Mapping[str, Any],
        otherwise: Callable[[Quantity, str], Steps],
    ) -> None:
        self._elements, self._formulas, self._time = elements, formulas, time
        self._initial, self._otherwise = initial, otherwise
        self._known: dict[str, int] = {}
        self._open: dict[str, None] = {}

    def symbol(self, name: str, where: str) -> Steps:
        """Work that ends with the node of an id; `where` is who asks."""
        if name in self._known:
            return self._known[name]
        if name in self._open:
            path = list(self._open)
            circle = path[path.index(name) :]
            if len(circle) > _LONGEST_SHOWN:
                circle = [*circle[:3], "...", circle[-1]]
            raise InputError(f"'{name}' depends on itself: {' -> '.join([*circle, name])}")
        self._open[name] = None
        self._known[name] = yield self._meaning(name, where)
        del self._open[name]
        return self._known[name]

    def formula(self, tree: Any, where: str, local: Mapping[str, float] | None = None) -> Steps:
        """Work that ends with the value of a formula; NaN of a local parameter is no value."""
        e = self._formulas.expressions
        known = {k: None if math.isnan(v) else e.constant(v) for k, v in (local or {}).items()}
        return self._formulas.number(tree, Scope(where, self.symbol, self._time, known))

    def _meaning(self, name: str, where: str) -> Steps:
        elements = self._elements
        if name in self._initial:
            return (yield self.formula(self._initial[name], f"initial assignment to '{name}'"))
        if name in elements.assignments:
            return (yield self.formula(elements.assignments[name], f"rule for '{name}'"))
        if name in elements.reactions:
            reaction = elements.reactions[name]
            law = f"kinetic law of '{name}'"
            return (yield self.formula(reaction.formula, law, reaction.local))
        if name in elements.quantities:
            return (yield self._otherwise(elements.quantities[name], where))
        raise unknown("id", name, [*elements.quantities, *elements.reactions], where=where)
