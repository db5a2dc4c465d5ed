"""Readings in a unit of their own, told in that of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from il15_sim.errors import InputError
from il15_sim.fit.tables.cells import text_in as _name
from il15_sim.model.units import convert

#: What likelihoods are told in the unit of the value.
_IN_ITS_UNIT = ("threshold", "sd", "se", "lower", "upper", "lowest", "highest", "scale", "margin")


def unit_in(cells: Mapping[str, Any], where: str) -> str:
    """The unit that a row gives."""
    given = _name(cells, "unit")
    if not given:
        raise InputError("no unit", where=where, fix="give one in every row, or in none")
    return given


def in_unit(
    given: str,
    measured: float | str,
    known: Mapping[str, float],
    unit: str,
    observable: str,
    where: str,
) -> tuple[float | str, dict[str, float], str]:
    """The number and what is known of it in the unit of the model."""
    if given == unit or (unit == "1" and given in ("ratio", "fold", "dimensionless", "1")):
        return measured, dict(known), unit
    if not unit:
        why = f"the model has no unit of '{observable}'"
        raise InputError(f"unit '{given}'", where=where, why=why, fix="leave the column out")

    def inside(value: float) -> float:
        if math.isinf(value):
            return value
        try:
            return convert(value, given, unit)
        except InputError as error:
            raise error.at(where) from None

    own = {k: inside(v) if k in (*_IN_ITS_UNIT, "error") else v for k, v in known.items()}
    return measured if isinstance(measured, str) else inside(measured), own, unit
