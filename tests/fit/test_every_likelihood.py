"""Every kind of likelihood through `fit_table`: its density and its best fit by hand."""

import functools

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize, minimize_scalar

from il15_sim.errors import InputError
from il15_sim.fit import fit_table
from il15_sim.fit.likelihoods import LIKELIHOODS
from tests.made import own_tables

TIMES = np.arange(0.5, 8.5)
#: y = size * exp(-rate * time)
BOUNDS = {"rate": (0.01, 3.0), "size": (0.05, 500.0)}
TRUTH = {"rate": 0.3, "size": 20.0}
decay = functools.cache(own_tables.decay)


def curve(point, times=TIMES):
    rate, size = point
    return size * np.exp(-rate * times)


def made(seed=1, size=20.0, log_sd=0.2):
    noise = np.exp(log_sd * np.random.default_rng(seed).normal(size=len(TIMES)))
    return curve((0.3, size)) * noise


def normal(y, p, sd):
    return stats.norm.logpdf(y, p, sd)


def log_normal(y, p, sd):
    return stats.lognorm.logpdf(y, sd, scale=p)


def censored(y, lower, upper, density, below, above):
    return np.where(y <= lower, below, np.where(y >= upper, above, density))


VALUES = made()
SD, N = 0.5 + 0.1 * VALUES, np.array([3, 4, 5, 6, 7, 8, 9, 10])
LOW, HIGH = 3.0, 14.0
#: Of each kind what the table holds, and the log density of its rows at predictions p.
CASES = {
    "normal": ({"sd": SD}, lambda p: normal(VALUES, p, SD)),
    "log-normal": ({"log_sd": 0.3}, lambda p: log_normal(VALUES, p, 0.3)),
    "proportional-additive": (
        {"sd": 0.4, "cv": 0.15},
        lambda p: normal(VALUES, p, np.sqrt(0.4**2 + (0.15 * p) ** 2)),
    ),
    "censored-normal": (
        {"sd": SD, "lower": LOW, "upper": HIGH},
        lambda p: censored(
            VALUES, LOW, HIGH, normal(VALUES, p, SD),
            stats.norm.logcdf(LOW, p, SD), stats.norm.logsf(HIGH, p, SD),
        ),
    ),
    "censored-log-normal": (
        {"log_sd": 0.3, "lower": LOW, "value": np.where(VALUES < LOW, 0.0, VALUES)},
        lambda p: censored(
            VALUES, LOW, np.inf, log_normal(VALUES, p, 0.3),
            stats.lognorm.logcdf(LOW, 0.3, scale=p), 0.0,
        ),
    ),
    "censored-proportional-additive": (
        {"sd": 0.4, "cv": 0.15, "lower": LOW, "upper": HIGH},
        lambda p: censored(
            VALUES, LOW, HIGH, normal(VALUES, p, np.hypot(0.4, 0.15 * p)),
            stats.norm.logcdf(LOW, p, np.hypot(0.4, 0.15 * p)),
            stats.norm.logsf(HIGH, p, np.hypot(0.4, 0.15 * p)),
        ),
    ),
    "poisson": (
        {"value": np.array([17, 14, 9, 7, 3, 5, 0, 2])},
        lambda p: stats.poisson.logpmf([17, 14, 9, 7, 3, 5, 0, 2], p),
    ),
    "negative-binomial": (
        {"value": np.array([17, 14, 9, 7, 3, 5, 0, 2]), "dispersion": 0.2},
        lambda p: stats.nbinom.logpmf([17, 14, 9, 7, 3, 5, 0, 2], 5, 5 / (5 + p)),
    ),
    "binomial": (
        {"value": np.array([15, 12, 11, 6, 5, 2, 1, 0]), "n": 20},
        lambda p: stats.binom.logpmf([15, 12, 11, 6, 5, 2, 1, 0], 20, p),
    ),
    "mean-sd": ({"sd": SD, "n": N}, lambda p: normal(VALUES, p, SD / np.sqrt(N))),
    "mean-sd-student": (
        {"sd": SD, "n": N},
        lambda p: stats.t.logpdf(VALUES, N - 1, p, SD / np.sqrt(N)),
    ),
    "mean-se": ({"se": 0.3 * SD}, lambda p: normal(VALUES, p, 0.3 * SD)),
    "geometric-mean": (
        {"cv_percent": 60.0, "n": N},
        lambda p: log_normal(VALUES, p, np.sqrt(np.log(1.36) / N)),
    ),
    "mean-range": (
        {"lowest": 0.6 * VALUES, "highest": 1.5 * VALUES, "n": N},
        lambda p: normal(
            VALUES, p, 0.9 * VALUES / (2 * stats.norm.ppf((N - 0.375) / (N + 0.25))) / np.sqrt(N)
        ),
    ),
    "max-fold": (
        # Downwards: the highest level since an hour after the start is that at this hour.
        {"log_sd": 0.4, "n": N, "value": made(2, size=1.0, log_sd=0.1), "start": 0.25,
         "quantity": "fold"},
        lambda p: log_normal(made(2, size=1.0, log_sd=0.1), p, 0.4 / np.sqrt(N)),
    ),
    "median-time": (
        {"lower": 0.7 * VALUES, "upper": 1.6 * VALUES, "level": 0.9},
        lambda p: log_normal(VALUES, p, np.log(1.6 / 0.7) / (2 * stats.norm.ppf(0.95))),
    ),
    "direction": (
        {"value": ["fall", "fall", "no change", "fall", "no change", "rise", "no change", "fall"],
         "scale": 0.3, "margin": 0.2, "start": 0.25},
        lambda d: np.log([
            {"rise": up, "fall": down, "no change": 1 - up - down}[word]
            for word, up, down in zip(
                CASES["direction"][0]["value"],
                stats.norm.cdf((d - 0.2) / 0.3), stats.norm.cdf((-d - 0.2) / 0.3), strict=True,
            )
        ]),
    ),
}  # fmt: skip


def read_off(kind, point):
    """What a row of this kind predicts."""
    start = CASES[kind][0].get("start")
    if start is None:
        return curve(point)
    begin = curve(point, start)
    return curve(point) - begin if kind == "direction" else curve(point) / begin


def bounds_of(kind):
    # A prediction that is a probability stays below one.
    return {**BOUNDS, "size": (0.05, 1.0)} if kind == "binomial" else BOUNDS


@functools.cache
def fitted(kind):
    columns, _ = CASES[kind]
    given = {"value": VALUES, **columns}
    data = pd.DataFrame({"time_h": TIMES, "observable": "y", "likelihood": kind, **given})
    bounds = bounds_of(kind)
    # A fold, and eight words, tell one number.
    asked = ["rate"] if kind in ("direction", "max-fold") else ["rate", "size"]
    return fit_table(decay(), data, asked, bounds={k: bounds[k] for k in asked}, starts=3)


def by_hand(kind, point):
    full = point if len(point) == 2 else (*point, 1.0)
    return float(np.sum(CASES[kind][1](read_off(kind, full))))


def test_every_kind_is_here():
    assert set(CASES) == set(LIKELIHOODS)


@pytest.mark.parametrize("kind", CASES)
def test_the_likelihood_is_that_of_its_distribution(kind):
    result = fitted(kind)
    point = list(result.values.values())
    predicted = result.residuals["predicted"].to_numpy()
    full = point if len(point) == 2 else (*point, 1.0)
    assert predicted == pytest.approx(read_off(kind, full), rel=1e-5, abs=1e-6)
    # At the very predictions of the fit, whose simulation has errors of its own.
    expected = float(np.sum(CASES[kind][1](predicted)))
    assert result.log_likelihood == pytest.approx(expected, rel=1e-9)
    shares = np.array([result.best.end, 0.9 * result.best.end])
    many = result.objective.log_likelihoods(shares)
    assert many[0] == pytest.approx(expected, rel=1e-9)
    assert many[1] == pytest.approx(result.objective.log_likelihood(shares[1]), rel=1e-9)


@pytest.mark.parametrize("kind", CASES)
def test_the_estimate_is_that_of_another_optimiser(kind):
    result = fitted(kind)
    point = np.array(list(result.values.values()))
    found = minimize(
        lambda logs: -by_hand(kind, np.exp(logs)), np.log(point) - 0.02, method="Nelder-Mead",
        bounds=[np.log(bounds_of(kind)[u]) for u in result.values],
        options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000},
    )  # fmt: skip
    assert by_hand(kind, point) >= -found.fun - 1e-6
    assert point == pytest.approx(np.exp(found.x), rel=1e-4)


@pytest.mark.parametrize("kind", CASES)
def test_the_objective_rises_as_the_likelihood_falls(kind):
    result = fitted(kind)
    best = result.best.end
    for move in (-0.03, 0.02):
        there = np.clip(best + move, 0.0, 1.0)
        rise = result.objective.at(there).objective - result.objective.at(best).objective
        fall = result.log_likelihood - result.objective.log_likelihood(there)
        assert rise == pytest.approx(2 * fall, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("kind", ["poisson", "normal", "censored-normal", "mean-sd-student"])
def test_a_weight_of_two_is_the_row_twice(kind):
    columns, _ = CASES[kind]
    data = pd.DataFrame({"time_h": TIMES, "observable": "y", "likelihood": kind,
                         "value": VALUES, "replicate": 1, **columns})  # fmt: skip
    heavy = [1, 2, 1, 2, 2, 1, 1, 2]
    double = pd.concat([data, data[np.array(heavy) == 2].assign(replicate=2)])
    one, two = (
        fit_table(decay(), table, ["rate", "size"], bounds=BOUNDS, starts=1)
        for table in (data.assign(weight=heavy), double)
    )
    columns = ["value", "lower95", "upper95"]
    assert one.frame[columns].to_numpy() == pytest.approx(two.frame[columns].to_numpy(), rel=1e-6)
    assert one.best.objective == pytest.approx(two.best.objective, rel=1e-6)


def test_one_arm_above_another_is_their_difference():
    arms = {"A": {}, "B": {"size": 0.8}, "C": {"size": 1.3}}
    words = {"A": "A above B", "C": "B above A"}
    rows = [("A", "B", t) for t in (1.0, 2.0, 4.0)] + [("C", "A", t) for t in (1.0, 3.0)]
    data = pd.DataFrame(rows, columns=["group", "against", "time_h"])
    data = data.assign(observable="y", likelihood="direction", scale=0.2)
    data["value"] = data["group"].map(words)
    result = fit_table(decay(), data, "rate", arms=arms, bounds={"rate": (0.01, 3.0)}, starts=2)
    sizes = {"A": 1.0, "B": 0.8, "C": 1.3}

    def density(rate):
        signs = data["group"].map({"A": 1, "C": -1})
        apart = data["group"].map(sizes) - data["against"].map(sizes)
        return stats.norm.logcdf(signs * apart * np.exp(-rate * data["time_h"]) / 0.2).sum()

    found = minimize_scalar(lambda rate: -density(rate), bounds=(0.01, 3.0), method="bounded",
                            options={"xatol": 1e-10})  # fmt: skip
    assert result.values["rate"] == pytest.approx(found.x, rel=1e-4)
    assert result.log_likelihood == pytest.approx(-found.fun, rel=1e-6)


def test_kinds_of_one_table_add_up():
    parts = []
    for k, kind in enumerate(("poisson", "log-normal", "mean-se", "censored-normal")):
        columns = CASES[kind][0]
        data = {"time_h": TIMES, "observable": "y", "likelihood": kind, "value": VALUES, **columns}
        parts.append(pd.DataFrame(data).assign(replicate=k))
    result = fit_table(decay(), pd.concat(parts), ["rate", "size"], bounds=BOUNDS, starts=1)

    def by_hand(logs):
        kinds = ("poisson", "log-normal", "mean-se", "censored-normal")
        return -sum(float(np.sum(CASES[k][1](curve(np.exp(logs))))) for k in kinds)

    found = minimize(by_hand, np.log([0.3, 20.0]), method="Nelder-Mead",
                     options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    assert list(result.values.values()) == pytest.approx(np.exp(found.x), rel=1e-4)
    assert result.log_likelihood == pytest.approx(-found.fun, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "columns", "more", "told"),
    [
        ("binomial", {"n": 4}, 1.0, "is 1, which 'binomial' does not allow with 2 measured"),
        ("binomial", {"n": 4}, 3.0, "is 3, which 'binomial' does not allow with 2 measured"),
        ("poisson", {}, 0.0, "is 0, which 'poisson' does not allow with 2 measured"),
    ],
)
def test_a_count_that_cannot_be_is_told(kind, columns, more, told):
    given = {"time_h": [0.0, 1.0], "observable": "y", "likelihood": kind, "value": 2, **columns}
    asked = {"arms": [{"more": more}], "bounds": {"size": (1.0, 500.0)}, "starts": 1}
    with pytest.raises(InputError) as caught:
        fit_table(decay(), pd.DataFrame(given), "size", **asked)
    assert f"the prediction of data: row 0 {told}" in str(caught.value)
