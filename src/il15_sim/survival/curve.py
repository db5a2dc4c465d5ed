"""Share of patients without an event over time, by Kaplan and Meier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError
from il15_sim.survival.times import Z95, Array, Mask, numbers, read_times, refuse, same_length

#: Shares are products of floats: one half may come out a hair above.
_HAIR = 1e-12


@dataclass(frozen=True)
class Curve:
    """A curve of Kaplan and Meier, which steps at the times of events.

    Attributes
    ----------
    time : array, shape (K,)
        0 and every time with an event, in the unit of the times given.
    share : array, shape (K,)
        Share without the event, 0 to 1; the one at a time counts the events at that time.
    lower, upper : array, shape (K,)
        95 % interval on the scale of ln(-ln(share)). It is [1, 1] before the first event. Where
        the share is 0 it has no such interval: `lower` is 0, `upper` that of the step before.
    followed : array, shape (N,)
        Time of every patient, increasing.
    event : array of bool, shape (N,)
        Whether the event came then.
    weight : array, shape (N,)
        Weights, which sum to N.
    """

    time: Array
    share: Array
    lower: Array
    upper: Array
    followed: Array
    event: Mask
    weight: Array

    def at(self, times: ArrayLike) -> Array:
        """Share at times; NaN after the last look, unless nobody is left by then."""
        asked = np.asarray(times, dtype=np.float64)
        found = self.share[np.maximum(np.searchsorted(self.time, asked, "right") - 1, 0)]
        known = (asked <= self.followed[-1]) | (found <= _HAIR)
        return np.where(known & (asked >= 0), found, np.nan)

    def at_risk(self, times: ArrayLike) -> Array:
        """Patients (in weights) whose time is this one or later: before the events at it."""
        left = np.append(np.cumsum(self.weight[::-1])[::-1], 0.0)
        found: Array = left[np.searchsorted(self.followed, times, "left")]
        return found

    @property
    def censored(self) -> Array:
        """Times at which patients were last seen without the event, increasing."""
        return self.followed[~self.event]

    @property
    def median(self) -> float:
        """First time at which the share is one half or less; infinite if it is not reached."""
        return self._first_below_half(self.share)

    @property
    def median_interval(self) -> tuple[float, float]:
        """95 % interval of the median (Brookmeyer and Crowley 1982, doi:10.2307/2530286).

        The times at which the interval of the share holds one half. An end that is not reached is
        infinite.
        """
        return self._first_below_half(self.lower), self._first_below_half(self.upper)

    def _first_below_half(self, shares: Array) -> float:
        below = shares <= 0.5 + _HAIR
        return float(self.time[np.argmax(below)]) if below.any() else np.inf


def kaplan_meier(time: ArrayLike, event: ArrayLike, weights: ArrayLike | None = None) -> Curve:
    """Estimate the share without an event over time.

    Parameters
    ----------
    time : array-like, shape (N,)
        Time of the event or of the last look, in any unit.
    event : array-like, shape (N,)
        1 where the event came, 0 where the patient is censored.
    weights : array-like, shape (N,), optional
        How many patients each one stands for, up to a factor. Default: all alike.

    Returns
    -------
    Curve
        Flat where everybody is censored.

    Raises
    ------
    InputError
        For lengths that differ, times, events and weights that are none, and nobody.

    Notes
    -----
    The variance is that of the infinitesimal jackknife: the squared influence of each patient.
    With equal weights this is Greenwood's; with others it stays right, where Greenwood's would
    take a weight of 10 for ten patients.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0])
    >>> curve.share
    array([1.  , 0.75, 0.5 ])
    >>> curve.median, curve.at_risk([0, 2, 5])
    (2.0, array([4., 3., 0.]))
    """
    times, events = read_times(time, event)
    weight = np.ones(len(times)) if weights is None else numbers("weights", weights)
    same_length("weights", len(weight), len(times))
    refuse("weight", weight, ~(np.isfinite(weight) & (weight >= 0)), "a weight is not negative")
    if not weight.any():
        raise InputError("weights that are all 0", why="nobody is left")
    # Who stands for nobody is nobody.
    order = np.argsort(times, kind="stable")
    order = order[weight[order] > 0]
    times, events, weight = times[order], events[order], weight[order]
    weight = weight * (len(weight) / weight.sum())
    steps = np.unique(np.append(times[events], 0.0))
    step = np.searchsorted(steps, times, "right") - 1
    came = np.bincount(step, weight * events, len(steps)).astype(np.float64)
    stood = np.append(np.cumsum(weight[::-1])[::-1], 0.0)[np.searchsorted(times, steps)]
    # Sums of weights leave a hair of those who are gone.
    stayed = np.where(stood - came > _HAIR * len(times), stood - came, 0.0)
    share = np.cumprod(stayed / stood)
    error = _error(weight, events, step, came, stood, stayed)
    lower, upper = _interval(share, error)
    return Curve(steps, share, lower, upper, times, events, weight)


def _error(
    weight: Array, event: Mask, step: NDArray[np.intp], came: Array, stood: Array, stayed: Array
) -> Array:
    """Standard error of ln(share) at every step; it means nothing where the share is 0."""
    hazard = np.cumsum(came / (stood * np.where(stayed > 0, stayed, 1.0)))
    # What ln(share) after a patient's own time changes by, per weight of the patient.
    before = np.append(0.0, hazard)[step]
    own = np.where(event, before - 1 / stood[step], hazard[step])
    gone = np.cumsum(np.bincount(step, (weight * own) ** 2, len(stood)))
    squares = np.cumsum(np.bincount(step, weight**2, len(stood)))
    error: Array = np.sqrt(gone + hazard**2 * (squares[-1] - squares))
    return error


def _interval(share: Array, error: Array) -> tuple[Array, Array]:
    lower, upper = np.ones_like(share), np.ones_like(share)
    inner = (share > 0) & (share < 1)
    slope = np.log(share[inner])
    reach = np.exp(Z95 * error[inner] / -slope)
    lower[inner], upper[inner] = share[inner] ** reach, share[inner] ** (1 / reach)
    gone = share <= 0
    lower[gone] = 0.0
    # Shares only fall, so an upper end holds for later times too.
    upper[gone] = upper[~gone][-1] if (~gone).any() else 1.0
    return lower, upper
