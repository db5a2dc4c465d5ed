"""Patients from a landmark on: what came before it is known, and chose nobody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from il15_sim.errors import InputError
from il15_sim.survival.times import Array, Mask, read_times


@dataclass(frozen=True)
class Later:
    """Those without the event and still followed after a landmark.

    Attributes
    ----------
    kept : array of bool, shape (N,)
        Who they are.
    time : array, shape (kept.sum(),)
        Their times, counted from the landmark.
    event : array of bool, shape (kept.sum(),)
    """

    kept: Mask
    time: Array
    event: Mask


def landmark(time: ArrayLike, event: ArrayLike, day: float) -> Later:
    """Keep who is at risk after a day, with times counted from it.

    What is measured up to the landmark may then be a covariate: compared from the start, those who
    live long enough to respond would seem to live longer because they respond (Anderson 1983,
    doi:10.1200/JCO.1983.1.11.710).

    Parameters
    ----------
    time, event : array-like, shape (N,)
        Times, and 1 where the event came, 0 where the patient is censored.
    day : float
        The landmark, in the unit of the times. An event or a last look on it is before it.

    Raises
    ------
    InputError
        For times and events that are none, a landmark that is negative or no number, and where
        nobody is left.

    Examples
    --------
    >>> later = landmark([20, 56, 80, 90], [1, 0, 1, 0], day=56)
    >>> later.time, later.event
    (array([24., 34.]), array([ True, False]))
    """
    times, events = read_times(time, event)
    if not (np.isfinite(day) and day >= 0):
        raise InputError(f"landmark {day!r:.40}", why="it is a number, 0 or later")
    kept = times > day
    if not kept.any():
        why = f"the last patient was followed until {times.max():g}"
        raise InputError(f"nobody is left after {day:g}", why=why, fix="take an earlier landmark")
    return Later(kept, times[kept] - day, events[kept])
