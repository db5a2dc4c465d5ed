"""What is sampled: a posterior over the unit cube, and how it is asked."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError

Array = NDArray[np.float64]


class Target(Protocol):
    """A posterior over D parameters, each told by its share, 0 to 1, of the way between its bounds.

    Attributes
    ----------
    names, units : tuple of str
        Of the D dimensions: parameters, then sizes of errors.
    logarithmic : tuple of bool
        Whether a parameter's shares are even steps of its logarithm.
    hash : str
        Tells everything that the density depends on; what was drawn under another hash is never
        continued.
    """

    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def units(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def logarithmic(self) -> tuple[bool, ...]: ...  # noqa: D102

    @property
    def hash(self) -> str: ...  # noqa: D102

    def log_density(self, shares: Array) -> Array:
        """Log posterior up to a constant (K,) at shares (K, D); -inf or NaN where none is known.

        Priors are densities of the shares, not of the values. All rows are asked for in one call,
        and none lies outside of the cube.
        """
        ...

    def values(self, shares: Array) -> Array:
        """Values of the parameters, (K, D), in their units; each rises or falls with its share."""
        ...


class Density:
    """The log density of a target over all of space, with the number of rows that it was asked for.

    Attributes
    ----------
    evaluated, failed : int
        Rows inside of the cube, and how many of them had no density.
    """

    def __init__(self, target: Target, evaluated: int = 0, failed: int = 0) -> None:
        self._target, self.evaluated, self.failed = target, evaluated, failed

    def __call__(self, shares: Array) -> Array:
        """Log density (K,), -inf outside of the cube and where the target has none."""
        inside = ((shares >= 0) & (shares <= 1)).all(axis=1)
        found = np.full(len(shares), -np.inf)
        if not inside.any():
            return found
        asked = shares[inside]
        given = np.asarray(self._target.log_density(asked), dtype=np.float64)
        if given.shape != (len(asked),):
            raise InputError(
                f"log densities of shape {given.shape} for {len(asked)} rows of shares",
                why="a target gives one number per row",
            )
        if (given == np.inf).any():
            at = ", ".join(f"{share:.4g}" for share in asked[given == np.inf][0])
            raise InputError(
                f"log density +inf at the shares {at}", why="a posterior's density is finite"
            )
        given = np.where(np.isnan(given), -np.inf, given)
        self.evaluated += len(asked)
        self.failed += int(np.sum(given == -np.inf))
        found[inside] = given
        return found
