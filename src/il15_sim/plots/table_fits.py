"""A model fitted to one's own table: readings over the curves, and profiles of parameters."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend, frame_y, legend_height_mm, plain_log_ticks
from il15_sim.plots.labels import axis_label, name_of, unit_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from il15_sim.fit import Fit, ParameterProfile

_MARKERS = "osD^vPX"
_MOST_GROUPS = 14
_PANEL_MM = 48.0
#: A log axis of a narrower range would have next to no ticks.
_WIDE = 3.0
#: Width of a letter of a label, with room to spare.
_LETTER_MM = 1.8
#: Unit of the time axis by the shortest horizon it is for, in hours.
TIMES = ((96.0, 24.0, "days"), (3.0, 1.0, "h"), (0.0, 1 / 60, "min"))


def fitted(result: Fit, *, width_mm: float = 85.0) -> Figure:
    """Readings over the fitted curves, one panel per observable, one colour per arm.

    Where groups have several arms, such as types of cells with their doses, each has panels of its
    own; what arms were given has the same colour in all of them.

    Readings are the levels of the table. Folds, areas, words, shares and spreads lie on no curve
    and are left out; they are in `result.residuals`. The curve of patients is their median.

    Parameters
    ----------
    result : Fit
        What `il15_sim.fit.fit_table` gave. Bars are one SD of the errors, as told or as estimated.
        Where one curve was read on several plates, readings are shown without their factors and
        backgrounds.
    width_mm : float
        Width on paper; panels stand on each other.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        For more arms in one panel than can be told apart.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import Model, Regimen, plots
    >>> from il15_sim.fit import fit_table
    >>> table = pd.DataFrame({"time_h": [2, 6, 12, 24], "value": [0.9, 1.3, 1.1, 0.7]})
    >>> result = fit_table(
    ...     Model.load("sorafenib_pk"),
    ...     table.assign(observable="sorafenib_total_mg_per_L"),
    ...     estimate=["sorafenib_clearance"],
    ...     arms=Regimen.parse("sorafenib 400 mg at 0 h"),
    ...     starts=1,
    ... )
    >>> figure = plots.fitted(result)
    """
    from matplotlib.lines import Line2D

    from il15_sim.fit.patient_statistics import is_level
    from il15_sim.fit.tables.groups import given_in
    from il15_sim.plots import figure as look

    rows, curves = _on_one_scale(result.residuals, result.curves())
    levels = (rows["quantity"] == "value") & rows["statistic"].map(is_level)
    pairs = dict.fromkeys(zip(rows["arm"], rows["group"], strict=True))
    label_of = {arm: given_in(arm, group) for arm, group in pairs}
    groups = list(dict.fromkeys(label_of.values()))
    most = int(rows.groupby("group")["arm"].nunique().max())
    if most > _MOST_GROUPS:
        why = f"no more than {_MOST_GROUPS} can be told apart"
        raise InputError(f"{most} groups in one panel", why=why, fix="see result.curves()")
    horizon = float(rows["time_h"].max())
    _, hours, word = next(one for one in TIMES if horizon >= one[0])
    with look.themed():
        styles = {group: _style(number) for number, group in enumerate(groups)}
        handles: list[Any] = []
        if groups != [""]:
            handles = [
                Line2D([], [], **style, label=look.plain(group)) for group, style in styles.items()
            ]
        labels = [str(handle.get_label()) for handle in handles]
        every = list(dict.fromkeys(zip(rows["observable"], rows["group"], strict=True)))
        height = _PANEL_MM * len(every) + legend_height_mm(labels, width_mm) + 6
        figure = look.new_figure(width_mm, height)
        panels = figure.subplots(len(every), 1, squeeze=False, sharex=True)[:, 0]
        for axes, (name, group) in zip(panels, every, strict=True):
            axes.set_title(look.plain(group.replace("_", " ")), loc="left", pad=3)
            for arm in dict.fromkeys(rows["arm"][rows["group"] == group]):
                style = styles[label_of[arm]]
                chosen = (rows["arm"] == arm) & (rows["observable"] == name)
                curve = curves[(curves["arm"] == arm) & (curves["observable"] == name)]
                line = {**style, "marker": ""}
                axes.plot(curve["time_h"] / hours, curve["predicted"], **line)
                _draw_readings(axes, rows[chosen & levels], hours, style)
            units = rows["unit"][(rows["observable"] == name) & levels]
            told = len(units) and not rows["corrected"].any()
            unit = units.iloc[0] if told else result.problem.subject.units.get(name, "")
            axes.set_ylabel(axis_label(name, {name: unit}, lines=True))
            frame_y(axes)
            axes.set_xlim(-0.02 * horizon / hours, 1.03 * horizon / hours)
        panels[-1].set_xlabel(f"Time ({word})")
        add_legend(figure, handles, width_mm)
    return figure


def _on_one_scale(rows: pd.DataFrame, curves: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where a curve was read on several plates, readings without factor and background."""
    plates = rows.groupby(["arm", "observable"])[["factor", "offset"]].nunique()
    if (plates <= 1).all(axis=None):
        return rows.assign(corrected=False), curves
    changed = without_plates(rows).assign(corrected=True)
    return changed, curves.assign(predicted=curves["typical"])


def without_plates(rows: pd.DataFrame) -> pd.DataFrame:
    """Readings without their factors and backgrounds, as the typical curve is."""
    free = (rows["measured"].astype(float) - rows["offset"]) / rows["factor"]
    log = rows["likelihood"] == "log-normal"
    spread = rows["spread"].where(log, rows["spread"] / rows["factor"].abs())
    return rows.assign(measured=free, spread=spread)


def _style(number: int) -> dict[str, Any]:
    from il15_sim.plots import figure as look

    return {
        "color": look.colour(number),
        "linestyle": look.dash(number),
        "marker": _MARKERS[number % len(_MARKERS)],
        "markersize": 4.0,
        "markeredgecolor": "#ffffff",
        "markeredgewidth": 0.4,
    }


def _draw_readings(axes: Any, rows: Any, hours: float, style: dict[str, Any]) -> None:
    value, spread = rows["measured"].to_numpy(np.float64), rows["spread"].to_numpy()
    log = (rows["likelihood"] == "log-normal").to_numpy()
    # On a log scale a bar reaches as many times up as down.
    fold = np.exp(np.where(log, spread, 0.0))
    down = np.where(log, value * (1 - 1 / fold), spread)
    up = np.where(log, value * (fold - 1), spread)
    points = {**style, "linestyle": "none", "elinewidth": 0.7, "capsize": 1.5, "zorder": 4}
    axes.errorbar(rows["time_h"] / hours, value, [down, up], **points)


def profile(found: ParameterProfile, *, width_mm: float = 85.0) -> Figure:
    """The profile of a parameter: how much worse the best fit is at other values of it.

    Parameters
    ----------
    found : ParameterProfile
        From `Fit.profile`. Open circles did not converge; where the curve meets the dashed
        line lie the ends of the 95 % interval.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure
    """
    from il15_sim.plots import figure as look

    with look.themed():
        handles = profile_key(not found.frame["converged"].all())
        labels = [str(handle.get_label()) for handle in handles]
        figure = look.new_figure(width_mm, 52.0 + legend_height_mm(labels, width_mm))
        axes = figure.subplots()
        draw_profile(axes, found)
        unit = unit_text(found.unit)
        told = name_of(found.parameter) + (f" ({unit})" if unit else "")
        axes.set_xlabel(look.plain(fill(told, int(width_mm / _LETTER_MM))))
        axes.set_ylabel("Rise of −2 ln likelihood")
        add_legend(figure, handles, width_mm)
    return figure


def profile_key(hollow: bool) -> list[Any]:
    """Legend of profiles; with `hollow`, of points that did not converge too."""
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    handles = [
        Line2D([], [], color=look.colour(0), marker="o", label="all others fitted again"),
        Line2D([], [], color=look.GREY, linestyle="--", label="95 % threshold"),
    ]
    if hollow:
        circle: dict[str, Any] = {"marker": "o", "fillstyle": "none", "linestyle": "none"}
        handles.append(Line2D([], [], color="black", **circle, label="not converged"))
    return handles


def draw_profile(axes: Any, found: ParameterProfile) -> None:
    """A profile into axes: its points, threshold, estimate and the ends of its interval."""
    from il15_sim.plots import figure as look

    rows = found.frame[np.isfinite(found.frame["rise"])]
    good = rows["converged"]
    axes.plot(rows["value"], rows["rise"], color=look.colour(0))
    dots: dict[str, Any] = {"marker": "o", "linestyle": "none"}
    filled: dict[str, Any] = {**dots, "color": look.colour(0)}
    hollow: dict[str, Any] = {**dots, "color": "black", "fillstyle": "none"}
    for chosen, marks in ((good, filled), (~good, hollow)):
        axes.plot(rows["value"][chosen], rows["rise"][chosen], **marks)
    axes.axhline(found.threshold, color=look.GREY, linestyle="--", linewidth=0.8)
    for end in (found.lower95, found.upper95):
        if np.isfinite(end):
            axes.axvline(end, color=look.GREY, linewidth=0.6)
    axes.axvline(found.estimate, color=look.GREY, linewidth=0.6, linestyle=":")
    low, high = float(rows["value"].min()), float(rows["value"].max())
    if found.logarithmic and high > _WIDE * low:
        axes.set_xscale("log")
        room = (high / low) ** 0.04
        axes.set_xlim(low / room, high * room)
        plain_log_ticks(axes.xaxis)
    else:
        room = 0.04 * (high - low)
        axes.set_xlim(low - room, high + room)
    axes.set_ylim(-0.05 * found.threshold, 1.6 * found.threshold)
