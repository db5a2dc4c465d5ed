"""Weights of measurements: stated spreads become log SDs, means of n patients are surer."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from il15_sim.data import Measurement, Window
from il15_sim.errors import InputError
from il15_sim.fit.file.noise import NoiseModel, between_log_sd, log_sd_of_cv, row_log_sd

NOISE = NoiseModel(model_sd_log=0.2, area_sd_log=0.1, between_cv=0.6, within_cv=0.5)
ROW = Measurement("study", "level", "arm", 12.0, 4.0, "mg/L", "fit", n=9, where="a.tsv: line 2")


@given(st.floats(0.05, 2.0))
def test_a_cv_is_the_cv_of_the_log_normal_with_that_log_sd(cv):
    sample = stats.lognorm(log_sd_of_cv(cv))
    assert sample.std() / sample.mean() == pytest.approx(cv, rel=1e-9)


@given(st.floats(0.1, 1.5))
def test_quantiles_give_back_the_log_sd(sd):
    known = stats.lognorm(sd, scale=4.0)
    low, high = known.ppf([0.25, 0.75])
    row = replace(ROW, spread_type="IQR", spread=f"{low:.12g}-{high:.12g}")
    assert between_log_sd(row) == pytest.approx(sd, rel=1e-4)


def test_a_confidence_interval_is_that_of_the_mean():
    half = stats.norm.ppf(0.975) * 0.6 / math.sqrt(ROW.n)
    spread = f"{4 * math.exp(-half):.12g}-{4 * math.exp(half):.12g}"
    row = replace(ROW, spread_type="95% CI", spread=spread)
    assert between_log_sd(row) == pytest.approx(0.6, rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "spread", "expected"),
    [
        ("CV%", "50", log_sd_of_cv(0.5)),
        ("SD", "2", log_sd_of_cv(0.5)),
        ("geometric SD", "1.5", math.log(1.5)),
        ("range", "1-9", None),
        ("", "", None),
        ("CV%", "", None),
    ],
)
def test_each_kind_of_spread(kind, spread, expected):
    row = replace(ROW, spread_type=kind, spread=spread)
    assert between_log_sd(row) == (None if expected is None else pytest.approx(expected))


def test_a_row_has_the_error_of_the_model_and_of_a_mean_of_n():
    expected = math.hypot(0.2, log_sd_of_cv(0.6) / 3)
    assert row_log_sd(ROW, NOISE) == pytest.approx(expected)
    assert row_log_sd(ROW, NOISE, is_area=True) == pytest.approx(
        math.hypot(0.1, log_sd_of_cv(0.6) / 3)
    )
    stated = replace(ROW, spread_type="geometric SD", spread="1.5")
    assert row_log_sd(stated, NOISE) == pytest.approx(math.hypot(0.2, math.log(1.5) / 3))


def test_a_ratio_of_two_visits_has_twice_the_variance_within_patients():
    ratio = replace(ROW, reference=Window("arm", 0.0, 12.0))
    expected = math.hypot(0.1, math.sqrt(2) * log_sd_of_cv(0.5) / 3)
    assert row_log_sd(ratio, NOISE) == pytest.approx(expected)


def test_a_stated_error_wins():
    assert row_log_sd(replace(ROW, noise_sd_log=0.7), NOISE) == 0.7


@given(st.integers(1, 500))
def test_more_patients_are_never_less_sure(n):
    few, more = (row_log_sd(replace(ROW, n=k), NOISE) for k in (n, n + 1))
    assert NOISE.model_sd_log < more < few or np.isclose(more, few)


@pytest.mark.parametrize(
    ("kind", "spread", "message"),
    [
        ("CV%", "high", "line 2: spread 'high' is not a positive number"),
        ("SD", "-1", "spread '-1' is not a positive number"),
        ("IQR", "5", "spread '5' is not an interval; write it as low-high"),
        ("IQR", "9-5", "spread '9-5' is not an interval"),
        ("95% CI", "a-b", "spread 'a-b' is not an interval"),
        ("SEM", "1", "unknown spreadType 'SEM'; use CV%"),
    ],
)
def test_a_spread_that_does_not_read_is_told(kind, spread, message):
    with pytest.raises(InputError, match=message):
        between_log_sd(replace(ROW, spread_type=kind, spread=spread))
