"""Time courses: arms overlaid, one panel per observable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from il15_sim.errors import unknown
from il15_sim.plots import doses as dose_marks
from il15_sim.plots.axes import add_legend, day_axis, frame_y, legend_height_mm
from il15_sim.plots.labels import axis_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.results import Runs

DEFAULT = (
    "sorafenib_free_nM",
    "il15ra_monocyte",
    "il15_complex_monocyte",
    "pstat5_cd4",
    "cd4_nkg2d_per_uL",
    "cd4_nkg2d_percent",
)


def present(runs: Runs, observables: Sequence[str] | None, default: Sequence[str]) -> list[str]:
    """The observables to draw: those asked for (each must exist), or the default ones present."""
    if observables is None:
        chosen = [o for o in default if o in runs.observables]
        return chosen or list(runs.observables[:6])
    for observable in observables:
        if observable not in runs.observables:
            raise unknown("observable", observable, runs.observables)
    return list(observables)


def draw_arms(axes: Any, runs: Runs, observable: str) -> list[Any]:
    """Draw every arm of one observable; returns one line per arm. A failed run stays out."""
    from il15_sim.plots import figure as look
    from il15_sim.plots.series import draw

    for index, name in enumerate(runs.names):
        if runs.status[index] != "ok":
            continue
        style = {"color": look.colour(index), "linestyle": look.dash(index)}
        draw(axes, runs.times_h, runs.get(index, observable), **style, label=look.plain(str(name)))
    return list(axes.get_lines())


def arm_handles(runs: Runs) -> list[Any]:
    """Legend entries of the arms; a run that failed is named as such."""
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    handles = []
    for index, name in enumerate(runs.names):
        failed = runs.status[index] != "ok"
        label = look.plain(str(name)) + (" (failed, not shown)" if failed else "")
        handles.append(
            Line2D([], [], color=look.colour(index), linestyle=look.dash(index), label=label)
        )
    return handles


def trajectories(
    runs: Runs,
    observables: Sequence[str] | None = None,
    *,
    width_mm: float = 180.0,
    columns: int | None = None,
) -> Figure:
    """Arms overlaid, one panel per observable, with a strip of dose ticks above.

    Parameters
    ----------
    runs : Runs
    observables : sequence of str, optional
        Ids to draw, one panel each; by default the main steps of the chain.
    width_mm : float
        Width on paper: 180 for two columns of a journal, 85 for one.
    columns : int, optional
        Panels side by side.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        For an observable that the runs do not hold.
    """
    from il15_sim.plots import figure as look

    shown = present(runs, observables, DEFAULT)
    n_columns = columns or max(1, min(len(shown), 3 if width_mm > 120 else 1))
    n_rows = -(-len(shown) // n_columns)
    drugs = dose_marks.drugs_of(runs.regimens)
    strip = [
        (regimen, drug, look.colour(index))
        for index, regimen in enumerate(runs.regimens)
        for drug in dose_marks.drugs_of([regimen])
    ]
    strip_mm = dose_marks.ROW_MM * len(strip)
    handles = arm_handles(runs) + dose_marks.drug_handles(drugs, coloured=False)
    labels = [str(handle.get_label()) for handle in handles]
    panel_mm = 38.0
    horizon = float(runs.times_h[-1]) / 24.0
    with look.themed():
        height = strip_mm + panel_mm * n_rows + legend_height_mm(labels, width_mm) + 6
        figure = look.new_figure(width_mm, height)
        ratios = ([strip_mm / panel_mm] if strip else []) + [1.0] * n_rows
        grid = figure.add_gridspec(len(ratios), n_columns, height_ratios=ratios)
        offset = 1 if strip else 0
        for position, observable in enumerate(shown):
            row, column = divmod(position, n_columns)
            axes = figure.add_subplot(grid[row + offset, column])
            draw_arms(axes, runs, observable)
            axes.set_ylabel(axis_label(observable, runs.units, lines=True))
            frame_y(axes)
            day_axis(axes, horizon, label=position + n_columns >= len(shown))
            if strip and row == 0:
                above = figure.add_subplot(grid[0, column], sharex=axes)
                dose_marks.draw_strip(above, strip, horizon)
        add_legend(figure, handles, width_mm)
    return figure


def arms(runs: Runs, observable: str, *, width_mm: float = 85.0) -> Figure:
    """One observable, every arm overlaid, at the width of one journal column."""
    return trajectories(runs, [observable], width_mm=width_mm, columns=1)
