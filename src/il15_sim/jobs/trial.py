"""One virtual trial from file to results folder: patients, tables, an answer in words, figures."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from il15_sim._version import __version__
from il15_sim.check.kind_counts import summary
from il15_sim.files.record import ResultFolder, hash_inputs
from il15_sim.files.text import read_text
from il15_sim.jobs.folder import ABOUT, Finished, Progress, quiet, write_figures, write_json
from il15_sim.jobs.run_tables import parameters_csv
from il15_sim.jobs.sweep_tables import csv_of
from il15_sim.jobs.trial_answer import answer, answer_text
from il15_sim.jobs.trial_tables import plain, records, survival_table
from il15_sim.model import Model
from il15_sim.plots.trial_figures import trial_figures
from il15_sim.population.drawing import TABLES
from il15_sim.trial import (
    Hypothesis,
    Trial,
    TrialArm,
    arm_table,
    attainment,
    between_arms,
    claim_table,
    judged,
    power,
    read_trial,
    replicates,
    run_trial,
    survival_factors,
)
from il15_sim.trial.patients import check_trial
from il15_sim.trial.run import PATIENTS_AT_ONCE, kept_blocks


def stored_at(trial: Trial, out_root: str | Path, out: str | Path | None = None) -> Path:
    """Folder of followed patients: beside the results, where a stopped trial continues.

    It has a folder for everything in `inputs_of`, so that patients of one never get into another.
    """
    if out is None:
        return Path(out_root) / trial.name / "blocks"
    return Path(out).with_name(f"{Path(out).name}.blocks")


def inputs_of(trial: Trial, model: Model) -> dict[str, str]:
    """All that the numbers of a trial follow from, by name; the seed apart.

    The hash of a model covers its equations and values. Patients are drawn by the tables of its
    folder besides, and changed by its variants. A version of the package may follow them
    differently, so that blocks of another one are not taken.
    """
    changed: list[TrialArm | Hypothesis] = [*trial.arms, *trial.hypotheses]
    variants = sorted({name for one in changed for name in one.variants})
    files = [*TABLES, *(f"variants/{name}.tsv" for name in variants)]
    # What is run, not what the file says: a trial can be changed or made in memory.
    return {
        "trial": repr(replace(trial, source="")),
        "model": model.hash,
        "version": __version__,
        **{file: read_text(model.models_dir / file) for file in files},
    }


def run_virtual_trial(
    trial: Trial,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    out: str | Path | None = None,
    threads: int | None = None,
    models_dir: str | Path | None = None,
    patients_at_once: int = PATIENTS_AT_ONCE,
) -> Finished:
    """Follow the patients of a trial and write its results folder.

    The folder `out_root/<name>/<hash8>` holds `answer.md`, `summary.json`, the tables `patients`,
    `arms`, `between`, `survival`, `claim`, `replicates`, `power`, `factors`,
    `parameters`, and `targets` where it has some, under
    `data/`, the figures with their captions, the trial and `manifest.json`. It appears whole or not
    at all. Followed patients lie beside it (`stored_at`), block by block: the same call after
    Ctrl-C or a crash goes on from there.

    Parameters
    ----------
    trial : Trial
    out_root : path
        Folder of all results.
    progress : callable
        Told what is being done.
    out : path, optional
        Write exactly here instead.
    threads : int, optional
        Threads to simulate with; no number depends on them.
    models_dir : path, optional
        Another models folder than the packaged one.
    patients_at_once : int
        Patients of a block; no number depends on it.

    Returns
    -------
    Finished
        The results folder, with what a reader must know.

    Raises
    ------
    InputError
        For ids that the model does not have, and a place that cannot be written.
    """
    model = Model.load(models_dir=models_dir)
    check_trial(trial, model)
    inputs = inputs_of(trial, model)
    with ResultFolder.open(out_root, trial.name, inputs, trial.seed, out=out) as folder:
        place = stored_at(trial, out_root, out) / hash_inputs(inputs, trial.seed)[:16]
        kept, blocks = kept_blocks(trial, place, patients_at_once)
        if kept:
            progress(f"going on from {kept} of {blocks} blocks in {place}")
        how: dict[str, Any] = {"threads": threads, "patients_at_once": patients_at_once}
        patients = run_trial(trial, model, folder=place, progress=progress, **how)
        progress("comparing patients and trials")
        tables = _tables(patients, trial)
        verdicts = judged(tables["claim"], trial)
        noted = _warnings(patients)
        if trial.source:
            folder.write("trial.toml", _as_run(trial))
        for name, frame in {"patients": patients, **tables}.items():
            folder.write(f"data/{name}.csv", csv_of(frame))
        folder.write("data/parameters.csv", parameters_csv(model))
        sections = answer(trial, verdicts, tables, summary(model.parameters))
        folder.write("answer.md", answer_text(trial, sections, noted))
        told = [plain(asdict(verdict)) for verdict in verdicts]
        found = {"trial": _size(trial), "verdicts": told, "answer": sections, "warnings": noted}
        found |= {k: records(v) for k, v in tables.items() if k not in ("survival", "replicates")}
        write_json(folder, "summary.json", found)
        noted += write_figures(folder, [trial_figures(patients, trial, tables)], progress)
        about = {"name": trial.name, "title": trial.title, "kind": "trial"}
        about |= {"description": trial.description.strip()}
        write_json(folder, ABOUT, {**about, "answer": sections, "warnings": noted})
    return Finished(folder.path, warnings=tuple(noted))


def _tables(patients: pd.DataFrame, trial: Trial) -> dict[str, pd.DataFrame]:
    found = replicates(patients, trial)
    asked = {"targets": attainment(patients, trial)} if trial.targets else {}
    return asked | {
        "arms": arm_table(patients, trial),
        "between": between_arms(patients, trial),
        "survival": survival_table(patients, trial),
        "claim": claim_table(patients, trial),
        "replicates": found,
        "power": power(found),
        "factors": survival_factors(patients, trial),
    }


def _warnings(patients: pd.DataFrame) -> list[str]:
    noted = []
    if failed := int(patients["failed"].sum()):
        noted.append(f"{failed} of {len(patients)} simulations failed and are left out")
    if not patients["died"].any():
        noted.append("no patient died during follow-up: survival is not compared")
    return noted


def _size(trial: Trial) -> dict[str, Any]:
    keys = (
        *("name", "title", "patients", "trials", "seed", "same_patients"),
        *("marker", "landmark_day", "riser_fold", "treated", "control"),
    )
    arms = {arm.name: str(arm.regimen) for arm in trial.arms}
    return {key: getattr(trial, key) for key in keys} | {"arms": arms}


def _as_run(trial: Trial) -> bytes:
    """The file of a trial, with a first line where it was run with another size or seed."""
    file = Path(trial.source)
    text = file.read_bytes()
    read = read_trial(file)
    keys = ("trials", "patients", "seed")
    told = [f"{k} = {getattr(trial, k)}" for k in keys if getattr(trial, k) != getattr(read, k)]
    if not told:
        return text
    return f"# Run with other values than the file's: {', '.join(told)}\n".encode() + text
