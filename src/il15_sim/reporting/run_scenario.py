"""One scenario from file to results folder: simulate the arms, read endpoints, draw, record."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from il15_sim.errors import unknown
from il15_sim.files.record import ResultFolder
from il15_sim.model import Model, variant_names
from il15_sim.plots.scenario_figures import scenario_figures
from il15_sim.reporting.run_tables import arms_csv, endpoints_csv, parameters_csv, trajectories_csv
from il15_sim.scenario import Scenario
from il15_sim.simulation import simulate

if TYPE_CHECKING:
    from il15_sim.plots.scenario_figures import Shown
    from il15_sim.results import Runs

#: Called with a word on what is being done; gives nothing back.
Progress = Callable[[str], None]

#: File of a results folder that says what it is.
ABOUT = "about.json"
CAPTIONS = "captions.json"
FORMATS = ("png", "svg")


def quiet(_: str) -> None:
    """A progress that says nothing."""


def scenario_runs(
    scenario: Scenario, *, models_dir: str | Path | None = None
) -> tuple[Model, Runs]:
    """Simulate every arm of a scenario on one time grid.

    An arm's variants and overrides come on top of the packaged model, and each arm starts from
    the steady state that belongs to it.

    Raises
    ------
    InputError
        For an id that the model does not have, with the file, the arm and the closest id.
    """
    model = Model.load(models_dir=models_dir)
    scenario.check(
        observables={*model.observables, *model.states},
        parameters=model.values,
        drugs={target.drug for target in model.drugs},
        variants=variant_names(model.models_dir),
    )
    overrides = []
    for arm in scenario.arms:
        patient = model
        for variant in arm.variants:
            patient = patient.with_variant(variant)
        patient = patient.with_values(arm.overrides)
        overrides.append({k: v for k, v in patient.values.items() if v != model.values[k]})
    runs = simulate(
        model,
        [arm.regimen for arm in scenario.arms],
        until_days=scenario.horizon_days,
        observables=scenario.observables or None,
        parameters=overrides,
        names=[arm.name for arm in scenario.arms],
    )
    return model, runs


def run_scenario(
    scenario: Scenario,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    out: str | Path | None = None,
    models_dir: str | Path | None = None,
) -> Path:
    """Simulate a scenario and write its results folder.

    The folder `out_root/<name>/<hash8>` holds `data/trajectories.csv` (tidy), `data/endpoints.csv`,
    `data/parameters.csv`, the figures with their captions, the scenario and `manifest.json`. It
    appears whole or not at all.

    Parameters
    ----------
    scenario : Scenario
    out_root : path
        Folder of all results.
    progress : callable
        Told what is being done.
    out : path, optional
        Write exactly here instead.
    models_dir : path, optional
        Another models folder than the packaged one.

    Returns
    -------
    Path
        The results folder.

    Raises
    ------
    InputError
        For ids that the model does not have, and for a place that cannot be written.
    """
    model = Model.load(models_dir=models_dir)
    # What was run, not what the file says: a scenario can be changed or made in memory.
    inputs = {"scenario": repr(replace(scenario, source="")), "model": model.hash} | {
        f"variant {name}": _variant_text(model, name)
        for name in sorted({v for arm in scenario.arms for v in arm.variants})
    }
    with ResultFolder.open(out_root, scenario.name, inputs, out=out) as folder:
        progress("simulating")
        model, runs = scenario_runs(scenario, models_dir=models_dir)
        progress("writing tables")
        if scenario.source:
            folder.write("scenario.toml", Path(scenario.source).read_bytes())
        about = {"name": scenario.name, "title": scenario.title}
        about |= {"kind": "scenario", "description": scenario.description.strip()}
        folder.write(ABOUT, json.dumps(about, indent=2, ensure_ascii=False) + "\n")
        folder.write("data/arms.csv", arms_csv(runs))
        folder.write("data/endpoints.csv", endpoints_csv(runs))
        folder.write("data/parameters.csv", parameters_csv(model))
        folder.write("data/trajectories.csv", trajectories_csv(runs))
        write_figures(folder, scenario_figures(runs, model), progress)
    return folder.path


def failed_arms(place: Path) -> list[str]:
    """What the results of a scenario say of arms that failed, a line each."""
    with (place / "data" / "arms.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return [f"arm '{row['run']}': {row['status']}" for row in rows if row["status"] != "ok"]


def write_figures(
    folder: ResultFolder, figures: Iterable[Shown], progress: Progress = quiet
) -> None:
    """Write figures in all formats, and their titles, captions and texts beside them."""
    from il15_sim import plots

    words = []
    for shown in figures:
        progress(f"drawing {shown.name}")
        for suffix in FORMATS:
            plots.save(shown.figure, folder.figures / f"{shown.name}.{suffix}")
        keys = ("name", "title", "alt", "caption", "story", "data")
        words.append({key: getattr(shown, key) for key in keys})
    text = json.dumps(words, indent=2, ensure_ascii=False)
    folder.write(f"figures/{CAPTIONS}", text + "\n")


def _variant_text(model: Model, name: str) -> str:
    path = model.models_dir / "variants" / f"{name}.tsv"
    if not path.is_file():
        raise unknown("variant", name, variant_names(model.models_dir))
    return path.read_text(encoding="utf-8")
