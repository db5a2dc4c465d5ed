"""Which factors matter most: bars of local slopes and of Sobol's shares, the plane of Morris."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import unknown
from il15_sim.plots.axes import add_legend
from il15_sim.plots.index_rows import (
    Labels,
    factor_name,
    index_rows,
    output_name,
    top_factors,
    values_of,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from il15_sim.sensitivity import Indices

_LINE_MM = 3.1
#: Shares of variance that can be seen as bars.
_SEEN = 0.01
_LOCAL = {
    "log_slope": "Local slope (% per %)",
    "over_range": "Change of ln output\nover the bounds (no unit)",
}


def tornado(
    indices: Indices,
    output: str | None = None,
    *,
    top: int = 12,
    labels: Labels = None,
    index: str = "log_slope",
    time_h: float | None = None,
    width_mm: float = 85.0,
) -> Figure:
    """Signed local sensitivities as bars, the largest at the top.

    Parameters
    ----------
    indices : Indices
        From `sensitivity.local`.
    output : str, optional
        Default: the only one.
    top : int
        Factors drawn.
    labels : mapping of id to words, optional
        What factors (and the output) are called. Default: as in the parameter table.
    index : "log_slope" or "over_range"
        Slope at the point (per cent per per cent), or this slope over the bounds of each factor.
    time_h : float, optional
        One of the hours of a time course.

    Raises
    ------
    InputError
        For other indices than local ones, and unknown outputs and times.
    """
    if index not in _LOCAL:
        raise unknown("index", index, _LOCAL)
    fix = "give what sensitivity.local(...) returns"
    rows = index_rows(indices.frame, output, [index], fix, time_h)
    chosen = top_factors(rows, index, top)
    found = values_of(rows, index, chosen)

    def draw(axes: Any, places: np.ndarray[Any, Any]) -> list[Any]:
        from matplotlib.patches import Patch

        from il15_sim.plots import figure as look

        tints = [look.colour(0 if value >= 0 else 1) for value in found["value"]]
        axes.barh(places, found["value"], 0.7, color=tints)
        _intervals(axes, found, places)
        axes.axvline(0.0, color="black", linewidth=0.6)
        axes.margins(x=0.06)
        axes.set_xlabel(_LOCAL[index])
        told = ((0, "rises with the parameter"), (1, "falls"))
        return [Patch(color=look.colour(i), label=text) for i, text in told]

    return _bars(rows, chosen, labels, time_h, width_mm, draw)


def sobol_bars(
    indices: Indices,
    output: str | None = None,
    *,
    top: int = 12,
    labels: Labels = None,
    time_h: float | None = None,
    width_mm: float = 85.0,
) -> Figure:
    """First-order and total shares of the variance, S1 and ST, with their 95 % intervals.

    Parameters
    ----------
    indices : Indices
        Of the method of Sobol.
    output, top, labels, time_h
        As in `tornado`; factors are sorted by ST, and those of less than 1 % are left out.

    Raises
    ------
    InputError
        For indices without S1 and ST, and unknown outputs and times.
    """
    fix = 'give sensitivity(..., method="sobol")'
    rows = index_rows(indices.frame, output, ["S1", "ST"], fix, time_h)
    chosen = top_factors(rows, "ST", top)
    total = values_of(rows, "ST", chosen)["value"]
    chosen = [f for f in chosen if total[f] >= _SEEN] or chosen[:1]

    def draw(axes: Any, places: np.ndarray[Any, Any]) -> list[Any]:
        from il15_sim.plots import figure as look

        handles = []
        told = {"S1": "S1, alone", "ST": "ST, with interactions"}
        for number, (name, text) in enumerate(told.items()):
            found = values_of(rows, name, chosen)
            y = places + 0.38 * (number - 0.5)
            handles.append(
                axes.barh(y, found["value"], 0.36, color=look.colour(number), label=text)
            )
            _intervals(axes, found, y)
        # The interval of a share near zero reaches below it; the share itself does not.
        axes.set_xlim(min(0.0, axes.get_xlim()[0]), max(1.0, axes.get_xlim()[1]))
        axes.axvline(0.0, color="black", linewidth=0.6)
        axes.set_xlabel("Share of the variance (no unit)")
        return handles

    return _bars(rows, chosen, labels, time_h, width_mm, draw)


def morris_plane(
    indices: Indices,
    output: str | None = None,
    *,
    top: int = 8,
    labels: Labels = None,
    time_h: float | None = None,
    width_mm: float = 85.0,
) -> Figure:
    """Mean size of elementary effects against their spread, one point per factor.

    Below the line 0.1 µ* a factor acts almost linearly, above µ* its effect depends on where the
    others are, or on itself. The first `top` are named; the others are grey.

    Parameters
    ----------
    indices : Indices
        Of the method of Morris.
    output, top, labels, time_h
        As in `tornado`.

    Raises
    ------
    InputError
        For indices without µ* and σ, and unknown outputs and times.
    """
    from il15_sim.plots import figure as look

    fix = 'give sensitivity(..., method="morris")'
    rows = index_rows(indices.frame, output, ["mu_star", "sigma"], fix, time_h)
    order = top_factors(rows, "mu_star", len(rows))
    named = top_factors(rows, "mu_star", top)
    mean, spread = values_of(rows, "mu_star", order), values_of(rows, "sigma", order)["value"]
    names = legend_names(named, labels, width_mm)
    left = len(order) - len(named)
    others = [f"{left} other{'s' * (left > 1)}"] if left else []
    with look.themed():
        figure = look.new_figure(width_mm, 70.0 + names_height_mm([*names, *others]))
        axes = figure.subplots()
        handles: list[Any] = []
        for place in reversed(range(len(order))):
            own = place < len(named)
            tint = look.colour(place) if own else "#b0b0b0"
            x, low, high = mean.to_numpy()[place]
            y = spread.to_numpy()[place]
            if own:  # of the others they hide one another
                axes.hlines(y, max(low, 0.0), high, color=tint, linewidth=0.8, zorder=3)
            (point,) = axes.plot(
                x,
                y,
                "osD^vPX"[(place + place // 7) % 7] if own else ".",
                linestyle="none",
                color=tint,
                label=names[place] if own else others[0],
                zorder=4 if own else 3,
                clip_on=False,
            )
            if own or place == len(named):
                handles.insert(0, point)
        right = 1.06 * float(np.nanmax(mean[["value", "high"]].to_numpy()))
        upper = max(1.1 * float(np.nanmax(spread)), 0.35 * right)
        axes.set_xlim(0.0, right)
        axes.set_ylim(0.0, upper)
        for slope, told in ((1.0, "σ = µ*"), (0.5, "0.5 µ*"), (0.1, "0.1 µ*")):
            _ray(axes, slope, told, right, upper)
        axes.set_xlabel("µ*, mean size of the elementary effects")
        axes.set_ylabel("σ, their standard deviation")
        _title(figure, rows, labels, time_h, width_mm)
        add_legend(figure, handles, width_mm)
    return figure


def _ray(axes: Any, slope: float, told: str, right: float, upper: float) -> None:
    """A line through the origin, named where it leaves the panel."""
    from il15_sim.plots import figure as look

    x, y = (right, slope * right) if slope * right <= upper else (upper / slope, upper)
    axes.plot([0.0, x], [0.0, y], ":", color=look.GREY, linewidth=0.8, zorder=2)
    at_side = x == right
    axes.annotate(
        told,
        (x, y),
        xytext=(2, 0) if at_side else (0, 2),
        textcoords="offset points",
        ha="left" if at_side else "center",
        va="center" if at_side else "bottom",
        color=look.GREY,
        annotation_clip=False,
    )


def _bars(
    rows: pd.DataFrame,
    chosen: Sequence[str],
    labels: Labels,
    time_h: float | None,
    width_mm: float,
    draw: Any,
) -> Figure:
    """A figure of horizontal bars with the names of factors at the left."""
    from il15_sim.plots import figure as look

    names = [factor_name(factor, labels) for factor in chosen]
    lines = max(name.count("\n") + 1 for name in names)
    with look.themed():
        figure = look.new_figure(width_mm, 26.0 + len(names) * max(5.0, _LINE_MM * lines + 1.2))
        axes = figure.subplots()
        handles = draw(axes, np.arange(len(names), dtype=np.float64))
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        _title(figure, rows, labels, time_h, width_mm)
        add_legend(figure, handles, width_mm)
    return figure


def _intervals(axes: Any, found: pd.DataFrame, places: np.ndarray[Any, Any]) -> None:
    axes.hlines(places, found["low"], found["high"], color="black", linewidth=0.8, zorder=3)


def _title(
    figure: Figure, rows: pd.DataFrame, labels: Labels, time_h: float | None, width_mm: float
) -> None:
    head_output(figure, str(rows["output"].iloc[0]), labels, time_h, width_mm)


def head_output(
    figure: Figure, output: str, labels: Labels, time_h: float | None, width_mm: float
) -> None:
    """Write the output above the panels, on as many lines as it takes."""
    import textwrap

    from il15_sim.plots import figure as look

    told = look.plain(output_name(output, labels, time_h))
    text = "\n".join(textwrap.wrap(told, int(width_mm / 1.5)))
    figure.suptitle(text, x=0.01, ha="left", fontsize=7.0)


def legend_names(factors: Sequence[str], labels: Labels, width_mm: float) -> list[str]:
    """Names of factors for a legend of one column, on lines that fit the width."""
    return [factor_name(factor, labels, int((width_mm - 12.0) / 1.45)) for factor in factors]


def names_height_mm(names: Sequence[str]) -> float:
    """Height of a legend with one entry below the other."""
    return 2.0 + sum(4.0 + 3.2 * name.count("\n") for name in names)
