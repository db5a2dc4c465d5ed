"""Keyword arguments of the regimen constructors: the dose with its unit, a cycle, two days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from il15_sim.errors import InputError
from il15_sim.finite import as_list
from il15_sim.regimen.phase import Cycle, Window
from il15_sim.regimen.spelling import unit_hint

_UNIT_OF = {
    "dose_mg": "mg",
    "dose_mg_per_m2": "mg/m2",
    "dose_mg_per_kg": "mg/kg",
    "dose_ug": "ug",
    "dose_ug_per_m2": "ug/m2",
    "dose_ug_per_kg": "ug/kg",
}


class DoseKeyword(TypedDict, total=False):
    """The dose of a course, told by exactly one keyword, which names the unit."""

    dose_mg: float | None
    dose_mg_per_m2: float | None
    dose_mg_per_kg: float | None
    dose_ug: float | None
    dose_ug_per_m2: float | None
    dose_ug_per_kg: float | None


class DosesKeyword(TypedDict, total=False):
    """One dose for all times, or one for each, told by exactly one keyword."""

    dose_mg: float | Iterable[float] | None
    dose_mg_per_m2: float | Iterable[float] | None
    dose_mg_per_kg: float | Iterable[float] | None
    dose_ug: float | Iterable[float] | None
    dose_ug_per_m2: float | Iterable[float] | None
    dose_ug_per_kg: float | Iterable[float] | None


def one_dose(dose: Mapping[str, object]) -> tuple[Any, str]:
    """Value and unit of the one dose keyword."""
    given = {keyword: value for keyword, value in dose.items() if value is not None}
    for keyword in given:
        if keyword not in _UNIT_OF:
            raise _unknown_keyword(keyword)
    if len(given) != 1:
        said = " and ".join(sorted(given)) + " are given" if given else "no dose is given"
        raise InputError(said, fix=f"give exactly one of {', '.join(_UNIT_OF)}")
    keyword, value = given.popitem()
    return value, _UNIT_OF[keyword]


def _unknown_keyword(keyword: str) -> InputError:
    """A hint only where the unit is the same: `dose` may be meant in mg or in ug."""
    named = ", ".join(_UNIT_OF)
    if not keyword.startswith("dose"):
        why = f"arguments are drug, days, every_h, cycle, start_day and one of {named}"
        return InputError(f"unknown argument '{keyword}'", why=why)
    unit = unit_hint(re.sub("^doses?_", "", keyword).replace("_per_", "/").replace("_", "/"))
    near = [name for name, its in _UNIT_OF.items() if its == unit]
    fix = f"did you mean '{near[0]}'?" if near else f"the keyword names the unit: {named}"
    return InputError(f"unknown dose keyword '{keyword}'", fix=fix)


def to_cycle(cycle: str | Cycle | None) -> Cycle | None:
    """The cycle that a text such as `d1-5/28` tells."""
    if cycle is None or isinstance(cycle, Cycle):
        return cycle
    days = re.fullmatch(r"d([0-9]{1,6})(?:-([0-9]{1,6}))?/([0-9]{1,6})", str(cycle).strip())
    if days is None:
        raise InputError(f"cycle {cycle!r:.40}", fix="write e.g. d1-5/28")
    return Cycle(int(days[1]), int(days[2] or days[1]), int(days[3]))


def to_window(
    days: Sequence[float], amount: float | None = None, unit: str | None = None
) -> Window:
    """The window from the first to the second of two days: a hold, or with a dose a reduction."""
    two = as_list("days", days, "days=(14, 21)")
    if len(two) != 2:
        raise InputError(f"days={days!r:.40}", fix="give two days, e.g. days=(14, 21)")
    start, end = two
    return Window(start, end, amount, unit)  # type: ignore[arg-type]
