"""Normal errors on the scale itself or on its logarithm, whole or censored.

A kind is its spread: a function of the prediction and of what is known. On a log scale the
spread is that of the natural logarithm, and the density is still that of the measured number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from il15_sim.fit.likelihoods.rules import Array, Knowns, refuse

Spread = Callable[[Array, Knowns], Array]
_LOG_ROOT_2_PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class Scale:
    """Errors that are normal with a spread, on a linear or a log scale."""

    spread: Spread
    logarithmic: bool = False

    def standardised(self, value: Array, predicted: Array, known: Knowns) -> Array:
        """Distance of a value from the prediction in units of the spread."""
        distance = self._to(value) - self._to(predicted)
        return np.asarray(distance / self.spread(predicted, known))

    def residual(self, predicted: Array, measured: Array, known: Knowns) -> Array:
        """The same in the order of arguments that a likelihood has."""
        return self.standardised(measured, predicted, known)

    def log_density(self, predicted: Array, measured: Array, known: Knowns) -> Array:
        """Log density of whole measurements."""
        z = self.standardised(measured, predicted, known)
        width = np.log(self.spread(predicted, known))
        if self.logarithmic:
            width = width + np.log(measured)
        return np.asarray(-0.5 * z**2 - width - _LOG_ROOT_2_PI)

    def censored(self, predicted: Array, measured: Array, known: Knowns) -> Array:
        """Log density within the limits, log probability of lying beyond at and outside them."""
        lower, upper = known["lower"], known["upper"]
        below, above = measured <= lower, measured >= upper
        # A stand-in where a density is not asked for: zero has no logarithm.
        inside = self.log_density(predicted, np.where(below, 1.0, measured), known)
        low = log_ndtr(self.standardised(lower, predicted, known))
        high = log_ndtr(-self.standardised(upper, predicted, known))
        return np.where(below, low, np.where(above, high, inside))

    def check_limits(self, measured: Array, known: Knowns, where: str) -> None:
        """Refuse limits out of order, and on a log scale a measurement of zero with no limit."""
        lower, upper = known["lower"], known["upper"]
        refuse(~(lower < upper), lower, "lower", where, "it lies below upper")
        if self.logarithmic:
            bad = ~((measured > 0) | (measured <= lower))
            refuse(bad, measured, "measured", where, "on a log scale it is positive")

    def _to(self, value: Array) -> Array:
        if not self.logarithmic:
            return value
        with np.errstate(divide="ignore"):  # no lower limit: its logarithm is -inf
            return np.asarray(np.log(np.maximum(value, 0.0)))


def stated_sd(predicted: Array, known: Knowns) -> Array:
    """The SD that is told."""
    return known["sd"]


def stated_log_sd(predicted: Array, known: Knowns) -> Array:
    """The log SD that is told."""
    return known["log_sd"]


def combined_sd(predicted: Array, known: Knowns) -> Array:
    """SD of a constant and a proportional error, which are independent."""
    return np.asarray(np.hypot(known["sd"], known["cv"] * predicted))


NORMAL = Scale(stated_sd)
LOG_NORMAL = Scale(stated_log_sd, logarithmic=True)
COMBINED = Scale(combined_sd)
