"""The figure of the comparison: time against the largest error, one panel per model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from tables import ERROR, Row, configurations, fastest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

#: Okabe and Ito's colours, told apart by colour-blind readers too; beside them, markers differ.
_COLOURS = ("#000000", "#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#0072B2", "#999999")
_MARKERS = "oDs^vP*X"
#: Every tool looks the same in every figure, whoever takes part.
_TOOLS = ("il15-sim", "libRoadRunner", "AMICI", "numbalsoda", "SciPy", "COPASI", "diffrax")
#: Errors that are shown: two decades on either side of the comparison.
SHOWN = (1e-3, 1e-7)


def draw_work_precision(panels: Mapping[str, Sequence[Row]], path: Path) -> None:
    """One line per tool and number of cores, its fastest configuration; the others faint.

    `panels` maps titles to the rows of a model.
    """
    count = len(panels)
    figure, all_axes = plt.subplots(
        *(1, count),
        figsize=(1.6 + 3.2 * count, 4.4),
        layout="constrained",
        squeeze=False,
    )
    lines: dict[str, Any] = {}
    for axes, (title, rows) in zip(all_axes[0], panels.items(), strict=True):
        for engine, line in _draw(axes, rows).items():
            lines.setdefault(engine, line)
        axes.set_title(title, fontsize=10)
    all_axes[0][0].set_ylabel("time per simulation (ms)")
    told = "largest error of any observable, relative to its maximum in the run (dimensionless)"
    figure.supxlabel(told, fontsize=10)
    handles = [lines[e] for e in sorted(lines, key=_order)]
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=min(len(handles), 1 + 2 * count),
        frameon=False,
        fontsize=9,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _draw(axes: Any, rows: Sequence[Row]) -> dict[str, Any]:
    """Lines of one model; the legend's ones by engine."""
    found = {}
    for engine in dict.fromkeys(r.engine for r in rows):
        own = [r for r in rows if r.engine == engine]
        chosen = fastest(own)[0]
        style = _style(engine)
        for configuration, line in configurations(own).items():
            points = sorted((r.error_max, r.ms) for r in line if r.error_max > 0)
            if not points:
                continue
            x, y = np.array(points).T
            if configuration == chosen:
                (found[engine],) = axes.plot(x, y, lw=1.6, ms=5, zorder=3, label=engine, **style)
            else:
                axes.plot(x, y, lw=0.7, ms=2.5, alpha=0.35, **style)
    axes.set(xscale="log", yscale="log", xlim=SHOWN)
    plain_numbers(axes.yaxis)
    axes.axvline(ERROR, color="#bbbbbb", lw=0.8, zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#eeeeee", zorder=0)
    return found


def plain_numbers(axis: Any) -> None:
    """1, 2, 5, 10 ... on a logarithmic axis, instead of powers of ten."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _style(engine: str) -> dict[str, Any]:
    tool, _, cores = engine.partition(",")
    k = _TOOLS.index(tool) if tool in _TOOLS else len(_TOOLS)
    return {
        "color": _COLOURS[k],
        "marker": _MARKERS[k],
        "linestyle": "--" if cores else "-",
        "mfc": "white" if cores else None,
    }


def _order(engine: str) -> tuple[int, str]:
    tool = engine.partition(",")[0]
    return _TOOLS.index(tool) if tool in _TOOLS else len(_TOOLS), engine
