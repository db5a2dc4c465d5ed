"""Numbers of a fit file, refused with their place where they are wrong."""

from __future__ import annotations

from il15_sim.errors import InputError
from il15_sim.files.numeric import real
from il15_sim.files.toml import Table


def number_of(table: Table, key: str) -> float:
    """A finite number."""
    table.need(key, f"{key} = 1.0")
    return real(table.data[key], f"'{key}'", table.at(key))


def positive_of(table: Table, key: str) -> float:
    """A positive number."""
    value = number_of(table, key)
    if value <= 0:
        raise InputError(f"'{key}' is {value:g}", where=table.at(key), why="it must be positive")
    return value


def whole_of(table: Table, key: str, least: int, default: int) -> int:
    """A whole number from `least` on."""
    value = table.data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"'{key}' is no whole number", where=table.at(key))
    if value < least:
        why = f"it must be at least {least}"
        raise InputError(f"'{key}' is {value}", where=table.at(key), why=why)
    return value
