"""Virtual patients before treatment: how biomarkers are distributed, beside published medians."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError, unknown
from il15_sim.plots.axes import add_legend, legend_height_mm, plain_log_ticks
from il15_sim.plots.labels import axis_label
from il15_sim.population.baseline import DOUBLING, SHOWN
from il15_sim.population.matching import match, read_summaries
from il15_sim.population.statistics import weighted_quantile

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from il15_sim.population import Population, Summary

    Array = NDArray[np.float64]

_COLUMNS, _PANEL_MM, _BINS = 3, 42.0, 30
_AGE = "age_years"


def baselines(
    population: Population,
    biomarkers: Sequence[str] | None = None,
    *,
    summaries: tuple[Summary, ...] | None = None,
    width_mm: float = 180.0,
) -> Figure:
    """Distributions of biomarkers before treatment, with published medians on top.

    A bar over a distribution is where the medians of 95 % of groups of the published size lie; a
    diamond is the published median. What was published by age has a panel over age, with the
    published groups at theirs. Patients count by their weights.

    Parameters
    ----------
    population : Population
    biomarkers : sequence of str, optional
        Columns of `population.baseline`. Default: eight of them.
    summaries : sequence of Summary, optional
        Default: the packaged ones. Those are shown that are medians.

    Raises
    ------
    InputError
        For a biomarker that the baseline does not have, and where no patient has one.

    Examples
    --------
    >>> from il15_sim import Model, Population, plots
    >>> population = Population(Model.load(), n=300, seed=1)
    >>> figure = plots.baselines(population, ["smica_plasma_pg_per_mL"])
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from il15_sim.plots import figure as look

    base = population.baseline
    known = [str(name) for name in base if name != "status"]
    asked = [b for b in SHOWN if b in known] if biomarkers is None else list(biomarkers)
    for name in asked:
        if name not in known:
            raise unknown("biomarker", str(name), known)
    good = (base["status"] == "ok").to_numpy()
    if not asked or not good.any():
        why = "no patient has a baseline" if asked else "no biomarker is asked for"
        raise InputError("nothing to draw", why=why)
    kept = read_summaries() if summaries is None else summaries
    medians = tuple(s for s in kept if s.statistic == "median" and not s.measure)
    found = match(population, medians)
    weights = np.asarray(population.weights, np.float64) * good
    aged = found[found["among"].str.contains(_AGE) & found["quantity"].isin(asked)]
    over_age = [*dict.fromkeys(aged["quantity"])]
    count = len(asked) + len(over_age)
    columns = min(_COLUMNS, count)
    handles: list[Any] = [
        Patch(color=look.colour(0), alpha=0.45, label=f"{int(good.sum())} virtual patients"),
        Line2D([], [], color="black", linewidth=2, label="95 % of groups of the published size"),
        Line2D([], [], color=look.colour(1), marker="D", linestyle="", label="published median"),
    ]
    rows = -(-count // columns)
    height = rows * _PANEL_MM + legend_height_mm([h.get_label() for h in handles], width_mm)
    with look.themed():
        figure = look.new_figure(width_mm, height)
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in grid[count:]:
            axes.set_axis_off()
        for axes, name in zip(grid, asked, strict=False):
            x = base[name].to_numpy(float)
            own = found[(found["quantity"] == name) & (found["among"] == "all")]
            _distribution(axes, x, weights, own)
            axes.set_xlabel(_label(name, base.attrs.get("units", {})))
            axes.set_ylabel("Share of patients (%)")
        for axes, name in zip(grid[len(asked) :], over_age, strict=False):
            _by_age(axes, population, name, weights, aged[aged["quantity"] == name])
            axes.set_ylabel(_label(name, base.attrs.get("units", {})))
        add_legend(figure, handles, width_mm)
    return figure


def _label(name: str, units: dict[str, str]) -> str:
    if name == DOUBLING:
        return "Doubling time of the tumour\n(d)"
    return axis_label(name, units, lines=True)


def _distribution(axes: Any, x: Array, weights: Array, summaries: pd.DataFrame) -> None:
    """A weighted histogram of logarithms, and what is published over it."""
    from matplotlib.ticker import MaxNLocator

    from il15_sim.plots import figure as look

    use = (weights > 0) & np.isfinite(x) & (x > 0)
    low, high = np.quantile(x[use], [0.001, 0.999])
    edges = np.geomspace(low, max(high, low * 1.01), _BINS + 1)
    shares, _ = np.histogram(x[use], edges, weights=100 * weights[use] / weights.sum())
    axes.stairs(shares, edges, fill=True, color=look.colour(0), alpha=0.45)
    axes.set_xscale("log")
    top = shares.max()
    axes.plot([weighted_quantile(x[use], 0.5, weights[use])] * 2, [0, top], color=look.colour(0))
    for k, (_, row) in enumerate(summaries.iterrows()):
        y = top * (1.1 + 0.12 * k)
        axes.plot([row["lower95"], row["upper95"]], [y, y], color="black", linewidth=2)
        axes.plot(row["published"], y, marker="D", linestyle="", color=look.colour(1))
    shown = [*edges[[0, -1]], *summaries["published"]]
    axes.set_xlim(min(shown) / 1.05, max(shown) * 1.05)
    axes.set_ylim(0, top * (1.2 + 0.12 * len(summaries)))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    plain_log_ticks(axes.xaxis)


def _by_age(
    axes: Any, population: Population, name: str, weights: Array, groups: pd.DataFrame
) -> None:
    """A biomarker over age: patients, median and middle half by decade, published groups."""
    from il15_sim.plots import figure as look

    x = population.baseline[name].to_numpy(float)
    ages = population.covariates[_AGE].to_numpy(float)
    use = np.flatnonzero(weights > 0)
    shown = use[:1500]
    axes.plot(ages[shown], x[shown], ".", color=look.colour(0), markersize=1.5, alpha=0.35)
    decades = np.arange(20, 90, 10)
    members = {d + 5: use[(ages[use] >= d) & (ages[use] < d + 10)] for d in decades}
    kept = {at: own for at, own in members.items() if len(own) >= 20}
    if kept:
        at = [*kept]
        low, middle, high = (
            [weighted_quantile(x[own], level, weights[own]) for own in kept.values()]
            for level in (0.25, 0.5, 0.75)
        )
        axes.fill_between(at, low, high, color=look.colour(0), alpha=0.25, linewidth=0)
        axes.plot(at, middle, color=look.colour(0))
    for _, row in groups.iterrows():
        own = ages[population.truth(row["among"])]
        if own.size:
            axes.plot([np.mean(own)] * 2, [row["lower95"], row["upper95"]], "k-", linewidth=2)
            axes.plot(np.mean(own), row["published"], marker="D", color=look.colour(1))
    axes.set_yscale("log")
    plain_log_ticks(axes.yaxis)
    axes.set_xlabel("Age (years)")
