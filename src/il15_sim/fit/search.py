"""Least squares from one start or many, on the shares of the unknowns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.objective import Objective
from il15_sim.fit.simulator import Failed

Array = NDArray[np.float64]

#: Evaluations after which a search is given up.
MOST_EVALUATIONS = 150


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
    objective: Objective, begin: Array, fixed: int | None = None, most: int = MOST_EVALUATIONS
) -> Search:
    """Least squares from one point; the unknown of number `fixed` stays where it is."""
    from scipy.optimize import least_squares

    free = [j for j in range(len(begin)) if j != fixed]
    size = 0

    def whole(part: Array) -> Array:
        shares = begin.copy()
        shares[free] = part
        return shares

    def residuals(part: Array) -> Array:
        nonlocal size
        try:
            found = objective.at(whole(part)).vector
        except Failed:
            if not size:
                raise
            # A shorter step is tried then.
            return np.full(size, np.nan)
        size = len(found)
        return found

    try:
        first = objective.at(begin)
        if not free:
            return Search(begin, begin, first.objective, 1, "converged")
        found = least_squares(
            residuals,
            begin[free],
            jac=lambda part: objective.slopes(whole(part))[:, free],
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


def own_start(objective: Objective) -> Array:
    """The shares (P,) of the first start: the model's own values."""
    unknowns = objective.predictor.unknowns
    return np.clip([u.share_of(u.start) for u in unknowns], 0.0, 1.0)


def begins(objective: Objective, starts: int, seed: int) -> list[Array]:
    """The model's own values, and then points spread evenly within the bounds (Sobol).

    Start 7 is the same whether 8 or 80 are asked for.
    """
    from scipy.stats import qmc

    own = own_start(objective)
    if starts == 1:
        return [own]
    sobol = qmc.Sobol(len(own), seed=seed)
    # Whole powers of two keep the sequence even.
    return [own, *sobol.random_base2(int(np.ceil(np.log2(starts))))[: starts - 1]]
