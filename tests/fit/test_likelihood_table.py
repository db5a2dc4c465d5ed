"""The table as a whole: every kind is told, keeps shapes, has finite slopes and can travel."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from il15_sim.fit.likelihoods import LIKELIHOODS, likelihood, table_text

#: A usual prediction and measurement of each kind, and what is told beside them.
USUAL = {
    "normal": (2.0, 3.0, {"sd": 0.5}),
    "log-normal": (2.0, 3.0, {"log_sd": 0.5}),
    "proportional-additive": (2.0, 3.0, {"sd": 0.5, "cv": 0.2}),
    "censored-normal": (2.0, 1.0, {"sd": 0.5, "lower": 1.0}),
    "censored-log-normal": (2.0, 9.0, {"log_sd": 0.5, "upper": 8.0}),
    "censored-proportional-additive": (2.0, 1.0, {"sd": 0.5, "cv": 0.2, "lower": 1.0}),
    "poisson": (2.5, 3, {}),
    "negative-binomial": (2.5, 3, {"dispersion": 0.4}),
    "binomial": (0.3, 3, {"n": 7}),
    "mean-sd": (2.0, 3.0, {"sd": 0.5, "n": 6}),
    "mean-sd-student": (2.0, 3.0, {"sd": 0.5, "n": 6}),
    "mean-se": (2.0, 3.0, {"se": 0.5}),
    "geometric-mean": (2.0, 3.0, {"cv_percent": 45.0, "n": 6}),
    "mean-range": (2.0, 3.0, {"lowest": 1.0, "highest": 6.0, "n": 6}),
    "max-fold": (2.0, 3.0, {"log_sd": 0.5, "n": 6}),
    "median-time": (2.0, 3.0, {"lower": 2.5, "upper": 5.0}),
    "direction": (0.4, "no change", {"scale": 1.0, "margin": 0.2}),
}


def test_every_kind_is_here():
    assert set(USUAL) == set(LIKELIHOODS)


@pytest.mark.parametrize("kind", sorted(LIKELIHOODS))
def test_every_kind_says_what_it_is(kind):
    one = LIKELIHOODS[kind]
    assert one.kind == kind
    assert all((one.formula, one.use, one.predicted, one.measured))
    assert "doi:10." in one.reference


@pytest.mark.parametrize("kind", USUAL)
def test_draws_and_rows_are_those_of_one_by_one(kind):
    predicted, measured, known = USUAL[kind]
    draws = predicted * np.array([[1.0, 1.1, 1.2], [1.3, 1.4, np.nan]])
    found = likelihood(kind).log_density(draws, [measured] * 3, **known)
    assert found.shape == (2, 3)
    for at in np.ndindex(2, 3):
        alone = likelihood(kind).log_density(draws[at], measured, **known)
        assert alone.shape == ()
        np.testing.assert_allclose(found[at], alone, rtol=1e-14)
    assert np.isnan(found).tolist() == [[False] * 3, [False, False, True]]


@pytest.mark.parametrize("kind", USUAL)
def test_what_is_known_may_differ_from_row_to_row_and_from_draw_to_draw(kind):
    predicted, measured, known = USUAL[kind]
    one = likelihood(kind)
    expected = one.log_density(predicted, measured, **known)
    for shape in ((3,), (2, 1), (2, 3)):
        spread = {name: np.full(shape, value) for name, value in known.items()}
        found = one.log_density(np.full((2, 3), predicted), [measured] * 3, **spread)
        np.testing.assert_allclose(found, np.full((2, 3), expected), rtol=1e-14)


def slope(kind, far):
    """Finite difference of the log density where the prediction is `far` times the usual one."""
    predicted, measured, known = USUAL[kind]
    p = min(predicted * far, 0.999 if kind == "binomial" else np.inf)
    ends = [p * (1 - 1e-4), p * (1 + 1e-4)]
    found = likelihood(kind).log_density(ends, [measured] * 2, **known)
    return (found[1] - found[0]) / (ends[1] - ends[0])


@pytest.mark.parametrize("kind", USUAL)
@pytest.mark.parametrize("far", [1e-12, 1e-3, 1.0, 1e3, 1e12])
def test_slopes_are_finite(kind, far):
    assert np.isfinite(slope(kind, far))


@pytest.mark.parametrize("kind", [k for k in USUAL if "censored" not in k and k != "direction"])
def test_slopes_lead_back_to_what_was_measured(kind):
    assert slope(kind, 1e3) < 0 < slope(kind, 1e-3)


@pytest.mark.parametrize("far", [0.3, 1.0, 3.0])
def test_slopes_lead_beyond_the_limit_that_was_met(far):
    assert slope("censored-normal", far) < 0  # below its limit
    assert slope("censored-proportional-additive", far) < 0
    assert slope("censored-log-normal", far) > 0  # above its limit


@pytest.mark.parametrize("kind", [k for k in USUAL if LIKELIHOODS[k].scale])
def test_the_slope_of_the_log_density_is_that_of_least_squares(kind):
    predicted, measured, known = USUAL[kind]
    law, step = likelihood(kind), 1e-6
    ends = [predicted + step, predicted - step]
    log_density = law.log_density(ends, [measured] * 2, **known)
    squares = -0.5 * law.residual(ends, [measured] * 2, **known) ** 2
    assert np.diff(log_density) == pytest.approx(np.diff(squares), rel=1e-6)


@pytest.mark.parametrize("kind", USUAL)
def test_a_likelihood_travels_to_another_process(kind):
    predicted, measured, known = USUAL[kind]
    there = pickle.loads(pickle.dumps(likelihood(kind)))
    assert there.log_density(predicted, measured, **known) == likelihood(kind).log_density(
        predicted, measured, **known
    )


def test_the_page_of_the_documentation_is_the_table():
    page = Path(__file__).resolve().parents[2] / "docs" / "likelihoods.md"
    assert table_text() in page.read_text(encoding="utf-8")
