"""Endpoints reduced on the fly: largest and smallest value, area, first time beyond a level.

Every accepted step is read at the five Lobatto points of its dense output; a peak or a crossing
between them is refined on the dense output itself.
"""

from __future__ import annotations

from math import inf, nan, sqrt

from il15_sim.batch.lanes import read_inside
from il15_sim.batch.layout import (
    AREA,
    FIRST_ABOVE,
    MAXIMUM,
    MINIMUM,
    OK,
    RUNNING,
    Job,
    Work,
)
from il15_sim.batch.typed import (
    Int,
    Lanes,
    Mask,
    Real,
    Vec,
    at,
    larger,
    native,
    smaller,
    some,
    vector,
    where,
)

#: Lobatto points and weights of degree 7 on [0, 1] (Abramowitz & Stegun, table 25.6).
X1, X2, X3, X4 = 0.5 - sqrt(3 / 28), 0.5, 0.5 + sqrt(3 / 28), 1.0
W_END, W_INNER, W_MIDDLE = 1 / 20, 49 / 180, 16 / 45

#: Turns in which a crossing is closed in.
TURNS = 40


@native
def begin_reduction(job: Job, work: Work) -> None:
    """Empty reducers for the lanes that begin a run; `out` holds the values at its start."""
    begun = work.begun[:] > 0.0
    start_nodes(job, work, begun)
    for e in range(job.reducer_count):
        kind, value = job.kind[e], work.out[job.column[e], :]
        empty = nan
        if kind == AREA:
            empty = 0.0
        elif kind == MAXIMUM:
            empty = -inf
        elif kind == MINIMUM:
            empty = inf
        first = where(work.t[:] >= job.begin[e], value, empty)
        if kind != MAXIMUM and kind != MINIMUM:
            first = where(begun, empty, first)
        work.best[e, :] = where(begun, first, work.best[e, :])


@native
def jump_reduction(job: Job, work: Work, now: Vec) -> None:
    """Values just after a dose, in `out`; a dose at the end of an interval lies outside of it."""
    jumped = work.jumped[:] > 0.0
    start_nodes(job, work, jumped)
    for e in range(job.reducer_count):
        kind = job.kind[e]
        if kind == MAXIMUM or kind == MINIMUM:  # noqa: SIM109
            here = jumped & (now >= job.begin[e]) & (now < job.close[e])
            sign = 1.0 if kind == MAXIMUM else -1.0
            take_higher(work, e, here, work.out[job.column[e], :], sign)


@native
def end_reduction(job: Job, work: Work, lane: Int, status: Int) -> None:
    """Write the reducers of a lane; a failed simulation has no endpoints."""
    for e in range(job.reducer_count):
        value = work.best[e, lane] if status == OK else nan
        job.reduced[work.row[lane] * job.reducer_count + e] = value


@native
def take_higher(work: Work, e: Int, here: Mask, value: Vec, sign: Real) -> None:
    """Keep a value where it is higher than reducer e; a sign of -1 for the lowest."""
    # NaN is kept: a value that could not be told may have been the highest.
    better = here & ((sign * value > sign * work.best[e, :]) | (value != value))
    work.best[e, :] = where(better, value, work.best[e, :])


@native
def node(job: Job, work: Work, n: Int) -> Lanes:
    """Outputs at a point of the step."""
    return at(work.nodes, n * job.output_count)


@native
def start_nodes(job: Job, work: Work, lanes: Mask) -> None:
    """The outputs just read are those at the start of the next step of some lanes."""
    for o in range(job.output_count):
        work.nodes[o, :] = where(lanes, work.out[o, :], work.nodes[o, :])


@native
def reduce_step(job: Job, work: Work) -> None:
    """Add the accepted steps, from t to t + used, to every reducer."""
    look(job, work, 1, vector(X1))
    look(job, work, 2, vector(X2))
    look(job, work, 3, vector(X3))
    look(job, work, 4, vector(X4))
    running = (work.accept[:] > 0.0) & (work.phase[:] == RUNNING)
    for e in range(job.reducer_count):
        # Steps end at the ends of intervals.
        here = running & (work.t[:] >= job.begin[e]) & (work.t[:] < job.close[e])
        if some(here):
            kind = job.kind[e]
            if kind == AREA:
                add_area(job, work, e, here)
            elif kind == MAXIMUM:
                refine_peak(job, work, e, here, 1.0)
            elif kind == MINIMUM:
                refine_peak(job, work, e, here, -1.0)
            else:
                find_crossing(job, work, e, here, 1.0 if kind == FIRST_ABOVE else -1.0)
    last = node(job, work, 4)
    for o in range(job.output_count):
        work.nodes[o, :] = where(running, last[o, :], work.nodes[o, :])


@native
def look(job: Job, work: Work, n: Int, share: Vec) -> None:
    """Outputs at a share of every step, into node n."""
    work.s[:] = share
    work.time[:] = work.t[:] + share * work.used[:]
    read_inside(job, work, node(job, work, n))


@native
def add_area(job: Job, work: Work, e: Int, here: Mask) -> None:
    """Add the area of the steps to reducer e."""
    o, count = job.column[e], job.output_count
    total = W_END * (work.nodes[o, :] + work.nodes[4 * count + o, :])
    total = total + W_INNER * (work.nodes[count + o, :] + work.nodes[3 * count + o, :])
    total = total + W_MIDDLE * work.nodes[2 * count + o, :]
    work.best[e, :] = work.best[e, :] + where(here, work.used[:] * total, 0.0)


@native
def vertex(x0: Vec, x1: Vec, x2: Vec, v0: Vec, v1: Vec, v2: Vec) -> Vec:
    """Where the parabola through three points is level; no number where it is nowhere."""
    first = (v1 - v0) / (x1 - x0)
    second = ((v2 - v1) / (x2 - x1) - first) / (x2 - x0)
    return 0.5 * (x0 + x1) - 0.5 * first / second


@native
def peak_in(job: Job, work: Work, o: Int, sign: Real) -> Vec:
    """Share of the step at which output o is highest, by a parabola; a sign of -1 for lowest."""
    count = job.output_count
    v0, v1 = sign * work.nodes[o, :], sign * work.nodes[count + o, :]
    v2, v3 = sign * work.nodes[2 * count + o, :], sign * work.nodes[3 * count + o, :]
    v4 = sign * work.nodes[4 * count + o, :]
    # Through the highest point and its neighbours.
    left = larger(v0, v1) >= larger(v2, larger(v3, v4))
    right = larger(v3, v4) > larger(larger(v0, v1), v2)
    a = where(left, v0, where(right, v2, v1))
    b = where(left, v1, where(right, v3, v2))
    c = where(left, v2, where(right, v4, v3))
    x0 = where(left, 0.0, where(right, X2, X1))
    x1 = where(left, X1, where(right, X3, X2))
    x2 = where(left, X2, where(right, X4, X3))
    return vertex(x0, x1, x2, a, b, c)


@native
def refine_peak(job: Job, work: Work, e: Int, here: Mask, sign: Real) -> None:
    """Take the peaks of reducer e, at the nodes and between them; a sign of -1 for the lowest."""
    o, count = job.column[e], job.output_count
    v0, v1 = sign * work.nodes[o, :], sign * work.nodes[count + o, :]
    v2, v3 = sign * work.nodes[2 * count + o, :], sign * work.nodes[3 * count + o, :]
    v4 = sign * work.nodes[4 * count + o, :]
    top = larger(larger(v0, v1), larger(larger(v2, v3), v4))
    told = v0 + v1 + v2 + v3 + v4
    top = where(told == told, top, told)
    bottom = smaller(smaller(v0, v1), smaller(smaller(v2, v3), v4))
    best = sign * work.best[e, :]
    take_higher(work, e, here, sign * top, sign)
    # The course between the points may be higher than they are, by no more than they differ.
    near = here & (top + (top - bottom) > best)
    if not some(near):
        return
    x = peak_in(job, work, o, sign)
    near = near & (x > 0.0) & (x < 1.0)
    if some(near):
        look(job, work, 5, where(near, x, 1.0))
        take_higher(work, e, near, work.nodes[5 * count + o, :], sign)


@native
def find_crossing(job: Job, work: Work, e: Int, here: Mask, sign: Real) -> None:
    """First time in the steps at which reducer e is beyond its level; a sign of -1 for below."""
    o, level = job.column[e], job.level[e]
    waiting = here & (work.best[e, :] != work.best[e, :])
    if not some(waiting):
        return
    before = sign * (work.nodes[o, :] - level)
    at_once = waiting & (before >= 0.0)
    work.best[e, :] = where(at_once, work.t[:], work.best[e, :])
    waiting = waiting & ~at_once
    work.high[:] = -1.0
    bracket(job, work, o, waiting, sign, level)
    inside = work.high[:] > 0.0
    if not some(inside):
        return
    turn, halves = 0, False
    apart = inside
    # A lane that is done waits unchanged for the others: no row depends on its company.
    while turn < TURNS and some(apart):
        # Secant and bisection in turns: fast where smooth, sure everywhere.
        part = work.below[:] / (work.below[:] - work.above[:])
        if halves:
            part = vector(0.5)
        turn, halves = turn + 1, not halves
        share = where(apart, work.low[:] + part * (work.high[:] - work.low[:]), 1.0)
        look(job, work, 5, share)
        gap = sign * (work.nodes[5 * job.output_count + o, :] - level)
        beyond, before_it = apart & (gap >= 0.0), apart & ~(gap >= 0.0)
        work.high[:] = where(beyond, share, work.high[:])
        work.above[:] = where(beyond, gap, work.above[:])
        work.low[:] = where(before_it, share, work.low[:])
        work.below[:] = where(before_it, gap, work.below[:])
        apart = apart & (work.high[:] - work.low[:] > 1e-13)
    part = work.below[:] / (work.below[:] - work.above[:])
    share = work.low[:] + part * (work.high[:] - work.low[:])
    work.best[e, :] = where(inside, work.t[:] + share * work.used[:], work.best[e, :])


@native
def bracket(job: Job, work: Work, o: Int, waiting: Mask, sign: Real, level: Real) -> None:
    """Where in the step output o first passes a level: between `low` and `high`, if it does."""
    count = job.output_count
    before = sign * (work.nodes[o, :] - level)
    x = 0.0
    for n in range(1, 5):
        after = sign * (work.nodes[n * count + o, :] - level)
        following = X1 if n == 1 else (X2 if n == 2 else (X3 if n == 3 else X4))
        close_in(work, waiting & (after >= 0.0), vector(x), vector(following), before, after)
        waiting = waiting & ~(after >= 0.0)
        before, x = after, following
    # A peak between the points may pass the level though none of them does.
    x_peak = peak_in(job, work, o, sign)
    waiting = waiting & (x_peak > 0.0) & (x_peak < 1.0)
    if not some(waiting):
        return
    look(job, work, 5, where(waiting, x_peak, 1.0))
    peak = sign * (work.nodes[5 * count + o, :] - level)
    low, below = vector(0.0), sign * (work.nodes[o, :] - level)
    for n in range(1, 4):
        place = X1 if n == 1 else (X2 if n == 2 else X3)
        passed = x_peak > place
        low = where(passed, place, low)
        below = where(passed, sign * (work.nodes[n * count + o, :] - level), below)
    close_in(work, waiting & (peak >= 0.0), low, x_peak, below, peak)


@native
def close_in(work: Work, found: Mask, low: Vec, high: Vec, below: Vec, above: Vec) -> None:
    """Note where a crossing lies."""
    work.low[:] = where(found, low, work.low[:])
    work.high[:] = where(found, high, work.high[:])
    work.below[:] = where(found, below, work.below[:])
    work.above[:] = where(found, above, work.above[:])
