"""The main job: check the models, run the fits and every packaged scenario."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from il15_sim import check
from il15_sim.errors import InputError
from il15_sim.files.record import hash_inputs
from il15_sim.files.resources import experiments_dir, shipped
from il15_sim.files.resources import models_dir as packaged_models_dir
from il15_sim.fit import Problem, read_fit
from il15_sim.jobs.fit import fit_inputs, fit_to_folder
from il15_sim.jobs.folder import Finished, Progress, quiet, stands
from il15_sim.jobs.run import run_scenario
from il15_sim.scenario import Scenario

FITS = ("sorafenib_pk",)
#: The scenario that leads the report: what the trial gave.
FIRST = "romero_trial"
#: What `--quick` runs, and until which day: enough for every kind of figure.
QUICK = {FIRST: 57.0, "dose_ladder": 57.0, "knockouts": 56.0}


@dataclass(frozen=True)
class Reproduced:
    """What the main job left behind.

    `findings` are the lines of the checks; `finished` tells every results folder by the name of its
    fit or scenario, in the order in which they were made.
    """

    findings: tuple[str, ...]
    finished: dict[str, Finished]


def reproduce_all(
    out: str | Path,
    progress: Progress = quiet,
    *,
    quick: bool = False,
    models_dir: str | Path | None = None,
) -> Reproduced:
    """Check the models, run the fits and the packaged scenarios.

    Every result has a folder of its own below `out` and stands as soon as it is complete; a fit
    that stands there already, made from the same inputs, is not run again.

    Parameters
    ----------
    out : path
        Folder of all results.
    progress : callable
        Told what is being done.
    quick : bool
        One search for each fit, and some scenarios only, in under a minute.
    models_dir : path, optional
        Another models folder than the packaged one.
    Raises
    ------
    InputError
        For tables that do not read; nothing is written then.
    """
    folder = Path(models_dir) if models_dir is not None else packaged_models_dir()
    progress("checking the models")
    findings = check.run_checks(folder, experiments_dir())
    # Without readable tables nothing below means anything.
    for finding in findings:
        if finding.check == "read":
            raise InputError(finding.message, where=finding.where)
    finished = {}
    for name in FITS:
        problem = read_fit(shipped("fits")[name], models_dir=models_dir)
        finished[name] = _fit(problem, Path(out), _prefixed(progress, name), quick)
    scenarios = shipped("doses")
    for name in sorted(scenarios, key=lambda name: name != FIRST):
        if quick and name not in QUICK:
            continue
        scenario = Scenario.read(scenarios[name])
        if quick:
            days = min(QUICK[name], scenario.horizon_days)
            scenario = replace(scenario, horizon_days=days)
        told = _prefixed(progress, name)
        finished[name] = run_scenario(scenario, out, told, models_dir=models_dir)
    # Where the folder lies on this machine is nobody's business, and must not change a hash.
    lines = tuple(str(finding).replace(str(folder), "models") for finding in findings)
    return Reproduced(lines, finished)


def _fit(problem: Problem, out: Path, progress: Progress, quick: bool) -> Finished:
    """The results of a fit: those that stand already, or new ones."""
    starts = 1 if quick else None
    hash_ = hash_inputs(fit_inputs(problem, starts=starts), problem.seed)
    place = out / problem.name / hash_[:8]
    if stands(place):
        return Finished(place)
    return fit_to_folder(problem, out, progress, starts=starts)[0]


def _prefixed(progress: Progress, name: str) -> Progress:
    return lambda words: progress(f"{name}: {words}")
