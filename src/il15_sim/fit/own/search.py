"""Least squares from one start or many, and the size of errors that no table tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.fit.own.misfit import Misfit
from il15_sim.fit.own.predicted import Failed

Array = NDArray[np.float64]

#: Evaluations after which a search is given up.
MOST_EVALUATIONS = 150
#: Rounds in which several sizes of errors and the parameters settle.
_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Search:
    """One search: where it began and ended (shares of the bounds), and how.

    `objective` is the sum of squares, infinite where the search failed; `status` is "converged",
    or why it ended.
    """

    begin: Array
    end: Array
    objective: float
    evaluations: int
    status: str

    @property
    def ok(self) -> bool:
        """Whether it came to a minimum."""
        return self.status == "converged"


def search(
    misfit: Misfit, begin: Array, fixed: int | None = None, most: int = MOST_EVALUATIONS
) -> Search:
    """Least squares from one point; the parameter of number `fixed` stays where it is."""
    from scipy.optimize import least_squares

    free = [j for j in range(len(begin)) if j != fixed]
    count, begun = len(misfit.spread), False

    def whole(part: Array) -> Array:
        shares = begin.copy()
        shares[free] = part
        return shares

    def residuals(part: Array) -> Array:
        nonlocal begun
        try:
            found = misfit.at(whole(part)).residual
        except Failed:
            if not begun:
                raise
            # A shorter step is tried then.
            return np.full(count, np.nan)
        begun = True
        return found

    try:
        first = misfit.at(begin)
        if not free:
            return Search(begin, begin, float(first.residual @ first.residual), 1, "converged")
        found = least_squares(
            residuals,
            begin[free],
            jac=lambda part: misfit.slopes(whole(part))[:, free],
            bounds=(0.0, 1.0),
            ftol=1e-9,
            xtol=1e-9,
            gtol=1e-9,
            max_nfev=most,
        )
    except Failed as error:
        return Search(begin, begin, np.inf, 1, str(error))
    status = "converged" if found.status > 0 else f"stopped after {found.nfev} evaluations"
    return Search(begin, whole(found.x), 2.0 * float(found.cost), int(found.nfev), status)


def begins(misfit: Misfit, starts: int, seed: int) -> list[Array]:
    """The model's own values, and then points spread evenly within the bounds (Sobol)."""
    from scipy.stats import qmc

    unknowns = misfit.predictor.unknowns
    own = np.clip([u.share_of(u.start) for u in unknowns], 0.0, 1.0)
    if starts == 1:
        return [own]
    sobol = qmc.Sobol(len(unknowns), seed=seed)
    # Whole powers of two keep the sequence even.
    return [own, *sobol.random_base2(int(np.ceil(np.log2(starts))))[: starts - 1]]


def settled(misfit: Misfit, best: Search) -> tuple[Misfit, Search]:
    """The sizes of errors that the residuals tell, and the parameters that go with them.

    A size is the root mean square of its residuals, less what the parameters have taken away.

    Raises
    ------
    InputError
        Where no residual is left to tell a size by.
    """
    readings = misfit.predictor.readings
    keys = readings.spread_of
    open_ = [key for key in dict.fromkeys(keys) if key is not None]
    if not open_:
        return misfit, best
    count = len(keys)
    share = 1.0 - (len(best.end) + misfit.factors) / count
    alone = open_ == list(dict.fromkeys(keys))
    for _ in range(_ROUNDS):
        residual = misfit.at(best.end).residual
        spread, moved = misfit.spread.copy(), 0.0
        for key in open_:
            rows = np.array([one == key for one in keys])
            size = float(np.sqrt(np.mean(residual[rows] ** 2) / share))
            if not size * float(np.max(misfit.spread[rows])) > 1e-9 * _level(misfit, rows):
                raise InputError(
                    f"the readings of '{key[0]}' have no spread around the curves",
                    where=readings.source,
                    why="the size of their errors cannot be told",
                    fix="give it in a column 'error'",
                )
            spread[rows] *= size
            moved = max(moved, abs(np.log(size)))
        misfit = misfit.with_spread(spread)
        if moved < 1e-4:
            break
        # One size for all rows weighs none of them differently.
        if len(open_) > 1 or not alone:
            best = search(misfit, best.end)
    fitted = misfit.at(best.end)
    objective = float(fitted.residual @ fitted.residual)
    return misfit, Search(best.begin, best.end, objective, best.evaluations, best.status)


def _level(misfit: Misfit, rows: NDArray[np.bool_]) -> float:
    """What an error is small against: 1 on a log scale, else the largest reading."""
    readings = misfit.predictor.readings
    if readings.logarithmic[rows].all():
        return 1.0
    return float(np.max(np.abs(readings.value[rows])))


def first_spread(misfit: Misfit) -> Misfit:
    """Errors to begin with where the table tells none."""
    readings = misfit.predictor.readings
    spread = readings.spread.copy()
    for key in dict.fromkeys(readings.spread_of):
        if key is None:
            continue
        rows = np.array([one == key for one in readings.spread_of])
        size = 0.2 * _level(misfit, rows)
        spread[rows] = (size if size > 0 else 1.0) / np.sqrt(readings.n[rows])
    return misfit.with_spread(spread)
