"""The main job: check, fit, run every packaged scenario, and tell it all in one HTML file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from il15_sim import check
from il15_sim.errors import InputError
from il15_sim.files.record import MANIFEST, ResultFolder, hash_inputs
from il15_sim.files.resources import experiments_dir, shipped
from il15_sim.files.resources import models_dir as packaged_models_dir
from il15_sim.fit.problem import FitProblem
from il15_sim.model import Model
from il15_sim.reporting.behaviours import behaviour_section
from il15_sim.reporting.fit_folder import fit_inputs, fit_to_folder
from il15_sim.reporting.report import REPORT, report_html
from il15_sim.reporting.report_data import read_result
from il15_sim.reporting.run_scenario import Progress, quiet, run_scenario
from il15_sim.scenario import Scenario

FITS = ("sorafenib_pk",)
#: What `--quick` runs, and until which day: enough for every kind of figure.
QUICK = {"sorafenib_tmz": 57.0, "dose_ladder": 57.0, "knockouts": 56.0}


def reproduce_all(
    out: str | Path,
    progress: Progress = quiet,
    *,
    quick: bool = False,
    models_dir: str | Path | None = None,
    workers: int = 2,
) -> Path:
    """Check the models, run the fits and the packaged scenarios, and write the report.

    Every result has a folder of its own below `out` and stands as soon as it is complete; a fit
    that stands there already, made from the same inputs, is not run again.

    Parameters
    ----------
    out : path
        Folder of all results.
    progress : callable
        Told what is being done.
    quick : bool
        A short search instead of the fits and some scenarios only, in under a minute.
    models_dir : path, optional
        Another models folder than the packaged one.
    workers : int
        Processes for the fits.

    Returns
    -------
    Path
        The report.
    """
    folder = Path(models_dir) if models_dir is not None else packaged_models_dir()
    progress("checking the models")
    findings = check.run_checks(folder, experiments_dir())
    # Without readable tables nothing below means anything.
    for finding in findings:
        if finding.check == "read":
            raise InputError(finding.message, where=finding.where)
    places = []
    for name in FITS:
        problem = FitProblem.read(shipped("fits")[name], models_dir=models_dir)
        places.append(_fit(problem, Path(out), _prefixed(progress, name), quick, workers))
    for name, path in shipped("doses").items():
        if quick and name not in QUICK:
            continue
        scenario = Scenario.read(path)
        if quick:
            days = min(QUICK[name], scenario.horizon_days)
            scenario = replace(scenario, horizon_days=days)
        told = _prefixed(progress, name)
        places.append(run_scenario(scenario, out, told, models_dir=models_dir))
    progress("judging the behaviours")
    behaviours = behaviour_section(Model.load(models_dir=folder))
    progress("writing the report")
    results = [read_result(place) for place in places]
    hashes = {f"{r.kind} {r.name}": str(r.manifest["hash"]) for r in results}
    name = "reproduce-quick" if quick else "reproduce"
    title = "il15-sim: packaged scenarios" + (" (quick check)" if quick else "")
    # Where the folder lies on this machine is nobody's business, and must not change the hash.
    lines = [str(finding).replace(str(folder), "models") for finding in findings]
    inputs = {
        **hashes,
        "checks": json.dumps(lines),
        "behaviours": json.dumps(behaviours["verdicts"], ensure_ascii=False),
    }
    with ResultFolder.open(out, name, inputs) as written:
        html = report_html(
            results,
            title=title,
            place=written.path,
            checks={"findings": lines},
            behaviours=behaviours,
        )
        written.write(REPORT, html)
    return written.path / REPORT


def _fit(problem: FitProblem, out: Path, progress: Progress, quick: bool, workers: int) -> Path:
    """The results folder of a fit: the one that stands already, or a new one."""
    hash_ = hash_inputs(fit_inputs(problem, quick=quick), problem.seed)
    place = out / problem.name / hash_[:8]
    if (place / MANIFEST).is_file() and not read_result(place).changed:
        return place
    path, _ = fit_to_folder(problem, out, progress, quick=quick, workers=workers)
    return path


def _prefixed(progress: Progress, name: str) -> Progress:
    return lambda words: progress(f"{name}: {words}")
