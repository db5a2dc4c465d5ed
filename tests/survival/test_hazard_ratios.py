"""Cox's regression against published numbers, the likelihood maximised anew, and exponentials."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from statsmodels.datasets import heart

from il15_sim import InputError
from il15_sim.survival import cox
from tests.survival.remission import EVENT, ON_PLACEBO, TIME


def minus_log_likelihood(slope, time, event, x, ties, strata=None):
    """Cox's partial likelihood from its definition, event by event."""
    strata = np.zeros(len(time)) if strata is None else np.asarray(strata)
    risk = x @ slope
    found = 0.0
    for stratum in np.unique(strata):
        own = strata == stratum
        for moment in np.unique(time[own & event]):
            failed = own & event & (time == moment)
            total = np.exp(risk[own & (time >= moment)]).sum()
            count, part = failed.sum(), np.exp(risk[failed]).sum()
            found -= risk[failed].sum()
            for place in range(count):
                share = place / count if ties == "efron" else 0.0
                found += np.log(total - share * part)
    return found


@pytest.mark.parametrize(
    ("ties", "slope", "error", "ratio"),
    [
        # R: coxph(Surv(time, cens) ~ treat, MASS::gehan).
        ("efron", 1.572, 0.412, (4.817, 2.147, 10.81)),
        # Kleinbaum and Klein 2012 (doi:10.1007/978-1-4419-6646-9), chapter 3, model 1.
        ("breslow", 1.509, 0.410, (4.523, 2.027, 10.094)),
    ],
)
def test_remission_gives_the_published_ratio(ties, slope, error, ratio):
    (row,) = cox(TIME, EVENT, pd.DataFrame({"placebo": ON_PLACEBO}), ties=ties).itertuples()
    assert row.log_hazard_ratio == pytest.approx(slope, abs=5e-4)
    assert row.se == pytest.approx(error, abs=5e-4)
    assert (row.hazard_ratio, row.lower, row.upper) == pytest.approx(ratio, rel=1e-3)
    assert row.z == pytest.approx(row.log_hazard_ratio / row.se)
    assert row.reason == ""


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_data_of_statsmodels_against_the_likelihood_itself(ties):
    data = heart.load_pandas().data
    time, event = data["survival"].to_numpy(), data["censors"].to_numpy() == 1
    x = data[["age"]].to_numpy() / 10
    found = cox(time, event, data[["age"]], ties=ties)
    best = minimize(minus_log_likelihood, [0.0], (time, event, x, ties), tol=1e-10)
    assert found["log_hazard_ratio"][0] == pytest.approx(best.x[0] / 10, rel=1e-4)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["efron", "breslow"]), st.booleans())
@settings(deadline=None, max_examples=40)
def test_ties_and_strata_against_the_likelihood_itself(seed, ties, stratified):
    random = np.random.default_rng(seed)
    x = random.normal(size=(24, 2))
    time = np.ceil(random.exponential(np.exp(-x[:, 0])) * 3)
    event = random.random(24) < 0.7
    strata = random.integers(0, 2, 24) if stratified else None
    found = cox(time, event, pd.DataFrame(x, columns=["a", "b"]), strata, ties)
    assume(not found["reason"].any())
    slope = found["log_hazard_ratio"].to_numpy()

    def rise(step):
        return minus_log_likelihood(slope + step, time, event, x, ties, strata)

    # The likelihood is concave: lower on all sides is highest, and its curvature is the error.
    h = 1e-3 * found["se"].min()
    unit = np.eye(2) * h
    slopes = [(rise(u) - rise(-u)) / (2 * h) for u in unit]
    curved = [
        [(rise(u + v) - rise(u - v) - rise(v - u) + rise(-u - v)) / (4 * h * h) for u in unit]
        for v in unit
    ]
    assert slopes == pytest.approx([0, 0], abs=1e-4 / found["se"].min())
    np.testing.assert_allclose(
        np.sqrt(np.diag(np.linalg.inv(curved))), found["se"].to_numpy(), rtol=2e-3
    )


def test_the_ratio_of_two_exponentials_is_that_of_their_rates():
    random = np.random.default_rng(2)
    group = np.arange(10_000) % 2
    died = random.exponential(1 / np.where(group, 0.5, 1.0))
    left = random.exponential(2.0, 10_000)
    found = cox(np.minimum(died, left), died <= left, pd.DataFrame({"group": group}))
    (row,) = found.itertuples()
    assert abs(row.log_hazard_ratio - np.log(0.5)) < 3 * row.se
    # Large-sample error of a log hazard ratio: 1/events of the one and of the other.
    events = [(died <= left)[group == g].sum() for g in (0, 1)]
    assert row.se == pytest.approx(np.sqrt(sum(1 / n for n in events)), rel=0.05)


def test_the_unit_of_a_covariate_is_that_of_its_slope():
    small = cox(TIME, EVENT, pd.DataFrame({"x": 1e-9 * TIME[::-1]}))
    large = cox(TIME, EVENT, pd.DataFrame({"x": 1e6 + 1e3 * TIME[::-1]}))
    assert small["log_hazard_ratio"][0] * 1e-9 == pytest.approx(large["log_hazard_ratio"][0] * 1e3)
    assert small["p"][0] == pytest.approx(large["p"][0])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize(
    "covariate",
    [
        np.arange(30.0),  # who lives longest has the highest one
        np.where(np.arange(30) < 20, 1.0, 0.0),  # nobody with a 0 dies
        np.arange(30.0) ** 4,
    ],
)
def test_a_covariate_that_orders_all_deaths_has_no_estimate_and_a_reason(covariate, ties):
    event = np.arange(30) < 20
    frame = pd.DataFrame({"x": covariate, "other": np.arange(30) % 3})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for columns in (["x"], ["x", "other"]):
            found = cox(np.arange(1.0, 31.0), event, frame[columns], ties=ties)
            assert found.drop(columns=["covariate", "reason"]).isna().all(axis=None)
            assert found["reason"].str.startswith("no finite estimate: a covariate, or a").all()


def test_a_strong_effect_is_no_separation():
    random = np.random.default_rng(4)
    x = random.normal(size=300)
    died = random.exponential(np.exp(-5 * x))
    found = cox(died, np.ones(300), pd.DataFrame({"x": x}))
    assert abs(found["log_hazard_ratio"][0] - 5) < 3 * found["se"][0] < 1.2


X = pd.DataFrame({"x": [1.0, 2.0, 0.0]})


@pytest.mark.parametrize(
    ("event", "covariates", "how", "message"),
    [
        ([0, 0, 0], X, {}, "no event; all 3 patients are censored, there is nothing to compare"),
        ([1, 1], X, {}, "2 events for 3 times"),
        ([1, 1, 1], [1, 2, 3], {}, "covariates list; give a DataFrame with a column per covariate"),
        ([1, 1, 1], X[[]], {}, "covariates without a column; give at least one"),
        ([1, 1, 1], X[:2], {}, "2 rows of covariates for 3 times; give one per patient"),
        ([1, 1, 1], X.assign(y=list("abc")), {}, "covariate 'y'; it is not of numbers; code it in"),
        ([1, 1, 1], X.assign(y=[1, None, 2]), {}, "covariate 'y' of patient 1; every patient has"),
        ([1, 1, 1], X.assign(y=0.1), {}, "covariate 'y'; it is the same in all who are compared"),
        ([0, 1, 1], X.assign(y=[1, 0, 0]), {}, "covariate 'y'; it is the same in all who are"),
        ([1, 1, 1], X.assign(y=2 * X["x"]), {}, "covariates x, y; one of them follows from the"),
        ([1, 1, 1], X, {"ties": "efro"}, "unknown treatment of ties 'efro'; did you mean 'efron'"),
        ([1, 1, 1], X, {"strata": [1]}, "1 labels of strata for 3 times; give one per patient"),
        ([1, 1, 1], X, {"strata": [1, None, 1]}, "patient 1 has no stratum; give every patient"),
        ([1, 1, 1], X, {"strata": [1, 2, 3]}, "covariate 'x'; it is the same in all who are"),
    ],
)
def test_what_cannot_be_regressed_is_told(event, covariates, how, message):
    with pytest.raises(InputError, match=message):
        cox([1, 2, 3], event, covariates, **how)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_only_the_order_of_times_counts(ties):
    random = np.random.default_rng(7)
    time, event = random.integers(0, 5, 40), random.random(40) < 0.7  # some at time 0
    x = pd.DataFrame({"x": random.normal(size=40)})
    pd.testing.assert_frame_equal(cox(time, event, x), cox(np.exp(time), event, x))
    best = minimize(minus_log_likelihood, [0.0], (time, event, x.to_numpy(), ties), tol=1e-10)
    slope = cox(time, event, x, ties=ties)["log_hazard_ratio"][0]
    assert slope == pytest.approx(best.x[0], abs=1e-6)
