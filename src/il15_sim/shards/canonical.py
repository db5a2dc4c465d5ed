"""One text, and so one hash, for equal descriptions of inputs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from il15_sim.errors import InputError


def canonical_json(inputs: Mapping[str, object]) -> str:
    """The one JSON text of a description, whatever the order of its names.

    Parameters
    ----------
    inputs : mapping of str to object
        Text, whole and finite numbers, true/false, None, and lists and mappings of these.

    Returns
    -------
    str
        ASCII, one line; floats with all their digits.

    Raises
    ------
    InputError
        For NaN and infinity (no JSON, and NaN equals nothing), names that are not text, and every
        other kind of value; the line names the place.

    Examples
    --------
    >>> canonical_json({"seed": 1, "model": {"b": 0.1, "a": None}})
    '{"model":{"a":null,"b":0.1},"seed":1}'
    """
    return json.dumps(_plain(inputs, ""), sort_keys=True, separators=(",", ":"))


def _plain(value: object, path: str) -> object:
    """`value` as JSON reads it back; what JSON would change silently is refused."""
    where = path or None
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str):
                raise InputError(f"name {name!r} is not text", where=where)
        return {
            name: _plain(part, f"{path}.{name}" if path else name) for name, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(part, f"{path}[{i}]") for i, part in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(
            f"{value} cannot describe an input",
            where=where,
            fix="write it as text, or leave it out",
        )
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise InputError(
        f"a value of type {type(value).__name__} cannot describe an input",
        where=where,
        why="inputs are described by text, numbers, true/false, None, lists and mappings",
        fix="give a hash of it, or its text",
    )
