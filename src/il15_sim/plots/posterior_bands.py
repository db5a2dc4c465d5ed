"""Bands of a fit's posterior over the readings: of the curve, and of a new reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend, plain_log_ticks
from il15_sim.plots.labels import axis_label
from il15_sim.plots.table_fits import TIMES, without_plates

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLUMNS, _MOST = 4, 24


def predictive(bands: pd.DataFrame, rows: pd.DataFrame, *, width_mm: float = 180.0) -> Figure:
    """Posterior bands of each arm over its readings, one panel per arm and observable.

    Parameters
    ----------
    bands : DataFrame
        What `il15_sim.fit.posterior.predictive` gave. Dark: 95 % of the curves; light: of new
        readings.
    rows : DataFrame
        `Fit.residuals`. Arms with two readings of a level or more are shown; what was read on
        several plates stands without their factors and backgrounds, as its curve does.
    width_mm : float
        Width on paper.

    Raises
    ------
    InputError
        Without such an arm, and for more than can be shown.
    """
    from il15_sim.fit.patient_statistics import is_level
    from il15_sim.plots import figure as look

    on_curves = (rows["quantity"] == "value") & rows["statistic"].map(is_level)
    levels = rows[on_curves & rows["used"]]
    keys = list(zip(levels["arm"].astype(str), levels["model_observable"].astype(str), strict=True))
    found = []
    for key in dict.fromkeys(keys):
        own = levels[[one == key for one in keys]]
        if len(own) > 1:
            found.append((key, _on_scale_of(own)))
    if not found:
        raise InputError("no arm to draw", why="none has two readings of a level")
    if len(found) > _MOST:
        raise InputError(f"{len(found)} arms", why=f"no more than {_MOST} can be shown")
    columns = min(_COLUMNS, len(found))
    lines = -(-len(found) // columns)
    with look.themed():
        figure = look.new_figure(width_mm, 40.0 * lines + 14.0)
        panels = figure.subplots(lines, columns, squeeze=False)
        for axes, (key, own) in zip(panels.flat, found, strict=False):
            chosen = (bands["arm"] == key[0]) & (bands["observable"] == key[1])
            _draw(axes, bands[chosen], own)
            axes.set_title(look.plain(key[0].replace("_", " ")), loc="left", pad=3)
        for axes in list(panels.flat)[len(found) :]:
            axes.set_axis_off()
        names = {key[1]: str(own["unit"].iloc[0]) for key, own in found}
        if len(names) == 1:
            figure.supylabel(axis_label(next(iter(names)), names), fontsize=7)
        else:
            for axes, (key, _) in zip(panels.flat, found, strict=False):
                axes.set_ylabel(axis_label(key[1], names, lines=True))
        add_legend(figure, _key(), width_mm)
    return figure


def _on_scale_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Readings of one curve; where plates share it, without their factors and backgrounds."""
    if (rows[["factor", "offset"]].nunique() <= 1).all():
        return rows
    return without_plates(rows).assign(unit="")


def _draw(axes: Any, band: pd.DataFrame, rows: pd.DataFrame) -> None:
    from il15_sim.plots import figure as look

    low, high = float(rows["time_model_h"].min()), float(rows["time_model_h"].max())
    span = max(high - low, 0.05)
    low, high = max(0.0, low - 0.08 * span), high + 0.05 * span
    _, hours, word = next(one for one in TIMES if high - low >= one[0])
    inside = band[(band["time_h"] >= low) & (band["time_h"] <= high)]
    x = inside["time_h"] / hours
    colour = look.colour(0)
    for ends, alpha in (("reading_", 0.18), ("", 0.4)):
        lower, upper = inside[f"{ends}lower95"], inside[f"{ends}upper95"]
        axes.fill_between(x, lower, upper, color=colour, alpha=alpha, linewidth=0)
    axes.plot(x, inside["median"], color=colour)
    measured = rows["measured"].astype(float)
    dots: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 3.2}
    axes.plot(rows["time_model_h"] / hours, measured, color=look.colour(1), **dots)
    if (rows["likelihood"] == "log-normal").all() and measured.max() > 4 * measured.min():
        axes.set_yscale("log")
        drawn = [*measured, *inside["median"][inside["median"] > 0]]
        axes.set_ylim(min(drawn) / 1.8, max(drawn) * 1.8)
        plain_log_ticks(axes.yaxis)
    elif np.isfinite(inside["reading_upper95"]).any():
        axes.set_ylim(bottom=min(0.0, float(measured.min())))
    axes.set_xlim(low / hours, high / hours)
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel(f"Time ({word})")


def _key() -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from il15_sim.plots import figure as look

    colour = look.colour(0)
    return [
        Line2D([], [], linestyle="none", marker="o", color=look.colour(1), label="measured"),
        Line2D([], [], color=colour, label="median of the curves"),
        Patch(color=colour, alpha=0.4, linewidth=0, label="95 % of the curves"),
        Patch(color=colour, alpha=0.18, linewidth=0, label="95 % of new readings"),
    ]
