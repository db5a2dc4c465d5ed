"""Time courses: arms overlaid, one panel per observable, and a user's data over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from il15_sim.plots import doses as dose_marks
from il15_sim.plots.axes import add_legend, day_axis, frame_y, legend_height_mm
from il15_sim.plots.labels import axis_label
from il15_sim.plots.panels import arm_handles, chosen, draw_arms

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from il15_sim.results import Runs

_PANEL_MM = 38.0


def trajectories(
    runs: Runs,
    observables: Sequence[str] | None = None,
    *,
    width_mm: float = 180.0,
    columns: int | None = None,
) -> Figure:
    """Arms overlaid, one panel per observable, with a strip of dose ticks above.

    Where doses make one arm swing within the day, every arm of that panel is drawn as its 24 h mean
    and daily range. A y axis starts at zero unless the data span less than a fifth of their level.

    Parameters
    ----------
    runs : Runs
        A run that failed is left out, and named in the legend.
    observables : sequence of str, optional
        Ids to draw, one panel each: observables, states or fluxes that the runs hold. By default
        all that they were asked for, or else the main steps of the chain.
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
        For an observable that the runs do not hold, runs without time courses, and more panels or
        arms than can be read.
    """
    return _panels(runs, chosen(runs, observables), width_mm, columns)


def arms(runs: Runs, observable: str, *, width_mm: float = 85.0) -> Figure:
    """One observable, every arm overlaid, at the width of one journal column."""
    return trajectories(runs, [observable], width_mm=width_mm, columns=1)


def overlay(runs: Runs, observable: str, data: pd.DataFrame, *, width_mm: float = 85.0) -> Figure:
    """Measurements of a user's own over the curves of the runs.

    Parameters
    ----------
    runs : Runs
    observable : str
        Id that was measured.
    data : DataFrame
        Columns `time_h` or `time_d` and `value`, in the unit of the observable; optional `error`
        (half length of the bar) and `group`. A group that is called like a run takes its colour.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        For an unknown observable or column, no rows, and values that are no finite numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import Model, Regimen, plots, simulate
    >>> model = Model.load("sorafenib_pk")
    >>> runs = simulate(model, Regimen.parse("sorafenib 400 mg q12h x 7 d"))
    >>> data = pd.DataFrame({"time_d": [1, 4, 7], "value": [3.1, 6.0, 7.2], "error": 0.5})
    >>> figure = plots.overlay(runs, "sorafenib_total_mg_per_L", data)
    """
    from il15_sim.plots.points import read_points

    points = read_points(data)
    return _panels(runs, chosen(runs, [observable]), width_mm, 1, points)


def _panels(
    runs: Runs,
    shown: Sequence[str],
    width_mm: float,
    columns: int | None,
    points: pd.DataFrame | None = None,
) -> Figure:
    from il15_sim.plots import figure as look
    from il15_sim.plots.points import draw_points

    # Four panels stand better in two rows of two than as three and one.
    n_columns = columns or (1 if width_mm <= 120 else 2 if len(shown) == 4 else min(len(shown), 3))
    n_rows = -(-len(shown) // n_columns)
    drugs = dose_marks.drugs_of(runs.regimens)
    handles = arm_handles(runs)
    strip = dose_marks.strip_rows(runs.regimens, [look.colour(i) for i in range(len(runs))])
    strip_mm = dose_marks.ROW_MM * len(strip)
    horizon = float(runs.times_h[-1]) / 24.0
    if points is not None:
        horizon = max(horizon, float(points["day"].max()))
    with look.themed():
        handles += dose_marks.drug_handles(drugs, coloured=False)
        marks = [] if points is None else draw_points(None, points, runs.names)
        labels = [str(handle.get_label()) for handle in handles + marks]
        height = strip_mm + _PANEL_MM * n_rows + legend_height_mm(labels, width_mm) + 6
        figure = look.new_figure(width_mm, height)
        ratios = ([strip_mm / _PANEL_MM] if strip else []) + [1.0] * n_rows
        grid = figure.add_gridspec(len(ratios), n_columns, height_ratios=ratios)
        offset = 1 if strip else 0
        for position, observable in enumerate(shown):
            row, column = divmod(position, n_columns)
            axes = figure.add_subplot(grid[row + offset, column])
            draw_arms(axes, runs, observable)
            if points is not None:
                draw_points(axes, points, runs.names)
            axes.set_ylabel(axis_label(observable, runs.units, lines=True))
            frame_y(axes)
            day_axis(axes, horizon, numbers=position + n_columns >= len(shown))
            if row == n_rows - 1:
                axes.set_xlabel("Time (days)")
            if strip and row == 0:
                above = figure.add_subplot(grid[0, column], sharex=axes)
                dose_marks.draw_strip(above, strip, horizon)
        add_legend(figure, handles + marks, width_mm)
    return figure
