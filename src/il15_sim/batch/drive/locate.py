"""Conditions on states: found within a step, so that it ends where one of them switches.

Within a step every condition keeps its mode, and the rates are smooth. Where the root function of a
condition has another sign than its mode says, inside the step or at its end, the step is cut at the
first such place: the state there is that of the dense output.
"""

from __future__ import annotations

from il15_sim.batch.drive.layout import Job, Work
from il15_sim.batch.native.typed import Mask, Vec, at, call, native, some, vector, where

#: Points of a step at which conditions are looked at.
PLACES = 8
#: Halvings of the place between two of them at which one switches.
HALVINGS = 44
#: Share of a step that is no time between two conditions that switch.
AT_ONCE = 1e-9


@native
def look_at_conditions(job: Job, work: Work, lanes: Mask) -> None:
    """Give the conditions of some lanes the modes that their states have."""
    if job.condition_count > 0:
        q = at(work.q, job.prepared)
        for i in range(job.condition_count):
            work.modes[i, :] = q[i, :]
        call(job.compare, work.y, work.p, work.q)
        for i in range(job.condition_count):
            q[i, :] = where(lanes, q[i, :], work.modes[i, :])


@native
def differs(job: Job, work: Work, share: Vec) -> Mask:
    """Lanes in which a condition does not have its mode at a share of the step."""
    work.s[:] = share
    call(job.interior, work.y, work.z, work.k, work.s, work.w)
    call(job.roots, work.w, work.p, work.q, work.roots)
    found = share < 0.0
    q = at(work.q, job.prepared)
    for i in range(job.condition_count):
        found = found | switches(work.roots[i, :], q[i, :])
    return found


@native
def switches(root: Vec, mode: Vec) -> Mask:
    """Where a condition does not have its mode; a root that is no number tells nothing."""
    return ((mode > 0.5) & (root >= 0.0)) | ((mode < 0.5) & (root < 0.0))


@native
def locate(job: Job, work: Work) -> None:
    """Cut the accepted steps at the first place where a condition switches."""
    waiting = work.accept[:] > 0.0
    low, high = vector(0.0), vector(2.0)
    for n in range(1, PLACES + 1):
        place = float(n) / PLACES
        found = waiting & differs(job, work, vector(place))
        low = where(waiting & ~found, place, low)
        high = where(found, place, high)
        waiting = waiting & ~found
    some_switch = high < 1.5
    work.cut[:] = 1.0
    work.flips[:] = where(some_switch, 1.0, 0.0)
    if not some(some_switch):
        return
    for _halving in range(HALVINGS):
        middle = where(some_switch, 0.5 * (low + high), 1.0)
        beyond = differs(job, work, middle)
        high = where(some_switch & beyond, middle, high)
        low = where(some_switch & ~beyond, middle, low)
    work.cut[:] = where(some_switch, high, 1.0)
    stalled = some_switch & (high < AT_ONCE)
    stalls = where(stalled, work.stalls[:] + 1.0, 0.0)
    work.stalls[:] = where(work.accept[:] > 0.0, stalls, work.stalls[:])
    work.used[:] = work.used[:] * work.cut[:]


@native
def cut_short(job: Job, work: Work) -> None:
    """The states at the ends of cut steps."""
    cut = (work.accept[:] > 0.0) & (work.cut[:] < 1.0)
    if some(cut):
        work.s[:] = work.cut[:]
        call(job.interior, work.y, work.z, work.k, work.s, work.w)
        for i in range(job.size):
            work.z[i, :] = where(cut, work.w[i, :], work.z[i, :])


@native
def flip(job: Job, work: Work, lanes: Mask) -> None:
    """Switch the conditions of some lanes that do not have their modes where the step ends (z)."""
    call(job.roots, work.z, work.p, work.q, work.roots)
    q = at(work.q, job.prepared)
    for i in range(job.condition_count):
        other = lanes & switches(work.roots[i, :], q[i, :])
        q[i, :] = where(other, 1.0 - q[i, :], q[i, :])
