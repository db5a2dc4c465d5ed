"""A fit finds the parameters that made its data, by the same path that published data take."""

import json
import math

import numpy as np
import pytest
from scipy.optimize import minimize

from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.fit import FitProblem, run_fit
from il15_sim.fit.objective import Objective
from il15_sim.fit.optimise import bounds, search, search_all, start_point
from il15_sim.fit.predict import PredictionFailed
from il15_sim.model import Model
from il15_sim.model.parameters import ParameterTable
from il15_sim.model.variant import Variant
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate

LEVEL = "sorafenib_total_mg_per_L"
TRUTH = {"sorafenib_clearance": 3.0, "sorafenib_volume": 150.0}
FACTORS = {"low": 0.7, "high": 1.4, "same": 1.0, "ref": 1.02}
DOSES = {"low": 400, "high": 400, "same": 200, "ref": 400}
TIMES = (2.0, 6.0, 12.0, 24.0, 36.0, 48.0)
SHIFT = 1.0
FIT = """
title = "made-up data"
model = "sorafenib_pk"
studies = ["made2020"]
starts = 2
seed = 5
[noise]
model_sd_log = 0.05
area_sd_log = 0.05
between_cv = 0.3
within_cv = 0.3
[cohorts]
omega_start = 0.5
factor_parameter = "sorafenib_exposure_factor"
reference_experiment = "ref"
[[estimate]]
id = "sorafenib_clearance"
[[estimate]]
id = "sorafenib_volume"
[[time_shift]]
experiment = "high"
lower = 0.0
start = 0.5
upper = 3.0
"""


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """Four cohorts on two dose levels; one of them with a time axis that reads late."""
    root = tmp_path_factory.mktemp("data")
    folder = root / "made2020"
    folder.mkdir()
    lines = ["observableId\texperimentId\ttime\tmeasurement\tunit\tused\tn"]
    model = Model.load("sorafenib_pk", variants=()).with_values(TRUTH)
    study = ['title = "t"', 'citation = "c"', 'doi = ""', 'population = "p"', 'credit = "c"']
    study.append("defects = []")
    for arm, factor in FACTORS.items():
        text = f"sorafenib {DOSES[arm]} mg q12h x 1 d"
        study += [f"[experiments.{arm}]", f'regimen = "{text}"']
        runs = simulate(model, Regimen.parse(text), times_h=(0.0, *TIMES), observables=[LEVEL])
        for time, value in zip(TIMES, runs.get(0, LEVEL)[1:], strict=True):
            late = time + (SHIFT if arm == "high" else 0.0)
            lines.append(f"{LEVEL}\t{arm}\t{late}\t{factor * float(value)!r}\tmg/L\tfit\t50")
    (folder / "study.toml").write_text("\n".join(study), encoding="utf-8")
    (folder / "measurements.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = experiments_dir() / "data" / "observables.tsv"
    (root / "observables.tsv").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    path = root / "made.toml"
    path.write_text(FIT, encoding="utf-8")
    return FitProblem.read(path, data_dir=root)


@pytest.fixture(scope="module")
def result(problem):
    return run_fit(problem, starts=2)


def test_known_parameters_are_recovered(result):
    # Without noise in the data only the pull of the factors' prior is left.
    for name, value in TRUTH.items():
        assert result.values[name] == pytest.approx(value, rel=0.03)
    assert result.values["high_time_shift"] == pytest.approx(SHIFT, abs=0.05)
    inside = result.estimates
    assert (inside["lower95"] < inside["value"]).all()
    assert (inside["value"] < inside["upper95"]).all()
    assert (inside["at_bound"] == "").all()


def test_cohort_factors_are_recovered(result):
    found = dict(zip(result.cohorts["experiment"], result.cohorts["factor"], strict=True))
    assert found == pytest.approx(FACTORS, rel=0.03)
    assert result.reference_factor == found["ref"]
    spread = np.sqrt(np.mean(np.log(list(FACTORS.values())) ** 2))
    assert result.omega == pytest.approx(spread, rel=0.2)


def test_predictions_hold_the_factor_and_the_shift(result):
    rows = result.predictions
    assert np.allclose(rows["predicted"], rows["factor"] * rows["predicted_typical"])
    assert np.allclose(rows["log_residual"], np.log(rows["measured"] / rows["predicted"]))
    assert (rows["log_residual"].abs() < 0.03).all()
    moved = rows[rows["experiment"] == "high"]
    assert np.allclose(moved["time_h"] - moved["time_model_h"], SHIFT, atol=0.05)
    total = result.fold_errors.set_index("study").loc["all"]
    assert total["gmfe"] < total["gmfe_factor_one"]
    assert total["gmfe_factor_one"] == pytest.approx(
        math.exp(np.abs(rows["log_residual_typical"]).mean())
    )


def test_curves_are_hourly_and_end_with_the_last_measurement(result):
    curves = result.curves()
    assert set(curves["experiment"]) == set(FACTORS)
    for _, curve in curves.groupby("experiment"):
        assert set(range(49)) <= set(curve["time_h"])
        assert np.allclose(curve["predicted"], curve["factor"] * curve["typical"])
    assert curves[curves["experiment"] == "low"]["time_h"].max() == 48.0


def test_the_jacobian_is_that_of_a_smaller_step(problem):
    objective, x = Objective(problem), start_point(problem, 1)
    _, upper = bounds(problem)
    forward = objective.jacobian(x, 0.5, upper)
    for i in range(len(x)):
        step = np.zeros(len(x))
        step[i] = 1e-3
        ends = [objective.evaluate(x + s * step, 0.5).vector for s in (1, -1)]
        assert np.allclose(forward[:, i], (ends[0] - ends[1]) / 2e-3, rtol=0.1, atol=0.3)


def test_the_factors_of_an_evaluation_minimise_it(problem):
    objective, omega = Objective(problem), 0.3
    x = start_point(problem, 0)
    at = objective.evaluate(x, omega)
    w = objective.sd**-2.0

    def with_factors(b):
        rows = sum(
            w[t.rows] @ (at.residuals[t.rows] - bi) ** 2 + bi**2 / omega**2
            for t, bi in zip(objective.terms, b, strict=True)
        )
        return float(rows)

    found = minimize(with_factors, np.zeros(len(objective.terms)), tol=1e-10)
    assert [b for b, _ in at.log_factors.values()] == pytest.approx(list(found.x), abs=1e-4)
    assert at.objective == pytest.approx(found.fun, rel=1e-6)


def test_start_points_lie_between_the_bounds_and_do_not_depend_on_their_number(problem):
    lower, upper = bounds(problem)
    points = np.array([start_point(problem, i) for i in range(64)])
    assert ((points >= lower) & (points <= upper)).all()
    assert np.array_equal(points[7], start_point(problem, 7))
    # Evenly spread: every eighth of every range is visited.
    eighths = np.floor(8 * (points[1:] - lower) / (upper - lower))
    assert all(len(set(column)) == 8 for column in eighths.T)


def test_the_start_does_not_matter_to_the_result(result):
    objectives = [s.objective for s in result.starts]
    assert all(s.status == "converged" for s in result.starts)
    assert objectives == pytest.approx([objectives[0]] * 2, rel=1e-3)
    assert list(result.waterfall()["objective"]) == sorted(objectives)


def test_two_workers_find_the_same_numbers(problem):
    begins = [start_point(problem, i) for i in range(2)]
    assert search_all(problem, begins, workers=2) == search_all(problem, begins, workers=1)


def test_a_search_that_fails_keeps_its_place_and_reason(problem, monkeypatch):
    def fail(self, values, dense=False):
        raise PredictionFailed("integration failed after 12 h")

    monkeypatch.setattr("il15_sim.fit.predict.Predictor.curves", fail)
    found = search(Objective(problem), start_point(problem, 1), 0.5, index=4)
    assert not found.ok
    assert (found.index, found.objective) == (4, math.inf)
    assert found.status == "failed: integration failed after 12 h"
    with pytest.raises(InputError, match="none of 2 searches came to an end; the first one failed"):
        run_fit(problem, starts=2)


def test_a_point_out_of_reach_turns_the_search_back(problem, monkeypatch):
    curves = Objective(problem).predictor.__class__.curves
    calls = []

    def sometimes(self, values, dense=False):
        calls.append(values)
        if values["sorafenib_clearance"] < 3.2:
            raise PredictionFailed("imposed")
        return curves(self, values, dense)

    monkeypatch.setattr("il15_sim.fit.predict.Predictor.curves", sometimes)
    objective = Objective(problem)
    start = start_point(problem, 0)
    found = search(objective, start, 0.5, max_steps=6)
    assert found.ok
    assert math.exp(found.end[0]) >= 3.2


def test_progress_is_told(problem):
    seen = []
    run_fit(problem, quick=True, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_the_result_is_plain_json(result):
    plain = json.loads(result.to_json())
    assert plain["hash"] == result.problem.hash
    assert {e["parameter"] for e in plain["estimates"]} == set(result.values)
    assert len(plain["predictions"]) == len(result.predictions)


def test_the_variant_is_written_whole_and_read_by_the_model(result, tmp_path):
    path = result.write_variant(tmp_path)
    table = ParameterTable.read(models_dir() / "parameters.tsv")
    variant = Variant.read(path, table)
    assert variant.name == "made_fit"
    values = variant.values()
    assert set(values) == {*TRUTH, "sorafenib_exposure_factor"}
    assert values["sorafenib_exposure_factor"] == pytest.approx(result.reference_factor, rel=1e-4)
    assert any(result.problem.hash in line for line in variant.comments)
    others = {p.stem for p in tmp_path.iterdir()} - {"made_fit"}
    assert "cohort_typical" in others
    assert all(name.startswith("cohort_") for name in others)


def test_a_place_that_cannot_be_written_is_told(result, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        result.write_variant(tmp_path / "file")
