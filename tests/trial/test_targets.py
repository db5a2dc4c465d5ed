"""Shares of patients who reach a level, counted by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from il15_sim.regimen import Regimen
from il15_sim.trial.design import Trial, TrialArm
from il15_sim.trial.targets import Goal, attainment

TABLE = pd.DataFrame(
    {
        "hypothesis": "h",
        "arm": ["a"] * 4 + ["b"] * 2,
        "failed": False,
        "cd4_nkg2d_percent_d0": [1.0, 2.0, 2.0, 1.0, 1.0, 1.0],
        "cd4_nkg2d_percent_d56": [2.0, 2.0, 3.0, np.nan, np.nan, np.nan],
    }
)


def found(table=TABLE, **goal):
    goals = (Goal("g", "cd4_nkg2d_percent", 56, **goal),)
    trial = Trial("t", "t", "", (TrialArm("a", Regimen.none()),), targets=goals)
    return attainment(table, trial).set_index("arm")


def test_levels_and_folds():
    assert found(above=1.5).loc["a", ["followed", "reached"]].tolist() == [3, 3]
    assert found(above=1.2, fold=True).loc["a", "reached"] == 2
    assert found(below=2.5).loc["a", "share"] == pytest.approx(2 / 3)


def test_interval_is_wilsons():
    row = found(below=2.5).loc["a"]
    z, n, p = norm.ppf(0.975), 3, 2 / 3
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert row["lower"] == pytest.approx(middle - half)
    assert row["upper"] == pytest.approx(middle + half)


def test_failed_patients_are_left_out():
    table = TABLE.assign(failed=[False, False, True, False, False, False])
    assert found(table, above=1.5).loc["a", ["followed", "reached"]].tolist() == [2, 2]


def test_an_arm_without_anybody_left_has_no_share():
    assert found(above=1.0).loc["b", "followed"] == 0
    assert np.isnan(found(above=1.0).loc["b", "share"])
