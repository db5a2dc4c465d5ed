"""Random numbers of patients: patient i has its own, alone or among a million.

Each purpose has a stream of its own, named by a text (a parameter, a covariate, "death"), and in it
each patient a fixed place. So a patient's numbers depend on the seed, the purpose and its number,
never on how many others are drawn, in which order, or what is added to the model.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Words that one step of the generator's counter gives.
_AT_ONCE = 4


def uniforms(seed: int, purpose: str, first: int, n: int, width: int = 1) -> Array:
    """Uniform numbers of patients `first` to `first + n`, shape (n, width), between 0 and 1.

    Examples
    --------
    >>> everybody = uniforms(1, "death", 0, 100)
    >>> bool((uniforms(1, "death", 17, 1) == everybody[17]).all())
    True
    """
    name = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")
    bits = np.random.Philox(np.random.SeedSequence([seed, name]))
    start = first * width
    bits.advance(start // _AT_ONCE)
    # Raw words of the bit generator, which NumPy keeps the same in all versions.
    words = bits.random_raw(start % _AT_ONCE + n * width)[start % _AT_ONCE :]
    uniform = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.asarray(uniform.reshape(n, width), np.float64)


def normals(seed: int, purpose: str, first: int, n: int, width: int = 1) -> Array:
    """Standard normal numbers of patients, shape (n, width)."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms(seed, purpose, first, n, width)), np.float64)


def exponentials(seed: int, purpose: str, first: int, n: int, width: int = 1) -> Array:
    """Unit exponential numbers of patients, shape (n, width): where a cumulative hazard strikes."""
    return np.asarray(-np.log(uniforms(seed, purpose, first, n, width)), np.float64)
