"""Steps of several ensembles of walkers at once, one call of the density for all of them.

emcee has moves like these, but those of 3.1.6 cannot be used: its Gaussian one with a full
covariance moves all walkers by the same vector (github.com/dfm/emcee/pull/571), and its snooker one
samples another density than the one it is given (github.com/dfm/emcee/pull/531).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from il15_sim.fit.sampling.target import Array

#: Given walkers (K, D), the sets of those that stand still, and a generator: proposals (K, D) and
#: the logs of the ratios of their chances, back over forth (K,).
Propose = Callable[[Array, list[Array], Any], tuple[Array, Array]]


class LockStep:
    """A move of emcee in which each ensemble proposes out of itself alone.

    An ensemble is cut into `parts` at random; the walkers of one part move while the others stand
    still, all ensembles at the same time.
    """

    def __init__(self, propose: Propose, ensembles: int, parts: int) -> None:
        self._propose, self._ensembles, self._parts = propose, ensembles, parts

    def propose(self, model: Any, state: Any) -> tuple[Any, Any]:
        """The next state of all walkers, and which of them moved; emcee's interface."""
        walkers = len(state.coords) // self._ensembles
        part = np.arange(walkers) % self._parts
        cuts = [model.random.permutation(part) for _ in range(self._ensembles)]
        moved = np.zeros(len(state.coords), dtype=bool)
        for number in range(self._parts):
            rows, proposals, ratios = [], [], []
            for ensemble, cut in enumerate(cuts):
                first = ensemble * walkers
                own = state.coords[first : first + walkers]
                still = [own[cut == other] for other in range(self._parts) if other != number]
                proposal, ratio = self._propose(own[cut == number], still, model.random)
                rows.append(first + np.flatnonzero(cut == number))
                proposals.append(proposal)
                ratios.append(ratio)
            at, there = np.concatenate(rows), np.concatenate(proposals)
            density, _ = model.compute_log_prob_fn(there)
            rise = np.concatenate(ratios) + density - state.log_prob[at]
            # 1 - rand lies in (0, 1]: its log is finite.
            taken = np.log(1.0 - model.random.random_sample(len(at))) < rise
            state.coords[at[taken]], state.log_prob[at[taken]] = there[taken], density[taken]
            moved[at[taken]] = True
        return state, moved


def all_moves(centre: Array, covariance: Array, ensembles: int) -> list[tuple[LockStep, float]]:
    """The moves of a run, with the shares of the steps that are made by them."""
    from emcee.moves import DEMove

    differences = DEMove()
    differences.setup(centre[None, :])
    return [
        (LockStep(student(centre, covariance), ensembles, 1), 0.3),
        (LockStep(gaussian(covariance), ensembles, 1), 0.15),
        (LockStep(differences.get_proposal, ensembles, 2), 0.45),
        (LockStep(snooker, ensembles, 4), 0.1),
    ]


def gaussian(covariance: Array) -> Propose:
    """Random walk of the width that suits a Gaussian of this covariance (Roberts et al. 1997)."""
    root = 2.38 / np.sqrt(len(covariance)) * np.linalg.cholesky(covariance)

    def propose(moving: Array, still: list[Array], random: Any) -> tuple[Array, Array]:
        return moving + random.standard_normal(moving.shape) @ root.T, np.zeros(len(moving))

    return propose


def student(centre: Array, covariance: Array) -> Propose:
    """Anywhere, as told by Student's t about the optimum, whose tails are wider than a Gaussian's.

    Where the posterior is about what the optimum and its covariance say, such draws are next to
    independent; where it is not, they are refused, and the other moves do the work.
    """
    dimensions, freedom = len(centre), 6.0
    root = np.linalg.cholesky(covariance)

    def log_chance(at: Array) -> Array:
        far = np.linalg.solve(root, (at - centre).T)
        return np.asarray(-(freedom + dimensions) / 2 * np.log1p(np.sum(far**2, axis=0) / freedom))

    def propose(moving: Array, still: list[Array], random: Any) -> tuple[Array, Array]:
        width = np.sqrt(freedom / random.chisquare(freedom, len(moving)))
        there = centre + width[:, None] * random.standard_normal(moving.shape) @ root.T
        return there, log_chance(moving) - log_chance(there)

    return propose


def snooker(moving: Array, still: list[Array], random: Any) -> tuple[Array, Array]:
    """Along the line to another walker, by the difference of two more (ter Braak & Vrugt 2008).

    See doi:10.1007/s11222-008-9104-9, equations 3 and 4.
    """
    count, dimensions = moving.shape
    towards, one, other = (
        still[at][random.randint(len(still[at]), size=count)] for at in random.permutation(3)
    )
    along = moving - towards
    before = np.linalg.norm(along, axis=1)
    along = along / before[:, None]
    jump = 1.7 * np.sum(along * (one - other), axis=1)
    # On the line, the walker lies `before` away from the other, on the one side or beyond it.
    after = np.abs(before + jump)
    return moving + jump[:, None] * along, (dimensions - 1) * (np.log(after) - np.log(before))
