"""Best change of each patient's tumours, from the most growth to the most shrinkage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from il15_sim.errors import InputError, unknown
from il15_sim.plots.axes import add_legend
from il15_sim.survival.times import numbers, refuse

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Best responses by what they are called, with the place of their colour.
RESPONSES = {
    "PD": ("progression", 1),
    "SD": ("stable disease", 4),
    "PR": ("partial response", 2),
    "CR": ("complete response", 0),
}
#: Changes that are read as progression and as a partial response, in per cent.
_RISE, _FALL = 20.0, -30.0
_MOST_ARROWS = 120


def tumour_waterfall(
    change_percent: ArrayLike,
    best: Sequence[str],
    *,
    cap_percent: float = 100.0,
    title: str = "",
    width_mm: float = 85.0,
) -> Figure:
    """Best change of the sum of diameters of each patient, as sorted bars.

    Parameters
    ----------
    change_percent : array-like, shape (N,)
        Change from baseline in per cent: -100 is gone.
    best : N strings
        Best response: "CR", "PR", "SD" or "PD". It need not follow from the change alone: a new
        lesion is progression, too.
    cap_percent : float
        Bars end here; those that would be longer carry an arrow.
    title : str
        What stands above the panel.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure
        Dashed at 20 % (progression) and -30 % (partial response).

    Raises
    ------
    InputError
        For nobody, changes below -100 % or that are no numbers, unknown responses, lengths that
        differ and a cap below 20 %.

    Examples
    --------
    >>> from il15_sim import plots
    >>> figure = plots.tumour_waterfall([45.0, 5.0, -40.0, -100.0], ["PD", "SD", "PR", "CR"])
    """
    from matplotlib.patches import Patch

    from il15_sim.plots import figure as look

    change = numbers("change", change_percent)
    if not len(change):
        raise InputError("no patient to draw")
    bad = ~(np.isfinite(change) & (change >= -100))
    refuse("change", change, bad, "it is a number of per cent, -100 or more")
    responses = np.array([str(response) for response in best])
    if len(responses) != len(change):
        what = f"{len(responses)} responses for {len(change)} changes"
        raise InputError(what, fix="give one per patient")
    for response in dict.fromkeys(responses.tolist()):
        if response not in RESPONSES:
            raise unknown("best response", response, RESPONSES)
    if not cap_percent >= _RISE:
        raise InputError(f"cap {cap_percent:g} %", why=f"it is {_RISE:g} % or more")
    order = np.argsort(-change, kind="stable")
    change, responses = change[order], responses[order]
    with look.themed():
        figure = look.new_figure(width_mm, 68.0)
        axes = figure.subplots()
        handles: list[Any] = []
        for response, (told, number) in RESPONSES.items():
            own = np.flatnonzero(responses == response)
            if own.size:
                _bars(axes, own, np.minimum(change[own], cap_percent), look.colour(number))
                label = f"{told} ({own.size})"
                handles.append(Patch(color=look.colour(number), label=label))
        cut = np.flatnonzero(change > cap_percent)
        if cut.size:
            marks: dict[str, Any] = {"marker": "^", "linestyle": "none", "color": "black"}
            # Arrows of bars that are narrower than they would be a bar themselves.
            at = cut if len(change) <= _MOST_ARROWS else cut[[cut.size // 2]]
            top = np.full(at.size, 1.04 * cap_percent)
            (line,) = axes.plot(at, top, **marks, markersize=2.5, clip_on=False)
            line.set_label(f"above {cap_percent:g} % ({cut.size})")
            handles.append(line)
        for level in (_RISE, _FALL):
            axes.axhline(level, color=look.GREY, linestyle="--", linewidth=0.7)
        axes.axhline(0.0, color="black", linewidth=0.6)
        axes.set_xlim(-0.7, len(change) - 0.3)
        axes.set_xticks([])
        low, high = min(_FALL, float(change.min())), max(_RISE, float(change.max()))
        room = 0.06 * (min(high, cap_percent) - low)
        axes.set_ylim(max(low - room, -104.0), min(high, cap_percent) + room)
        axes.grid(visible=False, axis="x")
        axes.set_xlabel(f"{len(change)} patients, the most growth first")
        axes.set_ylabel("Best change of the sum\nof diameters (%)")
        if title:
            axes.set_title(look.plain(title), loc="left", pad=3)
        add_legend(figure, handles, width_mm)
    return figure


def _bars(axes: Any, places: Any, heights: Any, tint: str) -> None:
    """Bars as one thing: thousands of them are as quick as ten."""
    from matplotlib.collections import PolyCollection

    half = 0.4
    corners = [
        [(x - half, 0.0), (x - half, y), (x + half, y), (x + half, 0.0)]
        for x, y in zip(places, heights, strict=True)
    ]
    # An outline keeps bars visible that are narrower than a dot.
    axes.add_collection(PolyCollection(corners, facecolor=tint, edgecolor=tint, linewidth=0.3))
