"""Observations in words: a level rises, falls or does not change; one lies above another.

What the observers saw is the predicted difference plus a normal error of the SD `scale`: an
ordered probit. With d the predicted difference (after minus before, or A minus B) and a margin m,

    P(rise) = Phi((d - m) / scale),    P(fall) = Phi((-d - m) / scale),

and no change is what is left, the probability of a seen difference within -m and m. The three sum
to one. With no margin, a rise has the probability of its sign, Phi(d / scale).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfcx, log_ndtr, ndtr

from il15_sim.errors import unknown
from il15_sim.fit.likelihoods.rules import Array, Knowns, refuse
from il15_sim.frozen import Frozen

#: Words for what was seen, and the sign of the difference they tell.
DIRECTIONS: Mapping[str, float] = Frozen(
    {"rise": 1.0, "A above B": 1.0, "no change": 0.0, "fall": -1.0, "B above A": -1.0}
)
_LOG_ROOT_2_PI = 0.5 * np.log(2 * np.pi)
#: Windows narrower than this many SDs are integrated with a linear exponent (error below 1e-8).
_NARROW = 1e-4


def signs(values: ArrayLike, name: str, where: str) -> Array:
    """Signs of what was seen.

    Raises
    ------
    InputError
        For another word, with the closest one.
    """
    words = np.asarray(values, dtype=object)
    for word in words.flat:
        if word not in DIRECTIONS:
            raise unknown("direction", str(word), DIRECTIONS, where)
    return np.array([DIRECTIONS[w] for w in words.flat], dtype=np.float64).reshape(words.shape)


def direction(predicted: Array, measured: Array, known: Knowns) -> Array:
    """Log probability of what was seen."""
    scale, margin = known["scale"], known["margin"]
    sure = log_ndtr((measured * predicted - margin) / scale)
    same = measured == 0
    # A stand-in where there is no margin, and no change is not asked for.
    within = _log_within(np.abs(predicted), np.where(same, margin, 1.0), scale)
    return np.where(same, within, sure)


def check_margin(measured: Array, known: Knowns, where: str) -> None:
    """Refuse `no change` without a margin: it would have no probability."""
    margin = known["margin"]
    why = "'no change' means a difference within a positive margin"
    refuse((measured == 0) & ~(margin > 0), margin, "margin", where, why)


def _log_within(size: Array, margin: Array, scale: Array) -> Array:
    """ln P(-margin < size + scale e < margin) for a standard normal e, far out in the tails too."""
    # The difference before it is divided: it keeps its digits where size and margin are close.
    high, low = (margin - size) / scale, -(margin + size) / scale
    c, m = np.broadcast_arrays(size / scale, margin / scale)
    # Narrow: the density at the centre times the integral of exp(-c t) over the window.
    x = np.minimum(c * m, 1e300)
    bulge = np.where(x > 0, -np.expm1(-2 * x) / np.where(x > 0, 2 * x, 1.0), 1.0)
    narrow = -0.5 * c**2 - _LOG_ROOT_2_PI + np.log(2 * m) + x + np.log(bulge)
    # In the tail: Phi(high) (1 - Phi(low) / Phi(high)), the ratio by scaled functions.
    root = np.sqrt(2.0)
    ratio = erfcx(-low / root) / erfcx(np.maximum(-high, 0.0) / root)
    beyond = np.minimum(ratio * np.exp(-2 * x), 1 - 1e-16)
    tail = log_ndtr(high) + np.log1p(-beyond)
    outside = ndtr(-high) + ndtr(low)
    middle = np.log1p(-np.where((high > 0) & (outside < 1), outside, 0.0))
    return np.where(m < 0.5 * _NARROW, narrow, np.where(high > 0, middle, tail))
