"""How well a fit tells what it has not seen: each study, or each arm, left out in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.fit.objective import Objective
from il15_sim.fit.problem import Problem
from il15_sim.fit.search import own_start, search
from il15_sim.fit.settle import settled

if TYPE_CHECKING:
    import pandas as pd

    from il15_sim.fit.result import Fit

Array = NDArray[np.float64]

#: Points on which the time shift of an arm that was left out is tried.
_SHIFTS = 41


def leave_one_out(
    fit: Fit,
    by: Literal["study", "arm"] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Fit without each study (or arm), and the density of its rows under that fit.

    Each fit begins at the whole one and at the model's own values. The density is that of all rows
    less that of the rest, both at the fit of the rest, so that a factor that the rest shares is
    told by the rest, too. A factor of what was left out alone is integrated out (a random one) or
    takes its best value (a free one): a cohort that was never seen has its own. A time shift that
    belongs to a figure that was left out is told by nothing else and takes its best value, too; an
    estimate for groups that were left out as a whole keeps the value from which the fit began.

    Parameters
    ----------
    fit : Fit
    by : "study" or "arm", optional
        Default: by study where there are studies.
    progress : callable, optional
        Called with the number of fits that are done and of all.

    Returns
    -------
    DataFrame
        `left_out, rows, minus_2_ln_likelihood, status`; less is better, and sums of the same rows
        can be compared between models.

    Raises
    ------
    InputError
        Where there are not two to leave out, what is left out has errors whose size no other row
        tells, or the rest are too few.
    """
    import pandas as pd

    problem = fit.problem
    by = by or ("study" if problem.studies else "arm")
    if by not in ("study", "arm"):
        raise InputError(f"leave out by '{by}'", fix="choose 'study' or 'arm'")
    labels = list(dict.fromkeys(problem.label(r, by) for r in problem.rows.rows if r.used))
    if len(labels) < 2:
        told = f"one {by}: '{labels[0]}'" if labels[0] else f"no {by} has a name"
        raise InputError(told, where=problem.name, why="two are needed to leave one out")
    rows = []
    for k, label in enumerate(labels):
        rows.append((label, *_left_out(fit, label, by)))
        if progress is not None:
            progress(k + 1, len(labels))
    return pd.DataFrame(rows, columns=["left_out", "rows", "minus_2_ln_likelihood", "status"])


def _left_out(fit: Fit, label: str, by: Literal["study", "arm"]) -> tuple[int, float, str]:
    problem = fit.problem
    rest = problem.without([label], by)
    try:
        rest.check_enough()
    except InputError as error:
        raise error.at(f"without '{label}'") from None
    objective = rest.objective().with_errors(*_errors(fit, rest))
    ids = [u.id for u in problem.unknowns]
    kept = [ids.index(u.id) for u in rest.unknowns]
    begins = (fit.best.end[kept], own_start(objective))
    best = min((search(objective, begin) for begin in begins), key=lambda s: s.objective)
    if not np.isfinite(best.objective):
        return 0, float("nan"), best.status
    objective, best = settled(objective, best)
    own = [r.used and problem.label(r, by) == label for r in problem.rows.rows]
    whole = _with_errors_of(problem.objective(), objective, label)
    shares = np.tile(fit.best.end, (1, 1))
    shares[:, kept] = best.end
    for j, u in enumerate(problem.unknowns):
        if j in kept:
            continue
        if not u.shifted_arm:
            shares[:, j] = u.share_of(u.start)
            continue
        shares = np.repeat(shares, _SHIFTS, axis=0)
        shares[:, j] = np.tile(np.linspace(0.0, 1.0, _SHIFTS), len(shares) // _SHIFTS)
    density = float(whole.log_likelihoods(shares).max()) - objective.log_likelihood(best.end)
    return int(np.sum(own)), -2.0 * density, best.status


def _errors(fit: Fit, rest: Problem) -> tuple[Array, float]:
    whole, names = fit.objective, rest.objective().rows.sizes
    return np.array([whole.sizes[whole.rows.sizes.index(n)] for n in names]), whole.omega


def _with_errors_of(whole: Objective, fitted: Objective, label: str) -> Objective:
    known = dict(zip(fitted.rows.sizes, fitted.sizes, strict=True))
    for name in whole.rows.sizes:
        if name not in known:
            raise InputError(
                f"'{label}' cannot be left out",
                why=f"no other row tells the size of errors of {name}",
                fix="give it in a column 'error'",
            )
    sizes = np.array([known[name] for name in whole.rows.sizes])
    return whole.with_errors(sizes, fitted.omega)
