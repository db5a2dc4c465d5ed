"""Exposure factors of cohorts: solved in closed form inside the fit.

Every cohort (a study's dose arm) has one factor that multiplies all its predictions. With
residuals r_i = ln(measured) - ln(predicted), weights w_i = 1 / sd_i^2 and a normal prior of the
factor's logarithm b around 0 with variance omega^2, the best b is

    sum(w r) / (sum(w) + 1 / omega^2).

A factor on the observation is linear: one simulation serves all cohorts that took the same doses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CohortTerm:
    """One cohort and the positions of its rows."""

    name: str
    rows: NDArray[np.intp]


def best_log_factor(residuals: Array, weights: Array, variance: float) -> tuple[float, float]:
    """Log factor that minimises sum(w (r - b)^2) + b^2 / variance, and its standard error.

    >>> import numpy as np
    >>> b, se = best_log_factor(np.array([1.0]), np.array([4.0]), 0.25)
    >>> b, round(se, 4)
    (0.5, 0.3536)
    """
    precision = float(np.sum(weights)) + 1 / variance
    return float(weights @ residuals) / precision, precision**-0.5


def misfit_given_omega(
    residuals: Array, sd: Array, terms: Sequence[CohortTerm], omega: float
) -> float:
    """Minus twice the log likelihood with every factor integrated out, up to a constant.

    The residuals of a cohort are normal with covariance diag(sd^2) + omega^2 11'.
    """
    total = 0.0
    for term in terms:
        w, r = sd[term.rows] ** -2.0, residuals[term.rows]
        total += float(w @ r**2) - float(w @ r) ** 2 / (float(w.sum()) + omega**-2)
        total += float(np.log1p(omega**2 * w.sum()))
    return total


def best_omega(
    residuals: Array,
    sd: Array,
    terms: Sequence[CohortTerm],
    bounds: tuple[float, float] = (0.02, 1.5),
) -> float:
    """Log SD between cohorts that maximises the likelihood with the factors integrated out."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_omega: misfit_given_omega(residuals, sd, terms, float(np.exp(log_omega))),
        bounds=tuple(np.log(bounds)),
        method="bounded",
    )
    return float(np.exp(found.x))
