"""One map of doses and schedules from file to results folder: table, answer in words, figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from il15_sim.files.record import ResultFolder
from il15_sim.jobs.folder import ABOUT, Finished, Progress, quiet, write_figures, write_json
from il15_sim.jobs.map_answer import answer
from il15_sim.jobs.run_tables import parameters_csv
from il15_sim.jobs.sweep_answer import answer_text
from il15_sim.jobs.sweep_tables import csv_of
from il15_sim.model import Model
from il15_sim.plots.map_figures import map_figures
from il15_sim.results.shown import OK
from il15_sim.sensitivity.map_file import DoseMap, shown_name
from il15_sim.simulation import simulate
from il15_sim.simulation.dose_axes import dose_sweep


def run_map(
    asked: DoseMap,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    out: str | Path | None = None,
    threads: int | None = None,
    scheduler: object = None,
    models_dir: str | Path | None = None,
) -> Finished:
    """Simulate a map and write its results folder.

    The folder `out_root/<name>/<hash8>` holds `answer.md`, `data/map.csv` (a row per combination:
    the axes, the regimen, the endpoints, how the run ended), one figure per endpoint with its
    caption, the file of the map and `manifest.json`. It appears whole or not at all.

    Parameters
    ----------
    asked : DoseMap
    out_root, progress, out, threads, scheduler, models_dir
        As in `run_sweep`.

    Raises
    ------
    InputError
        For ids that the model does not have, where no run gives a number, and for a place that
        cannot be written.
    """
    model = Model.load(asked.model, models_dir=models_dir)
    asked.check(model)
    inputs = {"map": repr(replace(asked, source="")), "model": model.hash}
    with ResultFolder.open(out_root, asked.name, inputs, None, out=out) as folder:
        progress(f"{np.prod([len(v) for v in asked.axes.values()])} regimens")
        found = simulated(asked, model, threads=threads, scheduler=scheduler)
        if asked.source:
            folder.write("sweep.toml", Path(asked.source).read_bytes())
        table = found.to_dataframe(dim_order=list(asked.axes)).reset_index()
        outputs = [name for name, v in found.data_vars.items() if "units" in v.attrs]
        folder.write("data/map.csv", csv_of(table[[*asked.axes, "regimen", *outputs, "status"]]))
        folder.write("data/parameters.csv", parameters_csv(model))
        sections = answer(asked, found)
        folder.write("answer.md", answer_text(asked, asked.template, sections))
        failed = int((found["status"] != OK).sum())
        count = found["status"].size
        warnings = [f"{failed} of {count} runs failed: map.csv says why"] if failed else []
        warnings += write_figures(folder, [map_figures(asked, found)], progress)
        about = {"name": asked.name, "title": asked.title, "kind": "sweep"}
        about |= {"description": asked.description.strip()}
        write_json(folder, ABOUT, {**about, "answer": sections, "warnings": warnings})
    return Finished(folder.path, warnings=tuple(warnings))


def simulated(
    asked: DoseMap, model: Model, *, threads: int | None = None, scheduler: object = None
) -> xr.Dataset:
    """The endpoints of a map, compared where it says so: as `dose_sweep`, by output name."""
    ends = [one.endpoint for one in asked.endpoints]
    how: dict[str, Any] = {
        "until_days": asked.horizon_days,
        "threads": threads,
        "scheduler": scheduler,
    }
    found = dose_sweep(model, asked.template, asked.axes, ends, **how)
    other = None
    if asked.against is not None:
        other = simulate(model, asked.against, endpoints=ends, **how)
    for one in asked.endpoints:
        name = one.endpoint.name
        if not one.compare:
            continue
        assert other is not None
        level = float(other[name].values[0])
        values, units = found[name], found[name].attrs["units"]
        if one.compare == "difference":
            found[name] = (values - level).assign_attrs(units=units)
        else:
            ratio = values / level if level > 0 else values * np.nan
            found[name] = ratio.assign_attrs(units="dimensionless")
        found = found.rename({name: shown_name(one)})
    return found
