"""Endpoints reduced on the fly: largest and smallest value, area, times beyond a level.

Every accepted step is read at the five Lobatto points of its dense output. Where these do not tell
what an output does between them, because it changes faster than the states that the step follows,
the step is divided into pieces that are read at their own points. The step itself stays as it is:
the course of a simulation does not depend on what is asked of it.
"""

from __future__ import annotations

from math import inf, nan

from il15_sim.batch.drive.areas import add_area
from il15_sim.batch.drive.crossings import find_crossing
from il15_sim.batch.drive.extremes import refine_peak, take_higher
from il15_sim.batch.drive.layout import (
    AREA,
    FIRST_ABOVE,
    FIRST_BELOW,
    LAST_ABOVE,
    MAXIMUM,
    MINIMUM,
    OK,
    RUNNING,
    TIME_ABOVE,
    TIME_BELOW,
    Job,
    Work,
)
from il15_sim.batch.drive.pieces import PIECE, STEP, look_along, node, pass_on
from il15_sim.batch.drive.spans import add_span
from il15_sim.batch.native.typed import (
    Flag,
    Int,
    Mask,
    Real,
    Vec,
    native,
    smaller,
    some,
    vector,
    where,
)


@native
def set_levels(job: Job, work: Work) -> None:
    """Levels for the lanes that begin a run; `out` holds the values before its first events."""
    begun = work.begun[:] > 0.0
    for e in range(job.reducer_count):
        level = vector(job.level[e])
        if job.relative[e]:
            start = work.out[job.column[e], :]
            level = start + level * abs(start)
        work.level[e, :] = where(begun, level, work.level[e, :])


@native
def begin_reduction(job: Job, work: Work) -> None:
    """Empty reducers for the lanes that begin a run; `out` holds the values at its start."""
    begun = work.begun[:] > 0.0
    start_nodes(job, work, begun)
    for e in range(job.reducer_count):
        kind, value = job.kind[e], work.out[job.column[e], :]
        empty = nan
        if kind == AREA or kind == TIME_ABOVE or kind == TIME_BELOW:  # noqa: SIM109
            empty = 0.0
        elif kind == MAXIMUM:
            empty = -inf
        elif kind == MINIMUM:
            empty = inf
        first = where(work.t[:] >= job.begin[e], value, empty)
        if kind != MAXIMUM and kind != MINIMUM:
            first = where(begun, empty, first)
        work.best[e, :] = where(begun, first, work.best[e, :])
        work.seen[e, :] = where(begun, 0.0, work.seen[e, :])


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
        elif is_last(kind):
            # No step follows upon a dose at the end of the run.
            here = jumped & (now >= job.begin[e]) & (now < job.close[e])
            sign = side(kind)
            here = here & (sign * work.out[job.column[e], :] > sign * work.level[e, :])
            work.best[e, :] = where(here, now, work.best[e, :])
        elif kind == FIRST_ABOVE or kind == FIRST_BELOW:  # noqa: SIM109
            here = jumped & (now >= job.begin[e]) & (now < job.close[e])
            sign = 1.0 if kind == FIRST_ABOVE else -1.0
            gap = sign * (work.out[job.column[e], :] - work.level[e, :])
            here = here & (work.best[e, :] != work.best[e, :]) & (gap >= 0.0)
            work.best[e, :] = where(here, now, work.best[e, :])


@native
def end_reduction(job: Job, work: Work, lane: Int, status: Int) -> None:
    """Write the reducers of a lane; a failed simulation has no endpoints."""
    for e in range(job.reducer_count):
        value = work.best[e, lane] if status == OK else nan
        job.reduced[work.row[lane] * job.reducer_count + e] = value


@native
def start_nodes(job: Job, work: Work, lanes: Mask) -> None:
    """The outputs just read are those at the start of the next step of some lanes."""
    start = node(job, work, STEP)
    for o in range(job.output_count):
        start[o, :] = where(lanes, work.out[o, :], start[o, :])


@native
def reduce_step(job: Job, work: Work) -> None:
    """Add the accepted steps, from t to t + used, to every reducer."""
    look_along(job, work, STEP, vector(0.0), vector(1.0))
    running = (work.accept[:] > 0.0) & (work.phase[:] == RUNNING)
    for e in range(job.reducer_count):
        # Steps end at the ends of intervals.
        here = running & (work.t[:] >= job.begin[e]) & (work.t[:] < job.close[e])
        if some(here):
            reduce_for(job, work, e, here)
    pass_on(job, work, STEP, running)


@native
def reduce_piece(
    job: Job, work: Work, e: Int, here: Mask, first: Int, begin: Vec, width: Vec
) -> Mask:
    """Add a piece to reducer e; the lanes in which it must be divided, and is not added yet."""
    kind = job.kind[e]
    if kind == AREA:
        return add_area(job, work, e, here, first, width)
    if kind == MAXIMUM or kind == MINIMUM:  # noqa: SIM109
        highest = 1.0 if kind == MAXIMUM else -1.0
        return refine_peak(job, work, e, here, first, begin, width, highest)
    if kind == FIRST_ABOVE or kind == FIRST_BELOW:  # noqa: SIM109
        return find_crossing(job, work, e, here, first, begin, width, side(kind))
    return add_span(job, work, e, here, first, begin, width, side(kind), is_last(kind))


@native
def side(kind: Int) -> Real:
    """1 for what lies above a level, -1 for what lies below."""
    if kind == FIRST_ABOVE or kind == TIME_ABOVE:  # noqa: SIM109
        return 1.0
    return 1.0 if kind == LAST_ABOVE else -1.0


@native
def is_last(kind: Int) -> Flag:
    """True for the last time beyond a level."""
    return kind >= LAST_ABOVE  # codes end with LAST_BELOW


@native
def reduce_for(job: Job, work: Work, e: Int, here: Mask) -> None:
    """Add the steps of some lanes to reducer e, whole or piece by piece."""
    # One place calls `reduce_piece`, for steps and for pieces: there it is written out.
    first, busy = STEP, here
    begin, width, calm = vector(0.0), vector(1.0), vector(0.0)
    while some(busy):
        if first == PIECE:
            # Lanes that are not busy read the ends of their steps beside the others.
            begin, width = where(busy, begin, 1.0), where(busy, width, 0.0)
            look_along(job, work, PIECE, begin, width)
        rough = reduce_piece(job, work, e, busy, first, begin, width)
        done = busy & ~rough
        if first == STEP:
            busy = rough
            if some(busy):
                copy_start(job, work)
                first, width = PIECE, vector(0.5)
        else:
            pass_on(job, work, PIECE, done)
            begin = where(done, begin + width, begin)
            # Wider again after two pieces in a row; widths are halves of halves, sums are exact.
            wider = where(calm > 0.0, 2.0 * width, width)
            width = smaller(where(done, wider, 0.5 * width), 1.0 - begin)
            calm = where(done, 1.0, 0.0)
            busy = busy & (begin < 1.0)


@native
def copy_start(job: Job, work: Work) -> None:
    """The first piece begins where the step does."""
    start, piece = node(job, work, STEP), node(job, work, PIECE)
    for o in range(job.output_count):
        piece[o, :] = start[o, :]
