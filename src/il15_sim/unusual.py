"""Warnings, each told once, for doses and parameter values that are possible but far from usual."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from il15_sim.drugs import DrugTarget
    from il15_sim.parameters import Parameter

#: How many-fold outside the usual range a dose is told: doses are lowered and escalated.
FAR = 2.0
_UG = {"mg": 1000.0, "ug": 1.0}
#: What a dose per body surface or weight is multiplied by.
PER = {"m2": "body_surface_area", "kg": "body_weight"}

_told: set[tuple[object, ...]] = set()


def warn_of_value(
    key: str, value: float, row: Parameter, where: object = None, stacklevel: int = 2
) -> None:
    """Warn of a parameter value outside the bounds of its row; a zero switches off on purpose.

    Told again only where it is ten times further out.
    """
    slack = 1e-9 * max(abs(row.lower), abs(row.upper))
    if value == 0 or row.lower - slack <= value <= row.upper + slack:
        return
    bound = row.upper if value > row.upper else row.lower
    if _is_news("value", key, value > row.upper, _magnitude(value, bound)):
        place = "" if where is None else f"{where}: "
        text = f"{place}value {value:g} of '{key}' is outside the table's bounds"
        text += f" {row.lower:g} to {row.upper:g} {row.unit}"
        warnings.warn(text, UserWarning, stacklevel=stacklevel + 1)


def warn_of_doses(
    target: DrugTarget, unit: str, low: float, high: float, values: Mapping[str, float]
) -> None:
    """Warn where the lowest or highest of some doses is far from the usual ones.

    Parameters
    ----------
    target : DrugTarget
        The drug and route.
    unit : str
        Unit of `low` and `high`; infusions of more than a day count by the amount per day.
    low, high : float
        The lowest and the highest dose.
    values : mapping
        The model's values: body surface and weight turn one unit into the other. Nothing is told
        where the model does not have what is needed.
    """
    usual = target.usual
    if usual is None:
        return
    factor = _ug(unit, values) / _ug(usual.unit, values)
    for dose, bound, word in ((low, usual.low, "below"), (high, usual.high, "above")):
        fold = dose * factor / bound
        far = fold * FAR < 1 if word == "below" else fold > FAR
        if far and _is_news("dose", target.drug, target.route, word, _magnitude(fold, 1.0)):
            same = "" if unit == usual.unit else f" ({dose * factor:.3g} {usual.unit})"
            warnings.warn(
                f"a dose of {dose:g} {unit}{same} {target.drug} {target.route} is far "
                f"{word} the usual {usual.low:g} to {usual.high:g} {usual.unit}: {usual.source}",
                UserWarning,
                stacklevel=3,
            )


def _ug(unit: str, values: Mapping[str, float]) -> float:
    """Micrograms of one `unit` in the patient of the model; nan where that is not known."""
    mass, _, per = unit.partition("/")
    return _UG[mass] * (values.get(PER[per], math.nan) if per else 1.0)


def _magnitude(value: float, bound: float) -> int:
    ratio = abs(value / bound) if bound else abs(value)
    return math.floor(math.log10(ratio)) if 0 < ratio < math.inf else 0


def _is_news(*key: object) -> bool:
    if key in _told:
        return False
    _told.add(key)
    return True
