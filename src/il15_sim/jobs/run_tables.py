"""The tables of a results folder, as CSV text: plain numbers, one row per fact."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from il15_sim.check.headline_counts import headline_kinds
from il15_sim.endpoints import auc_0_12, baseline, change, cmax, fold, trough
from il15_sim.files.csv_text import csv_text
from il15_sim.model.links import LINK_COLUMNS, LINKS, read_links
from il15_sim.model.observables import read_observables
from il15_sim.model.parameters import KINDS
from il15_sim.plots.panels import course
from il15_sim.results.endpoint import Endpoint

if TYPE_CHECKING:
    from il15_sim.model import Model
    from il15_sim.results import Runs
    from il15_sim.scenario import Scenario

    # Name, observable, day, endpoint, unit.
    _Asked = tuple[str, str, str, Endpoint, str]

ENDPOINT_COLUMNS = ("run", "endpoint", "observable", "day", "value", "unit", "floor")
#: Below this share of the largest value of an observable in any run, a level is no number but what
#: the solver leaves of a drug that is gone.
FLOOR = 1e-6


def trajectories_csv(runs: Runs) -> str:
    """Columns `run,time_h,sample,observable,value,unit`, as `Runs.to_frame` has them.

    Seven digits, which is more than the solver's tolerance gives.
    """
    # A scenario has some 100,000 rows: joining them by hand takes a fifth of what pandas takes.
    pairs = zip(runs.times_h.tolist(), runs.sample.tolist(), strict=True)
    times = [f"{time:.10g},{sample}" for time, sample in pairs]
    tails = [(f",{_cell(o)},", f",{_cell(runs.units[o])}\n") for o in runs.observables]
    parts = ["run,time_h,sample,observable,value,unit\n"]
    for index, name in enumerate(runs.names):
        head = f"{_cell(str(name))},"
        values = np.stack([course(runs, index, o) for o in runs.observables], axis=1)
        for time, row in zip(times, values.tolist(), strict=True):
            for (before, after), value in zip(tails, row, strict=True):
                parts.append(f"{head}{time}{before}{value:.7g}{after}")
    return "".join(parts)


def _cell(text: str) -> str:
    """One CSV cell, quoted where it must be."""
    return csv_text([[text]]).rstrip("\n")


def endpoints_csv(runs: Runs) -> str:
    """Exposure on day 28, and baseline, level, change and fold of every observable on day 56.

    Levels are read before a dose. Where the horizon is shorter, its last whole day takes the place
    of day 56, and exposure is left out. A value whose size is below its `floor` is not told from
    nothing: the floor is a millionth of the largest value of the observable in any run.
    """
    table = read_observables()
    drug_of = {o.id: o.drug for o in table.observables.values() if o.drug}
    floors = {o: FLOOR * _peak(runs, o) for o in runs.observables}
    asked: list[_Asked] = []
    days = float(runs.times_h[-1]) / 24.0
    if days >= 28.5:
        exposures = [table.one_of_role(f"exposure:{drug}") for drug in table.drugs]
        asked += _exposure(runs, exposures, 28.0)
    day = min(56.0, float(int(days)))
    if day >= 1:
        for observable in runs.observables:
            if observable not in drug_of:
                asked += _response(runs, observable, day)
    found = runs.endpoints([e for _, _, _, e, _ in asked]) if asked else None
    rows: list[tuple[object, ...]] = []
    for run, name in enumerate(runs.names):
        if runs.status[run] != "ok":
            rows.append((name, "failed", "", "", "", runs.status[run], ""))
            continue
        given = runs.regimens[run].drugs
        for endpoint, observable, at, one, unit in asked:
            # A run that is not given the drug has no exposure to tell.
            if observable in drug_of and drug_of[observable] not in given:
                continue
            value = float(found[one.name].iloc[run])  # type: ignore[index]
            floor = floors[observable]
            if endpoint == "fold":
                # A fold of nothing says nothing.
                start = float(found[baseline(observable).name].iloc[run])  # type: ignore[index]
                value, floor = (value if abs(start) >= floor else math.nan), 0.0
            elif endpoint == "AUC0-12":
                floor *= 12.0
            if math.isfinite(value):
                least = f"{floor:.1g}" if floor else ""
                rows.append((name, endpoint, observable, at, f"{value:.6g}", unit, least))
    return csv_text([ENDPOINT_COLUMNS, *rows])


def _peak(runs: Runs, observable: str) -> float:
    """Largest size of an observable in any run."""
    values = np.abs(np.asarray(runs.data[observable].values, dtype=np.float64))
    return float(np.nanmax(values, initial=0.0))


def _exposure(runs: Runs, exposures: Iterable[str], day: float) -> Iterator[_Asked]:
    for observable in exposures:
        if observable not in runs.observables:
            continue
        unit, at = runs.units[observable], f"{day:g}"
        peak = cmax(observable, days=(day, day + 0.5))
        area = unit.replace("/", "*h/", 1)
        yield "AUC0-12", observable, at, auc_0_12(observable, day=day), area
        yield "Cmax", observable, at, peak, unit
        yield "trough", observable, at, trough(observable, day=day), unit


def _response(runs: Runs, observable: str, day: float) -> Iterator[_Asked]:
    unit, at = runs.units[observable], f"{day:g}"
    yield "baseline", observable, "0", baseline(observable), unit
    yield "level", observable, at, trough(observable, day=day), unit
    points = "percentage points" if unit in ("percent", "%") else unit
    yield "change", observable, at, change(observable, day=day), points
    yield "fold", observable, at, fold(observable, day=day), ""


def parameters_csv(model: Model) -> str:
    """Every parameter of the model with the value that was used, its unit, kind and source."""
    header = ("id", "name", "value", "unit", "kind", "source", "fact", "note")
    rows = (
        (p.id, p.name, repr(p.value), p.unit, p.kind, p.source, p.fact, p.note)
        for p in model.parameters.parameters
    )
    return csv_text([header, *rows])


def headlines_csv(model: Model) -> str:
    """How many parameters of each kind lie upstream of each headline that the model has."""
    rows = ((name, *counts.values()) for name, counts in headline_kinds(model).items())
    return csv_text([("observable", *KINDS), *rows])


def links_csv(model: Model) -> str:
    """What each link that the model has rests on; of the patient that is every link."""
    found = read_links(model.models_dir) if (model.models_dir / LINKS).is_file() else ()
    own = [link for link in found if model.name in ("patient", *link.modules)]
    return csv_text([LINK_COLUMNS, *(tuple(link.cells().values()) for link in own)])


def arms_csv(runs: Runs, scenario: Scenario) -> str:
    """Every arm with its regimen, what it changes in the model (and when), and its status."""
    header = ("run", "regimen", "changed_parameters", "changes", "status")
    changed = ("; ".join(f"{k} = {v:g}" for k, v in one.items()) for one in runs.overrides)
    changes = ["; ".join(map(str, arm.changes)) for arm in scenario.arms]
    rows = zip(runs.names, map(str, runs.regimens), changed, changes, runs.status, strict=True)
    # Patients get doses alone.
    kept = [i for i, name in enumerate(header) if name != "changes" or any(changes)]
    return csv_text([[row[i] for i in kept] for row in (header, *rows)])


def readings_csv(runs: Runs, times_min: Iterable[float]) -> str:
    """What is read of a dish, one row per arm, time and observable.

    At the time of a change it is the value after it.
    """
    rows: list[tuple[object, ...]] = [("run", "time_min", "observable", "value", "unit")]
    for minute in times_min:
        at = int(np.flatnonzero(np.isclose(runs.times_h, minute / 60, atol=1e-8))[-1])
        for run, name in enumerate(runs.names):
            for observable in runs.observables:
                value = course(runs, run, observable)[at]
                if math.isfinite(value):
                    told = f"{value:.6g}"
                    rows.append((name, f"{minute:g}", observable, told, runs.units[observable]))
    return csv_text(rows)
