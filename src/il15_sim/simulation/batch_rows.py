"""Rows of an ensemble on the batch engine."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import AREA, MAXIMUM, MINIMUM, TIME_ABOVE, TIME_BELOW
from il15_sim.batch.equations.sbml_document import Unsupported
from il15_sim.batch.kernel import Kernel, Outcome, Task
from il15_sim.model import Model
from il15_sim.simulation.block import refuse
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]

_kernels: OrderedDict[str, Kernel] = OrderedDict()


@dataclass(frozen=True, eq=False)
class BatchRows:
    """A plan on the batch engine; `batch_rows` makes it."""

    plan: Plan
    kernel: Kernel
    task: Task
    threads: int | None
    compiled_before: float = 0.0
    name: ClassVar[Literal["batch"]] = "batch"

    @property
    def compile_seconds(self) -> float:
        """Seconds that this plan's compiling took; zero where the code was there."""
        return self.kernel.compile_seconds - self.compiled_before

    def block(
        self, start: int, stop: int, on_rows: Callable[[float], object] | None = None
    ) -> Outcome:
        """Simulate the rows [start, stop); `start` must be a multiple of the lanes."""
        plan = self.plan
        table = plan.rows.block(start, stop)
        fit = plan.subject.fit(plan.rows.columns, table)
        if not fit.all():
            own = [plan.subject.constants[name] for name in plan.rows.columns]
            table = np.where(fit[:, None], table, own)
        # Only the schedules of these rows: those of all others would be copied for each block.
        used, schedule = np.unique(plan.schedules_of(start, stop), return_inverse=True)
        events = plan.schedules.take(used)
        events = replace(events, time=plan.subject.time_unit.from_hours(events.time))
        outcome = self.kernel.run(
            replace(self.task, schedules=events),
            stop - start,
            varied=plan.rows.columns,
            table=table,
            # A compiled SBML text has its own values.
            base=None if plan.subject.model is None else plan.subject.constants,
            initial=plan.initial_of(start, stop),
            schedule=schedule,
            threads=self.threads,
            on_rows=on_rows,
        )
        block = replace(outcome, reduced=in_hours(outcome.reduced, plan))
        refuse(block, ~fit)
        return block


def batch_rows(plan: Plan, threads: int | None, progress: bool | None) -> BatchRows:
    """A plan on the batch engine; the model is compiled, or taken from the cache.

    Raises
    ------
    Unsupported
        Where the model holds what the batch engine does not simulate.
    """
    kernel, before = _kernel_of(plan.subject, progress)
    time, task = plan.subject.time_unit.from_hours, plan.task
    task = replace(
        task,
        begin=time(task.begin),
        end=time(task.end),
        times=time(task.times),
        # An end of infinity takes in a dose at the end of the run.
        reductions=[
            replace(r, begin=time(max(r.begin, task.begin)), end=time(r.end))
            for r in task.reductions
        ],
        max_step=time(task.max_step),
        rest_horizon=time(task.rest_horizon),
        rest_window=time(task.rest_window),
    )
    return BatchRows(plan, kernel, task, threads, before)


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


def in_hours(reduced: Array, plan: Plan) -> Array:
    """What was reduced (B, K), of times in the unit of the model, told by hours.

    A level that is crossed at a time which the caller named is told by that very number.
    """
    unit, task = plan.subject.time_unit, plan.task
    if unit.hours == 1:
        return reduced
    edges = {x for r in task.reductions for x in (r.begin, r.end)}
    named = np.union1d(plan.schedules.time, [*edges, task.begin, task.end])
    times, told = unit.from_hours(named), reduced.copy()
    for k, part in enumerate(task.reductions):
        if part.kind in (AREA, TIME_ABOVE, TIME_BELOW):
            told[:, k] = unit.to_hours(reduced[:, k])
        elif part.kind not in (MAXIMUM, MINIMUM):
            place = np.minimum(np.searchsorted(times, reduced[:, k]), len(times) - 1)
            is_named = times[place] == reduced[:, k]
            told[:, k] = np.where(is_named, named[place], unit.to_hours(reduced[:, k]))
    return told
