"""Checks of the two small tables: what can be observed, and where doses enter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from il15_sim.check.finding import Finding, from_error
from il15_sim.check.problem import PATIENT, ModelFile, Problem
from il15_sim.errors import InputError, unknown
from il15_sim.files.tsv import read_tsv
from il15_sim.model import OBSERVABLE_COLUMNS
from il15_sim.model.drugs import DRUG_COLUMNS, drug_targets
from il15_sim.model.observables import read_observables
from il15_sim.model.units import units_agree


def observables(problem: Problem) -> Iterator[Finding]:
    """Every observable is a quantity of the patient, in its own unit, with a label and roles."""
    path = problem.models_dir / "observables.tsv"
    if path.is_file():
        try:
            read_observables(problem.models_dir)
        except InputError as error:
            yield from_error("observables", error)
    for where, row, patient in _rows(problem, path, OBSERVABLE_COLUMNS, "observableId"):
        name, formula = row["observableId"], row["observableFormula"]
        if name not in patient.facts.units:
            yield from_error("observables", unknown("quantity", name, patient.facts.units, where))
        elif formula != name:
            message = f"formula '{formula}' of '{name}': an observable is a quantity of the model"
            yield Finding("observables", "error", where, message)
        else:
            yield from _unit("observables", where, name, row["unit"], patient)


def drugs(problem: Problem) -> Iterator[Finding]:
    """Every drug and route has one row, and its target takes the unit of the dose (or per hour).

    A target that is a parameter, a rate, is a setting: a regimen sets it.
    """
    path = problem.models_dir / "drugs.tsv"
    seen: set[tuple[str, str]] = set()
    for where, row, patient in _rows(problem, path, DRUG_COLUMNS):
        key, target = (row["drug"], row["route"]), row["target"]
        if key in seen:
            yield Finding("drugs", "error", where, f"a second row for {key[0]} {key[1]}")
        seen.add(key)
        try:
            drug_targets([(int(where.rpartition(" ")[2]), row)], path)
        except InputError as error:
            yield from_error("drugs", error)
        if target not in patient.facts.units:
            yield from_error("drugs", unknown("target", target, patient.facts.units, where))
            continue
        own = problem.table[target] if target in problem.table else None  # noqa: SIM401
        if own is not None and own.kind != "setting":
            message = f"doses set '{target}', so its kind is setting, not {own.kind}"
            yield Finding("drugs", "error", problem.at(target), message)
        unit = f"{row['unit']}/h" if row["route"] == "infusion" else row["unit"]
        yield from _unit("drugs", where, target, unit, patient)


def _rows(
    problem: Problem, path: Path, columns: tuple[str, ...], unique: str | None = None
) -> Iterator[tuple[str, dict[str, str], ModelFile]]:
    patient = next((m for m in problem.models if m.name == PATIENT), None)
    if patient is None or not path.is_file():
        return
    rows, _ = read_tsv(path, columns, unique=unique)
    for line, row in rows:
        yield f"{path}: line {line}", row, patient


def _unit(check: str, where: str, name: str, unit: str, patient: ModelFile) -> Iterator[Finding]:
    definition = patient.document.getModel().getUnitDefinition(patient.facts.units[name])
    try:
        agrees = definition is not None and units_agree(unit, definition)
    except InputError as error:
        yield from_error(check, error, where)
        return
    if not agrees:
        message = f"'{name}' is in {patient.facts.units[name]} in the model, not in {unit}"
        yield Finding(check, "error", where, message)
