"""Waves that pass a level many times, also within one step, against closed forms."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from il15_sim.batch.drive.layout import LAST_ABOVE, LAST_BELOW, TIME_ABOVE, TIME_BELOW
from il15_sim.batch.kernel import Reduction, Task
from tests.batch.reduced import SPANS, fast, over, reduce
from tests.made.small_models import kernel_of

OSCILLATOR = "x = 0; y = 1; w = 1; x' = w * y; y' = -w * x"


def above_level(begin, end, level):
    """Time that sin is above a level from one angle to another, and the last one above."""
    rise, fall = math.asin(level), math.pi - math.asin(level)
    spans = []
    for turn in range(math.floor(begin / math.tau) - 1, math.ceil(end / math.tau) + 1):
        low, high = max(rise + math.tau * turn, begin), min(fall + math.tau * turn, end)
        spans += [(low, high)] if low < high else []
    return math.fsum(high - low for low, high in spans), spans[-1][1]


@pytest.mark.parametrize("rtol", [1e-2, 1e-3, 1e-5, 1e-8])
@pytest.mark.parametrize("level", [-0.99, -0.5, 0.0, 0.3, 0.99])
@pytest.mark.parametrize(("begin", "end"), [(0.0, 1.0), (0.31, 0.77)])
def test_a_wave_that_is_much_faster_than_the_steps(level, begin, end, rtol):
    """Twenty waves within a few steps; intervals begin and end within them."""
    w = 130.0
    found = reduce(
        fast(f"sin({w} * x)"), 1.0, over(begin, end, *SPANS, output="fast", level=level), rtol=rtol
    )
    above, last_above = above_level(w * begin, w * end, level)
    # sin(-u) is above -level where sin(u) is below the level.
    below, last_below = above_level(w * begin + math.pi, w * end + math.pi, -level)
    right = np.array([above, below, last_above, last_below - math.pi]) / w
    assert found == pytest.approx(right, rel=0, abs=1e-9)


@pytest.mark.parametrize("rtol", [1e-2, 1e-3, 1e-5, 1e-7])
def test_every_crossing_of_an_oscillation(rtol):
    """Of the states themselves, at tolerances so loose that steps take up much of a wave."""
    periods = np.geomspace(0.2, 3.0, 20)
    speed, level = 2 * np.pi / periods, 0.5
    task = Task(
        *(0.0, 12.0), outputs=["x"], rtol=rtol, typical=np.ones(2),
        reductions=over(7.0, 12.0, *SPANS, output="x", level=level),
    )  # fmt: skip
    found = kernel_of(OSCILLATOR).run(task, 20, varied=["w"], table=speed[:, None]).reduced
    for row, w in zip(found, speed, strict=True):
        above, last = above_level(7 * w, 12 * w, level)
        # Amplitude and phase are wrong by the errors of all steps, of ten and more a wave.
        near = 20 * rtol * 12 * w / math.tau
        waves = 5 * w / math.tau + 1
        assert row[0] + row[1] == pytest.approx(5.0, rel=1e-12)
        assert abs(row[0] - above / w) * w < 4 * near * waves
        if last < 12 * w - near and near < 0.1:
            assert abs(row[2] - last / w) * w < 2 * near


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("near", [1e-2, 1e-4, 1e-5])
def test_peaks_that_graze_a_level(near, sign):
    """The level is just below all peaks, or just above; up to three of them in a step."""
    w = np.linspace(20.0, 90.0, 40)
    level = sign * (1 - near)
    kinds = (TIME_ABOVE, LAST_ABOVE) if sign > 0 else (TIME_BELOW, LAST_BELOW)
    beyond = sign * (1 + near)
    task = Task(
        *(0.0, 2.0), outputs=["fast"], max_step=0.2,
        reductions=[Reduction(k, "fast", 0.0, 2.0, x) for x in (level, beyond) for k in kinds],
    )  # fmt: skip
    found = fast("sin(w * x)").run(task, 40, varied=["w"], table=w[:, None]).reduced
    shift = 0.0 if sign > 0 else math.pi
    right = np.array([above_level(shift, 2 * x + shift, 1 - near) for x in w])
    assert found[:, 0] == pytest.approx(right[:, 0] / w, rel=1e-6)
    assert found[:, 1] == pytest.approx((right[:, 1] - shift) / w, rel=1e-6)
    assert (found[:, 2] == 0.0).all()
    assert np.isnan(found[:, 3]).all()


def test_outputs_that_jump_inside_steps():
    """Steps do not end where a rounded value jumps."""
    found = reduce(fast("floor(7 * x)"), 1.0, over(0.0, 0.9, *SPANS, output="fast", level=2.5))
    assert found == pytest.approx([0.9 - 3 / 7, 3 / 7, 0.9, 3 / 7], abs=1e-5)
    found = reduce(fast("sin(1e9 * x)"), 1.0, over(0.0, 1.0, *SPANS, output="fast", level=0.5))
    assert found[0] + found[1] == pytest.approx(1.0)


def test_conditions_switch_inside_an_excursion():
    kernel = kernel_of("x = 0; x' = 1; flag := piecewise(1, x > 0.4321, 0)")
    found = reduce(kernel, 1.0, over(0.0, 1.0, *SPANS, output="flag", level=0.5))
    assert found == pytest.approx([1 - 0.4321, 0.4321, 1.0, 0.4321], abs=1e-5)


def test_random_waves_against_a_fine_grid():
    """Two waves on each other about a random level, through more than one turn in a step."""
    kernel = kernel_of(
        "x = 0; w = 1; a = 1; b = 0; c = 0; x' = 1; fast := sin(w * x) + a * sin(3 * w * x + b) - c"
    )
    rng, n = np.random.default_rng(3), 300
    low, high = [3, 0, 0, -1.3], [40, 0.6, math.tau, 1.3]
    table = rng.uniform(low, high, (n, 4))
    task = Task(
        *(0.0, 2.0), outputs=["fast"], max_step=0.1,
        reductions=over(0.0, 2.0, *SPANS, output="fast"),
    )  # fmt: skip
    found = kernel.run(task, n, varied=["w", "a", "b", "c"], table=table).reduced
    t = np.linspace(0.0, 2.0, 100_001)
    for row, (w, a, b, c) in zip(found, table, strict=True):

        def gap(t, w=w, a=a, b=b, c=c):
            return np.sin(w * t) + a * np.sin(3 * w * t + b) - c

        y = gap(t)
        turns = np.flatnonzero((y[:-1] > 0) != (y[1:] > 0))
        at = [brentq(gap, t[i], t[i + 1], xtol=1e-15) for i in turns]
        edges = np.r_[0.0, at, 2.0]
        above = np.diff(edges)[0 if y[0] > 0 else 1 :: 2].sum()
        assert row[:2] == pytest.approx([above, 2 - above], abs=1e-9)
        last = at[-1] if at else math.nan
        right = [2.0, last] if y[-1] > 0 else [last, 2.0]
        assert row[2:] == pytest.approx(right, abs=1e-9, nan_ok=True)
