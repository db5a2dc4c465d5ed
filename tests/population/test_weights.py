"""Weights that meet targets, as even as they can be; what is out of reach is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim import InputError, Model, Population
from il15_sim.population import Target
from il15_sim.population.tilting import kish, tilted

PEOPLE = Population(Model.load(), n=1000, seed=1)


def weighted_mean(population, x):
    return float((population.weights.to_numpy() * np.asarray(x, float)).sum())


def test_targets_are_met_exactly():
    targets = [
        Target.mean("age_years", 60),
        Target.share_of("sex == 'female'", 0.5),
        Target.median("smica_plasma_pg_per_mL", 161),
        Target.quantile("lymphocytes_per_uL", 0.739, 2000),
    ]
    new = PEOPLE.weighted(targets, "a trial")
    assert weighted_mean(new, new.covariates["age_years"]) == pytest.approx(60, abs=1e-6)
    assert weighted_mean(new, new.covariates["sex"] == "female") == pytest.approx(0.5, abs=1e-8)
    base = new.baseline
    assert weighted_mean(new, base["smica_plasma_pg_per_mL"] <= 161) == pytest.approx(0.5, abs=1e-8)
    assert weighted_mean(new, base["lymphocytes_per_uL"] <= 2000) == pytest.approx(0.739, abs=1e-8)
    assert new.weights.sum() == pytest.approx(1)
    assert new.steps[0].startswith("a trial: mean age_years 60, share with sex == 'female' 0.5, me")
    # Nobody's draws change.
    assert (new.parameters == PEOPLE.parameters).all(axis=None)


def test_effective_number_is_that_of_kish():
    assert kish(np.full(7, 1 / 7)) == pytest.approx(7)
    assert kish(np.array([3.0, 1.0])) == pytest.approx(16 / 10)
    assert PEOPLE.effective_n == pytest.approx(1000)
    # Of shares p and 1 - p weighed as q and 1 - q, the number is N over q^2/p + (1-q)^2/(1-p).
    p = (PEOPLE.covariates["sex"] == "female").mean()
    new = PEOPLE.weighted(Target.share_of("sex == 'female'", 0.6))
    assert new.effective_n == pytest.approx(1000 / (0.36 / p + 0.16 / (1 - p)), rel=1e-6)


def test_a_normal_quantity_is_shifted_as_theory_has_it():
    """Tilting a normal by its mean shifts it: the SD stays, the weight is exp(lambda x)."""
    x = np.random.default_rng(1).normal(size=200_000)
    weights, left = tilted((x - 0.3)[:, None], np.full(len(x), 1 / len(x)))
    assert abs(left).max() < 1e-9
    assert weights @ x == pytest.approx(0.3, abs=1e-9)
    assert weights @ x**2 - 0.09 == pytest.approx(1, abs=0.02)
    slope = np.polyfit(x, np.log(weights), 1)[0]
    assert slope == pytest.approx(0.3, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0.05, 0.6))
def test_any_mean_of_some_weights_can_be_met(seed, k, power):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, k))
    own = np.exp(power * rng.normal(size=60))
    target = own / own.sum() @ x
    start = np.full(60, 1 / 60)
    weights, _ = tilted(x - target, start)
    np.testing.assert_allclose(weights @ x, target, atol=1e-7)

    # No other weights that meet it are nearer to even ones.
    def distance(w):
        return float((w * np.log(w * 60)).sum())

    assert distance(weights) <= distance(own / own.sum()) + 1e-9


def test_weights_follow_weights_and_selections():
    first = PEOPLE.weighted(Target.mean("age_years", 60))
    old = first.select("age_years > 50", "older")
    own = first.weights[old.numbers]
    np.testing.assert_allclose(old.weights, own / own.sum())
    twice = first.weighted(Target.mean("age_years", 60))
    np.testing.assert_allclose(twice.weights, first.weights, rtol=1e-6)


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ([], "no targets; give some"),
        (["age"], "'age' is no target; make one"),
        ([Target.mean("age_years", 200)], "mean age_years 200 is outside .* have 18.* to"),
        ([Target.share_of("age_years > 100", 0.2)], "share with age_years > 100 0.2 is outside"),
        ([Target.mean("sex", 1)], r"'sex' is no number; ask for a share: Target.share_of\("),
        ([Target.mean("agee_years", 1)], "unknown covariate, .* 'agee_years'; .* 'age_years'"),
        ([Target.mean("age_years", 50), Target.mean("age_years", 60)], "two targets for 'age_y"),
        (
            [Target.mean("age_years", 87)],
            "worth .* of 1000; fewer than 100 .*age_years 87",
        ),
        (
            [Target.share_of("age_years < 40", 0.5), Target.mean("age_years", 75)],
            "cannot be met together: share with age_years < 40 0.5, mean age_years 75; furthest",
        ),
    ],
)
def test_what_is_out_of_reach_is_told(targets, text):
    with pytest.raises(InputError, match=text):
        PEOPLE.weighted(targets)


def test_targets_of_few_patients_are_refused():
    with pytest.raises(InputError, match="20 patients are too few to weigh; at least 30"):
        PEOPLE[:20].weighted(Target.mean("age_years", PEOPLE[:20].covariates["age_years"].mean()))


def test_targets_that_cannot_be_are_told():
    with pytest.raises(InputError, match=r"share 1\.2 of a target; it lies between 0 and 1"):
        Target.share_of("age_years < 40", 1.2)
    with pytest.raises(InputError, match="level 0 of a target"):
        Target.quantile("age_years", 0.0, 40)
    with pytest.raises(InputError, match="value 'old' of a target is no number"):
        Target.mean("age_years", "old")
