"""What counts as a number, in a cell of a table and among values given in Python."""

from __future__ import annotations

import math
import re
from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.finite import as_number

# Python's float also reads 1_000, digits of other scripts, inf and nan.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def number(text: str, what: str, where: str | Path | None) -> float:
    """The finite number that a cell holds; `what` names it in the error.

    >>> number("2.5e-3", "ka", None)
    0.0025
    >>> number("1_000", "ka", "a.tsv: line 2")
    Traceback (most recent call last):
    il15_sim.errors.InputError: a.tsv: line 2: ka is not a number: '1_000'; write it with plain ...
    """
    if _NUMBER.fullmatch(text):
        return _finite(float(text), text, what, where)
    if _NOT_FINITE.fullmatch(text):
        return _finite(math.nan, text, what, where)
    fix = "write it with plain digits and a decimal point" if _has_digit(text) else None
    raise InputError(f"{what} is not a number: '{text:.40}'", where=where, fix=fix)


def positive(text: str, what: str, where: str | Path | None, why: str | None = None) -> float:
    """The number above zero that a cell holds."""
    value = number(text, what, where)
    if value <= 0:
        raise InputError(f"{what} {value:g} is not positive", where=where, why=why)
    return value


def whole(text: str, what: str, where: str | Path | None) -> int:
    """The whole number from 1 on that a cell holds; `18.0` is one too."""
    value = number(text, what, where)
    if value < 1 or value != int(value):
        raise InputError(f"{what} {text:.40} is not a whole number from 1 on", where=where)
    return int(value)


def real(value: object, what: str, where: str | Path | None) -> float:
    """A finite number given as a number: no text, no truth value, no span of time.

    >>> real(True, "value of 'ka'", None)
    Traceback (most recent call last):
    il15_sim.errors.InputError: value of 'ka' is not a number: True
    """
    number = as_number(value)
    if number is None:
        raise InputError(f"{what} is not a number: {value!r:.40}", where=where)
    return _finite(number, value if math.isfinite(number) else number, what, where)


def _finite(number: float, told: object, what: str, where: str | Path | None) -> float:
    if not math.isfinite(number):
        raise InputError(f"{what} is not a finite number: {told!r:.40}", where=where)
    return number


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)
