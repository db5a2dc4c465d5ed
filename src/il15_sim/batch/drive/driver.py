"""Simulations in lock step through time.

Every lane has its own row, time, step size and doses: only instructions are shared. A lane that
has finished takes the next row, so that none waits for another, and what becomes of a row does not
depend on its company (unless steps are shared for the sake of differences).

The functions marked `@native` here and in the modules that are imported are translated and compiled
as one piece; `run_rows` is called from outside.
"""

from __future__ import annotations

from math import inf

from il15_sim.batch.drive.arrival import finish, keep_final
from il15_sim.batch.drive.lanes import apply_events, emit_now, load_parameters, margin_at, next_stop
from il15_sim.batch.drive.layout import (
    BAD_START,
    BELOW_ZERO,
    DRIFTING,
    EMPTY,
    LANES,
    OK,
    RESTING,
    RUNNING,
    Job,
    Work,
)
from il15_sim.batch.drive.locate import look_at_conditions
from il15_sim.batch.drive.reduce import begin_reduction, set_levels
from il15_sim.batch.drive.sizes import size_of, size_up
from il15_sim.batch.drive.stepping import slopes, step
from il15_sim.batch.native.typed import Flag, Int, Real, call, native, some, take


@native
def run_rows(job: Job, work: Work) -> None:
    """Simulate rows of a job that no other thread has taken, until none is left.

    Ends between two steps once the job is halted; rows that were not finished keep their status.
    """
    for lane in range(LANES):
        work.phase[lane] = EMPTY
        work.used[lane] = 1.0
    more = True
    while job.halt[0] == 0:
        busy = 0
        for lane in range(LANES):
            if work.phase[lane] != EMPTY:
                busy += 1
        # Shared steps need a whole group from its first step on.
        if more and (busy == 0 or (busy < LANES and not job.shared)):
            more = take_rows(job, work)
            begin_rows(job, work)
        elif busy == 0:
            return
        else:
            step(job, work)
            if some((work.phase[:] == RESTING) & (work.t[:] >= work.end[:])):
                end_of_rest(job, work)


@native
def take_rows(job: Job, work: Work) -> Flag:
    """Give the free lanes rows; tells whether there may be more."""
    # A group that shares its steps consists of neighbours.
    group = take(job.following, LANES) if job.shared else 0
    for lane in range(LANES):
        if work.phase[lane] == EMPTY:
            row = group + lane if job.shared else take(job.following, 1)
            if row >= job.rows:
                return False
            work.row[lane] = row
            work.begun[lane] = 1.0
    return True


@native
def begin_rows(job: Job, work: Work) -> None:
    """Start values of the rows that were just taken; first they rest, where that is wanted."""
    for lane in range(LANES):
        if work.begun[lane] > 0.0:
            work.accepted[lane] = 0.0
            work.rejected[lane] = 0.0
            load_parameters(job, work, work.row[lane], lane)
    call(job.start, work.p, work.z)
    for lane in range(LANES):
        if work.begun[lane] > 0.0:
            given = work.row[lane] if job.initial_count > 1 else 0
            for i in range(job.states):
                if job.initial_count > 0:
                    work.y[i, lane] = job.initial[given * job.states + i]
                else:
                    work.y[i, lane] = work.z[i, lane]
                work.typical[i, lane] = job.typical[i]
            work.phase[lane] = RUNNING
    if job.rest:
        begin_rest(job, work)
    begin_runs(job, work)


@native
def begin_rest(job: Job, work: Work) -> None:
    """Send the begun lanes that are not at rest to search their untreated steady state."""
    for lane in range(LANES):
        if work.begun[lane] > 0.0:
            for v in range(job.frozen_count):
                work.p[job.frozen[v], lane] = job.frozen_value[v]
            set_out(job, work, lane, 0.0, job.rest_horizon)
    call(job.prepare, work.p, work.q)
    look_at_conditions(job, work, work.begun[:] > 0.0)
    slopes(job, work)
    moving = False
    for lane in range(LANES):
        if work.begun[lane] > 0.0 and not drift(job, work, lane) < job.start_drift:
            work.phase[lane] = RESTING
            moving = True
    for lane in range(LANES):
        if work.begun[lane] > 0.0 and moving and job.shared:
            work.phase[lane] = RESTING
        if work.begun[lane] > 0.0 and work.phase[lane] == RESTING:
            work.h[lane] = first_step(job, work, lane)
            if not is_finite(job, work, lane):
                finish(job, work, lane, BAD_START)
            work.begun[lane] = 0.0


@native
def begin_runs(job: Job, work: Work) -> None:
    """Send the begun lanes into their runs: doses and outputs of the first moment included."""
    for lane in range(LANES):
        work.accept[lane] = work.begun[lane]
        if work.begun[lane] > 0.0:
            load_parameters(job, work, work.row[lane], lane)
            set_out(job, work, lane, job.t0, job.t1)
            work.due[lane] = 0
            work.due_time[lane] = job.times[0] if job.time_count > 0 else inf
            work.edge[lane] = 0
            work.time[lane] = job.t0
    call(job.prepare, work.p, work.q)
    call(job.switches, work.p, work.switch)
    look_at_conditions(job, work, work.begun[:] > 0.0)
    if job.time_count > 0:
        emit_now(job, work, True)
    if job.reducer_count > 0:
        call(job.outputs, work.y, work.p, work.q, work.time, work.out)
        set_levels(job, work)
    for lane in range(LANES):
        if work.begun[lane] > 0.0:
            schedule = job.schedule[work.row[lane] if job.schedule_count > 1 else 0]
            work.cursor[lane] = job.offset[schedule]
            if job.t0 >= job.t1:
                keep_final(job, work, lane)
            apply_events(job, work, lane)
    call(job.prepare, work.p, work.q)
    call(job.switches, work.p, work.switch)
    look_at_conditions(job, work, work.begun[:] > 0.0)
    for lane in range(LANES):
        if work.begun[lane] > 0.0 and job.t0 < job.t1:
            work.stop[lane] = next_stop(job, work, lane)
    if job.time_count > 0:
        emit_now(job, work, False)
    size_up(job, work, work.begun[:] > 0.0)
    slopes(job, work)
    for lane in range(LANES):
        if work.begun[lane] > 0.0:
            if not is_finite(job, work, lane):
                finish(job, work, lane, BAD_START)
            elif job.t0 >= job.t1:
                finish(job, work, lane, OK)
            else:
                work.h[lane] = first_step(job, work, lane)
    if job.reducer_count > 0:
        work.time[:] = work.t[:]
        call(job.outputs, work.y, work.p, work.q, work.time, work.out)
        begin_reduction(job, work)
    for lane in range(LANES):
        work.begun[lane] = 0.0


@native
def set_out(job: Job, work: Work, lane: Int, t0: Real, t1: Real) -> None:
    """A lane at the start of a phase."""
    work.t[lane] = t0
    work.end[lane] = t1
    work.cut[lane] = 1.0
    work.flips[lane] = 0.0
    work.stalls[lane] = 0.0
    work.stop[lane] = t1
    work.dose_h[lane] = 0.0
    work.room[lane] = 0.0
    work.last_h[lane] = 1.0
    work.after_dose[lane] = 1.0
    if job.size > job.states:
        work.y[job.states, lane] = t0 + margin_at(job, t1)
    for i in range(job.size):
        work.peak[i, lane] = abs(work.y[i, lane])


@native
def is_finite(job: Job, work: Work, lane: Int) -> Flag:
    """True where states and rates (in z) of a lane are finite."""
    for i in range(job.states):  # noqa: SIM110
        if not (abs(work.y[i, lane]) < inf and abs(work.z[i, lane]) < inf):
            return False
    return True


@native
def first_step(job: Job, work: Work, lane: Int) -> Real:
    """Step in which the fastest state changes by a hundredth of its size; rates are in z."""
    if job.fixed_step > 0.0:
        return job.fixed_step
    span = work.end[lane] - work.t[lane]
    fastest = 0.0
    for i in range(job.states):
        size = size_of(work, i, lane)
        if size > 0.0:
            fastest = max(fastest, abs(work.z[i, lane]) / size)
    h = min(0.01 / fastest if fastest > 0.0 else span, 0.01 * span)
    return h if h > 0.0 else 1e-6 * span


@native
def drift(job: Job, work: Work, lane: Int) -> Real:
    """Largest change of a state over the window relative to its size; rates are in z."""
    largest = 0.0
    for i in range(job.states):
        size = max(abs(work.y[i, lane]), 10.0 * work.typical[i, lane])
        change = abs(work.z[i, lane]) * job.rest_window
        # What is nothing and stays nothing does not drift. NaN counts as drifting.
        if change > 0.0 or change != change:
            share = change / size if size > 0.0 else inf
            if not share <= largest:
                largest = share if share == share else inf
    return largest


@native
def end_of_rest(job: Job, work: Work) -> None:
    """Lanes whose search for rest is over: those at rest begin their runs."""
    slopes(job, work)
    for lane in range(LANES):
        if work.phase[lane] == RESTING and work.t[lane] >= work.end[lane]:
            if drift(job, work, lane) < job.end_drift:
                work.phase[lane] = RUNNING
                work.begun[lane] = 1.0
                for i in range(job.states):
                    if work.y[i, lane] < -max(1e-6, job.rtol * work.typical[i, lane]):
                        work.begun[lane] = -1.0
                if work.begun[lane] < 0.0:
                    finish(job, work, lane, BELOW_ZERO)
            else:
                finish(job, work, lane, DRIFTING)
    begin_runs(job, work)
