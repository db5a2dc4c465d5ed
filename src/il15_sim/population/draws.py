"""Normal numbers of patients: one stream for each name, of which patient i takes the i-th.

So a patient is the same alone, in a batch and in a larger population, and what is added to the
model leaves the numbers of everything else as they are.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def normal_numbers(name: str, seed: int, n: int) -> Array:
    """The first n standard normal numbers of a name, shape (n,).

    Parameters
    ----------
    name : str
        Of a parameter or a covariate; names have independent streams.
    seed, n : int

    Examples
    --------
    >>> bool((normal_numbers("a", 1, 3) == normal_numbers("a", 1, 9)[:3]).all())
    True
    """
    from scipy.special import ndtri

    own = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    # Raw words of the bit generator, which NumPy keeps the same in all versions; one per patient.
    words = np.random.Philox(np.random.SeedSequence([seed, own])).random_raw(n)
    uniform = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.asarray(ndtri(uniform), np.float64)
