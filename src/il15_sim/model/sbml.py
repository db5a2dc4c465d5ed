"""Antimony to SBML, and the facts that the package needs to know about an SBML model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from il15_sim.batch.equations.time_unit import HOUR, TimeUnit, time_unit_of
from il15_sim.errors import InputError
from il15_sim.frozen import Frozen


@dataclass(frozen=True, eq=False)
class SbmlFacts:
    """What an SBML model of parameters and rules consists of.

    `constants` and `initial` map ids to values, `depends` maps every ruled id to the ids in its
    formula, `units` maps ids to unit ids of the model, `time_unit` is None where it has none.
    """

    states: tuple[str, ...]
    constants: Mapping[str, float]
    initial: Mapping[str, float]
    assigned: frozenset[str]
    depends: Mapping[str, frozenset[str]]
    units: Mapping[str, str]
    time_unit: TimeUnit | None

    def upstream_constants(self, quantity: str) -> frozenset[str]:
        """All constant parameters that the quantity depends on, directly or through the states."""
        seen: set[str] = set()
        todo = [quantity]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo.extend(self.depends.get(name, ()))
        return frozenset(seen & set(self.constants))

    def refuse_other_times(self, name: str) -> None:
        """Refuse a model that says it counts time in anything but hours."""
        if self.time_unit not in (None, HOUR):
            raise InputError(
                f"model '{name}' counts time in {self.time_unit}",
                why="models of this package count hours",
                fix="write 'unit time_unit = 3600 second'",
            )


def sbml_from_antimony(path: Path) -> str:
    """Flattened SBML text of the last model in an Antimony file.

    Raises
    ------
    InputError
        When the text does not parse, with Antimony's own sentence and line.
    """
    import antimony

    # Antimony keeps every loaded model in memory until it is told to forget them, and looks for
    # imports in every folder it has loaded from, the oldest first.
    antimony.clearPreviousLoads()
    antimony.clearDirectories()
    if antimony.loadAntimonyFile(str(path)) < 0:
        raise InputError(f"the model does not parse: {antimony.getLastError()}", where=path)
    text: str = antimony.getSBMLString(antimony.getMainModuleName())
    antimony.clearPreviousLoads()
    # Else the next file that anybody loads would take its modules from this folder.
    antimony.clearDirectories()
    return text


def antimony_from_sbml(sbml: str) -> str:
    """Antimony text of an SBML model, for `tellurium.loada`."""
    import antimony

    antimony.clearPreviousLoads()
    if antimony.loadSBMLString(sbml) < 0:
        raise InputError(f"the SBML does not read: {antimony.getLastError()}")
    text: str = antimony.getAntimonyString(antimony.getMainModuleName())
    antimony.clearPreviousLoads()
    return text


def _names_in(node: Any) -> set[str]:
    names = {node.getName()} if node.isName() else set()
    for i in range(node.getNumChildren()):
        names |= _names_in(node.getChild(i))
    return names


def read_sbml_facts(sbml: str) -> SbmlFacts:
    """Read states, constants, dependencies and units from SBML text."""
    import libsbml

    document = libsbml.readSBMLFromString(sbml)
    model = document.getModel()
    if model is None:
        raise InputError("the SBML text holds no model")
    rules = [model.getRule(i) for i in range(model.getNumRules())]
    rated = [rule.getVariable() for rule in rules if rule.isRate()]
    assigned = frozenset(rule.getVariable() for rule in rules if rule.isAssignment())
    depends = {rule.getVariable(): frozenset(_names_in(rule.getMath())) for rule in rules}
    constants, initial, units = {}, {}, {}
    for i in range(model.getNumParameters()):
        parameter = model.getParameter(i)
        name = parameter.getId()
        units[name] = parameter.getUnits()
        value = parameter.getValue() if parameter.isSetValue() else math.nan
        if name in rated:
            initial[name] = value
        elif name not in assigned:
            constants[name] = value
    return SbmlFacts(
        states=tuple(rated),
        constants=Frozen(constants),
        initial=Frozen(initial),
        assigned=assigned,
        depends=Frozen(depends),
        units=Frozen(units),
        time_unit=time_unit_of(model),
    )


def set_sbml_quantities(sbml: str, values: Mapping[str, float]) -> str:
    """Any SBML text with the values of parameters, compartments and species at the start replaced.

    Of a species it is the value that its id stands for: an amount, or a concentration.
    """
    import libsbml

    document = libsbml.readSBMLFromString(sbml)
    model = document.getModel()
    for name, value in values.items():
        element = model.getElementBySId(name)
        if element.getTypeCode() == libsbml.SBML_COMPARTMENT:
            element.setSize(value)
        elif element.getTypeCode() == libsbml.SBML_PARAMETER:
            element.setValue(value)
        elif element.getHasOnlySubstanceUnits() or _is_point(model, element.getCompartment()):
            element.setInitialAmount(value)
        else:
            element.setInitialConcentration(value)
    text: str = libsbml.writeSBMLToString(document)
    return text


def _is_point(model: Any, compartment: str) -> bool:
    """Whether a compartment has no size, in which species are amounts (in Level 2)."""
    return bool(
        model.getLevel() == 2 and model.getCompartment(compartment).getSpatialDimensions() == 0
    )


def set_sbml_values(sbml: str, values: Mapping[str, float]) -> str:
    """The SBML text with parameter values (or start values of states) replaced."""
    import libsbml

    document = libsbml.readSBMLFromString(sbml)
    model = document.getModel()
    for name, value in values.items():
        model.getParameter(name).setValue(value)
    text: str = libsbml.writeSBMLToString(document)
    return text
