"""Figures of a fit's checks show every search, residual and profile where it belongs."""

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, plots
from il15_sim.fit import fit_table
from il15_sim.fit.compare import compare_fits
from tests.fit.test_compare import named
from tests.made import own_tables


@pytest.fixture(scope="module")
def result():
    times = np.arange(1.0, 9.0)
    values = np.exp(-0.4 * times + 0.2 * np.random.default_rng(3).normal(size=8))
    told = own_tables.table(times, values, error=0.2 * values)
    bounds = {"rate": (0.01, 10.0), "size": (0.1, 10.0)}
    return fit_table(own_tables.decay(), told, ["rate", "size"], bounds=bounds, starts=4)


def test_searches_are_drawn_from_the_best_on():
    ends = pd.DataFrame(
        {
            "objective": [9.0, 3.0, np.inf, 3.0],
            "status": ["stopped after 150 evaluations", "converged", "failed", "converged"],
        }
    )
    figure = plots.waterfall(ends)
    (axes,) = figure.axes
    line, good, stopped = axes.get_lines()
    assert line.get_ydata().tolist() == [1e-3, 1e-3, 6.0]
    assert good.get_xdata().tolist() == [1, 2]
    assert stopped.get_xdata().tolist() == [3]
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told == ["search that converged", "stopped before", "1 failed, not shown"]
    with pytest.raises(InputError, match="no search to draw; all of them failed"):
        plots.waterfall(ends[2:3])


def test_residuals_are_drawn_as_they_are(result):
    figure = plots.residuals(result.residuals)
    left, right = figure.axes
    own = result.residuals
    (points, *_) = left.get_lines()
    assert points.get_xdata() == pytest.approx(own["predicted"])
    assert points.get_ydata() == pytest.approx(own["residual"])
    low, high = left.get_xlim()
    assert low < own["predicted"].min() < own["predicted"].max() < high
    assert right.get_lines()[0].get_ydata() == pytest.approx(np.sort(own["residual"]))
    with pytest.raises(InputError, match="2 residuals; three are the least"):
        plots.residuals(own[:2])


def test_each_profile_has_a_panel(result):
    found = [result.profile("rate"), result.profile("size")]
    found.append(result.prediction_profile("y", 10.0, ""))
    figure = plots.profiles(found)
    assert len(figure.axes) == 3
    for axes, one in zip(figure.axes, found, strict=True):
        lines = axes.get_lines()
        upright = [x.get_xdata()[0] for x in lines if len(set(x.get_xdata())) == 1]
        assert upright == pytest.approx([one.lower95, one.upper95, one.estimate])
    with pytest.raises(InputError, match="no profile to draw"):
        plots.profiles([])


def test_fits_are_compared_in_their_order(result):
    table = compare_fits([named("one", result), named("two", result)])
    table["delta_aic"], table["delta_bic"] = [0.0, 14.0], [0.0, 9.0]
    figure = plots.comparison(table)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["one", "two"]
    assert axes.get_xlim()[1] > 14.0
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["AIC", "BIC"]
