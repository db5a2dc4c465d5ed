"""What to look at before a fit is believed: its starts, residuals, profiles and rivals."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend, plain_log_ticks
from il15_sim.plots.labels import name_of, unit_text
from il15_sim.plots.table_fits import draw_profile, profile_key

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from il15_sim.fit import ParameterProfile

_COLUMNS = 3
#: Rises below this are drawn here: a log axis has no zero.
_LEAST_RISE = 1e-3
#: Width of a letter of a label, with room to spare.
_LETTER_MM = 1.9


def waterfall(starts: pd.DataFrame, *, width_mm: float = 85.0) -> Figure:
    """Where the searches of a fit ended, the best first: a floor says that they met again.

    Parameters
    ----------
    starts : DataFrame
        `Fit.starts`. Searches that failed are counted in the legend.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        Where no search came to an end.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import plots
    >>> ends = pd.DataFrame({"objective": [3.0, 3.0, 9.0], "status": ["converged"] * 3})
    >>> figure = plots.waterfall(ends)
    """
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    good = starts[np.isfinite(starts["objective"])].sort_values("objective")
    if good.empty:
        raise InputError("no search to draw", why="all of them failed")
    rise = np.maximum(good["objective"] - good["objective"].iloc[0], _LEAST_RISE)
    stopped = (good["status"] != "converged").to_numpy()
    ranks = np.arange(1, len(good) + 1)
    failed = len(starts) - len(good)
    with look.themed():
        dots: dict[str, Any] = {"linestyle": "none", "marker": "o", "color": look.colour(0)}
        handles = [Line2D([], [], **dots, label="search that converged")]
        if stopped.any():
            handles.append(Line2D([], [], **dots, fillstyle="none", label="stopped before"))
        if failed:
            told = f"{failed} failed, not shown"
            handles.append(Line2D([], [], linestyle="none", label=told))
        figure = look.new_figure(width_mm, 58.0)
        axes = figure.subplots()
        axes.plot(ranks, rise, color=look.GREY, linewidth=0.7, zorder=1)
        axes.plot(ranks[~stopped], rise[~stopped], **dots)
        axes.plot(ranks[stopped], rise[stopped], **dots, fillstyle="none")
        axes.set_yscale("log")
        axes.set_ylim(_LEAST_RISE / 2, max(10.0, 2 * float(rise.max())))
        axes.set_xlim(0.5, len(good) + 0.5)
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel("Search, the best first")
        axes.set_ylabel("Rise of −2 ln posterior\nover the best search")
        add_legend(figure, handles, width_mm)
    return figure


def residuals(rows: pd.DataFrame, *, width_mm: float = 180.0) -> Figure:
    """Residuals of a fit against the prediction and against the normal quantiles.

    Parameters
    ----------
    rows : DataFrame
        `Fit.residuals`; rows that are only compared, and words, are left out.
    width_mm : float
        Width on paper.

    Raises
    ------
    InputError
        Where fewer than three rows are left.
    """
    from scipy.stats import norm

    from il15_sim.plots import figure as look

    own = rows[rows["used"] & np.isfinite(rows["residual"].astype(float))]
    if len(own) < 3:
        raise InputError(f"{len(own)} residuals", why="three are the least that can be drawn")
    told_of = [
        name_of(str(name)) + ("" if what == "value" else f", {str(what).replace('_', ' ')}")
        for name, what in zip(own["model_observable"], own["quantity"], strict=True)
    ]
    names = list(dict.fromkeys(told_of))
    with look.themed():
        handles = []
        figure = look.new_figure(width_mm, 66.0)
        left, right = figure.subplots(1, 2)
        for k, name in enumerate(names):
            group = own[[told == name for told in told_of]]
            style: dict[str, Any] = {
                "linestyle": "none",
                "marker": "osD^vPX"[k % 7],
                "color": look.colour(k),
                "markersize": 3.0,
                "alpha": 0.8,
            }
            (line,) = left.plot(group["predicted"], group["residual"], **style)
            line.set_label(look.plain(name))
            handles.append(line)
        positive = (own["predicted"] > 0).all()
        spread = positive and own["predicted"].max() > 5 * own["predicted"].min()
        if spread:
            low, high = float(own["predicted"].min()), float(own["predicted"].max())
            room = (high / low) ** 0.05
            left.set_xscale("log")
            left.set_xlim(low / room, high * room)
            plain_log_ticks(left.xaxis)
        else:
            left.margins(x=0.05)  # or points at the edges are cut
        units = sorted({unit_text(unit) for unit in own["unit"]})
        told = f" ({units[0]})" if units[0] else ""
        left.set_xlabel(f"Predicted{told if len(units) == 1 else ', in the unit of each'}")
        left.set_ylabel("Residual (in its SD)")
        ordered = np.sort(own["residual"].astype(float))
        quantile = norm.ppf((np.arange(len(ordered)) + 0.5) / len(ordered))
        right.plot(quantile, ordered, linestyle="none", marker="o", markersize=3.0, color="black")
        reach = 1.1 * max(float(np.abs(ordered).max()), float(quantile.max()), 2.0)
        right.plot([-reach, reach], [-reach, reach], color=look.GREY, linewidth=0.7)
        for axes in (left, right):
            axes.set_ylim(-reach, reach)
            for level in (-1.96, 0.0, 1.96):
                width = 0.8 if level == 0 else 0.6
                axes.axhline(level, color=look.GREY, linestyle=":", linewidth=width)
        right.set_xlabel("Quantile of a normal distribution")
        right.set_ylabel("Residual (in its SD)")
        add_legend(figure, handles, width_mm)
    return figure


def profiles(found: Sequence[ParameterProfile], *, width_mm: float = 180.0) -> Figure:
    """Profiles of several parameters, or of predictions, one panel each.

    Parameters
    ----------
    found : sequence of ParameterProfile
        From `Fit.profile` or `Fit.prediction_profile`.
    width_mm : float
        Width on paper.

    Raises
    ------
    InputError
        Without a profile.
    """
    from il15_sim.plots import figure as look

    if not found:
        raise InputError("no profile to draw")
    columns = min(_COLUMNS, len(found))
    lines = -(-len(found) // columns)
    panel_mm = width_mm / columns
    with look.themed():
        figure = look.new_figure(width_mm, 48.0 * lines + 10.0)
        panels = figure.subplots(lines, columns, squeeze=False)
        for axes, one in zip(panels.flat, found, strict=False):
            draw_profile(axes, one)
            unit = unit_text(one.unit)
            told = name_of(one.parameter) + (f" ({unit})" if unit else "")
            axes.set_xlabel(look.plain(fill(told, int(panel_mm / _LETTER_MM))))
        for axes in list(panels.flat)[len(found) :]:
            axes.set_axis_off()
        for row in panels:
            row[0].set_ylabel("Rise of −2 ln likelihood")
        hollow = any(not one.frame["converged"].all() for one in found)
        add_legend(figure, profile_key(hollow), width_mm)
    return figure


def comparison(table: pd.DataFrame, *, width_mm: float = 120.0) -> Figure:
    """Fits beside each other: differences in AIC and BIC from the best.

    Parameters
    ----------
    table : DataFrame
        What `il15_sim.fit.compare.compare_fits` gave.
    width_mm : float
        Width on paper.
    """
    from il15_sim.plots import figure as look

    count = len(table)
    with look.themed():
        figure = look.new_figure(width_mm, 22.0 + 9.0 * count)
        axes = figure.subplots()
        places = np.arange(count)[::-1].astype(float)
        handles = []
        for k, (name, marker) in enumerate((("aic", "o"), ("bic", "s"))):
            at = places + (0.12 if k == 0 else -0.12)
            values = table[f"delta_{name}"].to_numpy()
            axes.hlines(at, 0.0, values, color=look.colour(k), linewidth=0.9)
            style: dict[str, Any] = {"linestyle": "none", "marker": marker}
            (line,) = axes.plot(values, at, color=look.colour(k), **style)
            line.set_label(name.upper())
            handles.append(line)
        axes.axvline(10.0, color=look.GREY, linestyle="--", linewidth=0.7)
        axes.set_yticks(places, [look.plain(str(name)) for name in table["fit"]])
        axes.set_ylim(-0.6, count - 0.4)
        reach = max(12.0, 1.08 * float(table[["delta_aic", "delta_bic"]].to_numpy().max()))
        axes.set_xlim(-0.03 * reach, reach)
        axes.set_xlabel("Worse than the best by (dashed: 10, next to no support)")
        add_legend(figure, handles, width_mm)
    return figure
