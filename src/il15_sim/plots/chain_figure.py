"""The whole chain of one run, from free drug to tumour burden, one panel per step."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError
from il15_sim.model.observables import Observable, read_observables
from il15_sim.plots import doses as dose_marks
from il15_sim.plots.axes import add_legend, day_axis, frame_y, frame_y_log
from il15_sim.plots.dose_figures import ladder_drug
from il15_sim.plots.labels import unit_text
from il15_sim.plots.panels import check_courses, course, good_runs
from il15_sim.regimen.expand import Course

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.regimen import Regimen
    from il15_sim.results import Runs

_COLUMNS = 3
_PANEL_MM = 29.0
# Two curves further apart than this share no linear axis.
_LOG_FROM = 12.0


def chain_steps(runs: Runs) -> list[tuple[str, list[Observable]]]:
    """Panels that `chain` draws of these runs, with their curves.

    They stand in `models/observables.tsv`; the level of a drug that no run is given is left out.
    """
    given = dose_marks.drugs_of(runs.regimens)
    found = []
    for heading, curves in read_observables().panels().items():
        here = [o for o in curves if o.id in runs.observables]
        here = [o for o in here if not o.drug or o.drug in given]
        if here:
            found.append((heading, here))
    return found


def leading_arm(runs: Runs) -> int | None:
    """Position of the arm that a scenario is about; None where all failed.

    An arm whose dosing is interrupted or changed comes first, then one with doses missed, then one
    with most drugs; of equals the first, and of a ladder of doses the middle one.
    """
    good = good_runs(runs)

    def rank(i: int) -> tuple[bool, bool, int]:
        changed, missed = _changes(runs.regimens[i])
        return changed, missed, len(dose_marks.drugs_of([runs.regimens[i]]))

    ranks = [rank(i) for i in good]
    best = [i for i, one in zip(good, ranks, strict=True) if one == max(ranks)]
    if not best:
        return None
    return best[len(best) // 2] if ladder_drug(runs) else best[0]


def _changes(regimen: Regimen) -> tuple[bool, bool]:
    """Whether a regimen pauses or changes a dose, and whether doses are missed or late."""
    courses = [track for track in regimen.tracks if isinstance(track, Course)]
    changed = any(c.holds or c.reductions or len(c.phases) > 1 for c in courses)
    return changed, any(bool(c.skips or c.lates) for c in courses)


def chain(runs: Runs, run: Hashable | None = None) -> Figure:
    """Every step of the chain in one run, on one time axis, doses marked above.

    A y axis starts at zero unless the data span less than a fifth of their level.

    Parameters
    ----------
    runs : Runs
    run : str or int, optional
        Name or position of the run; by default the arm whose dosing is interrupted or changed, or
        else the one with most drugs.

    Returns
    -------
    matplotlib Figure
        180 mm wide. Steps whose observables the runs do not hold are left out, and levels of a
        drug that is not given.

    Raises
    ------
    InputError
        For an unknown run, one that failed, and runs without a step of the chain.
    """
    from il15_sim.plots import figure as look

    check_courses(runs)
    leading = 0 if run is None else runs.run_index(run)
    if run is None:
        leading = leading_arm(runs) or 0
    one = runs.select(runs.names[leading])
    if one.status[0] != "ok":
        raise InputError(f"run '{one.names[0]}' failed", why=one.status[0])
    steps = chain_steps(one)
    if not steps:
        raise InputError(
            "no step of the chain to draw", fix="simulate the observables of the chain"
        )
    horizon = float(one.times_h[-1]) / 24.0
    drugs = dose_marks.drugs_of(one.regimens)
    strip = [(one.regimens[0], drug, dose_marks.drug_colour(drug)) for drug in drugs]
    n_rows = -(-len(steps) // _COLUMNS)
    strip_mm = 1.0 + dose_marks.ROW_MM * len(strip)
    with look.themed():
        figure = look.new_figure(look.DOUBLE_MM, strip_mm + _PANEL_MM * n_rows + 8)
        ratios = ([strip_mm / _PANEL_MM] if strip else []) + [1.0] * n_rows
        grid = figure.add_gridspec(len(ratios), _COLUMNS, height_ratios=ratios)
        first = 1 if strip else 0
        for position, (heading, curves) in enumerate(steps):
            row, column = divmod(position, _COLUMNS)
            axes = figure.add_subplot(grid[first + row, column])
            _draw_step(axes, one, heading, curves, letter=chr(ord("a") + position))
            day_axis(axes, horizon, numbers=position + _COLUMNS >= len(steps))
            if row == n_rows - 1:
                axes.set_xlabel("Time (days)")
            if strip and row == 0:
                above = figure.add_subplot(grid[0, column], sharex=axes)
                dose_marks.draw_strip(above, strip, horizon)
        add_legend(figure, dose_marks.drug_handles(drugs, coloured=True), look.DOUBLE_MM)
    return figure


def _draw_step(
    axes: Any, runs: Runs, heading: str, curves: Sequence[Observable], letter: str
) -> None:
    from il15_sim.plots import figure as look
    from il15_sim.plots.series import draw_together

    drawn = []
    for index, one in enumerate(curves):
        style = {"color": look.colour(index), "linestyle": look.dash(index), "label": one.curve}
        drawn.append((course(runs, 0, one.id), style))
    draw_together(axes, runs.times_h, drawn)
    axes.set_ylabel(unit_text(runs.units[curves[0].id]) or "relative")
    axes.set_title(f"{letter}  {heading}", loc="left", pad=3)
    # Room above the curves, so that the key covers none of them.
    headroom = 0.35 if len(curves) > 1 else 0.06
    levels = [float(np.median(values)) for values, _ in drawn]
    if len(levels) > 1 and min(levels) > 0 and max(levels) > _LOG_FROM * min(levels):
        frame_y_log(axes, headroom=headroom)
    else:
        frame_y(axes, headroom=headroom)
    if len(curves) > 1:
        axes.legend(loc="upper left", ncols=len(curves), handlelength=1.4, columnspacing=0.8)
