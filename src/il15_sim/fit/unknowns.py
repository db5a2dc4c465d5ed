"""What is estimated: parameters and time shifts with bounds and priors, on the scale of search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.priors import Prior
from il15_sim.fit.treatments import Arm

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Unknown:
    """One number, searched as a share from 0 (lower bound) to 1 (upper bound).

    The share is one of the logarithm where the lower bound is positive.

    Attributes
    ----------
    id : str
    start, lower, upper : float
    unit : str
    prior : Prior, optional
    shifted_arm : str
        Not empty: it is no parameter of the model, but tells by how many hours the time axis of
        that arm's figure reads late.
    target : str
        The parameter of the model that it sets; empty: the one that is called like it.
    groups : tuple of str
        Groups of arms in which it does; empty: all. Elsewhere the parameter keeps its value.

    Examples
    --------
    >>> Unknown("ka", 1.0, 0.1, 10.0, "1/h").value_at(np.array([0.5, 0.75])).round(3)
    array([1.   , 3.162])
    """

    id: str
    start: float
    lower: float
    upper: float
    unit: str
    prior: Prior | None = None
    shifted_arm: str = ""
    target: str = field(default="", repr=False)
    groups: tuple[str, ...] = field(default=(), repr=False)

    @property
    def parameter(self) -> str:
        """The parameter of the model that it sets."""
        return self.target or self.id

    def serves(self, name: str, arm: Arm) -> bool:
        """Whether it sets its parameter in an arm, where the arm does not set it itself."""
        return not self.shifted_arm and (not self.groups or (arm.group or name) in self.groups)

    @property
    def logarithmic(self) -> bool:
        """Whether it is searched on the log scale."""
        return self.lower > 0

    def value_at(self, share: Array | float) -> Array:
        """Values in the unit of the parameter."""
        u = np.asarray(share, dtype=np.float64)
        if self.logarithmic:
            found = self.lower * np.exp(u * math.log(self.upper / self.lower))
        else:
            found = self.lower + u * (self.upper - self.lower)
        return np.asarray(np.clip(found, self.lower, self.upper))

    def share_of(self, value: float) -> float:
        """The share at which a value lies."""
        if self.logarithmic:
            return math.log(value / self.lower) / math.log(self.upper / self.lower)
        return (value - self.lower) / (self.upper - self.lower)

    def slope_at(self, value: float) -> float:
        """Derivative of the value by the share."""
        if self.logarithmic:
            return value * math.log(self.upper / self.lower)
        return self.upper - self.lower


def owners(unknowns: Sequence[Unknown], name: str, arm: Arm) -> dict[str, int]:
    """Which unknown, by its number, sets which parameter in an arm."""
    return {
        u.parameter: j
        for j, u in enumerate(unknowns)
        if u.serves(name, arm) and u.parameter not in arm.values
    }


def described(unknowns: Sequence[Unknown]) -> str:
    """All that there is to say of unknowns, as text to take a hash of."""
    lines = []
    for u in unknowns:
        own = f" sets {u.parameter} in {list(u.groups)}" if u.target or u.groups else ""
        lines.append(f"{u!r}{own}")
    return "\n".join(lines)


def time_shift(arm: str, lower: float, start: float, upper: float) -> Unknown:
    """By how many hours the time axis of an arm's figure reads late."""
    return Unknown(f"{arm}_time_shift", start, lower, upper, "h", shifted_arm=arm)
