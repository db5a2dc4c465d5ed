"""What the rows tell of each unknown: identified, in practice not, by structure not.

By structure: the rows' Fisher information at the best fit is singular in its direction, so that no
number of such rows would tell it (locally; Raue et al. 2009, doi:10.1093/bioinformatics/btp358).
In practice: the rows see it, but its interval ends on a bound, so that they allow whatever the
bounds do on that side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.certainty import Certainty
from il15_sim.fit.unknowns import Unknown

Array = NDArray[np.float64]

IDENTIFIED, IN_PRACTICE, BY_STRUCTURE, ON_BOUND = (
    "identified",
    "practically not identified",
    "structurally not identified",
    "on its bound",
)


@dataclass(frozen=True)
class Verdict:
    """A verdict, one of the four of this module, and its reason in words."""

    verdict: str
    reason: str


def verdict_of(
    j: int, unknowns: tuple[Unknown, ...], data: Certainty, bound: str, cut: tuple[str, ...]
) -> Verdict:
    """The verdict on one unknown.

    Parameters
    ----------
    j : int
        Its number.
    data : Certainty
        From the slopes of the rows alone, without priors.
    bound : "lower", "upper" or ""
        The bound on which the estimate lies.
    cut : tuple of str
        The bounds on which its interval ends.
    """
    u = unknowns[j]
    if bound:
        return Verdict(ON_BOUND, f"the best fit lies on its {bound} bound")
    if np.isinf(data.error[j]):
        partner = int(data.partner[j])
        why = "no row depends on it"
        if partner >= 0:
            why = f"the rows see it together with {unknowns[partner].id} only"
        if u.prior is not None and not u.prior.flat:
            why += "; its prior alone tells it"
        return Verdict(BY_STRUCTURE, why)
    if cut:
        sides = " and ".join(cut)
        return Verdict(IN_PRACTICE, f"its interval ends on the {sides} bound")
    return Verdict(IDENTIFIED, "the rows and priors bound it on both sides")
