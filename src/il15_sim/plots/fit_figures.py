"""How a fit meets its data: time courses per arm, and observed against predicted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend, legend_height_mm, plain_log_ticks
from il15_sim.plots.labels import name_of, unit_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_MARKERS = "osD^vPX<>*"
_COLUMNS = 4


def study_name(study: str) -> str:
    """A study id as it is cited.

    >>> study_name("awada2005"), study_name("label_sorafenib")
    ('Awada 2005', 'label sorafenib')
    """
    told = re.fullmatch(r"([a-z]+)(\d{4})(.*)", study)
    return f"{told[1].capitalize()} {told[2]}{told[3]}" if told else study.replace("_", " ")


def observed_predicted(
    predictions: pd.DataFrame, curves: pd.DataFrame, *, width_mm: float = 180.0
) -> Figure:
    """Measured time courses with predicted curves, one panel per arm of a study.

    Parameters
    ----------
    predictions, curves : DataFrame
        `Fit.residuals` and `Fit.curves()`.

    Raises
    ------
    InputError
        When no arm has a time course of at least three points.
    """
    from il15_sim.plots import figure as look

    points = predictions[predictions["start_h"].isna()]
    arms = [(key, rows) for key, rows in points.groupby("arm", sort=False) if len(rows) > 2]
    if not arms:
        raise InputError("no time course to draw", why="no arm has three measurements or more")
    arms.sort(key=lambda arm: (arm[1]["study"].iloc[0], arm[1]["dose_mg"].iloc[0]))
    n_rows = -(-len(arms) // _COLUMNS)
    columns = min(_COLUMNS, len(arms))
    with look.themed():
        figure = look.new_figure(width_mm, 34.0 * n_rows + 12.0)
        panels = figure.subplots(n_rows, columns, squeeze=False)
        for axes, (arm, rows) in zip(panels.flat, arms, strict=False):
            _draw_arm(axes, rows, curves[curves["arm"] == arm])
        for axes in list(panels.flat)[len(arms) :]:
            axes.set_axis_off()
        for position in range(max(0, len(arms) - columns), len(arms)):
            panels.flat[position].set_xlabel("Time (days)")
        first = predictions.loc[points.index[0]]
        unit = unit_text(first["unit"])
        figure.supylabel(f"{name_of(first['observable'])} ({unit})", fontsize=7)
        add_legend(figure, _key(), width_mm)
    return figure


def _draw_arm(axes: Any, rows: pd.DataFrame, curve: pd.DataFrame) -> None:
    from il15_sim.plots import figure as look

    days = rows["time_model_h"] / 24.0
    span = max(days.max() - days.min(), 0.05)
    low, high = max(0.0, days.min() - 0.05 * span), days.max() + 0.05 * span
    inside = curve[(curve["time_h"] / 24.0 >= low) & (curve["time_h"] / 24.0 <= high)]
    inside = inside[inside["typical"] > 0.02 * inside["typical"].max()]
    x = inside["time_h"] / 24.0
    axes.plot(x, inside["typical"], color=look.GREY, linestyle=":", linewidth=0.9)
    axes.plot(x, inside["predicted"], color=look.colour(0))
    fitted = rows["used"]
    style = {"linestyle": "none", "marker": "o", "markersize": 3.2, "color": look.colour(1)}
    axes.plot(days[fitted], rows["measured"][fitted], **style)
    axes.plot(days[~fitted], rows["measured"][~fitted], **style, fillstyle="none")
    axes.set_yscale("log")
    drawn = [*rows["measured"], *inside["typical"], *inside["predicted"]]
    axes.set_ylim(min(drawn) / 1.25, max(drawn) * 1.25)
    plain_log_ticks(axes.yaxis)
    axes.set_xlim(low, high)
    axes.locator_params(axis="x", nbins=4)
    study, dose = rows["study"].iloc[0], rows["dose_mg"].iloc[0]
    axes.set_title(f"{study_name(study)}, {dose:g} mg", loc="left", pad=3)


def _key() -> list[Any]:
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    point: dict[str, Any] = {"linestyle": "none", "marker": "o", "color": look.colour(1)}
    return [
        Line2D([], [], **point, label="measured, fitted"),
        Line2D([], [], **point, fillstyle="none", label="measured, compared only"),
        Line2D([], [], color=look.colour(0), label="predicted for the cohort"),
        Line2D([], [], color=look.GREY, linestyle=":", label="predicted, exposure factor 1"),
    ]


def goodness_of_fit(predictions: pd.DataFrame, *, width_mm: float = 180.0) -> Figure:
    """Observed against predicted, one panel per unit, with the identity and two-fold lines.

    Single patients are left out: the fit predicts means and medians.

    Parameters
    ----------
    predictions : DataFrame
        `Fit.residuals`.
    """
    from il15_sim.plots import figure as look

    rows = predictions[predictions["statistic"] != "individual"]
    studies = sorted(rows["study"].unique())
    units = sorted(rows["unit"].unique(), key=lambda unit: -int((rows["unit"] == unit).sum()))
    with look.themed():
        handles = _study_handles(studies)
        labels = [str(handle.get_label()) for handle in handles]
        height = 50.0 + legend_height_mm(labels, width_mm)
        figure = look.new_figure(width_mm, height)
        panels = figure.subplots(1, len(units), squeeze=False)[0]
        for axes, unit in zip(panels, units, strict=True):
            group = rows[rows["unit"] == unit]
            both = [*group["measured"], *group["predicted"]]
            low, high = min(both) / 1.5, max(both) * 1.5
            for fold, line in ((1.0, "-"), (2.0, "--"), (0.5, "--")):
                axes.plot([low, high], [low * fold, high * fold], color=look.GREY, ls=line, lw=0.7)
            for index, study in enumerate(studies):
                here = group[group["study"] == study]
                for used, fill in ((True, "full"), (False, "none")):
                    part = here[here["used"] == used]
                    axes.plot(
                        part["predicted"],
                        part["measured"],
                        linestyle="none",
                        marker=_MARKERS[index % len(_MARKERS)],
                        color=look.colour(index),
                        fillstyle=fill,
                        markersize=2.8,
                        markeredgewidth=0.7,
                        alpha=0.85,
                    )
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlim(low, high)
            axes.set_ylim(low, high)
            axes.set_box_aspect(1)
            plain_log_ticks(axes.xaxis)
            plain_log_ticks(axes.yaxis)
            told = unit_text(unit)
            axes.set_title(_WHAT.get(told, told), loc="left", pad=3)
            axes.set_xlabel(f"Predicted{f' ({told})' if told else ''}")
            axes.set_ylabel(f"Observed{f' ({told})' if told else ''}")
        add_legend(figure, handles, width_mm)
    return figure


_WHAT = {"mg/L": "Concentration", "mg·h/L": "AUC", "h": "Half-life", "": "Ratio of two AUCs"}


def _study_handles(studies: list[str]) -> list[Any]:
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    handles: list[Any] = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=_MARKERS[index % len(_MARKERS)],
            color=look.colour(index),
            label=study_name(study),
        )
        for index, study in enumerate(studies)
    ]
    grey: dict[str, Any] = {"color": look.GREY, "linewidth": 0.7}
    handles.append(Line2D([], [], **grey, label="identity"))
    handles.append(Line2D([], [], **grey, linestyle="--", label="two-fold"))
    open_mark: dict[str, Any] = {
        "linestyle": "none",
        "marker": "o",
        "color": "black",
        "fillstyle": "none",
    }
    handles.append(Line2D([], [], **open_mark, label="open: compared only"))
    return handles
