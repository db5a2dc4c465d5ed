"""An ensemble laid out for an engine: rows, schedules, times, endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.events import EventTable
from il15_sim.regimen import Regimen
from il15_sim.results.endpoint import Endpoint
from il15_sim.simulation.measures import Extent, Wanted
from il15_sim.simulation.rows import ParameterRows
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plan:
    """An ensemble of N rows, ready for an engine.

    Attributes
    ----------
    subject : Subject
        The model.
    rows : ParameterRows
        The parameters that vary.
    regimens : tuple of Regimen
        The distinct ones.
    schedules : EventTable
        One for each regimen, sorted by time. A change of a parameter from before `begin_h` holds
        from the start.
    schedule_of : array of int, shape (N,), or None
        Which schedule each row follows; None: all the first.
    begin_h, end_h : float
        Simulated span.
    columns : tuple of str
        Ids that are read at `times_h`; first those asked for as time courses.
    times_h, before : arrays, shape (T,)
        Times that are read, and whether before the doses of that time.
    courses : int
        How many of `columns` were asked for as time courses.
    course_rows : array of int
        Which of `times_h` belong to time courses.
    sample : array of str
        Of each of `course_rows`: "pre" or "post" at the time of a dose, "grid" elsewhere.
    endpoints : tuple of Endpoint
        Numbers that are kept.
    reduced : tuple of Extent
        What an engine reduces over an interval for them.
    initial : array, shape (N, S) or (1, S), or None
        State variables at the start; None: as the model says.
    rest : bool
        True where every row starts from its own untreated steady state.
    rtol, max_steps : float, int
        Tolerance, and how many steps may be tried.
    sizes : dict
        Sizes below which states count as nearly empty, where they were given.
    max_step_h : float
        Largest step.
    final : bool
        True where the states at the end are kept.
    copies : int
        Simulations in a row that share start and schedule, for differences between them: the
        parameters have N times as many rows.
    """

    subject: Subject
    rows: ParameterRows
    regimens: tuple[Regimen, ...]
    schedules: EventTable
    schedule_of: NDArray[np.intp] | None
    begin_h: float
    end_h: float
    columns: tuple[str, ...]
    times_h: Array
    before: NDArray[np.bool_]
    courses: int
    course_rows: NDArray[np.intp]
    sample: NDArray[np.str_]
    endpoints: tuple[Endpoint, ...]
    reduced: tuple[Extent, ...]
    initial: Array | None
    rest: bool
    rtol: float
    sizes: Mapping[str, float]
    max_step_h: float
    max_steps: int
    final: bool
    copies: int = 1

    @property
    def row_bytes(self) -> int:
        """Memory that the results of one simulation take up in an engine."""
        numbers = len(self.times_h) * len(self.columns) + len(self.reduced)
        return 8 * (numbers + len(self.subject.states) + len(self.rows.columns) + 4)

    def schedules_of(self, start: int, stop: int) -> NDArray[np.intp]:
        """Schedule of each of the simulations [start, stop)."""
        if self.schedule_of is None:
            return np.zeros(stop - start, np.intp)
        return self.schedule_of[np.arange(start, stop) // self.copies]

    def initial_of(self, start: int, stop: int) -> Array | None:
        """Start states of the simulations [start, stop), shape (stop - start, S) or (1, S)."""
        if self.initial is None or len(self.initial) == 1:
            return self.initial
        return self.initial[np.arange(start, stop) // self.copies]

    def row_of(self, time_h: float, *, before: bool) -> int:
        """Index of a time among `times_h`."""
        return int(np.flatnonzero((self.times_h == time_h) & (self.before == before))[0])

    def column_of(self, observable: str) -> int:
        """Index of an id among `columns`."""
        return self.columns.index(observable)

    def regimen_of(self, row: int) -> Regimen:
        """What a row is given."""
        return self.regimens[0 if self.schedule_of is None else int(self.schedule_of[row])]

    def take(self, rows: NDArray[np.intp]) -> Plan:
        """Some of the rows only, by number."""
        initial, schedule_of = self.initial, self.schedule_of
        if initial is not None and len(initial) > 1:
            initial = initial[rows]
        if schedule_of is not None:
            schedule_of = schedule_of[rows]
        return replace(self, rows=self.rows.take(rows), initial=initial, schedule_of=schedule_of)

    def asking(self, endpoints: Sequence[Endpoint]) -> Plan:
        """The same simulations with other endpoints, and without time courses."""
        parts = Wanted(self.begin_h, self.end_h, self.regimens).note(endpoints)
        return replace(
            self,
            **lay_out([], parts)._asdict(),
            columns=tuple(parts.observables),
            courses=0,
            sample=np.zeros(0, "U4"),
            endpoints=tuple(endpoints),
            reduced=tuple(parts.extents),
            final=False,
        )


class Layout(NamedTuple):
    """Times that engines read, whether before doses, and which belong to the time courses."""

    times_h: Array
    before: NDArray[np.bool_]
    course_rows: NDArray[np.intp]


def lay_out(asked: Sequence[tuple[float, bool]], parts: Wanted) -> Layout:
    """The times asked for as courses, and those that endpoints need."""
    rows = in_order({*asked, *parts.moments})
    place = {row: i for i, row in enumerate(rows)}
    return Layout(
        np.array([time for time, _ in rows], np.float64),
        np.array([early for _, early in rows], np.bool_),
        np.array([place[row] for row in asked], np.intp),
    )


def in_order(rows: Iterable[tuple[float, bool]]) -> list[tuple[float, bool]]:
    """Distinct times, each with whether it is before a dose, which comes first."""
    return sorted(set(rows), key=lambda row: (row[0], not row[1]))
