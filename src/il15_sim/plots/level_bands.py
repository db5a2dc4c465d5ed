"""Simulated levels over time, with what was measured on top: a visual predictive check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend, day_axis, frame_y, frame_y_log, legend_height_mm
from il15_sim.plots.points import draw_points, read_points
from il15_sim.survival.times import numbers

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_LEVELS = (0.05, 0.5, 0.95)
#: Times up to this many hours are told in hours.
_HOURS = 72.0


def level_check(
    times_h: ArrayLike,
    simulated: ArrayLike,
    label: str,
    measured: pd.DataFrame | None = None,
    *,
    log: bool = False,
    width_mm: float = 85.0,
) -> Figure:
    """Median and 5 to 95 % band of simulated patients, with measured points.

    Parameters
    ----------
    times_h : array-like, shape (T,)
        Hours, increasing.
    simulated : array-like, shape (N, T)
        Levels of N patients. A patient with NaN (a run that failed) is left out and counted.
    label : str
        What the y axis shows, with its unit.
    measured : DataFrame, optional
        `time_h` or `time_d`, `value`, and if wanted `error` (an SD: patients spread so; not the
        error of a mean, which no band of patients is to hold) and `group` (say, the study).
    log : bool
        A logarithmic y axis; what is not positive is not drawn.
    width_mm : float
        Width on paper.

    Raises
    ------
    InputError
        For times that do not increase, shapes that do not fit, patients who all failed, measured
        rows that cannot be used, and a log axis without a positive level.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from il15_sim import plots
    >>> times = np.linspace(0, 12, 25)
    >>> levels = np.exp(-np.outer([0.2, 0.3, 0.4], times))
    >>> read = pd.DataFrame({"time_h": [2.0, 8.0], "value": [0.6, 0.1], "error": [0.1, 0.05]})
    >>> figure = plots.level_check(times, levels, "Sorafenib (mg/L)", read)
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from il15_sim.plots import figure as look

    times = numbers("times", times_h)
    values = np.asarray(simulated, dtype=np.float64)
    if len(times) < 2 or not (np.diff(times) > 0).all():
        raise InputError("times of levels", why="they are hours that increase, two at least")
    if values.ndim != 2 or values.shape[1] != len(times):
        what = f"levels of shape {values.shape} at {len(times)} times"
        raise InputError(what, fix="give one row per patient, one column per time")
    good: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
    if not good.any():
        raise InputError("no level to draw", why="every patient has a level that is no number")
    if log and not (values[good] > 0).any():
        raise InputError("no level to draw on a log axis", why="none is positive")
    points = None if measured is None else read_points(measured)
    hours = times[-1] <= _HOURS
    scale, word = (1.0, "h") if hours else (24.0, "days")
    low, middle, high = np.quantile(values[good], _LEVELS, axis=0)
    if log:
        low, middle, high = (np.where(y > 0, y, np.nan) for y in (low, middle, high))
    tint = look.colour(0)
    with look.themed():
        failed = len(good) - int(good.sum())
        told = f"median of {good.sum()} patients" + (f" ({failed} failed)" if failed else "")
        handles: list[Any] = [Line2D([], [], color=tint, label=told)]
        handles.append(Patch(color=tint, alpha=0.2, linewidth=0, label="5 to 95 % of them"))
        if points is not None:
            handles += draw_points(None, points)
        labels = [str(handle.get_label()) for handle in handles]
        figure = look.new_figure(width_mm, 54.0 + legend_height_mm(labels, width_mm))
        axes = figure.subplots()
        axes.fill_between(times / scale, low, high, color=tint, alpha=0.2, linewidth=0)
        axes.plot(times / scale, middle, color=tint)
        if points is not None:
            draw_points(axes, points.assign(day=points["day"] * (24.0 if hours else 1.0)))
        axes.set_ylabel(look.plain(label))
        (frame_y_log if log else frame_y)(axes)
        last = float(times[-1])
        if points is not None:
            last = max(last, 24.0 * float(points["day"].max()))
        if hours:
            axes.set_xlim(0.0, last)
        else:
            day_axis(axes, last / scale)
        axes.set_xlabel(f"Time ({word})")
        add_legend(figure, handles, width_mm)
    return figure
