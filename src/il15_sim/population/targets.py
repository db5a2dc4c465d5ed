"""What a weighted population is asked to show: a mean, a quantile, or a share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.finite import as_number

if TYPE_CHECKING:
    from il15_sim.population.virtual import Population

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """A published summary of a group.

    Attributes
    ----------
    quantity : str
        A covariate, parameter or biomarker; of a share, the condition.
    value : float
        What the summary is.
    level : float or None
        Of a quantile; None for a mean or a share.
    share : bool
        Whether the value is the share of patients for whom `quantity` holds.

    Examples
    --------
    >>> print(Target.mean("age_years", 60))
    mean age_years 60
    >>> print(Target.share_of("lymphocytes_per_uL < 2000", 0.74))
    share with lymphocytes_per_uL < 2000 0.74
    """

    quantity: str
    value: float
    level: float | None = None
    share: bool = False

    @classmethod
    def mean(cls, quantity: str, value: float) -> Target:
        """The mean of a quantity."""
        return cls(quantity, value)

    @classmethod
    def median(cls, quantity: str, value: float) -> Target:
        """The median of a quantity."""
        return cls(quantity, value, 0.5)

    @classmethod
    def quantile(cls, quantity: str, level: float, value: float) -> Target:
        """A quantile: the share `level` of patients has at most `value`."""
        return cls(quantity, value, level)

    @classmethod
    def share_of(cls, condition: str, value: float) -> Target:
        """The share of patients, 0 to 1, for whom a condition holds."""
        return cls(condition, value, share=True)

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be."""
        number = as_number(self.value)
        if number is None or not np.isfinite(number):
            raise InputError(f"value {self.value!r:.40} of a target is no number")
        for what, inner in (("level", self.level), ("share", number if self.share else None)):
            if inner is not None and not 0 < inner < 1:
                raise InputError(f"{what} {inner:g} of a target", why="it lies between 0 and 1")

    def __str__(self) -> str:
        """As a summary is told."""
        if self.share:
            return f"share with {self.quantity} {self.value:g}"
        kind = "mean" if self.level is None else f"quantile {self.level:g} of"
        return f"{'median' if self.level == 0.5 else kind} {self.quantity} {self.value:g}"

    def moments(self, population: Population) -> Array:
        """What the weighted mean of is zero where the target is met, shape (N,).

        NaN for a patient of whom the quantity is not known.
        """
        if self.share:
            return population.truth(self.quantity).astype(np.float64) - self.value
        column = population.table(self.quantity)[self.quantity]
        if column.dtype.kind not in "fiu":
            fix = f"ask for a share: Target.share_of(\"{self.quantity} == '...'\", ...)"
            raise InputError(f"'{self.quantity}' is no number", where="target", fix=fix)
        x = column.to_numpy(float)
        if self.level is None:
            return np.asarray(x - self.value, np.float64)
        return np.where(np.isnan(x), np.nan, (x <= self.value) - self.level)

    def spanned(self, population: Population) -> str:
        """What the patients span, for an error."""
        if self.share:
            return "it holds for all of them or for none"
        x = population.table(self.quantity)[self.quantity]
        return f"the patients have {x.min():.4g} to {x.max():.4g}"


def checked_targets(targets: Target | Sequence[Target]) -> list[Target]:
    """Targets as a list, each once."""
    given = [targets] if isinstance(targets, Target) else list(targets)
    for one in given:
        if not isinstance(one, Target):
            fix = "make one: Target.median('age_years', 57)"
            raise InputError(f"{one!r:.40} is no target", fix=fix)
    if not given:
        raise InputError("no targets", fix="give some: Target.median('age_years', 57)")
    kinds = [(t.quantity, t.level, t.share) for t in given]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise InputError(f"two targets for '{kind[0]}'", fix="state each summary once")
    return given
