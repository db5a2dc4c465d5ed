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
