"""Shares of patients whom each regimen brings to its targets, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.plots.trial_table import check_ends, read_rows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_ROW_MM = 4.2


def target_shares(rows: pd.DataFrame, *, width_mm: float = 180.0) -> Figure:
    """Which share of patients reaches each target, by arm.

    Parameters
    ----------
    rows : DataFrame
        Columns `target` (rows of a target follow each other under its heading), `arm`, `share`
        with its 95 % interval `lower` to `upper`, 0 to 1, and `followed`, the patients counted.
        A row whose share is missing is told as such.
    width_mm : float
        Width on paper.

    Raises
    ------
    InputError
        For tables without these columns, and intervals that do not hold their share.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import plots
    >>> table = pd.DataFrame({"target": "trough above 2 mg/L", "arm": ["200 mg", "400 mg"],
    ...     "share": [0.3, 0.6], "lower": [0.2, 0.5], "upper": [0.4, 0.7], "followed": [90, 88]})
    >>> figure = plots.target_shares(table)
    """
    from il15_sim.plots import figure as look

    numbers = ("share", "lower", "upper", "followed")
    found = read_rows(rows, numbers, ("target", "arm"), what="targets")
    check_ends(found, "share", "lower", "upper", what="targets")
    arms = list(dict.fromkeys(found["arm"]))
    place, ticks, names, headings = 0, list[int](), list[str](), list[int]()
    with look.themed():
        lines = len(found) + found["target"].nunique()
        figure = look.new_figure(width_mm, 14.0 + _ROW_MM * lines)
        axes = figure.subplots()
        for target, own in found.groupby("target", sort=False):
            headings.append(len(ticks))
            ticks.append(place)
            names.append(str(target))
            for row in own.to_dict("records"):
                place -= 1
                ticks.append(place)
                names.append(f"{row['arm']} ({row['followed']:g})")
                _draw(axes, place, row, look.colour(arms.index(row["arm"])))
            place -= 1
        axes.set_yticks(ticks, [look.plain(name) for name in names])
        for number in headings:
            axes.get_yticklabels()[number].set_fontweight("bold")
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_ylim(place + 0.2, 0.8)
        axes.set_xlim(-1, 101)
        axes.set_xlabel("Patients who reach it (%); in brackets: patients counted")
    return figure


def _draw(axes: Any, place: int, row: dict[Any, Any], tint: str) -> None:
    from il15_sim.plots import figure as look

    if not np.isfinite(row["share"]):
        axes.text(0.0, place, " nobody followed", va="center", color=look.GREY)
        return
    axes.hlines(place, 100 * row["lower"], 100 * row["upper"], color=tint, linewidth=1.0)
    axes.plot(100 * row["share"], place, "o", color=tint)
