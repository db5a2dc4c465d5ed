"""Exposure and response against dose: one point per run, each run at one dose level."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from il15_sim.endpoints import auc_0_12, change, cmax, fold
from il15_sim.errors import InputError
from il15_sim.model.observables import ObservableTable, read_observables
from il15_sim.plots.axes import add_legend, frame_y
from il15_sim.plots.doses import drugs_of
from il15_sim.plots.labels import change_unit, drug_name, name_of, unit_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.regimen import Regimen
    from il15_sim.results import Runs


def dose_level(regimen: Regimen, drug: str) -> tuple[float, str, float]:
    """Amount, unit and interval (h) of the one dose level of a drug; (0, "", 0) where not given.

    Raises
    ------
    InputError
        When the regimen changes the dose on the way: it has no place on a dose axis.
    """
    doses = [dose for dose in regimen.doses() if dose.drug == drug]
    if not doses:
        return 0.0, "", 0.0
    amounts = {(dose.amount, dose.unit) for dose in doses}
    if len(amounts) > 1:
        raise InputError(
            f"regimen '{regimen}' has {len(amounts)} dose levels of {drug}",
            why="a figure against dose needs one level per run",
        )
    gaps = [b.time_h - a.time_h for a, b in pairwise(doses)]
    amount, unit = amounts.pop()
    return amount, unit, min(gaps, default=0.0)


def ladder_drug(runs: Runs) -> str | None:
    """The drug in whose dose alone the runs differ: at least three levels at the same times."""
    if len({tuple(sorted(override.items())) for override in runs.overrides}) > 1:
        return None
    drugs = drugs_of(runs.regimens)
    for drug in drugs:
        others = {tuple(d for d in r.doses() if d.drug != drug) for r in runs.regimens}
        if len(others) == 1 and _levels_differ(runs, drug):
            return drug
    return None


def _levels_differ(runs: Runs, drug: str) -> bool:
    try:
        found = [dose_level(regimen, drug) for regimen in runs.regimens]
    except InputError:
        return False
    times = {tuple(d.time_h for d in r.doses() if d.drug == drug) for r in runs.regimens} - {()}
    units = {unit for _, unit, _ in found if unit}
    amounts = [amount for amount, _, _ in found]
    distinct = len(set(amounts)) == len(amounts)
    return len(times) == len(units) == 1 and distinct and sum(a > 0 for a in amounts) >= 3


def dose_exposure(
    runs: Runs, drug: str | None = None, *, day: float = 28.0, width_mm: float = 180.0
) -> Figure:
    """AUC over 12 h and Cmax on one day against dose, with the line of proportional exposure.

    Parameters
    ----------
    runs : Runs
        One run per dose level.
    drug : str, optional
        Drug whose dose is the x axis; by default the one in which the runs differ.
    day : float
        Day at which the 12 h begin (day 28: 672-684 h).

    Raises
    ------
    InputError
        When a run changes its dose, or ends before the day; for a drug of which no exposure is
        known.
    """
    drug = _drug_of(runs, drug)
    observable = read_observables().one_of_role(f"exposure:{drug}")
    if observable not in runs.observables:
        fix = f"simulate {observable}" if observable else "give one the role in observables.tsv"
        raise InputError(f"no observable of the exposure to {drug}", fix=fix)
    doses, order, label = _dose_axis(runs, drug)
    found = runs.endpoints(
        auc_0_12(observable, day=day), cmax(observable, days=(day, day + 0.5))
    ).to_numpy()[order]
    area, peak = found.T
    unit = unit_text(runs.units[observable])
    panels = (
        (area, f"AUC0–12 on day {day:g}\n({unit.replace('/', '·h/', 1)})"),
        (peak, f"Cmax on day {day:g}\n({unit})"),
    )
    from il15_sim.plots import figure as look

    with look.themed():
        figure = look.new_figure(width_mm, 62.0)
        for axes, (values, y_label) in zip(figure.subplots(1, 2), panels, strict=True):
            first = next(i for i, dose in enumerate(doses) if dose > 0)
            top = max(doses)
            line = axes.plot(
                [0, top], [0, values[first] / doses[first] * top], color=look.GREY, linestyle=":"
            )
            points = axes.plot(doses, values, color=look.colour(0), marker="o")
            _finish(axes, doses, label, y_label)
        line[0].set_label("in proportion to the lowest dose")
        points[0].set_label("simulated")
        add_legend(figure, [points[0], line[0]], width_mm)
    return figure


def dose_response(
    runs: Runs, drug: str | None = None, *, day: float = 56.0, width_mm: float = 180.0
) -> Figure:
    """Fold of IL-15Rα and of its complex, and rise of the CD4+NKG2D+ subset, against dose.

    Values on `day`, before a dose, are compared with the untreated start.

    Parameters
    ----------
    runs : Runs
        One run per dose level.
    drug : str, optional
        Drug whose dose is the x axis; by default the one in which the runs differ.
    day : float
        Day of the comparison.

    Raises
    ------
    InputError
        When a run changes its dose, or ends before the day.
    """
    from il15_sim.plots import figure as look

    doses, order, label = _dose_axis(runs, _drug_of(runs, drug))
    table = read_observables()
    folds: dict[str, list[tuple[str, str]]] = {}
    for o in table.of_role("response"):
        if o in runs.observables:
            row = table.observables[o]
            folds.setdefault(row.panel or row.label, []).append((o, row.curve or row.label))
    rises = [o for o in _subset(table) if o in runs.observables]
    if not folds and not rises:
        wanted = [*table.of_role("response"), *_subset(table)]
        raise InputError("no response to draw", fix=f"simulate {' or '.join(wanted[-2:])}")
    asked = [fold(o, day=day) for curves in folds.values() for o, _ in curves]
    found = runs.endpoints(asked, [change(o, day=day) for o in rises]).iloc[order]
    with look.themed():
        figure = look.new_figure(width_mm, 64.0)
        panels = list(figure.subplots(1, len(folds) + len(rises), squeeze=False)[0])
        for axes, (title, curves) in zip(panels, folds.items(), strict=False):
            for index, (observable, name) in enumerate(curves):
                values = found[fold(observable, day=day).name]
                axes.plot(doses, values, color=look.colour(index), marker="os"[index], label=name)
            axes.axhline(1.0, color=look.GREY, linewidth=0.6)
            _finish(axes, doses, "", f"{title} on day {day:g}\n(fold of baseline)")
            axes.legend(loc="best")
        for axes, observable in zip(panels[len(folds) :], rises, strict=True):
            values = found[change(observable, day=day).name]
            axes.plot(doses, values, color=look.colour(2), marker="D")
            axes.axhline(0.0, color=look.GREY, linewidth=0.6)
            unit = change_unit(runs.units[observable])
            _finish(axes, doses, "", f"Rise of {name_of(observable)}\nto day {day:g} ({unit})")
        figure.supxlabel(label, fontsize=7)
    return figure


def _subset(table: ObservableTable) -> list[str]:
    """Share and count of the cells that the model is about."""
    return [*table.of_role("subset_share"), *table.of_role("subset_count")]


def _drug_of(runs: Runs, drug: str | None) -> str:
    """The drug that was asked for, or the one in which the runs differ, or their first."""
    found = drug or ladder_drug(runs) or next(iter(drugs_of(runs.regimens)), None)
    if found is None:
        raise InputError("no run is given a drug", why="a figure against dose needs doses")
    return found


def _dose_axis(runs: Runs, drug: str) -> tuple[list[float], list[int], str]:
    """Doses in ascending order, the runs in that order (failed ones left out), and the label."""
    found = [dose_level(regimen, drug) for regimen in runs.regimens]
    order = [i for i in range(len(runs)) if runs.status[i] == "ok"]
    order.sort(key=lambda i: found[i][0])
    given = [found[i] for i in order if found[i][0] > 0]
    if not given:
        raise InputError(f"no run is given {drug}", why="a figure against dose needs doses")
    units = {(unit, interval) for _, unit, interval in given}
    if len(units) > 1:
        raise InputError(f"runs differ in unit or interval of {drug}", fix="draw them apart")
    unit, interval = units.pop()
    every = f" every {interval:g} h" if interval else ""
    label = f"Dose of {drug_name(drug)} ({unit_text(unit)}{every})"
    return [found[i][0] for i in order], order, label


def _finish(axes: Any, doses: Sequence[float], x_label: str, y_label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    frame_y(axes, headroom=0.12)
    axes.set_xlim(0.0, 1.05 * max(doses))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if x_label:
        axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
