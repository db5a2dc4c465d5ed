"""Axes that readers need not decipher: days, honest ranges, plain numbers, legends outside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Mean width of a letter at 7 pt, and of a key with its spacing, in mm.
_LETTER_MM, _KEY_MM = 1.4, 10.5


def day_axis(axes: Any, horizon_days: float, *, numbers: bool = True) -> None:
    """Days on the x axis, with ticks at weeks or cycles rather than at tens.

    Panels that stand on each other share the `numbers` of the lowest one.
    """
    from matplotlib.ticker import MultipleLocator

    axes.set_xlim(0.0, horizon_days)
    for step in (0.125, 0.25, 0.5, 1, 2, 7, 14, 28, 56, 84, 168, 364, 728):
        if horizon_days / step <= 7:
            axes.xaxis.set_major_locator(MultipleLocator(step))
            break
    if not numbers:
        axes.tick_params(labelbottom=False)


def starts_at_zero(low: float, high: float) -> bool:
    """The one rule for where a linear y axis starts.

    Amounts, concentrations, counts and percentages start at zero, unless the data span less than a
    fifth of their level: then zero would press them into a line, and the caption says that the axis
    does not start there. Data below zero have no such start.

    >>> starts_at_zero(70.0, 100.0), starts_at_zero(90.0, 100.0), starts_at_zero(-1.0, 1.0)
    (True, False, False)
    """
    # What the solver leaves of a drug that is gone may lie a hair below zero.
    return high > 0 and low >= -1e-6 * high and high - low >= high / 5


def frame_y(axes: Any, *, headroom: float = 0.06) -> None:
    """A linear y axis from zero where `starts_at_zero` says so, else around the data.

    A range narrower than a tenth of the level is widened to that, so that a drift of 0.1 % looks
    like what it is.
    """
    low, high = data_range(axes)
    level = max(abs(low), abs(high))
    if level == 0:
        axes.set_ylim(-0.05, 1.0)
    elif starts_at_zero(low, high):
        axes.set_ylim(-0.02 * high, high * (1 + headroom))
    else:
        centre, span = (low + high) / 2, max(high - low, 0.1 * level)
        axes.set_ylim(centre - 0.6 * span, centre + (0.6 + headroom) * span)


def cut_axes(figure: Figure) -> list[str]:
    """What the panels show whose linear y axis lies above zero, by their headings."""
    found = []
    for axes in figure.axes:
        if axes.axison and axes.get_yscale() == "linear" and min(axes.get_ylim()) > 0:
            heading = axes.get_title(loc="left").split("  ")[-1]
            found.append(heading or axes.get_ylabel().split("\n")[0])
    return found


def frame_y_log(axes: Any, *, headroom: float = 0.06) -> None:
    """A logarithmic y axis with whole numbers at its ticks."""
    low, high = data_range(axes)
    axes.set_yscale("log")
    decades = max(math.log10(high / low), 0.3)
    axes.set_ylim(low * 10 ** (-0.06 * decades), high * 10 ** (headroom * decades))
    plain_log_ticks(axes.yaxis)


def plain_log_ticks(axis: Any) -> None:
    """Ticks of a logarithmic axis written as 20, 50, 100 instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = sorted(axis.get_view_interval())
    decades = math.log10(high / low) if low > 0 else 1.0
    steps = (1.0,) if decades > 2.5 else (1.0, 3.0) if decades > 1.5 else (1.0, 2.0, 5.0)
    narrow = decades < 0.8
    axis.set_major_locator(MaxNLocator(4) if narrow else LogLocator(base=10, subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def data_range(axes: Any) -> tuple[float, float]:
    """Smallest and largest finite y value drawn into the axes, bands included."""
    import numpy as np

    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()]
    for band in axes.collections:
        drawn += [path.vertices[:, 1] for path in band.get_paths()]
    values = np.concatenate(drawn) if drawn else np.zeros(1)
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def legend_columns(labels: Sequence[str], width_mm: float) -> int:
    """How many legend columns fit side by side at 7 pt (entries run down each column)."""
    for count in range(len(labels), 1, -1):
        rows = -(-len(labels) // count)
        columns = [labels[i : i + rows] for i in range(0, len(labels), rows)]
        if sum(_KEY_MM + _LETTER_MM * max(map(len, column)) for column in columns) <= width_mm:
            return len(columns)
    return 1


def legend_height_mm(labels: Sequence[str], width_mm: float) -> float:
    """Height that the legend below the panels will take."""
    return 3.8 * -(-len(labels) // legend_columns(labels, width_mm)) + 1.5 if labels else 0.0


def add_legend(figure: Figure, handles: Sequence[Any], width_mm: float) -> None:
    """Place the legend below the panels, where it hides no curve."""
    if handles:
        labels = [str(handle.get_label()) for handle in handles]
        columns = legend_columns(labels, width_mm)
        figure.legend(handles=list(handles), loc="outside lower center", ncols=columns)
