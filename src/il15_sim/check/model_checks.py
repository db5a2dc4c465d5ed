"""Checks of the models against the table: rows, units, values, and libSBML's own checks."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from il15_sim.check.finding import Finding
from il15_sim.check.problem import ModelFile, Problem, model_paths
from il15_sim.errors import InputError, closest
from il15_sim.model.parameters import Parameter
from il15_sim.model.units import unit_text, units_agree

#: libSBML tells these as warnings for Level 3 models, of a model that adds mg to hours as well.
UNIT_WARNINGS = (range(10501, 10600), range(99505, 99509))
_MAX_MESSAGE = 300


def rows(problem: Problem) -> Iterator[Finding]:
    """Every constant parameter of every model has a row, and every row is used by a model.

    The inputs of a module, which other modules compute in the patient, need none.
    """
    used: set[str] = set()
    for model in problem.models:
        for id_ in model.facts.constants:
            own = problem.rows_of(model, id_)
            used.update(own)
            if not own and not problem.is_input(model, id_):
                near = closest(id_, problem.table)
                hint = f" (the closest is '{near}')" if near else ""
                message = f"constant '{id_}' has no row in parameters.tsv{hint}"
                yield Finding("rows", "error", str(model.path), message)
    # With a model unread, a row may well be used there.
    if len(problem.models) == len(model_paths(problem.models_dir)):
        for id_ in problem.table:
            if id_ not in used:
                yield Finding("rows", "error", problem.at(id_), f"no model uses '{id_}'")


def units(problem: Problem) -> Iterator[Finding]:
    """The unit of a row agrees in dimension and size with the unit its parameter has in a model."""
    for model in problem.models:
        sbml = model.document.getModel()
        for id_ in model.facts.constants:
            for row in problem.rows_of(model, id_):
                fault = _unit_fault(sbml.getParameter(id_), problem.table[row])
                if fault:
                    yield Finding("units", "error", str(model.path), fault)


def _unit_fault(parameter: Any, row: Parameter) -> str:
    id_, name = parameter.getId(), parameter.getUnits()
    if not parameter.isSetUnits():
        return f"'{id_}' has no unit; write '{id_} has ...;'"
    definition = parameter.getDerivedUnitDefinition()
    if definition is None or definition.getNumUnits() == 0:
        return f"unit '{name}' of '{id_}' is not defined in the model"
    try:
        if units_agree(row.unit, definition):
            return ""
        theirs = unit_text(definition)
    except InputError as error:
        return f"{error.what} ('{id_}')"
    shown = name if theirs == name else f"{name} ({theirs})"
    return f"'{id_}' is in {shown} in the model, but '{row.id}' is in {row.unit} in parameters.tsv"


def values(problem: Problem) -> Iterator[Finding]:
    """The values in the Antimony files equal the table with the shipped variants."""
    table = problem.effective
    fix = "; run il15-sim sync"
    for model in problem.models:
        for id_, value in model.facts.constants.items():
            where, own = str(model.path), problem.rows_of(model, id_)
            if math.isnan(value):
                yield Finding("values", "error", where, f"'{id_}' has no value{fix}")
            elif own and not math.isclose(value, table[own[0]].value, rel_tol=1e-12):
                message = f"{id_} = {value!r}, but the table has {table[own[0]].value!r}{fix}"
                yield Finding("values", "error", where, message)


def sbml(problem: Problem) -> Iterator[Finding]:
    """libSBML finds no error and no inconsistent unit in any model."""
    for model in problem.models:
        yield from _libsbml_findings(model)


def _libsbml_findings(model: ModelFile) -> Iterator[Finding]:
    import libsbml

    # A document of its own: what one consistency check reports stays in the document.
    document = libsbml.readSBMLFromString(model.sbml)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.checkConsistency()
    warned: Counter[int] = Counter()
    first: dict[int, str] = {}
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        number = error.getErrorId()
        message = f"libSBML {number} {error.getShortMessage()}: {_detail(error.getMessage())}"
        is_unit = any(number in span for span in UNIT_WARNINGS)
        if is_unit or error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            yield Finding("sbml", "error", str(model.path), message)
        else:
            warned[number] += 1
            first.setdefault(number, message)
    for number, count in warned.items():
        more = f" (and {count - 1} more like it)" if count > 1 else ""
        yield Finding("sbml", "warning", str(model.path), first[number] + more)


def _detail(message: str) -> str:
    """The part that names the element; before it stands the rule of the specification."""
    text = re.sub(r"^.*?Reference: \S+ Sections? \S+ ", "", " ".join(message.split()))
    return text[max(text.rfind(" The <"), 0) :].strip()[:_MAX_MESSAGE]
