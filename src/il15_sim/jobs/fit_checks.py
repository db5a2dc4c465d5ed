"""Profiles of a fit, and fits compared, from file to results folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from il15_sim.errors import InputError, unknown
from il15_sim.files.record import ResultFolder
from il15_sim.files.result_name import plain_name
from il15_sim.fit import Fit, ParameterProfile, Problem, run_fit
from il15_sim.fit.compare import compare_fits
from il15_sim.fit.leave_out import leave_one_out
from il15_sim.jobs.fit import fit_inputs, warnings_of
from il15_sim.jobs.folder import ABOUT, Finished, Progress, quiet, write_figures, write_json
from il15_sim.plots.fit_checks import comparison, profiles
from il15_sim.plots.scenario_figures import Shown

#: Profiles in one figure.
_PANELS = 9


def profile_to_folder(
    problem: Problem,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    parameters: Sequence[str] = (),
    out: str | Path | None = None,
    starts: int | None = None,
    threads: int | None = None,
) -> Finished:
    """Fit, and profile some unknowns or all: points and intervals as tables, a panel each.

    Raises
    ------
    InputError
        For a parameter that is not estimated.
    """
    ids = [u.id for u in problem.unknowns]
    for name in parameters:
        if name not in ids:
            raise unknown("estimated parameter", name, ids, "--parameter")
    chosen = list(dict.fromkeys(parameters)) or ids
    name = f"{problem.name}_profiles"
    inputs = {**fit_inputs(problem, starts=starts), "profiles": " ".join(chosen)}
    with ResultFolder.open(out_root, name, inputs, problem.seed, out=out) as folder:
        progress("searching")
        fit = run_fit(problem, starts=starts, threads=threads)
        folder.write("fit.json", fit.to_json())
        folder.write("data/estimates.csv", fit.frame.to_csv(index=False, lineterminator="\n"))
        found = []
        for k, parameter in enumerate(chosen):
            progress(f"profile {k + 1} of {len(chosen)}: {parameter}")
            found.append(fit.profile(parameter))
        _write_profiles(folder, found)
        told = [f"{one.parameter}: {flag}." for one in found for flag in one.flags]
        missing = write_figures(folder, [_profile_figures(found, fit)], progress)
        about = {"name": name, "title": f"Profiles: {problem.title or problem.name}", "kind": "fit"}
        about |= {"description": problem.description, "effort": inputs["effort"]}
        warnings = [*warnings_of(fit), *told, *missing]
        write_json(folder, ABOUT, {**about, "warnings": warnings})
    return Finished(folder.path, warnings=tuple(warnings))


def _write_profiles(folder: ResultFolder, found: Sequence[ParameterProfile]) -> None:
    points = [one.frame.assign(parameter=one.parameter) for one in found]
    columns = ["parameter", *found[0].frame.columns]
    table = pd.concat(points, ignore_index=True)[columns]
    folder.write("data/profile_points.csv", table.to_csv(index=False, lineterminator="\n"))
    rows = [
        (p.parameter, p.estimate, p.unit, p.lower95, p.upper95, "; ".join(p.flags)) for p in found
    ]
    columns = ["parameter", "estimate", "unit", "lower95", "upper95", "flags"]
    frame = pd.DataFrame(rows, columns=columns)
    folder.write("data/profiles.csv", frame.to_csv(index=False, lineterminator="\n"))


def _profile_figures(found: Sequence[ParameterProfile], fit: Fit) -> Iterator[Shown]:
    for k in range(0, len(found), _PANELS):
        part = found[k : k + _PANELS]
        name = "profiles" if len(found) <= _PANELS else f"profiles_{k // _PANELS + 1}"
        yield Shown(
            name,
            profiles(part),
            "Profile likelihoods",
            "Rise of minus two log likelihood as each parameter is moved from its estimate.",
            f"All other parameters are fitted again at each point. Dashed: {fit.threshold:.3g}, "
            "reached at the ends of a 95 % interval (upright lines). Open points did not "
            "converge. Research only.",
            (),
            ("data/profile_points.csv",),
        )


def compare_to_folder(
    problems: Sequence[Problem],
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    out: str | Path | None = None,
    starts: int | None = None,
    threads: int | None = None,
    left_out: bool = False,
) -> tuple[Finished, pd.DataFrame]:
    """Fit each problem and set them beside each other; with `left_out`, judge each study unseen.

    Raises
    ------
    InputError
        For fits of other rows, two of one name, and fewer than two.
    """
    if len(problems) < 2:
        raise InputError(f"{len(problems)} fit", why="two are needed to compare")
    name = plain_name("_or_".join(p.name for p in problems))[:64]
    inputs = {
        f"{p.name}: {key}": text
        for p in problems
        for key, text in fit_inputs(p, starts=starts).items()
    }
    inputs["left out"] = str(left_out)
    with ResultFolder.open(out_root, name, inputs, problems[0].seed, out=out) as folder:
        fits, unseen = [], []
        for problem in problems:
            progress(f"fitting {problem.name}")
            fit = run_fit(problem, starts=starts, threads=threads)
            folder.write(f"{problem.name}.json", fit.to_json())
            fits.append(fit)
        compare_fits(fits)
        if left_out:
            for fit in fits:
                progress(f"leaving out of {fit.problem.name}")
                unseen.append(leave_one_out(fit))
        table = compare_fits(fits, unseen)
        folder.write("data/comparison.csv", table.to_csv(index=False, lineterminator="\n"))
        if unseen:
            pairs = zip(fits, unseen, strict=True)
            both = pd.concat([frame.assign(fit=fit.problem.name) for fit, frame in pairs])
            folder.write("data/left_out.csv", both.to_csv(index=False, lineterminator="\n"))
        missing = write_figures(folder, [_comparison(table)], progress)
        told = [f"{f.problem.name}: {line}" for f in fits for line in warnings_of(f)]
        about = {"name": name, "title": "Comparison: " + ", ".join(p.name for p in problems)}
        about |= {"kind": "fit", "description": "", "effort": inputs["left out"]}
        write_json(folder, ABOUT, {**about, "warnings": [*told, *missing]})
        folder.write("comparison.json", json.dumps(table.to_dict("records"), indent=1) + "\n")
    return Finished(folder.path, warnings=tuple([*told, *missing])), table


def _comparison(table: pd.DataFrame) -> Iterator[Shown]:
    yield Shown(
        "comparison",
        comparison(table),
        "Fits compared",
        "Differences of the information criteria of each fit from the best.",
        "AIC and BIC above the best of each. Below 2 there is no difference; beyond the dashed "
        "line next to no support. Research only.",
        (),
        ("data/comparison.csv",),
    )
