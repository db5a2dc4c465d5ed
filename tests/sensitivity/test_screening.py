"""Which factors a screen keeps: outputs of any unit count alike."""

import numpy as np
import pytest

from il15_sim.sensitivity import analyse, design
from il15_sim.sensitivity.screening import relative_effects, survivors
from tests.sensitivity.known_functions import linear, unit_factors


def screened(function, count=4, **groups):
    return analyse(design(unit_factors(count, **groups), "morris", 8), function)


def test_effects_are_shares_of_the_largest_on_an_output():
    # mu_star of a linear function is the size of each coefficient: 3, 2, 1, 0.
    effects = relative_effects(screened(linear))
    assert effects.to_dict() == pytest.approx({"x0": 1.0, "x1": 2 / 3, "x2": 1 / 3, "x3": 0.0})
    assert list(effects.index) == ["x0", "x1", "x2", "x3"]


def test_the_driver_of_a_small_output_is_kept():
    def both(table):
        return {"large": 1e6 * linear(table), "small": 1e-6 * table["x3"]}

    assert set(survivors(screened(both), 2)) == {"x0", "x3"}
    assert survivors(screened(both), 0.5) == ("x0", "x3", "x1")
    assert len(survivors(screened(both), 99)) == 4


def test_an_output_that_does_not_vary_keeps_nobody():
    def flat(table):
        return {"flat": np.ones(len(table)), "linear": linear(table)}

    assert survivors(screened(flat), 0.1) == ("x0", "x1", "x2")


def test_a_group_is_kept_as_one():
    found = screened(linear, pair=["x0", "x1"])
    assert survivors(found, 1) == ("pair",)
