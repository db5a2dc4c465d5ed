"""One fit from file to results folder: search, tables, figures, record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from il15_sim.files.record import ResultFolder
from il15_sim.fit.problem import FitProblem
from il15_sim.fit.run import run_fit
from il15_sim.jobs.folder import ABOUT, Finished, Progress, quiet, write_figures, write_json
from il15_sim.plots.fit_figures import goodness_of_fit, observed_predicted, study_name
from il15_sim.plots.scenario_figures import Shown

if TYPE_CHECKING:
    from il15_sim.fit.result import FitResult


def fit_to_folder(
    problem: FitProblem,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    out: str | Path | None = None,
    starts: int | None = None,
    seed: int | None = None,
    quick: bool = False,
    workers: int = 1,
) -> tuple[Finished, FitResult]:
    """Run a fit and write its results folder.

    The folder holds the estimates, cohort factors, predictions with residuals, searches and curves
    as tables, the same as `fit.json`, the figures and `manifest.json`. No model file is changed.

    Parameters
    ----------
    problem : FitProblem
    out_root : path
        Folder of all results.
    progress : callable
        Told what is being done.
    out : path, optional
        Write exactly here instead.
    starts, seed : int, optional
        Instead of what the fit file says.
    quick : bool
        One short search: a check that all works, not a fit.
    workers : int
        Processes to search with.

    Returns
    -------
    finished, result
        What was left behind, with what a reader must know; and the fit itself.
    """
    if seed is not None:
        problem = replace(problem, seed=seed)
    inputs = fit_inputs(problem, starts=starts, quick=quick)
    with ResultFolder.open(out_root, problem.name, inputs, problem.seed, out=out) as folder:
        progress("searching")

        def told(done: int, of: int) -> None:
            progress(f"search {done} of {of}")

        result = run_fit(problem, starts=starts, quick=quick, workers=workers, progress=told)
        progress("writing tables")
        folder.write("fit.toml", problem.source)
        folder.write("fit.json", result.to_json())
        tables = {
            "estimates": result.estimates,
            "cohorts": result.cohorts,
            "fold_errors": result.fold_errors,
            "predictions": result.predictions,
            "starts": result.waterfall(),
            "curves": result.curves(),
        }
        for name, frame in tables.items():
            folder.write(f"data/{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
        missing = write_figures(folder, fit_figures(result), progress)
        warnings = [*warnings_of(result, quick), *missing]
        about = {"name": problem.name, "title": problem.title, "kind": "fit"}
        about |= {"description": problem.description, "effort": inputs["effort"]}
        write_json(folder, ABOUT, {**about, "warnings": warnings})
    return Finished(folder.path, warnings=tuple(warnings)), result


def fit_inputs(
    problem: FitProblem, *, starts: int | None = None, quick: bool = False
) -> dict[str, str]:
    """Everything the result of a fit depends on, the seed apart, by name."""
    count = problem.starts if starts is None else starts
    return {**problem.inputs, "effort": "quick" if quick else f"{count} starts"}


def fit_figures(result: FitResult) -> list[Iterator[Shown]]:
    """Time courses of the studies with their curves, and observed against predicted.

    Each on its own: where one cannot be drawn, the other can.
    """
    problem = result.problem
    free = sum(not unknown.experiment for unknown in problem.unknowns)
    words = (
        f"{free} fitted parameters, one exposure factor per cohort, {len(problem.studies)} studies."
        " Research only."
    )
    story = (
        "The fit reads means and medians of published cohorts, no single patients.",
        "Studies: " + ", ".join(study_name(study.name) for study in problem.studies) + ".",
    )
    return [_time_courses(result, words, story), _scatter(result, words, story)]


def _time_courses(result: FitResult, words: str, story: tuple[str, ...]) -> Iterator[Shown]:
    yield Shown(
        "observed_predicted",
        observed_predicted(result.predictions, result.curves()),
        "Measured time courses and the fit",
        "One panel per arm of a study: measured points and predicted curves on a log axis.",
        f"Points: published data. Solid: predicted with the cohort's exposure factor. Dotted: "
        f"predicted with factor 1. {words}",
        story,
        ("data/predictions.csv", "data/curves.csv"),
    )


def _scatter(result: FitResult, words: str, story: tuple[str, ...]) -> Iterator[Shown]:
    yield Shown(
        "goodness_of_fit",
        goodness_of_fit(result.predictions),
        "Observed against predicted",
        "Scatter of observed against predicted values, one panel per unit, with identity line.",
        f"Solid: identity. Dashed: two-fold. Open: compared with the fit, not fitted. {words}",
        story,
        ("data/predictions.csv",),
    )


def warnings_of(result: FitResult, quick: bool) -> list[str]:
    """What a reader must know before using the estimates, one sentence each."""
    told = []
    if quick:
        told.append("A quick search that only checks that all works: not the shipped fit.")
    at_bound = result.estimates[result.estimates["at_bound"] != ""]
    for row in at_bound.to_dict("records"):
        told.append(
            f"{row['parameter']} = {row['value']:.4g} {row['unit']} sits on its {row['at_bound']} "
            "bound: the data do not identify it."
        )
    failed = sum(not start.ok for start in result.starts)
    if failed:
        told.append(f"{failed} of {len(result.starts)} searches failed.")
    return told
