"""The shipped fit of IL-15 agonists: made from what lies here, at its optimum, near the trials."""

import numpy as np
import pytest

from il15_sim.behaviours.agonists import OTHER_TABLE
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.fit import read_fit, run_fit
from il15_sim.model.variant import Variant

VARIANT = Variant.read(models_dir() / "variants" / "il15_agonists_fit.tsv")


@pytest.fixture(scope="module")
def problem():
    return read_fit(experiments_dir() / "fits" / "il15_agonists.toml")


@pytest.fixture(scope="module")
def result(problem):
    return run_fit(problem, starts=1)


def test_the_variant_was_made_from_these_inputs(problem):
    stated = [line.split()[-1] for line in VARIANT.comments if line.startswith("hash of inputs")]
    assert stated == [problem.hash], "inputs changed: run the fit again and write its variant"


def test_the_variant_is_at_the_optimum(problem, result):
    shipped = VARIANT.values()
    assert set(shipped) == {u.id for u in problem.unknowns}
    there = result.objective.at(np.array([u.share_of(shipped[u.id]) for u in problem.unknowns]))
    assert there.objective - result.best.objective < 0.01
    assert not result.frame["on_bound"].any()


def test_every_fitted_row_but_one_is_within_two_fold(result):
    rows = result.residuals[result.residuals["used"]]
    assert len(rows) == 13
    over = rows["predicted"] / rows["measured"]
    missed = rows[np.abs(np.log(over)) >= np.log(2)]
    # NK cells on N-803 at 10 ug/kg: 8-fold in the table that is fitted, 5-fold in another.
    assert missed[["study", "observable"]].to_numpy().tolist() == [["romee2018", "nk_max_fold"]]
    assert over[missed.index[0]] == pytest.approx(0.494, abs=0.005)
    assert missed["predicted"].iloc[0] / OTHER_TABLE["romee2018", "NK"] > 0.5


def test_macaques_are_predicted_and_not_fitted(result):
    rows = result.residuals
    others = rows["study"].isin(["lugli2010", "waldmann2011"])
    assert others.any()
    assert not rows["used"][others].any()


def test_what_the_trials_cannot_tell_is_told(result):
    told = result.frame.set_index("parameter")["verdict"]
    assert told["nk_desensitisation_max"] == "practically not identified"
    assert told["agonist_clearance_per_kg"] == "practically not identified"
    assert told["agonist_uptake_per_kg"] == "identified"
