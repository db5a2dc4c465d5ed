"""The verdict on the rise follows from the table's numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim.files.resources import experiments_dir
from il15_sim.trial import Hypothesis, TrialArm, judged, read_trial
from il15_sim.trial.verdict import asked_arms

TRIAL = read_trial(experiments_dir() / "trials" / "romero.toml")


def claim(treated, control, *, cut=0.0, se=0.02, hypothesis="as packaged", sd=1.0):
    rows = []
    for arm, slope in ((TRIAL.treated, treated), (TRIAL.control, control), ("cut", cut)):
        for adjusted in (False, True):
            rows.append(
                {
                    **{"hypothesis": hypothesis, "arm": arm, "outcome": "survival"},
                    **{"measure": "log-fold", "adjusted": adjusted},
                    # What is adjusted must not be judged.
                    "log_hazard_ratio": 9.0 if adjusted else slope,
                    "hazard_ratio": np.exp(slope),
                    "sd": 1.0 if arm == TRIAL.treated else sd,
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
        (-0.3, 0.0, 0.2, "not shown"),
        (0.3, 0.0, 0.02, "shorter"),
        (0.3, 0.0, 0.3, "not shown"),
        (-0.09, 0.0, 0.02, "undecidable"),
        (0.0, 0.0, 0.02, "no"),
        (0.0, 0.0, 0.06, "not shown"),  # an effect of 0.1 is not ruled out
        (0.09, 0.0, 0.06, "not shown"),  # nor one of 0.1 the other way
        (-0.09, 0.0, 0.06, "not shown"),
        (np.nan, 0.0, 0.02, "no estimate"),
    ],
)
def test_words(treated, control, se, word):
    (found,) = judged(claim(treated, control, se=se), TRIAL)
    assert found.word == word


def test_arms_are_compared_for_the_same_rise_not_for_their_own_spread():
    # Per SD the control has a sixth; its SD is a quarter, so that the same rise does two thirds.
    (found,) = judged(claim(-0.3, -0.05, sd=0.25), TRIAL)
    assert found.shares[TRIAL.control] == pytest.approx(4 * 0.05 / 0.3)
    assert found.word == "not specific"
    (found,) = judged(claim(-0.3, -0.2, sd=4.0), TRIAL)
    assert found.shares[TRIAL.control] == pytest.approx(0.05 / 0.3)
    assert found.word == "yes"
    (found,) = judged(claim(-0.3, np.nan, sd=0.0), TRIAL)
    assert np.isnan(found.shares[TRIAL.control])


@pytest.mark.parametrize(
    ("change", "cut", "word"),
    [
        ({"variants": ("no_il15ra_induction",)}, -0.05, "yes"),
        ({"variants": ("no_il15ra_induction",)}, -0.2, "not specific"),
        ({"overrides": {"expansion_switch": 0.0}}, 0.2, "not specific"),
        # An arm of other doses is no cut link.
        ({}, -0.2, "yes"),
    ],
)
def test_an_arm_with_a_cut_link_must_not_show_it(change, cut, word):
    arm = TrialArm("cut", TRIAL.arms[0].regimen, **change)
    (found,) = judged(claim(-0.3, 0.0, cut=cut), replace(TRIAL, arms=(*TRIAL.arms, arm)))
    assert found.word == word
    shares = {TRIAL.control: 0.0} | ({"cut": pytest.approx(abs(cut) / 0.3)} if change else {})
    assert found.shares == shares


def test_every_hypothesis_is_judged_by_itself():
    both = replace(TRIAL, hypotheses=(Hypothesis("as packaged"), Hypothesis("other")))
    table = pd.concat([claim(-0.4, 0.0), claim(-0.05, 0.0, hypothesis="other", se=0.01)])
    assert [verdict.word for verdict in judged(table, both)] == ["yes", "undecidable"]


def test_a_trial_without_the_question_has_no_verdict():
    nothing = replace(TRIAL, treated="", control="")
    assert judged(claim(-0.3, 0.0), nothing) == ()
    assert asked_arms(nothing) == [arm.name for arm in TRIAL.arms]
    (found,) = judged(claim(-0.3, 0.0), replace(TRIAL, control=""))
    assert found.word == "in the treated arm"
