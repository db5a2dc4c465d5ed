"""What is known of the outputs inside a step, or inside a piece of one: five nodes, and between.

A piece is a part of a step that is read at its own five Lobatto points. `nodes` holds two sets of
them: those of the whole step from row `STEP` on, and those of a piece of it from row `PIECE` on.
"""

from __future__ import annotations

from math import sqrt

from il15_sim.batch.drive.lanes import read_inside
from il15_sim.batch.drive.layout import Job, Work
from il15_sim.batch.native.typed import (
    Int,
    Lanes,
    Mask,
    Real,
    Vec,
    at,
    larger,
    native,
    smaller,
    where,
)

#: First nodes of a step and of a piece, and the node of any other point.
STEP, PIECE, POINT = 0, 5, 10

#: Lobatto points and weights of degree 7 on [0, 1] (Abramowitz & Stegun, table 25.6).
X1, X2, X3, X4 = 0.5 - sqrt(3 / 28), 0.5, 0.5 + sqrt(3 / 28), 1.0
W_END, W_INNER, W_MIDDLE = 1 / 20, 49 / 180, 16 / 45

#: Legendre coefficients of degree 4, 3 and 2 of the polynomial that has given values there.
C4_END, C4_INNER, C4_MIDDLE = 1 / 5, 7 / 15, 8 / 15
C3_END, C3_INNER = 7 / 20, 7 / 20 * sqrt(7 / 3)
C2_END, C2_INNER, C2_MIDDLE = 1 / 4, 7 / 36, 8 / 9

#: Share of a step that is not divided any further: a jump inside it is never smooth.
LEAST = 0.5**16
#: Terms of degree 3 and 4, as a share of half of what the nodes differ by, above which five points
#: do not tell how many peaks there are, and how high.
WILD = 0.25


@native
def node(job: Job, work: Work, n: Int) -> Lanes:
    """Outputs at a node."""
    return at(work.nodes, n * job.output_count)


@native
def value(job: Job, work: Work, n: Int, o: Int) -> Vec:
    """Output o at a node."""
    return work.nodes[n * job.output_count + o, :]


@native
def look(job: Job, work: Work, n: Int, share: Vec) -> None:
    """Outputs at a share of every step, into node n."""
    work.s[:] = share
    work.time[:] = work.t[:] + share * work.used[:]
    read_inside(job, work, node(job, work, n))


@native
def look_along(job: Job, work: Work, first: Int, begin: Vec, width: Vec) -> None:
    """Outputs at the last four nodes of a piece, from share `begin` of every step on."""
    look(job, work, first + 1, begin + X1 * width)
    look(job, work, first + 2, begin + X2 * width)
    look(job, work, first + 3, begin + X3 * width)
    look(job, work, first + 4, begin + X4 * width)


@native
def pass_on(job: Job, work: Work, first: Int, lanes: Mask) -> None:
    """The last node of a piece is the first of the next one."""
    begin, end = node(job, work, first), node(job, work, first + 4)
    for o in range(job.output_count):
        begin[o, :] = where(lanes, end[o, :], begin[o, :])


@native
def highest_node(job: Job, work: Work, first: Int, o: Int, sign: Real) -> Vec:
    """The highest value of output o at the nodes, NaN where one is NaN; a sign of -1: lowest."""
    v0, v1 = sign * value(job, work, first, o), sign * value(job, work, first + 1, o)
    v2, v3 = sign * value(job, work, first + 2, o), sign * value(job, work, first + 3, o)
    v4 = sign * value(job, work, first + 4, o)
    top = larger(larger(v0, v1), larger(larger(v2, v3), v4))
    # The same sums as those of `high_terms`: compiled, they are formed once.
    told = value(job, work, first, o) + value(job, work, first + 4, o)
    told = told + (value(job, work, first + 1, o) + value(job, work, first + 3, o))
    told = told + value(job, work, first + 2, o)
    return where(told == told, top, told)


@native
def lowest_node(job: Job, work: Work, first: Int, o: Int, sign: Real) -> Vec:
    """The lowest value of output o at the nodes that are numbers; a sign of -1: highest."""
    v0, v1 = sign * value(job, work, first, o), sign * value(job, work, first + 1, o)
    v2, v3 = sign * value(job, work, first + 2, o), sign * value(job, work, first + 3, o)
    v4 = sign * value(job, work, first + 4, o)
    return smaller(smaller(v0, v1), smaller(smaller(v2, v3), v4))


@native
def low_terms(job: Job, work: Work, first: Int, o: Int) -> Vec:
    """Size of the terms of degree 1 and 2 in the polynomial through the nodes."""
    v0, v4 = value(job, work, first, o), value(job, work, first + 4, o)
    inner = value(job, work, first + 1, o) + value(job, work, first + 3, o)
    second = C2_END * (v0 + v4) + C2_INNER * inner
    second = second - C2_MIDDLE * value(job, work, first + 2, o)
    return larger(0.5 * abs(v4 - v0), abs(second))


@native
def high_terms(job: Job, work: Work, first: Int, o: Int) -> Vec:
    """Size of the terms of degree 3 and 4 in the polynomial through the nodes.

    That of degree 4 is 12/7 of the difference between the rules of five and of three points.
    """
    v0, v4 = value(job, work, first, o), value(job, work, first + 4, o)
    v1, v3 = value(job, work, first + 1, o), value(job, work, first + 3, o)
    third = C3_END * (v4 - v0) - C3_INNER * (v3 - v1)
    fourth = C4_END * (v0 + v4) - C4_INNER * (v1 + v3)
    fourth = fourth + C4_MIDDLE * value(job, work, first + 2, o)
    return larger(abs(third), abs(fourth))


@native
def vertex(x0: Vec, x1: Vec, x2: Vec, v0: Vec, v1: Vec, v2: Vec) -> Vec:
    """Where the parabola through three points is level; no number where it is nowhere."""
    first = (v1 - v0) / (x1 - x0)
    second = ((v2 - v1) / (x2 - x1) - first) / (x2 - x0)
    return 0.5 * (x0 + x1) - 0.5 * first / second


@native
def peak_in(job: Job, work: Work, first: Int, o: Int, sign: Real) -> Vec:
    """Share of the piece at which output o is highest, by a parabola; a sign of -1 for lowest."""
    v0, v1 = sign * value(job, work, first, o), sign * value(job, work, first + 1, o)
    v2, v3 = sign * value(job, work, first + 2, o), sign * value(job, work, first + 3, o)
    v4 = sign * value(job, work, first + 4, o)
    # Through the highest point and its neighbours.
    left = larger(v0, v1) >= larger(v2, larger(v3, v4))
    right = larger(v3, v4) > larger(larger(v0, v1), v2)
    a = where(left, v0, where(right, v2, v1))
    b = where(left, v1, where(right, v3, v2))
    c = where(left, v2, where(right, v4, v3))
    x0 = where(left, 0.0, where(right, X2, X1))
    x1 = where(left, X1, where(right, X3, X2))
    x2 = where(left, X2, where(right, X4, X3))
    return vertex(x0, x1, x2, a, b, c)


@native
def wild(job: Job, work: Work, first: Int, o: Int, top: Vec, spread: Vec) -> Mask:
    """Where the course of output o between its nodes may be anything.

    `top` is the highest node, `spread` what it is above the lowest.
    """
    high = high_terms(job, work, first, o)
    return (high > (0.5 * WILD) * spread) & (high > job.rtol * abs(top))


@native
def unclear(job: Job, work: Work, first: Int, e: Int, inside: Mask, spread: Vec) -> Mask:
    """Lanes in which the nodes do not tell how high reducer e's output gets.

    Either the peak that lies `inside` is no parabola (its value is wrong by the square of the
    slope that the terms above have there, over its curvature), or there may be others.
    """
    o = job.column[e]
    low, high = low_terms(job, work, first, o), high_terms(job, work, first, o)
    least = job.rtol * work.seen[e, :]
    blunt = inside & (high * high > least * low)
    return (high > least) & (blunt | (high > (0.5 * WILD) * spread))
