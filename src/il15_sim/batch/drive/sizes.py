"""How large states are: what errors are measured against.

The size of a state is what it has been so far in its run; below that a typical size counts where
one is known. A state that is empty, and has always been, gets one from what flows towards it, so
that neither the unit of a state nor that of its doses changes a step.
"""

from __future__ import annotations

from math import inf

from il15_sim.batch.drive.layout import Job, Work
from il15_sim.batch.native.typed import (
    Int,
    Mask,
    Real,
    Vec,
    call,
    larger,
    native,
    some,
    vector,
    where,
)

#: What this small a state is nothing. It keeps the error of an empty state that stays empty 0 / 0.
NOTHING = 1e-290
#: Share of what could come to an empty state that counts as its size before it does.
SHARE = 0.01
#: Rounds in which sizes pass from state to state where rates are products of empty states.
ROUNDS = 3


@native
def size_of(work: Work, i: Int, lane: Int) -> Real:
    """Size of a state in a lane so far; 0 where nothing is known of it."""
    size = max(work.peak[i, lane], work.typical[i, lane])
    return size if size > NOTHING else 0.0


@native
def size_up(job: Job, work: Work, lanes: Mask) -> None:
    """Give the states of some lanes that have no size one: what an implicit Euler step brings.

    The step is as long as the fastest state that has a size takes. Uses z, w, k, g and m.
    """
    without = lanes & False
    for i in range(job.states):
        without = without | (lanes & (larger(work.peak[i, :], work.typical[i, :]) <= NOTHING))
    if not some(without):
        return
    for i in range(job.size):
        work.z[i, :] = work.y[i, :]
    for _round in range(ROUNDS):
        rate = rate_of(job, work)
        for i in range(job.size):
            work.w[i, :] = abs(work.k[i, :]) / rate
        work.g[:] = where(without, rate, 1.0)
        call(job.factor, work.z, work.p, work.q, work.g, work.k, work.m)
        call(job.solve, work.m, work.k)
        for i in range(job.size):
            change = where(abs(work.k[i, :]) < inf, work.k[i, :], 0.0)
            work.z[i, :] = work.z[i, :] + change
            if i < job.states:
                if job.rooted[i]:
                    # An implicit step does not leave a root's infinite slope at zero.
                    change = larger(work.w[i, :], abs(change))
                empty = without & (larger(work.peak[i, :], work.typical[i, :]) <= NOTHING)
                work.typical[i, :] = where(empty, SHARE * abs(change), work.typical[i, :])
    for i in range(job.states):
        work.typical[i, :] = larger(work.typical[i, :], NOTHING)


@native
def rate_of(job: Job, work: Work) -> Vec:
    """Relative rate of the fastest state that has a size, at the point in z."""
    for i in range(job.size):
        work.k[i, :] = 0.0
    call(job.slope, work.z, work.p, work.q, work.k)
    fastest = vector(0.0)
    for i in range(job.states):
        size = larger(work.peak[i, :], work.typical[i, :])
        share = where(size > NOTHING, abs(work.k[i, :]) / size, 0.0)
        fastest = where(share < inf, larger(share, fastest), fastest)
    span = job.t1 - job.t0
    return where(fastest > 0.0, fastest, 1.0 / span)
