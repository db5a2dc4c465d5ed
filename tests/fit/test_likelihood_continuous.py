"""Normal, log-normal and combined errors, whole and censored, against scipy's distributions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from il15_sim.fit.likelihoods import likelihood

SIZES = st.floats(-12, 12).map(lambda e: 10.0**e)
SPREADS = st.floats(-3, 1).map(lambda e: 10.0**e)
#: What each kind is told beside the data, and the same error in scipy.
LAWS = {
    "normal": ({"sd": 0.7}, lambda p: stats.norm(p, 0.7)),
    "log-normal": ({"log_sd": 0.7}, lambda p: stats.lognorm(0.7, scale=p)),
    "proportional-additive": (
        {"sd": 0.3, "cv": 0.2},
        lambda p: stats.norm(p, math.sqrt(0.3**2 + (0.2 * p) ** 2)),
    ),
}


@pytest.mark.parametrize("kind", LAWS)
def test_densities_are_those_of_scipy(kind):
    known, law = LAWS[kind]
    predicted, measured = np.array([0.5, 2.0, 40.0]), np.array([0.4, 5.0, 39.0])
    found = likelihood(kind).log_density(predicted, measured, **known)
    expected = [law(p).logpdf(m) for p, m in zip(predicted, measured, strict=True)]
    assert found == pytest.approx(expected, rel=1e-12)


@given(SIZES, SIZES, SIZES)
def test_normal_at_any_size(predicted, measured, sd):
    found = likelihood("normal").log_density(predicted, measured, sd=sd)
    assert found == pytest.approx(stats.norm.logpdf(measured, predicted, sd), rel=1e-12)


@given(SIZES, SIZES, SPREADS)
def test_log_normal_at_any_size(predicted, measured, log_sd):
    found = likelihood("log-normal").log_density(predicted, measured, log_sd=log_sd)
    z = (math.log(measured) - math.log(predicted)) / log_sd
    assert found == pytest.approx(stats.norm.logpdf(z) - math.log(log_sd * measured), rel=1e-9)


@given(SIZES, SIZES, SIZES, SPREADS)
def test_combined_at_any_size(predicted, measured, sd, cv):
    found = likelihood("proportional-additive").log_density(predicted, measured, sd=sd, cv=cv)
    total = math.sqrt(sd**2 + (cv * predicted) ** 2)
    assert found == pytest.approx(stats.norm.logpdf(measured, predicted, total), rel=1e-9)


def test_a_proportional_error_of_zero_is_a_normal_error():
    combined = likelihood("proportional-additive").log_density(3.0, 4.0, sd=0.5, cv=0.0)
    assert combined == likelihood("normal").log_density(3.0, 4.0, sd=0.5)


def test_the_prediction_of_a_log_normal_error_is_its_median():
    law = likelihood("log-normal")
    below, _ = integrate.quad(lambda m: math.exp(law.log_density(4.0, m, log_sd=0.8)), 0, 4)
    assert below == pytest.approx(0.5, rel=1e-8)


@pytest.mark.parametrize("kind", LAWS)
def test_densities_integrate_to_one(kind):
    known, law = LAWS[kind]
    low, high = law(2.0).ppf([1e-13, 1 - 1e-13])
    one = likelihood(kind)
    total, _ = integrate.quad(
        lambda m: math.exp(one.log_density(2.0, m, **known)), low, high, points=[2.0], limit=200
    )
    assert total == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("kind", LAWS)
def test_what_lies_beyond_the_limits_completes_the_integral(kind):
    known, law = LAWS[kind]
    one = likelihood(f"censored-{kind}")
    limits = {"lower": 1.5, "upper": 2.6}
    inside, _ = integrate.quad(
        lambda m: math.exp(one.log_density(2.0, m, **known, **limits)), 1.5, 2.6
    )
    below, above = (math.exp(one.log_density(2.0, m, **known, **limits)) for m in (1.5, 2.6))
    assert below == pytest.approx(law(2.0).cdf(1.5), rel=1e-12)
    assert above == pytest.approx(law(2.0).sf(2.6), rel=1e-12)
    assert inside + below + above == pytest.approx(1, rel=1e-9)


@given(SIZES, SIZES, SIZES)
def test_censoring_far_out_in_a_tail_keeps_its_logarithm(predicted, lower, sd):
    found = likelihood("censored-normal").log_density(predicted, lower, sd=sd, lower=lower)
    assert found == pytest.approx(stats.norm.logcdf(lower, predicted, sd), rel=1e-9)
    above = likelihood("censored-normal").log_density(predicted, lower, sd=sd, upper=lower)
    assert above == pytest.approx(stats.norm.logsf(lower, predicted, sd), rel=1e-9)


@pytest.mark.parametrize("kind", LAWS)
def test_limits_at_infinity_change_nothing(kind):
    known, _ = LAWS[kind]
    predicted, measured = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([1e-9, 2.0, 1e9])
    whole = likelihood(kind).log_density(predicted, measured, **known)
    censored = likelihood(f"censored-{kind}")
    for limits in ({}, {"lower": -np.inf, "upper": np.inf}, {"lower": 1e-12, "upper": 1e12}):
        found = censored.log_density(predicted, measured, **known, **limits)
        np.testing.assert_array_equal(found, whole)


def test_below_a_limit_any_number_says_the_same():
    one = likelihood("censored-log-normal")
    found = one.log_density([2.0] * 3, [0.0, 0.3, 0.5], log_sd=0.4, lower=0.5)
    assert set(found) == {stats.norm.logcdf(math.log(0.5 / 2.0) / 0.4)}


@pytest.mark.parametrize("kind", ["normal", "log-normal"])
@given(predicted=SIZES, measured=SIZES, spread=SPREADS)
def test_half_the_squared_residual_is_the_log_density_up_to_a_constant(
    kind, predicted, measured, spread
):
    one = likelihood(kind)
    known = {one.known[0].name: spread}
    best = one.log_density(measured, measured, **known)
    found = best - 0.5 * one.residual(predicted, measured, **known) ** 2
    assert found == pytest.approx(one.log_density(predicted, measured, **known), rel=1e-9, abs=1e-9)
