"""The figure of virtual patients shows their numbers, by weight, and the published ones."""

import numpy as np
import pytest

from il15_sim import InputError, Model, Population, plots
from il15_sim.population import Summary, Target

PEOPLE = Population(Model.load(), n=400, seed=1)
NK = "nk_per_uL"


def test_a_panel_tells_shares_median_and_what_is_published():
    one = Summary("nk", NK, "median", 115.2, 23)
    (axes,) = plots.baselines(PEOPLE, [NK], summaries=(one,)).axes
    steps = axes.patches[0].get_data()
    # All but the outermost thousandths at either end.
    assert steps.values.sum() == pytest.approx(100, abs=0.6)
    median, groups, published = (line.get_xdata() for line in axes.get_lines())
    x = np.sort(PEOPLE.baseline[NK])
    assert median[0] == x[199]
    assert published == [115.2]
    # 95 % of medians of 23: the ranks of a binomial, between its 6th and its 18th.
    assert x[int(400 * 5 / 23)] < groups[0] < x[int(400 * 9 / 23)]
    assert x[int(400 * 14 / 23)] < groups[1] < x[int(400 * 18 / 23)]


def test_patients_count_by_their_weights():
    target = Target.median(NK, 250)
    (axes,) = plots.baselines(PEOPLE.weighted(target), [NK], summaries=()).axes
    median = axes.get_lines()[0].get_xdata()[0]
    assert median == PEOPLE.baseline[NK][PEOPLE.baseline[NK] <= 250].max()


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(InputError, match="unknown biomarker 'nk_per_mL'; did you mean 'nk_per_uL'"):
        plots.baselines(PEOPLE, ["nk_per_mL"])
    with pytest.raises(InputError, match="nothing to draw; no biomarker is asked for"):
        plots.baselines(PEOPLE, [])
