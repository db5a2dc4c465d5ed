"""How hazard ratios scatter between trials of the same size."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError
from il15_sim.plots.axes import add_legend

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Bars, and hazard ratios beyond which trials are counted into the outermost one.
_BARS, _REACH = 30, 8.0
_PANEL_MM, _MOST = 26.0, 8
#: Level of the tests that are counted as significant.
ALPHA = 0.05


def replicate_ratios(
    found: pd.DataFrame, *, what: str = "Hazard ratio per SD", width_mm: float = 120.0
) -> Figure:
    """Hazard ratios of single trials, one panel per arm, darker where they are significant.

    Parameters
    ----------
    found : DataFrame
        One row per trial: `label` (which panel), `hazard_ratio` and `p`; both missing where a
        trial gives no estimate. `il15_sim.trial.replicates` gives the numbers.
    what : str
        What the axis shows.
    width_mm : float
        Width on paper.

    Returns
    -------
    matplotlib Figure
        On a log axis; trials beyond eightfold are counted in the outermost bars.

    Raises
    ------
    InputError
        For a table without rows, without these columns or with more than eight labels.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import plots
    >>> found = pd.DataFrame({"label": "arm", "hazard_ratio": [0.7, 1.1], "p": [0.01, 0.5]})
    >>> figure = plots.replicate_ratios(found)
    """
    from matplotlib.patches import Patch
    from matplotlib.ticker import NullLocator

    from il15_sim.plots import figure as look

    for column in ("label", "hazard_ratio", "p"):
        if column not in found:
            raise InputError(f"missing column '{column}'", where="replicate_ratios")
    labels = list(dict.fromkeys(found["label"].astype(str)))
    if not labels:
        raise InputError("no trial to draw")
    if len(labels) > _MOST:
        raise InputError(f"{len(labels)} panels", why=f"{_MOST} are the most that can be read")
    slopes = np.log(found["hazard_ratio"].to_numpy(float))
    reach = float(np.clip(np.nanmax(np.abs(slopes), initial=np.log(1.5)), 0.0, np.log(_REACH)))
    edges = np.linspace(-reach, reach, _BARS + 1)
    with look.themed():
        figure = look.new_figure(width_mm, 18.0 + _PANEL_MM * len(labels))
        panels = np.atleast_1d(figure.subplots(len(labels), 1, sharex=True))
        for k, (axes, label) in enumerate(zip(panels, labels, strict=True)):
            own = found[found["label"].astype(str) == label]
            told = _draw(axes, own, edges, look.colour(k))
            axes.set_title(look.plain(fill(f"{label}: {told}", 90)), loc="left", pad=3)
            axes.set_ylabel("Trials")
            axes.axvline(0.0, color="black", linewidth=0.8)
            axes.set_xlim(-reach, reach)
            axes.yaxis.get_major_locator().set_params(integer=True)
        ticks = [r for r in _RATIOS if abs(np.log(r)) <= reach + 1e-9]
        panels[-1].set_xticks(np.log(ticks), [f"{tick:g}" for tick in ticks])
        panels[-1].xaxis.set_minor_locator(NullLocator())
        panels[-1].set_xlabel(look.plain(f"{what} (no unit)"))
        handles: list[Any] = [
            Patch(color=look.GREY, label=f"p below {ALPHA:g}"),
            Patch(color=look.GREY, alpha=_PALE, label="others"),
        ]
        add_legend(figure, handles, width_mm)
    return figure


_RATIOS = (0.125, 0.25, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 4.0, 8.0)
_PALE = 0.35


def _draw(axes: Any, own: pd.DataFrame, edges: Any, tint: str) -> str:
    """Bars of one panel; what they say in words."""
    good = own[own["hazard_ratio"].notna()]
    slopes = np.clip(np.log(good["hazard_ratio"].to_numpy(float)), edges[0], edges[-1])
    seen = (good["p"] < ALPHA).to_numpy()
    counts = [np.histogram(slopes[which], edges)[0] for which in (seen, ~seen)]
    how: dict[str, Any] = {"align": "edge", "width": np.diff(edges), "color": tint, "linewidth": 0}
    axes.bar(edges[:-1], counts[0], **how)
    axes.bar(edges[:-1], counts[1], bottom=counts[0], alpha=_PALE, **how)
    lower = 100 * float((seen & (slopes < 0)).sum()) / len(own)
    higher = 100 * float((seen & (slopes > 0)).sum()) / len(own)
    told = f"{lower:.3g} % significant below 1, {higher:.3g} % above"
    lost = len(own) - len(good)
    return told + (f"; {lost} of {len(own)} without estimate" if lost else "")
