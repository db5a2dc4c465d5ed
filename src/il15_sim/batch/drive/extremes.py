"""Largest and smallest values: at the nodes, and where a peak lies between them.

An output that turns sharply between two nodes (an absolute value, the larger of two) is read too
low by up to a tenth of what it changes in the step: nothing at the nodes tells of the corner.
"""

from __future__ import annotations

from il15_sim.batch.drive.layout import Job, Work
from il15_sim.batch.drive.pieces import (
    LEAST,
    POINT,
    highest_node,
    look,
    lowest_node,
    peak_in,
    unclear,
    value,
    wild,
)
from il15_sim.batch.native.typed import Int, Mask, Real, Vec, larger, native, some, where


@native
def take_higher(work: Work, e: Int, here: Mask, value: Vec, sign: Real) -> None:
    """Keep a value where it is higher than reducer e; a sign of -1 for the lowest."""
    # NaN is kept: a value that could not be told may have been the highest.
    better = here & ((sign * value > sign * work.best[e, :]) | (value != value))
    work.best[e, :] = where(better, value, work.best[e, :])


@native
def see(work: Work, e: Int, here: Mask, one: Vec, other: Vec) -> None:
    """Note how large the output of reducer e gets: its error is relative to that."""
    seen = larger(work.seen[e, :], larger(abs(one), abs(other)))
    work.seen[e, :] = where(here, seen, work.seen[e, :])


@native
def refine_peak(
    job: Job, work: Work, e: Int, here: Mask, first: Int, begin: Vec, width: Vec, sign: Real
) -> Mask:
    """Take the peaks of a piece for reducer e; a sign of -1 for the lowest.

    Returns the lanes in which the piece must be divided.
    """
    o = job.column[e]
    top = highest_node(job, work, first, o, sign)
    bottom = lowest_node(job, work, first, o, sign)
    spread = top - bottom
    best = sign * work.best[e, :]
    take_higher(work, e, here, sign * top, sign)
    # The course between the nodes may be higher than they are: by no more than they differ, unless
    # it is wild.
    near = here & ((top + spread > best) | wild(job, work, first, o, top, spread))
    if not some(near):
        return near
    see(work, e, near, top, bottom)
    x = peak_in(job, work, first, o, sign)
    inside = near & (x > 0.0) & (x < 1.0)
    if some(inside):
        look(job, work, POINT, begin + where(inside, x, 1.0) * width)
        take_higher(work, e, inside, value(job, work, POINT, o), sign)
    return near & unclear(job, work, first, e, inside, spread) & (width > LEAST)
