"""Indices that change: over the days of a time course, and with the size of the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError, unknown
from il15_sim.plots.axes import add_legend, day_axis
from il15_sim.plots.index_bars import head_output, legend_names, names_height_mm
from il15_sim.plots.index_rows import (
    Labels,
    index_rows,
    output_rows,
    top_factors,
    varying,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from il15_sim.sensitivity import Indices

#: What an index is called on an axis.
_AXIS = {
    "S1": "S1, share of the variance\n(no unit)",
    "ST": "ST, share of the variance\n(no unit)",
    "mu_star": "µ*, mean size of the elementary effects",
    "sigma": "σ, spread of the elementary effects",
    "log_slope": "Local slope (% per %)",
    "over_range": "Change of ln output\nover the bounds (no unit)",
    "delta": "Borgonovo's δ (no unit)",
    "median": "PAWN, median distance (no unit)",
}
#: Times up to which each is marked: nothing is known between them.
_MARKED = 12
_SHARES = ("S1", "ST", "delta", "median")


def indices_over_time(
    indices: Indices,
    output: str | None = None,
    *,
    index: str = "ST",
    top: int = 6,
    labels: Labels = None,
    width_mm: float = 85.0,
) -> Figure:
    """An index of a time course over the days, one line per factor, with 95 % bands.

    Times at which the output does not vary (such as the start) are left out.

    Parameters
    ----------
    indices : Indices
        Of `observables` at `times_h`.
    output : str, optional
        Default: the only one.
    index : str
        "ST", "S1", "mu_star", "log_slope", ...
    top : int
        Factors drawn: those with the largest value at any time.
    labels : mapping of id to words, optional
        What factors (and the output) are called.

    Raises
    ------
    InputError
        For an output that is one number of a run, and unknown outputs and indices.
    """
    from il15_sim.plots import figure as look

    rows = output_rows(indices.frame, output)
    output = str(rows["output"].iloc[0])
    rows = rows[rows["other"] == ""]
    if rows["time_h"].nunique() < 2:
        raise InputError(
            f"'{output}' is no time course",
            why="a figure over time needs two times or more",
            fix="give observables and times_h to sensitivity(...)",
        )
    if index not in set(rows["index"]):
        raise unknown("index", index, set(rows["index"]))
    rows = varying(rows[rows["index"] == index])
    chosen = top_factors(rows, index, top)
    names = legend_names(chosen, labels, width_mm)
    with look.themed():
        figure = look.new_figure(width_mm, 58.0 + names_height_mm(names))
        axes = figure.subplots()
        handles = []
        for number, factor in enumerate(chosen):
            own = rows[rows["factor"] == factor].sort_values("time_h")
            days = own["time_h"].to_numpy() / 24.0
            tint = look.colour(number)
            axes.fill_between(days, own["low"], own["high"], color=tint, alpha=0.15, linewidth=0)
            style: Any = {"color": tint, "linestyle": look.dash(number), "label": names[number]}
            if len(days) <= _MARKED:
                style |= {"marker": "osD^vPX"[number % 7], "clip_on": False}
            handles += axes.plot(days, own["value"], **style)
        _share_axis(axes, index)
        day_axis(axes, float(rows["time_h"].max()) / 24.0)
        axes.set_xlabel("Time (days)")
        axes.set_ylabel(_AXIS.get(index, index))
        head_output(figure, output, labels, None, width_mm)
        add_legend(figure, handles, width_mm)
    return figure


def index_convergence(
    frame: pd.DataFrame,
    output: str | None = None,
    *,
    top: int = 6,
    labels: Labels = None,
    index: str | None = None,
    time_h: float | None = None,
    width_mm: float = 85.0,
) -> Figure:
    """An index with its 95 % interval against the size of the sample; hollow: the second half.

    Parameters
    ----------
    frame : DataFrame
        From `sensitivity.convergence`.
    output, top, labels, time_h
        As in `tornado`.
    index : str, optional
        Default: ST or, of Morris, µ*.

    Raises
    ------
    InputError
        For another table, and unknown outputs, times and indices.
    """
    from il15_sim.plots import figure as look

    missing = [c for c in ("output", "factor", "index", "part", "n") if c not in frame]
    if missing:
        what, fix = f"missing column '{missing[0]}'", "give what sensitivity.convergence() makes"
        raise InputError(what, fix=fix)
    found = set(frame["index"])
    index = index or ("ST" if "ST" in found else "mu_star")
    if index not in found:
        raise unknown("index", index, found)
    rows = index_rows(frame, output, [index], "", time_h)
    chosen = top_factors(rows[rows["part"] == "all"], index, top)
    names = legend_names(chosen, labels, width_mm)
    with look.themed():
        figure = look.new_figure(width_mm, 58.0 + names_height_mm(names))
        axes = figure.subplots()
        handles = []
        again = rows["part"] == "second half"
        sizes = sorted(set(rows.loc[~again, "n"]))
        beside = 2.0 * sizes[-1]
        for number, factor in enumerate(chosen):
            # Points of one size stand side by side, so that intervals do not overlap.
            shift = 2.0 ** (0.09 * (number - (len(chosen) - 1) / 2))
            style: dict[str, Any] = {"color": look.colour(number), "linewidth": 0.8}
            for half in (False, True):
                own = rows[(rows["factor"] == factor) & (again == half)].sort_values("n")
                x = shift * (np.full(len(own), beside) if half else own["n"].to_numpy(np.float64))
                axes.vlines(x, own["low"], own["high"], **style)
                drawn = axes.plot(x, own["value"], "osD^vPX"[number % 7], linestyle="-", **style)
                drawn[0].set_label(names[number])
                if half:
                    drawn[0].set_markerfacecolor("white")
                else:
                    handles += drawn
        ticks = {float(size): f"{size:d}" for size in sizes}
        if again.any():
            ticks[beside] = f"{rows.loc[again, 'n'].iloc[0]:d},\n2nd half"
        axes.set_xscale("log", base=2)
        axes.set_xlim(sizes[0] / 2**0.5, max(ticks) * 2**0.5)
        axes.set_xticks(list(ticks), list(ticks.values()))
        axes.minorticks_off()
        _share_axis(axes, index)
        axes.set_xlabel("Size of the sample, n")
        axes.set_ylabel(_AXIS.get(index, index))
        head_output(figure, str(rows["output"].iloc[0]), labels, time_h, width_mm)
        add_legend(figure, handles, width_mm)
    return figure


def _share_axis(axes: Any, index: str) -> None:
    """Shares are shown from 0 to 1; whatever else around its values, with zero."""
    low, high = axes.get_ylim()
    if index in _SHARES:
        axes.set_ylim(min(0.0, max(low, -0.1)), max(1.0, min(high, 1.2)))
    else:
        axes.set_ylim(min(low, 0.0), max(high, 0.0))
        axes.axhline(0.0, color="black", linewidth=0.6)
