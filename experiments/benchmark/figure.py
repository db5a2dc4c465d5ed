"""The figure of the comparison: time per simulation against the largest error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from tables import ERROR, Row, configurations, fastest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

#: Okabe and Ito's colours, told apart by colour-blind readers too; beside them, markers differ.
COLOURS = ("#000000", "#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#0072B2", "#999999")
MARKERS = "oDs^vP*X"
#: Errors that are shown: two decades on either side of the comparison.
SHOWN = (1e-3, 1e-7)


def draw_work_precision(rows: Sequence[Row], path: Path) -> None:
    """One line per tool and number of cores, its fastest configuration; the others faint."""
    figure, axes = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
    engines = {e: [r for r in rows if r.engine == e] for e in dict.fromkeys(r.engine for r in rows)}
    tools = list(dict.fromkeys(_tool(e) for e in engines))
    handles = []
    for engine, own in engines.items():
        k = tools.index(_tool(engine))
        style = {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)]}
        several = own[0].cores > 1
        style |= {"linestyle": "--" if several else "-", "mfc": "white" if several else None}
        chosen = fastest(own)[0]
        for configuration, line in configurations(own).items():
            x, y = np.array([(r.error_max, r.ms) for r in line]).T
            if configuration == chosen:
                (handle,) = axes.plot(x, y, lw=1.6, ms=5.5, zorder=3, label=engine, **style)
                handles.append((float(np.nanmedian(y)), handle))
            else:
                axes.plot(x, y, lw=0.7, ms=2.5, alpha=0.35, **style)
    axes.set(xscale="log", yscale="log", xlim=SHOWN)
    axes.axvline(ERROR, color="#bbbbbb", lw=0.8, zorder=0)
    axes.set_xlabel("largest error of any observable, relative to its maximum in the run")
    axes.set_ylabel("time per simulation (ms)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#eeeeee", zorder=0)
    # In the order in which the lines stand.
    ordered = [h for _, h in sorted(handles, key=lambda pair: -pair[0])]
    figure.legend(handles=ordered, loc="outside right center", frameon=False, fontsize=9)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _tool(engine: str) -> str:
    return engine.partition(",")[0]
