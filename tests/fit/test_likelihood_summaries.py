"""What papers print of n patients, against scipy and against simulated cohorts."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from il15_sim.errors import InputError
from il15_sim.fit.likelihoods import likelihood, sd_of_range

SIZES = st.floats(-12, 12).map(lambda e: 10.0**e)
MANY = st.integers(2, 10**12)


def log_normal(measured, median, log_sd):
    z = (math.log(measured) - math.log(median)) / log_sd
    return stats.norm.logpdf(z) - math.log(log_sd) - math.log(measured)


@given(SIZES, SIZES, SIZES, MANY)
def test_a_mean_with_sd_or_se(predicted, measured, sd, n):
    se = sd / math.sqrt(n)
    expected = pytest.approx(stats.norm.logpdf(measured, predicted, se), rel=1e-9)
    assert likelihood("mean-sd").log_density(predicted, measured, sd=sd, n=n) == expected
    assert likelihood("mean-se").log_density(predicted, measured, se=se) == expected


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.1, 10), st.integers(2, 1000))
def test_a_mean_of_a_small_cohort_is_students(predicted, measured, sd, n):
    found = likelihood("mean-sd-student").log_density(predicted, measured, sd=sd, n=n)
    expected = stats.t.logpdf(measured, n - 1, predicted, sd / math.sqrt(n))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-10)


@given(SIZES, SIZES, SIZES, MANY)
def test_students_at_any_size(predicted, measured, sd, n):
    with mpmath.workdps(60):
        v = mpmath.mpf(n - 1)
        se = mpmath.mpf(sd) / mpmath.sqrt(n)
        t = (mpmath.mpf(measured) - predicted) / se
        number = (
            mpmath.loggamma((v + 1) / 2) - mpmath.loggamma(v / 2) - mpmath.log(v * mpmath.pi) / 2
        )
        expected = float(number - mpmath.log(se) - (v + 1) / 2 * mpmath.log1p(t**2 / v))
    found = likelihood("mean-sd-student").log_density(predicted, measured, sd=sd, n=n)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_large_cohort_needs_no_student():
    known = {"sd": 3.0, "n": 10**9}
    student = likelihood("mean-sd-student").log_density(5.0, 5.0001, **known)
    assert student == pytest.approx(
        likelihood("mean-sd").log_density(5.0, 5.0001, **known), rel=1e-6
    )


@given(SIZES, SIZES, st.floats(0, 4).map(lambda e: 10.0**e), MANY)
def test_a_geometric_mean_with_its_cv(predicted, measured, cv, n):
    found = likelihood("geometric-mean").log_density(predicted, measured, cv_percent=cv, n=n)
    log_sd = math.sqrt(math.log1p((cv / 100) ** 2) / n)
    assert found == pytest.approx(log_normal(measured, predicted, log_sd), rel=1e-9)


def test_the_cv_is_that_of_the_patients():
    sd = 1 / likelihood("geometric-mean").residual(1.0, math.e, cv_percent=60.0, n=1)
    assert stats.lognorm(sd).std() / stats.lognorm(sd).mean() == pytest.approx(0.6)


@pytest.mark.parametrize("n", [2, 5, 18, 200, 5000])
def test_a_range_tells_the_sd(n):
    expected, _ = integrate.quad(  # mean range of n standard normal values (Tippett 1925)
        lambda x: 1 - stats.norm.cdf(x) ** n - stats.norm.sf(x) ** n, -12, 12, limit=400
    )
    assert sd_of_range(0.0, expected, n) == pytest.approx(1, rel=0.05)


def test_a_range_of_folds_tells_the_log_sd():
    wide = sd_of_range(np.log(2.0), np.log(3.0), 18)
    z = stats.norm.ppf((18 - 0.375) / (18 + 0.25))
    assert wide == pytest.approx(math.log(1.5) / (2 * z))


@given(st.floats(-1e6, 1e6), st.floats(0, 1), SIZES, MANY)
def test_a_mean_with_a_range(predicted, share, width, n):
    low, high = 1.0, 1.0 + max(width, 1e-6)
    mean = min(low + share * (high - low), high)
    found = likelihood("mean-range").log_density(predicted, mean, lowest=low, highest=high, n=n)
    sd = (high - low) / (2 * stats.norm.isf(0.625 / (n + 0.25)))
    assert found == pytest.approx(stats.norm.logpdf(mean, predicted, sd / math.sqrt(n)), rel=1e-9)


@given(SIZES, SIZES, st.floats(0.01, 5), MANY)
def test_the_highest_fold_of_a_course(predicted, measured, log_sd, n):
    found = likelihood("max-fold").log_density(predicted, measured, log_sd=log_sd, n=n)
    expected = log_normal(measured, predicted, log_sd / math.sqrt(n))
    assert found == pytest.approx(expected, rel=1e-9)


@given(SIZES, SIZES, st.floats(0.01, 5), st.floats(0.5, 0.999))
def test_a_median_time_lies_in_its_interval_as_often_as_its_level_says(
    predicted, measured, half, level
):
    ends = {"lower": measured * math.exp(-half), "upper": measured * math.exp(half)}
    one = likelihood("median-time")
    found = one.log_density(predicted, measured, level=level, **ends)
    log_sd = half / stats.norm.ppf((1 + level) / 2)
    assert found == pytest.approx(log_normal(measured, predicted, log_sd), rel=1e-9)
    at_the_end = one.residual(ends["lower"], measured, level=level, **ends)
    assert 2 * stats.norm.cdf(at_the_end) - 1 == pytest.approx(level, rel=1e-9)


def test_the_level_is_95_percent_where_none_is_told():
    known = {"lower": 4.0, "upper": 9.0}
    told = likelihood("median-time").log_density(5.0, 6.0, level=0.95, **known)
    assert likelihood("median-time").log_density(5.0, 6.0, **known) == told


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("mean-sd", {"sd": 1.0, "n": 4}),
        ("mean-sd-student", {"sd": 1.0, "n": 4}),
        ("mean-se", {"se": 0.5}),
        ("mean-range", {"lowest": -1e9, "highest": 1e9, "n": 10**18}),
        ("geometric-mean", {"cv_percent": 50.0, "n": 3}),
        ("max-fold", {"log_sd": 0.5, "n": 2}),
    ],
)
def test_densities_integrate_to_one(kind, known):
    one = likelihood(kind)
    low = 0 if one.predicted_rule == "logarithm" else -998.0
    total, _ = integrate.quad(
        lambda m: math.exp(one.log_density(2.0, m, **known)),
        *(low + 1e-9, 1002),
        limit=500,
        points=[0, 1, 2, 3, 10],
    )
    assert total == pytest.approx(1, rel=1e-8)


def test_an_interval_around_the_prediction_holds_as_much_as_its_level_says():
    one, known = likelihood("median-time"), {"lower": 2.0, "upper": 8.0, "level": 0.9}
    held, _ = integrate.quad(lambda m: math.exp(one.log_density(4.0, m, **known)), 2, 8)
    assert held == pytest.approx(0.9, rel=1e-9)


REFUSED = [
    ("mean-sd", 2.0, {"sd": 0.0, "n": 5}, "sd 0; it is positive and finite"),
    ("mean-sd", 2.0, {"sd": 1.0, "n": 0.5}, "n 0.5; it is a whole number from 1 on"),
    ("mean-sd", 2.0, {"sd": 1.0}, "no n; it is the number of patients"),
    ("mean-sd-student", 2.0, {"sd": 1.0, "n": 1}, "n 1; it is a whole number from 2 on"),
    ("mean-se", 2.0, {"se": -1.0}, "se -1; it is positive and finite"),
    ("geometric-mean", -2.0, {"cv_percent": 5.0, "n": 1}, "measured -2; on a log scale"),
    ("mean-range", 2.0, {"lowest": 3, "highest": 3, "n": 4}, "lowest 3; it lies below highest"),
    ("mean-range", 2.0, {"lowest": 3, "highest": 4, "n": 4}, "measured 2; a mean lies within its"),
    ("mean-range", 2.0, {"lowest": 1, "highest": 4, "n": 1}, "n 1; it is a whole number from 2"),
    ("median-time", 2.0, {"lower": 3, "upper": 2}, "lower 3; it lies below upper"),
    ("median-time", 9.0, {"lower": 3, "upper": 4}, "measured 9; a median lies within its"),
    (
        "median-time",
        2.0,
        {"lower": 1, "upper": 4, "level": 95},
        "level 95; it lies between 0.5",
    ),
]


@pytest.mark.parametrize(("kind", "measured", "known", "text"), REFUSED)
def test_bad_input_is_refused(kind, measured, known, text):
    with pytest.raises(InputError) as caught:
        likelihood(kind).log_density(1.0, measured, **known)
    assert str(caught.value).startswith(f"likelihood '{kind}': {text}")


@pytest.mark.parametrize(
    ("low", "high", "n", "text"),
    [
        (3, 2, 5, "lowest 3; it lies below highest"),
        (2, 3, 1, "n 1; it is a whole number from 2 on"),
    ],
)
def test_a_range_that_tells_nothing_is_refused(low, high, n, text):
    with pytest.raises(InputError) as caught:
        sd_of_range(low, high, n)
    assert str(caught.value) == f"SD of a range: {text}"
