"""Estimates for groups of arms: closed forms, SciPy, and fits of each group alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

from il15_sim import InputError
from il15_sim.fit import Estimate, Patients, run_fit
from il15_sim.fit.compare import compare_fits
from il15_sim.fit.leave_out import leave_one_out
from il15_sim.fit.posterior import FitTarget
from tests.made.groups_of_arms import ERROR, OWN, RATES, SIZE, fitted, problem_of, readings, shape


@pytest.fixture(scope="module")
def result():
    return fitted()


@pytest.fixture(scope="module")
def whole():
    """Least squares of both rates and the size at once, by SciPy."""
    told = readings()
    fast = (told["group"] == "fast").to_numpy()
    time, dose, value = (told[c].to_numpy() for c in ("time_h", "dose", "value"))

    def residual(x):
        predicted = x[2] * dose * np.exp(-np.where(fast, x[0], x[1]) * time)
        return np.log(value / predicted) / np.sqrt(np.log1p(ERROR**2))

    return least_squares(residual, [1.0, 1.0, 1.0])


def test_predictions_and_slopes_are_those_of_the_closed_form():
    problem = problem_of()
    time, dose, group = shape(problem)
    point = np.array([0.8, 0.2, 1.7])
    predicted, slopes = problem.objective().predictor.slopes(point)
    rate = np.where(group == "fast", 0.8, 0.2)
    expected = 1.7 * dose * np.exp(-rate * time)
    assert predicted == pytest.approx(expected, rel=1e-5)
    by_rate = -time * expected
    columns = [np.where(group == g, by_rate, 0.0) for g in RATES]
    assert slopes == pytest.approx(np.stack([*columns, expected / 1.7], axis=1), rel=1e-5)
    # At many points at once as at each.
    points = np.array([[0.8, 0.2, 1.7], [0.2, 0.8, 1.0], [1.0, 1.0, 3.0]])
    both, every = problem.objective().predictor.slopes_at(points)
    assert both[0] == pytest.approx(predicted, rel=1e-9)
    assert every[0] == pytest.approx(slopes, rel=1e-7)


def test_estimates_and_errors_are_those_of_one_fit_of_all(result, whole):
    assert list(result.values.values()) == pytest.approx(whole.x, rel=1e-5)
    assert result.best.objective == pytest.approx(2 * whole.cost, rel=1e-5)
    errors = np.sqrt(np.diag(np.linalg.inv(whole.jac.T @ whole.jac)))
    width = np.log(result.frame["upper95"] / result.frame["lower95"])
    assert width.to_numpy() == pytest.approx(2 * 1.95996 * errors / whole.x, rel=1e-3)
    assert set(result.frame["verdict"]) == {"identified"}
    for truth, row in zip((*RATES.values(), SIZE), result.frame.to_dict("records"), strict=True):
        assert row["lower95"] < truth < row["upper95"]


def test_without_anything_shared_it_is_a_fit_of_each_group_alone():
    sizes = [Estimate(f"size_{group}", "size", (group,)) for group in RATES]
    both = fitted(estimate=(*OWN, *sizes))
    alone = {}
    told = readings()
    for group in RATES:
        part = told[told["group"] == group].drop(columns="group")
        one = fitted(part, ("rate", "size"))
        alone |= {f"{name}_{group}": value for name, value in one.values.items()}
        profile, own = both.profile(f"rate_{group}"), one.profile("rate")
        assert (profile.lower95, profile.upper95) == pytest.approx(
            (own.lower95, own.upper95), rel=1e-4
        )
    assert both.values == pytest.approx(alone, rel=1e-5)


def test_where_it_is_not_estimated_a_parameter_keeps_its_value(tmp_path):
    result = fitted(estimate=(OWN[0], "size"))
    time, dose, group = shape(result.problem)
    rate = np.where(group == "fast", result.values["rate_fast"], 1.0)
    expected = result.values["size"] * dose * np.exp(-rate * time)
    assert result.residuals["typical"].to_numpy() == pytest.approx(expected, rel=1e-5)
    lines = str(result).splitlines()
    assert lines[1].endswith("; rate of fast")
    assert "  rate of slow: 1, not estimated there" in lines
    kept = result.to_dict()["not_estimated"]
    assert kept == [{"parameter": "rate", "value": 1.0, "unit": "", "groups": ("slow",)}]
    assert result.frame["sets"].tolist() == ["rate", "size"]
    assert result.frame["groups"].tolist() == ["fast", ""]
    assert "not estimated" not in str(fitted())


def test_values_of_a_group_hold_in_all_its_arms():
    """Instead of an estimate: the rate of one group is told."""
    problem = problem_of(estimate=(OWN[0], "size"), groups={"slow": {"rate": 0.3}})
    assert {n: dict(a.values) for n, a in problem.arms.items() if a.group == "slow"} == {
        "slow, 1": {"rate": 0.3, "more": 1.0}, "slow, 3": {"rate": 0.3, "more": 3.0}
    }  # fmt: skip
    time, dose, group = shape(problem)
    predicted, slopes = problem.objective().predictor.slopes(np.array([0.8, 1.7]))
    expected = 1.7 * dose * np.exp(-np.where(group == "fast", 0.8, 0.3) * time)
    assert predicted == pytest.approx(expected, rel=1e-5)
    assert np.all(slopes[group == "slow", 0] == 0)


def test_one_estimate_may_be_for_several_groups_beside_another():
    rates = {"a": 0.9, "b": 0.3, "c": 0.9}
    result = fitted(
        readings(rates), [Estimate("quick", "rate", ("a", "c")), Estimate("b", "rate", ("b",))]
        , groups={g: {"size": SIZE} for g in rates},
    )  # fmt: skip
    seen = result.objective.predictor.slopes(np.array([*result.values.values()]))[1] != 0
    group = shape(result.problem)[2]
    assert (seen == np.stack([group != "b", group == "b"], axis=1)).all()
    for name, truth in (("quick", 0.9), ("b", 0.3)):
        row = result.frame.set_index("parameter").loc[name]
        assert row["lower95"] < truth < row["upper95"]


def test_without_doses_every_group_is_an_arm():
    told = readings().query("dose == 1").drop(columns="dose")
    options = {"dose_of": None, "arms": {g: {"more": 1.0} for g in RATES}}
    result = fitted(told, **options)
    assert list(result.problem.arms) == ["fast", "slow"]
    both = fitted(readings().query("dose == 1"))
    assert result.values == pytest.approx(both.values, rel=1e-6)


def test_the_slopes_of_the_objective_with_patients_are_those_of_differences():
    """Two groups of patients who differ in the rate that is estimated for each."""
    told = readings().query("dose == 1").drop(columns="dose").assign(statistic="mean")
    people = Patients(8, seed=2, vary={"rate": 30.0})
    arms = {g: [people, {"more": 1.0}] for g in RATES}
    objective = problem_of(told, dose_of=None, arms=arms).objective()
    shares = np.array([0.6, 0.45, 0.5])
    slopes = objective.slopes(shares)
    for j in range(3):
        step = np.zeros(3)
        step[j] = 1e-4
        ends = [objective.at(shares + sign * step).vector for sign in (1, -1)]
        assert slopes[:, j] == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-3, abs=1e-3)


def test_patients_of_a_group_vary_around_its_own_value():
    told = readings().query("dose == 1").drop(columns="dose").assign(statistic="geometric mean")
    people = Patients(9, seed=2, vary={"rate": 30.0})
    problem = problem_of(told, dose_of=None, arms={g: [people, {"more": 1.0}] for g in RATES})
    predicted = problem.objective().predictor.predict(np.array([[0.8, 0.2, 1.7]]))[0][0]
    middle = np.mean(next(iter(problem.arms.values())).patients.factors["rate"])
    rows = problem.rows.rows
    rate = np.array([{"fast": 0.8, "slow": 0.2}[r.arm] for r in rows]) * middle
    expected = 1.7 * np.exp(-rate * np.array([r.time_h for r in rows]))
    assert predicted == pytest.approx(expected, rel=1e-5)


def test_values_of_a_group_are_the_middle_of_its_patients():
    told = readings().query("dose == 1").drop(columns="dose").assign(statistic="geometric mean")
    people = Patients(9, seed=2, vary={"rate": 30.0})
    given = {"dose_of": None, "arms": {g: [people, {"more": 1.0}] for g in RATES}}
    problem = problem_of(told, ("size",), groups={"slow": {"rate": 0.3}}, **given)
    predicted = problem.objective().predictor.predict(np.array([[1.7]]))[0][0]
    middle = np.mean(problem.arms["slow"].patients.factors["rate"])
    rows = problem.rows.rows
    rate = np.array([{"fast": 1.0, "slow": 0.3}[r.arm] for r in rows]) * middle
    expected = 1.7 * np.exp(-rate * np.array([r.time_h for r in rows]))
    assert predicted == pytest.approx(expected, rel=1e-5)
    with pytest.raises(InputError, match="group 'slow': 'rate' is 0 and varies between patients"):
        problem_of(told, ("size",), groups={"slow": {"rate": 0.0}}, **given)


def test_densities_at_many_points_are_those_of_the_closed_form(result):
    time, dose, group = shape(result.problem)
    shares = np.random.default_rng(3).uniform(0.3, 0.7, (20, 3))
    fast, slow, size = result.objective.point(shares).T[:, :, None]
    predicted = size * dose * np.exp(-np.where(group == "fast", fast, slow) * time)
    value, sd = result.problem.rows.number, np.sqrt(np.log1p(ERROR**2))
    residual = np.log(value / predicted) / sd
    density = -0.5 * residual**2 - np.log(value * sd * np.sqrt(2 * np.pi))
    found = result.objective.log_likelihoods(shares)
    assert found == pytest.approx(density.sum(axis=1), rel=1e-4)


def test_its_posterior_and_its_comparison_know_the_estimates_by_their_ids(result):
    assert FitTarget(result).names[:3] == ("rate_fast", "rate_slow", "size")
    one = replace(fitted(estimate=("rate", "size")).problem, name="one rate")
    table = compare_fits([result, run_fit(one)])
    assert table.set_index("parameters").loc[3, "delta_aic"] == 0.0
    assert table.set_index("parameters").loc[2, "delta_aic"] > 10.0


def test_what_only_an_arm_that_is_left_out_tells_keeps_its_first_value():
    told = readings().query("dose == 1").drop(columns="dose")
    options = {"dose_of": None, "arms": {g: {"more": 1.0} for g in RATES}}
    result = fitted(told, **options)
    left = leave_one_out(result, "arm").set_index("left_out")["minus_2_ln_likelihood"]
    for group, other in (("fast", "slow"), ("slow", "fast")):
        rest = fitted(told[told["group"] == other], ("rate", "size"), **options)
        own = told[told["group"] == group]
        value, log_sd = own["value"].to_numpy(), np.sqrt(np.log1p(ERROR**2))
        predicted = rest.values["size"] * np.exp(-1.0 * own["time_h"].to_numpy())
        residual = np.log(value / predicted) / log_sd
        density = -0.5 * residual**2 - np.log(value * log_sd * np.sqrt(2 * np.pi))
        assert left[group] == pytest.approx(-2 * density.sum(), rel=1e-4)


def test_a_prediction_of_a_new_arm_may_be_of_a_group():
    result = fitted(estimate=(OWN[0], "size"), groups={"slow": {"rate": 0.3}})
    same = [result.prediction_profile("y", 1.5, arm, group=g) for arm, g in (
        ("fast, 3", ""), ({"more": 3.0}, "fast"), ({"more": 3.0}, "slow"),
    )]  # fmt: skip
    ends = [(p.estimate, p.lower95, p.upper95) for p in same]
    assert ends[1] == pytest.approx(ends[0], rel=1e-6)
    assert ends[2][0] == pytest.approx(3 * result.values["size"] * np.exp(-0.45), rel=1e-5)
    with pytest.raises(InputError, match="unknown group 'slo'; did you mean 'slow'"):
        result.prediction_profile("y", 1.5, {"more": 3.0}, group="slo")
    with pytest.raises(InputError, match="group 'slow' of arm 'fast, 3'; an arm of the fit has"):
        result.prediction_profile("y", 1.5, "fast, 3", group="slow")


def test_a_factor_may_be_that_of_a_group():
    told = readings().drop(columns="error")
    rows = problem_of(told, OWN, scale="group").rows
    assert rows.factors == tuple(f"scale of y in '{group}' (log-normal)" for group in RATES)
    result = fitted(told, OWN, scale="group")
    assert list(result.values.values()) == pytest.approx([*RATES.values()], rel=0.2)


def test_a_scale_may_be_of_each_group_on_each_plate():
    """Made readings of two groups on two plates, each with a brightness and a background."""
    rng, parts = np.random.default_rng(5), []
    for plate, (scale, offset) in {"p": (100.0, 30.0), "q": (40.0, 500.0)}.items():
        told = readings().drop(columns="error").assign(plate=plate, unit="MFI")
        factor = np.where(told["group"] == "fast", 1.0, 5.0) * scale
        time, rate = told["time_h"], told["group"].map(RATES)
        level = factor * told["dose"] * np.exp(-rate * time) + offset
        parts.append(told.assign(value=level + rng.normal(size=len(told))))
    told = pd.concat(parts, ignore_index=True)
    options = {"noise": "normal", "offset": True}
    result = fitted(told, OWN, scale="group and plate", **options)
    names = [f"y in '{g}' on plate '{p}' (normal)" for p in "pq" for g in RATES]
    assert result.objective.rows.factors == tuple(f"scale of {name}" for name in names)
    assert result.objective.rows.sizes == tuple(names)
    assert list(result.values.values()) == pytest.approx([*RATES.values()], rel=0.02)
    # One brightness for both groups of a plate cannot tell them.
    plain = fitted(told, OWN, scale="plate", **options)
    assert plain.log_likelihood < result.log_likelihood - 50
