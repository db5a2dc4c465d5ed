"""The shipped fit of sorafenib: made from what lies here, at its optimum, and close to the data."""

import numpy as np
import pytest

from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.fit import read_fit, run_fit
from il15_sim.model.variant import Variant

PROBLEM = read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")
VARIANT = Variant.read(models_dir() / "variants" / "sorafenib_pk_fit.tsv")


@pytest.fixture(scope="module")
def result():
    return run_fit(PROBLEM, starts=2)


def reading(result, observable, experiment):
    rows = result.residuals
    (found,) = rows[(rows["observable"] == observable) & (rows["arm"] == experiment)]["predicted"]
    return found


def test_the_variant_was_made_from_these_inputs():
    stated = [line.split()[-1] for line in VARIANT.comments if line.startswith("hash of inputs")]
    assert stated == [PROBLEM.hash], "inputs changed: run the fit again and write its variant"


def test_the_variant_is_at_the_optimum(result):
    shipped = VARIANT.values()
    # Time shifts are not shipped.
    pairs = [(u, shipped.get(u.id, result.values[u.id])) for u in PROBLEM.unknowns]
    there = result.objective.at(np.array([u.share_of(value) for u, value in pairs]))
    # One unit is half a unit of log posterior; intervals span some four.
    assert there.objective - result.best.objective < 0.01
    reference = result.cohorts["factor_of"] == PROBLEM.reference_arm
    assert shipped["sorafenib_exposure_factor"] == pytest.approx(
        result.cohorts["factor"][reference].iloc[0], rel=1e-3
    )


def test_no_shipped_value_sits_on_a_bound():
    shipped = VARIANT.values()
    shares = {u.id: u.share_of(shipped[u.id]) for u in PROBLEM.unknowns if not u.shifted_arm}
    assert {k: v for k, v in shares.items() if not 0.01 < v < 0.99} == {}


def test_melanoma_exposure_is_that_of_the_cohort(result):
    area = reading(result, "sorafenib_auc_mg_h_per_L", "flaherty2011_400mg")
    assert 38.1 / 1.2 < area < 38.1 * 1.2


def test_accumulation_and_half_life_lie_in_the_range_of_the_label(result):
    assert 2.5 < reading(result, "sorafenib_auc_ratio", "label_400mg") < 7
    assert 25 < reading(result, "sorafenib_half_life_h", "label_400mg") < 48


def test_exposure_is_less_than_proportional_above_400_mg(result):
    rows = result.residuals
    typical = rows[rows["dataset"] == "hornecker2012_fig3"].set_index("dose_mg")["typical"]
    assert 1.0 < typical[800.0] / typical[400.0] < 1.6
    assert np.all(np.diff(typical / typical.index) < 0)


def test_every_study_is_met_within_its_scatter(result):
    # A log SD of 0.2-0.35 per row, as the weights assume, means a mean fold error of 1.17-1.32.
    fitted = result.fold_errors[result.fold_errors["used"]].set_index("study")
    assert fitted["gmfe"].max() < 1.35
    assert fitted.loc["all", "gmfe"] < 1.3
    # What one typical patient without any cohort factor would give.
    assert fitted.loc["all", "gmfe_factor_one"] < 1.45
