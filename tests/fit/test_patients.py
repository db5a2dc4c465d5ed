"""Arms of patients against closed forms: log-normal levels, log-normal rates of decay, shares."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from il15_sim import Model, Regimen, simulate
from il15_sim.endpoints import cmin
from il15_sim.fit import Patients, fit_table, read_fit, run_fit
from il15_sim.fit.tables.cells import Table
from il15_sim.fit.tables.readings import Reader
from il15_sim.simulation.subject import subject_of
from tests.made.patients import (
    CV,
    EVERY,
    LYMPHOPENIA,
    MADE_UP,
    SD,
    decay,
    predicted,
    predictor,
    told,
)


def test_a_log_normal_level_has_the_statistics_of_its_distribution():
    arms = [Patients(1024, seed=3, vary={"size": CV})]
    # At 0 h the level is the size.
    found = predicted(decay(), told(0.0, replaced("share", 2.5)), arms, [2.0], ["size"])
    level = stats.lognorm(SD, scale=2.0)
    assert found == pytest.approx({
        "mean": level.mean(), "median": 2.0, "geometric mean": 2.0, "SD": level.std(), "CV%": CV,
        "geometric CV%": CV, "q10": level.ppf(0.1), "q25": level.ppf(0.25),
        "q75": level.ppf(0.75), "q97.5": level.ppf(0.975),
        "share below": level.cdf(2.5), "share above": level.sf(2.5),
    }, rel=0.01)  # fmt: skip


def replaced(word, threshold):
    return {name: threshold if word in name else level for name, level in EVERY.items()}


def test_a_log_normal_rate_of_decay_has_its_closed_forms():
    # y = exp(-k t), k log-normal: below L where k exceeds -ln L / t.
    rate, time, level = 0.4, 2.0, 0.4
    arms = [Patients(1024, seed=1, vary={"rate": CV})]
    found = predicted(decay(), told(time), arms, [rate])
    rates = stats.lognorm(SD, scale=rate)

    def moment(power):
        def by_share(share):
            return np.exp(-power * rates.ppf(share) * time)

        return integrate.quad(by_share, 0, 1, epsabs=1e-10)[0]

    assert found["mean"] == pytest.approx(moment(1), rel=2e-3)
    assert found["SD"] == pytest.approx(np.sqrt(moment(2) - moment(1) ** 2), rel=0.01)
    assert found["median"] == pytest.approx(np.exp(-rate * time), rel=0.01)
    mean_rate = rate * np.exp(SD**2 / 2)
    assert found["geometric mean"] == pytest.approx(np.exp(-mean_rate * time), rel=2e-3)
    assert found["q25"] == pytest.approx(np.exp(-rates.ppf(0.75) * time), rel=0.02)
    assert found["share below"] == pytest.approx(rates.sf(-np.log(level) / time), abs=0.01)
    assert found["share above"] == pytest.approx(1 - found["share below"])


@pytest.mark.parametrize("quantity", ["value", "area", "fold", "change", "half_life", "peak"])
def test_slopes_are_those_of_small_differences(quantity):
    threshold = {"change": -0.5, "half_life": 1.5}.get(quantity, 0.4)
    asked = {n: t and threshold for n, t in EVERY.items()}
    if quantity == "change":  # it is negative: no logarithm
        asked = {n: t for n, t in asked.items() if not n.startswith("geometric")}
    rows = told(2.0, asked, quantity=quantity, start=0.5)
    arms = [Patients(40, seed=2, vary={"rate": CV, "more": 20.0})]
    one, at = predictor(decay(), rows, arms, ["rate", "size", "more"]), np.array([0.4, 1.2, 0.8])
    value, slopes = one.slopes(at)
    assert value == pytest.approx(one.predict(at[None])[0][0])
    for j in range(3):
        step = np.zeros(3)
        step[j] = 1e-3 * at[j]
        ends = one.predict(np.array([at + step, at - step]))[0]
        right = (ends[0] - ends[1]) / (2 * step[j])
        assert slopes[:, j] == pytest.approx(right, rel=2e-4, abs=2e-4)


def test_the_objective_is_smooth_where_a_count_of_patients_jumps():
    statistics = {"median": None, "q75": None, "share below": 0.4}
    arms = [Patients(50, seed=1, vary={"rate": CV})]
    rates = np.linspace(0.40, 0.42, 81)
    one = predictor(decay(), told(2.0, statistics), arms)
    found = one.predict(rates[:, None])[0]
    # A cubic polynomial follows it over 5 % of the rate.
    x = (rates - rates.mean()) / np.ptp(rates)
    for curve in found.T:
        off = curve - np.polynomial.Polynomial.fit(x, curve, 3)(x)
        assert np.abs(off).max() < 1e-3 * np.ptp(curve)
    # The share that is counted takes steps of one patient in fifty.
    counted = (np.exp(-rates[:, None] * _factors(50, seed=1) * 2.0) < 0.4).mean(axis=1)
    assert 1 < len(np.unique(counted)) < 10
    right = stats.lognorm(SD).sf(-np.log(0.4) / 2.0 / rates)
    assert found[:, 2] == pytest.approx(right, abs=0.015)


def test_one_fit_holds_arms_of_patients_and_of_one():
    table = pd.concat([
        told(2.0, {"mean": None, "q75": None}, group="many"),
        told(2.0, {"": None}, group="one"),
    ])  # fmt: skip
    arms = {"many": [Patients(64, vary={"rate": CV})], "one": {"more": 3.0}}
    found = predictor(decay(), table, arms, ["rate", "size"])
    value, slopes = found.slopes(np.array([0.4, 2.0]))
    y = 2.0 * np.exp(-0.4 * 2.0)
    assert value[2] == pytest.approx(3 * y, rel=1e-5)
    assert slopes[2] == pytest.approx([-2.0 * 3 * y, 3 * y / 2.0], rel=1e-4)
    assert value[0] == pytest.approx((2.0 * np.exp(-0.8 * _factors(64))).mean(), rel=1e-5)
    # Of patients the curve is the median at each time, and as long as their rows.
    curves, typical = found.courses(np.array([[0.4, 2.0]]))
    curves = curves.assign(typical=typical[0])
    last = curves[curves["time_h"] == 2.0].set_index("arm")["typical"]
    assert last["many"] == pytest.approx(np.median(2.0 * np.exp(-0.8 * _factors(64))), rel=1e-5)
    assert last["one"] == pytest.approx(3 * y, rel=1e-5)


def _factors(n, seed=0, cv=CV):
    subject = subject_of(decay())
    return Patients(n, seed, {"rate": cv}).of(subject, {}, "").factors["rate"]


def test_factors_are_log_normal_and_the_same_whenever_they_are_drawn():
    factors = _factors(1000, seed=7)
    assert np.array_equal(factors, _factors(1000, seed=7))
    assert not np.array_equal(factors, _factors(1000, seed=8))
    # Patient 5 is the same whether 200 or 250 are asked for.
    assert np.array_equal(_factors(200, seed=7), _factors(250, seed=7)[:200])
    assert np.log(factors).mean() == pytest.approx(0.0, abs=0.01)
    assert np.log(factors).std() == pytest.approx(SD, rel=0.01)
    assert stats.kstest(np.log(factors) / SD, "norm").pvalue > 0.5


def test_ratios_are_taken_patient_by_patient():
    # The rates differ tenfold between patients; the ratio of the arms is the same in all.
    same = Patients(30, seed=5, vary={"rate": 200.0})
    arms = {"A": [{"more": 3.0}, same], "B": [{"more": 2.0}, same]}
    rows = told(2.0, {"mean": None, "SD": None}, group="A", quantity="ratio", against="B")
    found = predicted(decay(), rows, arms, [0.4])
    assert found["mean"] == pytest.approx(1.5, rel=1e-6)
    assert found["SD"] == pytest.approx(0.0, abs=1e-6)


def test_a_value_of_the_arm_is_what_varies():
    rows = told(0.0, {"geometric mean": None})
    arms = [{"size": 5.0}, Patients(1000, vary={"size": CV})]
    assert predicted(decay(), rows, arms, [0.4])["geometric mean"] == pytest.approx(5.0, rel=0.01)


def test_variability_is_that_of_the_parameter_table():
    model = Model.load("sorafenib_pk")
    row = model.parameters["sorafenib_volume"]
    subject = subject_of(model)
    every = Patients(8).of(subject, {}, "").vary
    assert every["sorafenib_volume"] == row.iiv_cv_percent
    stated = {n for n in model.parameters if model.parameters[n].iiv_cv_percent is not None}
    assert set(every) == stated & set(subject.constants)
    one = Patients(8, vary=["sorafenib_volume"]).of(subject, {}, "")
    assert dict(one.vary) == {"sorafenib_volume": row.iiv_cv_percent}


def test_an_incidence_gives_the_rate_at_which_so_many_are_below():
    # 17 of 24 below 0.4 at 2 h: the rate for which the share is 17 / 24.
    table = pd.DataFrame({
        "time_h": [2.0], "observable": ["y"], "value": [17], "likelihood": ["binomial"],
        "n": [24], "statistic": ["share below"], "threshold": [0.4],
    })  # fmt: skip
    result = fit_table(
        decay(), table, "rate", arms=[Patients(512, seed=1, vary={"rate": CV})],
        bounds={"rate": (0.01, 10.0)}, starts=2,
    )  # fmt: skip
    right = -np.log(0.4) / 2.0 * np.exp(SD * stats.norm.ppf(17 / 24))
    assert result.values["rate"] == pytest.approx(right, rel=0.01)
    assert result.residuals["predicted"].to_numpy() == pytest.approx([17 / 24], abs=1e-5)
    assert result.log_likelihood == pytest.approx(stats.binom.logpmf(17, 24, 17 / 24), abs=1e-6)
    row = result.frame.iloc[0]
    # The interval on the log scale: the binomial error over the slope of the share, which the
    # kernel flattens by a few percent.
    slope = stats.norm.pdf(stats.norm.ppf(17 / 24)) / SD
    error = np.sqrt(17 / 24 * 7 / 24 / 24) / slope
    assert np.log(row["upper95"] / row["value"]) == pytest.approx(1.96 * error, rel=0.06)
    # What is predicted of patients is their median, which follows the rate.
    profile, rates = result.prediction_profile("y", 4.0, ""), result.profile("rate")
    rows = told(4.0, {"median": None})
    ends = np.array([[rates.upper95], [rates.lower95]])
    right = predictor(decay(), rows, result.problem.arms[""].patients).predict(ends)[0][:, 0]
    assert [profile.lower95, profile.upper95] == pytest.approx(right, rel=0.01)
    assert right == pytest.approx(np.exp(-4.0 * ends[:, 0]), rel=0.05)
    assert result.fold_errors.empty
    assert result.to_dict()["arms"][""]["patients"] == {"n": 512, "seed": 1, "vary": {"rate": CV}}


def test_threads_do_not_change_a_number():
    arms = [Patients(37, seed=4, vary={"rate": CV})]
    found = [predictor(decay(), told(), arms, threads=threads) for threads in (1, 2)]
    both = [one.slopes(np.array([0.4])) for one in found]
    assert all(np.array_equal(a, b) for a, b in zip(*both, strict=True))


def test_lymphopenia_of_the_patient_is_fitted_from_a_file(tmp_path):
    (tmp_path / "fit.toml").write_text(LYMPHOPENIA, encoding="utf-8")
    (tmp_path / "lymphopenia.csv").write_text(MADE_UP, encoding="utf-8")
    problem = read_fit(tmp_path / "fit.toml")
    result = run_fit(problem, starts=1)
    row = result.residuals.iloc[0]
    assert row["predicted"] == pytest.approx(9 / 12, abs=1e-4)
    assert (row["statistic"], row["unit"], row["n"]) == ("share below", "1", 12)
    # Counted patient by patient at the estimate, within one of sixteen.
    model, patients = result.model, problem.arms["tmz"].patients
    table = pd.DataFrame({name: model.values[name] * f for name, f in patients.factors.items()})
    regimen = Regimen.parse("temozolomide 150 mg/m2 q24h d1-7/14 x 28 d")
    runs = simulate(model, regimen, table, endpoints=cmin("lymphocytes_per_uL", hours=(0, 672)))
    lowest = runs.endpoints(cmin("lymphocytes_per_uL", hours=(0, 672))).to_numpy().ravel()
    assert (lowest < 1100).mean() == pytest.approx(9 / 12, abs=1 / 16)
    seed = LYMPHOPENIA.replace("seed = 1", "seed = 2")
    (tmp_path / "fit.toml").write_text(seed, encoding="utf-8")
    assert read_fit(tmp_path / "fit.toml").hash != problem.hash


def test_the_unit_of_a_share_is_that_of_its_threshold():
    data = pd.DataFrame({
        "time_h": 2.0, "observable": "sorafenib_total_mg_per_L", "value": [0.4, 50.0, 1500.0],
        "unit": "ug/L", "sd": [0.1, 9.0, 300.0], "likelihood": "normal",
        "statistic": ["share above", "CV%", "mean"], "threshold": [1200.0, None, None],
    })  # fmt: skip
    rows = Reader(subject_of(Model.load("sorafenib_pk"))).rows(Table.of(data))
    assert [row.threshold for row in rows[:1]] == [pytest.approx(1.2)]
    assert [row.measured for row in rows] == pytest.approx([0.4, 50.0, 1.5])
    assert [row.known["sd"] for row in rows] == pytest.approx([0.1, 9.0, 0.3])
    assert [row.unit for row in rows] == ["1", "percent", "mg/L"]


def test_summaries_of_independent_patients_give_the_truth_back():
    # What would be printed of 20,000 patients of another generator, at two times.
    truth, rng = {"rate": 0.4, "size": 3.0}, np.random.default_rng(8)
    rates = 0.4 * np.exp(SD * rng.normal(size=20_000))
    rows = []
    for time in (1.0, 3.0):
        y = 3.0 * np.exp(-rates * time)
        quartiles = np.quantile(y, [0.25, 0.75])
        rows += [(time, "mean", y.mean()), (time, "SD", y.std()), (time, "median", np.median(y))]
        rows += [(time, "q25", quartiles[0]), (time, "q75", quartiles[1])]
    table = pd.DataFrame(rows, columns=["time_h", "statistic", "value"])
    result = fit_table(
        decay(), table.assign(observable="y", error=0.02 * table["value"]), [*truth],
        arms=Patients(128, seed=1, vary={"rate": CV}),
        bounds={"rate": (0.01, 10.0), "size": (0.01, 100.0)}, starts=3,
    )  # fmt: skip
    assert result.values == pytest.approx(truth, rel=0.02)
    # The errors of the patients' own numbers lie far below those of the rows.
    assert np.abs(result.residuals["residual"]).max() < 1.0
