"""Comparisons, predictions and what was left out, against closed forms of a straight line."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from il15_sim import InputError
from il15_sim.fit import fit_table, run_fit
from il15_sim.fit.compare import compare_fits
from il15_sim.fit.leave_out import leave_one_out
from il15_sim.fit.tables.entrance import table_problem
from tests.made.own_tables import decay, line, table

TIMES = np.arange(1.0, 9.0)
LINE = {"a": (-50.0, 50.0), "b": (-50.0, 50.0)}
SD = 0.3


def scattered(seed=1):
    return 1.5 + 0.7 * TIMES + SD * np.random.default_rng(seed).normal(size=len(TIMES))


def named(name, fit):
    return type(fit)(
        type(fit.problem)(**{**vars(fit.problem), "name": name}),
        fit.objective,
        fit.best,
        fit.searches,
        fit.seed,
    )


@pytest.fixture(scope="module")
def full():
    told = table(TIMES, scattered(), error=SD)
    return fit_table(line(), told, ["a", "b"], bounds=LINE, noise="normal", starts=1)


@pytest.fixture(scope="module")
def half():
    told = table(TIMES, scattered(), error=SD)
    only = {"a": LINE["a"]}
    return fit_table(line(), told, ["a"], bounds=only, noise="normal", starts=1)


def test_criteria_are_those_of_the_log_likelihood(full):
    design = np.stack([np.ones_like(TIMES), TIMES], axis=1)
    best = np.linalg.lstsq(design, scattered())[0]
    log = stats.norm.logpdf(scattered(), design @ best, SD).sum()
    assert full.criteria["aic"] == pytest.approx(4 - 2 * log, rel=1e-6)
    assert full.criteria["bic"] == pytest.approx(2 * np.log(8) - 2 * log, rel=1e-6)


def test_criteria_with_an_unknown_size_are_those_of_the_largest_likelihood():
    told = table(TIMES, scattered())
    result = fit_table(line(), told, ["a", "b"], bounds=LINE, noise="normal", starts=1)
    design = np.stack([np.ones_like(TIMES), TIMES], axis=1)
    left = scattered() - design @ np.linalg.lstsq(design, scattered())[0]
    log = stats.norm.logpdf(left, 0.0, np.sqrt(np.mean(left**2))).sum()
    assert result.criteria["parameters"] == 3
    assert result.log_likelihood == pytest.approx(log, rel=1e-6)
    assert result.criteria["aic"] == pytest.approx(6 - 2 * log, rel=1e-6)
    assert result.criteria["bic"] == pytest.approx(3 * np.log(8) - 2 * log, rel=1e-6)
    # The size itself is that of a regression.
    assert result.objective.sizes[0] == pytest.approx(np.sqrt((left**2).sum() / 6), rel=1e-4)


def test_fits_of_the_same_rows_are_ranked(full, half):
    found = compare_fits([named("one", half), named("two", full)])
    assert found["fit"].tolist() == ["two", "one"]
    assert found["parameters"].tolist() == [2, 1]
    assert found["delta_aic"][0] == 0.0
    assert found["delta_aic"][1] == pytest.approx(half.criteria["aic"] - full.criteria["aic"])
    assert found["akaike_weight"].sum() == pytest.approx(1.0)


def test_a_fit_that_failed_without_a_study_has_no_sum(full, half):
    left = [
        pd.DataFrame({"minus_2_ln_likelihood": values}) for values in ([3.0, 4.0], [1.0, np.nan])
    ]
    found = compare_fits([named("one", half), named("two", full)], left).set_index("fit")
    assert found.loc["one", "left_out_minus_2_ln_likelihood"] == 7.0
    assert np.isnan(found.loc["two", "left_out_minus_2_ln_likelihood"])


def test_fits_that_cannot_be_compared_are_refused(full):
    with pytest.raises(InputError, match="1 fit; two are needed to compare"):
        compare_fits([full])
    with pytest.raises(InputError, match="two fits are called 'table'"):
        compare_fits([full, full])
    told = table(TIMES, scattered(2), error=SD)
    other = fit_table(line(), told, ["a"], bounds={"a": (-9.0, 9.0)}, noise="normal", starts=1)
    with pytest.raises(InputError, match="'one' and 'two' were fitted to other rows"):
        compare_fits([named("one", full), named("two", other)])


@pytest.mark.parametrize("time", [0.0, 4.5, 20.0])
def test_a_prediction_has_the_interval_of_a_regression(full, time):
    design = np.stack([np.ones_like(TIMES), TIMES], axis=1)
    covariance = SD**2 * np.linalg.inv(design.T @ design)
    at = np.array([1.0, time])
    value = at @ np.linalg.lstsq(design, scattered())[0]
    error = np.sqrt(at @ covariance @ at)
    found = full.prediction_profile("y", time, "")
    assert found.estimate == pytest.approx(value, rel=1e-5)
    assert found.upper95 - value == pytest.approx(1.95996 * error, rel=2e-2)
    assert value - found.lower95 == pytest.approx(1.95996 * error, rel=2e-2)
    rise = ((found.frame["value"] - value) / error) ** 2
    assert found.frame["rise"].to_numpy() == pytest.approx(rise.to_numpy(), abs=5e-3)


def test_the_interval_of_a_change_may_hold_zero():
    values = 1.5 + 0.02 * TIMES + SD * np.random.default_rng(1).normal(size=len(TIMES))
    told = table(TIMES, values, error=SD)
    result = fit_table(line(), told, ["a", "b"], bounds=LINE, noise="normal", starts=1)
    design = np.stack([np.ones_like(TIMES), TIMES], axis=1)
    slope = np.linalg.lstsq(design, values)[0][1]
    error = SD / np.sqrt(np.sum((TIMES - TIMES.mean()) ** 2))
    found = result.prediction_profile("y", 8.0, "", quantity="change")
    assert found.estimate > 0
    assert found.lower95 == pytest.approx(8 * (slope - 1.95996 * error), rel=2e-2)
    assert found.upper95 == pytest.approx(8 * (slope + 1.95996 * error), rel=2e-2)


def test_a_prediction_that_no_row_tells_is_open():
    told = table(TIMES, np.exp(-0.3 * TIMES), error=0.05).assign(observable="x")
    bounds = {"rate": (0.01, 10.0), "size": (0.1, 10.0)}
    result = fit_table(decay(), told, ["rate", "size"], bounds=bounds, noise="normal", starts=1)
    found = result.prediction_profile("y", 0.0, "")
    assert np.isnan([found.lower95, found.upper95]).all()
    assert found.flags == (
        "the lower end of the interval is open: the bounds hold it before the rows do",
        "the upper end of the interval is open: the bounds hold it before the rows do",
    )
    # The pulls went as far as the bounds allow.
    assert found.frame["value"].iloc[0] == pytest.approx(0.1, rel=1e-3)
    assert found.frame["value"].iloc[-1] == pytest.approx(10.0, rel=1e-3)
    with pytest.raises(InputError, match="no unknown moves x at 0 h"):
        result.prediction_profile("x", 0.0, "")


def test_a_prediction_of_what_is_unknown_is_refused(full):
    with pytest.raises(InputError, match="unknown observable 'z'"):
        full.prediction_profile("z", 1.0, "")
    with pytest.raises(InputError, match="unknown arm 'A'"):
        full.prediction_profile("y", 1.0, "A")
    with pytest.raises(InputError, match="unknown quantity 'ratio'"):
        full.prediction_profile("y", 1.0, "", quantity="ratio")


def test_what_is_left_out_is_judged_by_the_fit_of_the_rest():
    values = np.concatenate([scattered(1), scattered(3)])
    told = table(np.tile(TIMES, 2), values, group=np.repeat(["A", "B"], 8), error=SD)
    problem = table_problem(
        line(), told, ["a", "b"], arms={"A": {}, "B": {}}, bounds=LINE, noise="normal", starts=1
    )
    found = leave_one_out(run_fit(problem)).set_index("left_out")
    design = np.stack([np.ones_like(TIMES), TIMES], axis=1)
    for out, (rest, own) in {
        "A": (scattered(3), scattered(1)),
        "B": (scattered(1), scattered(3)),
    }.items():
        best = np.linalg.lstsq(design, rest)[0]
        expected = -2 * stats.norm.logpdf(own, design @ best, SD).sum()
        assert found.loc[out, "minus_2_ln_likelihood"] == pytest.approx(expected, rel=1e-5)
        assert found.loc[out, "rows"] == 8


def test_a_scale_that_is_shared_with_the_rest_is_told_by_the_rest():
    # Twice as bright in A as in B, which the model does not tell: no scale of A's own hides it.
    rng = np.random.default_rng(2)
    logs = np.log(50 * np.repeat([2.0, 1.0], 8)) - 0.3 * np.tile(TIMES, 2)
    logs += 0.05 * rng.normal(size=16)
    told = table(np.tile(TIMES, 2), np.exp(logs), group=np.repeat(["A", "B"], 8), unit="MFI")
    told = told.assign(error=0.1 * np.exp(logs))
    problem = table_problem(
        *(decay(), told, ["rate"]),
        arms={"A": {}, "B": {}},
        bounds={"rate": (0.01, 10.0)},
        scale="observable",
        starts=1,
    )
    result = run_fit(problem)
    found = leave_one_out(result).set_index("left_out")
    sd = result.residuals["spread"].iloc[0]
    rest, own = logs[8:], logs[:8]
    slope, _ = np.polyfit(TIMES, rest, 1)

    def best(readings, times):
        left = readings - slope * times
        return stats.norm.logpdf(left, left.mean(), sd).sum() - readings.sum()

    expected = best(logs, np.tile(TIMES, 2)) - best(rest, TIMES)
    assert found.loc["A", "minus_2_ln_likelihood"] == pytest.approx(-2 * expected, rel=1e-5)
    # On a scale of its own it would lie on the curve.
    assert -2 * expected > -2 * best(own, TIMES) + 100


def test_one_group_cannot_be_left_out(full):
    with pytest.raises(InputError, match="no arm has a name; two are needed to leave one out"):
        leave_one_out(full)
    both = pd.DataFrame(
        {"time_h": [1.0, 2.0, 3.0, 1.0, 2.0, 3.0], "observable": ["y"] * 3 + ["x"] * 3}
    ).assign(value=[2.0, 3.3, 4.2, 1.1, 2.0, 2.9], group=["A"] * 3 + ["B"] * 3)
    result = fit_table(
        line(),
        both,
        ["a"],
        arms={"A": {}, "B": {}},
        bounds={"a": (-50.0, 50.0)},
        noise="normal",
        starts=1,
    )
    told = "'A' cannot be left out; no other row tells the size of errors of y"
    with pytest.raises(InputError, match=told):
        leave_one_out(result)


def test_too_few_rows_without_a_group_are_told():
    told = table([1.0, 2.0, 1.0, 2.0, 3.0], [2.0, 3.3, 2.1, 3.2, 4.0], group=[*"AABBB"])
    result = run_fit(
        table_problem(
            line(), told, ["a", "b"], arms={"A": {}, "B": {}}, bounds=LINE, noise="normal", starts=1
        )
    )
    message = "without 'B': data: 2 readings for 2 parameters; nothing is left to tell the size"
    with pytest.raises(InputError, match=message):
        leave_one_out(result)
