"""Checks of the parameter table, the variants and the models against each other.

Each check is one function of a `Problem` that yields findings; its first line says what it
demands. `il15-sim check` runs them all and fails on an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from il15_sim.check.finding import Finding
from il15_sim.check.headline_counts import headline_kinds, headlines, sync_headlines
from il15_sim.check.kind_counts import parameters_by_model, summary, summary_text
from il15_sim.check.link_table import links, sync_links
from il15_sim.check.list_checks import drugs, observables
from il15_sim.check.model_checks import rows, sbml, units, values
from il15_sim.check.origin_checks import assumed, derived, fitted, measured, settings, variability
from il15_sim.check.patient_file import (
    patient_blocks,
    steady_starts,
    sync_initial_states,
    sync_patient,
)
from il15_sim.check.problem import Problem, read_problem
from il15_sim.check.scale_checks import unit_scales
from il15_sim.check.sync import sync_ant_values, value_blocks
from il15_sim.check.table_checks import bounds, identifiers, kinds, priors, units_parse
from il15_sim.check.variant_checks import shipped_overlap, variants
from il15_sim.model import SHIPPED_VARIANTS

__all__ = [
    "CHECKS",
    "Finding",
    "Problem",
    "headline_kinds",
    "parameters_by_model",
    "run_checks",
    "summary",
    "summary_text",
    "sync_ant_values",
    "sync_models",
]

Check = Callable[[Problem], Iterator[Finding]]

#: Checks of the table and the variants alone.
TABLE_CHECKS: tuple[Check, ...] = (
    *(identifiers, kinds, units_parse, bounds, priors),
    *(measured, derived, fitted, assumed, settings, variability),
    *(variants, shipped_overlap),
)
#: Checks of the models against the table; they need every model.
MODEL_CHECKS: tuple[Check, ...] = (
    *(rows, units, values, value_blocks, sbml, patient_blocks, steady_starts),
    *(unit_scales, observables, drugs, headlines, links),
)
#: All checks, in the order in which their findings are told.
CHECKS: tuple[Check, ...] = (*TABLE_CHECKS, *MODEL_CHECKS)


def sync_models(models_dir: str | Path) -> tuple[Path, ...]:
    """Write what follows from the table and the modules into the Antimony files and the README.

    First units and names of the patient, then the values, then the untreated steady states that
    belong to them, the counts of kinds and the table of the links. Returns the files that changed.
    """
    patient = sync_patient(models_dir)
    values = sync_ant_values(models_dir)
    starts = sync_initial_states(models_dir)
    readme = (*sync_headlines(models_dir), *sync_links(models_dir))
    return tuple(dict.fromkeys((*patient, *values, *starts, *readme)))


def run_checks(
    models_dir: str | Path,
    experiments_dir: str | Path,
    *,
    shipped: Sequence[str] = SHIPPED_VARIANTS,
) -> list[Finding]:
    """Run all checks over a folder of models.

    Parameters
    ----------
    models_dir : path
        Folder with `parameters.tsv`, `patient.ant`, `modules/*.ant` and `variants/*.tsv`.
    experiments_dir : path
        Folder whose `fits/` holds one file per fit.
    shipped : sequence of str
        Variants of the packaged model, in the order of application.

    Returns
    -------
    list of Finding
        Empty when all is well. Files that cannot be read are findings of the check `read`.
    """
    problem, findings = read_problem(Path(models_dir), Path(experiments_dir), shipped)
    # Where a model does not read, what could be said of the others' names would be wrong.
    if problem is not None:
        for check in TABLE_CHECKS if findings else CHECKS:
            findings.extend(check(problem))
    return findings
