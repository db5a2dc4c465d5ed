"""Toxicities of a window between clinic visits, by the hazard that ran up in it.

The module `toxicity` has the hazard of a dose-limiting toxicity; those that lower a dose, these
among them, are `ratio` times as frequent. Both kinds come as in a Poisson process: over all windows
the first dose-limiting one has the hazard of the model, whatever came before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from il15_sim.trial.followed import TOXICITY, Followed

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def struck(increment: Array, ratio: Array, limiting: Array, other: Array) -> tuple[Flags, Flags]:
    """Who has a dose-limiting toxicity, and who any, in windows with such increments of hazard.

    Examples
    --------
    >>> struck(np.array([0.2]), np.array([4.0]), limiting=np.array([0.3]), other=np.array([0.5]))
    (array([False]), array([ True]))
    """
    limited = increment >= limiting
    return limited, limited | (np.maximum(ratio - 1, 0) * increment >= other)


def told(found: Followed, ratio: Array) -> tuple[Array, NDArray[np.int64]]:
    """Day of the first dose-limiting toxicity (infinite without), and windows with any."""
    hazard = np.fmax.accumulate(np.nan_to_num(found.daily[TOXICITY]), axis=1)
    edges = hazard[:, found.windows_d.astype(np.intp)]
    luck = found.luck
    limited, any_ = struck(np.diff(edges), ratio[:, None], luck.limiting, luck.other)
    day = np.full(len(hazard), np.inf)
    for i in np.flatnonzero(limited.any(axis=1)):
        window = int(limited[i].argmax())
        at = edges[i, window] + luck.limiting[i, window]
        day[i] = np.searchsorted(hazard[i], at)
    return day, any_.sum(axis=1)
