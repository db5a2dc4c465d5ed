"""Run a fit from start to end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from il15_sim.errors import InputError
from il15_sim.fit.problem import Problem
from il15_sim.fit.result import Fit
from il15_sim.fit.search import begins, search
from il15_sim.fit.settle import settled

Progress = Callable[[int, int], None]


def run_fit(
    problem: Problem,
    *,
    starts: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit a problem from many starts, and settle the sizes of errors.

    Parameters
    ----------
    problem : Problem
        From `read_fit`, or what `fit_table` makes of a table.
    starts, seed : int, optional
        Instead of those of the problem. The first search begins at the model's own values, the
        others at points spread evenly within the bounds.
    threads : int, optional
        Threads of the simulations; the numbers do not depend on it.
    progress : callable, optional
        Called with the number of finished searches and of all.

    Returns
    -------
    Fit
        Of the best search.

    Raises
    ------
    InputError
        Where every search failed, with the reason of the first; where there are too few rows; for
        a number of starts below one.
    """
    count = problem.starts if starts is None else starts
    chosen = problem.seed if seed is None else seed
    for what, number in (("starts", count), ("seed", chosen)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 0:
            raise InputError(f"{what} {number!r:.40}", why="it is a whole number")
    if count < 1:
        raise InputError(f"starts {count}", why="at least one is needed")
    problem.check_enough()
    objective = problem.objective(threads=threads)
    found = []
    for begin in begins(objective, int(count), int(chosen)):
        found.append(search(objective, begin))
        if progress is not None:
            progress(len(found), int(count))
    best = min(found, key=lambda one: one.objective)
    if not np.isfinite(best.objective):
        raise InputError(
            f"all {len(found)} searches failed",
            where=problem.rows.source,
            why=f"the first: {found[0].status}",
            fix='narrower bounds may help, or the likelihood "normal" for what may be zero',
        )
    objective, best = settled(objective, best)
    return Fit(problem, objective, best, tuple(found), int(chosen))
