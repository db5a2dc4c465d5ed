"""What has to be known of an SBML model: values, states, and what follows from what at once."""

from __future__ import annotations

from typing import Any

import libsbml


def read(sbml: str) -> Any:
    """The model of an SBML text."""
    document = libsbml.readSBMLFromString(sbml)
    model = document.getModel()
    # The document owns the model, which must outlive it.
    return model.clone()


def states_of(sbml: str) -> dict[str, float]:
    """Start values of all state variables: quantities with rate rules, species of reactions.

    Species are concentrations in a compartment of size one (nothing else is read here).
    """
    model = read(sbml)
    ruled = {r.getVariable() for r in model.getListOfRules() if r.isRate()}
    found = {p.getId(): p.getValue() for p in model.getListOfParameters() if p.getId() in ruled}
    sizes = {c.getId(): c.getSize() for c in model.getListOfCompartments()}
    for s in model.getListOfSpecies():
        if s.getBoundaryCondition() or s.getConstant() or s.getHasOnlySubstanceUnits():
            raise ValueError(f"species '{s.getId()}' is no plain concentration")
        if sizes[s.getCompartment()] != 1.0:
            raise ValueError(f"species '{s.getId()}' is in a compartment whose size is not one")
        found[s.getId()] = s.getInitialConcentration()
    return found


def constants_of(sbml: str) -> dict[str, float]:
    """Values of all parameters that nothing changes."""
    model = read(sbml)
    ruled = {r.getVariable() for r in model.getListOfRules()}
    return {p.getId(): p.getValue() for p in model.getListOfParameters() if p.getId() not in ruled}


def at_once(sbml: str, quantity: str) -> set[str]:
    """Everything that a quantity is computed from at one moment, without integration."""
    model = read(sbml)  # must live as long as the formulas
    trees = {r.getVariable(): r.getMath() for r in model.getListOfRules() if r.isAssignment()}
    seen: set[str] = set()
    todo = [quantity]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(names_in(trees[name]) if name in trees else ())
    return seen


def names_in(node: Any) -> set[str]:
    """Ids in a formula."""
    below = (names_in(node.getChild(i)) for i in range(node.getNumChildren()))
    return ({node.getName()} if node.isName() else set()).union(*below)
