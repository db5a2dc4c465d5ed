"""The first time at which an output is beyond a level."""

from __future__ import annotations

from il15_sim.batch.drive.extremes import see
from il15_sim.batch.drive.layout import Job, Work
from il15_sim.batch.drive.pieces import (
    LEAST,
    POINT,
    X1,
    X2,
    X3,
    X4,
    highest_node,
    look,
    lowest_node,
    peak_in,
    unclear,
    value,
    wild,
)
from il15_sim.batch.native.typed import Int, Mask, Real, Vec, native, some, vector, where

#: Turns in which a crossing is closed in.
TURNS = 40


@native
def find_crossing(
    job: Job, work: Work, e: Int, here: Mask, first: Int, begin: Vec, width: Vec, sign: Real
) -> Mask:
    """First time in a piece at which reducer e is beyond its level; a sign of -1 for below.

    Returns the lanes in which the piece must be divided.
    """
    o, level = job.column[e], work.level[e, :]
    waiting = here & (work.best[e, :] != work.best[e, :])
    if not some(waiting):
        return waiting
    at_once = waiting & (sign * (value(job, work, first, o) - level) >= 0.0)
    work.best[e, :] = where(at_once, work.t[:] + begin * work.used[:], work.best[e, :])
    waiting = waiting & ~at_once
    top = highest_node(job, work, first, o, sign)
    bottom = lowest_node(job, work, first, o, sign)
    spread = top - bottom
    # NaN is near everything: a node that is a number may be beyond the level.
    far = top + spread < sign * level
    near = waiting & (~far | wild(job, work, first, o, top, spread))
    if not some(near):
        return near
    see(work, e, near, top, bottom)
    x_peak = peak_in(job, work, first, o, sign)
    inside = near & (x_peak > 0.0) & (x_peak < 1.0)
    rough = near & unclear(job, work, first, e, inside, spread) & (width > LEAST)
    near = near & ~rough
    work.high[:] = -1.0
    bracket(job, work, e, first, near, sign)
    # A peak between the nodes may pass the level though none of them does.
    inside = inside & near & (work.high[:] < 0.0)
    if some(inside):
        look(job, work, POINT, begin + where(inside, x_peak, 1.0) * width)
        bracket_peak(job, work, e, first, inside, x_peak, sign)
    found = near & (work.high[:] > 0.0)
    if some(found):
        work.low[:] = begin + work.low[:] * width
        work.high[:] = begin + work.high[:] * width
        share = close_in(job, work, e, found, sign)
        work.best[e, :] = where(found, work.t[:] + share * work.used[:], work.best[e, :])
    return rough


@native
def bracket(job: Job, work: Work, e: Int, first: Int, waiting: Mask, sign: Real) -> None:
    """Between which nodes a level is first passed: between the shares `low` and `high`."""
    o, level = job.column[e], work.level[e, :]
    before = sign * (value(job, work, first, o) - level)
    x = 0.0
    for n in range(1, 5):
        after = sign * (value(job, work, first + n, o) - level)
        following = X1 if n == 1 else (X2 if n == 2 else (X3 if n == 3 else X4))
        note(work, waiting & (after >= 0.0), vector(x), vector(following), before, after)
        waiting = waiting & ~(after >= 0.0)
        before, x = after, following


@native
def bracket_peak(
    job: Job, work: Work, e: Int, first: Int, waiting: Mask, x_peak: Vec, sign: Real
) -> None:
    """The same where no node passes the level: the peak, in node `POINT`, may."""
    o, level = job.column[e], work.level[e, :]
    peak = sign * (value(job, work, POINT, o) - level)
    low, below = vector(0.0), sign * (value(job, work, first, o) - level)
    for n in range(1, 4):
        place = X1 if n == 1 else (X2 if n == 2 else X3)
        passed = x_peak > place
        low = where(passed, place, low)
        below = where(passed, sign * (value(job, work, first + n, o) - level), below)
    note(work, waiting & (peak >= 0.0), low, x_peak, below, peak)


@native
def note(work: Work, found: Mask, low: Vec, high: Vec, below: Vec, above: Vec) -> None:
    """Note where a crossing lies."""
    work.low[:] = where(found, low, work.low[:])
    work.high[:] = where(found, high, work.high[:])
    work.below[:] = where(found, below, work.below[:])
    work.above[:] = where(found, above, work.above[:])


@native
def close_in(job: Job, work: Work, e: Int, found: Mask, sign: Real) -> Vec:
    """The share of the step at which a level is crossed, between its shares `low` and `high`.

    The output is beyond the level, or at it, at `high`, which may come before `low`.
    """
    o, level = job.column[e], work.level[e, :]
    turn, halves = 0, False
    apart = found
    # A lane that is done waits unchanged for the others: no row depends on its company.
    while turn < TURNS and some(apart):
        # Secant and bisection in turns: fast where smooth, sure everywhere.
        part = work.below[:] / (work.below[:] - work.above[:])
        if halves:
            part = vector(0.5)
        turn, halves = turn + 1, not halves
        share = where(apart, work.low[:] + part * (work.high[:] - work.low[:]), 1.0)
        look(job, work, POINT, share)
        gap = sign * (value(job, work, POINT, o) - level)
        beyond, before_it = apart & (gap >= 0.0), apart & ~(gap >= 0.0)
        work.high[:] = where(beyond, share, work.high[:])
        work.above[:] = where(beyond, gap, work.above[:])
        work.low[:] = where(before_it, share, work.low[:])
        work.below[:] = where(before_it, gap, work.below[:])
        apart = apart & (abs(work.high[:] - work.low[:]) > 1e-13)
    part = work.below[:] / (work.below[:] - work.above[:])
    return work.low[:] + part * (work.high[:] - work.low[:])
