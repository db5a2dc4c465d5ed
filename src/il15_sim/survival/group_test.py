"""Whether groups differ in when the event comes: the log-rank test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from il15_sim.errors import InputError
from il15_sim.survival.times import need_events, read_times, same_length


@dataclass(frozen=True)
class LogRank:
    """Answer of a log-rank test.

    Attributes
    ----------
    chi2 : float
    degrees : int
        Degrees of freedom: groups less one.
    p : float
    """

    chi2: float
    degrees: int
    p: float


def log_rank(time: ArrayLike, event: ArrayLike, group: Iterable[object]) -> LogRank:
    """Test whether the hazard is the same in all groups, against hazards in proportion.

    Parameters
    ----------
    time, event : array-like, shape (N,)
        Times, and 1 where the event came, 0 where the patient is censored.
    group : N labels
        A categorical column must have patients in all of its categories.

    Raises
    ------
    InputError
        For times and events that are none, one group, a group without patients or with nobody at
        risk at any event, and where all are censored.

    Examples
    --------
    >>> test = log_rank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0], list("aabbbb"))
    >>> test.degrees, round(test.chi2, 3)
    (1, 5.628)
    """
    import pandas as pd
    from statsmodels.duration.survfunc import survdiff

    times, events = read_times(time, event)
    labels = pd.Categorical(group if isinstance(group, pd.Series | pd.Categorical) else [*group])
    same_length("labels of groups", len(labels), len(times))
    if (labels.codes < 0).any():
        patient = int(np.argmax(labels.codes < 0))
        raise InputError(f"patient {patient} has no group", fix="give every patient a label")
    sizes = np.bincount(labels.codes, minlength=len(labels.categories))
    if not sizes.all():
        name = labels.categories[int(np.argmin(sizes))]
        raise InputError(f"group '{name}' has no patients", fix="leave it out of the categories")
    if len(sizes) < 2:
        why = f"all patients are in group '{labels.categories[0]}'"
        raise InputError("one group", why=why, fix="give two groups or more")
    need_events(events)
    first = times[events].min()
    seen = np.bincount(labels.codes, times >= first)
    if not seen.all():
        name = labels.categories[int(np.argmin(seen))]
        why = f"none of its patients was followed until the first event, at {first:g}"
        raise InputError(f"group '{name}' cannot be compared", why=why)
    try:
        chi2, p = survdiff(times, events.astype(int), labels.codes)
    except np.linalg.LinAlgError:
        why = "at every event all who are at risk have it, or belong to one group"
        raise InputError("groups that cannot be compared", why=why) from None
    return LogRank(float(chi2), len(sizes) - 1, float(p))
