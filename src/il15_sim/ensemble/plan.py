"""An ensemble laid out for an engine: rows, schedules, times, readouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.events import EventTable
from il15_sim.ensemble.rows import ParameterRows
from il15_sim.ensemble.subject import Subject
from il15_sim.readouts import Readout

Array = NDArray[np.float64]

#: Kinds of readouts that an engine reduces over an interval; the others are read at times.
REDUCED = ("cmax", "cmin", "auc", "hours_to_above", "hours_to_below", "max_fold")


@dataclass(frozen=True, eq=False)
class Plan:
    """An ensemble of N rows, ready for an engine.

    Attributes
    ----------
    subject : Subject
        The model.
    rows : ParameterRows
        The parameters that vary.
    schedules : EventTable
        Each sorted by time. A change of a parameter from before `begin_h` holds from the start.
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
    readouts : tuple of Readout
        Endpoints that are kept.
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
    schedules: EventTable
    schedule_of: NDArray[np.intp] | None
    begin_h: float
    end_h: float
    columns: tuple[str, ...]
    times_h: Array
    before: NDArray[np.bool_]
    courses: int
    course_rows: NDArray[np.intp]
    readouts: tuple[Readout, ...]
    initial: Array | None
    rest: bool
    rtol: float
    sizes: Mapping[str, float]
    max_step_h: float
    max_steps: int
    final: bool
    copies: int = 1

    @property
    def reduced(self) -> tuple[Readout, ...]:
        """The readouts that an engine reduces over an interval."""
        return tuple(r for r in self.readouts if r.kind in REDUCED)

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


def lay_out(
    times_h: Array, before: bool, readouts: Sequence[Readout], begin_h: float
) -> tuple[Array, NDArray[np.bool_], NDArray[np.intp]]:
    """Times that engines read, whether before doses, and which belong to the time courses."""
    asked = [(time, before) for time in times_h.tolist()]
    rows = in_order({*asked, *_moments(readouts, begin_h)})
    place = {row: i for i, row in enumerate(rows)}
    return (
        np.array([time for time, _ in rows], np.float64),
        np.array([early for _, early in rows], np.bool_),
        np.array([place[row] for row in asked], np.intp),
    )


def in_order(rows: Iterable[tuple[float, bool]]) -> list[tuple[float, bool]]:
    """Distinct times, each with whether it is before a dose, which comes first."""
    return sorted(set(rows), key=lambda row: (row[0], not row[1]))


def _moments(readouts: Iterable[Readout], begin_h: float) -> set[tuple[float, bool]]:
    """Times that readouts need, with whether they are read before a dose."""
    needed: set[tuple[float, bool]] = set()
    for r in readouts:
        if r.kind == "value_at":
            needed.add((r.time_h, False))
        if r.kind in ("trough", "change", "fold"):
            needed.add((r.time_h, True))
        if r.needs_baseline:
            needed.add((begin_h, True))
    return needed
