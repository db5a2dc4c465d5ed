"""A fit finds the parameters that made its data, by the same path that published data take."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize

from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.fit import read_fit, run_fit, write_variants
from il15_sim.fit.predictor import Predictor
from il15_sim.fit.search import begins, own_start, search
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
    return read_fit(path, data_dir=root)


@pytest.fixture(scope="module")
def result(problem):
    return run_fit(problem, starts=2)


def test_known_parameters_are_recovered(result):
    # Without noise in the data only the pull of the factors' prior is left.
    for name, value in TRUTH.items():
        assert result.values[name] == pytest.approx(value, rel=0.03)
    assert result.values["high_time_shift"] == pytest.approx(SHIFT, abs=0.05)
    inside = result.frame
    assert (inside["lower95"] < inside["value"]).all()
    assert (inside["value"] < inside["upper95"]).all()
    assert (inside["on_bound"] == "").all()


def test_cohort_factors_are_recovered(result):
    found = dict(zip(result.cohorts["factor_of"], result.cohorts["factor"], strict=True))
    assert found == pytest.approx(FACTORS, rel=0.03)
    spread = np.sqrt(np.mean(np.log(list(FACTORS.values())) ** 2))
    assert result.omega == pytest.approx(spread, rel=0.2)


def test_residuals_hold_the_factor_and_the_shift(result):
    rows = result.residuals
    assert np.allclose(rows["predicted"], rows["factor"] * rows["typical"])
    logs = np.log(rows["measured"].astype(float) / rows["predicted"])
    assert np.allclose(rows["residual"] * rows["spread"], logs)
    assert (logs.abs() < 0.03).all()
    moved = rows[rows["arm"] == "high"]
    assert np.allclose(moved["time_h"] - moved["time_model_h"], SHIFT, atol=0.05)
    total = result.fold_errors.set_index("study").loc["all"]
    assert total["gmfe"] < total["gmfe_factor_one"]
    typical = np.log(rows["measured"].astype(float) / rows["typical"])
    assert total["gmfe_factor_one"] == pytest.approx(np.exp(typical.abs().mean()))


def test_curves_end_with_the_last_measurement(result):
    curves = result.curves()
    assert set(curves["arm"]) == set(FACTORS)
    assert np.allclose(curves["predicted"], curves["factor"] * curves["typical"])
    for _, curve in curves.groupby("arm"):
        assert len(curve) >= 200
        assert curve["time_h"].max() in (48.0, 48.0 + SHIFT)


def test_slopes_are_those_of_a_small_difference(problem):
    objective = problem.objective()
    x = begins(objective, 2, 5)[1]
    slopes = objective.slopes(x)
    for j in range(len(x)):
        step = np.zeros(len(x))
        step[j] = 1e-3
        ends = [objective.at(x + sign * step).vector for sign in (1, -1)]
        right = (ends[0] - ends[1]) / 2e-3
        assert slopes[:, j] == pytest.approx(right, abs=2e-3 * np.abs(right).max())


def test_the_factors_of_a_point_minimise_its_sum_of_squares(problem):
    objective = problem.objective().with_errors(np.empty(0), 0.3)
    x = own_start(objective)
    at, rows = objective.at(x), objective.rows
    residual, sd = np.log(rows.number / at.typical), objective.spread
    place = np.array([rows.factors.index(r.factor) for r in rows.rows])

    def with_factors(b):
        return float(np.sum(((residual - b[place]) / sd) ** 2) + np.sum(b**2) / 0.3**2)

    found = minimize(with_factors, np.zeros(len(rows.factors)), tol=1e-10)
    assert np.log(at.factor) == pytest.approx(found.x[place], abs=1e-4)
    # A prior of the table counts as a measurement.
    assert at.objective == pytest.approx(found.fun - 2 * objective.log_priors(x), rel=1e-6)


def test_the_likelihood_is_that_of_a_normal_with_shared_factors(problem):
    from scipy import stats

    objective = problem.objective().with_errors(np.empty(0), 0.3)
    x = own_start(objective)
    rows, at = objective.rows, objective.at(x)
    logs = np.log(rows.number)
    same = np.array([[a.factor == b.factor for b in rows.rows] for a in rows.rows])
    covariance = np.diag(objective.spread**2) + 0.3**2 * same
    expected = stats.multivariate_normal(np.log(at.typical), covariance).logpdf(logs) - logs.sum()
    assert objective.log_likelihood(x) == pytest.approx(expected, rel=1e-9)
    many = objective.log_likelihoods(np.array([x, x]), omega=np.array([0.3, 0.5]))
    assert many[0] == pytest.approx(expected, rel=1e-6)
    covariance = np.diag(objective.spread**2) + 0.5**2 * same
    other = stats.multivariate_normal(np.log(at.typical), covariance).logpdf(logs) - logs.sum()
    assert many[1] == pytest.approx(other, rel=1e-6)


def test_start_points_lie_between_the_bounds_and_do_not_depend_on_their_number(problem):
    objective = problem.objective()
    points = np.array(begins(objective, 65, 5)[1:])
    assert ((points >= 0) & (points <= 1)).all()
    assert np.array_equal(points[6], begins(objective, 8, 5)[7])
    # Evenly spread: every eighth of every range is visited.
    assert all(len(set(column)) == 8 for column in np.floor(8 * points).T)


def test_the_start_does_not_matter_to_the_result(result):
    objectives = [s.objective for s in result.searches]
    assert all(s.ok for s in result.searches)
    assert objectives == pytest.approx([objectives[0]] * 2, rel=1e-3)


def test_threads_do_not_change_the_numbers(problem):
    ends = []
    for threads in (1, 2):
        objective = problem.objective(threads=threads)
        ends.append(search(objective, own_start(objective)))
    assert np.array_equal(ends[0].end, ends[1].end)
    assert ends[0].objective == ends[1].objective


def failing(monkeypatch, when):
    predict = Predictor.predict

    def sometimes(self, points):
        found, why = predict(self, points)
        bad = [bool(when(point)) for point in points]
        found[bad] = np.nan
        return found, ["imposed" if b else w for b, w in zip(bad, why, strict=True)]

    monkeypatch.setattr(Predictor, "predict", sometimes)


def test_a_search_that_fails_keeps_its_place_and_reason(problem, monkeypatch):
    failing(monkeypatch, lambda point: True)
    objective = problem.objective()
    found = search(objective, own_start(objective))
    assert not found.ok
    assert (found.objective, found.status) == (np.inf, "imposed")
    with pytest.raises(InputError, match="made2020: all 2 searches failed; the first: imposed"):
        run_fit(problem, starts=2)


def test_a_point_out_of_reach_turns_the_search_back(problem, monkeypatch):
    failing(monkeypatch, lambda point: point[0] < 3.2)
    objective = problem.objective()
    found = search(objective, own_start(objective))
    assert np.isfinite(found.objective)
    assert objective.point(found.end)[0] >= 3.2


def test_progress_is_told(problem):
    seen = []
    run_fit(problem, starts=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_the_result_is_plain_json(result):
    plain = json.loads(result.to_json())
    assert plain["hash"] == result.problem.hash
    assert {e["parameter"] for e in plain["estimates"]} == set(result.values)
    assert len(plain["residuals"]) == len(result.residuals)


def test_the_variant_is_written_whole_and_read_by_the_model(result, tmp_path):
    path = write_variants(result, tmp_path)
    table = ParameterTable.read(models_dir() / "parameters.tsv")
    variant = Variant.read(path, table)
    assert variant.name == "made_fit"
    values = variant.values()
    assert set(values) == {*TRUTH, "sorafenib_exposure_factor"}
    reference = result.cohorts["factor_of"] == "ref"
    factor = result.cohorts["factor"][reference].iloc[0]
    assert values["sorafenib_exposure_factor"] == pytest.approx(factor, rel=1e-4)
    assert any(result.problem.hash in line for line in variant.comments)
    others = {p.stem for p in tmp_path.iterdir()} - {"made_fit"}
    assert "cohort_typical" in others
    assert all(name.startswith("cohort_") for name in others)


def test_a_place_that_cannot_be_written_is_told(result, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write_variants(result, tmp_path / "file")


def test_a_study_that_is_left_out_is_compared_and_not_fitted(problem):
    with pytest.raises(InputError, match="no row is left without made2020"):
        problem.without(["made2020"])
