"""One sweep from file to results folder: screen, quantify, tables, an answer in words, figures."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from il15_sim.files.record import ResultFolder
from il15_sim.jobs.folder import ABOUT, Finished, Progress, quiet, write_figures, write_json
from il15_sim.jobs.run_tables import parameters_csv
from il15_sim.jobs.sweep_answer import answer, answer_text, too_few
from il15_sim.jobs.sweep_tables import (
    csv_of,
    factor_table,
    halves,
    labels_of,
    stages_together,
    units_of,
)
from il15_sim.model import Model
from il15_sim.plots.sweep_figures import course_figures, sweep_figures
from il15_sim.sensitivity import Indices, convergence, design, sensitivity
from il15_sim.sensitivity.factor import Factor
from il15_sim.sensitivity.sampling import Design
from il15_sim.sensitivity.screening import survivors
from il15_sim.sensitivity.sweep import Sweep
from il15_sim.sensitivity.sweep_endpoints import Asked, Course
from il15_sim.sensitivity.sweep_file import read_sweep


def stored_at(sweep: Sweep, out_root: str | Path, out: str | Path | None = None) -> Path:
    """Folder of the simulations of a sweep: beside its results, where a stopped one continues."""
    if out is None:
        return Path(out_root) / sweep.name / "ensembles"
    return Path(out).with_name(f"{Path(out).name}.ensembles")


def run_sweep(
    sweep: Sweep,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    out: str | Path | None = None,
    threads: int | None = None,
    scheduler: object = None,
    models_dir: str | Path | None = None,
) -> Finished:
    """Run a sweep and write its results folder.

    The folder `out_root/<name>/<hash8>` holds `answer.md`, `indices.json`, the tables `indices`,
    `failures`, `factors`, `convergence` and `halves` under `data/`, the figures with their
    captions, the sweep and `manifest.json`. It appears whole or not at all. The simulations lie
    beside it (`stored_at`): the same call after Ctrl-C or a crash goes on from there.

    Parameters
    ----------
    sweep : Sweep
    out_root : path
        Folder of all results.
    progress : callable
        Told what is being done.
    out : path, optional
        Write exactly here instead.
    threads : int, optional
        Threads to simulate with; no number depends on them.
    scheduler : str or distributed.Client, optional
        Dask cluster to simulate on, as in `simulate`.
    models_dir : path, optional
        Another models folder than the packaged one.

    Returns
    -------
    Finished
        The results folder, with what a reader must know.

    Raises
    ------
    InputError
        For ids that the model does not have, factors that cannot be varied, failed simulations
        where the sweep refuses them, and a place that cannot be written.
    """
    model = Model.load(sweep.model, models_dir=models_dir)
    sweep.check(model)
    factors = sweep.factors(model)
    # What was run, not what the file says: a sweep can be changed or made in memory.
    inputs = {"sweep": repr(replace(sweep, source="")), "model": model.hash}
    with ResultFolder.open(out_root, sweep.name, inputs, sweep.seed, out=out) as folder:
        place = stored_at(sweep, out_root, out)
        how = {"folder": place, "threads": threads, "scheduler": scheduler}
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", UserWarning)
            screen, quantify = _stages(sweep, model, factors, progress, how)
        noted = list(dict.fromkeys(str(one.message) for one in told))
        progress("writing tables")
        last = quantify or screen
        assert last is not None
        grown = convergence(last)
        labels = labels_of(sweep, model)
        if sweep.source:
            folder.write("sweep.toml", _as_run(sweep))
        both = {"screen": screen, "quantify": quantify}
        found = {k: json.loads(v.to_json()) for k, v in both.items() if v is not None}
        write_json(folder, "indices.json", found)
        tables = {
            "indices": stages_together(both, "frame"),
            "failures": stages_together(both, "failures"),
            "factors": factor_table(factors, model, screen, quantify),
            "convergence": grown,
            "halves": halves(grown),
        }
        for name, frame in tables.items():
            folder.write(f"data/{name}.csv", csv_of(frame))
        folder.write("data/parameters.csv", parameters_csv(model))
        sections = answer(sweep, labels, screen, quantify, grown, units_of(sweep, model))
        noted += too_few(grown)
        folder.write("answer.md", answer_text(sweep, sweep.regimen, sections, noted))
        outputs = [asked.output for asked in sweep.endpoints]
        groups = [sweep_figures(one, screen, quantify, grown, labels) for one in outputs]
        if quantify is not None:
            groups.append(course_figures([c.output for c in sweep.courses], quantify, labels))
        noted += write_figures(folder, groups, progress)
        about = {"name": sweep.name, "title": sweep.title, "kind": "sweep"}
        about |= {"description": sweep.description.strip()}
        write_json(folder, ABOUT, {**about, "answer": sections, "warnings": noted})
    return Finished(folder.path, warnings=tuple(noted))


def _as_run(sweep: Sweep) -> bytes:
    """The file of a sweep, with a first line where it was run with another size or seed."""
    file = Path(sweep.source)
    text = file.read_bytes()
    if read_sweep(file) == sweep:
        return text
    told = [f"seed = {sweep.seed}"]
    if sweep.screen is not None:
        told.append(f"[screen] trajectories = {sweep.screen.trajectories}")
    if sweep.quantify is not None:
        told.append(f"[quantify] n = {sweep.quantify.n}")
    return f"# Run with other values than the file's: {', '.join(told)}\n".encode() + text


def _stages(
    sweep: Sweep,
    model: Model,
    factors: tuple[Factor, ...],
    progress: Progress,
    how: Mapping[str, Any],
) -> tuple[Indices | None, Indices | None]:
    """Indices of both stages, as far as they are asked for; `how` goes to `simulate`."""

    def looked_at(made: Design, what: str, courses: tuple[Course, ...] = ()) -> Indices:
        runs = len(made) * (1 if sweep.against is None else 2)
        asked: dict[str, Asked | Course] = {a.endpoint.name: a for a in sweep.endpoints}
        asked |= {course.observable: course for course in courses}
        times: dict[str, Any] = {}
        if courses:
            days = sorted({day for course in courses for day in course.days})
            times = {"observables": [c.observable for c in courses]}
            times["times_h"] = [24.0 * day for day in days]
        progress(f"{what} {len(made.labels)} parameters: {runs} simulations")
        return sensitivity(
            model,
            sweep.regimen,
            made,
            endpoints=[asked.endpoint for asked in sweep.endpoints],
            against=sweep.against,
            contrast={name: one.compare for name, one in asked.items() if one.compare},
            logarithms=[name for name, one in asked.items() if one.scale == "log"],
            **times,
            failures=sweep.failures,
            until_days=sweep.horizon_days,
            **how,
        )

    screen = quantify = None
    if sweep.screen is not None:
        n = sweep.screen.trajectories
        screen = looked_at(design(factors, "morris", n, seed=sweep.seed), "screening")
        kept = survivors(screen, sweep.screen.keep)
        factors = tuple(f for f in factors if (f.group or f.name) in kept)
    if sweep.quantify is not None:
        n, pairs = sweep.quantify.n, sweep.quantify.second_order
        made = design(factors, "sobol", n, seed=sweep.seed, second_order=pairs)
        quantify = looked_at(made, "quantifying", sweep.courses)
    return screen, quantify
