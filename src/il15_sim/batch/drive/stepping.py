"""One attempt of every lane: its length, its error, and where it leads."""

from __future__ import annotations

from math import inf

from il15_sim.batch.drive.arrival import arrive, finish, switch_over
from il15_sim.batch.drive.lanes import (
    emit_inside,
    has_row_inside,
    margins,
)
from il15_sim.batch.drive.layout import (
    DRIFTING,
    EMPTY,
    LANES,
    RESTING,
    RUNNING,
    STEP_TOO_SMALL,
    TOO_MANY_STEPS,
    Job,
    Work,
)
from il15_sim.batch.drive.locate import cut_short, locate
from il15_sim.batch.drive.reduce import reduce_step
from il15_sim.batch.native.typed import (
    at,
    call,
    highest,
    larger,
    lowest,
    native,
    power,
    root,
    smaller,
    some,
    vector,
    where,
)

#: Growth and shrinkage of a step from one to the next.
GROW, SHRINK, SAFETY = 6.0, 0.2, 0.9
#: Errors of its size below zero that a state under a root may have and still be zero.
HAIR = 2.0


@native
def step(job: Job, work: Work) -> None:
    """One attempt of every lane, and what follows from it."""
    choose_steps(job, work)
    attempt(job, work)
    judge(job, work)
    if job.condition_count > 0:
        locate(job, work)
    running = (work.accept[:] > 0.0) & (work.phase[:] == RUNNING)
    if job.output_count > 0 and some(running):
        # Rows mostly fall on the ends of steps, which stops have: no dense output is needed then.
        inside = job.time_count > 0 and some(has_row_inside(job, work))
        if inside or job.reducer_count > 0:
            call(job.dense, work.k, work.d)
        if inside:
            emit_inside(job, work)
        if job.reducer_count > 0:
            reduce_step(job, work)
    if job.condition_count > 0:
        cut_short(job, work)
    call(job.accept, work.y, work.z, work.peak, work.accept)
    if job.rooted_count > 0:
        clear_roots(job, work)
    if job.condition_count > 0:
        switch_over(job, work)
    arrive(job, work)


@native
def slopes(job: Job, work: Work) -> None:
    """Rates of all states, into z: as at ends of steps, where no root of a negative number is."""
    work.g[:] = 1.0
    call(job.factor, work.y, work.p, work.q, work.g, work.z, work.m)


@native
def choose_steps(job: Job, work: Work) -> None:
    """Length of the next step of every lane."""
    busy = work.phase[:] != EMPTY
    left = work.stop[:] - work.t[:]
    h = smaller(work.h[:], job.max_step)
    used = h
    if job.fixed_step == 0.0:
        # Two equal steps, not a long one and a stump.
        used = where(2.0 * h > left, 0.5 * left, h)
    used = where(h >= left, left - margins(job, work), used)
    if job.shared:
        used = where(busy, lowest(where(busy, used, inf)), used)
    # A lane without a row keeps computing beside the others: on numbers that do no harm.
    used = where(busy, used, 1.0)
    work.used[:] = used
    r = 1.0 / used
    work.r[:] = r
    work.g[:] = r * job.inverse_gamma


@native
def attempt(job: Job, work: Work) -> None:
    """One step of every lane: z becomes the new state, the last k the error."""
    k = work.k
    if job.rooted_count > 0:
        factor_off_roots(job, work)
    else:
        call(job.factor, work.y, work.p, work.q, work.g, k, work.m)
    call(job.solve, work.m, k)
    for s in range(1, job.stages):
        k = at(work.k, s * job.size)
        call(job.stage_code[s], work.y, work.k, work.r, work.z)
        call(job.slope, work.z, work.p, work.q, k)
        call(job.solve, work.m, k)
    call(job.stage_code[0], work.y, work.k, work.r, work.z)
    call(job.error, work.y, work.z, k, work.typical, work.peak, work.squares)


@native
def factor_off_roots(job: Job, work: Work) -> None:
    """Rates at the states y, and the matrix where states that grow under a root are going.

    The slope of a root at zero is infinite: it would hold the state, and its error, at zero.
    """
    call(job.factor, work.y, work.p, work.q, work.g, work.k, work.m)
    growing = work.phase[:] < 0
    for i in range(job.states):
        if job.rooted[i]:
            growing = growing | (0.5 * work.used[:] * work.k[i, :] > work.y[i, :])
            work.hair[i, :] = HAIR * job.rtol * larger(work.typical[i, :], work.peak[i, :])
    if some(growing):
        for i in range(job.size):
            work.w[i, :] = work.y[i, :]
        for i in range(job.states):
            if job.rooted[i]:
                work.w[i, :] = larger(0.5 * work.used[:] * work.k[i, :], work.y[i, :])
        call(job.factor, work.w, work.p, work.q, work.g, work.z, work.m)


@native
def judge(job: Job, work: Work) -> None:
    """Accept or reject the attempt of every lane, and choose its next step."""
    busy = work.phase[:] != EMPTY
    # 1 where the error just meets the tolerance; a step that is not finite is far too long.
    norm = root(work.squares[:] * job.weight)
    norm = where(norm < inf, norm, inf)
    if job.shared:
        norm = where(busy, highest(where(busy, norm, 0.0)), norm)
    if job.fixed_step > 0.0:
        norm = where(norm < inf, 1.0, norm)
    fine = busy & (norm <= 1.0)
    failed = busy & ~fine
    used = work.used[:]
    room = power(smaller(larger(norm, 1e-5), 1e30), job.exponent)
    # Gustafsson: the trend of the error foretells the next one.
    factor = SAFETY * room
    trend = factor * used / work.last_h[:] * room / work.room[:]
    factor = where(work.room[:] > 0.0, smaller(factor, trend), factor)
    factor = smaller(larger(factor, SHRINK), GROW)
    # A step cut short by a stop says little against the one that was planned.
    cut = (used < work.h[:]) & (factor >= 1.0)
    following = where(cut, larger(used * factor, work.h[:]), used * factor)
    shorter = where(norm < 1e30, smaller(larger(SAFETY * room, SHRINK), 0.9), 0.1)
    if job.fixed_step > 0.0:
        following = vector(job.fixed_step)
    first = fine & (work.after_dose[:] > 0.0)
    work.dose_h[:] = where(first, used * smaller(factor, 1.5), work.dose_h[:])
    work.after_dose[:] = where(fine, 0.0, work.after_dose[:])
    work.room[:] = where(fine, smaller(room, 2.5), work.room[:])
    work.last_h[:] = where(fine, used, work.last_h[:])
    h = where(fine, following, where(failed, used * shorter, work.h[:]))
    work.h[:] = h
    work.accepted[:] = work.accepted[:] + where(fine, 1.0, 0.0)
    work.rejected[:] = work.rejected[:] + where(failed, 1.0, 0.0)
    work.accept[:] = where(fine, 1.0, 0.0)
    least = 1e-14 * larger(abs(work.t[:]), 1e-6 * (job.t1 - job.t0))
    stuck = failed & ~(h > least)
    many = busy & (work.accepted[:] + work.rejected[:] >= float(job.max_steps))
    many = many & ~(fine & (work.t[:] + used >= work.end[:]))
    if some(stuck | many):
        work.s[:] = where(stuck, 1.0, where(many, 2.0, 0.0))
        for lane in range(LANES):
            resting = work.phase[lane] == RESTING
            if work.s[lane] == 1.0:
                finish(job, work, lane, DRIFTING if resting else STEP_TOO_SMALL)
            elif work.s[lane] == 2.0:
                finish(job, work, lane, DRIFTING if resting else TOO_MANY_STEPS)


@native
def clear_roots(job: Job, work: Work) -> None:
    """A hair below zero is zero where roots and fractional powers are taken."""
    for i in range(job.states):
        if job.rooted[i]:
            y = work.y[i, :]
            hair = (work.accept[:] > 0.0) & (y < 0.0) & (y >= -work.hair[i, :])
            work.y[i, :] = where(hair, 0.0, y)
