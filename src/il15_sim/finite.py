"""What counts as a number: one answer for doses, times and parameter values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from decimal import Decimal
from numbers import Real

from il15_sim.errors import InputError


def as_number(value: object) -> float | None:
    """`value` as a float (also nan or inf), or None where it is no number.

    A number is one of Python or NumPy, or an array without axes that holds one. Truth values,
    texts, bytes, lengths of time and complex numbers are none, though `float` takes some of them.

    Examples
    --------
    >>> import numpy as np
    >>> as_number(np.float32(0.5)), as_number(10**400)
    (0.5, inf)
    >>> as_number(True), as_number("1_0"), as_number(b"70"), as_number(np.timedelta64(12, "h"))
    (None, None, None, None)
    """
    if type(value) is float:
        return value
    dtype = getattr(value, "dtype", None)
    if dtype is not None:
        # NumPy's lengths of time call themselves whole numbers, so the kind decides.
        if getattr(dtype, "kind", "O") not in "fiu" or getattr(value, "shape", ()) != ():
            return None
    elif isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:  # an integer beyond the largest float
        return float("inf")
    except (TypeError, ValueError):  # a signalling nan
        return None


def as_list(what: str, values: object, example: str) -> list[object]:
    """The items of a list, tuple, array or series.

    Raises
    ------
    InputError
        For what has no order or no items: a text, bytes, a dictionary, a set, one number.

    Examples
    --------
    >>> as_list("times_h", (0, 12), "[0, 12]")
    [0, 12]
    """
    if isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping | Set):
        try:
            return list(values)
        except TypeError:  # an array without axes
            pass
    raise InputError(f"{what} is {values!r:.40}", why="it must be a list", fix=f"e.g. {example}")
