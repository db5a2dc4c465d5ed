"""Areas, by the Lobatto rule of five points."""

from __future__ import annotations

from il15_sim.batch.drive.layout import Job, Work
from il15_sim.batch.drive.pieces import (
    LEAST,
    W_END,
    W_INNER,
    W_MIDDLE,
    high_terms,
    low_terms,
    value,
)
from il15_sim.batch.native.typed import Int, Mask, Vec, native, some, where

#: Errors of single steps that are let pass, in tolerances: most are estimated far too high.
PASSED = 10.0


@native
def add_area(job: Job, work: Work, e: Int, here: Mask, first: Int, width: Vec) -> Mask:
    """Add the area of a piece to reducer e; the lanes in which the piece must be divided."""
    o = job.column[e]
    start, end = value(job, work, first, o), value(job, work, first + 4, o)
    middle = value(job, work, first + 2, o)
    total = W_END * (start + end) + W_MIDDLE * middle
    total = total + W_INNER * (value(job, work, first + 1, o) + value(job, work, first + 3, o))
    length = width * work.used[:]
    part = length * total
    high = high_terms(job, work, first, o)
    least = PASSED * job.rtol * (abs(work.best[e, :]) + abs(part))
    rough = here & (high * length > least) & (width > LEAST)
    if some(rough):
        # Terms of degree 7 and lower count exactly. Those above are about as much smaller than
        # those of degree 3 and 4 as these are twice smaller than those of degree 1 and 2.
        low = low_terms(job, work, first, o)
        rough = rough & (high * high * (high * length) > least * low * low)
    work.best[e, :] = work.best[e, :] + where(here & ~rough, part, 0.0)
    return rough
