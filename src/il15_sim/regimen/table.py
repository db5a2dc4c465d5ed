"""The doses of many regimens as columns: what `Regimen.doses` tells one by one, in one go.

An ensemble may give every patient a regimen of its own. Expanding each to objects costs as much
as simulating it; here numbers of all regimens go through NumPy together, to the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from il15_sim.regimen.dose import UNITS, round_h
from il15_sim.regimen.expand import Course, Track
from il15_sim.regimen.rounding import round_all_h
from il15_sim.regimen.value import Regimen

Array = NDArray[np.float64]

_PLACE = {unit: i for i, unit in enumerate(UNITS)}


@dataclass(frozen=True, eq=False)
class DoseTable:
    """Doses of R regimens with K tracks.

    Attributes
    ----------
    tracks : list of Course or Listed, length K
        Those of the first regimen, of the second one, ...
    regimen : array of int, shape (K,)
        Which regimen a track belongs to.
    offset : array of int, shape (K + 1,)
        The doses of track k are those from offset[k] up to, not including, offset[k + 1].
    time_h, amount : arrays, shape (D,)
        When a dose is taken, sorted within each track, and how much in its unit.
    unit : array of int8, shape (D,)
        Index into `UNITS`: phases of a track may tell their doses in different ones.
    """

    tracks: list[Track]
    regimen: NDArray[np.intp]
    offset: NDArray[np.intp]
    time_h: Array
    amount: Array
    unit: NDArray[np.int8]

    @property
    def end_h(self) -> float:
        """Latest end of all schedules in hours, as `Regimen.end_h` tells it."""
        ends = [0.0]
        for track, first, last in zip(self.tracks, self.offset, self.offset[1:], strict=False):
            if isinstance(track, Course):
                ends.append(round_h(24 * (track.start_day + track.days)))
            if last > first:
                ends.append(float(self.time_h[last - 1]) + track.duration_h)
        return max(ends)


def dose_table(regimens: Sequence[Regimen]) -> DoseTable:
    """Expand all regimens.

    Parameters
    ----------
    regimens : sequence of Regimen, length R

    Examples
    --------
    >>> short = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=1)
    >>> table = dose_table([short, short.hold(days=(0, 0.5))])
    >>> table.time_h.tolist(), table.offset.tolist()
    ([0.0, 12.0, 12.0], [0, 2, 3])
    """
    tracks = [track for regimen in regimens for track in regimen.tracks]
    owner = np.repeat(np.arange(len(regimens)), [len(r.tracks) for r in regimens])
    rows = _Rows()
    for track in tracks:
        rows.add(track)
    time_h, amount, unit, offset = rows.expanded()
    keep = np.ones(len(time_h), np.bool_)
    for k, track in enumerate(tracks):
        if isinstance(track, Course) and _is_edited(track):
            own = slice(offset[k], offset[k + 1])
            _edit(track, time_h[own], amount[own], keep[own])
    starts = np.array([24 * t.start_day if isinstance(t, Course) else 0.0 for t in tracks])
    if starts.any():
        time_h = round_all_h(np.repeat(starts, np.diff(offset)) + time_h)
    for k, track in enumerate(tracks):
        if isinstance(track, Course) and track.lates:
            own = slice(offset[k], offset[k + 1])
            order = np.lexsort((unit[own], amount[own], time_h[own]))
            for column in (time_h, amount, unit, keep):
                column[own] = column[own][order]
    if not keep.all():
        offset = np.append(0, np.cumsum(keep))[offset]
        time_h, amount, unit = time_h[keep], amount[keep], unit[keep]
    return DoseTable(tracks, owner, offset, time_h, amount, unit)


@dataclass
class _Rows:
    """Unbroken rows of doses: at origin + first + k every, for k below count."""

    origin_h: list[float] = field(default_factory=list)
    first_h: list[float] = field(default_factory=list)
    every_h: list[float] = field(default_factory=list)
    amount: list[float] = field(default_factory=list)
    unit: list[int] = field(default_factory=list)
    count: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0])  # of the tracks, in rows

    def add(self, track: Track) -> None:
        """The planned doses of a track."""
        if isinstance(track, Course):
            for start, phase in zip((0.0, *track.ends), track.phases, strict=False):
                for first, count in phase.blocks():
                    self.origin_h.append(24 * start)
                    self.first_h.append(first)
                    self.every_h.append(phase.every_h)
                    self.amount.append(phase.amount)
                    self.unit.append(_PLACE[phase.unit])
                    self.count.append(count)
        else:
            times, amounts = zip(*track.points, strict=True)
            self.origin_h += times
            self.amount += amounts
            self.first_h += [0.0] * len(times)
            self.every_h += [0.0] * len(times)
            self.unit += [_PLACE[track.unit]] * len(times)
            self.count += [1] * len(times)
        self.ends.append(len(self.count))

    def expanded(self) -> tuple[Array, Array, NDArray[np.int8], NDArray[np.intp]]:
        """Times after the start of the course, amounts and units, and the tracks' offsets."""
        count = np.array(self.count, np.intp)
        ends = np.append(0, np.cumsum(count))
        number = np.arange(ends[-1]) - np.repeat(ends[:-1], count)
        origin, first, every, amount = (
            np.repeat(np.array(column, np.float64), count)
            for column in (self.origin_h, self.first_h, self.every_h, self.amount)
        )
        unit = np.repeat(np.array(self.unit, np.int8), count)
        return round_all_h(origin + (first + number * every)), amount, unit, ends[self.ends]


def _is_edited(course: Course) -> bool:
    return bool(course.holds or course.reductions or course.skips or course.lates)


def _edit(course: Course, time_h: Array, amount: Array, keep: NDArray[np.bool_]) -> None:
    """Apply what was changed about a course to its planned doses, in place."""
    for number, delay_h in course.lates:
        time_h[number - 1] = round_h(float(time_h[number - 1]) + delay_h)
    for number in course.skips:
        keep[number - 1] = False
    for window in course.holds:
        keep[window.holds_all(time_h)] = False
    for window in course.reductions:
        amount[window.holds_all(time_h)] = window.amount
