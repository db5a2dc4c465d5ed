"""What the panels of a figure show: which observables, and the curves of the good runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError, unknown
from il15_sim.model.observables import read_observables
from il15_sim.plots.doses import drugs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from il15_sim.results import Runs

    Array = NDArray[np.float64]

#: More would be neither read nor told apart.
MAX_PANELS, MAX_ARMS = 60, 28


def chosen(runs: Runs, observables: Sequence[str] | None) -> list[str]:
    """The observables to draw.

    Those asked for; by default all that the runs hold, for they were chosen when the runs were
    made. Only of runs that hold every row of the table, as they do by default, the main steps of
    the chain are drawn, and whatever is no row of the table.

    Raises
    ------
    InputError
        For an observable that the runs do not hold, for runs without time courses, and for more
        panels than a page can hold.
    """
    check_courses(runs)
    if observables is not None:
        asked = [observables] if isinstance(observables, str) else list(observables)
        for observable in asked:
            if observable not in runs.observables:
                raise unknown("observable", observable, runs.observables)
    else:
        asked = default(runs)
    if not asked:
        raise InputError("no observable to draw", fix="give some that the runs hold")
    if len(asked) > MAX_PANELS:
        raise InputError(
            f"{len(asked)} panels in one figure",
            why=f"a page holds {MAX_PANELS}",
            fix="give the observables to draw",
        )
    return asked


def default(runs: Runs) -> list[str]:
    """What is drawn where nothing is asked for."""
    table = read_observables().observables
    if not set(table) <= set(runs.observables):
        return list(runs.observables)
    given = drugs_of(runs.regimens)
    shown = [o for o in table.values() if "main" in o.roles and (not o.drug or o.drug in given)]
    # Of several drugs the first one leads the figure; the chain shows all.
    first = next((o.drug for o in shown if o.drug), "")
    main = [o.id for o in shown if o.drug in ("", first)]
    return main + [o for o in runs.observables if o not in table]


def check_courses(runs: Runs) -> None:
    """Refuse runs of which only endpoints were kept, or one moment."""
    if not runs.observables or not runs.times_h.size:
        raise InputError(
            "the runs hold no time courses",
            why="only endpoints were kept of them",
            fix="simulate with observables=[...]",
        )
    if not runs.times_h[-1] > runs.times_h[0]:
        raise InputError("the runs hold one time", why="a curve has two", fix="give more times_h")


def course(runs: Runs, index: int, observable: str) -> Array:
    """Values (T,) of the run at a position: its name may be a number that means another one."""
    return np.asarray(runs.data[observable].isel(run=index).values, dtype=np.float64)


def good_runs(runs: Runs) -> list[int]:
    """Positions of the runs that did not fail."""
    return [i for i, status in enumerate(runs.status) if status == "ok"]


def failed_names(runs: Runs) -> list[str]:
    """Names of the runs that failed."""
    return [str(n) for n, s in zip(runs.names, runs.status, strict=True) if s != "ok"]


def draw_arms(axes: Any, runs: Runs, observable: str) -> bool:
    """Draw every arm of one observable, a failed one left out; True where drawn as bands."""
    from il15_sim.plots import figure as look
    from il15_sim.plots.series import draw_together

    curves = []
    for index in good_runs(runs):
        name = look.plain(str(runs.names[index]))
        style = {"color": look.colour(index), "linestyle": look.dash(index), "label": name}
        curves.append((course(runs, index, observable), style))
    return draw_together(axes, runs.times_h, curves)


def arm_handles(runs: Runs) -> list[Any]:
    """Legend entries of the arms; a run that failed is named as such."""
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    if len(runs) > MAX_ARMS:
        raise InputError(
            f"{len(runs)} arms in one panel",
            why=f"no more than {MAX_ARMS} can be told apart",
            fix="draw quantiles with plots.bands(runs, ...), or runs.select(...)",
        )
    handles = []
    for index, name in enumerate(runs.names):
        failed = runs.status[index] != "ok"
        label = look.plain(str(name)) + (" (failed, not shown)" if failed else "")
        handles.append(
            Line2D([], [], color=look.colour(index), linestyle=look.dash(index), label=label)
        )
    return handles
