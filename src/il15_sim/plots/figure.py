"""The look of every figure: size in millimetres, type at least 7 pt, colours safe for all eyes.

This module imports matplotlib at its top; the plotting functions import it when they are called,
so that `import il15_sim` stays fast.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), without the yellow that white
# paper swallows; the order keeps neighbours apart in lightness too.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINE_STYLES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (3, 2)), (0, (7, 2)))
GREY = "#6b6b6b"
DOUBLE_MM = 180.0
_MM_PER_INCH = 25.4

RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    # Shipped with matplotlib, so a figure looks the same on every machine.
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7.0,
    "axes.labelsize": 7.0,
    "axes.titlesize": 7.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.columnspacing": 1.2,
    "legend.borderaxespad": 0.2,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "axes.xmargin": 0.0,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
    "svg.hashsalt": "il15-sim",
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
    "figure.dpi": 120,
}


class PaperFigure(Figure):
    """A matplotlib Figure that shows itself in a notebook without pyplot's global state."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
        return buffer.getvalue()


def new_figure(width_mm: float, height_mm: float) -> PaperFigure:
    """An empty figure of that size with constrained layout, bound to no window."""
    figure = PaperFigure(
        figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), layout="constrained"
    )
    FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(w_pad=0.03, h_pad=0.03)  # type: ignore[call-arg]
    return figure


def themed() -> Any:
    """Context in which new axes and texts take the package's look."""
    return mpl.rc_context(RC)


def colour(index: int) -> str:
    """Colour of the index-th arm; seven differ, then they come round with another dash."""
    return PALETTE[index % len(PALETTE)]


def dash(index: int) -> Any:
    """Line style of the index-th arm: a second cue beside the colour."""
    styles = LINE_STYLES
    return styles[(index + index // len(PALETTE)) % len(styles)]


def plain(text: str) -> str:
    """A user's text, drawn as written: no mathematics at `$`, no hiding at a leading `_`."""
    shown = str(text).replace("$", r"\$")
    return f"\u2009{shown}" if shown.startswith("_") else shown


def save(figure: Figure, path: str | Path, *, dpi: int = 200) -> Path:
    """Write a figure as its suffix says (.png, .svg, .pdf), the same bytes every time.

    The figure is laid out for good: what is added to it later moves nothing else.

    Parameters
    ----------
    figure : Figure
    path : str or Path
        The suffix picks the format.
    dpi : int
        Dots per inch of a bitmap.
    """
    path = Path(path)
    kind = path.suffix.lower().lstrip(".") or "png"
    # A date or a version in the file would make two equal figures differ.
    undated: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    with themed():
        _settle(figure)
        figure.savefig(path, format=kind, dpi=dpi, metadata=undated.get(kind))
    return path


def _settle(figure: Figure) -> None:
    """Lay the figure out once and for all, at places that are the same every time.

    The solver of the layout gives the last digits of a place in no fixed order.
    """
    if not isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        x, y, width, height = axes.get_position(original=True).bounds
        axes.set_position((round(x, 6), round(y, 6), round(width, 6), round(height, 6)))
