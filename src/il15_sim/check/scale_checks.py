"""Units of the rules with their size, which libSBML compares inside sums only.

Every rule of a flattened model is walked with a unit in place of each value. Terms of a sum must
have one unit, and a formula that of its variable (per unit of time for a rate). The base unit
`item` counts cells; molecules per cell have no dimension. A power with a symbol as exponent, as in
a Hill term, keeps base and exponent as they stand: x^h cancels against k^h where x and k have one
unit, and against nothing else.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from il15_sim.check.finding import Finding
from il15_sim.check.problem import ModelFile, Problem
from il15_sim.errors import InputError
from il15_sim.model.units import RELATIVE_TOLERANCE, Quantity, registry, sbml_unit


class _Fault(Exception):
    """Why a formula has no unit."""


@dataclass(frozen=True)
class _Unit:
    """A unit, times units raised to exponents that are known by their formula only."""

    plain: Quantity
    raised: dict[str, Quantity] = field(default_factory=dict)

    def times(self, other: _Unit, power: float = 1.0) -> _Unit:
        """Product with another unit to a power."""
        raised = dict(self.raised)
        for exponent, base in other.raised.items():
            raised[exponent] = raised.get(exponent, registry().Quantity(1.0)) * base**power
        left = {e: q for e, q in raised.items() if not _pure(q)}
        return _Unit((self.plain * other.plain**power).to_base_units(), left)

    def same(self, other: _Unit) -> bool:
        """Whether both are one unit, size included."""
        return self.times(other, -1.0).is_number

    @property
    def is_number(self) -> bool:
        """Whether it is the unit of a plain number."""
        return _pure(self.plain) and not self.raised

    def __str__(self) -> str:
        """Size and base units, then what is raised to a symbol."""
        raised = [f"({_shown(q)})^({e})" for e, q in self.raised.items()]
        return " * ".join([_shown(self.plain), *raised])


def unit_scales(problem: Problem) -> Iterator[Finding]:
    """Every formula has the unit of its variable in dimension and size, and so have its terms."""
    for model in problem.models:
        yield from _model_findings(model)


def _model_findings(model: ModelFile) -> Iterator[Finding]:
    sbml = model.document.getModel()
    walk = _Walk(sbml)
    for i in range(sbml.getNumRules()):
        rule = sbml.getRule(i)
        name = rule.getVariable()
        try:
            wanted = walk.named(name)
            if rule.isRate():
                wanted = wanted.times(walk.time(), -1.0)
            found = walk.unit(rule.getMath())
        except (_Fault, InputError) as fault:
            yield Finding("unit_scales", "error", str(model.path), f"'{name}': {fault}")
            continue
        if not found.same(wanted):
            what = f"rate of '{name}'" if rule.isRate() else f"'{name}'"
            message = f"{what} is in {wanted}, but its formula is in {found}{_apart(found, wanted)}"
            yield Finding("unit_scales", "error", str(model.path), message)


class _Walk:
    """Units of the formulas of one model."""

    def __init__(self, sbml: Any) -> None:
        self._sbml = sbml
        self._known: dict[str, _Unit] = {}

    def named(self, name: str) -> _Unit:
        """Unit of a parameter."""
        if name not in self._known:
            parameter = self._sbml.getParameter(name)
            if parameter is None or not parameter.isSetUnits():
                raise _Fault(f"'{name}' has no unit")
            self._known[name] = self._defined(parameter.getUnits())
        return self._known[name]

    def time(self) -> _Unit:
        """Unit of time."""
        if not self._sbml.isSetTimeUnits():
            raise _Fault("the model has no unit of time")
        return self._defined(self._sbml.getTimeUnits())

    def _defined(self, unit: str) -> _Unit:
        import libsbml

        definition = self._sbml.getUnitDefinition(unit)
        if definition is None:  # litre, gram and the like need no definition
            kind = libsbml.UnitKind_forName(unit)
            if kind == libsbml.UNIT_KIND_INVALID:
                raise _Fault(f"unit '{unit}' is not defined")
            definition = libsbml.UnitDefinition(3, 2)
            base = definition.createUnit()
            base.setKind(kind)
            base.setExponent(1)
            base.setScale(0)
            base.setMultiplier(1.0)
        return _Unit(sbml_unit(definition))

    def unit(self, node: Any) -> _Unit:
        """Unit of a formula."""
        children = [node.getChild(i) for i in range(node.getNumChildren())]
        if node.isNumber():
            return self._defined(node.getUnits()) if node.isSetUnits() else _number()
        if node.isName():
            is_time = (node.getDefinitionURLString() or "").endswith("symbols/time")
            return self.time() if is_time else self.named(node.getName())
        match _operation(node):
            case "power" if len(children) == 2:
                return self._power(*children)
            case "times":
                return self._product(children, 1.0)
            case "divide":
                return self._product(children, -1.0)
            case "plus" | "minus" | "abs" | "max" | "min" if children:
                return self._common(children)
            case "exp" | "ln" if len(children) == 1:
                return self._number(children[0])
        raise _Fault(f"'{_text(node)}' is nothing that this check can read")

    def _product(self, nodes: list[Any], power: float) -> _Unit:
        total = self.unit(nodes[0]) if nodes else _number()
        for node in nodes[1:]:
            total = total.times(self.unit(node), power)
        return total

    def _common(self, nodes: list[Any]) -> _Unit:
        first = self.unit(nodes[0])
        for node in nodes[1:]:
            other = self.unit(node)
            if not other.same(first):
                told = f"'{_text(nodes[0])}' is in {first}, '{_text(node)}' in {other}"
                raise _Fault(told + _apart(other, first))
        return first

    def _number(self, node: Any) -> _Unit:
        unit = self.unit(node)
        if not unit.is_number:
            raise _Fault(f"'{_text(node)}' must be a number, but is in {unit}")
        return unit

    def _power(self, base: Any, exponent: Any) -> _Unit:
        unit = self.unit(base)
        self._number(exponent)
        if unit.is_number:
            return unit
        value = _value(exponent)
        if value is not None:
            return _number().times(unit, value)
        if unit.raised:
            raise _Fault(f"'{_text(base)}' is raised to symbols twice")
        return _Unit(registry().Quantity(1.0), {_text(exponent): unit.plain})


@functools.cache
def _number() -> _Unit:
    """The unit of a plain number; made on first use, as pint is slow to import."""
    return _Unit(registry().Quantity(1.0))


def _operation(node: Any) -> str:
    """Name of an operator or function.

    Not told by `getType`: once libSEDML is imported after libSBML, as by tellurium, that returns
    an object that equals no constant.
    """
    if node.isOperator():
        return str(node.getOperatorName())
    return "" if node.isUserFunction() or not node.isFunction() else str(node.getName())


def _value(node: Any) -> float | None:
    """Value of a formula of numbers only, such as (1 ratio)/(3 ratio)."""
    if node.isNumber():
        return float(node.getValue())
    inner = [_value(node.getChild(i)) for i in range(node.getNumChildren())]
    known = [x for x in inner if x is not None]
    if len(known) != len(inner) or not known:
        return None
    if _operation(node) == "minus" and len(known) == 1:
        return -known[0]
    if _operation(node) == "divide" and known[1] != 0:
        return known[0] / known[1]
    return None


def _pure(quantity: Quantity) -> bool:
    return bool(quantity.dimensionless) and math.isclose(
        float(quantity.magnitude), 1.0, rel_tol=RELATIVE_TOLERANCE
    )


def _shown(quantity: Quantity) -> str:
    units = f"{quantity.units}"
    return f"{float(quantity.magnitude):.6g} {units}"


def _text(node: Any) -> str:
    import libsbml

    return str(libsbml.formulaToL3String(node))


def _apart(one: _Unit, other: _Unit) -> str:
    """How many times one unit is the other, where they differ in size only."""
    ratio = one.times(other, -1.0)
    if ratio.raised or not ratio.plain.dimensionless:
        return ""
    return f" ({float(ratio.plain.magnitude):.6g} times)"
