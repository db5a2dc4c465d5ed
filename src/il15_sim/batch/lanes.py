"""What single lanes do between steps: parameters in, doses, rows of outputs."""

from __future__ import annotations

from typing import Any

from numba import njit

from il15_sim.batch.layout import LANES, RUNNING, SET
from il15_sim.batch.native import call, floats, integers, lanes_at

#: How the driver is compiled: without the interpreter's lock, arithmetic as written
#: except that products and sums may fuse.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "nsz"},
}


@njit(**OPTIONS)
def lay_out(job: Any, work: Any, memory: Any) -> None:
    """Give every scratch array its place in memory; entries begin at cache lines."""
    n, outputs = job.size, max(job.output_count, 1)
    place = memory.ctypes.data
    place += (64 - place % 64) % 64
    line = 8 * LANES
    work.y = place
    work.z = work.y + n * line
    work.k = work.z + n * line
    work.m = work.k + job.stages * n * line
    work.q = work.m + job.factors * line
    work.p = work.q + (job.prepared + job.condition_count) * line
    work.peak = work.p + job.parameters * line
    work.typical = work.peak + n * line
    work.d = work.typical + n * line
    work.out = work.d + 3 * job.needed * line
    work.nodes = work.out + outputs * line
    work.switch = work.nodes + 6 * outputs * line
    work.r = work.switch + job.switch_count * line
    work.g = work.r + line
    work.s = work.g + line
    work.time = work.s + line
    work.squares = work.time + line
    work.yes = work.squares + line
    work.w = work.yes + line
    work.roots0 = work.w + n * line
    work.roots1 = work.roots0 + job.condition_count * line
    typical = lanes_at(work.typical, n)
    sizes = floats(job.typical, job.states)
    for i in range(job.states):
        for lane in range(LANES):
            typical[i, lane] = sizes[i]


@njit(**OPTIONS)
def memory_needed(job: Any) -> int:
    """Doubles that `lay_out` hands out, and a cache line to begin at one."""
    outputs = max(job.output_count, 1)
    entries = (5 + job.stages) * job.size + job.factors + job.prepared + job.parameters
    entries += 3 * job.condition_count
    entries += 3 * job.needed + 7 * outputs + job.switch_count + 6
    return int(LANES * (entries + 1))


@njit(**OPTIONS)
def load_parameters(job: Any, work: Any, row: int, lane: int) -> None:
    """The parameters of a row."""
    p, base = lanes_at(work.p, job.parameters), floats(job.base, job.parameters)
    for j in range(job.parameters):
        p[j, lane] = base[j]
    varied = integers(job.varied, job.varied_count)
    own = floats(job.table + 8 * row * job.varied_count, job.varied_count)
    for v in range(job.varied_count):
        p[varied[v], lane] = own[v]


@njit(**OPTIONS)
def margin(job: Any, lanes: Any, lane: int) -> float:
    """How far from a time at which conditions switch a step ends, and the next one begins.

    A step whose last stage stood at the time itself would see both sides of the switch. The
    margin is some units in the last place.
    """
    if job.switch_count == 0:
        return 0.0
    return 1e-15 * (job.t1 - job.t0) + 2e-15 * abs(lanes[lane].stop)


@njit(**OPTIONS)
def reaches_stop(job: Any, lanes: Any, lane: int) -> bool:
    """True where the step of a lane ends at its stop."""
    left = lanes[lane].stop - lanes[lane].t
    return bool(lanes[lane].used >= left - 2.0 * margin(job, lanes, lane))


@njit(**OPTIONS)
def events_of(job: Any, row: int) -> tuple[int, int]:
    """First event of a row's schedule, and the one behind its last."""
    schedule = integers(job.schedule, job.schedule_count)[row if job.schedule_count > 1 else 0]
    offset = integers(job.offset, schedule + 2)
    return offset[schedule], offset[schedule + 1]


@njit(**OPTIONS)
def apply_events(job: Any, lanes: Any, work: Any, lane: int) -> bool:
    """All events of a lane up to its time; tells whether a parameter changed."""
    last = events_of(job, lanes[lane].row)[1]
    time, amounts = floats(job.event_time, last), floats(job.event_amount, last)
    kind, target = integers(job.event_kind, last), integers(job.event_target, last)
    scale = integers(job.event_scale, last)
    y, peak = lanes_at(work.y, job.size), lanes_at(work.peak, job.size)
    p = lanes_at(work.p, job.parameters)
    changed = False
    while lanes[lane].cursor < last and time[lanes[lane].cursor] <= lanes[lane].t:
        j = lanes[lane].cursor
        amount = amounts[j]
        if scale[j] >= 0:
            amount *= p[scale[j], lane]
        i = target[j]
        if i < job.states:
            y[i, lane] = amount if kind[j] == SET else y[i, lane] + amount
            peak[i, lane] = max(peak[i, lane], abs(y[i, lane]))
        else:
            i -= job.states
            rate = amount if kind[j] == SET else p[i, lane] + amount
            # What an infusion added is taken away again: no rounding may stay behind.
            p[i, lane] = 0.0 if abs(rate) < 1e-9 * abs(amount) else rate
            changed = True
        lanes[lane].cursor += 1
    return changed


@njit(**OPTIONS)
def next_stop(job: Any, lanes: Any, work: Any, lane: int) -> float:
    """The next time at which a step of a lane must end."""
    now, edges = lanes[lane].t, floats(job.edges, job.edge_count)
    stop = lanes[lane].end
    last = events_of(job, lanes[lane].row)[1]
    if lanes[lane].cursor < last:
        stop = min(stop, floats(job.event_time, last)[lanes[lane].cursor])
    while lanes[lane].edge < job.edge_count and edges[lanes[lane].edge] <= now:
        lanes[lane].edge += 1
    if lanes[lane].edge < job.edge_count:
        stop = min(stop, edges[lanes[lane].edge])
    switch = lanes_at(work.switch, job.switch_count)
    for i in range(job.switch_count):
        if switch[i, lane] > now:
            stop = min(stop, switch[i, lane])
    return stop


@njit(**OPTIONS)
def compare_at(job: Any, work: Any, states: int) -> None:
    """Set the modes of the conditions on states to what holds at the address of some states."""
    if job.condition_count > 0:
        call(job.compare, states, work.p, work.q)


@njit(**OPTIONS)
def read_now(job: Any, work: Any) -> None:
    """The outputs at the states y, into `out`."""
    compare_at(job, work, work.y)
    call(job.outputs, work.y, work.p, work.q, work.time, work.out)


@njit(**OPTIONS)
def read_inside(job: Any, work: Any, place: int) -> None:
    """The outputs at the shares `s` of the steps, to an address."""
    if job.condition_count > 0:
        call(job.interior, work.y, work.z, work.k, work.s, work.w)
        call(job.compare, work.w, work.p, work.q)
    call(job.inside, work.y, work.z, work.d, work.s, work.p, work.q, work.time, place)


@njit(**OPTIONS)
def emit_now(job: Any, lanes: Any, work: Any, before: bool) -> None:
    """Rows of outputs that are due at the times of accepted lanes, from their states.

    With `before`, up to the rows that are read before the doses of that time.
    """
    times, early = floats(job.times, job.time_count), integers(job.before, job.time_count)
    evaluated = False
    for lane in range(LANES):
        if not lanes[lane].accept:
            continue
        while lanes[lane].due < job.time_count and times[lanes[lane].due] <= lanes[lane].t:
            if before and not early[lanes[lane].due]:
                break
            if not evaluated:
                read_now(job, work)
                evaluated = True
            _write_row(job, lanes, work, lane)


@njit(**OPTIONS)
def _write_row(job: Any, lanes: Any, work: Any, lane: int) -> None:
    """The outputs of a lane as its next row."""
    out = lanes_at(work.out, job.output_count)
    place = lanes[lane].row * job.time_count + lanes[lane].due
    values = floats(job.values + 8 * place * job.output_count, job.output_count)
    for o in range(job.output_count):
        values[o] = out[o, lane]
    lanes[lane].due += 1


@njit(**OPTIONS)
def emit_inside(job: Any, lanes: Any, work: Any) -> None:
    """Rows of outputs that lie inside the accepted steps."""
    times = floats(job.times, job.time_count)
    share, moment = lanes_at(work.s, 1), lanes_at(work.time, 1)
    while True:
        some = False
        for lane in range(LANES):
            share[0, lane] = 1.0
            moment[0, lane] = lanes[lane].t + lanes[lane].used
            if _is_inside(job, lanes, times, lane):
                some = True
                moment[0, lane] = times[lanes[lane].due]
                share[0, lane] = (moment[0, lane] - lanes[lane].t) / lanes[lane].used
        if not some:
            return
        read_inside(job, work, work.out)
        for lane in range(LANES):
            if _is_inside(job, lanes, times, lane):
                _write_row(job, lanes, work, lane)


@njit(**OPTIONS)
def _is_inside(job: Any, lanes: Any, times: Any, lane: int) -> bool:
    """True where a lane's next row lies before the end of its accepted step."""
    if not lanes[lane].accept or lanes[lane].phase != RUNNING or lanes[lane].due >= job.time_count:
        return False
    # The end of a step that reaches a stop is the stop, to the last bit.
    end = lanes[lane].stop
    if not reaches_stop(job, lanes, lane):
        end = lanes[lane].t + lanes[lane].used
    return bool(times[lanes[lane].due] < end)
