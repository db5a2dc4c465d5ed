"""How sure estimates are: standard errors from the Fisher information, and what trades off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: A parameter that moves no reading by this share of its SD, over its whole range, is not seen.
_UNSEEN = 1e-3
#: Singular values below this share of the largest tell a direction that the readings do not see.
_SINGULAR = 1e-4
#: Share of such a direction from which a parameter takes part in it.
_PART = 0.1
#: A share of the bounds this near to an end lies on it, where all rows together are not this many
#: of their SDs apart between the two.
ON_BOUND, _ALIKE = 1e-3, 0.5
#: Correlation from which two parameters trade off.
_CORRELATED = 0.95


@dataclass(frozen=True, eq=False)
class Certainty:
    """Standard errors (P,) of shares, and of each parameter which other one it trades off with.

    The error is infinite where the readings do not tell the parameter, and NaN for one that is held
    on its bound; a partner is -1 where there is none.
    """

    error: Array
    partner: NDArray[np.intp]


def certainty(slopes: Array, held: NDArray[np.bool_]) -> Certainty:
    """Certainty from the derivatives (N, P) of residuals at the optimum.

    The Fisher information is J'J. Columns are brought to one length, so that what is singular does
    not depend on units; a direction without information is told by its members.

    Parameters
    ----------
    slopes : array (N, P)
    held : array of bool (P,)
        Parameters on a bound: the errors of the others hold them fixed.

    Examples
    --------
    >>> j = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 4.0]])
    >>> found = certainty(j, np.zeros(3, bool))
    >>> found.error, found.partner
    (array([ inf,  inf, 0.25]), array([ 1,  0, -1]))
    """
    count = slopes.shape[1]
    error = np.where(held, np.nan, np.inf)
    partner = np.full(count, -1, np.intp)
    length = np.linalg.norm(slopes, axis=0)
    seen = np.flatnonzero(~held & (length >= _UNSEEN))
    if not seen.size:
        return Certainty(error, partner)
    _, s, rows = np.linalg.svd(slopes[:, seen] / length[seen], full_matrices=True)
    s = np.append(s, np.zeros(len(seen) - len(s)))
    lost = s < _SINGULAR * s[0]
    covariance = (rows[~lost].T * s[~lost] ** -2.0) @ rows[~lost]
    size = np.sqrt(np.diag(covariance))
    told = np.ones(len(seen), np.bool_)
    for direction in np.abs(rows[lost]):
        members = direction > _PART
        told &= ~members
        for j in np.flatnonzero(members):
            others = np.where(np.arange(len(seen)) == j, 0.0, direction)
            if others.max() > _PART:
                partner[seen[j]] = seen[int(np.argmax(others))]
    error[seen[told]] = (size / length[seen])[told]
    correlation = np.abs(covariance) / np.outer(size, size)
    np.fill_diagonal(correlation, 0.0)
    for j in np.flatnonzero(told):
        near = np.where(told, correlation[j], 0.0)
        if near.max() > _CORRELATED:
            partner[seen[j]] = seen[int(np.argmax(near))]
    return Certainty(error, partner)


def bounds_met(share: Array, slopes: Array) -> tuple[str, ...]:
    """The bound on which each share (P,) lies: "lower", "upper" or "". Slopes are (N, P).

    One that is near to a bound of a wide range lies on it only where the rows can hardly tell the
    two apart.

    Examples
    --------
    >>> bounds_met(np.array([3e-4, 3e-4, 1.0]), np.array([[1e4, 10.0, 1e4]]))
    ('', 'lower', 'upper')
    """
    near = np.minimum(share, 1.0 - share)
    met = (near < ON_BOUND) & (near * np.linalg.norm(slopes, axis=0) < _ALIKE)
    sides = np.where(share < 0.5, "lower", "upper")
    return tuple(str(side) for side in np.where(met, sides, ""))
