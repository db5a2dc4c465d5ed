"""Offsets and scales of groups, against multivariate normal laws, quadrature and least squares."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from il15_sim.errors import InputError
from il15_sim.fit.likelihoods import marginalised, profiled

GROUP = ["p1", "p2", "p1", "p1", "p2", "p2", "p2"]
RNG = np.random.default_rng(1)
R = RNG.normal(size=7)
SD = RNG.uniform(0.2, 1.5, size=7)
F = RNG.uniform(1, 5, size=7)
SIZES = st.floats(-12, 12).map(lambda e: 10.0**e)


def joint(r, sd, columns, prior):
    """Log density of rows whose covariance holds the shared offsets and scales."""
    total = 0.0
    for name in set(GROUP):
        rows = np.array(GROUP) == name
        cov = np.diag(sd[rows] ** 2) + sum(
            t**2 * np.outer(c[rows], c[rows]) for c, t in zip(columns, prior, strict=True)
        )
        total += stats.multivariate_normal.logpdf(r[rows], cov=cov)
    return total


def independent(r, sd):
    return stats.norm.logpdf(r, scale=sd).sum()


def test_an_offset_integrated_out_is_a_shared_covariance():
    found = marginalised(R, SD, GROUP, offset_sd=0.8)
    assert found == pytest.approx(joint(R, SD, [np.ones(7)], [0.8]), rel=1e-12)


def test_a_scale_integrated_out_is_a_covariance_that_grows_with_the_prediction():
    found = marginalised(R, SD, GROUP, predicted=F, offset=False, scale_sd=0.3)
    assert found == pytest.approx(joint(R, SD, [F], [0.3]), rel=1e-12)


def test_both_together():
    found = marginalised(R, SD, GROUP, predicted=F, offset_sd=0.8, scale_sd=0.3)
    assert found == pytest.approx(joint(R, SD, [np.ones(7), F], [0.8, 0.3]), rel=1e-12)


@given(SIZES, SIZES, SIZES)
def test_an_offset_at_any_size(size, sd, prior):
    r = size * R
    found = marginalised(r, sd, GROUP, offset_sd=prior)
    total = 0.0
    for name in set(GROUP):
        one = r[np.array(GROUP) == name]
        n = len(one)
        within = (((one - one.mean()) / sd) ** 2).sum()  # Helmert: mean and contrasts are apart
        spread = math.hypot(sd / math.sqrt(n), prior)
        total += stats.norm.logpdf(one.mean(), scale=spread) - 0.5 * within
        total -= (n - 1) * (math.log(sd) + 0.5 * math.log(2 * math.pi)) + 0.5 * math.log(n)
    assert found == pytest.approx(total, rel=1e-7)


@pytest.mark.parametrize("predicted", [None, F])
def test_an_infinitely_narrow_prior_is_no_offset(predicted):
    tight = {"predicted": predicted, "offset_sd": 1e-12, "scale_sd": 1e-12}
    assert marginalised(R, SD, GROUP, **tight) == pytest.approx(independent(R, SD), rel=1e-12)
    found = profiled(R, SD, GROUP, **tight)
    np.testing.assert_allclose(found.residual, R / SD, rtol=1e-9)
    np.testing.assert_allclose(found.offset, 0, atol=1e-20)
    np.testing.assert_allclose(found.scale, 1, atol=1e-15)


@pytest.mark.parametrize("predicted", [None, F])
def test_a_wide_prior_is_the_profile_up_to_a_constant(predicted):
    def apart(r):
        known = {"predicted": predicted, "offset_sd": 1e9, "scale_sd": 1e9}
        wide = marginalised(r, SD, GROUP, **known)
        return wide - profiled(r, SD, GROUP, predicted=predicted).log_density

    assert apart(R) == pytest.approx(apart(7 * R**2 - 3), rel=1e-7)


def test_no_prior_is_a_wide_one_whose_density_is_one():
    flat, wide = marginalised(R, SD, GROUP), marginalised(R, SD, GROUP, offset_sd=1e7)
    assert flat + 2 * stats.norm.logpdf(0, scale=1e7) == pytest.approx(wide, rel=1e-10)


def test_a_flat_offset_is_the_integral_over_it():
    rows = np.array(GROUP) == "p1"
    total, _ = integrate.quad(lambda b: math.exp(independent(R[rows] - b, SD[rows])), -9, 9)
    found = marginalised(R[rows], SD[rows], ["p1"] * 3)
    assert found == pytest.approx(math.log(total), rel=1e-8)


def test_a_profile_is_the_least_squares_fit():
    found = profiled(R, SD, GROUP, predicted=F)
    for i, name in enumerate(found.groups):
        rows = np.array(GROUP) == name
        slope, offset = np.polyfit(F[rows], R[rows], 1, w=1 / SD[rows])
        assert found.offset[i] == pytest.approx(offset)
        assert found.scale[i] == pytest.approx(1 + slope)
        left = (R[rows] - offset - slope * F[rows]) / SD[rows]
        np.testing.assert_allclose(found.residual[rows], left, atol=1e-10)
    assert found.groups == ("p1", "p2")
    expected = independent(found.residual * SD, SD)
    assert found.log_density == pytest.approx(expected, rel=1e-12)


def test_a_prior_draws_the_offset_to_zero():
    rows = np.array(GROUP) == "p1"
    r, sd = R[rows], SD[rows]

    def loss(b):
        return (
            -independent(r - b, sd) - stats.norm.logpdf(b, scale=0.4) + stats.norm.logpdf(0, 0, 0.4)
        )

    found = profiled(r, sd, ["p1"] * 3, offset_sd=0.4)
    best = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    assert found.offset[0] == pytest.approx(best.x, abs=1e-6)
    assert found.log_density == pytest.approx(-best.fun, rel=1e-10)


def test_draws_are_solved_as_one_by_one_and_a_failed_one_harms_no_neighbour():
    draws = np.stack([R, R, 2 * R])
    draws[1, 3] = np.nan
    predicted = np.stack([F, F, F + 1])
    known = {"offset_sd": 0.8, "scale_sd": 0.5}
    found = marginalised(draws, SD, GROUP, predicted=predicted, **known)
    profile = profiled(draws, SD, GROUP, predicted=predicted, **known)
    assert np.isnan(found).tolist() == [False, True, False]
    assert np.isnan(profile.offset).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    for i in (0, 2):
        alone = marginalised(draws[i], SD, GROUP, predicted=predicted[i], **known)
        assert found[i] == pytest.approx(alone, rel=1e-12)
        single = profiled(draws[i], SD, GROUP, predicted=predicted[i], **known)
        np.testing.assert_allclose(profile.scale[i], single.scale, rtol=1e-12)
        np.testing.assert_allclose(profile.residual[i], single.residual, rtol=1e-10)


def test_a_large_offset_leaves_the_small_residuals_their_digits():
    found = profiled(R + 1e9, SD, GROUP)
    np.testing.assert_allclose(found.residual, profiled(R, SD, GROUP).residual, atol=1e-5)


REFUSED = [
    ({"sd": 0.0}, "sd 0; it is positive and finite"),
    ({"sd": [1.0, -1.0]}, "sd -1 in row 2; it is positive and finite"),
    ({"sd": [1.0] * 3}, "sd of shape (3,); it does not spread over residuals of shape (2,)"),
    ({"residual": [1.0, np.inf]}, "residual inf in row 2; it is a finite number"),
    ({"group": ["a"]}, "residuals of shape (2,) for 1 rows with a group; the last axis is rows"),
    ({"group": ["a", None]}, "no group in row 2; give every row a name"),
    ({"group": [np.nan, "a"]}, "no group in row 1; give every row a name"),
    ({"offset_sd": 0.0}, "offset_sd 0; it is positive; inf is none"),
    ({"predicted": [1.0, 2.0], "scale_sd": -1.0}, "scale_sd -1; it is positive; inf is none"),
    ({"offset": False}, "neither offset nor scale; give predicted, or offset=True"),
    (
        {"predicted": [2.0, 2.0]},
        "the rows of group 'a' do not tell its offset and scale; their predictions are all zero or "
        "all the same; leave one of the two out, or give a prior SD (a narrower one)",
    ),
]


@pytest.mark.parametrize(("changed", "text"), REFUSED)
@pytest.mark.parametrize("function", [marginalised, profiled])
def test_bad_input_is_refused(function, changed, text):
    given_all = {"residual": [1.0, 2.0], "sd": 1.0, "group": ["a", "a"], **changed}
    with pytest.raises(InputError) as caught:
        function(**given_all)
    assert str(caught.value) == f"offsets and scales of groups: {text}"
