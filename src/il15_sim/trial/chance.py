"""Random numbers of virtual patients: patient i has its own, alone or among a million.

Each purpose has a stream of its own, named by a text, and in it each patient a fixed place. So a
patient's luck depends on the seed, the purpose and its number, never on how many others are
simulated, in which order, or where.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Numbers that one step of the generator's counter gives.
_AT_ONCE = 4


def uniforms(seed: int, purpose: str, first: int, n: int, width: int = 1) -> Array:
    """Uniform numbers of patients `first` to `first + n`, shape (n, width), between 0 and 1.

    Examples
    --------
    >>> all_ = uniforms(1, "death", 0, 100)
    >>> bool((uniforms(1, "death", 17, 1) == all_[17]).all())
    True
    """
    name = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "little")
    bits = np.random.Philox(np.random.SeedSequence([seed, name]))
    room = -(-width // _AT_ONCE) * _AT_ONCE
    bits.advance(first * room // _AT_ONCE)
    drawn = np.random.Generator(bits).random((n, room))[:, :width]
    # Neither quantiles nor logarithms of exactly nought.
    return np.maximum(drawn, 2.0**-54)


def normals(seed: int, purpose: str, first: int, n: int, width: int = 1) -> Array:
    """Standard normal numbers of patients, shape (n, width)."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms(seed, purpose, first, n, width)))


def exponentials(seed: int, purpose: str, first: int, n: int, width: int = 1) -> Array:
    """Unit exponential numbers of patients, shape (n, width): where a cumulative hazard strikes."""
    return -np.log(uniforms(seed, purpose, first, n, width))
