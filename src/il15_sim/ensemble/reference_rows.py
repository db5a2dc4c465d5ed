"""Rows of an ensemble on the reference engine, one simulation after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.layout import BAD_START, BELOW_ZERO, DRIFTING, OK, STEP_TOO_SMALL
from il15_sim.dosing import Change
from il15_sim.engine import ReferenceEngine, engine_for
from il15_sim.ensemble.block import Block
from il15_sim.ensemble.course import Course, grid_of, reduce_course
from il15_sim.ensemble.plan import Plan
from il15_sim.ensemble.schedules import Schedule, changes_of
from il15_sim.model import Model
from il15_sim.simulation import run_segments
from il15_sim.steady_state import BelowZero, NoSteadyState, steady_state

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReferenceRows:
    """A plan on the reference engine."""

    plan: Plan
    model: Model
    name = "reference"
    compile_seconds = 0.0

    def block(
        self, start: int, stop: int, on_rows: Callable[[float], object] | None = None
    ) -> Block:
        """Simulate the rows [start, stop)."""
        plan, count = self.plan, stop - start
        engine = engine_for(self.model)
        block = Block(
            values=np.full((count, len(plan.times_h), len(plan.columns)), np.nan),
            reduced=np.full((count, len(plan.reduced)), np.nan),
            final=np.full((count, len(self.model.states)), np.nan),
            status=np.zeros(count, np.int8),
            steps=np.full((count, 2), -1, np.int32),
        )
        table = plan.rows.block(start, stop)
        fit = plan.subject.fit(plan.rows.columns, table)
        schedule_of = plan.schedules_of(start, stop)
        initial = plan.initial_of(start, stop)
        for i in np.flatnonzero(fit):
            patient = self.model.with_values(dict(zip(plan.rows.columns, table[i], strict=True)))
            given = initial[i if len(initial) > 1 else 0] if initial is not None else None
            self._fill(
                block, int(i), engine, patient, changes_of(plan.schedules, schedule_of[i]), given
            )
            if on_rows is not None:
                on_rows(1)
        return block.refused(~fit)

    def _fill(
        self,
        block: Block,
        i: int,
        engine: ReferenceEngine,
        patient: Model,
        schedule: Schedule,
        given: Array | None,
    ) -> None:
        """Simulate one row into row i of a block."""
        plan = self.plan
        grid = grid_of(plan, schedule)
        states = dict(patient.initial)
        if given is not None:
            states = dict(zip(patient.states, given.tolist(), strict=True))
        if not np.isfinite(list(states.values())).all():
            block.status[i] = BAD_START
            return
        if plan.rest:
            try:
                states = steady_state(patient, engine)
            except NoSteadyState as error:
                block.status[i] = BELOW_ZERO if isinstance(error, BelowZero) else DRIFTING
                return
        watched = (*plan.columns, *patient.states) if plan.final else plan.columns
        patient, schedule = _begun(patient, schedule, plan.begin_h)
        course = Course(*grid, np.full((len(grid[0]), len(watched)), np.nan))
        engine.start(patient.values, states, plan.rtol, watched)
        told = run_segments(
            engine,
            patient,
            schedule,
            course.times_h - plan.begin_h,
            np.where(course.before, "pre", "post"),
            course.values,
        )
        block.status[i] = OK if told == "ok" else STEP_TOO_SMALL
        columns = len(plan.columns)
        for k, (time_h, before) in enumerate(zip(plan.times_h, plan.before, strict=True)):
            block.values[i, k] = course.row(time_h, before)[:columns]
        if plan.final:
            block.final[i] = course.row(plan.end_h, True)[columns:]
        for k, readout in enumerate(plan.reduced):
            block.reduced[i, k] = reduce_course(readout, plan, course)


def _begun(patient: Model, schedule: Schedule, begin_h: float) -> tuple[Model, Schedule]:
    """The patient as changes before the begin left it, and the changes after it, from then on."""
    values, later = dict(patient.values), []
    for c in schedule:
        amount = c.amount * (patient.values[c.per] if c.per else 1.0)
        if c.time_h >= begin_h:
            later.append(Change(c.time_h - begin_h, c.target, amount, sets=c.sets))
        else:
            value = amount if c.sets else values[c.target] + amount
            # As the engine does: what an infusion added is taken away without a rest.
            values[c.target] = 0.0 if abs(value) < 1e-9 * abs(amount) else value
    return replace(patient, values=values), tuple(later)
