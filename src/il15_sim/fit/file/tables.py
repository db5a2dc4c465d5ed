"""A fit file that names tables of one's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.files.toml import Table
from il15_sim.fit.file.estimates import read_estimates
from il15_sim.fit.file.groups import arms_in_groups
from il15_sim.fit.likelihoods import likelihood
from il15_sim.fit.patient_predictor import check_patients
from il15_sim.fit.patients import Patients
from il15_sim.fit.problem import Problem
from il15_sim.fit.rows import Rows
from il15_sim.fit.tables.cells import Table as Cells
from il15_sim.fit.tables.checks import COLUMNS
from il15_sim.fit.tables.groups import arms_of_groups, groups_of, members_of
from il15_sim.fit.tables.readings import Reader
from il15_sim.fit.tables.scales import check_scale
from il15_sim.fit.treatments import Given, read_arms
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.schedules import checked_changes
from il15_sim.simulation.subject import Subject, subject_of

_ARM = ("regimen", "values", "changes", "patients")
_PATIENTS = ("n", "seed", "vary")


def own_problem(facts: Table, file: Path, model: Model) -> Problem:
    """The problem of a file with `data`, its name and title apart."""
    subject = subject_of(model)
    scale = facts.text("scale", "") or None
    offset = facts.data.get("offset", False)
    if not isinstance(offset, bool):
        raise facts.fault("offset", "true or false")
    check_scale(scale, offset, facts.at("scale" if scale else "offset"))
    reader = Reader(subject, _noise(facts), scale, offset)
    with facts.told_at("data"):
        tables = [
            Cells.of(Path(os.path.normpath(file.parent / name))) for name in facts.texts("data")
        ]
    if names := _columns(facts):
        with facts.told_at("columns"):
            tables = [table.renamed(names) for table in tables]
    with facts.told_at("likelihood"):
        reader.check_noise(tables)
    rows = reader.rows(*tables)
    source = ", ".join(t.source for t in tables)
    groups, members = groups_of(rows), members_of(rows)
    given = _given_arms(facts, groups, members, model, subject)
    arms = read_arms(given, subject, groups, source)
    arms = arms_in_groups(facts, arms, members, subject)
    unknowns = read_estimates(facts, model, arms)
    check_patients(rows, arms, unknowns)
    inputs = {
        "arms": "\n".join(f"{k} {a.to_dict()}" for k, a in arms.items()),
        "measurements": "\n".join(repr(replace(r, where="")) for r in rows),
    }
    return Problem(
        file.stem,
        subject,
        arms,
        Rows(rows, source),
        unknowns,
        factors="free",
        inputs=inputs,
    )


def _noise(facts: Table) -> str | dict[str, str]:
    """One likelihood, or one for each observable."""
    table = facts.data.get("likelihood", "log-normal")
    if not isinstance(table, dict):
        kind = facts.text("likelihood", "log-normal")
        return likelihood(kind, facts.at("likelihood")).kind
    for kind in table.values():
        likelihood(str(kind), facts.at("likelihood"))
    return dict(table)


def _columns(facts: Table) -> dict[str, str]:
    """Names of columns in the files by ours."""
    named = facts.table("columns")
    if named is None:
        return {}
    for ours in named.data:
        if ours not in COLUMNS:
            raise unknown("column", ours, COLUMNS, named.at(ours))
    return {ours: named.text(ours) for ours in named.data}


def _given_arms(
    facts: Table,
    groups: Mapping[str, str],
    members: Mapping[str, str],
    model: Model,
    subject: Subject,
) -> Mapping[str, Given] | None:
    """The arms of the file; or what the groups say: regimens, or doses of one input."""
    if "dose_of" in facts.data:
        where, target = facts.at("dose_of"), facts.text("dose_of")
        if "arms" in facts.data:
            raise InputError("dose_of beside arms", where=where, why="both tell what was given")
        others = {
            name: (table.text("dose_of"), table.at("dose_of"))
            for name, table in (
                facts.named_tables("groups") if "groups" in facts.data else {}
            ).items()
            if "dose_of" in table.data
        }
        for id_, place in ((target, where), *others.values()):
            if id_ not in model.values:
                raise unknown("parameter", id_, model.values, place)
        with facts.told_at("dose_of"):
            told = {name: id_ for name, (id_, _) in others.items()}
            return arms_of_groups(groups, target, members, told)
    if "arms" not in facts.data:
        return arms_of_groups(groups, None, members)
    found: dict[str, Given] = {}
    for name, table in facts.named_tables("arms").items():
        table.allow(_ARM)
        if name not in groups and list(groups) != [""]:
            raise unknown("group", name, groups, table.at())
        parts: list[Any] = []
        if "regimen" in table.data:
            with table.told_at("regimen"):
                parts += [Regimen.parse(text) for text in table.texts("regimen")]
        if values := table.numbers("values"):
            with table.told_at("values"):
                parts.append(values)
        if "patients" in table.data:
            with table.told_at("patients"):
                parts.append(_patients(table.data["patients"]))
        with table.told_at("changes"):
            changes = [Change.parse(text) for text in table.texts("changes")]
            checked_changes(changes, subject)  # a wrong target or unit is told with its line
        parts += changes
        found[name] = parts
    return found


def _patients(told: Any) -> Patients:
    example = 'patients = { n = 100, seed = 1, vary = ["sorafenib_clearance"] }'
    if not isinstance(told, dict) or "n" not in told:
        raise InputError("patients are told without n", fix=f"write e.g. {example}")
    for key in told:
        if key not in _PATIENTS:
            raise unknown("key", key, _PATIENTS)
    return Patients(**told)
