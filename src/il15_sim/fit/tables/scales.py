"""What may share a free factor in a table of relative readings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.fit.tables.cells import text_in

SCALES = ("observable", "group", "plate", "group and plate")


def check_scale(scale: str | None, offset: bool, where: str | None = None) -> None:
    """Refuse an unknown scale, and a background without a scale.

    Raises
    ------
    InputError
        With the closest scale.
    """
    if scale is not None and scale not in SCALES:
        raise unknown("scale", str(scale), SCALES, where)
    if offset and scale is None:
        why = "readings with a background are relative"
        fix = "say what shares it: " + ", ".join(SCALES)
        raise InputError("offset without scale", where=where, why=why, fix=fix)


def sharing(scale: str | None, group: str, cells: Mapping[str, Any], where: str) -> str:
    """What shares a factor on a scale, in the words of its name; empty for the observable alone.

    Raises
    ------
    InputError
        Where a row has no plate and the scale asks for one.
    """
    told = scale or ""
    of = f" in '{group}'" if "group" in told else ""
    return f"{of} on plate '{plate_in(cells, where)}'" if "plate" in told else of


def plate_in(cells: Mapping[str, Any], where: str) -> str:
    """The plate of a row.

    Raises
    ------
    InputError
        Where it has none.
    """
    name = text_in(cells, "plate")
    if not name:
        fix = "name it in a column 'plate', in every row"
        raise InputError("no plate", where=where, fix=fix)
    return name
