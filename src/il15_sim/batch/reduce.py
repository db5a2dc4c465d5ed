"""Endpoints reduced on the fly: largest and smallest value, area, first time beyond a level.

Every accepted step is read at the five Lobatto points of its dense output; a peak or a crossing
between them is refined on the dense output itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from il15_sim.batch.lanes import OPTIONS, read_inside
from il15_sim.batch.layout import (
    AREA,
    FIRST_ABOVE,
    LANES,
    MAXIMUM,
    MINIMUM,
    RUNNING,
)
from il15_sim.batch.native import floats, integers, lanes_at

#: Lobatto points and weights of degree 7 on [0, 1] (Abramowitz & Stegun, table 25.6).
POINTS = np.array([0.0, 0.5 - np.sqrt(3 / 28), 0.5, 0.5 + np.sqrt(3 / 28), 1.0])
WEIGHTS = np.array([1 / 20, 49 / 180, 16 / 45, 49 / 180, 1 / 20])

#: Turns in which a crossing is closed in.
_HALVINGS = 12


@njit(**OPTIONS)
def begin_reduction(job: Any, lanes: Any, work: Any) -> None:
    """Empty reducers for the lanes that begin a run; `out` holds the values at its start."""
    kinds, columns = integers(job.kind, job.reducer_count), integers(job.column, job.reducer_count)
    begin, out = floats(job.begin, job.reducer_count), lanes_at(work.out, job.output_count)
    for lane in range(LANES):
        if not lanes[lane].begun:
            continue
        _start_nodes(job, work, lane)
        reduced = _of_row(job, lanes[lane].row)
        for e in range(job.reducer_count):
            begins = begin[e] <= lanes[lane].t
            value = out[columns[e], lane]
            if kinds[e] == MAXIMUM:
                reduced[e] = value if begins else -np.inf
            elif kinds[e] == MINIMUM:
                reduced[e] = value if begins else np.inf
            elif kinds[e] == AREA:
                reduced[e] = 0.0
            else:
                reduced[e] = np.nan


@njit(**OPTIONS)
def jump_reduction(job: Any, lanes: Any, work: Any) -> None:
    """Values just after a dose, in `out`; a dose at the end of an interval lies outside of it."""
    kinds, columns = integers(job.kind, job.reducer_count), integers(job.column, job.reducer_count)
    begin, close = floats(job.begin, job.reducer_count), floats(job.close, job.reducer_count)
    out = lanes_at(work.out, job.output_count)
    for lane in range(LANES):
        if not lanes[lane].jumped:
            continue
        _start_nodes(job, work, lane)
        reduced = _of_row(job, lanes[lane].row)
        for e in range(job.reducer_count):
            if begin[e] <= lanes[lane].t < close[e]:
                value = out[columns[e], lane]
                if kinds[e] == MAXIMUM:
                    reduced[e] = max(reduced[e], value)
                elif kinds[e] == MINIMUM:
                    reduced[e] = min(reduced[e], value)


@njit(**OPTIONS)
def end_reduction(job: Any, row: int) -> None:
    """A failed simulation has no endpoints."""
    reduced = _of_row(job, row)
    for e in range(job.reducer_count):
        reduced[e] = np.nan


@njit(**OPTIONS)
def _of_row(job: Any, row: int) -> Any:
    """Reducers of a row, shape (reducer_count,)."""
    return floats(job.reduced + 8 * row * job.reducer_count, job.reducer_count)


@njit(**OPTIONS)
def _node(job: Any, work: Any, node: int) -> Any:
    """Outputs at a point of the step, shape (output_count, LANES)."""
    return lanes_at(work.nodes + 8 * LANES * node * job.output_count, job.output_count)


@njit(**OPTIONS)
def _start_nodes(job: Any, work: Any, lane: int) -> None:
    """The outputs just read are those at the start of a lane's next step."""
    out, node = lanes_at(work.out, job.output_count), _node(job, work, 0)
    for o in range(job.output_count):
        node[o, lane] = out[o, lane]


@njit(**OPTIONS)
def reduce_step(job: Any, lanes: Any, work: Any) -> None:
    """Add the accepted steps, from t to t + used, to every reducer."""
    for i in range(1, 5):
        for lane in range(LANES):
            _look_at(lanes, work, lane, POINTS[i])
        _read(job, work, i)
    kinds, columns = integers(job.kind, job.reducer_count), integers(job.column, job.reducer_count)
    for e in range(job.reducer_count):
        if kinds[e] == AREA:
            o = columns[e]
            for lane in range(LANES):
                if _concerned(job, lanes, lane, e):
                    total = 0.0
                    for i in range(5):
                        total += WEIGHTS[i] * _node(job, work, i)[o, lane]
                    _of_row(job, lanes[lane].row)[e] += lanes[lane].used * total
        elif kinds[e] == MAXIMUM:
            _refine_peak(job, lanes, work, e, 1.0)
        elif kinds[e] == MINIMUM:
            _refine_peak(job, lanes, work, e, -1.0)
        elif kinds[e] == FIRST_ABOVE:
            _find_crossing(job, lanes, work, e, 1.0)
        else:
            _find_crossing(job, lanes, work, e, -1.0)
    first, last = _node(job, work, 0), _node(job, work, 4)
    for o in range(job.output_count):
        for lane in range(LANES):
            if lanes[lane].accept:
                first[o, lane] = last[o, lane]


@njit(**OPTIONS)
def _look_at(lanes: Any, work: Any, lane: int, share: float) -> None:
    """Aim a lane at a share of its step."""
    lanes_at(work.s, 1)[0, lane] = share
    lanes_at(work.time, 1)[0, lane] = lanes[lane].t + share * lanes[lane].used


@njit(**OPTIONS)
def _read(job: Any, work: Any, node: int) -> None:
    """Outputs where every lane is aimed at, into a node."""
    place = work.nodes + 8 * LANES * node * job.output_count
    read_inside(job, work, place)


@njit(**OPTIONS)
def _concerned(job: Any, lanes: Any, lane: int, e: int) -> bool:
    """True where a lane's step lies in a reducer's interval: steps end at the ends of intervals."""
    if not lanes[lane].accept or lanes[lane].phase != RUNNING:
        return False
    begin, close = floats(job.begin, job.reducer_count), floats(job.close, job.reducer_count)
    return bool(begin[e] <= lanes[lane].t < close[e])


@njit(**OPTIONS)
def _vertex(x0: float, x1: float, x2: float, v0: float, v1: float, v2: float) -> float:
    """Where the parabola through three points is level; -1 where it is nowhere."""
    first = (v1 - v0) / (x1 - x0)
    second = ((v2 - v1) / (x2 - x1) - first) / (x2 - x0)
    if second == 0.0 or second != second:
        return -1.0
    return 0.5 * (x0 + x1) - 0.5 * first / second


@njit(**OPTIONS)
def _refine_peak(job: Any, lanes: Any, work: Any, e: int, sign: float) -> None:
    """Take the peaks of reducer e, at the nodes and between them; a sign of -1 for the lowest."""
    o, share = integers(job.column, job.reducer_count)[e], lanes_at(work.s, 1)
    v, some = np.empty(5), False
    for lane in range(LANES):
        _look_at(lanes, work, lane, 1.0)
        if not _concerned(job, lanes, lane, e):
            continue
        best = 0
        for i in range(5):
            v[i] = sign * _node(job, work, i)[o, lane]
            if v[i] > v[best]:
                best = i
        reduced = _of_row(job, lanes[lane].row)
        m = min(max(best, 1), 3)
        x = _vertex(POINTS[m - 1], POINTS[m], POINTS[m + 1], v[m - 1], v[m], v[m + 1])
        spread = abs(v[m - 1] - v[m]) + abs(v[m + 1] - v[m])
        if 0.0 < x < 1.0 and v[best] + spread > sign * reduced[e]:
            some = True
            _look_at(lanes, work, lane, x)
        # Written so that NaN is kept.
        if not v[best] <= sign * reduced[e]:
            reduced[e] = sign * v[best]
    if not some:
        return
    _read(job, work, 5)
    for lane in range(LANES):
        if share[0, lane] < 1.0:
            reduced = _of_row(job, lanes[lane].row)
            value = sign * _node(job, work, 5)[o, lane]
            if value > sign * reduced[e]:
                reduced[e] = sign * value


@njit(**OPTIONS)
def _find_crossing(job: Any, lanes: Any, work: Any, e: int, sign: float) -> None:
    """First time in the steps at which reducer e is beyond its level; a sign of -1 for below."""
    o = integers(job.column, job.reducer_count)[e]
    level = floats(job.level, job.reducer_count)[e]
    # Ends of the interval that holds the crossing, and how far beyond the level they are.
    low, high = np.zeros(LANES), np.full(LANES, -1.0)
    below, above = np.zeros(LANES), np.zeros(LANES)
    some = False
    for lane in range(LANES):
        if not _concerned(job, lanes, lane, e):
            continue
        reduced = _of_row(job, lanes[lane].row)
        if reduced[e] == reduced[e]:
            continue
        before = sign * (_node(job, work, 0)[o, lane] - level)
        if before >= 0.0:
            reduced[e] = lanes[lane].t
            continue
        for i in range(1, 5):
            gap = sign * (_node(job, work, i)[o, lane] - level)
            if gap >= 0.0:
                low[lane], high[lane] = POINTS[i - 1], POINTS[i]
                below[lane], above[lane] = before, gap
                some = True
                break
            before = gap
    if not some:
        return
    for n in range(_HALVINGS):
        for lane in range(LANES):
            share = 1.0
            if high[lane] > 0.0:
                # Secant and bisection in turns: fast where smooth, sure everywhere.
                part = 0.5 if n % 3 == 2 else below[lane] / (below[lane] - above[lane])
                share = low[lane] + part * (high[lane] - low[lane])
            _look_at(lanes, work, lane, share)
        _read(job, work, 5)
        for lane in range(LANES):
            gap = sign * (_node(job, work, 5)[o, lane] - level)
            share = lanes_at(work.s, 1)[0, lane]
            if high[lane] > 0.0 and gap >= 0.0:
                high[lane], above[lane] = share, gap
            elif high[lane] > 0.0:
                low[lane], below[lane] = share, gap
    for lane in range(LANES):
        if high[lane] > 0.0:
            part = below[lane] / (below[lane] - above[lane])
            share = low[lane] + part * (high[lane] - low[lane])
            at = lanes[lane].t + share * lanes[lane].used
            _of_row(job, lanes[lane].row)[e] = at
