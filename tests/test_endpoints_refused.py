"""Endpoints of runs that failed, and what endpoints refuse."""

import math

import numpy as np
import pytest
from test_endpoints import DAILY, ONCE, X, made, sawtooth

from il15_sim import InputError, endpoints

READ = {
    "cmax": lambda r, x=X: endpoints.cmax(r, x),
    "trough": lambda r, x=X: endpoints.trough(r, x, day=2),
    "value_at": lambda r, x=X: endpoints.value_at(r, x, day=2),
    "auc": lambda r, x=X: endpoints.auc(r, x, start_h=1, end_h=90),
    "auc_0_12": lambda r, x=X: endpoints.auc_0_12(r, x, day=3),
    "time_above": lambda r, x=X: endpoints.time_above(r, x, 1),
    "half_life": lambda r, x=X: endpoints.half_life_after_last_dose(
        r, x, drug="sorafenib", from_h=1, to_h=20
    ),
    "change": lambda r, x=X: endpoints.change(r, x, day=2),
    "fold": lambda r, x=X: endpoints.fold(r, x, day=2),
    "max_fold": lambda r, x=X: endpoints.max_fold(r, x),
    "time_to_baseline": lambda r, x=X: endpoints.time_to_baseline(r, x, after_day=1, within=0.9),
}


@pytest.mark.parametrize("name", READ)
def test_a_run_that_failed_has_no_endpoint_and_harms_no_other(name):
    times = np.arange(0.0, 121)
    good = 5 + np.exp(-times / 30)
    bad = np.where(times > 30, math.nan, good)
    one = READ[name](made(times, good, regimens=[ONCE]))
    told = READ[name](made(times, good, bad, good, regimens=[ONCE] * 3))
    assert told.shape == (3,)
    np.testing.assert_array_equal(told[[0, 2]], np.repeat(one, 2))
    if name == "half_life":  # its part of the run is there
        assert told[1] == one[0]
    else:
        assert np.isnan(told[1])
    assert READ[name](made(times, *[good] * 2, regimens=[ONCE] * 2).select(0)).shape == (1,)


@pytest.mark.parametrize("name", READ)
def test_an_unknown_observable(name):
    with pytest.raises(InputError, match="unknown observable 'xx'; did you mean 'x'"):
        READ[name](sawtooth(), "xx")


AFTER_ONLY = made([0, 24, 48], [1, 2, 3], sample=["post", "post", "grid"], regimens=[DAILY])
LATER = made([5, 24], [1, 2])
FULL = "simulate without times_h"
E = endpoints
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda r: E.auc(r, X, start_h=10, end_h=10), "interval 10-10 h; it must be rising"),
        (lambda r: E.auc(r, X, start_h=10, end_h=5), "it must be rising and lie in the run, 0-120"),
        (lambda r: E.auc(r, X, start_h=-1, end_h=5), "lie in the run"),
        (lambda r: E.auc(r, X, start_h=0, end_h=121), "lie in the run"),
        (lambda r: E.auc(r, X, start_h=NAN, end_h=5), "lie in the run"),
        (lambda r: E.auc(r, X, start_h=0, end_h=INF), "lie in the run"),
        (lambda r: E.auc_0_12(r, X, day=5), "interval 120-132 h"),
        (lambda r: E.cmax(r, X, start_h=200), "interval 200-120 h"),
        (lambda r: E.cmax(r, X, start_h=0.2, end_h=0.8), "no row of the run lies in 0.2-0.8 h"),
        (lambda r: E.trough(r, X, day=6), "day 6; the run covers 5 days"),
        (lambda r: E.value_at(r, X, day=-1), "day -1; the run covers"),
        (lambda r: E.value_at(r, X, day=NAN), "day nan; the run covers"),
        (lambda r: E.fold(r, X, day=6), "day 6"),
        (lambda r: E.change(r, X, day=6), "day 6"),
        *[(lambda r, v=v: E.time_above(r, X, v), "a level is a finite number") for v in (NAN, INF)],
        (lambda r: E.trough(AFTER_ONLY, X, day=1), f"no value before the dose at 24 h; {FULL}"),
        (lambda r: E.trough(AFTER_ONLY, X, day=0), "no value before the dose at 0 h"),
        (lambda r: E.auc(AFTER_ONLY, X, start_h=0, end_h=48), "no value before the dose at 24 h"),
        (lambda r: E.auc(AFTER_ONLY, X, start_h=0, end_h=24), "no value before the dose at 24 h"),
        (
            lambda r: E.baseline(AFTER_ONLY, X),
            f"no baseline; the first row is after a dose; {FULL}",
        ),
        (lambda r: E.max_fold(AFTER_ONLY, X), "no baseline"),
        (lambda r: E.time_to_baseline(AFTER_ONLY, X, after_day=1), "no baseline"),
        (lambda r: E.baseline(LATER, X), "no baseline; the first row is at 5 h"),
        (lambda r: E.fold(LATER, X, day=1), "no baseline"),
        *[
            (lambda r, w=w: E.time_to_baseline(r, X, after_day=1, within=w), "outside of the run")
            for w in (0, 1, -0.1, NAN)
        ],
        *[
            (lambda r, d=d: E.time_to_baseline(r, X, after_day=d), "outside of the run")
            for d in (-1, 6, NAN)
        ],
        (
            lambda r: E.half_life_after_last_dose(r, X, drug="sorafenb"),
            "unknown drug of these runs 'sorafenb'; did you mean 'sorafenib'",
        ),
        (
            lambda r: E.half_life_after_last_dose(LATER, X, drug="sorafenib"),
            "no last dose; the runs come without their regimens",
        ),
        (
            lambda r: E.half_life_after_last_dose(r, X, drug="sorafenib", from_h=9, to_h=9),
            "it must be rising",
        ),
    ],
)
def test_what_is_refused(call, text):
    with pytest.raises(InputError, match=text):
        call(sawtooth())


def test_chosen_times_without_a_dose_between_still_have_an_area():
    assert endpoints.auc(AFTER_ONLY, X, start_h=24, end_h=48)[0] == pytest.approx(60)
    assert endpoints.value_at(AFTER_ONLY, X, day=1)[0] == 2
