"""Exposure and response against dose: one point per run, each run at one dose level."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from il15_sim.endpoints import auc_0_12, change, cmax, fold
from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend, frame_y
from il15_sim.plots.doses import drug_name
from il15_sim.plots.labels import change_unit, name_of, unit_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.regimen import Regimen
    from il15_sim.results import Runs

_EXPOSURE = {"sorafenib": "sorafenib_total_mg_per_L", "temozolomide": "temozolomide_mg_per_L"}
_FOLDS = (
    ("IL-15Rα", (("il15ra_monocyte", "monocyte"), ("il15ra_tumour", "tumour cell"))),
    (
        "IL-15:IL-15Rα",
        (("il15_complex_monocyte", "monocyte"), ("il15_complex_tumour", "tumour cell")),
    ),
)
_RISES = ("cd4_nkg2d_percent", "cd4_nkg2d_per_uL")


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


def is_dose_ladder(runs: Runs, drug: str = "sorafenib") -> bool:
    """True when the runs differ in the dose of `drug` only: at least three levels, one interval."""
    try:
        found = [dose_level(regimen, drug) for regimen in runs.regimens]
    except InputError:
        return False
    given = [level for level in found if level[0] > 0]
    same = len({(unit, interval) for _, unit, interval in given}) == 1
    distinct = len({amount for amount, _, _ in found}) == len(found)
    alike = len({tuple(sorted(override.items())) for override in runs.overrides}) <= 1
    return same and distinct and alike and len(given) >= 3


def dose_exposure(
    runs: Runs, drug: str = "sorafenib", *, day: float = 28.0, width_mm: float = 180.0
) -> Figure:
    """AUC over 12 h and Cmax on one day against dose, with the line of proportional exposure.

    Parameters
    ----------
    runs : Runs
        One run per dose level.
    drug : str
        Drug whose dose is the x axis.
    day : float
        Day at which the 12 h begin (day 28: 672-684 h).

    Raises
    ------
    InputError
        When a run changes its dose, or ends before the day.
    """
    observable = _EXPOSURE.get(drug, f"{drug}_mg_per_L")
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
    runs: Runs, drug: str = "sorafenib", *, day: float = 56.0, width_mm: float = 180.0
) -> Figure:
    """Fold of IL-15Rα and of its complex, and rise of the CD4+NKG2D+ subset, against dose.

    Values on `day`, before a dose, are compared with the untreated start.

    Parameters
    ----------
    runs : Runs
        One run per dose level.
    drug : str
        Drug whose dose is the x axis.
    day : float
        Day of the comparison.

    Raises
    ------
    InputError
        When a run changes its dose, or ends before the day.
    """
    from il15_sim.plots import figure as look

    doses, order, label = _dose_axis(runs, drug)
    folds = [
        (title, [(o, name) for o, name in curves if o in runs.observables])
        for title, curves in _FOLDS
    ]
    folds = [(title, curves) for title, curves in folds if curves]
    rises = [o for o in _RISES if o in runs.observables]
    if not folds and not rises:
        raise InputError("no response to draw", fix="simulate il15ra_monocyte or cd4_nkg2d_percent")
    asked = [fold(o, day=day) for _, curves in folds for o, _ in curves]
    found = runs.endpoints(asked, [change(o, day=day) for o in rises]).iloc[order]
    with look.themed():
        figure = look.new_figure(width_mm, 58.0)
        panels = list(figure.subplots(1, len(folds) + len(rises), squeeze=False)[0])
        for axes, (title, curves) in zip(panels, folds, strict=False):
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
