"""Times and events as they are given, checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Quantile of the normal distribution that an interval of 95 % reaches to.
Z95 = 1.959963984540054


def read_times(time: ArrayLike, event: ArrayLike) -> tuple[Array, Mask]:
    """Times and events of N patients, both of shape (N,).

    Parameters
    ----------
    time : array-like, shape (N,)
        Time of the event or of the last look, in any unit, 0 or later.
    event : array-like, shape (N,)
        1 (True) where the event came, 0 (False) where the patient is censored.

    Raises
    ------
    InputError
        For nobody, lengths that differ, times that are negative or no numbers, other events.

    Examples
    --------
    >>> read_times([3, 5], [1, 0])
    (array([3., 5.]), array([ True, False]))
    """
    times, given = numbers("time", time), numbers("event", event)
    if not len(times):
        raise InputError("no patient", fix="give at least one time")
    same_length("events", len(given), len(times))
    refuse("time", times, ~(np.isfinite(times) & (times >= 0)), "a time is a number, 0 or later")
    refuse("event", given, ~np.isin(given, (0.0, 1.0)), "1 is an event, 0 is a censored patient")
    return times, given == 1


def need_events(event: Mask) -> None:
    """Refuse to compare patients of whom none had the event."""
    if not event.any():
        why = f"all {len(event)} patients are censored, there is nothing to compare"
        raise InputError("no event", why=why, fix="follow the patients longer")


def numbers(what: str, given: ArrayLike) -> Array:
    """One number per patient, as an array of shape (N,)."""
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{what} {given!r:.60}", why="it is one number per patient") from None
    if found.ndim != 1:
        raise InputError(f"{what} of shape {found.shape}", fix="give one number per patient")
    return found


def same_length(what: str, count: int, patients: int) -> None:
    """Refuse a column that does not have one entry per patient."""
    if count != patients:
        raise InputError(f"{count} {what} for {patients} times", fix="give one per patient")


def refuse(what: str, values: Array, bad: Mask, why: str) -> None:
    """Name the first value that is bad, if any is."""
    if bad.any():
        patient = int(np.argmax(bad))
        raise InputError(f"{what} {values[patient]:g} of patient {patient}", why=why)
