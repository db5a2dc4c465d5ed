"""What an SBML model declares, as plain records, checked for what would make it mean nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from il15_sim.batch.equations.sbml_document import Unsupported
from il15_sim.errors import InputError, unknown


@dataclass(frozen=True, eq=False)
class Quantity:
    """What has a value: `value` is that of the document, NaN where it gives none."""

    id: str
    kind: Literal["compartment", "species", "parameter", "species reference"]
    value: float
    constant: bool
    units: str


@dataclass(frozen=True, eq=False)
class Species(Quantity):
    """A species; `value` is its initial amount, or concentration where `given_concentration`.

    Its id stands for its amount where `as_amount`, otherwise for amount / size of `compartment`.
    `conversion` is the id of a factor from a reaction's extent to the amount, if any.
    """

    compartment: str
    as_amount: bool
    given_concentration: bool
    boundary: bool
    conversion: str | None

    @property
    def needs_size(self) -> bool:
        """Whether the value of the id at the start needs the size of the compartment."""
        return self.given_concentration == self.as_amount


@dataclass(frozen=True, eq=False)
class Part:
    """A species on one side of a reaction; `sign` is -1 for a reactant and 1 for a product.

    The stoichiometry is a formula, the value of an id, or a number (NaN: not given).
    """

    species: str
    sign: int
    id: str | None
    number: float
    formula: Any | None


@dataclass(frozen=True, eq=False)
class Reaction:
    """A reaction with its rate; `local` holds the values of local parameters by id."""

    id: str
    parts: tuple[Part, ...]
    formula: Any | None
    local: dict[str, float]


@dataclass(frozen=True, eq=False)
class Elements:
    """All elements of a model, by id and in the order of the document.

    Attributes
    ----------
    quantities, reactions, functions : dict
        By id; functions are libSBML's objects.
    assignments, rates, initial : dict
        Formulas of assignment rules, rate rules and initial assignments by the id they set.
    """

    quantities: dict[str, Quantity] = field(default_factory=dict)
    reactions: dict[str, Reaction] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    assignments: dict[str, Any] = field(default_factory=dict)
    rates: dict[str, Any] = field(default_factory=dict)
    initial: dict[str, Any] = field(default_factory=dict)

    def ruled(self, name: str) -> bool:
        """Whether a rule sets the quantity."""
        return name in self.assignments or name in self.rates

    def species(self, name: str) -> Species:
        """The species of an id that is known to be one."""
        species = self.quantities[name]
        assert isinstance(species, Species)
        return species


def read_elements(model: Any) -> Elements:
    """The elements of a libSBML model.

    Raises
    ------
    InputError
        When ids clash or a reference leads nowhere.
    """
    elements = Elements()
    for definition in _each(model.getListOfFunctionDefinitions()):
        elements.functions[definition.getIdAttribute()] = definition
    for quantity in _quantities(model):
        if quantity.id in elements.quantities or quantity.id in elements.functions:
            raise InputError(f"id '{quantity.id}' is given twice")
        elements.quantities[quantity.id] = quantity
    for reaction in _each(model.getListOfReactions()):
        name = reaction.getIdAttribute()
        if name in elements.quantities or name in elements.functions or name in elements.reactions:
            raise InputError(f"id '{name}' is given twice")
        elements.reactions[name] = _reaction(reaction)
    for rule in _each(model.getListOfRules()):
        _set_by(elements, "rule", rule.getVariable())
        rules = elements.rates if rule.isRate() else elements.assignments
        rules[rule.getVariable()] = rule.getMath()
    for assignment in _each(model.getListOfInitialAssignments()):
        name = assignment.getSymbol()
        if name in elements.initial or name in elements.assignments:
            raise InputError(f"'{name}' has an initial assignment besides another that sets it")
        _set_by(elements, "initial assignment", name)
        elements.initial[name] = assignment.getMath()
    _check_species(elements)
    return elements


def _each(items: Any) -> Iterator[Any]:
    return (items.get(i) for i in range(items.size()))


def _quantities(model: Any) -> Iterator[Quantity]:
    level: int = model.getLevel()
    without_size = set()
    for item in _each(model.getListOfCompartments()):
        size = item.getSize() if item.isSetSize() else math.nan
        name = item.getIdAttribute()
        if level == 2 and item.getSpatialDimensions() == 0:
            without_size.add(name)
        yield Quantity(name, "compartment", size, item.getConstant(), item.getUnits())
    for item in _each(model.getListOfSpecies()):
        yield _species(item, model, without_size)
    for item in _each(model.getListOfParameters()):
        name, value = item.getIdAttribute(), _value(item)
        yield Quantity(name, "parameter", value, item.getConstant(), item.getUnits())
    if level == 3:  # in Level 2 the id of a species reference has no value
        for reaction in _each(model.getListOfReactions()):
            for _, item in _sides(reaction):
                name = item.getIdAttribute()
                value = item.getStoichiometry() if item.isSetStoichiometry() else math.nan
                if name:
                    yield Quantity(name, "species reference", value, item.getConstant(), "")


def _species(item: Any, model: Any, without_size: set[str]) -> Species:
    concentration = item.isSetInitialConcentration()
    given = concentration or item.isSetInitialAmount()
    value = item.getInitialConcentration() if concentration else item.getInitialAmount()
    compartment = item.getCompartment()
    conversion = item.getConversionFactor() or model.getConversionFactor()
    return Species(
        id=item.getIdAttribute(),
        kind="species",
        value=value if given else math.nan,
        constant=item.getConstant(),
        units=item.getSubstanceUnits(),
        compartment=compartment,
        as_amount=item.getHasOnlySubstanceUnits() or compartment in without_size,
        given_concentration=concentration,
        boundary=item.getBoundaryCondition(),
        conversion=conversion or None,
    )


def _sides(reaction: Any) -> Iterator[tuple[int, Any]]:
    for item in _each(reaction.getListOfReactants()):
        yield -1, item
    for item in _each(reaction.getListOfProducts()):
        yield 1, item


def _reaction(item: Any) -> Reaction:
    level: int = item.getLevel()
    parts = []
    for sign, reference in _sides(item):
        formula = None
        if level == 2 and reference.isSetStoichiometryMath():
            formula = reference.getStoichiometryMath().getMath()
        # Level 2 has 1 where nothing is given, Level 3 nothing.
        number = reference.getStoichiometry()
        if level == 3 and not reference.isSetStoichiometry():
            number = math.nan
        name = reference.getIdAttribute() if level == 3 else ""
        parts.append(Part(reference.getSpecies(), sign, name or None, number, formula))
    law = item.getKineticLaw()
    if law is None:
        raise Unsupported(f"reaction '{item.getIdAttribute()}' has no kinetic law")
    local = law.getListOfParameters() if level == 2 else law.getListOfLocalParameters()
    values = {p.getIdAttribute(): _value(p) for p in _each(local)}
    return Reaction(item.getIdAttribute(), tuple(parts), law.getMath(), values)


def _value(parameter: Any) -> float:
    return parameter.getValue() if parameter.isSetValue() else math.nan


def _set_by(elements: Elements, what: str, name: str) -> None:
    """Check that a rule or initial assignment may set `name`."""
    if name not in elements.quantities:
        raise unknown("quantity", name, elements.quantities, where=what)
    if what == "rule" and elements.ruled(name):
        raise InputError(f"'{name}' has two rules")
    if what == "rule" and elements.quantities[name].constant:
        raise InputError(f"'{name}' is constant and has a rule", fix='write constant="false"')


def _check_species(elements: Elements) -> None:
    quantities = elements.quantities.values()
    compartments = {q.id: None for q in quantities if q.kind == "compartment"}
    names = {q.id: None for q in quantities if q.kind == "species"}
    for name in names:
        home = elements.species(name).compartment
        if home not in compartments:
            raise unknown("compartment", home, compartments, where=f"species '{name}'")
    for reaction in elements.reactions.values():
        for part in reaction.parts:
            if part.species not in names:
                where = f"reaction '{reaction.id}'"
                raise unknown("species", part.species, names, where=where)
            species = elements.species(part.species)
            if species.boundary:
                continue
            if elements.ruled(species.id) or species.constant:
                other = "is constant" if species.constant else "has a rule"
                raise InputError(
                    f"species '{species.id}' {other} and is changed by reaction '{reaction.id}'",
                    fix='write boundaryCondition="true"',
                )
