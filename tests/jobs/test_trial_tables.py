"""Steps of survival curves, and what JSON takes."""

import json

import numpy as np
import pandas as pd

from il15_sim.files.resources import experiments_dir
from il15_sim.jobs.trial_tables import records, survival_table
from il15_sim.trial import read_trial
from tests.made.trial_patients import MARKER, made_outcomes

TRIAL = read_trial(experiments_dir() / "trials" / "romero.toml")


def test_steps_by_hand():
    table = made_outcomes(4, 0.0)
    table["os_days"], table["died"] = [60.0, 70, 70, 90], [True, True, False, False]
    table[f"{MARKER}_d0_measured"], table[f"{MARKER}_d56_measured"] = 1.0, [2.0, 1.0, 1.0, 2.0]
    found = survival_table(table, TRIAL)
    own = found[(found["outcome"] == "survival") & (found["group"] == "all")]
    assert own["day"].tolist() == [0, 60, 70]
    assert own["share"].tolist() == [1, 0.75, 0.5]
    assert own["at_risk"].tolist() == [4, 4, 3]
    risers = found[(found["outcome"] == "survival") & (found["group"] == "risers")]
    # From the landmark on, in days from the start.
    assert risers["day"].tolist() == [56, 60]
    assert risers["share"].tolist() == [1, 0.5]


def test_without_anybody_there_is_no_step():
    table = made_outcomes(4, 0.0)
    table["failed"] = True
    assert survival_table(table, TRIAL).empty


def test_records_are_json():
    frame = pd.DataFrame({"a": [np.nan, np.inf, 1.0], "b": [True, False, True]})
    assert json.loads(json.dumps(records(frame), allow_nan=False)) == [
        {"a": None, "b": True},
        {"a": None, "b": False},
        {"a": 1.0, "b": True},
    ]
