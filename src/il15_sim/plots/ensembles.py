"""Many runs as one figure: the median, the middle half and the middle nine tenths over time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend, day_axis, frame_y, legend_height_mm
from il15_sim.plots.labels import axis_label
from il15_sim.plots.panels import chosen, good_runs

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from il15_sim.results import Runs

    Array = NDArray[np.float64]

#: Quantiles drawn: the outer band, the inner band, the median.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_MAX_GROUPS = 7


def bands(
    runs: Runs,
    observable: str,
    by: Literal["regimen"] | Sequence[Hashable] | None = "regimen",
    *,
    width_mm: float = 85.0,
) -> Figure:
    """Median, 50 % and 90 % bands of many runs over time.

    Quantiles are taken over the runs at every time; they are no curves of a patient. Where doses
    make a median swing within the day, they are quantiles of each run's 24 h mean, and the axis
    says so.

    Parameters
    ----------
    runs : Runs
        Failed runs are left out, and counted in the legend.
    observable : str
        Id to draw.
    by : "regimen", sequence or None
        Runs of one regimen make one group; or one label per run; or None for a single group.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        For an unknown observable, runs that all failed, more than seven groups, and labels that
        are not one per run.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import Model, Regimen, plots, simulate
    >>> patients = pd.DataFrame({"sorafenib_volume": [60.0, 90.0, 120.0]})
    >>> regimen = Regimen.parse("sorafenib 400 mg q12h x 7 d")
    >>> runs = simulate(Model.load("sorafenib_pk"), regimen, patients)
    >>> figure = plots.bands(runs, "sorafenib_total_mg_per_L")
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from il15_sim.plots import figure as look
    from il15_sim.plots.series import QUANTILES, swings_daily

    chosen(runs, [observable])
    groups = _groups(runs, by)
    values = np.asarray(runs.data[observable].values, dtype=np.float64)
    good = set(good_runs(runs))
    members = {g: [i for i in found if i in good] for g, found in groups.items()}
    if not any(members.values()):
        raise InputError("nothing to draw", why="every run failed", fix="see runs.failures")
    medians = [np.median(values[own], axis=0) for own in members.values() if own]
    daily = any(swings_daily(runs.times_h, median) for median in medians)
    days = runs.times_h / 24.0
    if daily:
        days, values = _daily_means(runs.times_h, values)
    with look.themed():
        handles: list[Any] = []
        for number, (group, own) in enumerate(members.items()):
            failed = len(groups[group]) - len(own)
            told = f"{group} ({len(own)} runs" + (f", {failed} failed)" if failed else ")")
            style = {"color": look.colour(number), "linestyle": look.dash(number)}
            handles.append(Line2D([], [], **style, label=look.plain(told)))
        handles.append(Patch(color=look.GREY, alpha=0.45, linewidth=0, label="50 % of the runs"))
        handles.append(Patch(color=look.GREY, alpha=0.18, linewidth=0, label="90 % of the runs"))
        labels = [str(handle.get_label()) for handle in handles]
        figure = look.new_figure(width_mm, 52.0 + legend_height_mm(labels, width_mm))
        axes = figure.subplots()
        for number, own in enumerate(members.values()):
            if not own:
                continue
            tint, dash = look.colour(number), look.dash(number)
            low, lower, middle, upper, high = np.quantile(values[own], LEVELS, axis=0)
            look_of: dict[str, Any] = {"color": tint, "linewidth": 0, "label": QUANTILES}
            axes.fill_between(days, low, high, alpha=0.16, **look_of)
            axes.fill_between(days, lower, upper, alpha=0.3, **look_of)
            axes.plot(days, middle, color=tint, linestyle=dash)
        label = axis_label(observable, runs.units, lines=True)
        axes.set_ylabel(label.replace("(", "(24 h mean, ", 1) if daily else label)
        frame_y(axes)
        day_axis(axes, float(runs.times_h[-1]) / 24.0)
        axes.set_xlabel("Time (days)")
        add_legend(figure, handles, width_mm)
    return figure


def _daily_means(times_h: Array, values: Array) -> tuple[Array, Array]:
    """Middle of each day (D,) and the time-weighted mean of each run in it (R, D)."""
    count = int(np.floor(times_h[-1] / 24.0 + 1e-9))
    means: Array = np.full((len(values), count), np.nan)
    for day in range(count):
        inside = (times_h >= 24.0 * day) & (times_h <= 24.0 * (day + 1))
        t = times_h[inside]
        if t.size > 1 and t[-1] > t[0]:
            means[:, day] = np.trapezoid(values[:, inside], t, axis=1) / (t[-1] - t[0])
    return np.arange(count, dtype=np.float64) + 0.5, means


def _groups(runs: Runs, by: object) -> dict[str, list[int]]:
    """Positions of the runs of each group, by what the group is called."""
    labels: list[object]
    if by is None:
        labels = ["all"] * len(runs)
    elif isinstance(by, str):
        if by != "regimen":
            fix = "give 'regimen', one label per run, or None"
            raise InputError(f"runs by '{by}'", fix=fix)
        # A million runs share a few regimens: each is told once.
        told = {id(r): r for r in runs.regimens}
        texts = {key: str(regimen) for key, regimen in told.items()}
        labels = [texts[id(r)] for r in runs.regimens]
    else:
        labels = list(by) if isinstance(by, Sequence | np.ndarray) else []
        if len(labels) != len(runs):
            raise InputError(f"{len(labels)} labels for {len(runs)} runs", fix="give one per run")
    groups: dict[str, list[int]] = {}
    for position, label in enumerate(labels):
        groups.setdefault(str(label), []).append(position)
    if len(groups) > _MAX_GROUPS:
        raise InputError(
            f"{len(groups)} groups in one panel",
            why=f"no more than {_MAX_GROUPS} can be told apart",
            fix="give fewer labels in by=, or by=None",
        )
    return groups
