"""An ensemble laid out for an engine: rows, schedules, and what is read of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.events import EventTable
from il15_sim.batch.task import Task
from il15_sim.regimen import Regimen
from il15_sim.results.endpoint import Endpoint
from il15_sim.simulation.grid import Moment
from il15_sim.simulation.measures import Wanted
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
        One for each regimen, sorted by time in hours. A change of a parameter from before the
        begin holds from the start.
    schedule_of : array of int, shape (N,), or None
        Which schedule each row follows; None: all the first.
    task : Task
        What all rows share, its times in hours; its outputs begin with those asked for as time
        courses, its schedules are filled in by the engine.
    courses : int
        How many of the outputs were asked for as time courses.
    course_rows : array of int
        Which of the task's times belong to time courses.
    sample : array of str
        Of each of `course_rows`: "pre" or "post" at the time of a dose, "grid" elsewhere.
    endpoints : tuple of Endpoint
        Numbers that are kept.
    initial : array, shape (N, S) or (1, S), or None
        State variables at the start; None: as the model says.
    sizes : dict
        Sizes below which states count as nearly empty, where they were given.
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
    task: Task
    courses: int
    course_rows: NDArray[np.intp]
    sample: NDArray[np.str_]
    endpoints: tuple[Endpoint, ...]
    initial: Array | None
    sizes: Mapping[str, float]
    final: bool
    copies: int = 1

    @property
    def row_bytes(self) -> int:
        """Memory that the results of one simulation take up in an engine."""
        task = self.task
        numbers = len(task.times) * len(task.outputs) + len(task.reductions)
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

    def take(self, rows: NDArray[np.intp]) -> Plan:
        """Some of the rows only, by number."""
        initial, schedule_of = self.initial, self.schedule_of
        if initial is not None and len(initial) > 1:
            initial = initial[rows]
        if schedule_of is not None:
            schedule_of = schedule_of[rows]
        return replace(self, rows=self.rows.take(rows), initial=initial, schedule_of=schedule_of)

    def between(self, first: int, last: int) -> Plan:
        """The rows [first, last) only, with the schedules that they follow."""
        used, schedule_of = np.unique(self.schedules_of(first, last), return_inverse=True)
        return replace(
            self,
            rows=self.rows.between(first, last),
            initial=self.initial_of(first, last),
            regimens=tuple(self.regimens[i] for i in used),
            schedules=self.schedules.take(used),
            schedule_of=schedule_of,
        )

    def asking(self, endpoints: Sequence[Endpoint]) -> Plan:
        """The same simulations with other endpoints, and without time courses."""
        task, course_rows = reading(self.task, self.regimens, endpoints)
        return replace(
            self,
            task=task,
            courses=0,
            course_rows=course_rows,
            sample=np.zeros(0, "U4"),
            endpoints=tuple(endpoints),
            final=False,
        )


def reading(
    task: Task,
    regimens: tuple[Regimen, ...],
    endpoints: Iterable[Endpoint],
    courses: Sequence[str] = (),
    at: Sequence[Moment] = (),
) -> tuple[Task, NDArray[np.intp]]:
    """A task that reads time courses at some moments, and what endpoints need.

    And which of its times are those of the courses.
    """
    parts = Wanted(task, regimens).note(endpoints)
    rows = in_order({*at, *parts.moments})
    place = {row: i for i, row in enumerate(rows)}
    reads = replace(
        task,
        outputs=tuple(dict.fromkeys([*courses, *parts.observables])),
        times=np.array([time for time, _ in rows], np.float64),
        before=np.array([early for _, early in rows], np.bool_),
        reductions=tuple(parts.reductions),
    )
    return reads, np.array([place[row] for row in at], np.intp)


def in_order(rows: Iterable[Moment]) -> list[Moment]:
    """Distinct times, each with whether it is before a dose, which comes first."""
    return sorted(set(rows), key=lambda row: (row[0], not row[1]))
