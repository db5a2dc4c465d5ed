"""Pairs of factors: how much of the variance they make together and alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from il15_sim.plots.index_bars import head_output
from il15_sim.plots.index_rows import Labels, factor_name, index_rows, top_factors, values_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.sensitivity import Indices


def interactions(
    indices: Indices,
    output: str | None = None,
    *,
    top: int = 10,
    labels: Labels = None,
    time_h: float | None = None,
    width_mm: float = 180.0,
) -> Figure:
    """Shares of the variance of pairs of factors, S2, below those of single ones, S1.

    A number is bold where its 95 % interval lies above zero.

    Parameters
    ----------
    indices : Indices
        Of the method of Sobol with second order.
    output, top, labels, time_h
        As in `tornado`; factors are sorted by ST.

    Raises
    ------
    InputError
        For indices without S2, and unknown outputs and times.
    """
    from il15_sim.plots import figure as look

    fix = 'give a Design: design(factors, "sobol", n, second_order=True)'
    rows = index_rows(indices.frame, output, ["S1", "ST", "S2"], fix, time_h)
    chosen = top_factors(rows, "ST", top)
    count = len(chosen)
    shares, low = np.full((count, count), np.nan), np.full((count, count), np.nan)
    single = values_of(rows, "S1", chosen)
    np.fill_diagonal(shares, single["value"])
    np.fill_diagonal(low, single["low"])
    pairs = rows[rows["index"] == "S2"]
    for one, other, value, bottom in pairs[["factor", "other", "value", "low"]].itertuples(
        index=False
    ):
        if one in chosen and other in chosen:
            j, i = sorted((chosen.index(one), chosen.index(other)))
            shares[i, j], low[i, j] = value, bottom
    with look.themed():
        figure = look.new_figure(width_mm, 22.0 + 7.0 * count)
        axes = figure.subplots()
        top_share = max(float(np.nanmax(shares)), 1e-9)
        drawn = axes.pcolormesh(shares, cmap="Blues", vmin=0.0, vmax=top_share, edgecolor="white")
        for i in range(count):
            for j in range(i + 1):
                if np.isfinite(shares[i, j]):
                    axes.text(
                        j + 0.5,
                        i + 0.5,
                        _number(shares[i, j]),
                        ha="center",
                        va="center",
                        color="white" if shares[i, j] > 0.6 * top_share else "black",
                        fontweight="bold" if low[i, j] > 0 else "normal",
                    )
        numbers = [str(i + 1) for i in range(count)]
        names = [f"{factor_name(f, labels, 44)}  {k}" for f, k in zip(chosen, numbers, strict=True)]
        middles = np.arange(count) + 0.5
        axes.set_xticks(middles, numbers)
        axes.set_yticks(middles, names)
        axes.set_ylim(count, 0.0)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("Diagonal: S1 of one factor. Below it: S2 of two. Bold: above zero (95 %)")
        bar = figure.colorbar(drawn, ax=axes, fraction=0.04, pad=0.02)
        bar.set_label("Share of the variance\n(no unit)")
        bar.outline.set_visible(False)
        head_output(figure, str(rows["output"].iloc[0]), labels, time_h, width_mm)
    return figure


def _number(share: float) -> str:
    """Two digits; what rounds to zero has no sign."""
    return f"{round(share, 2) + 0.0:.2f}".replace("-", "\u2212")
