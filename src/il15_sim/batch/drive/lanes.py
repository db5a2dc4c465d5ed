"""What single lanes do between steps: parameters in, doses, rows of outputs."""

from __future__ import annotations

from math import inf

from il15_sim.batch.drive.layout import LANES, RUNNING, SET, Job, Work
from il15_sim.batch.native.typed import (
    Flag,
    Int,
    Lanes,
    Mask,
    Real,
    Vec,
    call,
    native,
    some,
    vector,
    where,
)


@native
def load_parameters(job: Job, work: Work, row: Int, lane: Int) -> None:
    """The parameters of a row."""
    for j in range(job.parameters):
        work.p[j, lane] = job.base[j]
    for v in range(job.varied_count):
        work.p[job.varied[v], lane] = job.table[row * job.varied_count + v]


@native
def last_event(job: Job, row: Int) -> Int:
    """The event behind the last of a row's schedule."""
    return job.offset[job.schedule[row if job.schedule_count > 1 else 0] + 1]


@native
def apply_events(job: Job, work: Work, lane: Int) -> Flag:
    """All events of a lane up to its time; tells whether a parameter changed."""
    last = last_event(job, work.row[lane])
    changed = False
    while work.cursor[lane] < last and job.event_time[work.cursor[lane]] <= work.t[lane]:
        j = work.cursor[lane]
        amount = job.event_amount[j]
        if job.event_scale[j] >= 0:
            amount *= work.p[job.event_scale[j], lane]
        i = job.event_target[j]
        if i < job.states:
            work.y[i, lane] = amount if job.event_kind[j] == SET else work.y[i, lane] + amount
            work.peak[i, lane] = max(work.peak[i, lane], abs(work.y[i, lane]))
        else:
            i -= job.states
            rate = amount if job.event_kind[j] == SET else work.p[i, lane] + amount
            # What an infusion added is taken away again: no rounding may stay behind.
            work.p[i, lane] = 0.0 if abs(rate) < 1e-9 * abs(amount) else rate
            changed = True
        work.cursor[lane] += 1
    return changed


@native
def margin_at(job: Job, stop: Real) -> Real:
    """How far from a time at which conditions switch a step ends, and the next one begins.

    A step whose last stage stood at the time itself would see both sides of the switch. The
    margin is some units in the last place.
    """
    if job.switch_count == 0:
        return 0.0
    return 1e-15 * (job.t1 - job.t0) + 2e-15 * abs(stop)


@native
def margins(job: Job, work: Work) -> Vec:
    """The same for the stops of all lanes."""
    if job.switch_count == 0:
        return vector(0.0)
    return 1e-15 * (job.t1 - job.t0) + 2e-15 * abs(work.stop[:])


@native
def reaching(job: Job, work: Work) -> Mask:
    """Lanes whose step ends at their stop."""
    left = work.stop[:] - work.t[:]
    return work.used[:] >= left - 2.0 * margins(job, work)


@native
def next_stop(job: Job, work: Work, lane: Int) -> Real:
    """The next time at which a step of a lane must end."""
    now, stop = work.t[lane], work.end[lane]
    if work.cursor[lane] < last_event(job, work.row[lane]):
        stop = min(stop, job.event_time[work.cursor[lane]])
    while work.edge[lane] < job.edge_count and job.edges[work.edge[lane]] <= now:
        work.edge[lane] += 1
    if work.edge[lane] < job.edge_count:
        stop = min(stop, job.edges[work.edge[lane]])
    for i in range(job.switch_count):
        if work.switch[i, lane] > now:
            stop = min(stop, work.switch[i, lane])
    return stop


@native
def emit_now(job: Job, work: Work, early: Flag) -> None:
    """Rows of outputs that are due at the times of accepted lanes, from their states.

    With `early`, up to the rows that are read before the doses of that time.
    """
    evaluated = False
    for lane in range(LANES):
        if work.accept[lane] > 0.0:
            while work.due_time[lane] <= work.t[lane] and (not early or job.before[work.due[lane]]):
                if not evaluated:
                    call(job.outputs, work.y, work.p, work.q, work.time, work.out)
                    evaluated = True
                write_row(job, work, lane)


@native
def write_row(job: Job, work: Work, lane: Int) -> None:
    """The outputs of a lane as its next row."""
    place = (work.row[lane] * job.time_count + work.due[lane]) * job.output_count
    for o in range(job.output_count):
        job.values[place + o] = work.out[o, lane]
    work.due[lane] += 1
    more = work.due[lane] < job.time_count
    work.due_time[lane] = job.times[work.due[lane]] if more else inf


@native
def emit_inside(job: Job, work: Work) -> None:
    """Rows of outputs that lie inside the accepted steps."""
    while True:
        inside = has_row_inside(job, work)
        if not some(inside):
            return
        work.time[:] = where(inside, work.due_time[:], work.t[:] + work.used[:])
        work.s[:] = where(inside, (work.due_time[:] - work.t[:]) / work.used[:], 1.0)
        read_inside(job, work, work.out)
        work.jumped[:] = where(inside, 1.0, 0.0)
        for lane in range(LANES):
            if work.jumped[lane] > 0.0:
                write_row(job, work, lane)


@native
def read_inside(job: Job, work: Work, out: Lanes) -> None:
    """Outputs at the shares `s` of the accepted steps."""
    work.s[:] = work.s[:] * work.cut[:]
    call(job.inside, work.y, work.z, work.d, work.s, work.p, work.q, work.hair, work.time, out)


@native
def has_row_inside(job: Job, work: Work) -> Mask:
    """Lanes whose next row lies before the end of their accepted step."""
    running = (work.accept[:] > 0.0) & (work.phase[:] == RUNNING)
    # The end of a step that reaches a stop is the stop, to the last bit.
    end = where(reaching(job, work), work.stop[:], work.t[:] + work.used[:])
    return running & (work.due_time[:] < end)
