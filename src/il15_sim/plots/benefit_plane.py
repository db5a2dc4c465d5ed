"""Benefit against toxicity: which doses are worse than another one in both."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend
from il15_sim.plots.placing import name_points
from il15_sim.plots.trial_table import check_ends, read_rows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Letters of a name on one line.
_LETTERS = 24
_COLUMNS = (
    *("benefit", "benefit_lower", "benefit_upper"),
    *("toxicity", "toxicity_lower", "toxicity_upper"),
)


def frontier(
    table: pd.DataFrame, benefit_label: str, toxicity_label: str, *, width_mm: float = 120.0
) -> Figure:
    """Benefit against toxicity of regimens, the best of them joined.

    Parameters
    ----------
    table : DataFrame
        Columns `label`, `benefit`, `benefit_lower`, `benefit_upper`, `toxicity`, `toxicity_lower`,
        `toxicity_upper`; one row per regimen or dose.
    benefit_label, toxicity_label : str
        What the axes show, with the unit; more benefit is better, more toxicity is worse.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure
        Filled and joined: no other one has as much benefit with less toxicity, or more with as
        much. That is told of the estimates; the bars say how sure it is.

    Raises
    ------
    InputError
        For tables without these columns, cells that are no numbers and intervals that do not hold
        their estimate.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import plots
    >>> table = pd.DataFrame({"label": ["200 mg", "400 mg"],
    ...     "benefit": [20.0, 30.0], "benefit_lower": [12.0, 21.0], "benefit_upper": [30.0, 41.0],
    ...     "toxicity": [8.0, 25.0], "toxicity_lower": [4.0, 17.0], "toxicity_upper": [15.0, 36.0]})
    >>> figure = plots.frontier(table, "Response (%)", "Hand-foot reaction, grade 3 (%)")
    """
    from il15_sim.plots import figure as look

    found = read_rows(table, _COLUMNS, what="frontier")
    for column in _COLUMNS:
        if not np.isfinite(found[column]).all():
            row = found[~np.isfinite(found[column])].iloc[0]
            what = f"column '{column}' of '{row['label']}'"
            raise InputError(what, where="frontier", why="it is no finite number")
    for what in ("benefit", "toxicity"):
        check_ends(found, what, f"{what}_lower", f"{what}_upper", what="frontier")
    best = nondominated(found["benefit"].to_numpy(), found["toxicity"].to_numpy())
    with look.themed():
        figure = look.new_figure(width_mm, min(0.75 * width_mm, 90.0))
        axes = figure.subplots()
        handles = []
        for chosen, tint, told in (
            (best, 0, "best trade-offs"),
            (~best, 1, "another one is better"),
        ):
            rows = found[chosen]
            if len(rows):
                (marks, *_) = axes.errorbar(
                    rows["toxicity"],
                    rows["benefit"],
                    xerr=_reach(rows, "toxicity"),
                    yerr=_reach(rows, "benefit"),
                    fmt="os"[tint],
                    color=look.colour(tint),
                    markerfacecolor=look.colour(tint) if tint == 0 else "white",
                    elinewidth=0.7,
                    zorder=3,
                )
                marks.set_label(told)
                handles.append(marks)
        front = found[best].sort_values(["toxicity", "benefit"])
        axes.plot(front["toxicity"], front["benefit"], ":", color=look.GREY, zorder=2)
        axes.margins(0.08)
        if (found[[*_COLUMNS]] >= 0).all(axis=None):
            axes.set_xlim(left=-0.03 * axes.get_xlim()[1])
            axes.set_ylim(bottom=-0.05 * axes.get_ylim()[1])
        axes.set_xlabel(look.plain(toxicity_label))
        axes.set_ylabel(look.plain(benefit_label))
        add_legend(figure, handles, width_mm)
        names = [look.plain(fill(str(label), _LETTERS)) for label in found["label"]]
        x, y = found["toxicity"].to_list(), found["benefit"].to_list()
        name_points(axes, x, y, names, np.concatenate([_boxes(found), _path(front)]))
    return figure


def nondominated(benefit: NDArray[np.float64], toxicity: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where no other point is at least as good in both, and better in one.

    >>> import numpy as np
    >>> nondominated(np.array([1.0, 2.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    array([ True,  True, False])
    """
    more, less = benefit[:, None] - benefit, toxicity - toxicity[:, None]
    beaten = (more >= 0) & (less >= 0) & ((more > 0) | (less > 0))
    return np.logical_not(np.any(beaten, axis=0, keepdims=True))[0]  # type: ignore[no-any-return]


def _reach(rows: pd.DataFrame, what: str) -> Any:
    return [rows[what] - rows[f"{what}_lower"], rows[f"{what}_upper"] - rows[what]]


def _path(front: pd.DataFrame) -> NDArray[np.float64]:
    """The line that joins the best ones, as points."""
    place = np.arange(len(front))
    fine = np.linspace(0, len(front) - 1, 25 * len(front))
    x, y = (np.interp(fine, place, front[what]) for what in ("toxicity", "benefit"))
    return np.stack([x, y, x, y], axis=1)


def _boxes(found: pd.DataFrame) -> NDArray[np.float64]:
    """The bars, which names keep clear of."""
    x, left, right = (found[f"toxicity{end}"] for end in ("", "_lower", "_upper"))
    y, low, high = (found[f"benefit{end}"] for end in ("", "_lower", "_upper"))
    boxes = [np.stack(sides, axis=1) for sides in ((left, y, right, y), (x, low, x, high))]
    return np.concatenate(boxes)
