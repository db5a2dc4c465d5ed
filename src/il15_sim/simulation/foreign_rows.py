"""Simulations of any compiled SBML on libRoadRunner: a second opinion on every batch result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.job import followers
from il15_sim.batch.kernel import Kernel, Task
from il15_sim.simulation.course import Course, grid_of
from il15_sim.simulation.foreign_engine import ForeignEngine, foreign_engine
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.reference_engine import OF_LOCAL
from il15_sim.simulation.reference_rows import begun
from il15_sim.simulation.schedules import Schedule
from il15_sim.simulation.segments import run_segments

Array = NDArray[np.float64]

#: Runs in which the sizes of states that start empty are found: each comes ten times nearer.
_RUNS = 12
#: CVODE's steps in a run at least.
_FEWEST_STEPS = 100
#: Points at which readouts are read, in each step that CVODE took, and how near two points may
#: be, in shares of the run: nearer ones tell of rounding.
_POINTS_PER_STEP, _NEAREST = 16, 1e-7


def foreign_course(
    plan: Plan,
    kernel: Kernel,
    row: Mapping[str, float],
    schedule: Schedule,
    given: Array | None,
) -> Course:
    """One simulation, with tolerances by the sizes that its states have in it.

    Raises
    ------
    InputError
        Where libRoadRunner cannot read the model, or report what was asked for.
    IntegrationFailed
        With the code of its status.
    """
    unit, task = plan.subject.time_unit, plan.task
    values = {**plan.subject.constants, **row}
    for name, home, document, power in followers(kernel, row):
        values[name] *= (values[home] / document) ** power
    engine = foreign_engine(kernel, values)
    states = engine.own_states()
    if given is not None:
        states = dict(zip(kernel.states, given.tolist(), strict=True))
    selected = [engine.shown(name) for name in task.outputs]
    if plan.final:
        selected += [engine.held(name) for name in kernel.states]
    now, later = begun(values, schedule, task.begin)
    left = {name: value for name, value in now.items() if value != values[name]}
    changes = [replace(c, time_h=unit.from_hours(c.time_h)) for c in later]
    begin, end = unit.from_hours(task.begin), unit.from_hours(task.end)

    def run(times_h: Array, before: NDArray[np.bool_], sizes: Mapping[str, float]) -> Array:
        rtol = OF_LOCAL * task.rtol
        told = {s: rtol * size for s, size in plan.sizes.items()}
        tolerances = {**{s: 0.1 * rtol * size for s, size in sizes.items()}, **told}
        engine.start(left, states, rtol, selected, tolerances)
        longest = min((end - begin) / _FEWEST_STEPS, unit.from_hours(task.max_step))
        engine.begin(begin, longest)
        out = np.full((len(times_h), len(selected)), np.nan)
        samples = np.where(before, "pre", "post")
        run_segments(engine, now, changes, unit.from_hours(times_h), samples, out, begin=begin)
        return out

    coarse = grid_of(plan, schedule, np.zeros(0))
    engine.start(left, states, OF_LOCAL * task.rtol, selected, {})
    sizes = _settled(engine, lambda sizes: run(*coarse, sizes))
    grid = grid_of(plan, schedule, _inside(unit.to_hours(engine.times()), task))
    return Course(*grid, run(*grid, sizes))


def _settled(
    engine: ForeignEngine, run: Callable[[Mapping[str, float]], object]
) -> dict[str, float]:
    """Sizes of all states, of a started engine: at the start or, where they begin empty, at most.

    A state that begins empty is taken to be as large as the largest at first. Where it turns out
    to be far smaller, the run is done again.
    """
    sizes = engine.sizes()
    largest = max(sizes.values(), default=0.0) or 1.0
    sizes = {s: size or largest for s, size in sizes.items()}
    engine.exploring = True
    try:
        for _ in range(_RUNS):
            run(sizes)
            peaks = engine.peaks()
            if all(sizes[s] <= 10.0 * peak for s, peak in peaks.items() if peak):
                break
            sizes = {s: peaks[s] or size for s, size in sizes.items()}
    finally:
        engine.exploring = False
    return sizes


def _inside(steps_h: Array, task: Task) -> Array:
    """Times inside the steps that an engine took, none too near to another."""
    if not task.reductions or len(steps_h) < 2:
        return np.zeros(0)
    shares = np.arange(1, _POINTS_PER_STEP) / _POINTS_PER_STEP
    least = _NEAREST * (task.end - task.begin)
    steps_h = steps_h[np.append(True, np.diff(steps_h) > least * _POINTS_PER_STEP)]
    return (steps_h[:-1, None] + np.diff(steps_h)[:, None] * shares).ravel()
