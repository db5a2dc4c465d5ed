"""What is reduced of one simulation, from its course on a fine grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import (
    AREA,
    FIRST_ABOVE,
    FIRST_BELOW,
    LAST_ABOVE,
    LAST_BELOW,
    MINIMUM,
    TIME_ABOVE,
    TIME_BELOW,
)
from il15_sim.batch.task import Reduction, Task
from il15_sim.simulation.plan import Plan, in_order
from il15_sim.simulation.schedules import Schedule

Array = NDArray[np.float64]

#: Steps of the grid on which endpoints are read: finer than any peak of the models.
_GRID_H = 0.1


@dataclass(frozen=True, eq=False)
class Course:
    """One simulation: times (T,), whether before the changes of a time (T,), values (T, O)."""

    times_h: Array
    before: NDArray[np.bool_]
    values: Array

    def row(self, time_h: float, before: bool) -> Array:
        """Values (O,) at a time of the grid."""
        first = int(np.searchsorted(self.times_h, time_h))
        return np.asarray(self.values[first if self.before[first] == before else first + 1])


def grid_of(
    plan: Plan, schedule: Schedule, fine_h: Array | None = None
) -> tuple[Array, NDArray[np.bool_]]:
    """The plan's times; where something is reduced a fine grid, and both sides of every change.

    The grid is one of 0.1 h, where none is given.
    """
    task = plan.task
    own = zip(task.times.tolist(), task.before.tolist(), strict=True)
    rows = [*own, (task.begin, True), (task.end, True)]
    if task.reductions:
        steps = math.ceil((task.end - task.begin) / _GRID_H)
        usual_h = (task.begin + _GRID_H * np.arange(steps)).round(9)
        fine = (usual_h if fine_h is None else fine_h).tolist()
        rows += [(time, False) for time in fine if time < task.end]
        edges = [c.time_h for c in schedule]
        edges += [x for r in task.reductions for x in (r.begin, r.end)]
        inside = [x for x in (*edges, task.end) if task.begin <= x <= task.end]
        rows += [(x, before) for x in inside for before in (True, False)]
    every = in_order(rows)
    return np.array([t for t, _ in every]), np.array([before for _, before in every])


def reduce_course(part: Reduction, task: Task, course: Course) -> float:
    """One number of the course; NaN where a value is missing, or where a level is not crossed."""
    low, high = max(part.begin, task.begin), min(part.end, task.end)
    times, before = course.times_h, course.before
    inside = (times >= low) & (times <= high) & ~((times == low) & before)
    if part.end <= task.end:
        # A dose at the end of an interval lies outside of it.
        inside &= ~((times == high) & ~before)
    t = times[inside]
    column = task.outputs.index(part.output)
    y = course.values[inside, column]
    if not np.isfinite(y).all():
        return math.nan
    sign = -1.0 if part.kind in (MINIMUM, FIRST_BELOW, TIME_BELOW, LAST_BELOW) else 1.0
    level = part.level
    if part.relative:
        base = float(course.row(task.begin, True)[column])
        level = base + level * abs(base)
    if part.kind in (FIRST_ABOVE, FIRST_BELOW):
        return _crossing(t, y, level, sign)
    if part.kind in (TIME_ABOVE, TIME_BELOW):
        return time_beyond(t, y, level, sign)
    if part.kind in (LAST_ABOVE, LAST_BELOW):
        return last_beyond(t, y, level, sign)
    pieces = np.split(np.arange(len(t)), np.flatnonzero(np.diff(t) == 0) + 1)
    if part.kind == AREA:
        return sum(_area(t[piece], y[piece]) for piece in pieces)
    return sign * max(_highest(t[piece], sign * y[piece]) for piece in pieces)


def _area(t: Array, y: Array) -> float:
    from scipy.interpolate import CubicSpline

    if len(t) > 3:
        return float(CubicSpline(t, y).integrate(t[0], t[-1]))
    return float(np.trapezoid(y, t))


def _highest(t: Array, y: Array) -> float:
    from scipy.interpolate import CubicSpline

    top = float(y.max())
    if len(t) > 3:
        spline = CubicSpline(t, y)
        peaks = spline(spline.derivative().roots(extrapolate=False))
        top = max(top, float(np.nanmax(peaks, initial=-np.inf)))
    return top


def _crossing(t: Array, y: Array, level: float, sign: float) -> float:
    """First time at which the course is at the level or beyond it."""
    from scipy.interpolate import CubicSpline

    beyond = np.flatnonzero(sign * (y - level) >= 0)
    if beyond.size == 0:
        return math.nan
    first = beyond[0]
    if first == 0 or t[first] == t[first - 1]:
        return float(t[first])
    low, high = t[first - 1], t[first]
    # As smooth as the course is between two changes; straight where it has too few points.
    near = np.arange(max(first - 4, 0), min(first + 4, len(t)))
    piece = np.split(near, np.flatnonzero(np.diff(t[near]) == 0) + 1)
    own = next(part for part in piece if first in part)
    if len(own) > 3:
        roots = CubicSpline(t[own], y[own] - level).roots(extrapolate=False)
        inside = roots[(roots >= low) & (roots <= high)]
        if inside.size:
            return float(inside[0])
    share = (level - y[first - 1]) / (y[first] - y[first - 1])
    return float(low + share * (high - low))


def time_beyond(t: Array, y: Array, level: float, sign: float) -> float:
    """How long a course is above a level; with a sign of -1, below it.

    The values y (T,) belong to the times t (T,), in order; a time stands twice where the course
    jumps. In between it is a cubic spline, straight where it has too few points.

    Examples
    --------
    >>> time_beyond(np.array([0.0, 1.0]), np.array([0.0, 4.0]), 1.0, 1.0)
    0.75
    """
    return math.fsum(end - begin for begin, end in _beyond(t, y, level, sign))


def last_beyond(t: Array, y: Array, level: float, sign: float) -> float:
    """The last time at which a course is above a level, NaN if never; with a sign of -1, below it.

    Times and values are as for `time_beyond`.

    Examples
    --------
    >>> last_beyond(np.array([0.0, 1.0]), np.array([4.0, 0.0]), 1.0, 1.0)
    0.75
    """
    return max((end for _, end in _beyond(t, y, level, sign)), default=math.nan)


def _beyond(t: Array, y: Array, level: float, sign: float) -> Iterator[tuple[float, float]]:
    """Spans of time in which a course is beyond a level; those that touch are not joined."""
    from scipy.interpolate import CubicSpline, PPoly

    for part in np.split(np.arange(len(t)), np.flatnonzero(np.diff(t) == 0) + 1):
        own, gap = t[part], sign * (y[part] - level)
        if len(part) < 2:
            # After a dose at the end.
            yield from ((time, time) for time in own[gap > 0].tolist())
            continue
        slopes = np.diff(gap) / np.diff(own)
        spline = CubicSpline(own, gap) if len(part) > 3 else PPoly([slopes, gap[:-1]], own)
        roots = spline.roots(extrapolate=False)
        # Where the course stays at the level, roots are not numbers.
        cuts = np.union1d(own, roots[np.isfinite(roots)])
        inside = spline((cuts[:-1] + cuts[1:]) / 2) > 0
        yield from zip(cuts[:-1][inside].tolist(), cuts[1:][inside].tolist(), strict=True)
