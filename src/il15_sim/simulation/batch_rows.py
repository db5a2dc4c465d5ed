"""Rows of an ensemble on the batch engine."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.kernel import Kernel, Reduction, Task
from il15_sim.batch.layout import (
    AREA,
    FIRST_ABOVE,
    FIRST_BELOW,
    LAST_ABOVE,
    LAST_BELOW,
    MAXIMUM,
    MINIMUM,
    TIME_ABOVE,
    TIME_BELOW,
)
from il15_sim.batch.sbml_document import Unsupported
from il15_sim.model import Model
from il15_sim.simulation.block import Block
from il15_sim.simulation.measures import Extent
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.reference_engine import TYPICAL_SIZE
from il15_sim.simulation.steady_state import FROZEN, HORIZON_H, WINDOW_H
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]

_KINDS = {
    "maximum": MAXIMUM,
    "minimum": MINIMUM,
    "area": AREA,
    "first_above": FIRST_ABOVE,
    "first_below": FIRST_BELOW,
    "time_above": TIME_ABOVE,
    "time_below": TIME_BELOW,
    "last_above": LAST_ABOVE,
    "last_below": LAST_BELOW,
}

_kernels: OrderedDict[str, Kernel] = OrderedDict()


@dataclass(frozen=True, eq=False)
class BatchRows:
    """A plan on the batch engine; `batch_rows` makes it."""

    plan: Plan
    kernel: Kernel
    task: Task
    base: Mapping[str, float]
    threads: int | None
    compiled_before: float = 0.0
    name = "batch"

    @property
    def compile_seconds(self) -> float:
        """Seconds that this plan's compiling took; zero where the code was there."""
        return self.kernel.compile_seconds - self.compiled_before

    def block(
        self, start: int, stop: int, on_rows: Callable[[float], object] | None = None
    ) -> Block:
        """Simulate the rows [start, stop); `start` must be a multiple of the lanes."""
        plan = self.plan
        table = plan.rows.block(start, stop)
        fit = plan.subject.fit(plan.rows.columns, table)
        if not fit.all():
            own = [plan.subject.constants[name] for name in plan.rows.columns]
            table = np.where(fit[:, None], table, own)
        task, schedule = self.task, None
        if plan.schedule_of is not None:
            # Only the schedules of these rows: those of all others would be copied for each block.
            used, schedule = np.unique(plan.schedules_of(start, stop), return_inverse=True)
            task = replace(task, schedules=plan.schedules.take(used))
        outcome = self.kernel.run(
            task,
            stop - start,
            varied=plan.rows.columns,
            table=table,
            base=self.base,
            initial=plan.initial_of(start, stop),
            schedule=schedule,
            threads=self.threads,
            on_rows=on_rows,
        )
        reduced = in_hours(outcome.reduced, plan)
        block = Block(outcome.values, reduced, outcome.final, outcome.status, outcome.steps)
        return block.refused(~fit)


def batch_rows(
    plan: Plan,
    threads: int | None = None,
    *,
    shared_steps: bool = False,
    progress: bool | None = None,
) -> BatchRows:
    """A plan on the batch engine; the model is compiled, or taken from the cache.

    Raises
    ------
    Unsupported
        Where the model holds what the batch engine does not simulate.
    """
    kernel, before = _kernel_of(plan.subject, progress)
    task = _task(plan, shared_steps)
    return BatchRows(plan, kernel, task, _base(plan.subject), threads, before)


def _kernel_of(subject: Subject, progress: bool | None) -> tuple[Kernel, float]:
    """The compiled code of a subject's structure (eight models are kept per process).

    And the seconds that were spent on it before.
    """
    if isinstance(subject.source, Kernel):
        return subject.source, subject.source.compile_seconds
    model, before = subject.source, 0.0
    key = model.structure_hash
    if key not in _kernels:
        kernel = Kernel(model.structure, name=model.name, progress=progress)
        _check_states(model, kernel)
        _kernels[key] = kernel
        while len(_kernels) > 8:
            _kernels.popitem(last=False)
    else:
        before = _kernels[key].compile_seconds
    _kernels.move_to_end(key)
    return _kernels[key], before


def _check_states(model: Model, kernel: Kernel) -> None:
    if kernel.states != model.states:
        odd = next(s for s in kernel.states if s not in model.states)
        raise Unsupported(
            f"state '{odd}' of model '{model.name}'", why="it is no parameter with a rate rule"
        )


def _base(subject: Subject) -> Mapping[str, float]:
    # A compiled SBML text has its own values.
    return subject.constants if subject.model is not None else {}


def _task(plan: Plan, shared_steps: bool) -> Task:
    """The plan in the terms of the batch engine, which counts time as the model does."""
    subject = plan.subject
    time = subject.time_unit.from_hours
    # Where no size is known, 0 leaves it to the engine to find one in the run.
    sizes = dict.fromkeys(subject.states, 0.0)
    if subject.model is not None:
        # As the reference engine: an absolute tolerance of rtol times a tenth of the size.
        sizes = {s: 0.1 * TYPICAL_SIZE.get(subject.units[s], 1.0) for s in subject.states}
    typical = np.array([plan.sizes.get(s, size) for s, size in sizes.items()])
    frozen = None
    if plan.rest:
        frozen = {k: v for k, v in FROZEN.items() if k in subject.constants}
    return Task(
        begin=time(plan.begin_h),
        end=time(plan.end_h),
        schedules=replace(plan.schedules, time=time(plan.schedules.time)),
        outputs=plan.columns,
        times=time(plan.times_h),
        before=plan.before,
        reductions=[_reduction(r, plan) for r in plan.reduced],
        frozen=frozen,
        typical=typical,
        rtol=plan.rtol,
        max_step=time(plan.max_step_h),
        max_steps=plan.max_steps,
        shared_steps=shared_steps,
        rest_horizon=time(HORIZON_H),
        rest_window=time(WINDOW_H),
    )


def _reduction(extent: Extent, plan: Plan) -> Reduction:
    # An end of infinity takes in a dose at the end of the run.
    time = plan.subject.time_unit.from_hours
    begin, end = time(max(extent.start_h, plan.begin_h)), time(extent.end_h)
    kind, level, relative = _KINDS[extent.kind], extent.level, extent.relative
    return Reduction(kind, extent.observable, begin, end, level, relative)


def in_hours(reduced: Array, plan: Plan) -> Array:
    """What was reduced (B, K), of times in the unit of the model, told by hours.

    A level that is crossed at a time which the caller named is told by that very number.
    """
    unit = plan.subject.time_unit
    if unit.hours == 1:
        return reduced
    edges = {x for r in plan.reduced for x in (r.start_h, r.end_h)}
    named = np.union1d(plan.schedules.time, [*edges, plan.begin_h, plan.end_h])
    times, told = unit.from_hours(named), reduced.copy()
    for k, extent in enumerate(plan.reduced):
        if extent.kind in ("area", "time_above", "time_below"):
            told[:, k] = unit.to_hours(reduced[:, k])
        elif extent.kind.startswith(("first", "last")):
            place = np.minimum(np.searchsorted(times, reduced[:, k]), len(times) - 1)
            is_named = times[place] == reduced[:, k]
            told[:, k] = np.where(is_named, named[place], unit.to_hours(reduced[:, k]))
    return told
