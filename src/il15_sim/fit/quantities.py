"""How a number of a table is read off predicted curves: levels, areas, peaks, folds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from il15_sim.endpoints import auc, cmax, cmin
from il15_sim.frozen import Frozen
from il15_sim.results.endpoint import Endpoint

Array = NDArray[np.float64]
How = Literal["one", "ratio", "difference", "half_life"]


@dataclass(frozen=True)
class Output:
    """One number of one arm's simulation: a level at a time, or an endpoint over hours.

    Attributes
    ----------
    arm, observable : str
    time_h : float
        When it is read; of an endpoint the end of its hours.
    endpoint : Endpoint or None
        None for a level, read before a dose that is given at its time.
    """

    arm: str
    observable: str
    time_h: float
    endpoint: Endpoint | None = None


@dataclass(frozen=True)
class Reads:
    """One or two outputs, how they are put together, and a factor on the result."""

    quantity: str
    first: Output
    second: Output | None = None
    how: How = "one"
    times: float = 1.0

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The outputs that it needs."""
        return (self.first,) if self.second is None else (self.first, self.second)


def put_together(how: How, first: Array, second: Array, times: Array) -> Array:
    """Numbers from the values of both outputs, arrays of one shape.

    NaN where one does not exist: a half-life without a decline, a ratio to zero.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if how == "one":
            found = first
        elif how == "difference":
            found = first - second
        else:
            found = first / second
            if how == "half_life":
                found = 1.0 / np.log(found)
                found = np.where(found > 0, found, np.nan)
        return np.asarray(np.where(np.isfinite(found), times * found, np.nan))


def slopes_by_outputs(how: How, first: Array, second: Array, times: Array) -> tuple[Array, Array]:
    """Derivatives of these numbers by the first and the second output."""
    if how == "one":
        return times, np.zeros_like(first)
    if how == "difference":
        return times, -times
    if how == "ratio":
        return times / second, -times * first / second**2
    by_log = -times / np.log(first / second) ** 2
    return by_log / first, -by_log / second


@dataclass(frozen=True)
class Asked:
    """What a row asks for: an observable of an arm, a time, and where needed a start or another.

    `other` is the arm (with its hours) that the row is compared with.
    """

    observable: str
    arm: str
    time_h: float
    start_h: float = 0.0
    other: tuple[str, float, float] | None = None  # arm, start, end


def _level(a: Asked, arm: str, time_h: float) -> Output:
    return Output(arm, a.observable, time_h)


def _over(
    kind: Callable[..., Endpoint], a: Asked, arm: str, start_h: float, end_h: float
) -> Output:
    return Output(arm, a.observable, end_h, kind(a.observable, hours=(start_h, end_h)))


def _own(kind: Callable[..., Endpoint]) -> Callable[[Asked], Reads]:
    return lambda a: Reads("", _over(kind, a, a.arm, a.start_h, a.time_h))


def _to_start(kind: Callable[..., Endpoint] | None, how: How) -> Callable[[Asked], Reads]:
    def read(a: Asked) -> Reads:
        begin = _level(a, a.arm, a.start_h)
        if kind is None:
            return Reads("", _level(a, a.arm, a.time_h), begin, how)
        return Reads("", _over(kind, a, a.arm, a.start_h, a.time_h), begin, how)

    return read


def _to_other(how: How) -> Callable[[Asked], Reads]:
    def read(a: Asked) -> Reads:
        assert a.other is not None
        return Reads("", _level(a, a.arm, a.time_h), _level(a, a.other[0], a.other[2]), how)

    return read


def _area_ratio(a: Asked) -> Reads:
    assert a.other is not None
    other = _over(auc, a, *a.other)
    return Reads("", _over(auc, a, a.arm, a.start_h, a.time_h), other, "ratio")


def _half_life(a: Asked) -> Reads:
    first, second = _level(a, a.arm, a.start_h), _level(a, a.arm, a.time_h)
    return Reads("", first, second, "half_life", math.log(2) * (a.time_h - a.start_h))


@dataclass(frozen=True)
class Quantity:
    """One way to read a number off a curve.

    Attributes
    ----------
    name, meaning : str
    read : callable
        From what a row asks for to its outputs.
    needs_start, needs_other : bool
        Whether a row has to say where its hours begin (0 otherwise), and what it is compared with.
    unit : str
        Of its number: "of the observable", "times h", "h" or "1".
    """

    name: str
    meaning: str
    read: Callable[[Asked], Reads]
    needs_start: bool = False
    needs_other: bool = False
    unit: str = "of the observable"

    @property
    def from_start(self) -> bool:
        """Whether it looks back to the beginning of its hours."""
        return self.name not in ("value", "difference", "ratio")

    @property
    def factor_shows(self) -> bool:
        """Whether a factor on the curve shows in it: it cancels in ratios and half-lives."""
        return self.unit not in ("1", "h")

    def reads(self, asked: Asked, times: float = 1.0) -> Reads:
        """The outputs of a row and how they are put together, times a stated factor."""
        found = self.read(asked)
        return Reads(self.name, found.first, found.second, found.how, found.times * times)

    def unit_of(self, unit: str) -> str:
        """Unit of the number, from that of the observable."""
        if self.unit == "of the observable":
            return unit
        if self.unit == "times h":
            return f"{unit}*h" if unit not in ("", "1", "dimensionless") else "h"
        return self.unit


_ALL = (
    Quantity("value", "level at the time", lambda a: Reads("", _level(a, a.arm, a.time_h))),
    Quantity("area", "area under the curve from start", _own(auc), True, unit="times h"),
    Quantity("peak", "highest level from start", _own(cmax), True),
    Quantity("lowest", "lowest level from start", _own(cmin), True),
    Quantity("change", "level minus that at start", _to_start(None, "difference")),
    Quantity("fold", "level over that at start", _to_start(None, "ratio"), unit="1"),
    Quantity("max_fold", "highest level over that at start", _to_start(cmax, "ratio"), unit="1"),
    Quantity("min_fold", "lowest level over that at start", _to_start(cmin, "ratio"), unit="1"),
    Quantity("half_life", "log-linear half-life from start", _half_life, True, unit="h"),
    Quantity("difference", "level minus that of another arm", _to_other("difference"), False, True),
    Quantity("ratio", "level over that of another arm", _to_other("ratio"), False, True, "1"),
    Quantity("area_ratio", "area over another area", _area_ratio, True, True, "1"),
)
#: Every quantity by its name.
QUANTITIES: Mapping[str, Quantity] = Frozen({q.name: q for q in _ALL})
