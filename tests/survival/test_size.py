"""Events a trial needs: published numbers, the inverse, and trials made up and tested."""

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError
from il15_sim.survival import cox, events_needed, power_of


def test_two_arms_need_the_events_of_schoenfeld():
    # 4 (z(0.975) + z(0.8))² / ln² HR for arms of the same size: 66 events for a ratio of 2.
    assert events_needed(np.log(2) / 2) == 66
    assert events_needed(-np.log(2) / 2) == 66
    # Hsieh and Lavori 2000, their example: one-sided 5 %, power 80 %, ln HR 1, SD 0.3126.
    assert events_needed(0.3126, alpha=0.10) == 64


@pytest.mark.parametrize("effect", [-1.2, 0.1, 0.35])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
def test_power_is_the_inverse(effect, power):
    needed = events_needed(effect, power, alpha=0.01)
    assert power_of(effect, needed - 1, alpha=0.01) < power <= power_of(effect, needed, alpha=0.01)


def test_without_an_effect_the_power_is_the_level():
    assert power_of(0.0, 50, alpha=0.03) == pytest.approx(0.03)
    assert power_of(0.7, 0) == pytest.approx(0.05)


def test_made_up_trials_find_the_effect_as_often():
    random = np.random.default_rng(6)
    needed = events_needed(0.4)
    found = 0
    for _ in range(300):
        x = random.normal(size=needed)
        died = random.exponential(np.exp(-0.4 * x))
        found += cox(died, np.ones(needed), pd.DataFrame({"x": x}))["p"][0] < 0.05
    # Four standard errors of a share of 300, about 0.8.
    assert found / 300 == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / 300))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: events_needed(0.0), "log hazard ratio 0; no number of events shows an effect"),
        (lambda: events_needed(np.nan), "log hazard ratio nan; it is a number"),
        (lambda: events_needed(0.3, power=1.0), r"power 1.0; it lies between alpha \(0.05\) and 1"),
        (lambda: events_needed(0.3, power=0.01), r"power 0.01; it lies between alpha"),
        (lambda: events_needed(0.3, alpha=0.0), "alpha 0.0; it lies between 0 and 1"),
        (lambda: power_of(np.inf, 5), "log hazard ratio inf; it is a number"),
        (lambda: power_of(0.3, -1), "events -1; their number is 0 or more"),
        (lambda: power_of(0.3, 5, alpha=1.0), "alpha 1.0; it lies between 0 and 1"),
    ],
)
def test_what_no_trial_has_is_told(call, message):
    with pytest.raises(InputError, match=message):
        call()
