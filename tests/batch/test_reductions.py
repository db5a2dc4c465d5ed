"""Endpoints that are reduced while a simulation runs, against closed forms."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from il15_sim.batch.drive.layout import AREA, FIRST_ABOVE, FIRST_BELOW, MAXIMUM, MINIMUM, SET
from il15_sim.batch.kernel import Event, Reduction, Task
from tests.batch.reduced import KINDS, over, reduce
from tests.batch.treatments import SOME_AMOUNT, SOME_TIME, treatments
from tests.made.small_models import kernel_of, rows_at, same_bits
from tests.oracles import compartment
from tests.oracles.compartment import doses, infusion

OSCILLATOR = "x = 0; y = 1; w = 1; x' = w * y; y' = -w * x"
DECAY = "x = 1; k = 1; x' = -k * x"


# One dose


@pytest.mark.parametrize("method", ["rodas5p", "rodas4"])
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-8])
def test_one_oral_dose(method, rtol):
    """H. Bateman's course: Cmax is at log(ka/ke)/(ka - ke)."""
    rng = np.random.default_rng(1)
    ka, ke = 10 ** rng.uniform(-0.5, 1, 500), 10 ** rng.uniform(-2, -0.6, 500)
    task = Task(
        *(0.0, 100.0, [doses([0.0])], ["central"]), rtol=rtol, typical=np.full(2, 1e-3),
        reductions=[*over(0.0, 100.0, MAXIMUM, AREA), *over(50.0, 100.0, MAXIMUM, MINIMUM, AREA)],
    )  # fmt: skip
    kernel = kernel_of(compartment.MODEL, method)
    outcome = kernel.run(task, 500, varied=["ka", "ke"], table=np.c_[ka, ke])

    def amount(t):
        return ka / (ka - ke) * (np.exp(-ke * t) - np.exp(-ka * t))

    def auc(t):
        return ka / (ka - ke) * (-np.expm1(-ke * t) / ke + np.expm1(-ka * t) / ka)

    peak = amount(np.log(ka / ke) / (ka - ke))
    early, late = amount(50.0), amount(100.0)
    right = np.c_[peak, auc(100.0), early, late, auc(100.0) - auc(50.0)]
    size = np.c_[peak, 1 / ke, peak, peak, 1 / ke]
    assert (abs(outcome.reduced - right) / size).max() < 10 * rtol


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_times_above_and_below_a_level(share):
    kernel = kernel_of(compartment.MODEL + "; level = 0; gap := central - level")
    rng = np.random.default_rng(2)
    ka, ke = 10 ** rng.uniform(-0.5, 1, 100), 10 ** rng.uniform(-1, -0.6, 100)
    peak_at = np.log(ka / ke) / (ka - ke)
    up, down, level, speed = np.empty((4, 100))
    for i in range(100):
        (whole,) = compartment.course(0.0, 100.0, doses([0.0]), ka[i], ke[i])
        level[i] = share * compartment.maximum([whole])
        (late,) = compartment.course(30.0, 100.0, doses([0.0]), ka[i], ke[i])
        up[i] = whole.first(level[i], 1.0)
        down[i] = late.first(level[i], -1.0)
        speed[i] = min(abs(whole.slope(up[i])), abs(whole.slope(down[i])))
    assert (peak_at < 30).all()
    task = Task(
        *(0.0, 100.0, [doses([0.0])], ["gap"]), typical=np.full(2, 1e-6),
        reductions=[
            *over(0.0, 100.0, FIRST_ABOVE, output="gap"),
            *over(30.0, 100.0, FIRST_BELOW, output="gap"),
        ],
    )  # fmt: skip
    outcome = kernel.run(task, 100, varied=["ka", "ke", "level"], table=np.c_[ka, ke, level])
    errors = abs(outcome.reduced - np.c_[up, down])
    assert (errors < 1e-5 * (level / speed)[:, None]).all()


# Many doses


TREATMENT = treatments(st.one_of(st.just(0.0), SOME_AMOUNT))


@settings(max_examples=100, deadline=None)
@given(
    treatment=TREATMENT,
    ka=st.floats(0.4, 3.0),
    ke=st.floats(0.02, 0.3),
    share=st.floats(0.01, 1.3),
    place=st.data(),
)
def test_any_treatment_in_any_interval(treatment, ka, ke, share, place):
    """Intervals begin and end between doses, and at doses: after the first, before the last."""
    moments = st.one_of(SOME_TIME, st.sampled_from([e.time for e in treatment]))
    begin, end = sorted((place.draw(moments), place.draw(moments)))
    assume(begin < end <= 60.0)
    pieces = compartment.course(begin, end, treatment, ka, ke)
    # What came before the interval sets the accuracy inside of it.
    size = compartment.maximum(compartment.course(0.0, 60.0, treatment, ka, ke))
    assume(size > 0.0)
    level = share * size
    # Where the course touches the level almost, its error decides whether it does.
    assume(all(abs(x - level) > 0.01 * size for piece in pieces for x in piece.extremes()))
    found = reduce(
        kernel_of(compartment.MODEL), 60.0, over(begin, end, *KINDS, level=level),
        events=treatment, base={"ka": ka, "ke": ke}, typical=np.full(2, 1e-3),
    )  # fmt: skip
    near = 2e-5 * size
    assert found[0] == pytest.approx(compartment.maximum(pieces), abs=near)
    assert found[1] == pytest.approx(compartment.minimum(pieces), abs=near)
    assert found[2] == pytest.approx(compartment.area(pieces), abs=near * (end - begin))
    for time, sign in ((found[3], 1.0), (found[4], -1.0)):
        right = compartment.first(pieces, level, sign)
        if right is None:
            assert math.isnan(time)
        elif right[0] in [begin, *(e.time for e in treatment)]:
            assert time == right[0]
        else:
            t, piece = right
            assert abs(time - t) * abs(piece.slope(t)) < near


def test_accumulation_to_the_steady_state():
    """Peak and trough of every dosing interval; at the steady state its AUC is that of one dose."""
    ka, ke, tau = 1.0, 0.05, 12.0
    n = np.arange(1, 41)
    reductions = [
        Reduction(kind, "central", tau * (i - 1), tau * i)
        for kind in (MAXIMUM, MINIMUM, AREA)
        for i in n
    ]
    events = doses(tau * (n - 1), 100.0)
    found = reduce(
        kernel_of(compartment.MODEL), tau * 40, reductions, events=events, base={"ka": ka, "ke": ke}
    )
    peak, low, auc = found.reshape(3, 40)

    def after(s, k):
        """Sum over n doses of exp(-k s), the last of them s ago."""
        return np.exp(-k * s) * np.expm1(-n * k * tau) / np.expm1(-k * tau)

    rise, fall = (np.expm1(-n * k * tau) / np.expm1(-k * tau) for k in (ka, ke))
    at = np.log(ka * rise / (ke * fall)) / (ka - ke)
    gain = 100.0 * ka / (ka - ke)
    assert peak == pytest.approx(gain * (after(at, ke) - after(at, ka)), rel=1e-5)
    trough = gain * (after(tau, ke) - after(tau, ka))
    # The first interval begins empty, the later ones with the trough before.
    assert low == pytest.approx(np.r_[0.0, trough[:-1]], rel=1e-5, abs=1e-9)
    assert auc[-1] == pytest.approx(100.0 / ke, rel=1e-5)
    assert auc.sum() == pytest.approx(
        reduce(
            kernel_of(compartment.MODEL),
            tau * 40,
            over(0.0, tau * 40, AREA),
            events=events,
            base={"ka": ka, "ke": ke},
        ),
        rel=1e-5,
    )


def test_a_parameter_that_is_set_halfway():
    """The decay becomes faster at 3: extremes, area and crossing know."""
    events = [Event(3.0, "k", SET, 2.0)]
    found = reduce(
        kernel_of(DECAY), 5.0, over(2.0, 4.0, *KINDS, output="x", level=math.exp(-4.0)),
        events=events, base={"k": 1.0},
    )  # fmt: skip
    low = math.exp(-5.0)
    area = math.exp(-2.0) - math.exp(-3.0) + (math.exp(-3.0) - low) / 2
    assert found == pytest.approx([math.exp(-2.0), low, area, 2.0, 3.5], rel=1e-5)


# Edges


STILL = "x = 0; rate = 0; x' = rate"


def test_levels_that_are_never_reached():
    found = reduce(
        kernel_of(STILL), 10.0,
        [
            Reduction(FIRST_ABOVE, "x", 0.0, 10.0, 5.001),
            Reduction(FIRST_BELOW, "x", 0.0, 10.0, -0.001),
            # It is reached, but before or after the interval.
            Reduction(FIRST_ABOVE, "x", 0.0, 3.0, 1.0),
            Reduction(FIRST_BELOW, "x", 4.0, 10.0, 1.0),
        ],
        events=doses([3.0], 5.0, "x"),
    )  # fmt: skip
    assert np.isnan(found).all()


def test_levels_that_are_reached_to_the_last_bit():
    """At a dose, and to begin with: a level counts as reached by what equals it."""
    above, below = math.nextafter(5.0, 6.0), math.nextafter(5.0, 4.0)
    found = reduce(
        kernel_of(STILL), 10.0,
        [
            Reduction(FIRST_ABOVE, "x", 0.0, 10.0, 5.0),
            Reduction(FIRST_ABOVE, "x", 0.0, 10.0, below),
            Reduction(FIRST_ABOVE, "x", 0.0, 10.0, above),
            Reduction(FIRST_ABOVE, "x", 4.0, 10.0, 5.0),
            Reduction(FIRST_BELOW, "x", 3.0, 10.0, 5.0),
            Reduction(FIRST_BELOW, "x", 0.0, 10.0, 0.0),
            Reduction(FIRST_BELOW, "x", 3.0, 10.0, below),
        ],
        events=doses([3.0], 5.0, "x"),
    )  # fmt: skip
    assert found[:6].tolist() == [3.0, 3.0, pytest.approx(np.nan, nan_ok=True), 4.0, 3.0, 0.0]
    assert math.isnan(found[6])


def test_doses_at_both_ends_of_an_interval():
    """[2, 7] begins after the dose of 2 and ends before that of 7."""
    events = doses([2.0, 7.0], 5.0, "x")
    found = reduce(
        kernel_of(STILL), 10.0, over(2.0, 7.0, *KINDS, output="x", level=5.0), events=events
    )
    assert found.tolist() == [5.0, 5.0, pytest.approx(25.0), 2.0, 2.0]
    found = reduce(
        kernel_of(STILL), 10.0, over(0.0, 2.0, *KINDS, output="x", level=5.0), events=events
    )
    assert found[:3].tolist() == [0.0, 0.0, 0.0]
    assert math.isnan(found[3])
    assert found[4] == 0.0


def test_two_doses_at_one_time_are_one():
    """What a state is between them is nowhere."""
    events = [*doses([3.0], 5.0, "x"), Event(3.0, "x", SET, 1.0)]
    found = reduce(
        kernel_of(STILL), 10.0, over(0.0, 10.0, *KINDS, output="x", level=4.0), events=events
    )
    assert found[:3] == pytest.approx([1.0, 0.0, 7.0])
    assert math.isnan(found[3])


def test_the_value_before_a_dose_counts():
    """The compartment is washed out at 4: its peak is just before."""
    events = [*infusion(0.0, 8.0, 3.0), Event(4.0, "central", SET, 0.0)]
    events.sort(key=lambda e: e.time)
    found = reduce(
        kernel_of(compartment.MODEL), 10.0, over(0.0, 6.0, MAXIMUM, MINIMUM), events=events
    )
    assert found == pytest.approx([15 * (1 - math.exp(-0.8)), 0.0], rel=1e-5)


def test_an_interval_reaches_beyond_the_run():
    """What is simulated counts."""
    found = reduce(
        kernel_of(DECAY), 2.0, over(-5.0, 30.0, *KINDS, output="x", level=0.5), rtol=1e-8
    )
    low = math.exp(-2.0)
    assert found == pytest.approx([1.0, low, 1 - low, 0.0, math.log(2)], rel=1e-6)


def test_curves_below_zero():
    kernel = kernel_of(DECAY + "; loss := -3 * x")
    found = reduce(kernel, 4.0, over(1.0, 3.0, *KINDS, output="loss", level=-1.0), rtol=1e-8)
    high, low = -3 * math.exp(-3.0), -3 * math.exp(-1.0)
    assert found == pytest.approx([high, low, low - high, math.log(3), 1.0], rel=1e-6)


# Oscillations


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-7])
def test_every_turn_of_an_oscillation(rtol):
    """A highest and a lowest value in every period, whatever its length."""
    periods = np.geomspace(0.1, 3.0, 20)
    speed = 2 * np.pi / periods
    levels = (0.5, -0.5)
    task = Task(
        *(0.0, 12.0), outputs=["x"], rtol=rtol, typical=np.ones(2),
        reductions=[
            *over(7.0, 12.0, MAXIMUM, MINIMUM, AREA, output="x"),
            Reduction(FIRST_ABOVE, "x", 6.0, 12.0, levels[0]),
            Reduction(FIRST_BELOW, "x", 6.0, 12.0, levels[1]),
        ],
    )  # fmt: skip
    outcome = kernel_of(OSCILLATOR).run(task, 20, varied=["w"], table=speed[:, None])
    # The error of a step, of ten steps and more in each period.
    near = 20 * rtol * 12.0 / periods
    high, low, area, up, down = outcome.reduced.T
    assert (abs(high - 1) < near).all()
    assert (abs(low + 1) < near).all()
    right = (np.cos(7 * speed) - np.cos(12 * speed)) / speed
    assert (abs(area - right) < near * 5).all()
    for found, angle, inside in (
        (up, (np.pi / 6, 5 * np.pi / 6), np.sin(6 * speed) >= 0.5),
        (down, (7 * np.pi / 6, 11 * np.pi / 6), np.sin(6 * speed) <= -0.5),
    ):
        wait = (angle[0] - 6 * speed) % (2 * np.pi) / speed
        right = np.where(inside, 6.0, 6.0 + wait)
        assert (abs(found - right) * speed < 2 * near).all()


def test_the_square_of_an_oscillation():
    """A nonlinear output turns twice as often as the states."""
    kernel = kernel_of(OSCILLATOR + "; square := x^2")
    found = reduce(kernel, 20.0, over(0.5, 20.0, *KINDS, output="square", level=0.01), rtol=1e-8)
    area = 9.75 - (math.sin(40.0) - math.sin(1.0)) / 4
    assert found[:3] == pytest.approx([1.0, 0.0, area], abs=1e-6)
    assert found[3:] == pytest.approx([0.5, math.pi - math.asin(0.1)], abs=1e-6)


# What reductions cost


def test_reductions_leave_the_course_alone():
    """Those of the whole run add no step; each is the same in any company."""
    kernel = kernel_of(OSCILLATOR)
    whole = over(0.0, 20.0, *KINDS, output="x", level=0.3)
    plain = kernel.run(Task(0.0, 20.0, outputs=["x"], **rows_at(3, 11)), 9)
    task = Task(0.0, 20.0, outputs=["x"], reductions=whole, **rows_at(3, 11))
    together = kernel.run(task, 9)
    assert same_bits(plain.values, together.values)
    assert (plain.steps == together.steps).all()
    for i, one in enumerate(whole):
        assert same_bits(reduce(kernel, 20.0, [one]), together.reduced[0, [i]])


def test_nothing_but_the_endpoints_is_kept():
    """The results of a run four thousand times as long need the same memory while it runs."""
    kernel = kernel_of(OSCILLATOR)
    peaks, steps = [], []
    for end in (5.0, 5.0, 20_000.0):
        task = Task(0.0, end, outputs=["x"], reductions=over(0.0, end, *KINDS, output="x"))
        tracemalloc.start()
        outcome = kernel.run(task, 64, threads=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert outcome.values.shape == (64, 0, 1)
        assert outcome.reduced.shape == (64, len(KINDS))
        steps.append(int(outcome.steps[0].sum()))
    # one number per step would be eight bytes for each; a tenth of that leaves room for what
    # other parts of the process allocate meanwhile (a few kB were seen)
    one_number_per_step = 8 * (steps[2] - steps[1])
    assert one_number_per_step > 500_000
    assert peaks[2] - peaks[1] < one_number_per_step / 10
