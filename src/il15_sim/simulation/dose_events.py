"""Doses of many regimens as changes of a model's states, in columns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.model import Model
from il15_sim.regimen.dose import UNITS
from il15_sim.regimen.rounding import round_all_h
from il15_sim.regimen.table import DoseTable
from il15_sim.simulation.dosing import Entry, entry_of, warn_of_unusual

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class DoseEvents:
    """What is added to states and rates, by schedule, time, target and scale.

    Attributes
    ----------
    schedule : array of int, shape (E,)
        Number of the regimen.
    time_h, amount : arrays, shape (E,)
    target, scale : arrays of int32, shape (E,)
        Indices into `targets`, and into `scales` or -1.
    targets, scales : tuple of str
    """

    schedule: Indices
    time_h: Array
    amount: Array
    target: NDArray[np.int32]
    scale: NDArray[np.int32]
    targets: tuple[str, ...]
    scales: tuple[str, ...]

    def at(self, place: Indices | NDArray[np.bool_]) -> DoseEvents:
        """Some of the events."""
        names = ("schedule", "time_h", "amount", "target", "scale")
        return replace(self, **{name: getattr(self, name)[place] for name in names})


def dose_events(model: Model | None, doses: DoseTable) -> DoseEvents:
    """Every dose as what it adds to which state; doses into the same target at a time add up.

    Raises
    ------
    InputError
        For a drug, route or unit that the model does not have.
    """
    if model is None:
        hours, place = np.zeros(0), np.zeros(0, np.int32)
        return DoseEvents(np.zeros(0, np.intp), hours, hours, place, place, (), ())
    count = np.diff(doses.offset)
    hours = np.array([track.duration_h for track in doses.tracks])
    code, entries, kinds = _entries(model, doses, count)
    a_day = doses.amount / np.repeat(np.maximum(1.0, hours / 24), count)
    for i, kind in enumerate(kinds):
        own = a_day[code == i]
        warn_of_unusual(model, kind, float(own.min()), float(own.max()))
    targets = tuple(sorted({e.target for e in entries}))
    scales = tuple(sorted({e.per for e in entries} - {""}))
    amount = doses.amount
    # Not left out where both are the same: the product may be rounded.
    amount = amount * np.array([e.times for e in entries])[code]
    amount = amount / np.array([e.over for e in entries])[code]
    added = DoseEvents(
        np.repeat(doses.regimen, count),
        doses.time_h,
        amount,
        np.array([targets.index(e.target) for e in entries], np.int32)[code],
        np.array([scales.index(e.per) if e.per else -1 for e in entries], np.int32)[code],
        targets,
        scales,
    )
    dose = np.arange(len(amount))
    if hours.any():
        added, dose = _with_ends(added, np.repeat(hours, count))
    return _added_up(added, doses, dose)


def _entries(
    model: Model, doses: DoseTable, count: Indices
) -> tuple[NDArray[np.intp], list[Entry], list[tuple[str, str, str]]]:
    """For each dose which of the places it goes to, these, and their drugs, routes and units."""
    kinds: dict[tuple[str, str], int] = {}
    of_track = [kinds.setdefault((t.drug, t.route), len(kinds)) for t in doses.tracks]
    code = np.repeat(np.array(of_track, np.intp), count) * len(UNITS) + doses.unit
    used = np.flatnonzero(np.bincount(code))
    place = np.zeros(len(kinds) * len(UNITS), np.intp)
    place[used] = np.arange(len(used))
    names = list(kinds)
    found = [(*names[c // len(UNITS)], UNITS[c % len(UNITS)]) for c in used]
    return place[code], [entry_of(model, *kind) for kind in found], found


def _with_ends(added: DoseEvents, hours: Array) -> tuple[DoseEvents, Indices]:
    """Infusions as rates that are added and taken away, and the dose that each event is of."""
    lasting = np.flatnonzero(hours > 0.0)
    amount = added.amount.copy()
    amount[lasting] /= hours[lasting]
    dose = np.append(np.arange(len(hours)), lasting)
    # Rounded as dose times are: 4.8 + 2.4 h is the 7.2 h at which the next one starts.
    ends = round_all_h(added.time_h[lasting] + hours[lasting])
    time_h, amount = np.append(added.time_h, ends), np.append(amount, -amount[lasting])
    return replace(added.at(dose), time_h=time_h, amount=amount), dose


def _added_up(added: DoseEvents, doses: DoseTable, dose: Indices) -> DoseEvents:
    """The events in order, one for each schedule, time, target and scale; nothing is left out."""
    if not _is_in_order(added):
        order = np.lexsort((added.scale, added.target, added.time_h, added.schedule))
        added, dose = added.at(order), dose[order]
        first = _first_of_each(added)
        if not first.all():
            group = np.cumsum(first) - 1
            if np.bincount(group).max() > 2:
                # Sums of three depend on their order, which is that of the doses.
                fine = np.lexsort((*_ranks(doses, dose), group))
                added = added.at(fine)
            total = np.asarray(np.bincount(group, weights=added.amount), np.float64)
            added = replace(added.at(first), amount=total)
    return added if added.amount.all() else added.at(added.amount != 0.0)


def _is_in_order(added: DoseEvents) -> bool:
    """True where every schedule has its events one after the other, none at the same time."""
    step, later = np.diff(added.schedule), np.diff(added.time_h) > 0.0
    return bool(((step > 0) | ((step == 0) & later)).all())


def _first_of_each(added: DoseEvents) -> NDArray[np.bool_]:
    first = np.ones(len(added.time_h), np.bool_)
    first[1:] = (
        (np.diff(added.schedule) != 0)
        | (np.diff(added.time_h) != 0.0)
        | (np.diff(added.target) != 0)
        | (np.diff(added.scale) != 0)
    )
    return first


def _ranks(doses: DoseTable, dose: Indices) -> list[NDArray[np.generic]]:
    """Keys by which single doses are sorted, the last one first."""
    track = np.repeat(np.arange(len(doses.tracks)), np.diff(doses.offset))[dose]
    keys = [(t.drug, t.route, t.duration_h) for t in doses.tracks]
    columns = []
    for column in zip(*keys, strict=True):
        places = {value: i for i, value in enumerate(sorted(set(column)))}
        columns.append(np.array([places[value] for value in column])[track])
    drug, route, hours = columns
    unit = np.argsort(np.argsort(UNITS))[doses.unit[dose]]
    return [hours, route, unit, doses.amount[dose], drug, doses.time_h[dose]]
