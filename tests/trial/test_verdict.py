"""The verdict on the rise follows from the table's numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim.files.resources import experiments_dir
from il15_sim.trial import Hypothesis, judged, read_trial

TRIAL = read_trial(experiments_dir() / "trials" / "romero.toml")


def claim(treated, control, *, se=0.02, hypothesis="as packaged"):
    rows = []
    for arm, slope in ((TRIAL.treated, treated), (TRIAL.control, control)):
        for adjusted in (False, True):
            rows.append(
                {
                    **{"hypothesis": hypothesis, "arm": arm, "outcome": "survival"},
                    **{"measure": "log-fold", "adjusted": adjusted},
                    # What is adjusted must not be judged.
                    "log_hazard_ratio": 9.0 if adjusted else slope,
                    "hazard_ratio": np.exp(slope),
                    **{"lower": np.exp(slope - 1.96 * se), "upper": np.exp(slope + 1.96 * se)},
                }
            )
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("treated", "control", "se", "word"),
    [
        (-0.3, -0.05, 0.02, "yes"),
        (-0.3, 0.09, 0.02, "yes"),
        (-0.3, 0.11, 0.02, "not specific"),  # the size counts, whatever the sign
        (-0.3, -0.2, 0.02, "not specific"),
        (-0.3, np.nan, 0.02, "in the treated arm"),
        (-0.3, 0.0, 0.2, "no"),
        (0.3, 0.0, 0.02, "shorter"),
        (0.3, 0.0, 0.2, "no"),
        (-0.09, 0.0, 0.02, "undecidable"),
        (0.0, 0.0, 0.02, "undecidable"),
        (np.nan, 0.0, 0.02, "no estimate"),
    ],
)
def test_words(treated, control, se, word):
    (found,) = judged(claim(treated, control, se=se), TRIAL)
    assert found.word == word


def test_a_cut_link_is_told_as_what_it_leaves():
    both = replace(TRIAL, hypotheses=(Hypothesis("as packaged"), Hypothesis("cut")))
    table = pd.concat([claim(-0.4, 0.0), claim(-0.1, 0.0, hypothesis="cut")])
    whole, cut = judged(table, both)
    assert (whole.of_first, cut.of_first) == (1.0, pytest.approx(0.25))


def test_a_trial_without_the_question_has_no_verdict():
    assert judged(claim(-0.3, 0.0), replace(TRIAL, treated="", control="")) == ()
    (found,) = judged(claim(-0.3, 0.0), replace(TRIAL, control=""))
    assert found.word == "in the treated arm"
