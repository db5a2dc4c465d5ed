"""`fit_table` against closed forms: linear least squares, an exponential, its own likelihood."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from il15_sim.fit import fit_table
from tests.made import own_tables
from tests.made.own_tables import table

TIMES = np.arange(1.0, 9.0)
LINE = {"a": (-10.0, 10.0), "b": (-5.0, 5.0)}
DECAY = {"rate": (0.01, 10.0), "size": (0.01, 100.0)}

line, decay, explosion = map(
    functools.cache, (own_tables.line, own_tables.decay, own_tables.explosion)
)


def scattered(seed=0):
    return 1.5 + 0.7 * TIMES + 0.3 * np.random.default_rng(seed).normal(size=len(TIMES))


def regression(values, sd=None):
    """Estimates, standard errors and the quantile of their intervals."""
    design = np.column_stack([np.ones_like(TIMES), TIMES])
    found, squares, _, _ = np.linalg.lstsq(design, values, rcond=None)
    freedom = len(TIMES) - 2
    variance = squares[0] / freedom if sd is None else sd**2
    error = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return found, error, stats.t.ppf(0.975, freedom if sd is None else np.inf)


def fit_line(values, sd=None, **options):
    told = {} if sd is None else {"error": sd}
    return fit_table(
        line(), table(TIMES, values, **told), ["a", "b"],
        bounds=LINE, noise="normal", starts=2, **options,
    )  # fmt: skip


@pytest.mark.parametrize("sd", [None, 0.3])
def test_a_line_is_that_of_linear_regression(sd):
    values = scattered()
    result = fit_line(values, sd)
    found, error, quantile = regression(values, sd)
    frame = result.frame.set_index("parameter")
    assert frame["value"].to_numpy() == pytest.approx(found, rel=1e-6)
    assert frame["lower95"].to_numpy() == pytest.approx(found - quantile * error, rel=1e-6)
    assert frame["upper95"].to_numpy() == pytest.approx(found + quantile * error, rel=1e-6)
    assert frame["verdict"].tolist() == ["identified"] * 2
    assert result.threshold == pytest.approx(quantile**2)


@pytest.mark.parametrize("sd", [None, 0.3])
@pytest.mark.parametrize("number", [0, 1])
def test_the_profile_of_a_line_is_the_parabola(number, sd):
    values = scattered()
    profile = fit_line(values, sd).profile("ab"[number])
    found, error, quantile = regression(values, sd)
    points = (profile.frame["value"] - found[number]) / error[number]
    assert profile.frame["rise"].to_numpy() == pytest.approx(points.to_numpy() ** 2, abs=1e-6)
    assert profile.frame["value"].is_monotonic_increasing
    assert (profile.frame["rise"].iloc[[0, -1]] > profile.threshold).all()
    ends = found[number] + np.array([-1, 1]) * quantile * error[number]
    assert [profile.lower95, profile.upper95] == pytest.approx(ends, rel=1e-4)
    assert profile.flags == ()


def test_means_weigh_by_how_many_they_are_of():
    # Three readings at each time, or their mean with n = 3: the same line.
    rng = np.random.default_rng(3)
    single = 1.5 + 0.7 * TIMES + 0.3 * rng.normal(size=(3, len(TIMES)))
    all_of_them = fit_table(
        line(), table(np.tile(TIMES, 3), single.ravel(), error=0.3), ["a", "b"],
        bounds=LINE, noise="normal", starts=1,
    )  # fmt: skip
    means = fit_table(
        line(), table(TIMES, single.mean(axis=0), error=0.3, n=3), ["a", "b"],
        bounds=LINE, noise="normal", starts=1,
    )  # fmt: skip
    columns = ["value", "lower95", "upper95"]
    assert means.frame[columns].to_numpy() == pytest.approx(
        all_of_them.frame[columns].to_numpy(), rel=1e-6
    )


@pytest.mark.parametrize("kind", ["normal", "log-normal"])
@pytest.mark.parametrize("told", [True, False])
def test_the_likelihood_is_that_of_its_distribution(kind, told):
    values = scattered()
    error = {"error": 0.1 * values} if told else {}
    result = fit_table(
        line(), table(TIMES, values, **error), ["a", "b"], bounds=LINE, noise=kind, starts=1
    )
    predicted = result.values["a"] + result.values["b"] * TIMES
    if kind == "normal":
        left = values - predicted
        sd = 0.1 * values if told else np.sqrt(left @ left / len(TIMES))
        density = stats.norm.logpdf(values, predicted, sd)
    else:
        left = np.log(values / predicted)
        sd = np.sqrt(np.log(1.01)) if told else np.sqrt(left @ left / len(TIMES))
        density = stats.lognorm.logpdf(values, sd, scale=predicted)
    assert result.log_likelihood == pytest.approx(density.sum(), rel=1e-6)
    assert result.residuals["predicted"].to_numpy() == pytest.approx(predicted, rel=1e-6)
    # The size of errors that residuals are counted in allows for two parameters.
    spread = sd if told else sd * np.sqrt(len(TIMES) / (len(TIMES) - 2))
    assert result.residuals["residual"].to_numpy() == pytest.approx(left / spread, abs=1e-5)


def test_intervals_cover_the_truth():
    rng, truth, inside = np.random.default_rng(11), {"rate": 0.4, "size": 5.0}, []
    for _ in range(20):
        noise = np.exp(0.2 * rng.normal(size=len(TIMES)))
        values = truth["size"] * np.exp(-truth["rate"] * TIMES) * noise
        frame = fit_table(decay(), table(TIMES, values), list(truth), bounds=DECAY, starts=1).frame
        right = frame["parameter"].map(truth)
        inside.append((frame["lower95"] < right) & (right < frame["upper95"]))
    # Of 20 intervals of 95 %, 17 or more with a probability of 0.98.
    assert (np.sum(inside, axis=0) >= 17).all()
    assert np.sum(inside) < 40


def test_a_product_is_known_and_its_parts_are_not():
    values = 5.0 * np.exp(-0.4 * TIMES)
    result = fit_table(
        decay(), table(TIMES, values, error=0.1 * values), ["rate", "size", "more"],
        bounds={**DECAY, "more": (0.01, 100.0)}, starts=1,
    )  # fmt: skip
    frame = result.frame.set_index("parameter")
    assert frame["verdict"].to_dict() == {
        "rate": "identified",
        "size": "structurally not identified",
        "more": "structurally not identified",
    }
    assert frame["reason"]["size"] == "the rows see it together with more only"
    assert frame["trades_off_with"].to_dict() == {"rate": "", "size": "more", "more": "size"}
    assert result.values["size"] * result.values["more"] == pytest.approx(5.0, rel=1e-5)
    assert "not identified; interval ends on the lower and upper bound" in str(result)
    profile = result.profile("size")
    assert np.isnan([profile.lower95, profile.upper95]).any()
    assert any("end of the interval is open" in flag for flag in profile.flags)


def test_a_parameter_that_no_reading_sees_is_told():
    result = fit_table(
        line(), table([0.0, 0.0, 0.0], [1.0, 1.1, 0.9], error=0.1), ["a", "b"],
        bounds=LINE, noise="normal", starts=1,
    )  # fmt: skip
    assert result.frame["verdict"].tolist() == [
        "identified",
        "structurally not identified",
    ]
    assert result.frame["reason"][1] == "no row depends on it"
    assert result.values["a"] == pytest.approx(1.0, abs=1e-6)


def test_an_estimate_on_its_bound_is_told():
    values = scattered()
    result = fit_table(
        line(), table(TIMES, values, error=0.3), ["a", "b"],
        bounds={**LINE, "b": (1.0, 5.0)}, noise="normal", starts=1,
    )  # fmt: skip
    a, b = result.frame.to_dict("records")
    assert (b["verdict"], b["on_bound"]) == ("on its bound", "lower")
    assert np.isnan(b["lower95"])
    # The other one is fitted with b = 1: a mean of eight residuals.
    assert a["value"] == pytest.approx(np.mean(values - TIMES), abs=1e-3)
    assert a["upper95"] - a["value"] == pytest.approx(1.96 * 0.3 / np.sqrt(8), rel=1e-3)
    assert "on its lower bound" in str(result)
    profile = result.profile("b")
    assert np.isnan(profile.lower95)
    assert profile.upper95 > 1.0
    assert "the lower end of the interval is open: the bound" in profile.flags[0]


def test_failed_searches_keep_their_reason_and_harm_none():
    times = np.array([0.5, 1.0, 2.0, 4.0])
    values = 1 / (1 - 0.2 * times)
    result = fit_table(
        explosion(), table(times, values, error=0.1 * values), "rate",
        bounds={"rate": (0.01, 10.0)}, starts=8,
    )  # fmt: skip
    assert result.values["rate"] == pytest.approx(0.2, rel=1e-5)
    starts = result.starts
    failed = starts[starts["begin_rate"] > 0.25]
    assert len(failed) >= 1
    assert np.isinf(failed["objective"]).all()
    assert (failed["status"] != "converged").all()
    assert f"{8 - len(failed)} of 8 searches came to an end" in str(result)
    assert len(result.to_dict()["starts"]) == 8


def test_searches_that_end_elsewhere_are_not_counted_as_the_best():
    values = scattered()
    result = fit_line(values)
    assert "2 of 2 searches came to an end, 2 of them at the best fit" in str(result)
    best, worse = result.searches[0], result.searches[1]
    # A rise of 1 in units of the estimated errors is another fit, however wide the first errors.
    rise = best.objective / result.best.objective
    moved = replace(worse, objective=best.objective + rise)
    other = replace(result, searches=(best, moved))
    assert "2 of 2 searches came to an end, 1 of them at the best fit" in str(other)


@pytest.mark.parametrize("scale", ["observable", "group"])
@pytest.mark.parametrize("kind", ["normal", "log-normal"])
def test_relative_readings_find_their_factors(scale, kind):
    factors = {"A": 300.0, "B": 300.0 if scale == "observable" else 900.0}
    group = np.repeat(["A", "B"], len(TIMES))
    rates = {"A": {"more": 1.0}, "B": {"more": 2.0}}
    true = np.tile(np.exp(-0.4 * TIMES), 2) * np.repeat([1.0, 2.0], len(TIMES))
    values = true * np.repeat(list(factors.values()), len(TIMES))
    result = fit_table(
        decay(), table(np.tile(TIMES, 2), values, group=group, error=0.1 * values, unit="MFI"),
        "rate", arms=rates, bounds={"rate": (0.01, 10.0)}, scale=scale, noise=kind, starts=2,
    )  # fmt: skip
    assert result.values["rate"] == pytest.approx(0.4, rel=1e-5)
    found = result.residuals.groupby("arm")["factor"].first()
    assert found.to_dict() == pytest.approx(factors, rel=1e-4)
    curves = result.curves()
    ends = curves[curves["time_h"] == 8.0].set_index("arm")["predicted"]
    assert ends["A"] == pytest.approx(300.0 * np.exp(-3.2), rel=1e-4)


def test_the_factor_of_relative_readings_widens_the_interval():
    # ln y = ln(factor) - rate * t: a line whose intercept is free.
    rng = np.random.default_rng(5)
    logs = 2.0 - 0.4 * TIMES + 0.1 * rng.normal(size=len(TIMES))
    result = fit_table(
        decay(), table(TIMES, np.exp(logs)), "rate",
        bounds={"rate": (-1.0, 10.0)}, scale="observable", starts=1,
    )  # fmt: skip
    found, error, quantile = regression(logs)
    row = result.frame.iloc[0]
    assert row["value"] == pytest.approx(-found[1], rel=1e-5)
    assert row["upper95"] - row["value"] == pytest.approx(quantile * error[1], rel=1e-4)


def test_two_observables_have_errors_of_their_own():
    rng = np.random.default_rng(2)
    y = 1.5 + 0.7 * TIMES + 0.05 * rng.normal(size=len(TIMES))
    x = TIMES + 0.8 * rng.normal(size=len(TIMES))
    both = table(np.tile(TIMES, 2), np.concatenate([y, x]))
    both["observable"] = np.repeat(["y", "x"], len(TIMES))
    result = fit_table(line(), both, ["a", "b"], bounds=LINE, noise="normal", starts=1)
    a, b = regression(y)[0]
    assert result.frame["value"].to_numpy() == pytest.approx([a, b], rel=1e-4)
    spread = result.residuals.groupby("observable")["spread"].first()
    # x holds no parameter: all of its residual counts, by the share of freedom that is left.
    assert spread["x"] == pytest.approx(np.sqrt(np.mean((x - TIMES) ** 2) * 16 / 14), rel=1e-4)
    assert spread["y"] == pytest.approx(
        np.sqrt(np.mean((y - a - b * TIMES) ** 2) * 16 / 14), rel=1e-4
    )


def test_the_same_seed_gives_the_same_fit():
    one, two = (fit_line(scattered(), seed=4) for _ in range(2))
    assert one.starts.equals(two.starts)
    other = fit_line(scattered(), seed=5)
    assert not one.starts["begin_a"].equals(other.starts["begin_a"])
    assert one.starts["begin_a"][0] == other.starts["begin_a"][0] == pytest.approx(1.0)


def test_correlations_are_those_of_a_regression():
    result = fit_table(
        line(), table(TIMES, scattered(), error=0.3), ["a", "b"],
        bounds=LINE, noise="normal", starts=1,
    )  # fmt: skip
    design = np.stack([np.ones_like(TIMES), TIMES], axis=1)
    covariance = np.linalg.inv(design.T @ design)
    expected = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert result.correlation.loc["a", "b"] == pytest.approx(expected, rel=1e-6)
    assert np.diag(result.correlation) == pytest.approx([1.0, 1.0])


def test_what_no_row_tells_has_no_correlation():
    told = table([0.0, 0.0, 0.0], [1.0, 1.1, 0.9], error=0.1)
    result = fit_table(line(), told, ["a", "b"], bounds=LINE, noise="normal", starts=1)
    assert np.isnan(result.correlation.loc["a", "b"])
    assert result.correlation.loc["a", "a"] == pytest.approx(1.0)
