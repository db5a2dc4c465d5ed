"""Keys of a fit file, read with their place when they are wrong."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError, unknown


def allow(table: Mapping[str, Any], keys: Collection[str], where: str | Path) -> None:
    """Refuse a key that means nothing: it may be a slip of one that does."""
    for key in table:
        if key not in keys:
            raise unknown("key", key, keys, where)


def get(table: Any, key: str, kind: type, where: str | Path) -> Any:
    """The value of a key, which must be there and of one type."""
    if not isinstance(table, Mapping) or key not in table:
        raise InputError(f"missing key '{key}'", where=where)
    if not isinstance(table[key], kind) or isinstance(table[key], bool):
        raise InputError(f"'{key}' has the wrong type", where=where)
    return table[key]


def text(table: Any, key: str, where: str | Path) -> str:
    """The text of a key."""
    return str(get(table, key, str, where))


def number(table: Any, key: str, where: str | Path) -> float:
    """The finite number of a key."""
    value = float(get(table, key, (int, float), where))  # type: ignore[arg-type]
    if not math.isfinite(value):
        raise InputError(f"'{key}' is not a finite number", where=where)
    return value


def positive(table: Any, key: str, where: str | Path) -> float:
    """The positive number of a key."""
    value = number(table, key, where)
    if value <= 0:
        raise InputError(f"'{key}' is {value:g}", where=where, why="it must be positive")
    return value


def whole(table: Any, key: str, where: str | Path, least: int) -> int:
    """The whole number of a key, not below `least`."""
    value = get(table, key, int, where)
    if value < least:
        raise InputError(f"'{key}' is {value}", where=where, why=f"it must be at least {least}")
    return int(value)
