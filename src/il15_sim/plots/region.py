"""Over how large a region of the assumed parameters each behaviour holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLUMNS = ("width", "behaviour", "draws", "share", "low", "high")


def behaviour_region(shares: pd.DataFrame, *, width_mm: float = 85.0) -> Figure:
    """Share of random draws that show each behaviour, one marker per width of the draws.

    Parameters
    ----------
    shares : DataFrame
        As `il15_sim.behaviours.region.shares` gives it: columns `width, behaviour, draws, share,
        low, high`.

    Raises
    ------
    InputError
        For a table without these columns.
    """
    from il15_sim.plots import figure as look

    missing = [c for c in _COLUMNS if c not in shares.columns]
    if missing:
        raise InputError(f"missing column '{missing[0]}'", fix="give the table that shares() makes")
    names = list(dict.fromkeys(shares["behaviour"]))
    widths = list(dict.fromkeys(shares["width"]))
    with look.themed():
        figure = look.new_figure(width_mm, 22.0 + 7.0 * len(names))
        axes = figure.subplots()
        handles = []
        for i, width in enumerate(widths):
            rows = shares[shares["width"] == width].set_index("behaviour").loc[names]
            # Markers of one behaviour stand below each other, so that intervals do not overlap.
            y = [k + 0.18 * (i - (len(widths) - 1) / 2) for k in range(len(names))]
            axes.hlines(y, rows["low"], rows["high"], color=look.colour(i), linewidth=0.8)
            (handle,) = axes.plot(
                rows["share"],
                y,
                "osD^v"[i % 5],
                color=look.colour(i),
                label="whole bounds" if width == "bounds" else f"within {width}",
                clip_on=False,
            )
            handles.append(handle)
        axes.set_yticks(range(len(names)), [look.plain(n) for n in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0.0, 1.0)
        axes.set_xlabel("Share of random draws that show it (no unit)")
        add_legend(figure, handles, width_mm)
    return figure
