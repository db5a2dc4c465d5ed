"""Endpoints against closed forms on made-up runs: decays, lines, steps, sawtooths."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim import Model, Regimen, endpoints, simulate
from il15_sim.runs import Runs

X = "x"
DAILY = Regimen.parse("sorafenib 100 mg q24h x 4 d")
ONCE = Regimen.from_doses("sorafenib", times_h=[0], dose_mg=100)


def made(times, *curves, sample=None, regimens=(), names=None):
    """Runs of one observable: one curve for each run."""
    times = np.asarray(times, dtype=float)
    values = np.array([np.broadcast_to(c, times.shape) for c in curves], dtype=float)
    return Runs(
        names=tuple(names or map(str, range(len(curves)))),
        times_h=times,
        sample=np.array(["grid"] * len(times) if sample is None else sample),
        values=values[:, :, None],
        observables=(X,),
        units={X: "mg/L"},
        status=("ok",) * len(curves),
        regimens=tuple(regimens),
    )


def sawtooth(k=0.1, dose=100.0, every=24, count=4, until=120):
    """A bolus every day into one compartment, on the hourly grid with rows around every dose."""
    doses = np.arange(count) * every
    hours = np.setdiff1d(np.arange(until + 1), doses)
    times = np.concatenate([hours, doses, doses]).astype(float)
    sample = np.repeat(["grid", "pre", "post"], [len(hours), count, count])
    order = np.argsort(times, kind="stable")
    times, sample = times[order], sample[order]
    values = np.zeros_like(times)
    for dose_time in doses:
        since = times - dose_time
        given_ = (since > 0) | ((since == 0) & (sample == "post"))
        values += given_ * dose * np.exp(-k * since.clip(0))
    return made(times, values, 2 * values, sample=sample, regimens=[DAILY] * 2)


def before(day, k=0.1, dose=100.0):
    """Closed form: the level just before the dose of a day."""
    return dose * sum(math.exp(-24 * k * n) for n in range(1, day + 1))


# --- levels


def test_trough_is_before_and_value_at_after_the_dose():
    runs = sawtooth()
    for day in range(4):
        np.testing.assert_allclose(
            endpoints.trough(runs, X, day=day), [before(day), 2 * before(day)]
        )
        after = before(day) + 100
        np.testing.assert_allclose(endpoints.value_at(runs, X, day=day), [after, 2 * after])
    # no dose on day 4, which is after the last one: the level there, whichever is asked for
    for read in (endpoints.trough, endpoints.value_at):
        np.testing.assert_allclose(read(runs, X, day=4), [before(4), 2 * before(4)])


def test_levels_between_rows_are_interpolated():
    runs = made([0, 10, 20], [0, 10, 40])
    assert endpoints.value_at(runs, X, day=5 / 24)[0] == pytest.approx(5)
    assert endpoints.trough(runs, X, day=15 / 24)[0] == pytest.approx(25)
    # to the left of a dose the level before it counts
    runs = made([0, 10, 10, 20], [0, 10, 110, 110], sample=["grid", "pre", "post", "grid"])
    assert endpoints.value_at(runs, X, day=9 / 24)[0] == pytest.approx(9)
    assert endpoints.value_at(runs, X, day=11 / 24)[0] == pytest.approx(110)


def test_a_day_is_as_fine_as_the_time_of_a_dose():
    runs = made([0, 2.4, 2.4, 5], [0, 1, 7, 7], sample=["grid", "pre", "post", "grid"])
    assert 24 * 0.1 != 2.4
    assert endpoints.trough(runs, X, day=0.1)[0] == 1
    assert endpoints.value_at(runs, X, day=0.1)[0] == 7


def test_cmax_of_the_run_and_of_an_interval():
    runs = sawtooth()
    np.testing.assert_allclose(endpoints.cmax(runs, X), [before(3) + 100, 2 * before(3) + 200])
    first_day = endpoints.cmax(runs, X, start_h=0, end_h=24)
    np.testing.assert_allclose(first_day, [100, 200])  # the dose at 24 h is not in it
    late = endpoints.cmax(runs, X, start_h=24, end_h=30)
    np.testing.assert_allclose(late, [before(1) + 100, 2 * before(1) + 200])
    tail = endpoints.cmax(runs, X, start_h=100)
    np.testing.assert_allclose(tail[0], (before(3) + 100) * math.exp(-0.1 * 28))


# --- areas


@settings(max_examples=20, deadline=None)
@given(st.floats(0.005, 0.2), st.floats(0, 60), st.floats(1, 60), st.floats(0.1, 1e4))
def test_auc_of_a_decay(k, start, width, height):
    times = np.linspace(0, 120, 24001)
    runs = made(times, height * np.exp(-k * times))
    exact = height / k * (math.exp(-k * start) - math.exp(-k * (start + width)))
    area = endpoints.auc(runs, X, start_h=start, end_h=start + width)
    assert area[0] == pytest.approx(exact, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 30), st.floats(0.5, 20), st.floats(-2, 2), st.floats(0, 50))
def test_auc_of_a_line_is_exact_off_the_grid(start, width, slope, height):
    times = np.array([0, 0.7, 1.9, 5, 11, 13.3, 29, 50])
    runs = made(times, height + slope * times)
    middle = height + slope * (start + width / 2)
    area = endpoints.auc(runs, X, start_h=start, end_h=start + width)[0]
    assert area == pytest.approx(width * middle, rel=1e-9, abs=1e-6)


def test_auc_inside_one_step_and_additivity():
    runs = made([0, 10], [0, 10])
    assert endpoints.auc(runs, X, start_h=2, end_h=4)[0] == pytest.approx(6)
    runs = sawtooth()
    parts = [endpoints.auc(runs, X, start_h=a, end_h=a + 12) for a in range(0, 96, 12)]
    np.testing.assert_allclose(sum(parts), endpoints.auc(runs, X, start_h=0, end_h=96))


def test_auc_of_a_sawtooth_takes_each_dose_on_its_side():
    runs = sawtooth()
    for day in range(4):
        exact = (before(day) + 100) / 0.1 * (1 - math.exp(-0.1 * 12))
        area = endpoints.auc_0_12(runs, X, day=day)
        np.testing.assert_allclose(area, [exact, 2 * exact], rtol=1e-3)  # hourly rows
        assert area[0] == endpoints.auc(runs, X, start_h=24 * day, end_h=24 * day + 12)[0]
    exact = 4 * 100 / 0.1 - before(4) / 0.1
    assert endpoints.auc(runs, X, start_h=0, end_h=96)[0] == pytest.approx(exact, rel=1e-3)


# --- times


@settings(max_examples=20, deadline=None)
@given(st.floats(0.02, 0.3), st.floats(0.05, 0.95))
def test_time_above_a_level_of_a_decay(k, share):
    times = np.linspace(0, 200, 20001)
    runs = made(times, np.exp(-k * times), 2 * np.exp(-k * times))
    hours = endpoints.time_above(runs, X, share)
    exact = [math.log(n / share) / k for n in (1, 2)]
    np.testing.assert_allclose(hours, np.minimum(exact, 200), rtol=1e-4, atol=1e-3)


def test_time_above_a_triangle_and_at_the_level():
    runs = made([0, 10, 20], [0, 10, 0])
    assert endpoints.time_above(runs, X, 4)[0] == pytest.approx(12)
    assert endpoints.time_above(runs, X, 10)[0] == 0
    assert endpoints.time_above(runs, X, 0)[0] == 20
    assert endpoints.time_above(runs, X, -1)[0] == 20
    flat = made([0, 7], 5.0)
    assert endpoints.time_above(flat, X, 5)[0] == 0
    assert endpoints.time_above(flat, X, 4.999)[0] == 7
    jump = made([0, 10, 10, 20], [0, 0, 8, 8], sample=["grid", "pre", "post", "grid"])
    assert endpoints.time_above(jump, X, 4)[0] == 10


@settings(max_examples=20, deadline=None)
@given(st.floats(2, 200), st.floats(0.01, 100))
def test_half_life_of_a_decay(half_life, height):
    times = np.arange(0.0, 121)
    values = height * np.exp(-math.log(2) / half_life * times)
    runs = made(times, values, regimens=[ONCE])
    told = endpoints.half_life_after_last_dose(runs, X, drug="sorafenib")
    assert told[0] == pytest.approx(half_life, rel=1e-6)


def test_half_life_is_that_of_the_part_asked_for():
    times = np.arange(0.0, 200)
    values = np.where(times <= 48, 2.0 ** (-times / 6), 2.0 ** (-8 - (times - 48) / 24))
    runs = made(times, values, regimens=[ONCE])
    read = endpoints.half_life_after_last_dose
    assert read(runs, X, drug="sorafenib", from_h=4, to_h=40)[0] == pytest.approx(6)
    assert read(runs, X, drug="sorafenib", from_h=50, to_h=150)[0] == pytest.approx(24)


def test_half_life_counts_from_the_last_dose_or_the_end_of_an_infusion():
    times = np.arange(0.0, 140)
    values = np.where(times < 30, 1.0, 2.0 ** (-(times - 30) / 10))
    infusion = Regimen.from_doses(
        "sorafenib", times_h=[20], route="infusion", duration_h=10, dose_mg=1
    )
    last = Regimen.from_doses("sorafenib", times_h=[0, 30], dose_mg=1)
    early = Regimen.from_doses("sorafenib", times_h=[0], dose_mg=1)
    runs = made(times, values, values, values, regimens=[infusion, last, early])
    told = endpoints.half_life_after_last_dose(runs, X, drug="sorafenib", from_h=1, to_h=96)
    np.testing.assert_allclose(told[:2], 10)
    assert told[2] > 11  # the plateau is in it


def test_half_life_that_does_not_exist():
    times = np.arange(0.0, 100)
    curves = [np.exp(-times), np.exp(times / 50), np.ones(100), np.exp(-times) - 1e-12, times * 0]
    other = Regimen.from_doses("temozolomide", times_h=[0], dose_mg=1)
    late = Regimen.from_doses("sorafenib", times_h=[50], dose_mg=1)
    regimens = [ONCE, ONCE, ONCE, ONCE, ONCE, other, late, Regimen.none()]
    runs = made(times, *curves, *[curves[0]] * 3, regimens=regimens)
    told = endpoints.half_life_after_last_dose(runs, X, drug="sorafenib")
    assert told[0] == pytest.approx(math.log(2))
    rising, flat = told[1], told[2]
    assert math.isnan(rising)
    assert math.isnan(flat) or flat > 1e9  # rounding decides
    assert np.isnan(told[3:]).all()


# --- relative to the baseline


def test_change_and_fold():
    runs = made([0, 24, 48], [10, 15, 5], [4, 4, 12], [-2, -1, 1])
    np.testing.assert_array_equal(endpoints.baseline(runs, X), [10, 4, -2])
    np.testing.assert_array_equal(endpoints.change(runs, X, day=1), [5, 0, 1])
    np.testing.assert_array_equal(endpoints.fold(runs, X, day=2), [0.5, 3, -0.5])
    np.testing.assert_array_equal(endpoints.max_fold(runs, X), [1.5, 3, -0.5])
    np.testing.assert_array_equal(endpoints.fold(runs, X, day=0), 1)
    np.testing.assert_array_equal(endpoints.change(runs, X, day=0), 0)


def test_fold_from_nothing_is_not_a_number():
    runs = made([0, 24], [0, 5], [1e-15, 5])
    assert np.isnan(endpoints.fold(runs, X, day=1)).all()
    assert np.isnan(endpoints.max_fold(runs, X)).all()
    np.testing.assert_allclose(endpoints.change(runs, X, day=1), 5)


def test_fold_and_change_are_read_before_the_dose():
    sample = ["pre", "post", "pre", "post"]
    runs = made([0, 0, 24, 24, 25], [2, 8, 4, 16, 15], sample=[*sample, "grid"])
    assert endpoints.baseline(runs, X)[0] == 2
    assert endpoints.fold(runs, X, day=1)[0] == 2
    assert endpoints.change(runs, X, day=1)[0] == 2
    assert endpoints.max_fold(runs, X)[0] == 8


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 4), st.floats(0.02, 0.5), st.sampled_from([-0.9, 0.5, 3.0]))
def test_time_to_baseline_of_a_relaxation(rate_per_day, within, gain):
    times = np.arange(0, 24 * 60 + 0.05, 0.1)
    away = np.where(times < 240, gain, gain * np.exp(-rate_per_day * (times - 240) / 24))
    values = 7 * (1 + np.where(times == 0, 0, away))
    runs = made(times, values)
    exact = max(math.log(abs(gain) / within) / rate_per_day, 0)
    told = endpoints.time_to_baseline(runs, X, after_day=10, within=within)[0]
    if exact < 49:
        assert told == pytest.approx(exact, abs=0.11 / 24)


def test_time_to_baseline_is_when_it_stays_there():
    days = np.arange(8.0)
    back = [10, 20, 10, 20, 10.4, 10, 10, 10]
    runs = made(24 * days, back, [*back[:-1], 20], 10, [*back[:-1], math.nan])
    told = endpoints.time_to_baseline(runs, X, after_day=1)
    np.testing.assert_array_equal(told, [3, math.nan, 0, math.nan])
    assert endpoints.time_to_baseline(runs, X, after_day=1, within=0.03)[0] == 4
    assert endpoints.time_to_baseline(runs, X, after_day=6)[0] == 0


def test_the_highest_value_of_the_run_may_follow_a_dose_at_its_end():
    model = Model.load("temozolomide")
    regimen = Regimen.from_doses("temozolomide", times_h=[0, 24], dose_mg=[10, 400], route="oral")
    runs = simulate(model, regimen, until_days=1, observables=["temozolomide_gut"])
    assert endpoints.cmax(runs, "temozolomide_gut")[0] == pytest.approx(400, rel=1e-6)


def test_the_area_of_a_fast_peak_is_that_of_dose_over_clearance():
    """Temozolomide peaks within an hour of a dose; all of it has passed after a day."""
    model = Model.load("temozolomide")
    regimen = Regimen.parse("temozolomide 150 mg/m2 q24h x 1 d")
    runs = simulate(model, regimen, until_days=2, observables=["temozolomide_mg_per_L"])
    area = endpoints.auc(runs, "temozolomide_mg_per_L", start_h=0, end_h=48)[0]
    exact = 150 / model.values["temozolomide_clearance_per_m2"]
    # Hourly rows see the peak only through the spline.
    assert area == pytest.approx(exact, rel=0.02)
