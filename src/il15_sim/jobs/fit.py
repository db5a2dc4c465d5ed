"""One fit from file to results folder: search, tables, figures, record."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

from il15_sim.files.record import ResultFolder
from il15_sim.fit import Fit, Problem, run_fit
from il15_sim.fit.leave_out import leave_one_out
from il15_sim.fit.patient_statistics import is_level
from il15_sim.jobs.folder import ABOUT, Finished, Progress, quiet, write_figures, write_json
from il15_sim.plots.fit_checks import residuals, waterfall
from il15_sim.plots.fit_figures import goodness_of_fit, observed_predicted, study_name
from il15_sim.plots.scenario_figures import Shown
from il15_sim.plots.table_fits import fitted


def fit_to_folder(
    problem: Problem,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    out: str | Path | None = None,
    starts: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    left_out: Literal["study", "arm"] | None = None,
) -> tuple[Finished, Fit]:
    """Run a fit and write its results folder.

    The folder holds estimates, factors, residuals, searches and curves as tables, the same as
    `fit.json`, the figures and `manifest.json`. The numbers stand there before the first figure is
    drawn. No model file is changed.

    Parameters
    ----------
    problem : Problem
    out_root : path
        Folder of all results.
    progress : callable
        Told what is being done.
    out : path, optional
        Write exactly here instead.
    starts, seed : int, optional
        Instead of what the fit file says.
    threads : int, optional
        Threads of the simulations; the numbers do not depend on it.
    left_out : "study" or "arm", optional
        Fit without each of them, too, and tell how well it is predicted.

    Returns
    -------
    finished, result
        What was left behind, with what a reader must know; and the fit itself.
    """
    inputs = fit_inputs(problem, starts=starts, left_out=left_out)
    chosen = problem.seed if seed is None else seed

    def told(done: int, of: int) -> None:
        progress(f"search {done} of {of}")

    def open_folder() -> AbstractContextManager[ResultFolder]:
        return ResultFolder.open(out_root, problem.name, inputs, chosen, out=out)

    # Opened before the search: a place that cannot be written is told at once.
    with open_folder() as folder:
        progress("searching")
        begin = time.monotonic()
        result = run_fit(problem, starts=starts, seed=chosen, threads=threads, progress=told)
        progress("writing tables")
        warnings = warnings_of(result)
        about: dict[str, Any] = {"name": problem.name, "title": problem.title, "kind": "fit"}
        about |= {"description": problem.description, "effort": inputs["effort"]}
        about["answer"] = [line.strip() for line in str(result).splitlines()]
        about["seconds"] = f"{time.monotonic() - begin:.1f}"
        _write(folder, result, {**about, "warnings": warnings})
    if left_out is not None:

        def told_out(done: int, of: int) -> None:
            progress(f"left out {done} of {of}")

        table = leave_one_out(result, left_out, told_out)
    with open_folder() as folder:
        if left_out is not None:
            folder.write("data/left_out.csv", table.to_csv(index=False, lineterminator="\n"))
        warnings += write_figures(folder, fit_figures(result), progress)
        _write(folder, result, {**about, "warnings": warnings})
    return Finished(folder.path, warnings=tuple(warnings)), result


def _write(folder: ResultFolder, result: Fit, about: Mapping[str, Any]) -> None:
    if source := result.problem.inputs.get("fit"):
        folder.write("fit.toml", source)
    folder.write("fit.json", result.to_json())
    tables = {
        "estimates": result.frame,
        "correlation": result.correlation.reset_index(),
        "cohorts": result.cohorts,
        "fold_errors": result.fold_errors,
        "residuals": result.residuals,
        "starts": result.starts,
        "curves": result.curves(),
    }
    for name, frame in tables.items():
        folder.write(f"data/{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
    write_json(folder, ABOUT, about)


def fit_inputs(
    problem: Problem, *, starts: int | None = None, left_out: str | None = None
) -> dict[str, str]:
    """Everything the result of a fit depends on, the seed apart, by name."""
    count = problem.starts if starts is None else starts
    effort = f"{count} starts" + (f", each {left_out} left out" if left_out else "")
    return {**problem.inputs, "effort": effort}


def fit_figures(result: Fit) -> list[Iterator[Shown]]:
    """Measurements over their curves, residuals, and where the searches ended.

    Each on its own: where one cannot be drawn, the others can.
    """
    problem = result.problem
    free = sum(not u.shifted_arm for u in problem.unknowns)
    checks = [_residuals(result), _waterfall(result)]
    if not problem.studies:
        words = f"{free} fitted parameter{'s' * (free > 1)}. Research only."
        return [_own_table(result, words), *checks]
    words = (
        f"{free} fitted parameters, one exposure factor per cohort, {len(problem.studies)} studies."
        " Research only."
    )
    story = (
        "The fit reads means and medians of published cohorts, no single patients.",
        "Studies: " + ", ".join(map(study_name, problem.studies)) + ".",
    )
    return [_time_courses(result, words, story), _scatter(result, words, story), *checks]


def _residuals(result: Fit) -> Iterator[Shown]:
    rows = result.residuals
    if (rows["used"] & rows["residual"].astype(float).notna()).sum() < 3:
        return  # too few to draw
    yield Shown(
        "residuals",
        residuals(rows),
        "Residuals of the fit",
        "Residuals against the prediction, and against the quantiles of a normal distribution.",
        "Left: residuals in units of their SD; dotted: 0 and 1.96 SD. Right: the same, ordered, "
        "against a normal distribution; a line is what they should lie on. Research only.",
        (),
        ("data/residuals.csv",),
    )


def _waterfall(result: Fit) -> Iterator[Shown]:
    yield Shown(
        "waterfall",
        waterfall(result.starts),
        "Where the searches ended",
        "Rise of minus two log posterior of every search over the best one, in order.",
        f"{len(result.searches)} searches, the best first; rises below 0.001 are drawn there. "
        "Several at the floor have found the same fit. Research only.",
        (),
        ("data/starts.csv",),
    )


def _own_table(result: Fit, words: str) -> Iterator[Shown]:
    if any(row.factor for row in result.objective.rows.rows):
        plates = "Curves that were read on several plates: without factor and background of each."
        words = f"{plates} {words}"
    rows = result.residuals
    off = int((~((rows["quantity"] == "value") & rows["statistic"].map(is_level))).sum())
    if off:
        words = f"Not drawn: {off} of {len(rows)} readings, which lie on no curve. {words}"
    yield Shown(
        "fitted",
        fitted(result),
        "Readings and the fitted curves",
        "One panel per observable and group: readings with bars of one SD, and fitted curves.",
        f"Points: readings with one SD of their errors. Lines: the fitted model. {words}",
        (),
        ("data/residuals.csv", "data/curves.csv"),
    )


def _time_courses(result: Fit, words: str, story: tuple[str, ...]) -> Iterator[Shown]:
    yield Shown(
        "observed_predicted",
        observed_predicted(result.residuals, result.curves()),
        "Measured time courses and the fit",
        "One panel per arm of a study: measured points and predicted curves on a log axis.",
        f"Points: published data. Solid: predicted with the cohort's exposure factor. Dotted: "
        f"predicted with factor 1. {words}",
        story,
        ("data/residuals.csv", "data/curves.csv"),
    )


def _scatter(result: Fit, words: str, story: tuple[str, ...]) -> Iterator[Shown]:
    yield Shown(
        "goodness_of_fit",
        goodness_of_fit(result.residuals),
        "Observed against predicted",
        "Scatter of observed against predicted values, one panel per unit, with identity line.",
        f"Solid: identity. Dashed: two-fold. Open: compared with the fit, not fitted. {words}",
        story,
        ("data/residuals.csv",),
    )


def warnings_of(result: Fit) -> list[str]:
    """What a reader must know before using the estimates, one sentence each."""
    told = []
    for row in result.frame.to_dict("records"):
        value = f"{row['parameter']} = {row['value']:.4g} {row['unit']}".rstrip()
        if row["on_bound"]:
            why = f"sits on its {row['on_bound']} bound: the data do not identify it."
            told.append(f"{value} {why}")
        elif "not identified" in row["verdict"]:
            told.append(f"{value} is {row['verdict']}: {row['reason']}.")
    if len(result.searches) == 1:
        told.append("One search only: from elsewhere a better fit may be found.")
    failed = sum(not math.isfinite(search.objective) for search in result.searches)
    if failed:
        told.append(f"{failed} of {len(result.searches)} searches failed.")
    if not result.best.ok:
        told.append(f"The best search {result.best.status}: start more of them.")
    return told
