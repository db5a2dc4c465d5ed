"""Backgrounds and scales of plates, solved inside a fit: against a fit of all of them at once."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

from il15_sim import InputError, plots
from il15_sim.exchange import write_petab
from il15_sim.fit import fit_table, run_fit
from il15_sim.fit.posterior import FitTarget, predictive, sample_posterior
from il15_sim.fit.tables.entrance import table_problem
from tests.made.own_tables import decay, line, table

TIMES = np.array([0.5, 1.0, 2.0, 3.0, 5.0, 8.0])
PLATES = {"one": (300.0, 900.0), "two": (120.0, 4000.0)}
RATE, ERROR = 0.6, 25.0
BOUNDS = {"rate": (0.01, 10.0)}


def readings():
    rng = np.random.default_rng(4)
    values = [
        offset + scale * np.exp(-RATE * TIMES) + ERROR * rng.normal(size=6)
        for offset, scale in PLATES.values()
    ]
    both = table(np.tile(TIMES, 2), np.concatenate(values), plate=np.repeat([*PLATES], 6))
    return both.assign(error=ERROR, unit="MFI")


def fitted(told, **options):
    asked = {"bounds": BOUNDS, "noise": "normal", "scale": "plate", "offset": True, "starts": 3}
    return fit_table(decay(), told, ["rate"], **{**asked, **options})


@pytest.fixture(scope="module")
def result():
    return fitted(readings())


@pytest.fixture(scope="module")
def whole():
    """Least squares of the rate, both backgrounds and both scales at once, by SciPy."""
    told = readings()
    second = (told["plate"] == "two").to_numpy()

    def residual(x):
        rate, *plates = x
        offset = np.where(second, plates[1], plates[0])
        scale = np.where(second, plates[3], plates[2])
        predicted = offset + scale * np.exp(-rate * told["time_h"].to_numpy())
        return (told["value"].to_numpy() - predicted) / ERROR

    return least_squares(residual, [0.3, 100.0, 100.0, 1000.0, 1000.0], x_scale="jac")


def test_rate_backgrounds_and_scales_are_those_of_one_fit_of_all(result, whole):
    assert result.values["rate"] == pytest.approx(whole.x[0], rel=1e-5)
    rows = result.residuals.drop_duplicates("factor")
    assert rows["offset"].to_numpy() == pytest.approx(whole.x[1:3], rel=1e-3)
    assert rows["factor"].to_numpy() == pytest.approx(whole.x[3:5], rel=1e-4)
    assert result.best.objective == pytest.approx(2 * whole.cost, rel=1e-6)


def test_its_interval_counts_what_the_plates_take_away(result, whole):
    error = np.sqrt(np.linalg.inv(whole.jac.T @ whole.jac)[0, 0])
    row = result.frame.iloc[0]
    assert np.log(row["upper95"] / row["lower95"]) == pytest.approx(
        2 * 1.95996 * error / whole.x[0], rel=1e-3
    )
    assert result.criteria["parameters"] == 5


def test_predictions_hold_factor_and_background(result):
    rows = result.residuals
    assert np.allclose(rows["predicted"], rows["typical"] * rows["factor"] + rows["offset"])
    assert np.allclose(rows["residual"], (rows["measured"] - rows["predicted"]) / ERROR)
    assert result.cohorts["offset"].to_numpy() == pytest.approx(rows["offset"].unique())


def test_the_posterior_integrates_both_out(result):
    target = FitTarget(result)
    shares = np.array([[0.5], [0.6]])
    told, rates = readings(), target.values(shares)[:, 0]

    def log_integral(rate):
        total = 0.0
        for plate in PLATES:
            own = told[told["plate"] == plate]
            curve = np.exp(-rate * own["time_h"].to_numpy())
            design = np.stack([curve, np.ones(6)], axis=1) / ERROR
            y = own["value"].to_numpy() / ERROR
            best = np.linalg.lstsq(design, y)[0]
            total -= 0.5 * np.sum((y - design @ best) ** 2)
            total -= 0.5 * np.linalg.slogdet(design.T @ design)[1]
        return total

    expected = log_integral(rates[1]) - log_integral(rates[0])
    density = target.log_density(shares)
    assert density[1] - density[0] == pytest.approx(expected, rel=1e-5)


def test_each_plate_has_errors_of_its_own_where_none_are_told():
    found = fitted(readings().drop(columns="error"))
    assert [name.split("'")[1] for name in found.objective.rows.sizes] == ["one", "two"]
    assert found.residuals.groupby("factor")["spread"].nunique().tolist() == [1, 1]


def test_readings_of_several_plates_are_drawn_on_the_scale_of_the_model(result):
    (axes,) = plots.fitted(result).axes
    points = axes.containers[0][0].get_ydata()
    assert np.max(np.abs(points - np.exp(-RATE * np.tile(TIMES, 2)))) < 0.2


@pytest.mark.parametrize(
    ("told", "options", "line"),
    [
        ({}, {"scale": "plates"}, "unknown scale 'plates'; did you mean 'plate'?"),
        ({}, {"scale": None}, "offset without scale; readings with a background are relative"),
        ({"plate": ""}, {}, "data: row 0: no plate; name it in a column 'plate', in every row"),
        (
            {},
            {"noise": "log-normal"},
            "data: row 0: a background with the likelihood 'log-normal'; it adds to the level",
        ),
    ],
)
def test_what_cannot_be_is_told(told, options, line):
    with pytest.raises(InputError) as caught:
        fitted(readings().assign(**told), **options)
    assert line in str(caught.value)


def test_a_plate_with_too_few_readings_is_told():
    few = pd.concat([readings()[:6], readings()[6:7]])
    with pytest.raises(InputError, match="do not tell its offset and scale"):
        fitted(few)


def test_petab_takes_no_background(tmp_path):
    problem = table_problem(
        decay(), readings(), ["rate"], bounds=BOUNDS, noise="normal", scale="plate", offset=True
    )
    with pytest.raises(InputError, match="readings with a background; its observables are told"):
        write_petab(problem, tmp_path / "out")


@pytest.mark.parametrize("scale", ["observable", "group"])
def test_rows_that_are_only_compared_have_the_factor_and_the_errors_of_those_they_share(scale):
    rng = np.random.default_rng(4)
    values = 50 + 100 * np.exp(-RATE * np.tile(TIMES, 2)) + rng.normal(size=12)
    told = table(np.tile(TIMES, 2), values, group=np.repeat(["A", "B"], 6), unit="MFI")
    problem = table_problem(
        *(decay(), told, ["rate"]),
        arms={"A": {}, "B": {}},
        bounds=BOUNDS,
        noise="normal",
        scale=scale,
        offset=True,
        starts=1,
    )
    rows = run_fit(problem.without(["B"], "arm")).residuals
    fitted, compared = rows[rows["used"]].reset_index(), rows[~rows["used"]].reset_index()
    if scale == "observable":
        for column in ("factor", "offset", "predicted"):
            assert compared[column].tolist() == fitted[column].tolist()
    else:
        # Their own factor and background are not known.
        assert (compared["factor"] == 1).all()
        assert (compared["offset"] == 0).all()
    assert compared["spread"].tolist() == fitted["spread"].tolist()
    residual = (compared["measured"] - compared["predicted"]) / compared["spread"]
    assert compared["residual"].to_numpy() == pytest.approx(residual.to_numpy())


def test_fold_errors_without_factors_keep_the_background():
    times = np.array([0.0, 1.0, 2.0, 4.0])
    told = table(times, [20.1, 119.8, 220.2, 419.9], unit="MFI").assign(observable="x")
    options = {"scale": "observable", "offset": True, "noise": "normal", "starts": 1}
    result = fit_table(line(), told, ["a"], bounds={"a": (-3.0, 3.0)}, **options)
    rows, found = result.residuals, result.fold_errors.iloc[0]
    # The curve begins at zero, the readings at their background.
    fold = np.abs(np.log(rows["measured"].astype(float) / (rows["typical"] + rows["offset"])))
    assert rows["typical"][0] == 0.0
    assert found["gmfe_factor_one"] == pytest.approx(np.exp(fold.mean()))
    assert np.isfinite(found["gmfe_factor_one"])


def test_bands_of_several_plates_lie_under_their_readings(result):
    found = sample_posterior(result, draws=4_000, seed=1, progress=False)
    bands = predictive(result, found, curves=100)
    (axes,) = plots.predictive(bands, result.residuals).axes
    (points,) = [x for x in axes.get_lines() if x.get_marker() == "o"]
    at = np.interp(np.tile(TIMES, 2), bands["time_h"], bands["median"])
    assert np.max(np.abs(points.get_ydata() - at)) < 0.2
