"""What is known of a parameter before the fit: PEtab's priors that a maximum can be had of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import real
from il15_sim.model.parameters import Parameter

Array = NDArray[np.float64]

#: Kinds by what their two numbers mean.
PRIORS = {
    "normal": ("mean", "SD"),
    "log-normal": ("mean of the logarithm", "SD of the logarithm"),
    "uniform": ("lower", "upper"),
    "log-uniform": ("lower", "upper"),
}


@dataclass(frozen=True)
class Prior:
    """A normal or log-normal prior, or a flat one.

    Attributes
    ----------
    kind : str
        One of `PRIORS`; flat ones restrict nothing but what the bounds do.
    first, second : float
        Its numbers, as PEtab counts them.
    source : str
        Where it comes from.

    Examples
    --------
    >>> prior = Prior.of_fold(4.07, 2.0, "Jain 2011")
    >>> round(float(prior.residual(8.14)), 3)
    1.0
    """

    kind: str
    first: float
    second: float
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse an unknown kind, and numbers that tell no spread."""
        if self.kind not in PRIORS:
            raise unknown("prior", str(self.kind), PRIORS)
        where = f"{self.kind} prior"
        for name, value in zip(PRIORS[self.kind], (self.first, self.second), strict=True):
            real(value, name, where)
        if self.flat and not self.first < self.second:
            raise InputError(f"{self.first:g} and {self.second:g} are not in order", where=where)
        if self.kind == "log-uniform" and self.first <= 0:
            raise InputError(f"lower {self.first:g} is not positive", where=where)
        if not self.flat and self.second <= 0:
            told = f"{PRIORS[self.kind][1]} {self.second:g} is not positive"
            raise InputError(told, where=where)

    @classmethod
    def of_fold(cls, median: float, fold: float, source: str = "") -> Prior:
        """Log-normal: two of three values lie between median / fold and median * fold.

        Raises
        ------
        InputError
            For a median that is not positive, and a fold that does not exceed 1.
        """
        if not median > 0:
            raise InputError(f"median {median:g} is not positive", where="log-normal prior")
        if not fold > 1:
            raise InputError(f"fold {fold:g}", where="log-normal prior", why="it exceeds 1")
        return cls("log-normal", math.log(median), math.log(fold), source)

    @property
    def flat(self) -> bool:
        """Whether it adds nothing to the bounds."""
        return self.kind in ("uniform", "log-uniform")

    @property
    def needs_positive(self) -> bool:
        """Whether it is one of positive numbers."""
        return self.kind.startswith("log-")

    @property
    def median(self) -> float:
        """Its middle."""
        if self.kind == "normal":
            return self.first
        if self.kind == "log-normal":
            return math.exp(self.first)
        if self.kind == "uniform":
            return (self.first + self.second) / 2
        return math.sqrt(self.first * self.second)

    def residual(self, value: Array | float) -> Array:
        """Distance of values from the median in SDs; 0 for a flat prior."""
        x = np.asarray(value, dtype=np.float64)
        if self.flat:
            return np.zeros_like(x)
        return np.asarray(((np.log(x) if self.needs_positive else x) - self.first) / self.second)

    def slope(self, value: float) -> float:
        """Derivative of the residual by the value."""
        if self.flat:
            return 0.0
        return 1.0 / (self.second * (value if self.needs_positive else 1.0))

    def __str__(self) -> str:
        """What it says, with its source."""
        first, second = PRIORS[self.kind]
        told = f"{self.kind} ({first} {self.first:.4g}, {second} {self.second:.4g})"
        return f"{told}: {self.source}" if self.source else told


def prior_of(row: Parameter) -> Prior | None:
    """The prior that the parameter table gives, if any.

    Raises
    ------
    InputError
        For a kind that no fit serves.
    """
    if not row.prior:
        return None
    where = f"prior of '{row.id}'"
    if len(row.prior_parameters) != 2:
        raise InputError("it has two numbers", where=where, fix="give both")
    try:
        return Prior(row.prior, *row.prior_parameters, source=row.source)
    except InputError as error:
        raise error.at(where) from None
