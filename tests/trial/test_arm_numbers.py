"""Numbers of arms against what is counted by hand, and arms against each other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim.files.resources import experiments_dir
from il15_sim.trial import arm_table, between_arms, read_trial
from il15_sim.trial.arm_numbers import SAME_PATIENTS
from il15_sim.trial.design import TrialArm
from tests.made.trial_patients import made_outcomes

TRIAL = read_trial(experiments_dir() / "trials" / "romero.toml")
ARMS = tuple(replace(arm, name=name) for arm, name in zip(TRIAL.arms, ("one", "two"), strict=True))
OWN = replace(TRIAL, arms=ARMS, treated="one", control="two")


def of(table, quantity, arm="one"):
    rows = arm_table(table, OWN)
    return rows[(rows["quantity"] == quantity) & (rows["arm"] == arm)].iloc[0]


def test_shares_are_counted_and_have_wilsons_interval():
    table = made_outcomes(40, 0.0)
    found = of(table, "dlt_by_28")
    assert found["value"] == 25.0
    # Wilson's interval of 10 of 40, from its closed form.
    z, p, n = 1.959963984540054, 0.25, 40
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    assert found["lower"] == pytest.approx(100 * (centre - half))
    assert found["upper"] == pytest.approx(100 * (centre + half))
    assert of(table, "dlt_by_56")["value"] == 50.0
    assert of(table, "disease_control")["value"] == 75.0
    assert [of(table, f"lymphocytes_below_{x}")["value"] for x in (700, 500, 200)] == [75, 50, 25]
    assert of(table, "dose_share_sorafenib")["value"] == 75.0
    # Days are columns of the patients' table; an arm is told as a whole.
    assert not arm_table(table, TRIAL)["quantity"].str.endswith("_d56").any()


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (27, []),
        (28, ["dlt_by_28"]),
        (99, ["dlt_by_28", "dlt_by_56"]),
        (
            100,
            ["dlt_by_28", "dlt_by_56", *(f"lymphocytes_below_{x}" for x in (200, 500, 700))],
        ),
    ],
)
def test_nothing_is_counted_up_to_a_day_after_the_end(days, told):
    calendar = replace(
        OWN.calendar, follow_up_days=days, imaging_every_days=14, sampling_days=(0, 14)
    )
    rows = arm_table(
        made_outcomes(40, 0.0).rename(columns=lambda name: name.replace("d56", "d14")),
        replace(OWN, calendar=calendar, landmark_day=14),
    )
    asked = rows["quantity"].str.match("dlt_by|lymphocytes_below")
    assert sorted(rows.loc[asked, "quantity"]) == told


def test_medians_are_those_of_the_curves_and_growth_is_not_hidden_by_visits():
    table = made_outcomes(5, 0.0)
    table["os_days"], table["died"] = [100.0, 200, 300, 400, 400], [True, True, True, False, False]
    table["ttp_days"], table["progressed"] = [56.0, 112, 112, 168, 168], True
    table["growth_days"] = [10.0, 60, 70, 150, np.inf]
    assert of(table, "os_median")["value"] == 300
    assert of(table, "os_1_year")["value"] == pytest.approx(40)
    assert of(table, "ttp_median")["value"] == 112
    assert of(table, "growth_median")["value"] == 70
    table["died"] = False
    assert np.isinf(of(table, "os_median")["value"])


def test_growth_after_the_end_is_not_counted():
    table = made_outcomes(4, 0.0)
    table["os_days"], table["growth_days"] = 100.0, [50.0, 50.0, 150.0, 150.0]
    assert of(table, "growth_median")["value"] == 50
    table["growth_days"] = [50.0, 150.0, 150.0, 150.0]
    assert np.isinf(of(table, "growth_median")["value"])


def test_failed_patients_are_counted_and_left_out():
    table = made_outcomes(40, 0.0)
    table.loc[:9, "failed"], table.loc[:9, "first_dlt_d"] = True, 1.0
    assert of(table, "patients")["value"] == 40
    assert of(table, "failed")["value"] == 10
    assert of(table, "dlt_by_28")["value"] == pytest.approx(100 * 7 / 30)
    table["failed"] = True
    assert list(arm_table(table, OWN)["quantity"]) == ["patients", "failed"]


def test_the_hazard_ratio_between_arms_is_the_one_that_was_put_in():
    table = pd.concat([made_outcomes(4000, 0.0), made_outcomes(4000, 0.0, arm="two", seed=2)])
    slow = table["arm"] == "one"
    # Twice the time from day 56 on is half the hazard.
    time = table["os_days"].where(~table["died"], table["os_days"]) - 56
    table["os_days"] = np.where(slow, 56 + 2 * time, 56 + time)
    found = between_arms(table, OWN).set_index("outcome").loc["survival"]
    assert found["against"] == "two"
    assert found["log_hazard_ratio"] == pytest.approx(-np.log(2), abs=3.5 * found["se"])
    assert found["p"] < 1e-10


def test_arms_of_the_same_patients_are_not_tested():
    table = pd.concat([made_outcomes(50, 0.0), made_outcomes(50, 0.0, arm="two", seed=2)])
    found = between_arms(table, replace(OWN, same_patients=True))
    assert set(found["reason"]) == {SAME_PATIENTS}
    assert found["hazard_ratio"].isna().all()


def test_without_a_death_the_reason_stands_in_the_table():
    table = pd.concat([made_outcomes(50, 0.0), made_outcomes(50, 0.0, arm="two", seed=2)])
    table["died"] = False
    found = between_arms(table, OWN).set_index("outcome").loc["survival"]
    assert found["reason"].startswith("no event; all 100 patients are censored")
    assert np.isnan(found["p"])


def test_one_arm_is_compared_with_nothing():
    alone = replace(OWN, arms=(TrialArm("one", TRIAL.arms[0].regimen),), control="", treated="one")
    assert between_arms(made_outcomes(20, 0.0), alone).empty
