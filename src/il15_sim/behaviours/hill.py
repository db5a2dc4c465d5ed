"""The dose at half of a response, by a Hill curve with a background and a brightness of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import expit

Array = NDArray[np.float64]

#: Shares of the range of log doses, and steepnesses, at which searches begin.
_BEGIN = [(share, steepness) for share in (0.35, 0.5, 0.65, 0.8) for steepness in (0.7, 1.5)]


def ec50(doses: Array, values: Array) -> float:
    """Dose at half of the fitted amplitude, in the unit of the doses.

    Parameters
    ----------
    doses, values : array (N,)
        Positive doses, and what was read at each; in any unit of its own.

    Examples
    --------
    >>> doses = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0])
    >>> round(ec50(doses, 5 + 100 * doses / (20 + doses)), 3)
    20.0
    """
    logs = np.log(np.asarray(doses, dtype=float))
    low, size = float(np.min(values)), float(np.ptp(values))
    relative = (np.asarray(values, dtype=float) - low) / size

    def apart(at: Array) -> Array:
        background, amplitude, middle, log_steepness = at
        rise = np.exp(log_steepness) * (logs - middle)
        return np.asarray(background + amplitude * expit(rise) - relative)

    span = np.ptp(logs)
    found = [
        least_squares(apart, [0.0, 1.0, logs.min() + share * span, np.log(steepness)])
        for share, steepness in _BEGIN
    ]
    return float(np.exp(min(found, key=lambda search: float(search.cost)).x[2]))
