"""Cohort factors in closed form, against numerical minimisation and the multivariate normal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, optimize, stats

from il15_sim.fit.cohorts import CohortTerm, best_log_factor, best_omega, misfit_given_omega

RESIDUALS = arrays(float, 5, elements=st.floats(-2, 2))
SDS = arrays(float, 5, elements=st.floats(0.05, 1))


@given(RESIDUALS, SDS, st.floats(0.05, 1.5))
def test_the_factor_is_where_a_numerical_search_finds_it(r, sd, omega):
    w = sd**-2.0
    found = optimize.minimize_scalar(lambda b: w @ (r - b) ** 2 + b**2 / omega**2)
    factor, error = best_log_factor(r, w, omega**2)
    assert factor == pytest.approx(found.x, abs=1e-6)
    assert error == pytest.approx((w.sum() + omega**-2) ** -0.5)


@given(RESIDUALS, SDS, st.floats(0.05, 1.5))
def test_the_misfit_is_the_density_with_the_factor_integrated_out(r, sd, omega):
    terms = [CohortTerm("a", np.array([0, 1, 2])), CohortTerm("b", np.array([3, 4]))]
    log_density = 0.0
    for term in terms:
        covariance = np.diag(sd[term.rows] ** 2) + omega**2
        mean = np.zeros(len(term.rows))
        log_density += stats.multivariate_normal(mean, covariance).logpdf(r[term.rows])
    constant = np.sum(np.log(2 * np.pi * sd**2))
    misfit = misfit_given_omega(r, sd, terms, omega)
    assert misfit + constant == pytest.approx(-2 * log_density, rel=1e-7, abs=1e-7)


def test_the_misfit_is_the_integral_over_the_factor():
    r, sd, omega = np.array([0.4, 0.1, -0.2]), np.array([0.2, 0.3, 0.25]), 0.35

    def density(b):
        return stats.norm.pdf(r, b, sd).prod() * stats.norm.pdf(b, 0, omega)

    total, _ = integrate.quad(density, -4, 4, epsabs=1e-14)
    misfit = misfit_given_omega(r, sd, [CohortTerm("a", np.arange(3))], omega)
    assert misfit + np.sum(np.log(2 * np.pi * sd**2)) == pytest.approx(-2 * np.log(total))


def test_the_spread_between_cohorts_is_recovered():
    rng = np.random.default_rng(7)
    cohorts, rows, omega = 400, 6, 0.35
    terms = [CohortTerm(str(i), np.arange(rows) + rows * i) for i in range(cohorts)]
    sd = rng.uniform(0.1, 0.4, cohorts * rows)
    r = np.repeat(rng.normal(0, omega, cohorts), rows) + rng.normal(0, sd)
    # The standard error of a standard deviation from 400 cohorts is 3.5 %.
    assert best_omega(r, sd, terms) == pytest.approx(omega, rel=0.1)


def test_cohorts_that_agree_have_the_least_spread():
    terms = [CohortTerm("a", np.array([0])), CohortTerm("b", np.array([1]))]
    assert best_omega(np.zeros(2), np.full(2, 0.2), terms) == pytest.approx(0.02, rel=0.05)
