"""Which links of the chain the response needs: the rise that remains when each is knocked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.endpoints import change, fold
from il15_sim.errors import InputError
from il15_sim.model.observables import read_observables
from il15_sim.plots.axes import add_legend
from il15_sim.plots.labels import change_unit, name_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.results import Runs


def subset_of() -> tuple[str, str]:
    """Ids of the share and the count of the cells that the model is about."""
    table = read_observables()
    return table.one_of_role("subset_share"), table.one_of_role("subset_count")


def knockouts(
    runs: Runs,
    *,
    reference: str | int = 0,
    day: float = 56.0,
    share: float = 0.25,
    width_mm: float = 180.0,
) -> Figure:
    """Rise of the CD4+NKG2D+ subset by percentage points, log-fold and count, one row per run.

    Parameters
    ----------
    runs : Runs
        The intact patient and one run per knock-out, each from its own baseline.
    reference : str or int
        The intact run.
    day : float
        Day of the comparison, before a dose.
    share : float
        Share of the reference rise that is marked by the dashed line.

    Raises
    ------
    InputError
        When the reference failed, or the runs lack the subset's percentage or count.
    """
    from il15_sim.plots import figure as look

    intact = runs.run_index(reference)
    if runs.status[intact] != "ok":
        raise InputError(f"reference run '{runs.names[intact]}' failed", why=runs.status[intact])
    percent, count = subset_of()
    for observable in (percent, count):
        if observable not in runs.observables:
            raise InputError(f"the runs do not hold '{observable}'", fix="simulate it")
    # A knock-out that failed keeps its row, which says so.
    order = [intact, *(i for i in range(len(runs)) if i != intact)]
    names = [str(runs.names[i]) + ("" if runs.status[i] == "ok" else " (failed)") for i in order]
    asked = change(percent, day=day), fold(percent, day=day), change(count, day=day)
    points, folds, cells = runs.endpoints(*asked).to_numpy()[order].T
    measures = (
        (f"Rise of {name_of(percent)}\n({change_unit(runs.units[percent])})", points),
        (f"log₂ fold of {name_of(percent)}\n(no unit)", np.log2(folds)),
        (f"Rise of {name_of(count)}\n({change_unit(runs.units[count])})", cells),
    )
    told = "a quarter" if share == 0.25 else f"{share:.0%}"
    with look.themed():
        figure = look.new_figure(width_mm, 24.0 + 6.0 * len(runs))
        panels: Any = figure.subplots(1, 3, sharey=True)
        for axes, (label, values) in zip(panels, measures, strict=True):
            rows = range(len(order))
            tints = [look.colour(0)] + [look.colour(1)] * (len(order) - 1)
            axes.hlines(rows, 0.0, values, colors=tints, linewidth=2.0)
            axes.scatter(values, rows, c=tints, s=18, zorder=3)
            axes.axvline(0.0, color="black", linewidth=0.6)
            axes.axvline(
                share * values[0],
                color=look.GREY,
                linestyle="--",
                linewidth=0.8,
                label=f"{told} of the rise of the intact patient",
            )
            axes.margins(x=0.08, y=0.0)
            axes.set_xlabel(label)
        panels[0].set_ylim(len(order) - 0.4, -0.6)
        panels[0].set_yticks(range(len(order)), [look.plain(name) for name in names])
        add_legend(figure, panels[0].get_lines()[1:2], width_mm)
    return figure


def is_knockout_set(runs: Runs) -> bool:
    """True when an intact run is followed by runs whose models differ (or that lack the drug)."""
    if len(runs) < 3 or not set(subset_of()) <= set(runs.observables):
        return False
    changed = [bool(override) for override in runs.overrides]
    return not changed[0] and sum(changed) >= 2 and sum(changed) >= len(changed) - 2
