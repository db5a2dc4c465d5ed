"""Predictions: what is read off a curve, and which arms share a simulation."""

import numpy as np
import pytest

from il15_sim.data import Experiment, MeasuredQuantity, Measurement, Window
from il15_sim.errors import InputError
from il15_sim.fit.predict import Curve, PredictionFailed, Predictor, read_off
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate

RATE = 0.05
TIMES = np.arange(0, 96.25, 0.25)
WINDOWS = [(0, 12), (12, 24)]


def exact_area(size, start, end):
    return size / RATE * (np.exp(-RATE * start) - np.exp(-RATE * end))


def decay(size):
    return Curve(
        TIMES,
        size * np.exp(-RATE * TIMES),
        {w: exact_area(size, *w) for w in WINDOWS},
        {w: size * np.exp(-RATE * w[0]) for w in WINDOWS},
    )


CURVES = {"a": decay(8.0), "b": decay(2.0)}
LEVEL = "sorafenib_total_mg_per_L"


def quantity(kind):
    return MeasuredQuantity("q", "q", LEVEL, "1", kind)


def row(time, start=None, reference=None, factor=1.0, experiment="a"):
    return Measurement("s", "q", experiment, time, 1.0, "1", "fit", start, reference, factor=factor)


def test_a_value_is_read_at_its_time_and_scaled():
    assert read_off(row(12, factor=1.5), quantity("value"), CURVES) == pytest.approx(
        12 * np.exp(-RATE * 12)
    )


def test_a_shifted_axis_is_read_earlier_but_never_before_the_dose():
    late = read_off(row(12), quantity("value"), CURVES, shift_h=2.0)
    assert late == pytest.approx(8 * np.exp(-RATE * 10))
    early = read_off(row(1), quantity("value"), CURVES, shift_h=3.0)
    assert early == pytest.approx(8 * np.exp(-RATE * 0.1), rel=1e-3)


def test_an_area_is_the_integral():
    found = read_off(row(24, start=12), quantity("area"), CURVES)
    assert found == pytest.approx(exact_area(8, 12, 24), rel=1e-4)


def test_a_peak_is_the_highest_value_times_the_factor():
    found = read_off(row(24, start=12, factor=1.34), quantity("peak"), CURVES)
    assert found == pytest.approx(1.34 * 8 * np.exp(-RATE * 12))


def test_a_half_life_is_that_of_the_exponential():
    found = read_off(row(72, start=24), quantity("half_life"), CURVES)
    assert found == pytest.approx(np.log(2) / RATE)


def test_a_rising_curve_has_no_half_life():
    rising = {"a": Curve(TIMES, 1 + TIMES)}
    with pytest.raises(PredictionFailed, match="no decline from 24 to 72 h"):
        read_off(row(72, start=24), quantity("half_life"), rising)


def test_a_ratio_compares_two_arms():
    found = read_off(
        row(24, start=12, reference=Window("b", 0, 12)), quantity("area_ratio"), CURVES
    )
    assert found == pytest.approx(exact_area(8, 12, 24) / exact_area(2, 0, 12), rel=1e-3)


def test_areas_and_peaks_are_those_of_the_integrator():
    text = "sorafenib 400 mg q12h x 3 d"
    kinds = {k: MeasuredQuantity(k, k, LEVEL, "1", k) for k in ("area", "peak", "area_ratio")}
    rows = [
        Measurement("s", k, "a", 60.0, 1.0, "1", "fit", 48.0, reference)
        for k, reference in (("area", None), ("peak", None), ("area_ratio", Window("a", 0, 12)))
    ]
    made = Predictor(MODEL, [arm("a", text)], rows, kinds, "sorafenib_exposure_factor")
    curves = made.curves({})
    fine = np.arange(0.0, 72.01, 0.05)
    one = MODEL.with_values({"sorafenib_exposure_factor": 1.0})
    y = simulate(one, Regimen.parse(text), times_h=fine, rtol=1e-8).get(0, LEVEL)

    def between(a, b):
        inside = (fine >= a - 1e-9) & (fine <= b + 1e-9)
        return np.trapezoid(y[inside], fine[inside]), y[inside].max()

    (area, peak), (first, _) = between(48, 60), between(0, 12)
    found = [read_off(m, kinds[m.observable], curves) for m in rows]
    assert found == pytest.approx([area, peak, area / first], rel=1e-4)


MODEL = Model.load("sorafenib_pk", variants=())
Q = {"q": quantity("value")}


def arm(name, text, **overrides):
    return Experiment(name, "s", text, overrides)


def predictor(arms, rows):
    return Predictor(MODEL, arms, rows, Q, "sorafenib_exposure_factor")


def test_arms_share_a_simulation_as_far_as_their_doses_agree():
    arms = [
        arm("a", "sorafenib 400 mg q12h x 7 d"),
        arm("b", "sorafenib 400 mg q12h x 2 d"),
        arm("c", "sorafenib 200 mg q12h x 2 d"),
        arm("d", "sorafenib 400 mg q12h x 2 d", sorafenib_biliary_share=0.0),
    ]
    rows = [row(160, experiment="a"), row(40, experiment="b"), row(24, experiment="c")]
    assert len(predictor(arms, [*rows, row(40, experiment="d")])) == 3
    # Once the shorter course is over and the longer one is not, they part.
    assert len(predictor(arms[:2], [rows[0], row(60, experiment="b")])) == 2


def test_curves_are_those_of_the_simulation_with_factor_one():
    text = "sorafenib 400 mg q12h x 2 d"
    values = {"sorafenib_clearance": 3.0}
    curve = predictor([arm("a", text)], [row(30)]).curves(values)["a"]
    model = MODEL.with_values({**values, "sorafenib_exposure_factor": 1.0})
    direct = simulate(model, Regimen.parse(text), times_h=[0.0, 30.0], observables=[LEVEL])
    assert curve.at(30.0) == pytest.approx(direct.get(0, LEVEL)[1], rel=1e-5)


def test_exposure_is_proportional_to_the_factor_at_every_time():
    times = np.arange(0.0, 60 * 24, 7.0)
    regimen = Regimen.parse("sorafenib 400 mg q12h x 60 d")
    overrides = [{"sorafenib_exposure_factor": f} for f in (1.0, 0.5)]
    runs = simulate(MODEL, [regimen] * 2, times_h=times, observables=[LEVEL], parameters=overrides)
    np.testing.assert_allclose(runs.get(1, LEVEL), 0.5 * runs.get(0, LEVEL), rtol=1e-9, atol=1e-12)


def test_a_regimen_that_does_not_parse_is_told_with_its_arm():
    with pytest.raises(InputError, match="s: a: "):
        predictor([arm("a", "sorafenib often")], [row(24)])


def test_a_model_without_the_observable_is_refused():
    other = {"q": MeasuredQuantity("q", "q", "il15_plasma", "1", "value")}
    with pytest.raises(InputError, match="has no observable 'il15_plasma'"):
        Predictor(MODEL, [arm("a", "sorafenib 400 mg q12h x 2 d")], [row(24)], other, "x")
    with pytest.raises(InputError, match="one fit reads one observable, not 0"):
        predictor([arm("a", "sorafenib 400 mg q12h x 2 d")], [])
