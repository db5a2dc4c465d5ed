"""The tables of a results folder, as CSV text: plain numbers, one row per fact."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from il15_sim import endpoints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from il15_sim.model import Model
    from il15_sim.runs import Runs

    # Endpoint, observable, day, one value per run, unit.
    _Endpoint = tuple[str, str, str, NDArray[np.float64], str]

_EXPOSURE = {"sorafenib": "sorafenib_total_mg_per_L", "temozolomide": "temozolomide_mg_per_L"}
_DRUG_LEVELS = {*_EXPOSURE.values(), "sorafenib_free_nM"}
ENDPOINT_COLUMNS = ("run", "endpoint", "observable", "day", "value", "unit")


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def trajectories_csv(runs: Runs) -> str:
    """Columns `run,time_h,observable,value,unit`, as `Runs.to_frame` has them.

    Seven digits, which is more than the solver's tolerance gives.
    """
    # A scenario has some 100,000 rows: joining them by hand takes a fifth of what pandas takes.
    times = [f"{t:.10g}" for t in runs.times_h]
    tails = [(f",{_cell(o)},", f",{_cell(runs.units[o])}\n") for o in runs.observables]
    parts = ["run,time_h,observable,value,unit\n"]
    for index, name in enumerate(runs.names):
        head = f"{_cell(name)},"
        for time, row in zip(times, runs.values[index].tolist(), strict=True):
            for (before, after), value in zip(tails, row, strict=True):
                parts.append(f"{head}{time}{before}{value:.7g}{after}")
    return "".join(parts)


def _cell(text: str) -> str:
    """One CSV cell, quoted where it must be."""
    return _csv([text], []).rstrip("\n")


def endpoints_csv(runs: Runs) -> str:
    """Exposure on day 28, and baseline, level, change and fold of every observable on day 56.

    Levels are read before a dose. Where the horizon is shorter, its last whole day takes the place
    of day 56, and exposure is left out.
    """
    found: list[_Endpoint] = []
    days = float(runs.times_h[-1]) / 24.0
    if days >= 28.5:
        found += _exposure(runs, 28.0)
    day = min(56.0, float(int(days)))
    if day >= 1:
        for observable in runs.observables:
            if observable not in _DRUG_LEVELS:
                found += _response(runs, observable, day)
    rows = []
    for run, name in enumerate(runs.names):
        if runs.status[run] != "ok":
            rows.append((name, "failed", "", "", "", runs.status[run]))
            continue
        for endpoint, observable, at, values, unit in found:
            if math.isfinite(values[run]):
                rows.append((name, endpoint, observable, at, f"{values[run]:.6g}", unit))
    return _csv(ENDPOINT_COLUMNS, rows)


def _exposure(runs: Runs, day: float) -> Iterator[_Endpoint]:
    for drug, observable in _EXPOSURE.items():
        if observable not in runs.observables:
            continue
        unit, start, at = runs.units[observable], 24.0 * day, f"{day:g}"
        # A run that is not given the drug has no exposure to tell.
        given = np.array([any(d.drug == drug for d in r.doses()) for r in runs.regimens])
        area = endpoints.auc_0_12(runs, observable, day=day)
        peak = endpoints.cmax(runs, observable, start_h=start, end_h=start + 12.0)
        low = endpoints.trough(runs, observable, day=day)
        for name, values in (("AUC0-12", area), ("Cmax", peak), ("trough", low)):
            told = unit.replace("/", "*h/", 1) if name == "AUC0-12" else unit
            yield name, observable, at, np.where(given, values, np.nan), told


def _response(runs: Runs, observable: str, day: float) -> Iterator[_Endpoint]:
    unit, at = runs.units[observable], f"{day:g}"
    yield "baseline", observable, "0", endpoints.baseline(runs, observable), unit
    yield "level", observable, at, endpoints.trough(runs, observable, day=day), unit
    points = "percentage points" if unit in ("percent", "%") else unit
    yield "change", observable, at, endpoints.change(runs, observable, day=day), points
    yield "fold", observable, at, endpoints.fold(runs, observable, day=day), ""


def parameters_csv(model: Model) -> str:
    """Every parameter of the model with the value that was used, its unit, kind and source."""
    header = ("id", "name", "value", "unit", "kind", "source", "fact", "note")
    return _csv(
        header,
        (
            (p.id, p.name, repr(model.values[p.id]), p.unit, p.kind, p.source, p.fact, p.note)
            for p in model.parameters.parameters
        ),
    )


def arms_csv(runs: Runs) -> str:
    """Every arm with its regimen, what it changes in the model, and its status."""
    return _csv(
        ("run", "regimen", "changed_parameters", "status"),
        (
            (name, str(regimen), "; ".join(f"{k} = {v:g}" for k, v in changed.items()), status)
            for name, regimen, changed, status in zip(
                runs.names, runs.regimens, runs.overrides, runs.status, strict=True
            )
        ),
    )
