"""The claim against made-up trials in which the hazard ratio is known."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim.files.resources import experiments_dir
from il15_sim.survival import events_needed, power_of
from il15_sim.trial.claim import at_landmark, claim_table, power, replicates, rise
from il15_sim.trial.trial_file import read_trial
from tests.made.trial_patients import MARKER
from tests.made.trial_patients import made_patients as made

TRIAL = read_trial(experiments_dir() / "trials" / "romero.toml")


def of(table, **wanted):
    rows = claim_table(table, TRIAL)
    wanted = {"outcome": "survival", "measure": "log-fold", "adjusted": False} | wanted
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    return rows.iloc[0]


@pytest.mark.parametrize("effect", [-0.5, 0.0, 0.3])
@pytest.mark.parametrize("adjusted", [False, True])
def test_the_hazard_ratio_per_sd_is_the_one_that_was_put_in(effect, adjusted):
    found = of(made(3000, effect), adjusted=adjusted)
    assert found["log_hazard_ratio"] == pytest.approx(effect, abs=3.5 * found["se"])
    assert found["se"] < 0.03
    assert found["lower"] < found["hazard_ratio"] < found["upper"]


def test_assay_error_dilutes_as_classical_error_does():
    clean, noisy = made(4000, -0.3), made(4000, -0.3, error=0.3)
    reliability = 0.3**2 / (0.3**2 + 2 * 0.3**2)
    # Per SD of what is measured the slope shrinks with the square root of the reliability.
    expected = of(clean)["log_hazard_ratio"] * np.sqrt(reliability)
    found = of(noisy)
    assert found["log_hazard_ratio"] == pytest.approx(expected, abs=0.04)
    true = of(noisy, measure="log-fold without assay error")
    assert true["log_hazard_ratio"] == pytest.approx(-0.3, abs=0.04)


def test_who_died_by_the_landmark_or_was_not_sampled_does_not_count():
    table = made(200, 0.0)
    table.loc[:49, "os_days"] = 56
    table.loc[:49, "died"] = True
    table.loc[50:59, f"{MARKER}_d56_measured"] = np.nan
    table.loc[60:64, "failed"] = True
    seen = at_landmark(table, TRIAL, "log-fold")
    assert len(seen) == 135
    assert seen["time"].min() > 0


def test_measures():
    table = made(50, 0.0)
    before, after = table[f"{MARKER}_d0"], table[f"{MARKER}_d56"]
    assert rise(table, TRIAL, "points") == pytest.approx(after - before)
    assert rise(table, TRIAL, "log-fold over the untreated course") == pytest.approx(
        np.log(after / before)
    )
    share = np.mean(np.log(after / before) > np.log(TRIAL.riser_fold))
    assert of(table)["risers"] == pytest.approx(share, abs=0.05)


def test_power_of_single_trials_is_that_of_the_formula():
    table = made(63 * 200, -0.4)
    found = power(replicates(table, TRIAL)).iloc[0]
    assert found["trials"] == 200
    expected = power_of(-0.4, found["deaths"])
    # 200 trials: a standard error of 0.03; small trials lose a little against the formula.
    assert found["significant_longer"] == pytest.approx(expected, abs=0.07)
    assert found["significant_shorter"] == 0.0
    assert found["hazard_ratio_2.5%"] < np.exp(-0.4) < found["hazard_ratio_97.5%"]


def test_the_range_of_single_trials_is_that_of_the_lowest_and_the_highest():
    single = replicates(made(63 * 12, -0.4), TRIAL)
    found = power(single).iloc[0]
    assert found["hazard_ratio_lowest"] == single["hazard_ratio"].min()
    assert found["hazard_ratio_highest"] == single["hazard_ratio"].max()
    assert found["hazard_ratio_lowest"] < found["hazard_ratio_2.5%"]


def test_deaths_needed_are_told_without_adjustment_alone():
    table = made(400, -0.5)
    assert of(table)["events_needed"] == events_needed(of(table)["log_hazard_ratio"])
    adjusted = of(table, adjusted=True)
    assert np.isfinite(adjusted["log_hazard_ratio"])
    assert np.isnan(adjusted["events_needed"])
    assert np.isnan(adjusted["patients_needed"])


def test_without_an_association_one_trial_in_twenty_is_significant():
    found = power(replicates(made(63 * 200, 0.0), TRIAL)).iloc[0]
    both = found["significant_longer"] + found["significant_shorter"]
    assert both == pytest.approx(0.05, abs=0.03)


def test_few_deaths_give_no_hazard_ratio_but_a_reason():
    found = of(made(40, 0.0, end=58.0))
    assert np.isnan(found["hazard_ratio"])
    assert re.fullmatch(r"[0-4] events after the landmark, 5 are needed", found["reason"])


def test_all_dead_by_the_landmark_is_told_and_the_other_arm_stands():
    dead = made(20, 0.0, arm="dead")
    dead["os_days"], dead["died"] = 30, True
    both = pd.concat([dead, made(200, 0.0)])
    found = of(both, arm="dead")
    assert np.isnan(found["hazard_ratio"])
    assert found["patients"] == 0
    assert found["reason"] == "nobody with samples is at risk after the landmark"
    assert of(both, arm="one")["hazard_ratio"] > 0
    single = replicates(both, TRIAL).groupby("arm").sum()
    assert single.loc["dead", "patients"] == 0
    assert single.loc["one", "patients"] == 200
    assert list(power(replicates(both, TRIAL))["without_estimate"]) == [1.0, 0.0]


def test_a_measure_that_is_the_same_in_all_is_told():
    table = made(60, 0.0)
    for name in (f"{MARKER}_d0_measured", f"{MARKER}_d56_measured"):
        table[name] = 1.0
    assert of(table)["reason"] == "the measure is the same in all"


def test_arms_and_hypotheses_are_kept_apart():
    two = pd.concat([made(2000, -0.5), made(2000, 0.0, arm="two", seed=2)])
    rows = claim_table(two, replace(TRIAL, watched=(MARKER,)))
    assert list(rows["arm"].unique()) == ["one", "two"]
    assert "log-fold of the count" not in set(rows["measure"])
