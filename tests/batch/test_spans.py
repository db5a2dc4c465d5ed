"""How long an output is beyond a level, and when for the last time, against closed forms."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from il15_sim.batch.drive.layout import (
    ADD,
    LAST_ABOVE,
    LAST_BELOW,
    OK,
    SET,
    TIME_ABOVE,
    TIME_BELOW,
)
from il15_sim.batch.kernel import Event, Task
from tests.batch.reduced import SPANS, fast, over, reduce, relative
from tests.batch.treatments import SOME_TIME, treatments
from tests.made.small_models import kernel_of, same_bits
from tests.oracles import compartment
from tests.oracles.compartment import doses

DECAY = "x = 1; k = 1; x' = -k * x"
STILL = "x = 0; rate = 0; x' = rate"
OSCILLATOR = "x = 0; y = 1; w = 1; x' = w * y; y' = -w * x"
NEVER = pytest.approx(math.nan, nan_ok=True)


def of_course(pieces, level, sign):
    """Time beyond a level of a compartment's course, and the last such time with its slope."""
    total, last = [], (math.nan, math.inf)
    for piece in pieces:

        def gap(t, piece=piece):
            return sign * (piece.value(t) - level)

        for low, high in itertools.pairwise(piece.turns()):
            cross = brentq(gap, low, high, xtol=1e-14) if gap(low) * gap(high) < 0 else None
            if gap(low) > 0 and cross is not None:
                total.append(cross - low)
                last = (cross, abs(piece.slope(cross)))
            elif gap(high) > 0:
                total.append(high - (low if cross is None else cross))
                last = (high, math.inf)
    return math.fsum(total), last


# Doses

TREATMENT = treatments(st.just(0.0))


@settings(max_examples=100, deadline=None)
@given(
    treatment=TREATMENT,
    ka=st.floats(0.4, 3.0),
    ke=st.floats(0.02, 0.3),
    share=st.floats(0.01, 1.3),
    place=st.data(),
)
def test_any_treatment_in_any_interval(treatment, ka, ke, share, place):
    """Boluses, infusions, washing out; intervals begin and end between doses, and at doses."""
    moments = st.one_of(SOME_TIME, st.sampled_from([e.time for e in treatment]))
    begin, end = sorted((place.draw(moments), place.draw(moments)))
    assume(begin < end <= 60.0)
    pieces = compartment.course(begin, end, treatment, ka, ke)
    size = compartment.maximum(compartment.course(0.0, 60.0, treatment, ka, ke))
    assume(size > 0.0)
    level = share * size
    # Where the course touches the level almost, its error decides how long it is beyond.
    assume(all(abs(x - level) > 0.01 * size for piece in pieces for x in piece.extremes()))
    found = reduce(
        kernel_of(compartment.MODEL), 60.0, over(begin, end, *SPANS, level=level),
        events=treatment, base={"ka": ka, "ke": ke}, typical=np.full(2, 1e-3),
    )  # fmt: skip
    near = 2e-5 * size
    turns = [t for piece in pieces for t in piece.turns()]
    for time, last, sign in ((found[0], found[2], 1.0), (found[1], found[3], -1.0)):
        right, (moment, slope) = of_course(pieces, level, sign)
        slowest = _slowest(pieces, level)
        assert abs(time - right) <= 1e-12 * end + len(turns) * near / slowest
        if math.isnan(moment) or slope == math.inf:
            # At a dose or at the end of the interval: that very number.
            assert same_bits([last], [moment])
        else:
            assert abs(last - moment) * slope < near
    assert found[0] + found[1] == pytest.approx(end - begin, rel=1e-12)


def _slowest(pieces, level):
    """How slow the course is where it crosses a level."""
    slopes = [math.inf]
    for piece in pieces:
        for low, high in itertools.pairwise(piece.turns()):
            if (piece.value(low) - level) * (piece.value(high) - level) < 0:
                cross = brentq(lambda t, piece=piece: piece.value(t) - level, low, high)
                slopes.append(abs(piece.slope(cross)))
    return min(slopes)


def test_an_exponential_decay_after_boluses():
    """Doses of 1, 2 and 4: log(2 dose) hours above one half each, the last until 20 + log(8)."""
    events = [Event(t, "x", SET, dose) for t, dose in ((0.0, 1.0), (10.0, 2.0), (20.0, 4.0))]
    found = reduce(
        kernel_of(DECAY), 40.0, over(0.0, 40.0, *SPANS, output="x", level=0.5),
        events=events, rtol=1e-8,
    )  # fmt: skip
    above = math.log(2) + math.log(4) + math.log(8)
    right = [above, 40 - above, 20 + math.log(8), 40.0]
    assert found == pytest.approx(right, rel=1e-7)
    assert found[3] == 40.0


def test_a_dose_ends_what_lasted_until_then():
    """Washed out at 3.3: the last time above is that moment, the next one begins with a dose."""
    events = [
        Event(1.1, "x", ADD, 5.0),
        Event(3.3, "x", SET, 0.0),
        Event(4.7, "x", ADD, 5.0),
        Event(6.1, "x", SET, -1.0),
    ]
    found = reduce(kernel_of(STILL), 10.0, over(0.0, 10.0, *SPANS, output="x"), events=events)
    assert found[:2] == pytest.approx([3.6, 3.9], rel=1e-13)
    assert found[2:].tolist() == [6.1, 10.0]


def test_a_dose_at_the_end_lies_outside_of_an_interval_but_not_of_the_run():
    kernel, events = kernel_of(STILL), doses([2.0, 10.0], 5.0, "x")
    kinds = (TIME_ABOVE, LAST_ABOVE)
    found = reduce(kernel, 10.0, over(0.0, 2.0, *kinds, output="x", level=1.0), events=events)
    assert found[0] == 0.0
    assert math.isnan(found[1])
    found = reduce(kernel, 10.0, over(0.0, 10.0, *kinds, output="x", level=7.0), events=events)
    assert math.isnan(found[1])
    found = reduce(kernel, 10.0, over(0.0, math.inf, *kinds, output="x", level=7.0), events=events)
    assert found.tolist() == [0.0, 10.0]


# Levels that are reached never, always, or to the last bit


def test_levels_that_are_passed_never_or_always():
    kernel = kernel_of(DECAY)
    found = reduce(kernel, 3.0, over(0.0, 3.0, *SPANS, output="x", level=2.0))
    assert found.tolist() == [0.0, pytest.approx(3.0, rel=1e-14), NEVER, 3.0]
    found = reduce(kernel, 3.0, over(1.0, 2.5, *SPANS, output="x", level=-0.5))
    assert found.tolist() == [pytest.approx(1.5, rel=1e-14), 0.0, 2.5, NEVER]


def test_what_is_at_a_level_is_not_beyond_it():
    found = reduce(kernel_of(STILL), 3.0, over(0.0, 3.0, *SPANS, output="x", level=0.0))
    assert found.tolist() == [0.0, 0.0, NEVER, NEVER]
    above, below = math.nextafter(0.0, 1.0), math.nextafter(0.0, -1.0)
    found = reduce(kernel_of(STILL), 3.0, over(0.0, 3.0, *SPANS, output="x", level=below))
    assert found.tolist() == [pytest.approx(3.0), 0.0, 3.0, NEVER]
    found = reduce(kernel_of(STILL), 3.0, over(0.0, 3.0, *SPANS, output="x", level=above))
    assert found.tolist() == [0.0, pytest.approx(3.0), NEVER, 3.0]


@pytest.mark.parametrize(
    ("output", "above", "below", "last_below"),
    [
        ("x", 1.0, 0.0, math.nan),
        ("-x", 0.0, 1.0, 1.0),
        ("x * (x - 0.1)", 0.9, 0.1, 0.1),
        ("-x * (x - 0.1)", 0.1, 0.9, 1.0),
        ("x * (x - 0.03125)", 0.96875, 0.03125, 0.03125),
        ("x * (x - 0.1) * (x - 0.7)", 0.4, 0.6, 0.7),
    ],
)
def test_a_course_that_begins_at_the_level(output, above, below, last_below):
    found = reduce(fast(output), 1.0, over(0.0, 1.0, *SPANS, output="fast"))
    assert found[:2] == pytest.approx([above, below], abs=1e-7)
    assert found[3] == pytest.approx(last_below, abs=1e-7, nan_ok=True)


# What cannot be told


def test_a_simulation_that_fails_has_no_spans():
    kernel = kernel_of("x = 1; a = 0; x' = a * x^2")
    table = np.array([0.0, 2.0, -1.0])
    task = Task(
        *(0.0, 1.0), outputs=["x"], max_steps=500,
        reductions=over(0.0, 1.0, *SPANS, output="x", level=0.75),
    )  # fmt: skip
    outcome = kernel.run(task, 3, varied=["a"], table=table[:, None])
    assert outcome.status[[0, 2]].tolist() == [OK, OK]
    assert outcome.status[1] != OK
    assert np.isnan(outcome.reduced[1]).all()
    assert outcome.reduced[0].tolist() == [pytest.approx(1.0), 0.0, 1.0, NEVER]
    assert outcome.reduced[2] == pytest.approx([1 / 3, 2 / 3, 1 / 3, 1.0], rel=1e-5)


def test_an_output_that_is_not_a_number_for_a_while():
    """No time can be told; the last one where what comes later is."""
    kernel = fast("ln(x - 0.5)")
    found = reduce(kernel, 1.0, over(0.0, 1.0, *SPANS, output="fast", level=-1.0))
    turn = 0.5 + math.exp(-1.0)
    assert found.tolist() == [NEVER, NEVER, 1.0, pytest.approx(turn, rel=1e-6)]
    found = reduce(fast("ln(0.5 - x)"), 1.0, over(0.0, 1.0, *SPANS, output="fast", level=-1.0))
    assert np.isnan(found).all()
    found = reduce(kernel, 1.0, over(0.75, 1.0, *SPANS, output="fast", level=-1.0))
    assert found == pytest.approx([1 - turn, turn - 0.75, 1.0, turn], rel=1e-6)


# Company


def test_a_row_does_not_depend_on_its_company_nor_a_span_on_others():
    kernel = fast("sin(w * x) * exp(-x)")
    table = np.linspace(1.0, 400.0, 21)[:, None]
    reductions = [
        *over(0.0, 1.0, *SPANS, output="fast", level=0.4),
        *over(0.3, 0.7, *SPANS, output="fast", level=-0.1),
        *relative(0.1, *SPANS, output="fast"),
    ]
    events = [[Event(0.25, "x", ADD, 0.5)], [Event(0.0, "x", ADD, 0.1)]]

    def run(reductions, *rows):
        task = Task(0.0, 1.0, events, ["fast"], reductions=reductions)
        schedule = np.array([i % 2 for i in rows])
        return kernel.run(task, len(rows), varied=["w"], table=table[[*rows]], schedule=schedule)

    together = run(reductions, *range(21))
    assert (together.status == OK).all()
    assert same_bits(run(reductions, *reversed(range(21))).reduced[::-1], together.reduced)
    for i in (0, 7, 13, 20):
        assert same_bits(run(reductions, i).reduced, together.reduced[i : i + 1])
    # Steps end where intervals do: only those of the whole run leave the steps of others alone.
    whole = [one for one in reductions if one.begin == 0.0]
    together = run(whole, *range(21))
    for e, one in enumerate(whole):
        assert same_bits(run([one], *range(21)).reduced[:, 0], together.reduced[:, e])


def test_spans_leave_the_course_alone():
    kernel = kernel_of(OSCILLATOR)
    bare = kernel.run(Task(0.0, 20.0, outputs=["x"]), 1)
    task = Task(0.0, 20.0, outputs=["x"], reductions=over(0.0, 20.0, *SPANS, output="x", level=0.3))
    full = kernel.run(task, 1)
    assert same_bits(full.final, bare.final)
    assert (full.steps == bare.steps).all()


def test_a_row_that_stays_at_its_level_takes_no_longer():
    """Rounding errors about the level are not followed: steps would be divided without end."""
    kernel = kernel_of(
        "x = 1; a = 0.1; b = 0.3; x' = a - b * x; y := x * (1 + 1e-15 * sin(1e3 * time))"
    )
    task = Task(
        *(0.0, 1e4), outputs=["y"], max_step=1.0,
        reductions=relative(0.0, *SPANS, output="y"),
    )  # fmt: skip
    outcome = kernel.run(task, 64, initial=np.array([[0.1 / 0.3]]))
    assert (outcome.reduced[:, :2].sum(axis=1) <= 1e4 * (1 + 1e-9)).all()


def test_the_end_is_told_by_its_very_number_where_time_switches():
    """Steps end a margin before the times at which conditions on time switch."""
    kernel = kernel_of("x = 1; x' = 0; y := piecewise(1, time < 3.3, 2)")
    task = Task(
        *(0.1, 7.7), outputs=["x", "y"],
        reductions=[
            *over(0.1, 5.7, LAST_ABOVE, output="y", level=1.5),
            *over(0.0, 9.0, LAST_ABOVE, output="x", level=0.5),
            *over(0.1, 5.7, LAST_BELOW, TIME_BELOW, output="y", level=1.5),
        ],
    )  # fmt: skip
    found = kernel.run(task, 1).reduced[0]
    assert found[:2].tolist() == [5.7, 7.7]
    assert found[2:] == pytest.approx([3.3, 3.2], rel=1e-9)
