"""The words of compiled functions: Python of a few types that `translate` turns into LLVM IR.

A function marked `@native` is never run by Python. What stands here tells the reader and the type
checker what its words mean; `translate.py` knows what they become. `Vec` and `Mask` hold one number
or truth value for every lane, views are addresses:

- `Reals`, `Ints`: v[i] is a number, v[:] those of all lanes (at the address itself);
- `Lanes`: v[i, lane] is a number, v[i, :] those of all lanes;
- `Code`: a compiled function, for `call`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NoReturn, Protocol, TypeAlias, TypeVar, overload

import numpy as np

Int: TypeAlias = int
Real: TypeAlias = float
Flag: TypeAlias = bool

F = TypeVar("F", bound=Callable[..., Any])


def native(function: F) -> F:
    """Mark a function as one to be compiled."""
    function.is_native = True  # type: ignore[attr-defined]
    return function


class Vec(Protocol):
    """A double for every lane."""

    def __add__(self, other: Vec | float) -> Vec: ...
    def __radd__(self, other: Vec | float) -> Vec: ...
    def __sub__(self, other: Vec | float) -> Vec: ...
    def __rsub__(self, other: Vec | float) -> Vec: ...
    def __mul__(self, other: Vec | float) -> Vec: ...
    def __rmul__(self, other: Vec | float) -> Vec: ...
    def __truediv__(self, other: Vec | float) -> Vec: ...
    def __rtruediv__(self, other: Vec | float) -> Vec: ...
    def __lt__(self, other: Vec | float) -> Mask: ...
    def __le__(self, other: Vec | float) -> Mask: ...
    def __gt__(self, other: Vec | float) -> Mask: ...
    def __ge__(self, other: Vec | float) -> Mask: ...
    def __eq__(self, other: Vec | float) -> Mask: ...  # type: ignore[override]
    def __ne__(self, other: Vec | float) -> Mask: ...  # type: ignore[override]
    def __neg__(self) -> Vec: ...
    def __abs__(self) -> Vec: ...


class Mask(Protocol):
    """A truth value for every lane."""

    def __and__(self, other: Mask | bool) -> Mask: ...
    def __or__(self, other: Mask | bool) -> Mask: ...
    def __invert__(self) -> Mask: ...


class Reals(Protocol):
    """Doubles in memory."""

    @overload
    def __getitem__(self, i: int) -> float: ...
    @overload
    def __getitem__(self, i: slice) -> Vec: ...
    def __setitem__(self, i: int | slice, x: float | Vec) -> None: ...


class Ints(Protocol):
    """Integers of 64 bits in memory."""

    def __getitem__(self, i: int) -> int: ...
    def __setitem__(self, i: int, x: int) -> None: ...


class Lanes(Protocol):
    """Doubles of all lanes in memory, row by row."""

    @overload
    def __getitem__(self, i: tuple[int, int]) -> float: ...
    @overload
    def __getitem__(self, i: tuple[int, slice]) -> Vec: ...
    def __setitem__(self, i: tuple[int, int] | tuple[int, slice], x: float | Vec) -> None: ...


class Code(Protocol):
    """A compiled function that returns nothing."""


V = TypeVar("V", Reals, Ints, Lanes)


class Record:
    """A record of numbers and addresses, 8 bytes each, in the order of its annotations."""

    @classmethod
    def fields(cls) -> dict[str, str]:
        """Kind of every field by name."""
        return {
            name: kind
            for each in reversed(cls.__mro__)
            for name, kind in inspect.get_annotations(each).items()
        }

    @classmethod
    def dtype(cls) -> np.dtype[np.void]:
        """The same for numpy: addresses are integers."""
        kinds = cls.fields().items()
        return np.dtype([(n, np.float64 if k == "Real" else np.int64) for n, k in kinds])


def _compiled_only() -> NoReturn:
    raise TypeError("only compiled functions use this")


def call(function: Code | int, *views: Reals | Ints | Lanes) -> None:
    """Call code with the addresses of some views."""
    _compiled_only()


def at(view: V, count: int) -> V:
    """The view from its entry (of lanes: its row) `count` on."""
    _compiled_only()


def take(counter: Ints, count: int) -> int:
    """Raise a counter that threads share, in one go; what it was before."""
    _compiled_only()


def where(mask: Mask, yes: Vec | float, no: Vec | float) -> Vec:
    """Lane by lane one of two numbers."""
    _compiled_only()


def vector(x: float) -> Vec:
    """The same number in every lane."""
    _compiled_only()


def some(mask: Mask) -> bool:
    """True where the mask holds in any lane."""
    _compiled_only()


def lowest(x: Vec) -> float:
    """The lowest of all lanes; no lane may be NaN."""
    _compiled_only()


def highest(x: Vec) -> float:
    """The highest of all lanes; no lane may be NaN."""
    _compiled_only()


def power(x: Vec, exponent: float) -> Vec:
    """Powers of positive numbers."""
    _compiled_only()


def root(x: Vec) -> Vec:
    """Square roots."""
    _compiled_only()


def larger(x: Vec, y: Vec | float) -> Vec:
    """`x if x > y else y`, lane by lane."""
    _compiled_only()


def smaller(x: Vec, y: Vec | float) -> Vec:
    """`x if x < y else y`, lane by lane."""
    _compiled_only()
