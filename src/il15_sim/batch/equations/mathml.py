"""From the formulas of an SBML document, as libSBML's trees, to shared expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import libsbml

from il15_sim.batch.equations.conditions import Conditions
from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.equations.functions import OF_MANY, OF_ONE, OF_TWO, logic
from il15_sim.batch.equations.mathml_numbers import AST, number_of
from il15_sim.batch.equations.sbml_document import Unsupported
from il15_sim.batch.equations.switching import SwitchTimes
from il15_sim.errors import InputError, unknown

#: Work that asks for other work and ends with a node; see `finish`.
Steps = Generator["Steps", int, int]

_MOST_OPERATIONS = 1_000_000
_LARGEST_FACTORIAL = 170

_CONSTANTS = {
    libsbml.AST_CONSTANT_E: math.e,
    libsbml.AST_CONSTANT_PI: math.pi,
    libsbml.AST_NAME_AVOGADRO: 6.02214179e23,  # as SBML Level 3 prescribes
}
_TRUTHS = {libsbml.AST_CONSTANT_TRUE: True, libsbml.AST_CONSTANT_FALSE: False}
_OPERATORS = {
    libsbml.AST_PLUS: "plus",
    libsbml.AST_MINUS: "minus",
    libsbml.AST_TIMES: "times",
    libsbml.AST_DIVIDE: "divide",
    libsbml.AST_POWER: "power",
}
#: Name in MathML of every function and relation: "arcsin" of AST_FUNCTION_ARCSIN.
_NAMES = _OPERATORS | {
    getattr(libsbml, constant): constant.removeprefix(prefix).lower()
    for prefix in ("AST_FUNCTION_", "AST_RELATIONAL_", "AST_LOGICAL_")
    for constant in dir(libsbml)
    if constant.startswith(prefix)
}
_NAMES[libsbml.AST_FUNCTION_RATE_OF] = "rateOf"
#: Each relation by one that `Expressions` has, and whether its sides change places.
_RELATIONS = {
    "eq": ("eq", False),
    "neq": ("ne", False),
    "lt": ("lt", False),
    "leq": ("le", False),
    "gt": ("lt", True),
    "geq": ("le", True),
}


def finish(work: Steps) -> int:
    """The node that the work ends with.

    What waits for other work is kept in a list, so that no depth of formulas, functions and rules
    that use each other meets Python's limit of nested calls.
    """
    waiting = [work]
    result: int | None = None
    while True:
        try:
            asked = next(waiting[-1]) if result is None else waiting[-1].send(result)
        except StopIteration as done:
            result = done.value
            waiting.pop()
            if not waiting:
                assert result is not None
                return result
        else:
            waiting.append(asked)
            result = None


@dataclass(frozen=True, eq=False)
class Scope:
    """What the names in a formula mean.

    Attributes
    ----------
    where : str
        The element that the formula belongs to, for messages.
    symbol : callable
        From a global id and `where`, the work that ends with the id's node.
    time : int
        Node of the time at which the formula is taken.
    local : mapping
        Nodes of names that hide global ids; None for one without a value.
    """

    where: str
    symbol: Callable[[str, str], Steps]
    time: int
    local: Mapping[str, int | None]


class Formulas:
    """Reads the formulas of one document.

    Parameters
    ----------
    expressions : Expressions
        Where the nodes go.
    functions : mapping
        Function definitions (libSBML's objects) by id.

    Attributes
    ----------
    expressions : Expressions
        Where the nodes go.
    switches : SwitchTimes
        The times at which a condition of a formula read so far switches.
    conditions : Conditions
        The conditions on states in the formulas read so far.
    """

    def __init__(self, expressions: Expressions, functions: Mapping[str, Any]) -> None:
        self.switches = SwitchTimes(expressions)
        self.conditions = Conditions(expressions)
        self.expressions = self._e = expressions
        self._functions = functions
        self._called: dict[tuple[Any, ...], int] = {}
        self._calling: set[str] = set()

    def number(self, tree: Any, scope: Scope) -> Steps:
        """Work that ends with the value of a formula, 1 or 0 where it is a condition.

        Raises
        ------
        InputError
            When the formula breaks a rule of SBML, such as an unknown name.
        Unsupported
            For an element of MathML that is not simulated, or no formula at all.
        """
        if tree is None or AST.getType(tree) == libsbml.AST_UNKNOWN:
            raise Unsupported("there is no formula", where=scope.where)
        return self._as_number((yield self._read(tree, scope)))

    def _read(self, tree: Any, scope: Scope) -> Steps:
        e, kind = self._e, AST.getType(tree)
        if kind == libsbml.AST_NAME:
            return (yield self._named(AST.getName(tree), scope))
        if kind == libsbml.AST_NAME_TIME:
            return scope.time
        if kind in _TRUTHS:
            return e.truth(_TRUTHS[kind])
        number = _CONSTANTS.get(kind, number_of(tree, kind))
        if number is not None:
            return e.constant(number)
        operands = []
        for i in range(AST.getNumChildren(tree)):
            operands.append((yield self._read(AST.getChild(tree, i), scope)))
        if len(e) > _MOST_OPERATIONS:
            raise Unsupported(f"more than {_MOST_OPERATIONS} operations", where=scope.where)
        if kind == libsbml.AST_FUNCTION:
            return (yield self._call(AST.getName(tree), operands, scope))
        name = _NAMES.get(kind) or AST.getName(tree) or "an unknown element"
        node = self._apply(name, operands, scope)
        if node is None:
            many = f"{len(operands)} operand{'s' * (len(operands) != 1)}"
            raise Unsupported(f"'{name}' of {many} is not simulated", where=scope.where)
        return node

    def _named(self, name: str, scope: Scope) -> Steps:
        if name not in scope.local:
            return (yield scope.symbol(name, scope.where))
        node = scope.local[name]
        if node is None:
            raise Unsupported(f"local parameter '{name}' has no value", where=scope.where)
        return node

    def _call(self, name: str, operands: list[int], scope: Scope) -> Steps:
        """A function definition, applied."""
        if name not in self._functions:
            raise unknown("function", name, self._functions, where=scope.where)
        call = (name, scope.time, *operands)
        if call in self._called:
            return self._called[call]
        definition, where = self._functions[name], f"function '{name}'"
        if name in self._calling:
            raise InputError(f"{where} calls itself")
        count = definition.getNumArguments()
        if count != len(operands):
            raise InputError(
                f"{where} has {count} arguments, not {len(operands)}", where=scope.where
            )

        names = [AST.getName(definition.getArgument(i)) for i in range(count)]
        inner = Scope(where, _no_symbol, scope.time, dict(zip(names, operands, strict=True)))
        if definition.getBody() is None:
            raise Unsupported("there is no formula", where=where)
        self._calling.add(name)
        node = self._called[call] = yield self._read(definition.getBody(), inner)
        self._calling.remove(name)
        return node

    def _apply(self, name: str, operands: list[int], scope: Scope) -> int | None:
        """An element of MathML on its operands, None where it is not known for as many."""
        e, count = self._e, len(operands)
        if name == "piecewise":
            return self._piecewise(operands, scope)
        if name in _RELATIONS:
            return self._related(name, operands, scope)
        if name in ("and", "or", "xor", "not", "implies"):
            return logic(e, name, [self._as_condition(a, scope) for a in operands])
        numbers = [self._as_number(a) for a in operands]
        if name in OF_MANY:
            join, of_none = OF_MANY[name]
            if not numbers:
                return None if of_none is None else e.constant(of_none)
            total = numbers[0]
            for number in numbers[1:]:
                if name in ("min", "max"):
                    self.switches.crossing(total, number, scope.where)
                total = join(e, total, number)
            return total
        if count == 2 and name in OF_TWO:
            if name in ("quotient", "rem"):
                self.switches.step(e.div(*numbers), scope.where)
            before = len(e)
            node = OF_TWO[name](e, numbers[0], numbers[1])
            self.conditions.rounding(before, scope.where)
            return node
        if count == 1 and name in OF_ONE:
            if name == "abs":
                self.switches.crossing(numbers[0], e.constant(0.0), scope.where)
            elif name in ("floor", "ceiling"):
                self.switches.step(numbers[0], scope.where)
            before = len(e)
            node = OF_ONE[name](e, numbers[0])
            self.conditions.rounding(before, scope.where)
            return node
        if count == 1 and name == "factorial":
            return self._factorial(numbers[0], scope)
        return None

    def _piecewise(self, operands: list[int], scope: Scope) -> int:
        """The first value whose condition holds; NaN where none does."""
        e = self._e
        pairs, otherwise = divmod(len(operands), 2)
        result = self._as_number(operands[-1]) if otherwise else e.constant(math.nan)
        for i in reversed(range(pairs)):
            condition = self._as_condition(operands[2 * i + 1], scope)
            result = e.select(condition, self._as_number(operands[2 * i]), result)
        return result

    def _related(self, name: str, operands: list[int], scope: Scope) -> int | None:
        """A relation, or a chain such as a < b < c, in which all neighbours are so related."""
        e, numbers = self._e, [self._as_number(a) for a in operands]
        if len(numbers) < 2 or (name == "neq" and len(numbers) > 2):
            return None
        related, swapped = _RELATIONS[name]
        result = e.truth(True)
        for a, b in pairwise(numbers):
            self.switches.crossing(a, b, scope.where)
            sides = (b, a) if swapped else (a, b)
            link = self.conditions.compare(related, *sides, scope.where)
            result = e.logic("and", result, link)
        return result

    def _factorial(self, node: int, scope: Scope) -> int:
        e = self._e
        value = e.data[node] if e.ops[node] == "const" else None
        if value is None or value not in range(_LARGEST_FACTORIAL + 1):
            raise Unsupported(
                "'factorial' of this is not simulated",
                where=scope.where,
                why=f"only that of a whole number from 0 to {_LARGEST_FACTORIAL} is",
            )
        return e.constant(float(math.factorial(int(value))))

    def _as_number(self, node: int) -> int:
        """A condition counts as 1 where it holds and 0 elsewhere."""
        e = self._e
        if not e.is_condition(node):
            return node
        return e.select(node, e.constant(1.0), e.constant(0.0))

    def _as_condition(self, node: int, scope: Scope) -> int:
        """A number counts as true unless it is 0."""
        if self._e.is_condition(node):
            return node
        zero = self._e.constant(0.0)
        self.switches.crossing(node, zero, scope.where)
        return self.conditions.compare("ne", node, zero, scope.where)


def _no_symbol(name: str, where: str) -> Steps:
    raise InputError(f"'{name}' is none of its arguments", where=where)
