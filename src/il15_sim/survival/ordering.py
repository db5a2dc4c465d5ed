"""How well a risk orders patients by their times."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from il15_sim.errors import InputError
from il15_sim.survival.times import need_events, numbers, read_times, refuse, same_length

#: Pairs that are compared at once.
_BLOCK = 4_000_000


def concordance(time: ArrayLike, event: ArrayLike, risk: ArrayLike) -> float:
    """Share of the pairs in which the patient at higher risk had the event first: Harrell's C.

    A pair tells something where one had the event and the other had none until then: the other's
    time is later, or it is the same and censored. Such a pair counts 1 where the first has the
    higher risk, one half where both have the same risk. 0.5 is chance, 1 is perfect, 0 is perfect
    the other way round (Harrell 1982, doi:10.1001/jama.1982.03320430047030).

    Parameters
    ----------
    time, event : array-like, shape (N,)
        Times, and 1 where the event came, 0 where the patient is censored.
    risk : array-like, shape (N,)
        Any number that rises with the hazard.

    Raises
    ------
    InputError
        For times, events and risks that are none, all censored, and no pair that tells something.

    Examples
    --------
    >>> concordance([1, 2, 3], [1, 1, 0], risk=[3.0, 1.0, 2.0])
    0.6666666666666666
    """
    times, events = read_times(time, event)
    risks = numbers("risk", risk)
    same_length("risks", len(risks), len(times))
    refuse("risk", risks, ~np.isfinite(risks), "a risk is a number")
    need_events(events)
    first = np.flatnonzero(events)
    told = ordered = 0.0
    for rows in np.array_split(first, -(-len(first) * len(times) // _BLOCK)):
        own = times[rows, None]
        outlives = (times > own) | ((times == own) & ~events)
        told += outlives.sum()
        higher = risks[rows, None]
        ordered += (outlives & (higher > risks)).sum() + 0.5 * (outlives & (higher == risks)).sum()
    if not told:
        raise InputError("no pair to compare", why="nobody was followed past an event of another")
    return float(ordered / told)
