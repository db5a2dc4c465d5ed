"""Who gets which change when: doses of regimens and further changes, schedule by schedule."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import ADD, SET
from il15_sim.batch.events import EventTable
from il15_sim.errors import InputError, unknown
from il15_sim.finite import as_number
from il15_sim.model.units import convert
from il15_sim.regimen.dose import round_h
from il15_sim.regimen.table import DoseTable
from il15_sim.simulation.dose_events import DoseEvents, dose_events
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.subject import Subject

Schedule = tuple[Change, ...]


def schedules_of(
    subject: Subject, doses: DoseTable, changes: Sequence[Schedule], begin_h: float
) -> EventTable:
    """What every regimen changes, together with further changes, which come first.

    Parameters
    ----------
    subject : Subject
    doses : DoseTable
        Of all regimens.
    changes : sequence of tuple of Change
        Those made beside each regimen.
    begin_h : float
        Begin of the runs: of what came before it only changes of parameters are kept.

    Raises
    ------
    InputError
        For a drug or route that the model does not have, and for a change of a parameter that
        scales doses: what an infusion adds would not be what its end takes away.
    """
    own = dose_events(subject.model, doses)
    scales = {name for name in own.scales if name} | {
        c.per for one in changes for c in one if c.per
    }
    for change in chain.from_iterable(dict.fromkeys(map(tuple, changes))):
        if change.target in scales:
            raise InputError(
                f"change of '{change.target}'", why="doses are scaled by it over the whole run"
            )
    table = _together(own, changes)
    return _begun(table, begin_h, subject.constants)


def _together(own: DoseEvents, changes: Sequence[Schedule]) -> EventTable:
    """Changes and doses of every schedule, by time; at the same time changes come first."""
    count, sizes = len(changes), [len(one) for one in changes]
    extra = [c for one in changes for c in sorted(one, key=lambda c: c.time_h)]
    targets = tuple(dict.fromkeys([*own.targets, *(c.target for c in extra)]))
    scales = tuple(dict.fromkeys([*own.scales, *(c.per for c in extra if c.per)]))
    schedule, kind = own.schedule, np.full(len(own.time_h), ADD, np.int8)
    columns: list[NDArray[np.generic]] = [own.time_h, own.amount, kind, own.target, own.scale]
    if extra:
        target_at = {name: i for i, name in enumerate(targets)}
        scale_at = {name: i for i, name in enumerate(scales)} | {"": -1}
        more: list[NDArray[np.generic]] = [
            np.array([c.time_h for c in extra]),
            np.array([c.amount for c in extra]),
            np.array([SET if c.sets else ADD for c in extra], np.int8),
            np.array([target_at[c.target] for c in extra], np.int32),
            np.array([scale_at[c.per] for c in extra], np.int32),
        ]
        schedule = np.concatenate([np.repeat(np.arange(count), sizes), schedule])
        columns = [np.concatenate([a, b]) for a, b in zip(more, columns, strict=True)]
        # Stable: what comes first above stays first at its time.
        order = np.lexsort((columns[0], schedule))
        schedule, columns = schedule[order], [column[order] for column in columns]
    offset = np.append(0, np.cumsum(np.bincount(schedule, minlength=count)))
    time, amount, kind_, target, scale = columns
    return EventTable(
        np.asarray(time, np.float64),
        np.asarray(amount, np.float64),
        np.asarray(kind_, np.int8),
        np.asarray(target, np.int32),
        np.asarray(scale, np.int32),
        offset.astype(np.int64),
        targets,
        scales,
    )


def _begun(table: EventTable, begin_h: float, parameters: Collection[str]) -> EventTable:
    """Schedules of runs that begin at a time: parameters keep what came before it."""
    if begin_h <= 0.0:
        return table
    lasting = np.array([name in parameters for name in table.targets], np.bool_)
    keep = (table.time >= begin_h) | lasting[table.target]
    return table.at(keep, np.append(0, np.cumsum(keep)).astype(np.int64)[table.offset])


def changes_of(schedules: EventTable, number: int) -> Schedule:
    """One schedule as single changes, for the reference engine."""
    return tuple(
        Change(e.time, e.target, e.amount, e.scale, e.kind == SET) for e in schedules[number]
    )


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
        time_h, amount = as_number(change.time_h), as_number(change.amount)
        if time_h is None or amount is None or not math.isfinite(time_h + amount):
            raise InputError(
                f"change of '{change.target}'", why="time and amount are finite numbers"
            )
        if time_h < 0:
            raise InputError(
                f"change of '{change.target}' at {time_h:g} h", why="time begins at 0 h"
            )
        if change.unit:
            amount = _in_unit_of(change, amount, subject.units.get(change.target, ""))
        checked.append(replace(change, time_h=round_h(time_h), amount=amount, unit=""))
    return tuple(checked)


def _in_unit_of(change: Change, amount: float, unit: str) -> float:
    """The amount of a change in the unit of its target."""
    if not unit:
        what = f"change of '{change.target}' in {change.unit}"
        raise InputError(what, why="the model tells no unit of it", fix="leave the unit out")
    try:
        return convert(amount, change.unit, unit)
    except InputError as error:
        raise error.at(f"change of '{change.target}'") from None
