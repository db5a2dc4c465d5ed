"""Models whose rates and outputs jump where a state passes a level, in closed form."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from il15_sim.batch.drive.layout import (
    ADD,
    AREA,
    FIRST_ABOVE,
    FIRST_BELOW,
    MAXIMUM,
    MINIMUM,
    OK,
    SET,
)
from il15_sim.batch.kernel import Event, Task
from tests.batch.reduced import over, reduce
from tests.made.small_models import course, kernel_of, rows_at, same_bits

TWO_RATES = "x = 10; k1 = 0.5; k2 = 0.1; level = 3; x' = piecewise(-k1*x, x > level, -k2*x)"


def two_rates(x, t, k1, k2, level):
    """The state of TWO_RATES at times t after it was x."""
    t = np.asarray(t, float)
    at = max(np.log(x / level) / k1, 0.0) if x > 0 else 0.0
    at = np.minimum(t, at)
    return x * np.exp(-k1 * at - k2 * (t - at))


# Windows


@pytest.mark.parametrize("width", [1.0, 0.01, 1e-5])
@pytest.mark.parametrize("speed", [0.7, 10.0, -10.0, 1e4])
@pytest.mark.parametrize("rtol", [1e-3, 1e-8])
def test_a_window_far_narrower_than_a_step(width, speed, rtol):
    """x = speed t passes from 100 to 100 + width; y is the time in the window."""
    sign = 1 if speed > 0 else -1
    kernel = kernel_of(
        "x = 0; y = 0; speed = 1; sign = 1; width = 1; x' = speed;"
        "y' = piecewise(1, sign*x > 100 && sign*x < 100 + width, 0)"
    )
    task = Task(0.0, 300.0 / abs(speed), outputs=["y"], **rows_at(300.0 / abs(speed)), rtol=rtol)
    base = {"speed": speed, "sign": sign, "width": width}
    outcome = kernel.run(task, 1, base=base)
    assert outcome.status[0] == OK
    # 100 is known to 1e-14, and so is the width.
    right = width / abs(speed)
    assert outcome.values[0, 0, 0] == pytest.approx(right, rel=1e-6 + 1e-12 / width)


@pytest.mark.parametrize(("share", "rtol"), [(0.9, 1e-3), (0.999, 1e-5), (0.99999, 1e-8)])
def test_a_peak_above_a_level_for_less_than_a_step(share, rtol):
    """b = t exp(-t) rises above a share of its peak and falls back."""
    kernel = kernel_of(
        "a = 1; b = 0; y = 0; level = 1; a' = -a; b' = a - b; y' = piecewise(1, b > level, 0)"
    )
    level = share / np.e

    def gap(t):
        return t * np.exp(-t) - level

    right = brentq(gap, 1, 3, xtol=1e-14) - brentq(gap, 0, 1, xtol=1e-14)
    task = Task(0.0, 20.0, outputs=["y"], **rows_at(20.0), rtol=rtol)
    outcome = kernel.run(task, 1, base={"level": level})
    assert outcome.status[0] == OK
    # An error of rtol in b is one of rtol / (1 - share) / 2 in the time above the level.
    assert outcome.values[0, 0, 0] == pytest.approx(right, rel=10 * rtol / (1 - share))


# Rates that change


@pytest.mark.parametrize("method", ["rodas5p", "rodas4"])
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-9])
def test_a_rate_that_changes_at_a_level(method, rtol):
    at = np.log(10 / 3) / 0.5
    times = np.sort(np.r_[np.linspace(0, 30, 13), at, at * (1 - 1e-9), at * (1 + 1e-9)])
    values = course(kernel_of(TWO_RATES, method), times, ["x"], rtol=rtol)
    assert values[:, 0] == pytest.approx(two_rates(10.0, times, 0.5, 0.1, 3.0), rel=20 * rtol)


@pytest.mark.parametrize(
    "law",
    [
        "piecewise(1, x < 2, 5, x >= 2)",
        "piecewise(5, x > 2, 1, x <= 2)",
        "1 + 4 * (x > 2)",
        "piecewise(5, flag == 1, 1)",
        "piecewise(5, !(flag != 1), 1)",
        "piecewise(1, piecewise(x - 2, x > 1.5, -1) < 0, 5)",
    ],
)
def test_ways_to_write_one_jump(law):
    kernel = kernel_of(f"x = 1; flag := piecewise(1, x > 2, 0); x' = {law}")
    values = course(kernel, (0.5, 1.0, 1.5, 2.0), ["x", "flag"], rtol=1e-8)
    assert values[:, 0] == pytest.approx([1.5, 2.0, 4.5, 7.0], rel=1e-7)
    assert values[[0, 2, 3], 1].tolist() == [0, 1, 1]


def test_a_level_that_moves_with_time():
    """1 + t/2 meets 3 - t at 4/3."""
    kernel = kernel_of("x = 1; y = 0; x' = 0.5; y' = piecewise(1, x > 3 - time, 0)")
    values = course(kernel, (1.0, 4 / 3, 2.0, 10.0), ["y"])
    assert values[:, 0] == pytest.approx([0, 0, 2 / 3, 10 - 4 / 3], rel=1e-7, abs=1e-9)


def test_two_levels_passed_at_one_moment():
    kernel = kernel_of(
        "x = 0; y = 0; z = 0; x' = 1; y' = 1; z' = piecewise(1, x > 1, 0) + piecewise(2, y > 1, 0)"
    )
    values = course(kernel, (0.5, 1.0, 3.0), ["z"])
    assert values[:, 0] == pytest.approx([0, 0, 6], rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("rtol", [1e-6, 1e-9])
def test_dry_friction(rtol):
    """y'' = -y - F sign(y'): every half swing is a cosine about F or -F, 2 F shorter than the last.

    Started at rest at 10 with F = 1, it would stick after five half swings.
    """
    kernel = kernel_of("y = 10; v = 0; F = 1; y' = v; v' = -y - F*piecewise(1, v > 0, -1)")
    times = np.linspace(0, 4.9 * np.pi, 60)
    n = np.floor(times / np.pi)
    right = (-1) ** n * (1 + (9 - 2 * n) * np.cos(times - n * np.pi))
    values = course(kernel, times, ["y"], rtol=rtol, typical=np.array([1.0, 1.0]))
    assert values[:, 0] == pytest.approx(right, abs=1000 * rtol)


# At a level from the start


@pytest.mark.parametrize(
    ("law", "slope"),
    [
        ("piecewise(1, x > 2, 3)", 1),
        ("piecewise(1, x >= 2, 3)", 1),
        ("piecewise(-1, x >= 2, -3)", -3),
        ("piecewise(-1, x > 2, -3)", -3),
        ("piecewise(1, x <= 2, 3)", 3),
        ("piecewise(1, x < 2, 3)", 3),
        ("piecewise(1, x > 2, 0)", 0),
        ("piecewise(1, x >= 2, 0)", 1),
    ],
)
@pytest.mark.parametrize("how", ["start", "dose", "add"])
def test_a_state_that_is_set_to_its_level(law, slope, how):
    """What holds at the level itself holds for no time, unless the state rests there."""
    times = np.array([1.25, 2.0, 4.0])
    if how == "start":
        schedule, begin, start = (), 0.0, 2.0
    else:
        # Before the dose at 1, y keeps x where it is.
        begin, start = 1.0, 7.0
        schedule = [
            Event(1.0, "on", SET, 1.0),
            Event(1.0, "x", SET, 2.0) if how == "dose" else Event(1.0, "x", ADD, -5.0),
        ]
    kernel = kernel_of(f"x = 2; on = 1; x' = on * ({law})")
    task = Task(0.0, 4.0, [schedule], ["x"], **rows_at(*times))
    base = {"on": 1.0 if how == "start" else 0.0}
    outcome = kernel.run(task, 1, base=base, initial=np.array([[start]]))
    assert outcome.status[0] == OK
    assert outcome.values[0, :, 0] == pytest.approx(2 + slope * (times - begin), rel=1e-6)


def test_a_level_that_is_touched_and_not_passed():
    """x = (t - 1)^2 touches 0: the time below it is none, and the time above is all."""
    kernel = kernel_of(
        "x = 1; v = -2; y = 0; z = 0; x' = v; v' = 2;"
        "y' = piecewise(1, x < -1e-3, 0); z' = piecewise(1, x > -1e-3, 0)"
    )
    values = course(kernel, (0.5, 1.0, 3.0), ["y", "z"], rtol=1e-8)
    assert values[:, 0] == pytest.approx([0, 0, 0], abs=1e-9)
    assert values[:, 1] == pytest.approx([0.5, 1, 3], rel=1e-7)


# Models without a solution


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("x = 1; x' = piecewise(-1, x > 0, 1)", 1.0),
        ("x = 1; x' = piecewise(-1, x >= 0, 1)", 1.0),
        ("x = -3; x' = piecewise(-2, x > 0, 3)", 1.0),
        ("x = 10; v = 0; x' = v; v' = -x - piecewise(1, v > 0, -1)", 5 * np.pi),
    ],
)
def test_a_rate_that_turns_back_at_its_own_level_ends_the_row(text, until):
    """Neither side lets the state through: it slides, which the model does not say how."""
    kernel = kernel_of(text + "; z = 0; z' = 1")
    begin = time.perf_counter()
    task = Task(0.0, 3 * until, outputs=["x", "z"], **rows_at(0.5 * until, 2 * until))
    outcome = kernel.run(task, 1)
    assert time.perf_counter() - begin < 20.0
    assert outcome.status[0] != OK
    assert outcome.values[0, 0, 1] == pytest.approx(0.5 * until)
    assert np.isnan(outcome.values[0, 1]).all()
    assert np.isnan(outcome.final[0]).all()


def test_a_row_that_slides_does_not_harm_its_neighbours():
    """Away from zero with a negative speed: |x| = 1 + 2 t."""
    kernel = kernel_of("x = 1; speed = 2; x' = piecewise(-speed, x > 0, speed)")
    speeds = np.array([-2.0, 2.0, -2.0, 2.0, -2.0, -2.0, -2.0, -2.0, -2.0])
    task = Task(0.0, 3.0, outputs=["x"], **rows_at(0.25, 3.0))
    outcome = kernel.run(task, 9, varied=["speed"], table=speeds[:, None])
    assert ((outcome.status == OK) == (speeds < 0)).all()
    assert outcome.values[:, 0, 0] == pytest.approx(1 - 0.25 * speeds)
    assert outcome.values[speeds < 0, 1, 0] == pytest.approx(7.0)


# Outputs that jump

STAIRS = "x = 0; x' = 1; out := piecewise(2*x, x < 0.4321, 7 - x, x < 0.8, 1)"


def stairs_area(a, b):
    """The area under STAIRS' output from time a to b."""
    total = 0.0
    for low, high, whole in (
        (0.0, 0.4321, lambda x: x**2),
        (0.4321, 0.8, lambda x: 7 * x - x**2 / 2),
        (0.8, 9.0, lambda x: x),
    ):
        low, high = max(a, low), min(b, high)
        if high > low:
            total += whole(high) - whole(low)
    return total


@pytest.mark.parametrize("rtol", [1e-3, 1e-8])
@pytest.mark.parametrize(
    ("begin", "end", "largest", "smallest"),
    [
        (0.0, 1.0, 7 - 0.4321, 0.0),
        (0.0, 0.4, 0.8, 0.0),
        (0.2, 0.6, 7 - 0.4321, 0.4),
        (0.5, 0.7, 6.5, 6.3),
        (0.6, 2.0, 6.4, 1.0),
        (0.1, 0.8, 7 - 0.4321, 0.2),
    ],
)
def test_endpoints_of_an_output_that_jumps(begin, end, largest, smallest, rtol):
    """On either side of a jump counts what the output tends to."""
    reductions = over(begin, end, AREA, MAXIMUM, MINIMUM, output="out")
    found = reduce(kernel_of(STAIRS), 3.0, reductions, rtol=rtol)
    assert found[0] == pytest.approx(stairs_area(begin, end), rel=1e-6)
    assert found[1] == pytest.approx(largest, rel=1e-6)
    assert found[2] == pytest.approx(smallest, rel=1e-6, abs=1e-9)


def test_the_time_of_a_jump_of_an_output():
    kernel = kernel_of(STAIRS)
    for level in (1.0, 3.0, 6.5):
        found = reduce(kernel, 3.0, over(0.0, 3.0, FIRST_ABOVE, output="out", level=level))
        assert found[0] == pytest.approx(0.4321, rel=1e-7)
    for level in (1.5, 6.0):
        found = reduce(kernel, 3.0, over(0.5, 3.0, FIRST_BELOW, output="out", level=level))
        assert found[0] == pytest.approx(0.8, rel=1e-7)


def test_a_saw_has_its_teeth():
    """x = sin(t)/2 + t rises; the output falls back to zero at 1, 2 and 3."""
    teeth = "piecewise(x, x < 1, x - 1, x < 2, x - 2, x < 3, x - 3)"
    kernel = kernel_of(f"x = 0; v = 0; x' = 1 + cos(v)/2; v' = 1; out := {teeth}")
    found = reduce(kernel, 3.2, over(0.0, 3.2, MAXIMUM, AREA, MINIMUM, output="out"), rtol=1e-8)
    at = [brentq(lambda t, n=n: t + np.sin(t) / 2 - n, 0, 4, xtol=1e-14) for n in (1, 2, 3)]
    area = 3.2**2 / 2 + (1 - np.cos(3.2)) / 2 - sum(3.2 - t for t in at)
    assert found == pytest.approx([1.0, area, 0.0], rel=1e-6, abs=1e-6)


def test_rows_of_an_output_next_to_its_jump():
    jump = 0.4321
    times = np.sort(np.r_[np.linspace(0, 1, 41), jump + np.array([-1, 1]) * 1e-9])
    values = course(kernel_of(STAIRS), times, ["out"])
    right = np.where(times < jump, 2 * times, np.where(times < 0.8, 7 - times, 1))
    known = abs(times - 0.8) > 1e-12
    assert values[known, 0] == pytest.approx(right[known], rel=1e-6, abs=1e-9)


# Doses, and rows side by side


def dosed(t, doses, k1, k2, level):
    """The state of TWO_RATES from 10 with doses (time, amount), after the doses of a time.

    Also the area under it up to each time: above the level k1 times the area is what was lost.
    """
    x, now, area, values, areas = 10.0, 0.0, 0.0, [], []

    def onwards(at):
        later = float(two_rates(x, at - now, k1, k2, level))
        fast = max(x, level) - max(later, level)
        return later, area + fast / k1 + (x - later - fast) / k2

    todo = list(doses)
    for at in t:
        while todo and todo[0][0] <= at:
            later, area = onwards(todo[0][0])
            now, amount = todo.pop(0)
            x = later + amount
        later, until = onwards(at)
        values.append(later)
        areas.append(until)
    return np.array(values), np.array(areas)


DOSES = [(0.0, 5.0), (6.0, 5.0), (7.0, 0.5), (12.0, 20.0), (30.0, 1.0), (40.0, 3.0)]


def group(rows, **options):
    rng = np.random.default_rng(5)
    table = np.c_[
        rng.uniform(0.1, 2, rows), rng.uniform(0.01, 0.5, rows), 10 ** rng.uniform(-1, 1, rows)
    ]
    schedules = [[Event(t, "x", ADD, amount) for t, amount in DOSES], []]
    times = np.sort(np.r_[np.linspace(0, 48, 97), 6.001, 11.999])
    task = Task(
        *(0.0, 48.0, schedules, ["x"], times, np.zeros(len(times), bool)),
        reductions=over(1.0, 48.0, AREA, MAXIMUM, output="x"),
        **options,
    )
    given = {"varied": ["k1", "k2", "level"], "table": table, "schedule": np.arange(rows) % 3 // 2}
    return task, given


@pytest.mark.parametrize("shared", [False, True])
def test_every_row_passes_its_own_level_at_its_own_time(shared):
    task, given = group(24, rtol=1e-7, shared_steps=shared)
    outcome = kernel_of(TWO_RATES).run(task, 24, **given)
    assert (outcome.status == OK).all()
    for row in range(24):
        k1, k2, level = given["table"][row]
        doses = [] if given["schedule"][row] else DOSES
        right, _ = dosed(task.times, doses, k1, k2, level)
        near = pytest.approx(right, rel=1e-5, abs=1e-7 * right.max())
        assert outcome.values[row, :, 0] == near
        peaks, areas = dosed([1.0, *(t for t, _ in doses if t > 1), 48.0], doses, k1, k2, level)
        expected = [areas[-1] - areas[0], peaks.max()]
        assert outcome.reduced[row] == pytest.approx(expected, rel=1e-5)


def test_a_row_does_not_depend_on_its_company():
    task, given = group(12)
    kernel = kernel_of(TWO_RATES)
    together = kernel.run(task, 12, **given)
    for row in (0, 5, 11):
        alone = {k: v if k == "varied" else v[[row]] for k, v in given.items()}
        outcome = kernel.run(task, 1, **alone)
        assert same_bits(outcome.values[0], together.values[row])
        assert same_bits(outcome.reduced[0], together.reduced[row])
        assert (outcome.steps[0] == together.steps[row]).all()


# Any levels and rates

LEVELS = 3
#: Between levels the speed is linear in x; it is positive, so that every level is passed once.
SEGMENTS = f"""
    x = 0; {"; ".join(f"in{i} = 0" for i in range(LEVELS + 1))}
    {"; ".join(f"a{i} = 1; b{i} = 0" for i in range(LEVELS + 1))}
    {"; ".join(f"l{i} = 1" for i in range(LEVELS))}
    x' = piecewise(
        {", ".join(f"a{i} + b{i}*x, x < l{i}" for i in range(LEVELS))}, a{LEVELS} + b{LEVELS}*x)
    in0' = piecewise(1, x < l0, 0)
    {"; ".join(f"in{i}' = piecewise(1, l{i - 1} <= x && x < l{i}, 0)" for i in range(1, LEVELS))}
    in{LEVELS}' = piecewise(1, x >= l{LEVELS - 1}, 0)
""".replace("\n        ", " ")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1e-3, 2), min_size=LEVELS + 1, max_size=LEVELS + 1),
    st.lists(st.floats(-2, 2), min_size=2 * LEVELS + 2, max_size=2 * LEVELS + 2),
)
def test_random_speeds_between_random_levels(lengths, logarithms):
    """In a segment the speed v grows as exp(b t), so that it takes log(v1/v0)/b."""
    speeds = 10.0 ** np.round(logarithms, 3).reshape(-1, 2)
    ends = np.r_[0.0, np.cumsum(lengths)]
    spent, base = [], {}
    for i, ((v0, v1), low, high) in enumerate(zip(speeds, ends, ends[1:], strict=False)):
        b = (v1 - v0) / (high - low)
        base |= {f"b{i}": b, f"a{i}": v0 - b * low}
        spent.append(np.log(v1 / v0) / b if b else (high - low) / v0)
    base |= {f"l{i}": ends[i + 1] for i in range(LEVELS)}
    end = float(sum(spent))
    ids = ["x", *(f"in{i}" for i in range(LEVELS + 1))]
    task = Task(0.0, end, outputs=ids, **rows_at(end), rtol=1e-9, typical=np.full(LEVELS + 2, 1e-3))
    outcome = kernel_of(SEGMENTS).run(task, 1, base=base)
    assert outcome.status[0] == OK
    # A late passage of one level makes all that follow late by as much.
    late = 1e-6 * end
    assert outcome.values[0, 0, 1:] == pytest.approx(spent, rel=1e-5, abs=late)
    assert outcome.values[0, 0, 0] == pytest.approx(ends[-1], rel=1e-5, abs=late * speeds[-1, 1])
