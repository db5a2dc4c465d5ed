"""One scenario from file to results folder: simulate the arms, read endpoints, draw, record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import unknown
from il15_sim.files.record import ResultFolder
from il15_sim.jobs.arm_values import arm_parameters, check_changes, variant_values, with_settings
from il15_sim.jobs.folder import ABOUT, Finished, Progress, quiet, write_figures, write_json
from il15_sim.jobs.run_tables import (
    arms_csv,
    endpoints_csv,
    headlines_csv,
    links_csv,
    parameters_csv,
    readings_csv,
    trajectories_csv,
)
from il15_sim.model import Model
from il15_sim.model.packaged import model_names
from il15_sim.plots.dish_figures import dish_figures
from il15_sim.plots.scenario_figures import scenario_figures
from il15_sim.scenario import Scenario
from il15_sim.simulation import simulate


def run_scenario(
    scenario: Scenario,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    settings: Mapping[str, float] | None = None,
    out: str | Path | None = None,
    models_dir: str | Path | None = None,
) -> Finished:
    """Simulate a scenario and write its results folder.

    The folder `out_root/<name>/<hash8>` holds `data/trajectories.csv` (tidy), `data/endpoints.csv`
    (of a dish `data/readings.csv`), `data/arms.csv`, `data/parameters.csv`, `data/headlines.csv`,
    `data/links.csv`, the figures with their captions, the scenario and `manifest.json`. It appears
    whole or not at all. Each arm starts from the steady state that belongs to its parameters.

    Parameters
    ----------
    scenario : Scenario
    out_root : path
        Folder of all results.
    progress : callable
        Told what is being done.
    settings : mapping, optional
        Values of parameters in all arms, whatever the scenario says; part of the results' hash.
    out : path, optional
        Write exactly here instead.
    models_dir : path, optional
        Another models folder than the packaged one.

    Returns
    -------
    Finished
        The results folder, the arms that failed, the figures that could not be drawn.

    Raises
    ------
    InputError
        For ids that the model does not have, with file, arm and the closest one, and for a place
        that cannot be written.
    """
    names = model_names(models_dir)
    if scenario.model not in names:
        raise unknown("model", scenario.model, names, scenario.source or scenario.name)
    model = Model.load(scenario.model, models_dir=models_dir)
    changed = with_settings(scenario, settings or {}, model)
    variants = variant_values(changed, model)
    check_changes(changed, model)
    patients = arm_parameters(changed, model, variants)
    # What was run, not what the file says: a scenario can be changed or made in memory.
    inputs = {"scenario": repr(replace(changed, source="")), "model": model.hash}
    inputs |= {f"variant {name}": repr(sorted(own.items())) for name, own in variants.items()}
    # The manifest tells names of inputs and hashes of their content: a setting is told as a name.
    inputs |= {f"set {id_} = {value!r}": "" for id_, value in sorted((settings or {}).items())}
    with ResultFolder.open(out_root, scenario.name, inputs, out=out) as folder:
        progress("simulating")
        runs = simulate(
            model,
            [arm.regimen for arm in scenario.arms],
            patients,
            names=[arm.name for arm in scenario.arms],
            until_days=scenario.horizon_days,
            times_h=_grid_h(scenario),
            sample="both" if scenario.times_min else "post",
            observables=scenario.observables or None,
            changes=[arm.changes for arm in scenario.arms],
        )
        progress("writing tables")
        if scenario.source:
            folder.write("scenario.toml", Path(scenario.source).read_bytes())
        folder.write("data/arms.csv", arms_csv(runs, scenario))
        folder.write("data/parameters.csv", parameters_csv(model))
        folder.write("data/headlines.csv", headlines_csv(model))
        folder.write("data/links.csv", links_csv(model))
        folder.write("data/trajectories.csv", trajectories_csv(runs))
        if scenario.times_min:
            folder.write("data/readings.csv", readings_csv(runs, scenario.times_min))
            drawn = dish_figures(runs, model, scenario)
        else:
            folder.write("data/endpoints.csv", endpoints_csv(runs))
            drawn = scenario_figures(runs, model)
        warnings = write_figures(folder, [drawn], progress)
        about = {"name": scenario.name, "title": scenario.title, "kind": "scenario"}
        about |= {"description": scenario.description.strip()}
        write_json(folder, ABOUT, {**about, "set": dict(settings or {}), "warnings": warnings})
    failures = runs.failures
    failed = zip(failures["run"], failures["status"], strict=True)
    return Finished(
        folder.path, tuple(f"arm '{run}': {status}" for run, status in failed), tuple(warnings)
    )


def _grid_h(scenario: Scenario) -> NDArray[np.float64] | None:
    """Times of a dish in hours: fine enough for its curves, its readings, its changes; or None."""
    if not scenario.times_min:
        return None
    end_h = scenario.times_min[-1] / 60
    given = [c.time_h for arm in scenario.arms for c in arm.changes]
    read = [t / 60 for t in scenario.times_min]
    return np.unique(np.round(np.concatenate([np.linspace(0.0, end_h, 121), read, given]), 9))
