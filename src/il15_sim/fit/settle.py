"""Sizes of errors that no table tells: estimated with the unknowns, each in turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.fit.likelihoods import marginalised
from il15_sim.fit.objective import Objective
from il15_sim.fit.search import Search, search

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Rounds in which sizes of errors and the unknowns settle, and the relative move that is none.
_ROUNDS, _SETTLED = 30, 1e-4
#: Bounds of the log SD between cohorts.
OMEGA_BOUNDS = (0.02, 1.5)


def first_sizes(objective: Objective) -> Objective:
    """Errors to begin with where the table tells none."""
    rows = objective.rows
    sizes = np.ones(len(rows.sizes))
    for k in range(len(sizes)):
        size = 0.2 * _level(objective, rows.size_of == k)
        sizes[k] = size if size > 0 else 1.0
    return objective.with_errors(sizes, objective.omega)


def settled(objective: Objective, best: Search) -> tuple[Objective, Search]:
    """Sizes of errors and the spread between cohorts, and the unknowns that go with them.

    A size is the root mean square of its residuals, less what the unknowns have taken away; the
    spread between cohorts has the largest likelihood with all factors integrated out.

    Raises
    ------
    InputError
        Where no residual is left to tell a size by.
    """
    rows = objective.rows
    random = bool(rows.factors) and objective.factors == "random"
    if not rows.sizes and not random:
        return objective, best
    count = len(rows)
    share = 1.0 - (len(best.end) + objective.factor_count) / count
    # One size for all rows weighs none of them differently, but against a prior.
    alone = len(rows.sizes) == 1 and bool((rows.size_of == 0).all()) and not random
    alone &= all(u.prior is None or u.prior.flat for u in objective.predictor.unknowns)
    spent = best.evaluations
    for _ in range(_ROUNDS):
        sizes, moved = objective.sizes.copy(), 0.0
        residual = objective.at(best.end).residual
        for k in range(len(sizes)):
            own = rows.size_of == k
            size = float(np.sqrt(np.mean(residual[own] ** 2) / share))
            spread = float(np.max(objective.spread[own]))
            if not size * spread > 1e-9 * _level(objective, own):
                name = rows.sizes[k].split()[0]
                raise InputError(
                    f"the readings of '{name}' have no spread around the curves",
                    where=rows.source,
                    why="the size of their errors cannot be told",
                    fix="give it in a column 'error'",
                )
            sizes[k] *= size
            moved = max(moved, abs(np.log(size)))
        omega = best_omega(objective, best.end) if random else objective.omega
        moved = max(moved, abs(np.log(omega / objective.omega)))
        objective = objective.with_errors(sizes, omega)
        if moved < _SETTLED:
            break
        if not alone:
            best = search(objective, best.end)
            spent += best.evaluations
            if not best.ok:
                break
    found = objective.at(best.end)
    return objective, Search(best.begin, best.end, found.objective, spent, best.status)


def best_omega(objective: Objective, shares: Array) -> float:
    """Log SD between cohorts that maximises the likelihood with the factors integrated out."""
    from scipy.optimize import minimize_scalar

    rows = objective.rows
    at = np.array([i for i, r in enumerate(rows.rows) if r.factor], np.intp)
    labels = [rows.rows[i].factor for i in at]
    residual = np.log(rows.number[at]) - np.log(objective.at(shares).typical[at])
    sd = objective.spread[at]
    found = minimize_scalar(
        lambda log: -float(marginalised(residual, sd, labels, offset_sd=float(np.exp(log)))),
        bounds=tuple(np.log(OMEGA_BOUNDS)),
        method="bounded",
    )
    return float(np.exp(found.x))


def _level(objective: Objective, own: Flags) -> float:
    """What an error is small against: 1 on a log scale, else the largest reading."""
    rows = objective.rows
    if rows.logarithmic[own].all():
        return 1.0
    return float(np.max(np.abs(rows.number[own])))
