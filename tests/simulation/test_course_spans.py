"""Spans beyond a level in a course on a fine grid, against closed forms."""

import math

import numpy as np
import pytest

from il15_sim.simulation.course import last_beyond, time_beyond


def spans(t, y, level):
    """Time above and below, last time above and below."""
    return [f(t, y, level, sign) for f in (time_beyond, last_beyond) for sign in (1.0, -1.0)]


def test_a_wave_that_crosses_between_points_of_the_grid():
    t = np.linspace(0.0, 10.0, 401)
    level = 0.3
    rise = math.asin(level)
    above = 2 * (math.pi - 2 * rise)
    right = [above, 10 - above, 3 * math.pi - rise, 10.0]
    assert spans(t, np.sin(t), level) == pytest.approx(right, rel=1e-7)


def test_a_peak_between_two_points_of_the_grid():
    """1 - (t - 1.05)^2 is above 0.999 for 0.063 h, and the grid is one of 0.1 h."""
    t = np.arange(31) / 10
    y = 1 - (t - 1.05) ** 2
    assert (y < 0.999).all()
    found = [f(t, y, 0.999, 1.0) for f in (time_beyond, last_beyond)]
    assert found == pytest.approx([2 * math.sqrt(1e-3), 1.05 + math.sqrt(1e-3)], rel=1e-9)
    found = [f(t, -y, -0.999, -1.0) for f in (time_beyond, last_beyond)]
    assert found == pytest.approx([2 * math.sqrt(1e-3), 1.05 + math.sqrt(1e-3)], rel=1e-9)


def test_doses_that_jump_across_the_level():
    """Decays from 2 at 0 and from 3 at 5, washed out at 6; the times of doses stand twice."""
    parts = [np.linspace(0, 5, 101), np.linspace(5, 6, 21), np.linspace(6, 9, 61)]
    t = np.concatenate(parts)
    y = np.concatenate([2 * np.exp(-parts[0]), 3 * np.exp(5 - parts[1]), 0 * parts[2]])
    above = math.log(2) + 1.0
    assert spans(t, y, 1.0) == pytest.approx([above, 9 - above, 6.0, 9.0], rel=1e-6)
    assert last_beyond(t, y, 1.0, 1.0) == 6.0


def test_levels_that_are_passed_never_always_or_met():
    t = np.linspace(0.0, 4.0, 41)
    never = pytest.approx(math.nan, nan_ok=True)
    assert spans(t, np.exp(-t), 1.5) == [0.0, pytest.approx(4.0), never, 4.0]
    assert spans(t, np.exp(-t), -0.5) == [pytest.approx(4.0), 0.0, 4.0, never]
    # What stays at the level is not beyond it.
    assert spans(t, np.full(41, 2.0), 2.0) == [0.0, 0.0, never, never]


def test_few_points_are_joined_by_straight_lines():
    t, y = np.array([0.0, 1.0, 2.0]), np.array([0.0, 4.0, 0.0])
    assert spans(t, y, 1.0) == pytest.approx([1.5, 0.5, 1.75, 2.0])


def test_a_dose_at_the_end_of_the_course():
    """The last time stands twice: the course ends above the level, for no time."""
    t, y = np.array([0.0, 1.0, 2.0, 2.0]), np.array([0.0, 0.0, 0.0, 5.0])
    assert spans(t, y, 1.0) == [0.0, pytest.approx(2.0), 2.0, 2.0]
