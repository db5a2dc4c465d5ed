"""Where accepted steps lead: stops and doses, conditions that switch, the end of a row."""

from __future__ import annotations

from math import inf, nan

from il15_sim.batch.drive.lanes import (
    apply_events,
    emit_now,
    margins,
    next_stop,
    reaching,
)
from il15_sim.batch.drive.layout import (
    BAD_DOSE,
    CHATTERING,
    DRIFTING,
    EMPTY,
    LANES,
    OK,
    RESTING,
    RUNNING,
    Job,
    Work,
)
from il15_sim.batch.drive.locate import flip, look_at_conditions
from il15_sim.batch.drive.reduce import end_reduction, jump_reduction
from il15_sim.batch.drive.sizes import size_up
from il15_sim.batch.native.typed import Int, call, native, some, take, where

#: Shrinkage of a step where a condition has switched.
RESTART = 1e-6


@native
def switch_over(job: Job, work: Work) -> None:
    """Switch the conditions that steps ended at: what is reported jumps, the rates are others."""
    flipped = (work.accept[:] > 0.0) & (work.flips[:] > 0.0)
    if not some(flipped):
        return
    flip(job, work, flipped)
    work.room[:] = where(flipped, 0.0, work.room[:])
    # A long implicit step would pass over a growth that begins here.
    work.h[:] = where(flipped, RESTART * work.h[:], work.h[:])
    endless = flipped & (work.stalls[:] > 10.0 + 4.0 * float(job.condition_count))
    if job.reducer_count > 0:
        work.time[:] = work.t[:] + work.used[:]
        call(job.outputs, work.y, work.p, work.q, work.time, work.out)
        work.jumped[:] = where(flipped & (work.phase[:] == RUNNING), 1.0, 0.0)
        jump_reduction(job, work, work.time[:])
    if some(endless):
        work.s[:] = where(endless, 1.0, 0.0)
        for lane in range(LANES):
            if work.s[lane] > 0.0:
                resting = work.phase[lane] == RESTING
                finish(job, work, lane, DRIFTING if resting else CHATTERING)


@native
def arrive(job: Job, work: Work) -> None:
    """Move accepted lanes on: stops, doses, rows of outputs, the end."""
    accepted = work.accept[:] > 0.0
    reached = accepted & reaching(job, work)
    t = where(reached, work.stop[:], where(accepted, work.t[:] + work.used[:], work.t[:]))
    work.t[:] = t
    if job.size > job.states:
        # Time as a state does not drift away from the time of the run.
        after = where(reached, margins(job, work), 0.0)
        work.y[job.states, :] = where(accepted, t + after, work.y[job.states, :])
    work.time[:] = where(accepted, t, work.time[:])
    if not some(reached):
        return
    running = reached & (work.phase[:] == RUNNING)
    work.accept[:] = where(running, 1.0, 0.0)
    if some(running):
        stop_over(job, work)


@native
def stop_over(job: Job, work: Work) -> None:
    """What happens at the stops of accepted lanes."""
    if job.time_count > 0:
        emit_now(job, work, True)
    changed, jumped = False, False
    for lane in range(LANES):
        work.jumped[lane] = 0.0
        if work.accept[lane] > 0.0:
            if work.t[lane] >= work.end[lane]:
                keep_final(job, work, lane)
            before = work.cursor[lane]
            changed = apply_events(job, work, lane) or changed
            if work.cursor[lane] > before:
                work.jumped[lane] = 1.0
                jumped = True
    if changed:
        call(job.prepare, work.p, work.q)
        call(job.switches, work.p, work.switch)
    # Here too where nothing was given: a level may have jumped at a switch of time.
    look_at_conditions(job, work, work.accept[:] > 0.0)
    for lane in range(LANES):
        if work.accept[lane] > 0.0:
            work.stop[lane] = next_stop(job, work, lane)
            if work.jumped[lane] > 0.0:
                # Doses repeat: the step that was right after the last one is tried again.
                again = work.dose_h[lane]
                near = 0.1 * (work.stop[lane] - work.t[lane])
                work.h[lane] = min(work.h[lane], again if again > 0.0 else near)
                work.after_dose[lane] = 1.0
                work.room[lane] = 0.0
            if job.fixed_step > 0.0:
                work.h[lane] = job.fixed_step
    if job.time_count > 0:
        emit_now(job, work, False)
    if jumped:
        size_up(job, work, work.jumped[:] > 0.0)
        if job.reducer_count > 0:
            call(job.outputs, work.y, work.p, work.q, work.time, work.out)
            jump_reduction(job, work, work.t[:])
    for lane in range(LANES):
        if work.accept[lane] > 0.0:
            if work.jumped[lane] > 0.0:
                for i in range(job.states):
                    if not abs(work.y[i, lane]) < inf and work.accept[lane] > 0.0:
                        finish(job, work, lane, BAD_DOSE)
            if work.accept[lane] > 0.0 and work.t[lane] >= work.end[lane]:
                finish(job, work, lane, OK)


@native
def keep_final(job: Job, work: Work, lane: Int) -> None:
    """The states of a lane as those at the end of its row."""
    for i in range(job.states):
        job.final[work.row[lane] * job.states + i] = work.y[i, lane]


@native
def finish(job: Job, work: Work, lane: Int, status: Int) -> None:
    """Close a row; its lane is free."""
    row = work.row[lane]
    job.status[row] = status
    take(job.done, 1)
    job.steps[2 * row] = int(work.accepted[lane])
    job.steps[2 * row + 1] = int(work.rejected[lane])
    end_reduction(job, work, lane, status)
    if status != OK:
        for i in range(job.states):
            job.final[row * job.states + i] = nan
    work.phase[lane] = EMPTY
    work.accept[lane] = 0.0
    work.begun[lane] = 0.0
    work.jumped[lane] = 0.0
