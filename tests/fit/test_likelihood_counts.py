"""Counts and incidences, against scipy where it keeps its digits and mpmath where it loses them."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from il15_sim.fit.likelihoods import likelihood

SIZES = st.floats(-12, 12).map(lambda e: 10.0**e)
SMALL = st.integers(0, 60)
COUNTS = st.integers(0, 10**12)


def exact(formula):
    """A log probability in 60 digits."""
    with mpmath.workdps(60):
        return float(formula())


def log_poisson(k, mean):
    return exact(lambda: k * mpmath.log(mean) - mpmath.mpf(mean) - mpmath.loggamma(k + 1))


def log_binomial(k, n, p):
    p = mpmath.mpf(p)
    return exact(
        lambda: (
            mpmath.loggamma(n + 1)
            - mpmath.loggamma(k + 1)
            - mpmath.loggamma(n - k + 1)
            + (k * mpmath.log(p) if k else 0)
            + ((n - k) * mpmath.log(1 - p) if n > k else 0)
        )
    )


def log_negative_binomial(k, mean, dispersion):
    def formula():
        r, m = 1 / mpmath.mpf(dispersion), mpmath.mpf(mean)
        number = mpmath.loggamma(k + r) - mpmath.loggamma(r) - mpmath.loggamma(k + 1)
        return number - r * mpmath.log1p(m / r) + (k * mpmath.log(m / (r + m)) if k else 0)

    with mpmath.workdps(120):
        return float(formula())


@given(SMALL, st.floats(0, 50))
def test_poisson_is_that_of_scipy(k, mean):
    found = likelihood("poisson").log_density(mean, k)
    assert found == pytest.approx(stats.poisson.logpmf(k, mean), rel=1e-9, abs=1e-12)


@given(COUNTS, SIZES)
def test_poisson_at_any_size(k, mean):
    found = likelihood("poisson").log_density(mean, k)
    assert found == pytest.approx(log_poisson(k, mean), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("k", [10**6, 10**12])
def test_poisson_near_its_mean_loses_no_digits(k):
    mean = k + 0.5 * math.sqrt(k)
    assert likelihood("poisson").log_density(mean, k) == pytest.approx(
        log_poisson(k, mean), rel=1e-12
    )


@given(SMALL, SMALL, st.floats(0, 1))
def test_binomial_is_that_of_scipy(a, b, p):
    k, n = min(a, b), max(a, b, 1)
    found = likelihood("binomial").log_density(p, k, n=n)
    assert found == pytest.approx(stats.binom.logpmf(k, n, p), rel=1e-9, abs=1e-11)


@given(COUNTS, COUNTS, st.floats(-12, -0.01).map(lambda e: 10.0**e))
def test_binomial_at_any_size(a, b, p):
    k, n = min(a, b), max(a, b, 1)
    found = likelihood("binomial").log_density(p, k, n=n)
    assert found == pytest.approx(log_binomial(k, n, p), rel=1e-9, abs=1e-11)


@given(SMALL, st.floats(0.01, 50), st.floats(0.05, 5))
def test_negative_binomial_is_that_of_scipy(k, mean, dispersion):
    r = 1 / dispersion
    found = likelihood("negative-binomial").log_density(mean, k, dispersion=dispersion)
    assert found == pytest.approx(stats.nbinom.logpmf(k, r, r / (r + mean)), rel=1e-9, abs=1e-11)


@given(COUNTS, SIZES, SIZES)
def test_negative_binomial_at_any_size(k, mean, dispersion):
    found = likelihood("negative-binomial").log_density(mean, k, dispersion=dispersion)
    expected = log_negative_binomial(k, mean, dispersion)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-10)


@given(SMALL, st.floats(0.01, 50))
def test_a_negative_binomial_without_dispersion_is_poisson(k, mean):
    found = likelihood("negative-binomial").log_density(mean, k, dispersion=1e-12)
    assert found == pytest.approx(likelihood("poisson").log_density(mean, k), rel=1e-8)


@pytest.mark.parametrize(
    ("kind", "predicted", "known", "most"),
    [
        ("poisson", 7.3, {}, 120),
        ("negative-binomial", 7.3, {"dispersion": 0.4}, 2000),
        ("binomial", 0.37, {"n": 40}, 40),
    ],
)
def test_probabilities_sum_to_one(kind, predicted, known, most):
    k = np.arange(most + 1)
    found = likelihood(kind).log_density(np.full(most + 1, predicted), k, **known)
    assert np.exp(found).sum() == pytest.approx(1, rel=1e-10)


def test_what_cannot_happen_has_no_probability_and_what_must_happen_has_all():
    assert list(likelihood("poisson").log_density([0.0, 0.0], [0, 1])) == [0, -np.inf]
    found = likelihood("negative-binomial").log_density([0.0, 0.0], [0, 1], dispersion=1.0)
    assert list(found) == [0, -np.inf]
    found = likelihood("binomial").log_density([0.0, 0.0, 1.0, 1.0], [0, 1, 3, 2], n=3)
    assert list(found) == [0, -np.inf, 0, -np.inf]
