"""From rows of dosing events to courses and listed doses, by patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.regimen.dose import ROUTES, Dose, check_kind, check_unit, quantity
from il15_sim.regimen.event_table import Row, read_rows
from il15_sim.regimen.expand import Course
from il15_sim.regimen.phase import Phase

#: Drug, route and unit of the doses into one compartment.
Compartment = tuple[str, str, str]

_REFUSED = {
    2: ("other events than doses are not read", "leave the row out"),
    3: ("a reset is not read", "give the doses after it an ID of their own"),
    4: ("a reset is not read", "give the doses after it an ID of their own"),
}


def courses_and_doses(
    source: object, compartments: Mapping[int | str, Compartment] | None
) -> dict[int | str, tuple[list[Course], list[Dose]]]:
    """Courses (rows with ADDL) and single doses of every ID, in the order of the table.

    Raises
    ------
    InputError
        With row and column, for everything that `Regimen.from_events` refuses.
    """
    places = None if compartments is None else _checked(compartments)
    out: dict[int | str, tuple[list[Course], list[Dose]]] = {}
    file = source if isinstance(source, str | Path) else None
    for row in read_rows(source):
        if places is not None and "cmt" not in row.cells:
            raise InputError("column CMT is missing", where=file, why="compartments are given")
        if places is None and (lacking := {"drug", "route", "unit"} - row.cells.keys()):
            fix = "add it, or give compartments={1: ('sorafenib', 'oral', 'mg')} for column CMT"
            raise InputError(f"column {min(lacking)} is missing", where=file, fix=fix)
        courses, doses = out.setdefault(row.label("id") if "id" in row.cells else 1, ([], []))
        if not _is_dose(row):
            continue
        try:
            made = _made(row, places)
        except InputError as error:
            # What a cell tells about itself names its row already.
            raise error if error.where is not None else error.at(row.where) from None
        if isinstance(made, Course):
            courses.append(made)
        else:
            doses.append(made)
    return out


def _is_dose(row: Row) -> bool:
    """Whether a row is a dose; without EVID those with an amount are."""
    amount, event = row.number("amt") or 0.0, row.number("evid")
    if event is None:
        return amount != 0
    if event in _REFUSED:
        raise row.fault("evid", *_REFUSED[int(event)])
    if event not in (0, 1):
        raise row.fault("evid", "it must be 0 (no dose) or 1 (dose)")
    if event == 0 and amount != 0:
        raise row.fault("amt", "EVID is 0, which means no dose", "write EVID 1 or no AMT")
    return event == 1


def _made(row: Row, places: Mapping[int | str, Compartment] | None) -> Course | Dose:
    drug, route, unit = _place(row, places)
    time = quantity("TIME", row.number("time"), "h", zero=True)
    amount = quantity("AMT", row.number("amt"), unit)
    if row.number("ss"):
        fix = "write the doses before time zero as rows, or with ADDL and II"
        raise row.fault("ss", "a steady state is not read", fix)
    hours = _duration(row, amount)
    if hours:
        if route not in ("iv", "infusion"):
            given = "rate" if row.number("rate") else "duration_h"
            raise row.fault(given, f"route {route} takes no infusion")
        route = "infusion"
    more, every_h = row.whole("addl"), row.number("ii")
    if not more:
        if every_h:
            raise row.fault("ii", "there are no additional doses", "give ADDL, or II 0")
        return Dose(time, drug, amount, unit, route, hours)
    every_h = quantity("II", every_h, "h")
    phase = Phase(amount, unit, every_h, (more + 1) * every_h / 24)
    return Course(drug, route, (phase,), time / 24, hours)


def _duration(row: Row, amount: float) -> float:
    """Hours of an infusion, from its rate or as they are; 0 where there is none."""
    rate, hours = row.number("rate") or 0.0, row.number("duration_h") or 0.0
    if rate < 0:
        why = "a rate or duration that is a parameter is not read"
        raise row.fault("rate", why, "give the rate in amount per hour")
    if rate and hours:
        raise row.fault("duration_h", "RATE is given too", "give one of the two")
    return amount / rate if rate else hours


def _place(row: Row, places: Mapping[int | str, Compartment] | None) -> Compartment:
    if places is None:
        drug, route, unit = (row.label(column) for column in ("drug", "route", "unit"))
        return str(drug), str(route), str(unit)
    name = row.label("cmt")
    if name not in places:
        shown = ", ".join(map(repr, places))
        raise row.fault("cmt", f"compartments has no such key; it has {shown}")
    return places[name]


def _checked(compartments: object) -> dict[int | str, Compartment]:
    """The caller's mapping, each entry checked."""
    example = "write e.g. {1: ('sorafenib', 'oral', 'mg')}"
    if not isinstance(compartments, Mapping):
        raise InputError(f"compartments {compartments!r:.40}", fix=example)
    out: dict[int | str, Compartment] = {}
    for key, place in compartments.items():
        if isinstance(place, str) or not isinstance(place, Sequence) or len(place) != 3:
            why = "it must be drug, route and unit"
            raise InputError(f"compartment {key!r:.40} is {place!r:.40}", why=why, fix=example)
        drug, route, unit = place
        try:
            check_kind(drug, route, 1.0 if isinstance(route, str) and route == ROUTES[2] else 0.0)
            check_unit(unit)
        except InputError as error:
            raise error.at(f"compartment {key!r:.40}") from None
        out[key] = (drug, route, unit)
    return out
