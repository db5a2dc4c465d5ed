"""Times of many doses, to a billionth of an hour: as `round_h` gives them, to the last bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from il15_sim.regimen.dose import round_h

Array = NDArray[np.float64]


def round_all_h(times_h: Array) -> Array:
    """`round_h` of every time.

    Parameters
    ----------
    times_h : array of float, shape (N,)
        In hours, finite.

    Returns
    -------
    array of float, shape (N,)

    Examples
    --------
    >>> round_all_h(np.array([3 * 0.1, 2 / 3])).tolist()
    [0.3, 0.666666667]
    """
    billionths = times_h * 1e9
    whole = np.rint(billionths)
    # The product is off by half a unit in the last place: which way a half goes is left to
    # Python, which looks at the exact decimal digits. A quotient of whole numbers is exact.
    near = np.abs(np.abs(billionths - whole) - 0.5) <= np.spacing(np.abs(billionths))
    rounded = np.asarray(whole / 1e9)
    # Beyond 2^53 billionths (a thousand years) they are no longer whole numbers.
    near |= np.abs(billionths) > 2.0**52
    for i in np.flatnonzero(near):
        rounded[i] = round_h(float(times_h[i]))
    return rounded
