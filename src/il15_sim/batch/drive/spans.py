"""How long an output is beyond a level, and when it is for the last time.

A piece is added once no more than one crossing lies in it. That is told by the polynomial through
its five nodes in the form of Bernstein: what it is above a level changes sign at most as often as
its coefficients do (Descartes' rule of signs). An excursion beyond the level by less than the
tolerance may be missed, as may waves of which the nodes of a step tell nothing by chance: of an
output that runs through many of them in one step.
"""

from __future__ import annotations

from math import nan, sqrt

from il15_sim.batch.drive.crossings import close_in, note
from il15_sim.batch.drive.extremes import see
from il15_sim.batch.drive.lanes import reaching
from il15_sim.batch.drive.layout import Job, Work
from il15_sim.batch.drive.pieces import (
    LEAST,
    X1,
    X2,
    X3,
    X4,
    high_terms,
    highest_node,
    lowest_node,
    value,
)
from il15_sim.batch.native.typed import Flag, Int, Mask, Real, Vec, larger, native, some, where

#: Bernstein coefficients 1 and 2 of the polynomial of degree 4 through the nodes, from its values
#: at the nodes; those of 3 are those of 1 backwards.
B1_0, B1_1, B1_2 = -3 / 2, 49 / 24 + 7 * sqrt(21) / 24, -4 / 3
B1_3, B1_4 = 49 / 24 - 7 * sqrt(21) / 24, -1 / 4
B2_END, B2_INNER, B2_MIDDLE = 1.0, -49 / 18, 40 / 9
#: Terms of degree 3 and 4, as a share of what the nodes differ by, up to which the polynomial
#: follows the output. Less than for a peak: no excursion may be missed, not the highest alone.
TAME = 0.02


@native
def add_span(
    job: Job,
    work: Work,
    e: Int,
    here: Mask,
    first: Int,
    begin: Vec,
    width: Vec,
    sign: Real,
    last: Flag,
) -> Mask:
    """Add a piece to the time that reducer e is beyond its level; a sign of -1 for below.

    With `last`, its end becomes the last time beyond the level, where it is. Returns the lanes in
    which the piece must be divided.
    """
    o, level = job.column[e], sign * work.level[e, :]
    top = highest_node(job, work, first, o, sign)
    bottom = lowest_node(job, work, first, o, sign)
    spread = top - bottom
    told = top == top
    far = (top + spread < level) | (bottom - spread > level)
    high = high_terms(job, work, first, o)
    wild = (high > TAME * spread) & (high > job.rtol * larger(abs(top), abs(bottom)))
    near = here & told & (wild | ~far)
    rough = near
    if some(near):
        see(work, e, near, top, bottom)
        calm = larger(abs(top - level), abs(bottom - level)) <= job.rtol * work.seen[e, :]
        single = calm | crosses_once(job, work, e, first, spread, sign)
        rough = near & ~single & (width > LEAST)
    added = here & ~rough
    before = sign * value(job, work, first, o) > level
    after = sign * value(job, work, first + 4, o) > level
    end = begin + width
    turn = end
    split = added & told & ((before & ~after) | (after & ~before))
    if some(split):
        bracket_turn(job, work, e, first, split, begin, width, sign)
        # It is at the level or on the other side that a crossing is told from below.
        turn = where(split, close_in(job, work, e, split, -sign), end)
    told = told & (level == level)
    if last:
        moment = work.t[:] + turn * work.used[:]
        # The end of a step that reaches a stop is the stop, to the last bit.
        at_stop = after & (end >= 1.0) & reaching(job, work)
        moment = where(at_stop, work.stop[:], where(after, work.t[:] + end * work.used[:], moment))
        work.best[e, :] = where(added & (before | after), moment, work.best[e, :])
        # What cannot be told may have been beyond the level.
        work.best[e, :] = where(added & ~told & ~after, nan, work.best[e, :])
    else:
        share = where(before, where(after, width, turn - begin), where(after, end - turn, 0.0))
        share = where(told, share, nan)
        work.best[e, :] = work.best[e, :] + where(added, share * work.used[:], 0.0)
    return rough


@native
def crosses_once(job: Job, work: Work, e: Int, first: Int, spread: Vec, sign: Real) -> Mask:
    """Lanes in which the nodes tell that a level is crossed once at most in a piece."""
    o, level = job.column[e], work.level[e, :]
    g0 = sign * (value(job, work, first, o) - level)
    g1 = sign * (value(job, work, first + 1, o) - level)
    g2 = sign * (value(job, work, first + 2, o) - level)
    g3 = sign * (value(job, work, first + 3, o) - level)
    g4 = sign * (value(job, work, first + 4, o) - level)
    b1 = B1_0 * g0 + B1_1 * g1 + B1_2 * g2 + B1_3 * g3 + B1_4 * g4
    b2 = B2_END * (g0 + g4) + B2_INNER * (g1 + g3) + B2_MIDDLE * g2
    b3 = B1_4 * g0 + B1_3 * g1 + B1_2 * g2 + B1_1 * g3 + B1_0 * g4
    changes = change(g0, b1) + change(b1, b2) + change(b2, b3) + change(b3, g4)
    high = high_terms(job, work, first, o)
    tame = ~((high > job.rtol * work.seen[e, :]) & (high > TAME * spread))
    return tame & (changes < 1.5)


@native
def change(gap: Vec, other: Vec) -> Vec:
    """1 where one of two numbers lies above zero, else 0."""
    return where(gap > 0.0, where(other > 0.0, 0.0, 1.0), where(other > 0.0, 1.0, 0.0))


@native
def bracket_turn(
    job: Job, work: Work, e: Int, first: Int, split: Mask, begin: Vec, width: Vec, sign: Real
) -> None:
    """Between which nodes a level is crossed: `low` is where the output is beyond it."""
    o, level = job.column[e], work.level[e, :]
    gap = sign * (value(job, work, first, o) - level)
    x = 0.0
    for n in range(1, 5):
        gap_after = sign * (value(job, work, first + n, o) - level)
        x_after = X1 if n == 1 else (X2 if n == 2 else (X3 if n == 3 else X4))
        near, far = begin + x * width, begin + x_after * width
        note(work, split & (gap > 0.0) & ~(gap_after > 0.0), near, far, -gap, -gap_after)
        note(work, split & ~(gap > 0.0) & (gap_after > 0.0), far, near, -gap_after, -gap)
        gap, x = gap_after, x_after
