"""What numbers of a likelihood may be: one rule each, told in the error of whatever breaks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Knowns = Mapping[str, Array]


def _whole(x: Array) -> Flags:
    return np.asarray(np.isfinite(x) & (np.floor(x) == x))


#: Every rule: which numbers keep it, and how it reads in an error.
RULES: Mapping[str, tuple[Callable[[Array], Flags], str]] = {
    "finite": (np.isfinite, "it is a finite number"),
    "positive": (lambda x: np.isfinite(x) & (x > 0), "it is positive and finite"),
    "non-negative": (lambda x: np.isfinite(x) & (x >= 0), "it is finite and not negative"),
    "logarithm": (
        lambda x: np.isfinite(x) & (x > 0),
        "on a log scale it is positive and finite",
    ),
    "count": (lambda x: _whole(x) & (x >= 0), "it is a whole number from 0 on"),
    "one or more": (lambda x: _whole(x) & (x >= 1), "it is a whole number from 1 on"),
    "two or more": (lambda x: _whole(x) & (x >= 2), "it is a whole number from 2 on"),
    "probability": (lambda x: (x >= 0) & (x <= 1), "it lies between 0 and 1"),
    "level": (lambda x: (x >= 0.5) & (x <= 0.9999), "it lies between 0.5 and 0.9999, as 0.95"),
    "lower limit": (
        lambda x: (np.isfinite(x) & (x > 0)) | (x == -np.inf),
        "a limit is positive; -inf stands for none",
    ),
    "upper limit": (lambda x: x > 0, "a limit is positive; inf stands for none"),
}


@dataclass(frozen=True)
class Known:
    """A number that a likelihood has to be told with the data.

    Attributes
    ----------
    name : str
        Keyword of `log_density`.
    meaning : str
        What it is, with unit.
    rule : str
        Which numbers it may be, a name in `RULES`.
    default : float or None
        Value where it is not given; None where it must be.
    """

    name: str
    meaning: str
    rule: str = "positive"
    default: float | None = None


def numbers(values: ArrayLike, name: str, where: str) -> Array:
    """Values as floats.

    Raises
    ------
    InputError
        Where they are no numbers.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} {values!r}", where=where, why="it is a number") from None


def check_shape(
    values: Array, rows: Array, name: str, where: str, told: str = "predictions"
) -> None:
    """Refuse values that do not spread over those that tell the shape.

    Raises
    ------
    InputError
        With both shapes.
    """
    try:
        fits = np.broadcast_shapes(rows.shape, values.shape) == rows.shape
    except ValueError:
        fits = False
    if not fits:
        raise InputError(
            f"{name} of shape {values.shape}",
            where=where,
            why=f"it does not spread over {told} of shape {rows.shape}",
        )


def check(values: Array, rule: str, name: str, where: str, missing: bool = False) -> None:
    """Refuse values that break a rule, naming the first of them.

    Parameters
    ----------
    missing : bool
        Whether NaN may stand for a simulation that failed.

    Raises
    ------
    InputError
        With value, row and rule.
    """
    kept, told = RULES[rule]
    good = kept(values) | (np.isnan(values) if missing else False)
    refuse(~good, values, name, where, told)


def refuse(bad: Flags, values: Array, name: str, where: str, why: str) -> None:
    """Refuse the first of `values` that is `bad`, with the rule that it breaks.

    Raises
    ------
    InputError
        With value, row and `why`.
    """
    if not np.any(bad):
        return
    shown = np.broadcast_to(values, np.shape(bad))
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    row = f" in row {at[-1] + 1}" if at else ""
    draw = f" of draw {at[0] + 1}" if len(at) > 1 else ""
    raise InputError(f"{name} {shown[at]:g}{row}{draw}", where=where, why=why)
