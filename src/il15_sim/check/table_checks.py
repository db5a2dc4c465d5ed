"""Checks of the rows of the parameter table by themselves."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from il15_sim.check.finding import Finding, from_error
from il15_sim.check.formula import CONSTANTS, FUNCTIONS
from il15_sim.check.problem import Problem
from il15_sim.errors import InputError
from il15_sim.model.parameters import KINDS, Parameter
from il15_sim.model.units import parse_unit

#: Words that mean something else in Antimony, in SBML formulas or in a formula of the table.
RESERVED = frozenset(
    (
        *("model", "module", "end", "import", "unit", "has", "is", "in", "const", "var", "ext"),
        *("formula", "species", "compartment", "reaction", "event", "at", "after", "priority"),
        *("operator", "gene", "DNA", "substanceOnly", "delete", "true", "false", "time"),
        *("infinity", "inf", "nan", "notanumber", "exponentiale"),
        *("dimensionless", "item", "second", "litre", "metre", "mole", "gram", "kilogram"),
        *(*FUNCTIONS, *CONSTANTS),
    )
)


def identifiers(problem: Problem) -> Iterator[Finding]:
    """Ids are no reserved words of any language on the way, and differ by more than case."""
    seen: dict[str, str] = {}
    for p in problem.table.parameters:
        message = ""
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", p.id):
            message = f"bad identifier '{p.id}'"
        elif p.id in RESERVED or keyword.iskeyword(p.id):
            message = f"identifier '{p.id}' is a reserved word"
        elif p.id.lower() in seen:
            message = f"identifiers '{seen[p.id.lower()]}' and '{p.id}' differ only by case"
        seen.setdefault(p.id.lower(), p.id)
        if message:
            yield Finding("identifiers", "error", problem.at(p.id), message)


def kinds(problem: Problem) -> Iterator[Finding]:
    """Every row is measured, derived, fitted, assumed or a setting."""
    for p in problem.table.parameters:
        if p.kind not in KINDS:
            message = f"kind '{p.kind}' of '{p.id}' is not one of {', '.join(KINDS)}"
            yield Finding("kinds", "error", problem.at(p.id), message)


def units_parse(problem: Problem) -> Iterator[Finding]:
    """Every unit is one that pint knows."""
    for p in problem.table.parameters:
        try:
            parse_unit(p.unit)
        except InputError as error:
            told = InputError(f"{error.what} ('{p.id}')", why=error.why, fix=error.fix)
            yield from_error("units_parse", told, problem.at(p.id))


def bounds(problem: Problem) -> Iterator[Finding]:
    """Bounds bracket the value; a fitted value on its bound is a property of the fit to look at."""
    for p in problem.table.parameters:
        where, shown = problem.at(p.id), f"{p.id} = {p.value:g}"
        if not p.lower <= p.value <= p.upper:
            message = f"{shown} lies outside its bounds {p.lower:g} to {p.upper:g}"
            yield Finding("bounds", "error", where, message)
    for p in problem.effective.parameters:
        if p.kind == "fitted" and p.lower < p.upper and p.value in (p.lower, p.upper):
            message = f"the fitted {p.id} = {p.value:g} lies on its bound"
            yield Finding("bounds", "warning", problem.at(p.id), message)


def priors(problem: Problem) -> Iterator[Finding]:
    """Priors have parameters that define a distribution, and reach into the bounds."""
    for p in problem.table.parameters:
        fault = _prior_fault(p)
        if fault:
            message = f"prior '{p.prior}' of '{p.id}': {fault}"
            yield Finding("priors", "error", problem.at(p.id), message)


def _prior_fault(p: Parameter) -> str:
    numbers = p.prior_parameters
    if not p.prior:
        return ""
    if p.prior in ("uniform", "log-uniform"):
        low, high = numbers
        if p.prior == "log-uniform" and min(low, p.lower) <= 0:
            return "its lower end and the lower bound must be above zero"
        if not low < high:
            return f"its ends are reversed: {low:g}, {high:g}"
        if not max(low, p.lower) < min(high, p.upper):
            return f"{low:g} to {high:g} does not reach into the bounds"
        return ""
    if p.prior.startswith("log-") and p.lower < 0:
        return "the lower bound must not be negative"
    # The last parameter is a width; gamma's first one is a shape.
    needed = numbers if p.prior == "gamma" else numbers[-1:]
    if min(needed) <= 0:
        return f"{min(needed):g} must be above zero"
    return ""
