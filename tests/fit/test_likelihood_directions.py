"""Observations in words: the probability of a sign, of no change, and that they sum to one."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from il15_sim.errors import InputError
from il15_sim.fit.likelihoods import DIRECTIONS, likelihood

SIZES = st.floats(-12, 12).map(lambda e: 10.0**e)
SIGNED = st.builds(lambda size, sign: size * sign, SIZES, st.sampled_from([-1, 1]))
LAW = likelihood("direction")


@given(SIGNED, SIZES)
def test_a_rise_has_the_probability_of_its_sign(difference, scale):
    expected = stats.norm.logcdf(difference / scale)
    for word in ("rise", "A above B"):
        assert LAW.log_density(difference, word, scale=scale) == pytest.approx(expected, rel=1e-9)
    for word in ("fall", "B above A"):
        found = LAW.log_density(-difference, word, scale=scale)
        assert found == pytest.approx(expected, rel=1e-9)


@given(st.floats(-20, 20), st.floats(1e-3, 20), st.floats(0.5, 3))
def test_rise_fall_and_no_change_share_all_probability(difference, margin, scale):
    words = ["rise", "fall", "no change"]
    found = LAW.log_density([difference] * 3, words, scale=scale, margin=margin)
    assert np.exp(found).sum() == pytest.approx(1, rel=1e-10)
    assert found[0] == pytest.approx(stats.norm.logcdf((difference - margin) / scale), rel=1e-9)


@given(SIGNED, SIZES, SIZES)
@example(1 + 4e-16, 1.0, 1e-10)
def test_no_change_at_any_size(difference, margin, scale):
    with mpmath.workdps(150):
        root, size = mpmath.sqrt(2) * mpmath.mpf(scale), abs(mpmath.mpf(difference))
        high, low = (margin - size) / root, (margin + size) / root
        # erfc far out keeps its digits where erf is one; mpmath has exponents of any size.
        inside = mpmath.erfc(-high) - mpmath.erfc(low)
        expected = float(mpmath.log(inside / 2))
    found = LAW.log_density(difference, "no change", scale=scale, margin=margin)
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-12)


def test_an_endless_margin_makes_no_change_certain():
    assert LAW.log_density(3.0, "no change", scale=1.0, margin=1e12) == 0
    assert LAW.log_density(3.0, "rise", scale=1.0, margin=1e12) < -1e20


@pytest.mark.parametrize("word", sorted(DIRECTIONS))
def test_a_difference_of_zero_favours_no_side(word):
    found = math.exp(LAW.log_density(0.0, word, scale=2.0, margin=1.0))
    within = stats.norm.cdf(0.5) - stats.norm.cdf(-0.5)
    assert found == pytest.approx(within if word == "no change" else (1 - within) / 2)


def test_draws_and_rows():
    found = LAW.log_density([[1.0, -1.0], [2.0, np.nan]], ["rise", "fall"], scale=1.0)
    assert found[0, 0] == found[0, 1] == pytest.approx(stats.norm.logcdf(1.0))
    assert np.isnan(found).tolist() == [[False, False], [False, True]]


@pytest.mark.parametrize(
    ("word", "known", "text"),
    [
        ("rises", {"scale": 1.0}, "unknown direction 'rises'; did you mean 'rise'?"),
        (1.0, {"scale": 1.0}, "unknown direction '1.0'; choose one of: A above B, B above A, fall"),
        ("rise", {"scale": 0.0}, "scale 0; it is positive and finite"),
        ("rise", {"scale": 1.0, "margin": -1.0}, "margin -1; it is finite and not negative"),
        ("no change", {"scale": 1.0}, "margin 0; 'no change' means a difference within a positive"),
    ],
)
def test_bad_input_is_refused(word, known, text):
    with pytest.raises(InputError) as caught:
        LAW.log_density(1.0, word, **known)
    assert str(caught.value).startswith(f"likelihood 'direction': {text}")
