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
from tests.made.own_tables import line, table

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


def test_fits_of_the_same_rows_are_ranked(full, half):
    found = compare_fits([named("one", half), named("two", full)])
    assert found["fit"].tolist() == ["two", "one"]
    assert found["parameters"].tolist() == [2, 1]
    assert found["delta_aic"][0] == 0.0
    assert found["delta_aic"][1] == pytest.approx(half.criteria["aic"] - full.criteria["aic"])
    assert found["akaike_weight"].sum() == pytest.approx(1.0)


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
