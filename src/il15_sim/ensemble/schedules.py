"""Who gets which change when: doses of regimens and further changes, row by row."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.dosing import Change, scaled_changes
from il15_sim.ensemble.subject import Subject
from il15_sim.errors import InputError, unknown
from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import round_h

Schedule = tuple[Change, ...]


def schedules_of(
    subject: Subject, regimens: Sequence[Regimen], changes: Sequence[Change], begin_h: float
) -> tuple[tuple[Schedule, ...], NDArray[np.intp] | None]:
    """Distinct schedules of changes, and which of them each regimen has (None: all the first).

    Raises
    ------
    InputError
        For a drug or route that the model does not have, and for a change of a parameter that
        scales doses: what an infusion adds would not be what its end takes away.
    """
    index: dict[Regimen, int] = {}
    order = [index.setdefault(r, len(index)) for r in regimens]
    if subject.model is None:
        doses: list[Schedule] = [() for _ in index]
    else:
        doses = [scaled_changes(subject.model, r) for r in index]
    scales = {c.per for schedule in (*doses, changes) for c in schedule} - {""}
    for change in changes:
        if change.target in scales:
            raise InputError(
                f"change of '{change.target}'", why="doses are scaled by it over the whole run"
            )
    built = tuple(_begun((*changes, *own), begin_h, subject.constants) for own in doses)
    return built, None if len(built) == 1 else np.array(order, np.intp)


def checked_changes(changes: Iterable[Change], subject: Subject) -> Schedule:
    """Changes whose targets exist and whose numbers are finite; times as fine as those of doses.

    Raises
    ------
    InputError
        For anything else.
    """
    ids = {*subject.states, *subject.constants}
    checked = []
    for change in changes:
        if not isinstance(change, Change):
            raise InputError(
                f"{change!r:.80} is not a change", fix="give il15_sim.Change(time_h, target, ...)"
            )
        if change.target not in ids:
            raise unknown("state or parameter", change.target, ids)
        if change.target in subject.settled:
            raise InputError(
                f"change of '{change.target}'",
                why=f"'{subject.settled[change.target]}' is set from it once, by an initial "
                "assignment, and would change with it",
                fix="vary it by rows of the parameter table",
            )
        if change.per and change.per not in subject.constants:
            raise unknown("parameter", change.per, subject.constants)
        if not (_finite(change.time_h) and _finite(change.amount)):
            raise InputError(
                f"change of '{change.target}'", why="time and amount are finite numbers"
            )
        if change.time_h < 0:
            raise InputError(
                f"change of '{change.target}' at {change.time_h:g} h", why="time begins at 0 h"
            )
        time_h = round_h(float(change.time_h))
        checked.append(replace(change, time_h=time_h, amount=float(change.amount)))
    return tuple(checked)


def _begun(changes: Iterable[Change], begin_h: float, parameters: Collection[str]) -> Schedule:
    """Changes of a run that begins at a time, sorted: parameters keep what came before it."""
    ordered = sorted(changes, key=lambda c: c.time_h)
    return tuple(c for c in ordered if c.time_h >= begin_h or c.target in parameters)


def _finite(number: object) -> bool:
    try:
        return math.isfinite(number)  # type: ignore[arg-type]
    except TypeError:
        return False
