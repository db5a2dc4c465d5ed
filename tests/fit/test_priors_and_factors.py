"""Priors, random factors and free scales against closed forms, also of rows of several kinds."""

import functools
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize

from il15_sim import InputError, Model
from il15_sim.fit import Prior, fit_table, run_fit
from il15_sim.fit.priors import prior_of
from il15_sim.fit.rows import Rows
from il15_sim.fit.tables.entrance import table_problem
from tests.made import own_tables
from tests.made.own_tables import table

TIMES = np.arange(1.0, 9.0)
LINE = {"a": (-10.0, 10.0), "b": (-5.0, 5.0)}
DECAY = {"rate": (0.01, 10.0), "size": (0.01, 100.0)}
line, decay = map(functools.cache, (own_tables.line, own_tables.decay))
VALUES = 1.5 + 0.7 * TIMES + 0.3 * np.random.default_rng(0).normal(size=len(TIMES))
PRIORS = {"a": Prior("normal", 2.5, 0.2), "b": Prior("normal", 0.6, 0.05)}


def ridge(sd):
    """Best a and b, and their standard errors, with normal priors and errors of a known SD."""
    design = np.column_stack([np.ones_like(TIMES), TIMES])
    precision = design.T @ design / sd**2 + np.diag([0.2**-2, 0.05**-2])
    target = design.T @ VALUES / sd**2 + np.array([2.5 / 0.2**2, 0.6 / 0.05**2])
    return np.linalg.solve(precision, target), np.sqrt(np.diag(np.linalg.inv(precision)))


def fit_line(**options):
    asked = {"bounds": LINE, "noise": "normal", "starts": 1, **options}
    return fit_table(line(), table(TIMES, VALUES, **asked.pop("told", {})), ["a", "b"], **asked)


def test_normal_priors_of_a_line_are_those_of_ridge_regression():
    result = fit_line(priors=PRIORS, told={"error": 0.3})
    found, error = ridge(0.3)
    assert list(result.values.values()) == pytest.approx(found, rel=1e-6)
    reach = (result.frame["upper95"] - result.frame["value"]).to_numpy()
    assert reach == pytest.approx(stats.norm.ppf(0.975) * error, rel=1e-6)
    residual = VALUES - found[0] - found[1] * TIMES
    pulls = (found - [2.5, 0.6]) / [0.2, 0.05]
    squares = np.sum(residual**2) / 0.3**2 + np.sum(pulls**2)
    assert result.best.objective == pytest.approx(squares, rel=1e-8)
    assert result.objective.log_priors(result.best.end) == pytest.approx(-0.5 * np.sum(pulls**2))


def test_errors_of_unknown_size_weigh_the_rows_against_the_priors():
    result = fit_line(priors=PRIORS)
    sd = 1.0
    for _ in range(200):
        found, _ = ridge(sd)
        sd = np.sqrt(np.sum((VALUES - found[0] - found[1] * TIMES) ** 2) / (len(TIMES) - 2))
    assert list(result.values.values()) == pytest.approx(found, rel=1e-4)
    assert result.objective.sizes[0] == pytest.approx(sd, rel=2e-3)


def test_a_log_normal_prior_of_a_factor_is_a_normal_one_of_its_logarithm():
    logs = 2.0 - 0.4 * TIMES + 0.2 * np.random.default_rng(3).normal(size=len(TIMES))
    data = table(TIMES, np.exp(logs)).assign(likelihood="log-normal", log_sd=0.2)
    result = fit_table(
        decay(), data, "size", arms=[{"rate": 0.4}], bounds={"size": DECAY["size"]},
        priors={"size": Prior.of_fold(5.0, 1.5)}, starts=1,
    )  # fmt: skip
    weight = np.array([len(TIMES) / 0.2**2, 1 / np.log(1.5) ** 2])
    mean = weight @ [np.mean(logs + 0.4 * TIMES), np.log(5.0)] / weight.sum()
    row = result.frame.iloc[0]
    assert row["value"] == pytest.approx(np.exp(mean), rel=1e-5)
    reach = stats.norm.ppf(0.975) / np.sqrt(weight.sum())
    assert np.log(row["upper95"] / row["value"]) == pytest.approx(reach, rel=1e-4)
    assert "log-normal (mean of the logarithm 1.609" in row["prior"]


@pytest.mark.parametrize("prior", [Prior("uniform", -3.0, 3.0), Prior("log-uniform", 0.1, 3.0)])
def test_a_flat_prior_changes_nothing(prior):
    bounds = {**LINE, "b": (0.1, 5.0)}
    flat, none = (fit_line(bounds=bounds, priors=priors) for priors in ({"b": prior}, {"b": None}))
    columns = ["value", "lower95", "upper95"]
    assert flat.frame[columns].equals(none.frame[columns])
    assert flat.best.objective == none.best.objective


def test_a_prior_of_the_parameter_table_is_read():
    row = Model.load("sorafenib_pk").parameters["sorafenib_volume"]
    given = replace(row, prior="normal", prior_parameters=(120.0, 30.0), source="me")
    assert prior_of(given) == Prior("normal", 120.0, 30.0, "me")
    assert prior_of(replace(row, prior="", prior_parameters=())) is None
    for change, told in (
        ({"prior": "laplace", "prior_parameters": (1.0, 2.0)}, "prior of 'sorafenib_volume': unk"),
        ({"prior": "normal", "prior_parameters": (1.0,)}, "it has two numbers; give both"),
        ({"prior": "normal", "prior_parameters": (1.0, 0.0)}, "normal prior: SD 0 is not positive"),
    ):
        with pytest.raises(InputError, match=re.escape(told)):
            prior_of(replace(row, **change))


WRONG = [
    (lambda: Prior("norml", 1, 2), "unknown prior 'norml'; did you mean 'normal'?"),
    (lambda: Prior("normal", 1, -2), "normal prior: SD -2 is not positive"),
    (lambda: Prior("normal", np.nan, 2), "normal prior: mean is not a finite number"),
    (lambda: Prior("uniform", 2, 1), "uniform prior: 2 and 1 are not in order"),
    (lambda: Prior("log-uniform", -1, 1), "log-uniform prior: lower -1 is not positive"),
    (lambda: Prior.of_fold(0, 2), "log-normal prior: median 0 is not positive"),
    (lambda: Prior.of_fold(2, 1), "log-normal prior: fold 1; it exceeds 1"),
    (lambda: fit_line(priors={"a": 3}), "estimate 'a': prior 3; give a Prior, or None"),
    (lambda: fit_line(priors=3), "priors 3; give {'id': Prior(...)}"),
    (
        lambda: fit_line(priors={"x": None}),
        "estimate: unknown parameter 'x'",
    ),
    (
        lambda: fit_line(priors={"a": Prior.of_fold(1, 2)}),
        "estimate 'a': a log-normal prior and a lower bound of -10; it is a prior of positive",
    ),
]


@pytest.mark.parametrize(("call", "told"), WRONG, ids=[told[:30] for _, told in WRONG])
def test_a_prior_that_is_none_is_refused(call, told):
    with pytest.raises(InputError, match=re.escape(told)):
        call()


def mixed(scale=None):
    """Two arms with log-normal and normal rows, counts, and a word; without scale all near 1."""
    curve = np.tile(np.exp(-0.4 * TIMES), 2) * np.repeat([1.0, 2.0], len(TIMES))
    rng = np.random.default_rng(8)
    rows = pd.DataFrame(
        {"time_h": np.tile(TIMES, 2), "observable": "y", "group": np.repeat(["A", "B"], 8)}
    )
    level = np.repeat([1.4, 0.6], 8) if scale is None else 300.0
    logs = rows.assign(value=level * curve * np.exp(0.2 * rng.normal(size=16)), log_sd=0.2,
                       likelihood="log-normal")  # fmt: skip
    level = 1.0 if scale is None else 200.0
    plain = rows.assign(value=level * (curve + 0.05 * rng.normal(size=16)), sd=0.05 * level,
                        likelihood="normal")  # fmt: skip
    counts = rows.assign(value=rng.poisson(curve), likelihood="poisson")
    words = rows.iloc[[3]].assign(value="fall", scale=0.1, likelihood="direction")
    data = pd.concat([logs, plain, counts, words], ignore_index=True)
    return table_problem(
        decay(), data.assign(replicate=range(len(data))), ["rate", "size"],
        arms={"A": {}, "B": {"more": 2.0}}, bounds=DECAY, scale=scale,
    )  # fmt: skip


def others(problem, typical):
    """Log density of the rows that have no factor: counts and a word."""
    rows = problem.rows.rows
    total = 0.0
    for r, p in zip(rows, typical, strict=True):
        if r.kind == "poisson":
            total += stats.poisson.logpmf(r.measured, p)
        elif r.kind == "direction":
            total += stats.norm.logcdf(-p / 0.1)
    return total


@pytest.mark.parametrize("scale", ["observable", "group"])
def test_free_scales_beside_rows_of_other_kinds(scale):
    problem = mixed(scale)
    objective = problem.objective()
    points = np.array([[0.35, 1.2], [0.5, 0.8], [0.4, 1.0]])
    shares = np.array([[u.share_of(x) for u, x in zip(problem.unknowns, p, strict=True)]
                       for p in points])  # fmt: skip
    typical = objective.predictor.predict(points)[0]
    kinds = np.array([r.kind for r in problem.rows.rows])
    arms = np.array([r.arm for r in problem.rows.rows])
    number = problem.rows.number
    expected = [others(problem, t) for t in typical]
    for own in (["A", "B"],) if scale == "observable" else (["A"], ["B"]):
        logs = (kinds == "log-normal") & np.isin(arms, own)
        plain = (kinds == "normal") & np.isin(arms, own)
        for k, t in enumerate(typical):
            factor = np.exp(np.mean(np.log(number[logs] / t[logs])))
            expected[k] += stats.lognorm.logpdf(number[logs], 0.2, scale=factor * t[logs]).sum()
            factor = number[plain] @ t[plain] / (t[plain] @ t[plain])
            expected[k] += stats.norm.logpdf(number[plain], factor * t[plain], 10.0).sum()
    assert objective.log_likelihoods(shares) == pytest.approx(expected, rel=1e-9)
    alone = [objective.log_likelihood(s) for s in shares]
    assert objective.log_likelihoods(shares) == pytest.approx(alone, rel=1e-12)
    check_slopes(objective, shares[0])


def check_slopes(objective, shares):
    """The gradient is exact; slopes of single residuals are Kaufman's approximation."""
    vector, slopes = objective.at(shares).vector, objective.slopes(shares)
    assert slopes.shape == (len(vector), len(shares))
    for j in range(len(shares)):
        step = 1e-4 * np.eye(len(shares))[j]
        ends = [objective.at(shares + sign * step).objective for sign in (1, -1)]
        right = (ends[0] - ends[1]) / 2e-4
        assert 2 * vector @ slopes[:, j] == pytest.approx(right, rel=1e-3)


@pytest.fixture(scope="module")
def random():
    """The same rows, those of an arm with log-normal errors sharing a random factor."""
    problem = mixed()
    rows = tuple(
        replace(r, factor=r.arm if r.kind == "log-normal" else "", size="S" * (r.kind == "normal"))
        for r in problem.rows.rows
    )
    unknowns = (problem.unknowns[0], replace(problem.unknowns[1], prior=Prior.of_fold(2.0, 1.5)))
    return replace(problem, rows=Rows(rows, "data"), unknowns=unknowns, factors="random", omega=0.4)


def by_hand(problem, typical, size, omega):
    rows = problem.rows.rows
    logs = [i for i, r in enumerate(rows) if r.kind == "log-normal"]
    plain = [i for i, r in enumerate(rows) if r.kind == "normal"]
    number = problem.rows.number
    same = np.array([[rows[i].factor == rows[j].factor for j in logs] for i in logs])
    covariance = 0.2**2 * np.eye(len(logs)) + omega**2 * same
    value = np.log(number[logs])
    total = stats.multivariate_normal(np.log(typical[logs]), covariance).logpdf(value) - value.sum()
    total += stats.norm.logpdf(number[plain], typical[plain], 0.05 * size).sum()
    return total + others(problem, typical)


def test_random_factors_beside_rows_of_other_kinds(random):
    objective = random.objective().with_errors(np.array([1.3]), 0.4)
    points = np.array([[0.35, 1.2], [0.5, 0.8], [0.4, 1.0]])
    shares = np.array([[u.share_of(x) for u, x in zip(random.unknowns, p, strict=True)]
                       for p in points])  # fmt: skip
    typical = objective.predictor.predict(points)[0]
    sizes, omega = np.array([[1.0], [1.3], [5.0]]), np.array([0.2, 0.4, 1.1])
    expected = [by_hand(random, t, s[0], o) for t, s, o in zip(typical, sizes, omega, strict=True)]
    together = objective.log_likelihoods(shares, sizes, omega)
    assert together == pytest.approx(expected, rel=1e-9)
    # The same as single calls, whichever of them varies.
    for k in range(3):
        one = objective.with_errors(sizes[k], float(omega[k]))
        assert together[k] == pytest.approx(one.log_likelihood(shares[k]), rel=1e-12)
    alone = [objective.log_likelihood(s) for s in shares]
    assert objective.log_likelihoods(shares) == pytest.approx(alone, rel=1e-12)
    one = [
        objective.with_errors(s, 0.4).log_likelihood(x) for s, x in zip(sizes, shares, strict=True)
    ]
    assert objective.log_likelihoods(shares, sizes) == pytest.approx(one, rel=1e-12)
    check_slopes(objective, shares[0])


def test_random_factors_are_pulled_as_their_posterior_is(random):
    objective = random.objective().with_errors(np.array([1.0]), 0.4)
    shares = np.array([0.5, 0.4])
    fitted = objective.at(shares)
    rows = random.rows.rows
    for arm in ("A", "B"):
        own = [i for i, r in enumerate(rows) if r.factor == arm]
        left = np.log(random.rows.number[own] / fitted.typical[own])
        mean = left.sum() / 0.2**2 / (len(own) / 0.2**2 + 1 / 0.4**2)
        assert np.log(fitted.factor[own]) == pytest.approx(mean, rel=1e-9)
    error = (8 / 0.2**2 + 1 / 0.4**2) ** -0.5
    assert objective.factor_errors() == pytest.approx({"A": error, "B": error})


def test_a_failed_point_harms_no_other(random):
    free = mixed("observable").objective()
    shares = np.array([[0.5, 0.4], [np.nan, 0.4], [0.5, 0.3]])
    found = free.log_likelihoods(shares)
    assert found[1] == -np.inf
    assert found[[0, 2]] == pytest.approx([free.log_likelihood(s) for s in shares[[0, 2]]])


def test_the_best_posterior_is_that_of_another_optimiser(random):
    result = run_fit(random, starts=1)

    def negative(logs):
        typical = result.objective.predictor.predict(np.exp(logs[None, :2]))[0][0]
        prior = stats.norm.logpdf(logs[1], np.log(2.0), np.log(1.5))
        size = float(result.objective.sizes[0])
        return -by_hand(random, typical, size, np.exp(logs[2])) - prior

    begin = np.log([*result.values.values(), result.omega])
    found = minimize(negative, begin + 0.02, method="Nelder-Mead", options={"xatol": 1e-6})
    assert np.exp(begin) == pytest.approx(np.exp(found.x), rel=2e-3)
