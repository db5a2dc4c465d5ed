"""An SBML text that gets what a problem needs beside its model: parameters, rules, areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from il15_sim.errors import InputError
from il15_sim.exchange.petab_formula import names_in, parse


class SbmlText:
    """SBML that is added to.

    Raises
    ------
    InputError
        For a text without a model.
    """

    def __init__(self, sbml: str, where: str) -> None:
        import libsbml

        self._document = libsbml.readSBMLFromString(sbml)
        self._model = self._document.getModel()
        if self._model is None:
            raise InputError("the SBML text holds no model", where=where)
        rules = [self._model.getRule(i) for i in range(self._model.getNumRules())]
        self._assigned = {r.getVariable(): names_in(r.getMath()) for r in rules if r.isAssignment()}
        for i in range(self._model.getNumReactions()):
            reaction = self._model.getReaction(i)
            law = reaction.getKineticLaw()
            if law is not None and law.isSetMath():
                self._assigned[reaction.getId()] = names_in(law.getMath())

    @property
    def text(self) -> str:
        """The text as it stands."""
        import libsbml

        return str(libsbml.writeSBMLToString(self._document))

    def has(self, name: str) -> bool:
        """Whether something of the model is called so."""
        return self._model.getElementBySId(name) is not None

    def free_name(self, name: str) -> str:
        """The name, or one like it that nothing has."""
        found, k = name, 1
        while self.has(found):
            k += 1
            found = f"{name}_{k}"
        return found

    def add_parameter(self, name: str, value: float, constant: bool = True) -> None:
        """Add a parameter; it takes part in nothing yet."""
        parameter = self._model.createParameter()
        parameter.setId(name)
        parameter.setConstant(constant)
        parameter.setValue(value)

    def add_rule(self, name: str, tree: Any) -> None:
        """Add a quantity that follows a formula."""
        parameter = self._model.createParameter()
        parameter.setId(name)
        parameter.setConstant(False)
        rule = self._model.createAssignmentRule()
        rule.setVariable(name)
        rule.setMath(tree)
        self._assigned[name] = names_in(tree)

    def add_area(self, name: str, gate: str, observable: str, hours: float) -> None:
        """Add a state that grows by an observable per hour while the gate is 1; it is 0 at first.

        Without the gate nothing would come to rest before the first treatment.
        """
        self.add_parameter(name, 0.0, constant=False)
        self.add_parameter(gate, 0.0, constant=False)
        rule = self._model.createRateRule()
        rule.setVariable(name)
        unit = "" if hours == 1 else f" * {hours!r}"
        rule.setMath(parse(f"{gate} * {observable}{unit}", name))

    def is_free(self, name: str) -> bool:
        """Whether it is a parameter that no rule and no initial assignment tells."""
        model = self._model
        told = model.getRuleByVariable(name), model.getInitialAssignmentBySymbol(name)
        return model.getParameter(name) is not None and told == (None, None)

    def home(self, species: str) -> str:
        """The compartment of a species."""
        return str(self._model.getSpecies(species).getCompartment())

    def varies(self, name: str) -> bool:
        """Whether it may change over time: a species, or what a rule or a reaction tells."""
        model = self._model
        ruled = model.getRuleByVariable(name) is not None or name in self._assigned
        return bool(ruled or model.getSpecies(name) is not None)

    def begin_as(self, name: str, number: str, keep: str, switches: Mapping[str, str]) -> None:
        """Let something begin as a sum: a number, its own value, and parameters, each switched.

        Parameters
        ----------
        number, keep : str
            New parameters: what it begins with, and 1 where it keeps the value of the text.
        switches : mapping of parameter to str
            New parameters, 1 where the parameter is what it begins with.
        """
        element, rule = self._model.getElementBySId(name), None
        own = self._own_value(name)
        for new in (number, keep, *switches.values()):
            self.add_parameter(new, float(new == keep))
        terms = [number, f"{keep} * ({own})", *(f"{s} * {p}" for p, s in switches.items())]
        if self.is_free(name):
            element.setConstant(False)
            rule = self._model.createAssignmentRule()
            rule.setVariable(name)
            self._assigned[name] = {number, keep, *switches, *switches.values()}
        else:
            if self._model.getInitialAssignmentBySymbol(name) is not None:
                self._model.removeInitialAssignment(name)
            rule = self._model.createInitialAssignment()
            rule.setSymbol(name)
        rule.setMath(parse(" + ".join(terms), name))

    def _own_value(self, name: str) -> str:
        """What it begins with in the text, as a formula."""
        import libsbml

        model, element = self._model, self._model.getElementBySId(name)
        if (told := model.getInitialAssignmentBySymbol(name)) is not None:
            return str(libsbml.formulaToL3String(told.getMath()))
        kind = element.getTypeCode()
        if kind == libsbml.SBML_PARAMETER:
            return repr(element.getValue())
        if kind == libsbml.SBML_COMPARTMENT:
            return repr(element.getSize())
        if element.isSetInitialConcentration() and not element.getHasOnlySubstanceUnits():
            return repr(element.getInitialConcentration())
        amount = repr(element.getInitialAmount())
        home = element.getCompartment()
        return amount if element.getHasOnlySubstanceUnits() else f"{amount} / {home}"

    def at_once(self, name: str) -> set[str]:
        """What a quantity depends on at the same moment: not by the way of states."""
        seen: set[str] = set()
        todo = [name]
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo.extend(self._assigned.get(one, ()))
        return seen
