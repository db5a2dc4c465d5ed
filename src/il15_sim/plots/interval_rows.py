"""Ratios with their intervals, one row each, and the numbers beside them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError
from il15_sim.plots.trial_table import check_ends, read_rows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_ROW_MM = 4.6
#: An axis longer than this from 1 tells little: intervals that go on end in an arrow.
_REACH = 20.0


def forest(
    rows: pd.DataFrame, *, label: str = "Hazard ratio (no unit)", width_mm: float = 180.0
) -> Figure:
    """Hazard ratios, or other ratios, with their intervals on a log axis.

    Parameters
    ----------
    rows : DataFrame
        Columns `label`, `estimate`, `lower`, `upper`, and if wanted `group` (rows of a group that
        follow each other get it as a heading) and `note` (text beside the label, say events over
        patients). A row whose numbers are missing is told as "no estimate". Of what
        `il15_sim.survival.cox` gives, take `covariate`, `hazard_ratio`, `lower` and `upper` and
        rename the first two.
    label : str
        What the axis shows.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure
        Intervals that reach beyond twentyfold end in an arrow.

    Raises
    ------
    InputError
        For tables without these columns, ratios that are not positive, and intervals that do not
        hold their estimate.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import plots
    >>> table = pd.DataFrame({"label": ["IL-15Rα, per SD", "age, per 10 years"],
    ...                       "estimate": [0.6, 1.1], "lower": [0.4, 0.8], "upper": [0.9, 1.5]})
    >>> figure = plots.forest(table)
    """
    from matplotlib.ticker import NullLocator

    from il15_sim.plots import figure as look

    found = read_rows(
        rows, ("estimate", "lower", "upper"), optional=("group", "note"), what="forest"
    )
    ends = found[["estimate", "lower", "upper"]]
    if (ends < 0).any(axis=None) or (found["estimate"] == 0).any():
        bad = (ends < 0).any(axis=1) | (found["estimate"] == 0)
        name = found["label"][bad].iloc[0]
        raise InputError(f"ratio of '{name}'", where="forest", why="ratios are positive")
    check_ends(found, "estimate", "lower", "upper", what="forest")
    places, names, headings = _places(found)
    with look.themed():
        lines = len(places) + len(headings)
        figure = look.new_figure(width_mm, 17.0 + _ROW_MM * lines)
        axes = figure.subplots()
        low, high = _limits(ends.to_numpy())
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.set_ylim(lines - 0.4, -0.6)
        axes.axvline(1.0, color="black", linewidth=0.8, zorder=1)
        numbers = []
        for place, row in zip(places, found.itertuples(), strict=True):
            numbers.append(_draw(axes, place, row, low, high))
        axes.set_xticks(_ticks(low, high), [f"{tick:g}" for tick in _ticks(low, high)])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(visible=False, axis="y")
        axes.set_yticks([*headings, *places], [*headings.values(), *names])
        for text in axes.get_yticklabels()[: len(headings)]:
            text.set_fontweight("bold")
        axes.set_xlabel(look.plain(label))
        axes.tick_params(axis="y", left=False)
        axes.spines["left"].set_visible(False)
        beside = axes.get_yaxis_transform()
        for place, told in zip(places, numbers, strict=True):
            axes.text(1.025, place, told, transform=beside, ha="left", va="center_baseline")
    return figure


def _places(found: pd.DataFrame) -> tuple[list[int], list[str], dict[int, str]]:
    """Lines of the rows, what they are called, and the headings by their lines."""
    from il15_sim.plots import figure as look

    places, names, headings = [], [], {}
    line, before = 0, None
    for row in found.to_dict("records"):
        group = row.get("group")
        group = None if group is None or group != group else str(group)
        if group is not None and group != before:
            headings[line] = look.plain(group)
            line += 1
        before = group
        note = row.get("note")
        told = str(row["label"]) if note is None or note != note else f"{row['label']} ({note})"
        places.append(line)
        names.append(look.plain(told))
        line += 1
    return places, names, headings


def _limits(ends: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Ends of the axis: around 1 and all estimates, and no further than the reach beyond them."""
    estimates = ends[:, 0][np.isfinite(ends[:, 0])]
    least, most = min(1.0, *estimates, 1.0), max(1.0, *estimates, 1.0)
    shown = ends[np.isfinite(ends) & (ends > 0)]
    low = max(min(least, *shown, least), min(least, 1 / _REACH))
    high = min(max(most, *shown, most), max(most, _REACH))
    room = max(high / low, 1.5) ** 0.06
    return low / room, high * room


def _ticks(low: float, high: float) -> list[float]:
    """Round ratios, of which 1 is always one."""
    if high / low < 3:
        # Little more than 1: linear steps are round enough.
        step = next(d for d in (0.02, 0.05, 0.1, 0.2, 0.5) if (high - low) / d < 9)
        first, last = math.ceil((low - 1) / step), math.floor((high - 1) / step)
        return [round(1 + step * k, 2) for k in range(first, last + 1)]
    decades = math.log10(high / low)
    steps = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0) if decades < 1 else (1.0, 2.0, 5.0)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = [float(f"{step * 10.0**k:.2g}") for k in powers for step in steps]
    return [tick for tick in every if low <= tick <= high]


def _draw(axes: Any, place: int, row: Any, low: float, high: float) -> str:
    """Draw a row; the text of its numbers."""
    from il15_sim.plots import figure as look

    if not math.isfinite(row.estimate):
        return "no estimate"
    tint = look.colour(0)
    begin, end = (value if math.isfinite(value) else None for value in (row.lower, row.upper))
    begin, end = low if begin is None else begin, high if end is None else end
    axes.hlines(place, max(begin, low), min(end, high), color=tint, linewidth=1.0)
    for beyond, at, marker in ((begin < low or begin == low, low, "<"), (end >= high, high, ">")):
        if beyond:
            axes.plot(at, place, marker, color=tint, markersize=3.5, clip_on=False)
    axes.plot(row.estimate, place, "s", color=tint, markersize=3.5)
    return f"{_number(row.estimate)} ({_number(row.lower)} to {_number(row.upper)})"


def _number(value: float) -> str:
    """Two decimals, or three digits where the number is large.

    >>> _number(0.604), _number(12.34), _number(4321.0), _number(float("inf")), _number(0.001)
    ('0.60', '12.3', '4320', '∞', '<0.01')
    """
    if not math.isfinite(value):
        return "∞" if value == math.inf else "?"
    if 0 < value < 0.01:
        return "<0.01"
    return f"{value:.2f}" if value < 10 else f"{float(f'{value:.3g}'):g}"
