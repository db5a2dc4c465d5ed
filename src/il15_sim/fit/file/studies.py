"""A fit file that names published studies, with a factor per cohort."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from il15_sim.data import data_dir, read_quantities, read_study, study_names
from il15_sim.errors import InputError, unknown
from il15_sim.files.toml import Table
from il15_sim.fit.estimates import check_told
from il15_sim.fit.file.estimates import read_estimates
from il15_sim.fit.file.groups import arms_in_groups
from il15_sim.fit.file.keys import number_of, positive_of
from il15_sim.fit.file.noise import NoiseModel
from il15_sim.fit.file.published_rows import arms_of, rows_of
from il15_sim.fit.problem import Problem
from il15_sim.fit.rows import Rows
from il15_sim.fit.unknowns import time_shift
from il15_sim.model import Model
from il15_sim.simulation.subject import subject_of

_NOISE = ("model_sd_log", "area_sd_log", "between_cv", "within_cv")
_COHORTS = ("omega_start", "factor_parameter", "reference_experiment")


def published_problem(facts: Table, file: Path, model: Model, folder: str | Path | None) -> Problem:
    """The problem of a file with `studies`, its name and title apart."""
    facts.need("studies", 'studies = ["flaherty2011"], or data = "readings.csv"')
    names = facts.texts("studies")
    for name in names:
        if name not in study_names(folder):
            raise unknown("study", name, study_names(folder), facts.at("studies"))
    studies = tuple(read_study(name, folder) for name in names)
    noise, cohorts = facts.table("noise"), facts.table("cohorts")
    if noise is None:
        raise InputError("noise is missing", where=file, fix="add [noise]")
    noise.allow(_NOISE)
    model_of_errors = NoiseModel(*(positive_of(noise, key) for key in _NOISE))
    arms = arms_of(studies, model)
    omega, factor, reference = 0.35, "", ""
    if cohorts is not None:
        cohorts.allow(_COHORTS)
        omega = positive_of(cohorts, "omega_start")
        factor, reference = (cohorts.text(key) for key in _COHORTS[1:])
        if factor not in model.values:
            raise unknown("parameter", factor, model.values, cohorts.at("factor_parameter"))
        if reference not in arms:
            raise unknown("experiment", reference, arms, cohorts.at("reference_experiment"))
        model = model.with_values({factor: 1.0})
    group_of = {e.id: e.group for s in studies for e in s.experiments.values()}
    arms = arms_in_groups(facts, arms, group_of, subject_of(model))
    quantities = read_quantities(data_dir(folder))
    rows = rows_of(studies, quantities, model, model_of_errors, cohorts is not None)
    if cohorts is not None and reference not in {r.factor for r in rows}:
        raise InputError(
            f"'{reference}' has no fitted measurement",
            where=cohorts.at("reference_experiment"),
            why="its exposure factor is the one that is shipped",
        )
    subject = subject_of(model)
    unknowns = read_estimates(facts, model, arms)
    check_told(unknowns, rows, arms, facts.at("estimate"))
    if factor in [u.parameter for u in unknowns]:
        raise InputError(
            f"'{factor}' is the cohort factor",
            where=facts.at("estimate"),
            why="it is solved for every cohort and cannot be estimated as well",
        )
    shifts = []
    for table in facts.tables("time_shift") if "time_shift" in facts.data else ():
        table.allow(("experiment", "lower", "start", "upper"))
        arm = table.text("experiment")
        if arm not in arms:
            raise unknown("experiment", arm, arms, table.at("experiment"))
        lower, start, upper = (number_of(table, key) for key in ("lower", "start", "upper"))
        if not 0 <= lower <= start <= upper or lower == upper:
            told = f"bounds of the time shift of '{arm}' are not in order"
            raise InputError(told, where=table.at())
        shifts.append(time_shift(arm, lower, start, upper))
    arms_told = [
        (e.id, e.regimen, sorted(e.overrides.items()), *filter(None, [e.group]))
        for s in studies
        for e in s.experiments.values()
    ]
    inputs = {
        "arms": "\n".join(map(repr, arms_told)),
        # Where a file lies does not change a fit.
        "measurements": "\n".join(
            repr(replace(m, where="")) for s in studies for m in s.measurements
        ),
    }
    return Problem(
        file.stem,
        subject,
        arms,
        Rows(rows, ", ".join(names)),
        (*unknowns, *shifts),
        omega=omega,
        factor_parameter=factor,
        reference_arm=reference,
        inputs=inputs,
    )
