"""Draws from a posterior: whether chains agree, and what values they leave likely."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError, unknown
from il15_sim.plots.axes import add_legend, legend_height_mm
from il15_sim.plots.labels import name_of, unit_text
from il15_sim.plots.posterior_scale import PosteriorScale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from il15_sim.fit.sampling import Posterior

_MOST = 10
#: More panels than this are too small for names: they are numbered.
_NAMED = 4
_LETTER_MM, _LINE_MM = 1.5, 4.0
_RANK_BINS = 20
#: Draws inside of the darker and the lighter region.
_REGIONS = (0.5, 0.95)
_DARK, _LIGHT = "#6aaed6", "#c6dbef"


def traces(found: Posterior, *, width_mm: float = 180.0) -> Figure:
    """How the chains moved, and whether they agree: one row per parameter.

    On the left, the walkers at every step after the warm-up: their median, chain by chain, and the
    range of the middle 90 % of all. On the right, how often the draws of a chain have which rank
    among all draws; chains that agree are flat at 1 (Vehtari et al. 2021, doi:10.1214/20-BA1221).

    Parameters
    ----------
    found : Posterior
        From `il15_sim.fit.sampling.sample`; up to ten parameters and seven chains.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        For more parameters or chains than can be told apart.

    Examples
    --------
    >>> from il15_sim import plots
    >>> from il15_sim.fit.sampling import sample
    >>> class Normal:
    ...     names, units, logarithmic, hash = ("ka",), ("1/h",), (True,), "normal"
    ...     def log_density(self, shares):
    ...         return -0.5 * ((shares[:, 0] - 0.5) / 0.1) ** 2
    ...     def values(self, shares):
    ...         return 0.01 * 100**shares
    >>> figure = plots.traces(sample(Normal(), [0.5], [[0.01]], draws=2000, seed=1))
    """
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    chosen = _chosen(found, None)
    chains = len(found.shares)
    if chains > len(look.PALETTE):
        why = f"no more than {len(look.PALETTE)} can be told apart"
        raise InputError(f"{chains} chains in one panel", why=why)
    with look.themed():
        styles = [{"color": look.colour(c), "linestyle": look.dash(c)} for c in range(chains)]
        handles = [
            Line2D([], [], **style, label=f"chain {number}")
            for number, style in enumerate(styles, 1)
        ]
        labels = [str(handle.get_label()) for handle in handles]
        height = (
            min(30.0, 210.0 / len(chosen)) * len(chosen) + 9.0 + legend_height_mm(labels, width_mm)
        )
        figure = look.new_figure(width_mm, height)
        rows = figure.subplots(
            len(chosen), 2, squeeze=False, sharex="col", gridspec_kw={"width_ratios": [3, 2]}
        )
        for (left, right), at in zip(rows, chosen, strict=True):
            _draw_trace(left, found, at, styles)
            _draw_ranks(right, found, at, styles)
            label = _label(found, at, int(width_mm * 0.6 / _LETTER_MM), lines=1)
            left.set_title(look.plain(label), loc="left")
            row = found.frame.iloc[at]
            told = f"R-hat {row['r_hat']:.3f}, ESS {row['ess_bulk']:,.0f}"
            right.set_title(f"{told} (tails {row['ess_tail']:,.0f})", loc="left")
        rows[-1, 0].set_xlabel(
            "Step after the warm-up (lines: medians of walkers, band: 90 % of all)"
        )
        rows[-1, 1].set_xlabel("Rank among all draws (share)")
        add_legend(figure, handles, width_mm)
    return figure


def pairs(
    found: Posterior,
    parameters: Sequence[str] | None = None,
    *,
    width_mm: float | None = None,
) -> Figure:
    """What values the data leave likely, of each parameter and of each two together.

    On the diagonal, each parameter with its median and 95 % interval; below it, the regions where
    half and 95 % of the draws of two parameters lie. Axes are logarithmic where a parameter was
    searched on a log scale and spans more than a factor of three.

    Parameters
    ----------
    found : Posterior
        From `il15_sim.fit.sampling.sample`.
    parameters : sequence of str, optional
        Which, in which order; by default all, up to ten.
    width_mm : float, optional
        Width on paper; by default 85 for one or two parameters and 180 for more.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        For parameters that there are not, and for more than can be shown.

    Examples
    --------
    >>> from il15_sim import plots
    >>> from il15_sim.fit.sampling import sample
    >>> class Normal:
    ...     names, units, logarithmic, hash = ("ka",), ("1/h",), (True,), "normal"
    ...     def log_density(self, shares):
    ...         return -0.5 * ((shares[:, 0] - 0.5) / 0.1) ** 2
    ...     def values(self, shares):
    ...         return 0.01 * 100**shares
    >>> figure = plots.pairs(sample(Normal(), [0.5], [[0.01]], draws=2000, seed=1))
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from il15_sim.plots import figure as look

    chosen = _chosen(found, parameters)
    count = len(chosen)
    width = width_mm if width_mm is not None else 85.0 if count <= 2 else 180.0
    with look.themed():
        handles: list[Any] = [
            Line2D([], [], color="black", label="median"),
            Line2D([], [], color="black", linestyle="--", label="95 % interval"),
        ]
        if count > 1:
            handles += [
                Patch(color=_DARK, label="50 % of the draws"),
                Patch(color=_LIGHT, label="95 % of the draws"),
            ]
        labels = [str(handle.get_label()) for handle in handles]
        panel = (width - 16.0) / count
        letters = max(int(panel / _LETTER_MM), 8)
        texts = [
            _label(found, at, letters) if count <= _NAMED else str(number)
            for number, at in enumerate(chosen, 1)
        ]
        lines = [text.count("\n") + 1 for text in texts]
        height = min(panel, 60.0) * count + _LINE_MM * (sum(lines[:-1]) + max(lines)) + 11.0
        height += legend_height_mm(labels, width)
        figure = look.new_figure(width, height)
        grid = figure.subplots(count, count, squeeze=False, sharex="col")
        scales = [PosteriorScale(found, at) for at in chosen]
        for i, below in enumerate(scales):
            _draw_marginal(grid[i, i], below)
            for j in range(count):
                if j > i:
                    grid[i, j].remove()
                elif j < i:
                    _draw_regions(grid[i, j], scales[j], below)
                    below.set_ticks(grid[i, j].yaxis, shown=j == 0)
        for j, across in enumerate(scales):
            across.set_ticks(grid[-1, j].xaxis, upright=count > _NAMED)
        for number, text in enumerate(texts):
            grid[-1, number].set_xlabel(look.plain(text))
            if number:
                grid[number, 0].set_ylabel(look.plain(text))
            if number < count - 1:
                grid[number, number].set_title(look.plain(text), loc="left")
        if count > _NAMED:
            names = [_label(found, at, int(0.66 * width / _LETTER_MM), lines=1) for at in chosen]
            key = "\n".join(f"{number}  {look.plain(name)}" for number, name in enumerate(names, 1))
            # In the empty half above the diagonal.
            figure.text(0.99, 0.99, key, ha="right", va="top", multialignment="left")
        figure.align_labels()
        add_legend(figure, handles, width)
    return figure


def _chosen(found: Posterior, parameters: Sequence[str] | None) -> list[int]:
    """Places of the parameters among all."""
    names = list(found.names if parameters is None else parameters)
    for name in names:
        if name not in found.names:
            raise unknown("parameter", str(name), found.names)
    if not 0 < len(names) <= _MOST:
        raise InputError(
            f"{len(names)} parameters in one figure",
            why=f"from one to {_MOST} can be shown",
            fix="give the names of some" if parameters is None else None,
        )
    return [found.names.index(name) for name in names]


def _label(found: Posterior, at: int, letters: int, lines: int | None = None) -> str:
    """Name and unit in lines of so many letters; one line is cut where it is longer."""
    name, unit = name_of(found.names[at]), unit_text(found.units[at])
    text = f"{name} ({unit})" if unit else name
    if lines is None:
        return fill(text, letters)
    room = letters - len(text) + len(name)
    return text if len(text) <= letters else text.replace(name, f"{name[: room - 1]}…", 1)


def _draw_trace(axes: Any, found: Posterior, at: int, styles: list[dict[str, Any]]) -> None:
    scale = PosteriorScale(found, at)
    drawn = scale.drawn.reshape(len(styles), found.walkers, -1)
    steps = np.arange(1, drawn.shape[2] + 1)
    axes.fill_between(
        steps, *np.quantile(drawn, [0.05, 0.95], axis=(0, 1)), color="#d9d9d9", linewidth=0
    )
    for walkers, style in zip(drawn, styles, strict=True):
        axes.plot(steps, np.median(walkers, axis=0), **style, linewidth=0.8)
    axes.set_xlim(1, max(2, len(steps)))
    axes.set_ylim(scale.low, scale.high)
    scale.set_ticks(axes.yaxis)


def _draw_ranks(axes: Any, found: Posterior, at: int, styles: list[dict[str, Any]]) -> None:
    from scipy.stats import rankdata

    from il15_sim.plots import figure as look

    values = found.values[:, :, at]
    ranks = (rankdata(values).reshape(values.shape) - 0.5) / values.size
    most = 1.5
    for own, style in zip(ranks, styles, strict=True):
        counts, edges = np.histogram(own, _RANK_BINS, (0, 1))
        often = counts * _RANK_BINS / len(own)
        axes.stairs(often, edges, baseline=None, linewidth=0.8, **style)
        most = max(most, 1.1 * float(often.max()))
    axes.axhline(1.0, color=look.GREY, linewidth=0.6)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, most)
    axes.set_ylabel("Frequency")


def _draw_marginal(axes: Any, scale: PosteriorScale) -> None:
    counts, edges = np.histogram(scale.drawn, scale.edges)
    axes.stairs(counts, edges, fill=True, color=_DARK)
    low, middle, high = np.quantile(scale.drawn, [0.025, 0.5, 0.975])
    top = 1.08 * float(counts.max())
    axes.plot([middle, middle], [0, top], color="black", linewidth=0.8)
    for end in (low, high):
        axes.plot([end, end], [0, top], color="black", linestyle="--", linewidth=0.8)
    axes.set_xlim(scale.low, scale.high)
    axes.set_ylim(0, top)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)


def _draw_regions(axes: Any, across: PosteriorScale, up: PosteriorScale) -> None:
    from scipy.ndimage import gaussian_filter

    counts, x, y = np.histogram2d(across.drawn, up.drawn, (across.edges, up.edges))
    smooth = gaussian_filter(counts, 1.0, mode="nearest")
    falling = np.sort(smooth.ravel())[::-1]
    mass = np.cumsum(falling) / falling.sum()
    # The density that a share of the draws lies above.
    inner, outer = (float(falling[np.searchsorted(mass, share)]) for share in _REGIONS)
    middles = (x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2
    levels = np.maximum.accumulate([outer, inner * (1 + 1e-9), 2 * falling[0] + 1e-9])
    if levels[0] < levels[1]:
        axes.contourf(*middles, smooth.T, levels, colors=[_LIGHT, _DARK])
    axes.set_xlim(across.low, across.high)
    axes.set_ylim(up.low, up.high)
