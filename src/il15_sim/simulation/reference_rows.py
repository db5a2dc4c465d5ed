"""Rows of an ensemble on the reference engine, one simulation after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import BAD_START, OK
from il15_sim.batch.task import Outcome
from il15_sim.model import Model
from il15_sim.simulation.block import refuse
from il15_sim.simulation.course import Course, grid_of, reduce_course
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.reference_engine import OF_LOCAL, IntegrationFailed, engine_for
from il15_sim.simulation.schedules import Schedule, changes_of
from il15_sim.simulation.segments import run_segments
from il15_sim.simulation.steady_state import NoSteadyState, steady_state

Array = NDArray[np.float64]

#: One simulation from the row of a parameter table, a schedule, and start states where they are
#: given: its course holds the plan's columns and then, where those at the end are kept, all states.
Simulated = Callable[[Mapping[str, float], Schedule, Array | None], Course]


@dataclass(frozen=True, eq=False)
class ReferenceRows:
    """A plan on the reference engine."""

    plan: Plan
    simulated: Simulated
    name: ClassVar[Literal["reference"]] = "reference"
    compile_seconds = 0.0

    def block(
        self, start: int, stop: int, on_rows: Callable[[float], object] | None = None
    ) -> Outcome:
        """Simulate the rows [start, stop)."""
        plan, task, count = self.plan, self.plan.task, stop - start
        block = Outcome(
            values=np.full((count, len(task.times), len(task.outputs)), np.nan),
            reduced=np.full((count, len(task.reductions)), np.nan),
            final=np.full((count, len(plan.subject.states)), np.nan),
            status=np.zeros(count, np.int8),
            steps=np.full((count, 2), -1, np.int32),
        )
        table = plan.rows.block(start, stop)
        fit = plan.subject.fit(plan.rows.columns, table)
        schedule_of = plan.schedules_of(start, stop)
        initial = plan.initial_of(start, stop)
        for i in np.flatnonzero(fit):
            row = dict(zip(plan.rows.columns, table[i].tolist(), strict=True))
            given = initial[i if len(initial) > 1 else 0] if initial is not None else None
            self._fill(block, int(i), row, changes_of(plan.schedules, schedule_of[i]), given)
            if on_rows is not None:
                on_rows(1)
        refuse(block, ~fit)
        return block

    def _fill(
        self,
        block: Outcome,
        i: int,
        row: Mapping[str, float],
        schedule: Schedule,
        given: Array | None,
    ) -> None:
        """Simulate one row into row i of a block."""
        plan, task = self.plan, self.plan.task
        if given is not None and not np.isfinite(given).all():
            block.status[i] = BAD_START
            return
        try:
            course = self.simulated(row, schedule, given)
        except Interrupted as error:
            block.status[i] = error.code
            self._fill_courses(block, i, error.course)
            return
        except (IntegrationFailed, NoSteadyState) as error:
            block.status[i] = error.code
            return
        block.status[i] = OK
        self._fill_courses(block, i, course)
        if plan.final:
            block.final[i] = course.row(task.end, True)[len(task.outputs) :]
        for k, part in enumerate(task.reductions):
            block.reduced[i, k] = reduce_course(part, task, course)

    def _fill_courses(self, block: Outcome, i: int, course: Course) -> None:
        """What was read of a course at the plan's times."""
        task = self.plan.task
        for k, (time_h, before) in enumerate(zip(task.times, task.before, strict=True)):
            block.values[i, k] = course.row(time_h, before)[: len(task.outputs)]


class Interrupted(IntegrationFailed):
    """A run that could not go on, with its course up to there."""

    def __init__(self, error: IntegrationFailed, course: Course) -> None:
        super().__init__(str(error), error.code)
        self.course = course


def patient_course(
    plan: Plan,
    model: Model,
    row: Mapping[str, float],
    schedule: Schedule,
    given: Array | None,
) -> Course:
    """One simulation of a model of this package.

    Raises
    ------
    IntegrationFailed, NoSteadyState
        With the code of its status.
    """
    task, engine, patient = plan.task, engine_for(model), model.with_values(row)
    if task.frozen is not None:
        states = steady_state(patient, engine)
    elif given is not None:
        states = dict(zip(patient.states, given.tolist(), strict=True))
    else:
        states = dict(patient.initial)
    watched = (*task.outputs, *patient.states) if plan.final else tuple(task.outputs)
    grid = grid_of(plan, schedule)
    values, later = begun(patient.values, schedule, task.begin)
    later = tuple(Change(c.time_h - task.begin, c.target, c.amount, sets=c.sets) for c in later)
    course = Course(*grid, np.full((len(grid[0]), len(watched)), np.nan))
    rtol = OF_LOCAL * task.rtol
    given_sizes = {s: rtol * size for s, size in plan.sizes.items()}
    tolerances = {**engine.tolerances(rtol, states), **given_sizes}
    engine.start(values, states, rtol, watched, tolerances, max_step=task.max_step)
    samples = np.where(course.before, "pre", "post")
    try:
        run_segments(engine, values, later, course.times_h - task.begin, samples, course.values)
    except IntegrationFailed as error:
        raise Interrupted(error, course) from None
    return course


def begun(
    values: Mapping[str, float], schedule: Schedule, begin_h: float
) -> tuple[dict[str, float], Schedule]:
    """Values as changes before the begin left them, and the changes after it, by plain amounts."""
    now, later = dict(values), []
    for c in schedule:
        amount = c.amount * (values[c.per] if c.per else 1.0)
        if c.time_h >= begin_h:
            later.append(Change(c.time_h, c.target, amount, sets=c.sets))
        else:
            value = amount if c.sets else now[c.target] + amount
            # As the engine does: what an infusion added is taken away without a rest.
            now[c.target] = 0.0 if abs(value) < 1e-9 * abs(amount) else value
    return now, tuple(later)
