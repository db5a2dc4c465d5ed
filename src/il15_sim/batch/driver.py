"""Simulations in lock step through time, compiled by Numba.

Every lane has its own row, time, step size and doses: only instructions are shared. A lane that
has finished takes the next row, so that none waits for another, and what becomes of a row does not
depend on its company (unless steps are shared for the sake of differences).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from il15_sim.batch.lanes import (
    OPTIONS,
    apply_events,
    emit_inside,
    emit_now,
    events_of,
    lay_out,
    load_parameters,
    margin,
    memory_needed,
    next_stop,
    reaches_stop,
)
from il15_sim.batch.layout import (
    BAD_DOSE,
    BAD_START,
    BELOW_ZERO,
    DRIFTING,
    EMPTY,
    LANES,
    OK,
    RESTING,
    RUNNING,
    STEP_TOO_SMALL,
    TOO_MANY_STEPS,
)
from il15_sim.batch.native import call, floats, integers, keep_on_disk, lanes_at
from il15_sim.batch.reduce import begin_reduction, end_reduction, jump_reduction, reduce_step

#: Growth and shrinkage of a step from one to the next.
_GROW, _SHRINK, _SAFETY = 6.0, 0.2, 0.9


@njit(**OPTIONS)
def memory_of(jobs: Any) -> int:
    """Doubles of scratch memory that a job needs in every thread."""
    return int(memory_needed(jobs[0]))


@njit(**OPTIONS)
def run_rows(jobs: Any, lanes: Any, works: Any, memory: Any, first: int, last: int) -> None:
    """Simulate the rows [first, last) of a job and write their results.

    `jobs` and `works` hold one record of `layout.JOB` and `layout.WORK`, `lanes` LANES records of
    `layout.LANE`, `memory` as many doubles as `memory_needed` says.
    """
    job, work = jobs[0], works[0]
    lay_out(job, work, memory)
    for lane in range(LANES):
        lanes[lane].phase = EMPTY
        lanes[lane].used = 1.0
    following = first
    while True:
        busy = 0
        for lane in range(LANES):
            busy += lanes[lane].phase != EMPTY
        # Shared steps need a whole group from its first step on.
        if following < last and (busy == 0 or (busy < LANES and not job.shared)):
            for lane in range(LANES):
                if lanes[lane].phase == EMPTY and following < last:
                    lanes[lane].row = following
                    lanes[lane].begun = 1
                    following += 1
            _begin_rows(job, lanes, work)
        elif busy == 0:
            return
        else:
            _step(job, lanes, work)


@njit(**OPTIONS)
def _begin_rows(job: Any, lanes: Any, work: Any) -> None:
    """Start values of the rows that were just taken; first they rest, where that is wanted."""
    for lane in range(LANES):
        if lanes[lane].begun:
            lanes[lane].accepted = 0
            lanes[lane].rejected = 0
            load_parameters(job, work, lanes[lane].row, lane)
    call(job.start, work.p, work.z)
    y, z = lanes_at(work.y, job.size), lanes_at(work.z, job.size)
    for lane in range(LANES):
        if lanes[lane].begun:
            given = lanes[lane].row if job.initial_count > 1 else 0
            initial = floats(job.initial + 8 * given * job.states, job.states)
            for i in range(job.states):
                y[i, lane] = initial[i] if job.initial_count > 0 else z[i, lane]
            lanes[lane].phase = RUNNING
    if job.rest:
        _rest(job, lanes, work)
    _run(job, lanes, work)


@njit(**OPTIONS)
def _rest(job: Any, lanes: Any, work: Any) -> None:
    """Send the begun lanes that are not at rest to search their untreated steady state."""
    p, frozen = lanes_at(work.p, job.parameters), integers(job.frozen, job.frozen_count)
    values = floats(job.frozen_value, job.frozen_count)
    for lane in range(LANES):
        if lanes[lane].begun:
            for v in range(job.frozen_count):
                p[frozen[v], lane] = values[v]
    call(job.prepare, work.p, work.q)
    _slopes(job, work)
    some = False
    for lane in range(LANES):
        if lanes[lane].begun and not _drift(job, work, lane) < job.start_drift:
            lanes[lane].phase = RESTING
            some = True
    for lane in range(LANES):
        if lanes[lane].begun and some and job.shared:
            lanes[lane].phase = RESTING
        if lanes[lane].begun and lanes[lane].phase == RESTING:
            _set_out(job, lanes, work, lane, 0.0, job.rest_horizon)
            lanes[lane].h = _first_step(job, lanes, work, lane)
            if not _is_finite(job, work, lane):
                _finish(job, lanes, work, lane, BAD_START)
            lanes[lane].begun = 0


@njit(**OPTIONS)
def _run(job: Any, lanes: Any, work: Any) -> None:
    """Send the begun lanes into their runs: doses and outputs of the first moment included."""
    time = lanes_at(work.time, 1)
    for lane in range(LANES):
        lanes[lane].accept = lanes[lane].begun
        if lanes[lane].begun:
            load_parameters(job, work, lanes[lane].row, lane)
            _set_out(job, lanes, work, lane, job.t0, job.t1)
            lanes[lane].due = 0
            lanes[lane].edge = 0
            time[0, lane] = job.t0
    call(job.switches, work.p, work.switch)
    if job.time_count > 0:
        emit_now(job, lanes, work, True)
    for lane in range(LANES):
        if lanes[lane].begun:
            lanes[lane].cursor = events_of(job, lanes[lane].row)[0]
            if job.t0 >= job.t1:
                _keep_final(job, lanes, work, lane)
            apply_events(job, lanes, work, lane)
    call(job.prepare, work.p, work.q)
    call(job.switches, work.p, work.switch)
    for lane in range(LANES):
        if lanes[lane].begun and job.t0 < job.t1:
            lanes[lane].stop = next_stop(job, lanes, work, lane)
    if job.time_count > 0:
        emit_now(job, lanes, work, False)
    _slopes(job, work)
    for lane in range(LANES):
        if not lanes[lane].begun:
            continue
        if not _is_finite(job, work, lane):
            _finish(job, lanes, work, lane, BAD_START)
        elif job.t0 >= job.t1:
            _finish(job, lanes, work, lane, OK)
        else:
            lanes[lane].h = _first_step(job, lanes, work, lane)
    if job.reducer_count > 0:
        for lane in range(LANES):
            time[0, lane] = lanes[lane].t
        call(job.outputs, work.y, work.p, work.time, work.out)
        begin_reduction(job, lanes, work)
    for lane in range(LANES):
        lanes[lane].begun = 0


@njit(**OPTIONS)
def _set_out(job: Any, lanes: Any, work: Any, lane: int, t0: float, t1: float) -> None:
    """A lane at the start of a phase."""
    y, peak = lanes_at(work.y, job.size), lanes_at(work.peak, job.size)
    lanes[lane].t = t0
    lanes[lane].end = t1
    lanes[lane].stop = t1
    lanes[lane].dose_h = 0.0
    lanes[lane].room = 0.0
    lanes[lane].last_h = 1.0
    lanes[lane].after_dose = 1
    if job.size > job.states:
        y[job.states, lane] = t0 + margin(job, lanes, lane)
    for i in range(job.size):
        peak[i, lane] = abs(y[i, lane])


@njit(**OPTIONS)
def _slopes(job: Any, work: Any) -> None:
    """Rates of all states, into z."""
    # Loops, not slices: those take Numba seconds to compile.
    z = lanes_at(work.z, job.size)
    for i in range(job.size):
        for lane in range(LANES):
            z[i, lane] = 0.0
    call(job.slope, work.y, work.p, work.q, work.z)


@njit(**OPTIONS)
def _is_finite(job: Any, work: Any, lane: int) -> bool:
    """True where states and rates of a lane are finite."""
    y, z = lanes_at(work.y, job.size), lanes_at(work.z, job.size)
    for i in range(job.states):  # noqa: SIM110 - Numba has no generators
        if not (abs(y[i, lane]) < np.inf and abs(z[i, lane]) < np.inf):
            return False
    return True


@njit(**OPTIONS)
def _first_step(job: Any, lanes: Any, work: Any, lane: int) -> float:
    """Step in which the fastest state changes by a hundredth of its size; rates are in z."""
    if job.fixed_step > 0.0:
        return float(job.fixed_step)
    y, z = lanes_at(work.y, job.size), lanes_at(work.z, job.size)
    typical = floats(job.typical, job.states)
    span = lanes[lane].end - lanes[lane].t
    fastest = 0.0
    for i in range(job.states):
        size = max(abs(y[i, lane]), typical[i])
        fastest = max(fastest, abs(z[i, lane]) / size)
    h = min(0.01 / fastest if fastest > 0.0 else span, 0.01 * span)
    return h if h > 0.0 else 1e-6 * span


@njit(**OPTIONS)
def _drift(job: Any, work: Any, lane: int) -> float:
    """Largest change of a state over the window relative to its size; rates are in z."""
    y, z = lanes_at(work.y, job.size), lanes_at(work.z, job.size)
    typical = floats(job.typical, job.states)
    drift = 0.0
    for i in range(job.states):
        size = max(abs(y[i, lane]), 10.0 * typical[i])
        change = abs(z[i, lane]) * job.rest_window / size
        # Written so that NaN counts as drifting.
        if not change <= drift:
            drift = change if change == change else np.inf
    return drift


@njit(**OPTIONS)
def _keep_final(job: Any, lanes: Any, work: Any, lane: int) -> None:
    """The states of a lane as those at the end of its row."""
    y = lanes_at(work.y, job.size)
    final = floats(job.final + 8 * lanes[lane].row * job.states, job.states)
    for i in range(job.states):
        final[i] = y[i, lane]


@njit(**OPTIONS)
def _finish(job: Any, lanes: Any, work: Any, lane: int, status: int) -> None:
    """Close a row; its lane is free."""
    row = lanes[lane].row
    integers(job.status, row + 1)[row] = status
    steps = integers(job.steps + 16 * row, 2)
    steps[0], steps[1] = lanes[lane].accepted, lanes[lane].rejected
    if status != OK:
        end_reduction(job, row)
        final = floats(job.final + 8 * row * job.states, job.states)
        for i in range(job.states):
            final[i] = np.nan
    lanes[lane].phase = EMPTY
    lanes[lane].accept = 0
    lanes[lane].begun = 0
    # A lane without a row keeps computing beside the others: on numbers that do no harm.
    lanes[lane].used = 1.0


@njit(**OPTIONS)
def _step(job: Any, lanes: Any, work: Any) -> None:
    """One attempt of every lane, and what follows from it."""
    _choose_steps(job, lanes)
    _attempt(job, lanes, work)
    _judge(job, lanes, work)
    running, yes = False, lanes_at(work.yes, 1)
    for lane in range(LANES):
        yes[0, lane] = 1.0 if lanes[lane].accept else 0.0
        running = running or (lanes[lane].accept and lanes[lane].phase == RUNNING)
    if running and job.output_count > 0:
        call(job.dense, work.k, work.d)
        if job.time_count > 0:
            emit_inside(job, lanes, work)
        if job.reducer_count > 0:
            reduce_step(job, lanes, work)
    call(job.accept, work.y, work.z, work.peak, work.yes)
    _clear_roots(job, lanes, work)
    _arrive(job, lanes, work)


@njit(**OPTIONS)
def _clear_roots(job: Any, lanes: Any, work: Any) -> None:
    """A hair below zero is zero where roots and fractional powers are taken."""
    y, peak = lanes_at(work.y, job.size), lanes_at(work.peak, job.size)
    rooted, typical = integers(job.rooted, job.states), floats(job.typical, job.states)
    for i in range(job.states):
        if rooted[i]:
            for lane in range(LANES):
                least = job.rtol * max(typical[i], peak[i, lane])
                if lanes[lane].accept and -least <= y[i, lane] < 0.0:
                    y[i, lane] = 0.0


@njit(**OPTIONS)
def _choose_steps(job: Any, lanes: Any) -> None:
    least = np.inf
    for lane in range(LANES):
        busy = lanes[lane].phase != EMPTY
        lanes[lane].accept = busy
        if not busy:
            continue
        left = lanes[lane].stop - lanes[lane].t
        lanes[lane].used = lanes[lane].h
        if lanes[lane].h >= left:
            lanes[lane].used = left - margin(job, lanes, lane)
        elif 2.0 * lanes[lane].h > left and job.fixed_step == 0.0:
            # Two equal steps, not a long one and a stump.
            lanes[lane].used = 0.5 * left
        least = min(least, lanes[lane].used)
    if job.shared:
        for lane in range(LANES):
            lanes[lane].used = least


@njit(**OPTIONS)
def _attempt(job: Any, lanes: Any, work: Any) -> None:
    """One step of every lane: z becomes the new state, the last k the error."""
    r, g = lanes_at(work.r, 1), lanes_at(work.g, 1)
    for lane in range(LANES):
        r[0, lane] = 1.0 / lanes[lane].used
        g[0, lane] = 1.0 / (job.gamma * lanes[lane].used)
    stage = integers(job.stage_code, job.stages)
    k, length = work.k, 8 * LANES * job.size
    call(job.factor, work.y, work.p, work.q, work.g, k, work.m)
    call(job.solve, work.m, k)
    for s in range(1, job.stages):
        k += length
        call(stage[s], work.y, work.k, work.r, work.z)
        call(job.slope, work.z, work.p, work.q, k)
        call(job.solve, work.m, k)
    call(stage[0], work.y, work.k, work.r, work.z)
    call(job.error, work.y, work.z, k, work.typical, work.peak, work.squares)


@njit(**OPTIONS)
def _judge(job: Any, lanes: Any, work: Any) -> None:
    """Accept or reject the attempt of every lane, and choose its next step."""
    worst, squares = 0.0, lanes_at(work.squares, 1)
    for lane in range(LANES):
        # 1 where the error just meets the tolerance.
        lanes[lane].norm = np.sqrt(squares[0, lane]) / job.rtol
        if lanes[lane].phase != EMPTY and not lanes[lane].norm <= worst:
            worst = lanes[lane].norm
    for lane in range(LANES):
        if lanes[lane].phase == EMPTY:
            continue
        norm, used = (worst if job.shared else lanes[lane].norm), lanes[lane].used
        if job.fixed_step > 0.0 and norm < np.inf:
            norm = 1.0
        span = job.t1 - job.t0
        if not norm <= 1.0:
            lanes[lane].accept = 0
            lanes[lane].rejected += 1
            # A step that is not finite is far too long; so is one of an endless error.
            factor = 0.1
            if norm < 1e30:
                factor = min(0.9, max(_SHRINK, _SAFETY * norm ** (-1.0 / job.order)))
            lanes[lane].h = used * factor
            if not lanes[lane].h > 1e-14 * max(abs(lanes[lane].t), 1e-6 * span):
                resting = lanes[lane].phase == RESTING
                _finish(job, lanes, work, lane, DRIFTING if resting else STEP_TOO_SMALL)
                continue
        else:
            lanes[lane].accepted += 1
            room = max(norm, 1e-5) ** (-1.0 / job.order)
            factor = _SAFETY * room
            if lanes[lane].room > 0.0:
                # Gustafsson: the trend of the error foretells the next one.
                factor = min(factor, factor * used / lanes[lane].last_h * room / lanes[lane].room)
            factor = min(_GROW, max(_SHRINK, factor))
            if lanes[lane].after_dose:
                lanes[lane].dose_h = used * min(factor, 1.5)
                lanes[lane].after_dose = 0
            # A step cut short by a stop says little against the one that was planned.
            cut = used < lanes[lane].h and factor >= 1.0
            lanes[lane].h = max(used * factor, lanes[lane].h) if cut else used * factor
            lanes[lane].room = min(room, 2.5)
            lanes[lane].last_h = used
            if job.fixed_step > 0.0:
                lanes[lane].h = job.fixed_step
        if lanes[lane].accepted + lanes[lane].rejected >= job.max_steps and not (
            lanes[lane].accept and lanes[lane].t + used >= lanes[lane].end
        ):
            resting = lanes[lane].phase == RESTING
            _finish(job, lanes, work, lane, DRIFTING if resting else TOO_MANY_STEPS)


@njit(**OPTIONS)
def _arrive(job: Any, lanes: Any, work: Any) -> None:
    """Move accepted lanes on: stops, doses, rows of outputs, the end."""
    stopped, resting, time = False, False, lanes_at(work.time, 1)
    y = lanes_at(work.y, job.size)
    for lane in range(LANES):
        lanes[lane].jumped = 0
        if not lanes[lane].accept:
            continue
        after = 0.0
        if reaches_stop(job, lanes, lane):
            after = margin(job, lanes, lane)
            lanes[lane].t = lanes[lane].stop
            stopped = True
        else:
            lanes[lane].t += lanes[lane].used
        if job.size > job.states:
            # Time as a state does not drift away from the time of the run.
            y[job.states, lane] = lanes[lane].t + after
        time[0, lane] = lanes[lane].t
        if lanes[lane].phase == RESTING:
            lanes[lane].accept = 0
            resting = resting or lanes[lane].t >= lanes[lane].end
    if not stopped:
        return
    if job.time_count > 0:
        emit_now(job, lanes, work, True)
    changed, jumped = False, False
    for lane in range(LANES):
        if not lanes[lane].accept or lanes[lane].t < lanes[lane].stop:
            continue
        if lanes[lane].t >= lanes[lane].end:
            _keep_final(job, lanes, work, lane)
        before = lanes[lane].cursor
        changed = apply_events(job, lanes, work, lane) or changed
        if lanes[lane].cursor > before:
            lanes[lane].jumped = 1
            jumped = True
    if changed:
        call(job.prepare, work.p, work.q)
        call(job.switches, work.p, work.switch)
    for lane in range(LANES):
        if not lanes[lane].accept or lanes[lane].t < lanes[lane].stop:
            continue
        lanes[lane].stop = next_stop(job, lanes, work, lane)
        if lanes[lane].jumped:
            # Doses repeat: the step that was right after the last one is tried again.
            again = lanes[lane].dose_h
            near = 0.1 * (lanes[lane].stop - lanes[lane].t)
            lanes[lane].h = min(lanes[lane].h, again if again > 0.0 else near)
            lanes[lane].after_dose = 1
            lanes[lane].room = 0.0
        if job.fixed_step > 0.0:
            lanes[lane].h = job.fixed_step
    if job.time_count > 0:
        emit_now(job, lanes, work, False)
    if jumped and job.reducer_count > 0:
        call(job.outputs, work.y, work.p, work.time, work.out)
        jump_reduction(job, lanes, work)
    for lane in range(LANES):
        if not lanes[lane].accept:
            continue
        if lanes[lane].jumped:
            for i in range(job.states):
                if not abs(y[i, lane]) < np.inf:
                    _finish(job, lanes, work, lane, BAD_DOSE)
                    break
        if lanes[lane].accept and lanes[lane].t >= lanes[lane].end:
            _finish(job, lanes, work, lane, OK)
    if resting:
        _end_of_rest(job, lanes, work)


@njit(**OPTIONS)
def _end_of_rest(job: Any, lanes: Any, work: Any) -> None:
    """Lanes whose search for rest is over: those at rest begin their runs."""
    _slopes(job, work)
    y = lanes_at(work.y, job.size)
    for lane in range(LANES):
        if lanes[lane].phase != RESTING or lanes[lane].t < lanes[lane].end:
            continue
        if not _drift(job, work, lane) < job.end_drift:
            _finish(job, lanes, work, lane, DRIFTING)
            continue
        for i in range(job.states):
            if y[i, lane] < -1e-6:
                _finish(job, lanes, work, lane, BELOW_ZERO)
                break
        if lanes[lane].phase == RESTING:
            lanes[lane].phase = RUNNING
            lanes[lane].begun = 1
    _run(job, lanes, work)


keep_on_disk(memory_of)
keep_on_disk(run_rows)
