"""Shares of patients without an event over time, with the numbers at risk below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from il15_sim.errors import InputError
from il15_sim.survival import Curve, cox, kaplan_meier, log_rank
from il15_sim.survival.times import numbers, read_times, same_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Mean length of a month in days.
MONTH_D = 365.25 / 12
_MOST_GROUPS = 7
#: Ticks of more censored patients than this would be a bar.
_MOST_TICKS = 200
#: Width of a letter of the legend, with room to spare, and of a key.
_LETTER_MM, _KEY_MM = 1.35, 12.0
_STEPS = (0.5, 1, 2, 3, 6, 12, 24, 36, 60, 120)


def survival_curves(
    time_d: ArrayLike,
    event: ArrayLike,
    group: Iterable[object] | None = None,
    *,
    weights: ArrayLike | None = None,
    event_name: str = "an event",
    horizon_months: float | None = None,
    width_mm: float = 180.0,
) -> Figure:
    """Curves of Kaplan and Meier with their 95 % intervals, and the numbers at risk below.

    The legend tells patients, events and medians. Of two groups without weights it also tells the
    hazard ratio of the second over the first (Cox, ties by Efron) and p of the log-rank test; both
    say something for patients of a trial, and nothing for as many virtual ones as one likes.

    Parameters
    ----------
    time_d : array-like, shape (N,)
        Days to the event or to the last look.
    event : array-like, shape (N,)
        1 where the event came, 0 where the patient is censored.
    group : N labels, optional
        Arms, in the order in which they come first. Default: one group.
    weights : array-like, shape (N,), optional
        How many patients each one stands for, up to a factor.
    event_name : str
        What the share is without: "progression", "death".
    horizon_months : float, optional
        End of the axis. Default: the last look.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure
        Small upright marks are censored patients, where a group has 200 of them at most.

    Raises
    ------
    InputError
        For times, events, groups and weights that are none, more than seven groups, and a horizon
        that is not positive.

    Examples
    --------
    >>> from il15_sim import plots
    >>> figure = plots.survival_curves([40, 90, 200, 300], [1, 1, 0, 1], list("aabb"))
    """
    from il15_sim.plots import figure as look

    times, events = read_times(time_d, event)
    times = times / MONTH_D
    weight = None if weights is None else numbers("weights", weights)
    labels = ["all"] * len(times) if group is None else [str(label) for label in group]
    same_length("labels of groups", len(labels), len(times))
    if weight is not None:
        same_length("weights", len(weight), len(times))
    names = list(dict.fromkeys(labels))
    if len(names) > _MOST_GROUPS:
        why = f"no more than {_MOST_GROUPS} can be told apart"
        raise InputError(f"{len(names)} groups in one panel", why=why)
    horizon = float(times.max()) if horizon_months is None else horizon_months
    if not (np.isfinite(horizon) and horizon > 0):
        raise InputError(f"horizon {horizon:g} months", why="it is positive")
    places = np.array([names.index(label) for label in labels])
    curves = [
        kaplan_meier(times[own], events[own], None if weight is None else weight[own])
        for own in (places == k for k in range(len(names)))
    ]
    with look.themed():
        handles = [_handle(k, name, curves[k]) for k, name in enumerate(names)]
        if len(names) == 2 and weight is None:
            handles.append(_told(_compared(times, events, places, names)))
        letters = int((width_mm - _KEY_MM) / _LETTER_MM)
        for handle in handles:
            handle.set_label(_lines(str(handle.get_label()), letters))
        lines = sum(str(handle.get_label()).count("\n") + 1 for handle in handles)
        table_mm = 4.0 * len(names)
        height = 76.0 + table_mm + 4.0 * lines
        figure = look.new_figure(width_mm, height)
        axes, below = figure.subplots(2, 1, height_ratios=[58.0, table_mm])
        for k, curve in enumerate(curves):
            _draw(axes, curve, k, horizon)
        ticks = _ticks(horizon)
        axes.set_xlim(0.0, horizon)
        axes.set_xticks(ticks)
        axes.set_ylim(0.0, 102.0)
        axes.set_xlabel("Time (months)")
        axes.set_ylabel(look.plain(f"Patients without {event_name} (%)"))
        _at_risk(below, curves, names, ticks, horizon)
        figure.legend(handles=handles, loc="outside lower left")
    return figure


def _lines(told: str, letters: int) -> str:
    """A text of the legend, broken after the name where it is too long for one line."""
    if len(told) <= letters:
        return told
    name, _, rest = told.rpartition(": ")
    return "\n".join(fill(part, letters) for part in (f"{name}:", rest))


def _ticks(horizon: float) -> list[float]:
    step = next((s for s in _STEPS if horizon / s <= 8), 240)
    return [k * step for k in range(int(horizon / step + 1e-9) + 1)]


def _draw(axes: Any, curve: Curve, number: int, horizon: float) -> None:
    from il15_sim.plots import figure as look

    # The last step is drawn up to the last look, behind which nothing is known.
    x = np.append(curve.time, curve.followed[-1])
    middle, low, high = (100 * np.append(y, y[-1]) for y in (curve.share, curve.lower, curve.upper))
    tint = look.colour(number)
    axes.fill_between(x, low, high, step="post", color=tint, alpha=0.15, linewidth=0)
    axes.plot(x, middle, drawstyle="steps-post", color=tint, linestyle=look.dash(number))
    ticks = curve.censored[curve.censored <= horizon]
    if len(ticks) <= _MOST_TICKS:
        marks: dict[str, Any] = {"marker": "|", "markersize": 4.5, "linestyle": "none"}
        axes.plot(ticks, 100 * curve.at(ticks), color=tint, **marks, clip_on=False)


def _at_risk(
    axes: Any, curves: Sequence[Curve], names: Sequence[str], ticks: Sequence[float], horizon: float
) -> None:
    """Numbers at risk, in columns below the ticks of the curves."""
    from il15_sim.plots import figure as look

    axes.set_xlim(0.0, horizon)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [look.plain(_short(name)) for name in names])
    axes.set_xticks([])
    axes.tick_params(left=False, pad=12)  # clear of the numbers at month 0
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_title("Patients at risk", loc="left", pad=3)
    for k, (curve, label) in enumerate(zip(curves, axes.get_yticklabels(), strict=True)):
        label.set_color(look.colour(k))
        for tick, count in zip(ticks, curve.at_risk(ticks), strict=True):
            axes.text(tick, k, f"{count:.0f}", ha="center", va="center")


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


def _handle(number: int, name: str, curve: Curve) -> Any:
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    count, events = len(curve.followed), int(curve.event.sum())
    patients = f"{count} patient{'s' * (count > 1)}, {events} event{'s' * (events != 1)}"
    if np.isfinite(curve.median):
        low, high = (f"{end:.1f}" if np.isfinite(end) else "∞" for end in curve.median_interval)
        told = f"median {curve.median:.1f} months (95 % CI {low} to {high})"
    else:
        told = "median not reached"
    style = {"color": look.colour(number), "linestyle": look.dash(number)}
    return Line2D([], [], **style, label=look.plain(f"{name}: {patients}; {told}"))


def _told(text: str) -> Any:
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    return Line2D([], [], linestyle="none", label=look.plain(text))


def _compared(times: Any, events: Any, places: Any, names: Sequence[str]) -> str:
    """Hazard ratio and p of the log-rank test of two groups, or why there are none."""
    import pandas as pd

    try:
        test = log_rank(times, events, places)
        row = cox(times, events, pd.DataFrame({"group": places})).iloc[0]
    except InputError as error:
        return f"not compared: {error.what}"
    p = f"p = {test.p:.3f}" if test.p >= 0.001 else "p < 0.001"
    if row["reason"]:
        return f"no finite hazard ratio; log-rank {p}"
    told = f"{row['hazard_ratio']:.2f} (95 % CI {row['lower']:.2f} to {row['upper']:.2f})"
    return f"hazard ratio of {names[1]} over {names[0]}: {told}; log-rank {p}"
