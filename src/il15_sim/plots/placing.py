"""Names beside points where they hide neither points nor each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from numpy.typing import NDArray

#: Where a name may stand: its shift from the point in points of type, and its alignment. Near
#: places come first.
_SIDES = tuple(
    (across * aside, along * away, ("right", "center", "left")[across + 1], side)
    for away, aside in ((4, 5), (12, 5), (20, 9), (28, 14))
    for across, (along, side) in product((1, -1, 0), ((1, "bottom"), (-1, "top")))
)
#: Above the point, or further above it.
ABOVE = tuple((0, away, "center", "bottom") for away in (3, 11, 19))
#: A name this far from its point is tied to it by a line.
_FAR = 20
#: Share of a name that may be hidden before it moves away by one point of type.
_PULL = 0.003


def name_points(
    axes: Any,
    x: Sequence[float],
    y: Sequence[float],
    names: Sequence[str],
    taken: NDArray[Any],
    sides: Sequence[Any] = _SIDES,
) -> list[Any]:
    """Write each name at the first side of its point that is free, or the freest one.

    Parameters
    ----------
    axes : Axes
        With everything else drawn into it; the figure is laid out here.
    x, y : points, in the axes' units
    names : what they are called
    taken : array, shape (K, 4)
        Boxes that names keep clear of: left, lower, right, upper, in the axes' units.
    sides : where a name may stand, `ABOVE` or all around its point

    Returns
    -------
    list of Annotation
    """
    from matplotlib.transforms import Bbox

    axes.figure.draw_without_rendering()
    dots = axes.transData.transform
    blocked = [Bbox([dots(box[:2]), dots(box[2:])]).padded(2) for box in taken]
    written: list[Any] = [None] * len(names)
    # Once more round: those who came first give way to those who came last.
    for k in [*range(len(names)), *range(len(names))]:
        if written[k] is not None:
            written[k].remove()
        others = [_box(note) for i, note in enumerate(written) if note is not None and i != k]
        best = _best(axes, (x[k], y[k]), names[k], [*blocked, *others], sides)
        written[k] = _write(axes, (x[k], y[k]), names[k], best)
    return written


def _best(
    axes: Any,
    point: tuple[float, float],
    name: str,
    blocked: Sequence[Any],
    sides: Sequence[Any],
) -> Any:
    """The side at which a name hides least, near its point rather than far."""
    panel, costs = axes.get_window_extent(), []
    for side in sides:
        note = _write(axes, point, name, side)
        box = _box(note)
        note.remove()
        size = box.width * box.height
        hidden = sum(_shared(box, other) for other in blocked) + 4 * (size - _shared(box, panel))
        costs.append(hidden / size + _PULL * (abs(side[1]) - abs(sides[0][1])))
    return sides[costs.index(min(costs))]


def _write(axes: Any, point: tuple[float, float], name: str, side: Any) -> Any:
    from il15_sim.plots import figure as look

    aside, away, across, along = side
    line = {"arrowstyle": "-", "color": look.GREY, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 3}
    note = axes.annotate(
        name,
        point,
        xytext=(aside, away),
        textcoords="offset points",
        ha=across,
        va=along,
        arrowprops=line if abs(away) >= _FAR else None,
        annotation_clip=False,
        zorder=5,
    )
    # The panel keeps its size: names are placed for it.
    note.set_in_layout(False)
    return note


def _box(note: Any) -> Any:
    """The box of the text alone, a little wider than its letters."""
    from matplotlib.text import Text

    note.update_positions(note.figure.canvas.get_renderer())
    return Text.get_window_extent(note).padded(1)


def _shared(one: Any, other: Any) -> float:
    """Area of two boxes that is in both."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    along = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(across * along) if across > 0 and along > 0 else 0.0
