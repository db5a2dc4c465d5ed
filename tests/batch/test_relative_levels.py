"""Levels relative to an output's value at the start of a run, against closed forms."""

import math

import numpy as np
import pytest

from il15_sim.batch.drive.layout import ADD, FIRST_ABOVE, FIRST_BELOW, LAST_ABOVE, OK, TIME_ABOVE
from il15_sim.batch.kernel import Event, Reduction, Task
from tests.batch.reduced import SPANS, relative
from tests.made.small_models import kernel_of

DECAY = "x = 1; k = 1; x' = -k * x"
NEVER = pytest.approx(math.nan, nan_ok=True)


@pytest.mark.parametrize("start", [2.0, -2.0, 0.0])
@pytest.mark.parametrize("share", [0.25, -0.25])
def test_a_level_relative_to_the_start(start, share):
    """x = start + t, and b + share |b| for a start b before, at, and beyond zero."""
    kernel = kernel_of("x = 0; rate = 1; x' = rate")
    kinds = (FIRST_ABOVE, FIRST_BELOW, *SPANS)
    task = Task(0.0, 3.0, outputs=["x"], reductions=relative(share, *kinds))
    found = kernel.run(task, 1, initial=np.array([[start]])).reduced[0]
    turn = share * abs(start)
    if turn > 0:
        right = [turn, 0.0, 3 - turn, turn, 3.0, turn]
    else:
        right = [0.0, 0.0 if turn == 0 else math.nan, 3.0, 0.0, 3.0, math.nan]
    assert found == pytest.approx(right, abs=1e-9, nan_ok=True)


def test_the_start_is_before_its_doses():
    """A dose doubles 1; it is above 1.5 until log(2 / 1.5), wherever the run and interval begin."""
    events = [Event(5.0, "x", ADD, 1.0)]
    task = Task(
        *(5.0, 9.0, [events], ["x"]), rtol=1e-8,
        reductions=[
            *relative(0.5, *SPANS),
            *relative(0.5, *SPANS, begin=5.125),
            *relative(-0.5, LAST_ABOVE, FIRST_BELOW),
            Reduction(TIME_ABOVE, "x", 5.0, 9.0, 0.5),
        ],
    )  # fmt: skip
    found = kernel_of(DECAY).run(task, 1).reduced[0]
    turn, low = math.log(2 / 1.5), math.log(4)
    right = [turn, 4 - turn, 5 + turn, 9.0]
    right += [turn - 0.125, 4 - turn, 5 + turn, 9.0, 5 + low, 5 + low, low]
    assert found == pytest.approx(right, rel=1e-7)


def test_the_start_is_the_untreated_state_where_that_is_sought():
    """It rests at fill / k; for two hours 5 more flow in."""
    kernel = kernel_of("x = 0; fill = 5; k = 2; x' = fill - k * x")
    events = [Event(0.0, "fill", ADD, 5.0), Event(2.0, "fill", ADD, -5.0)]
    task = Task(
        *(0.0, 8.0, [events], ["x"]), frozen={}, rest_horizon=1e3, rest_window=10.0, rtol=1e-8,
        reductions=relative(0.5, *SPANS),
    )  # fmt: skip
    rows = np.array([5.0, 1.0, 1e-3, 40.0])
    outcome = kernel.run(task, 4, varied=["fill"], table=rows[:, None])
    assert (outcome.status == OK).all()
    # x = b + 5 / k (1 - exp(-k t)), then back towards b.
    for found, b in zip(outcome.reduced, rows / 2, strict=True):
        top = 2.5 * (1 - math.exp(-4.0))
        if top > 0.5 * b:
            rise = -math.log(1 - 0.5 * b / 2.5) / 2
            fall = 2 + math.log(top / (0.5 * b)) / 2
            right = [min(fall, 8.0) - rise, 8 + rise - min(fall, 8.0), min(fall, 8.0)]
            assert found[:3] == pytest.approx(right, rel=1e-5)
        else:
            assert found.tolist() == [0.0, pytest.approx(8.0), NEVER, 8.0]


def test_each_row_has_its_own_start():
    starts = np.linspace(-3.0, 5.0, 19)
    task = Task(0.0, 2.0, outputs=["x"], rtol=1e-9, reductions=relative(-0.5, *SPANS))
    found = kernel_of(DECAY).run(task, 19, initial=starts[:, None]).reduced
    half = math.log(2)
    for row, start in zip(found, starts, strict=True):
        # What is below zero decays upwards, away from a level below it.
        right = [half, 2 - half, half, 2.0] if start > 0 else [2.0, 0.0, 2.0, math.nan]
        assert row == pytest.approx(right, rel=1e-6, abs=1e-12, nan_ok=True)
