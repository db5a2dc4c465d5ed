"""The posterior of a fit against closed forms of a straight line."""

import numpy as np
import pytest
from scipy import stats

from il15_sim import InputError, plots
from il15_sim.fit import Prior, fit_table
from il15_sim.fit.posterior import FitTarget, predictive, sample_posterior
from tests.made.own_tables import decay, line, table

TIMES = np.arange(1.0, 9.0)
LINE = {"a": (-50.0, 50.0), "b": (-50.0, 50.0)}
SD = 0.3
DESIGN = np.stack([np.ones_like(TIMES), TIMES], axis=1)


def scattered(seed=1):
    return 1.5 + 0.7 * TIMES + SD * np.random.default_rng(seed).normal(size=len(TIMES))


@pytest.fixture(scope="module")
def known():
    told = table(TIMES, scattered(), error=SD)
    return fit_table(line(), told, ["a", "b"], bounds=LINE, noise="normal", starts=1)


@pytest.fixture(scope="module")
def drawn(known):
    return sample_posterior(known, draws=16_000, seed=3, progress=False)


def test_the_posterior_of_a_line_is_that_of_a_regression(drawn):
    best = np.linalg.lstsq(DESIGN, scattered())[0]
    error = np.sqrt(np.diag(SD**2 * np.linalg.inv(DESIGN.T @ DESIGN)))
    assert drawn.names == ("a", "b")
    # Several standard errors of the mean at an effective sample size of some thousands.
    assert (drawn.frame["mean"].to_numpy() - best) / error == pytest.approx(0.0, abs=0.1)
    assert drawn.frame["sd"].to_numpy() == pytest.approx(error, rel=0.05)
    assert drawn.flags == ()


def test_bands_are_those_of_a_regression(known, drawn):
    bands = predictive(known, drawn, curves=2_000)
    at = bands[bands["time_h"] == 8.0].iloc[0]
    row = np.array([1.0, 8.0])
    middle = row @ np.linalg.lstsq(DESIGN, scattered())[0]
    error = SD * np.sqrt(row @ np.linalg.inv(DESIGN.T @ DESIGN) @ row)
    assert at["median"] == pytest.approx(middle, abs=0.1 * error)
    assert at["upper95"] - middle == pytest.approx(1.96 * error, rel=0.08)
    new = np.hypot(error, SD)
    assert middle - at["reading_lower95"] == pytest.approx(1.96 * new, rel=0.08)
    (axes,) = plots.predictive(bands, known.residuals).axes
    assert axes.get_xlabel() == "Time (h)"


def test_an_unknown_size_of_errors_widens_the_posterior_to_a_t():
    fit = fit_table(
        line(), table(TIMES, scattered()), ["a", "b"], bounds=LINE, noise="normal", starts=1
    )
    found = sample_posterior(fit, draws=24_000, seed=2, progress=False)
    assert found.names == ("a", "b", "error of y (normal)")
    best, squares, *_ = np.linalg.lstsq(DESIGN, scattered())
    # With a prior flat in ln(sd): Student's t with n - 2 degrees of freedom.
    error = np.sqrt(squares[0] / 6 * np.diag(np.linalg.inv(DESIGN.T @ DESIGN)))
    frame = found.frame.set_index("parameter")
    reach = stats.t.ppf(0.975, 6) * error
    for name, middle, half in zip("ab", best, reach, strict=True):
        assert frame.loc[name, "upper95"] - middle == pytest.approx(half, rel=0.08)
        assert middle - frame.loc[name, "lower95"] == pytest.approx(half, rel=0.08)


def test_a_prior_counts_once(known):
    told = table(TIMES, scattered(), error=SD)
    prior = Prior("normal", 0.0, 0.2)
    fit = fit_table(
        line(), told, ["a", "b"], bounds=LINE, noise="normal", starts=1, priors={"a": prior}
    )
    found = sample_posterior(fit, draws=16_000, seed=4, progress=False)
    precision = DESIGN.T @ DESIGN / SD**2 + np.diag([1 / 0.2**2, 0.0])
    mean = np.linalg.solve(precision, DESIGN.T @ scattered() / SD**2)
    error = np.sqrt(np.diag(np.linalg.inv(precision)))
    assert list(fit.values.values()) == pytest.approx(mean, rel=1e-4)
    assert (found.frame["mean"].to_numpy() - mean) / error == pytest.approx(0.0, abs=0.1)
    assert found.frame["sd"].to_numpy() == pytest.approx(error, rel=0.05)


def test_relative_readings_are_integrated_over_their_scale():
    # y = scale * a (with b = 0): only the product is told, so a is as wide as its bounds.
    told = table(TIMES, np.full(8, 6.0), error=0.1, unit="MFI")
    fit = fit_table(
        line(), told, ["a"], bounds={"a": (0.5, 3.0)}, noise="normal", starts=1,
        scale="observable", arms=[{"b": 0.0}],
    )  # fmt: skip
    target = FitTarget(fit)
    shares = np.linspace(0.05, 0.95, 7)[:, None]
    density = target.log_density(shares)
    a = target.values(shares)[:, 0]
    design = a[:, None] + 0.0 * TIMES
    # The integral over a flat scale of prod N(6; s a, 0.1^2) is proportional to 1 / |design|.
    expected = -np.log(np.linalg.norm(design, axis=1))
    assert density - density[0] == pytest.approx(expected - expected[0], abs=1e-6)


def test_a_posterior_of_another_fit_is_refused(drawn):
    told = table(TIMES, scattered(5), error=SD)
    other = fit_table(line(), told, ["a", "b"], bounds=LINE, noise="normal", starts=1)
    with pytest.raises(InputError, match="a posterior of another fit; sample this one"):
        predictive(other, drawn)


def test_some_parameters_can_be_picked(drawn):
    assert drawn.only(["b"]).names == ("b",)
    with pytest.raises(InputError, match="unknown parameter 'c'"):
        drawn.only(["c"])


def test_a_curve_on_two_plates_has_the_band_of_the_model():
    times = np.tile(np.arange(1.0, 9.0), 2)
    values = np.repeat([100.0, 1000.0], 8) * np.exp(-0.3 * times)
    told = table(times, values, plate=np.repeat([*"pq"], 8), unit="MFI", error=0.05 * values)
    result = fit_table(
        decay(), told, ["rate"], bounds={"rate": (0.01, 5.0)}, scale="plate", starts=1
    )
    found = predictive(result, sample_posterior(result, draws=800, seed=1, progress=False))
    expected = np.exp(-0.3 * found["time_h"])
    assert found["median"].to_numpy() == pytest.approx(expected.to_numpy(), rel=0.03)
    assert found[["reading_lower95", "reading_upper95"]].isna().all(axis=None)


def test_a_normal_prior_is_one_of_the_value_on_a_log_scale_too():
    told = table(TIMES, np.exp(-TIMES), error=1e4)
    prior = Prior("normal", 1.0, 0.25)
    result = fit_table(
        *(decay(), told, ["rate"]),
        bounds={"rate": (0.01, 10.0)},
        priors={"rate": prior},
        noise="normal",
        starts=1,
    )
    shares = np.linspace(0.2, 0.9, 8)
    target = FitTarget(result)
    values = target.values(shares[:, None])[:, 0]
    # The density of a share is that of the value times its derivative, which is the value here.
    expected = stats.norm.logpdf(values, 1.0, 0.25) + np.log(values)
    found = target.log_density(shares[:, None])
    assert found - found[0] == pytest.approx(expected - expected[0], abs=1e-4)
