"""A fit file that names tables of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from il15_sim.errors import unknown
from il15_sim.files.toml import Table
from il15_sim.fit.file.estimates import read_estimates
from il15_sim.fit.problem import Problem
from il15_sim.fit.rows import Row, Rows
from il15_sim.fit.tables.cells import Table as Cells
from il15_sim.fit.tables.groups import arms_of_groups, groups_of
from il15_sim.fit.tables.readings import Reader
from il15_sim.fit.treatments import Given, read_arms
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.subject import subject_of

_ARM = ("regimen", "values", "changes")


def own_problem(facts: Table, file: Path, model: Model) -> Problem:
    """The problem of a file with `data`, its name and title apart."""
    subject = subject_of(model)
    scale = facts.text("scale", "") or None
    if scale not in (None, "observable", "group"):
        raise unknown("scale", str(scale), ("observable", "group"), facts.at("scale"))
    kind = facts.data.get("likelihood", "log-normal")
    reader = Reader(subject, kind, scale)
    columns = facts.data.get("columns")
    rows: list[Row] = []
    with facts.told_at("columns"):
        tables = [Cells.of(file.parent / name, columns) for name in facts.texts("data")]
    for table in tables:
        rows += reader.rows(table)
    given = _given_arms(facts, rows, model)
    arms = read_arms(given, subject, groups_of(rows), tables[0].source)
    inputs = {
        "arms": "\n".join(f"{k} {a.to_dict()}" for k, a in arms.items()),
        "measurements": "\n".join(repr(replace(r, where="")) for r in rows),
    }
    return Problem(
        file.stem,
        subject,
        arms,
        Rows(tuple(rows), ", ".join(t.source for t in tables)),
        read_estimates(facts, model, arms),
        factors="free",
        inputs=inputs,
    )


def _given_arms(facts: Table, rows: Any, model: Model) -> Mapping[str, Given] | None:
    """The arms of the file; or what the groups say: regimens, or doses of one input."""
    if "arms" not in facts.data:
        target = facts.text("dose_of") if "dose_of" in facts.data else None
        return arms_of_groups(groups_of(rows), target)
    found: dict[str, Given] = {}
    for name, table in facts.named_tables("arms").items():
        table.allow(_ARM)
        parts: list[Any] = []
        if "regimen" in table.data:
            with table.told_at("regimen"):
                parts += [Regimen.parse(text) for text in table.texts("regimen")]
        if values := table.numbers("values"):
            with table.told_at("values"):
                parts.append(values)
        with table.told_at("changes"):
            parts += [Change.parse(text) for text in table.texts("changes")]
        found[name] = parts
    return found
