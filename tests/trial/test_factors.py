"""Who lives longer, against made-up patients whose covariates act as is known."""

import numpy as np
import pytest

from il15_sim.files.resources import experiments_dir
from il15_sim.trial import read_trial, survival_factors
from tests.made.trial_patients import made_outcomes

TRIAL = read_trial(experiments_dir() / "trials" / "romero.toml")


def patients(n=3000, slope=0.5):
    """Death follows log burden per SD; growth goes along with burden and does nothing."""
    table = made_outcomes(n, 0.0)
    rng = np.random.default_rng(5)
    own, other = rng.standard_normal((2, n))
    table["burden_mm"] = 100 * np.exp(0.3 * own)
    table["tumour_growth"] = np.exp(0.2 * (0.7 * own + 0.7 * other))
    table["os_days"] = 57 + np.ceil(rng.exponential(200 / np.exp(slope * own)))
    table["died"] = True
    return table


def row(found, covariate, together):
    own = (found["covariate"] == covariate) & (found["together"] == together)
    return found[own].iloc[0]


def test_slopes_per_sd_of_the_logarithm():
    found = survival_factors(patients(), TRIAL)
    alone = row(found, "burden_mm", together=False)
    assert alone["log_hazard_ratio"] == pytest.approx(0.5, abs=3.5 * alone["se"])
    # Alone, growth shows what it shares with burden; held together, nothing.
    assert row(found, "tumour_growth", together=False)["lower"] > 1
    both = row(found, "tumour_growth", together=True)
    assert both["log_hazard_ratio"] == pytest.approx(0.0, abs=3.5 * both["se"])
    assert both["deaths"] == 3000


def test_what_does_not_vary_is_left_out_and_what_is_0_in_some_has_no_logarithm():
    table = patients(400)
    table["mean_level_mg_per_L"] = 0.0
    table["il15ra_inducibility_monocyte"] = np.resize([0.0, 1.0], 400)
    found = survival_factors(table, TRIAL)
    assert "mean_level_mg_per_L" not in set(found["covariate"])
    told = row(found, "il15ra_inducibility_monocyte", together=False)
    assert np.isfinite(told["hazard_ratio"])


def test_soluble_mica_is_told_where_it_was_sampled():
    table = patients(400)
    table["smica_pM_d0"] = np.exp(np.random.default_rng(8).standard_normal(400))
    words = survival_factors(table, TRIAL).set_index("covariate")["words"]
    assert set(words["smica_pM_d0"]) == {"soluble MICA at baseline"}


def test_few_deaths_and_nobody_at_the_landmark():
    table = patients(100)
    table.loc[3:, "died"] = False
    found = survival_factors(table, TRIAL)
    assert set(found[~found["together"]]["reason"]) == {"3 deaths after the landmark, 5 are needed"}
    table["os_days"] = 30.0
    assert survival_factors(table, TRIAL).empty
