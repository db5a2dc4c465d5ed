"""Ends of profiles where the rise is no parabola, against the root of the sum of squares."""

import numpy as np
import pytest
from scipy.optimize import brentq

from il15_sim.fit import fit_table
from tests.made.own_tables import decay, table

TIMES = np.arange(1.0, 9.0)


def test_an_interval_beside_a_bound_ends_where_the_threshold_is_crossed():
    # Readings that grow hold a rate of decay on zero, where the rise is steep and straight.
    values, sd = np.exp(0.02 * TIMES), 0.01
    result = fit_table(
        *(decay(), table(TIMES, values, error=sd), ["rate"]),
        bounds={"rate": (0.0, 10.0)},
        noise="normal",
        starts=1,
    )

    def squares(rate):
        return float((((values - np.exp(-rate * TIMES)) / sd) ** 2).sum())

    end = brentq(lambda rate: squares(rate) - squares(0.0) - 3.841459, 1e-9, 1.0)
    found = result.profile("rate")
    assert found.upper95 == pytest.approx(end, rel=2e-3)
    assert "the lower end of the interval is open" in found.flags[0]


def test_an_estimate_far_from_a_wide_bound_in_its_errors_is_not_on_it():
    values = np.exp(-0.3 * TIMES) + 0.01 * np.random.default_rng(1).normal(size=8)
    narrow, wide = (
        fit_table(
            *(decay(), table(TIMES, values, error=0.01), ["rate"]),
            bounds={"rate": (0.0, upper)},
            noise="normal",
            starts=1,
        ).frame.iloc[0]
        for upper in (5.0, 1000.0)
    )
    assert wide["verdict"] == "identified"
    for column in ("value", "lower95", "upper95"):
        assert wide[column] == pytest.approx(narrow[column], rel=1e-4)


@pytest.mark.parametrize("share", [0.0, 1e-5, 3e-4, 0.5])
def test_slopes_are_those_of_the_point_in_a_wide_range_from_zero(share):
    told = table(TIMES, np.exp(-0.3 * TIMES), error=0.01)
    bounds = {"rate": (0.0, 1000.0)}
    result = fit_table(decay(), told, ["rate"], bounds=bounds, noise="normal", starts=1)
    found = result.objective.slopes(np.array([share]))[:, 0]
    # On zero itself they are taken a millionth of the range beside it.
    rate = max(1000.0 * share, 1e-3)
    exact = 1000.0 * TIMES * np.exp(-rate * TIMES) / 0.01
    assert found == pytest.approx(exact, rel=2e-3, abs=1e-2)
