"""The words of a trial follow from the numbers of its tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim.files.resources import experiments_dir
from il15_sim.jobs.trial_answer import answer, answer_text, verdict_line
from il15_sim.trial import (
    Goal,
    Hypothesis,
    Verdict,
    arm_table,
    attainment,
    between_arms,
    claim_table,
    judged,
    power,
    read_trial,
    replicates,
    survival_factors,
)
from tests.made.trial_patients import made_outcomes

TRIAL = read_trial(experiments_dir() / "trials" / "romero.toml")
TREATED, CONTROL = TRIAL.treated, TRIAL.control
KINDS = {"measured": 5, "derived": 1, "fitted": 2, "assumed": 7, "setting": 3}


def tables_of(patients, trial=TRIAL):
    single = replicates(patients, trial)
    return {
        "arms": arm_table(patients, trial),
        "between": between_arms(patients, trial),
        "claim": claim_table(patients, trial),
        "power": power(single),
        "factors": survival_factors(patients, trial),
        "targets": attainment(patients, trial),
    }


def sections(patients, trial=TRIAL, tables=None):
    tables = tables or tables_of(patients, trial)
    found = answer(trial, judged(tables["claim"], trial), tables, KINDS)
    return {section["title"]: section["lines"] for section in found}


def both(treated, control, n=63 * 12, **how):
    one = made_outcomes(n, treated, arm=TREATED, **how)
    two = made_outcomes(n, control, arm=CONTROL, seed=2, **how)
    return pd.concat([one, two], ignore_index=True)


@pytest.fixture(scope="module")
def claimed():
    tables = tables_of(both(-0.5, 0.0))
    return tables, sections(None, tables=tables)


def test_a_rise_that_counts_in_the_treated_arm_alone(claimed):
    tables, told = claimed
    lines = told["Does a rise go with longer survival?"]
    assert lines[0].startswith(f"Yes: on {TREATED} a rise goes with longer survival, and not ")
    table = tables["claim"]
    row = table[(table["arm"] == TREATED) & ~table["adjusted"]].iloc[0]
    numbers = f"{row['hazard_ratio']:.2f} (95 % {row['lower']:.2f} to {row['upper']:.2f})"
    seen = f"{row['patients']:,} patients, {row['events']:,} deaths"
    assert f"{TREATED}: hazard ratio of death per SD of the log-fold {numbers}; {seen}" in lines[1]


def test_power_and_size_in_words(claimed):
    tables, told = claimed
    line = told["What one trial of this size sees"][0]
    row = tables["power"].iloc[0]
    assert line.startswith(f"{TREATED}: of 12 trials with 63 patients (median of ")
    assert f"{100 * row['significant_longer']:.3g} % report that a rise goes with longer" in line
    assert "A power of 80 % takes" in line
    # Twelve trials have no outer twentieth.
    ends = f"{row['hazard_ratio_lowest']:.2f} to {row['hazard_ratio_highest']:.2f}"
    assert f"; hazard ratios {ends} in all of them. " in line
    assert "too small to plan for" in told["What one trial of this size sees"][1]


def test_of_many_trials_the_middle_95_percent_are_told():
    tables = tables_of(both(-0.5, 0.0, n=63 * 20))
    line = sections(None, tables=tables)["What one trial of this size sees"][0]
    row = tables["power"].iloc[0]
    ends = f"{row['hazard_ratio_2.5%']:.2f} to {row['hazard_ratio_97.5%']:.2f}"
    assert f"; hazard ratios {ends} in 95 % of them. " in line


def test_what_follow_up_does_not_reach_is_not_told():
    patients = both(0.0, 0.0, n=126)
    for days, told in ((99, (True, False)), (100, (True, True))):
        trial = replace(TRIAL, calendar=replace(TRIAL.calendar, follow_up_days=days))
        line = sections(patients, trial)["The arms"][0]
        assert ("toxicity by day 28" in line, "500 lymphocytes" in line) == told
        assert "nan" not in line


def test_arms_and_caveats_in_words(claimed):
    _, told = claimed
    assert "50 % disease control" not in told["The arms"][0]
    assert "25 % responses, 75 % disease control" in told["The arms"][0]
    assert "25 % with dose-limiting toxicity by day 28" in told["The arms"][0]
    assert told["The arms"][2].startswith(f"Hazard ratio of death, {TREATED} over {CONTROL}: ")
    rests = " ".join(told["What it rests on"])
    assert "7 of 15 parameters, settings aside, are assumed" in rests
    assert "Temozolomide stands for dacarbazine" in rests


def test_no_association():
    lines = sections(both(0.0, 0.0, n=315))["Does a rise go with longer survival?"]
    assert lines[0].startswith(f"Not shown: on {TREATED} the 95 % interval of the hazard ratio")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("yes", "Yes: on sorafenib + TMZ a rise goes with longer survival, and not elsewhere: "
         "of the size of its log hazard ratio there is, for the same rise, 20 % on TMZ alone and "
         "5 % on cut; at most a third was asked."),
        ("not specific", "Not as claimed: on sorafenib + TMZ a rise goes with longer survival, but "
         "of the size of its log hazard ratio there is, for the same rise, 20 % on TMZ alone and "
         "5 % on cut; at most a third was asked, whatever the sign."),
        ("in the treated arm", "On sorafenib + TMZ a rise goes with longer survival; there is no "
         "other arm to compare it with."),
        ("not shown", "Not shown: on sorafenib + TMZ the 95 % interval of the hazard ratio holds "
         "1."),
        ("shorter", "No: on sorafenib + TMZ a rise goes with shorter survival."),
        ("no", "No: on sorafenib + TMZ the 95 % interval of the hazard ratio holds 1 and lies "
         "within 0.90 to 1.11: a rise tells next to nothing of survival."),
        ("undecidable", "Undecidable: on sorafenib + TMZ a rise goes with longer survival, but the "
         "log hazard ratio per SD is −0.250, below 0.1 in size: what a control has of it cannot "
         "be told."),
        ("no estimate", "No answer: sorafenib + TMZ gives no hazard ratio."),
    ],
)  # fmt: skip
def test_every_verdict_has_its_sentence(word, told):
    shares = {CONTROL: 0.2, "cut": 0.05, "nobody left": np.nan}
    assert verdict_line(TRIAL, Verdict("as packaged", word, -0.25, shares)) == told


def test_hypotheses_are_named_and_the_first_is_told_in_full():
    trial = replace(TRIAL, hypotheses=(Hypothesis("as packaged"), Hypothesis("other")))
    patients = pd.concat([both(-0.5, 0.0, n=315), both(0.0, 0.0, n=315, hypothesis="other")])
    told = sections(patients, trial)
    lines = told["Does a rise go with longer survival?"]
    assert lines[0].startswith("Under 'as packaged': Yes: ")
    assert lines[1].startswith("Under 'other': Not shown: ")
    assert lines[2].startswith(f"Under 'as packaged': {TREATED}: hazard ratio of death per SD")
    assert lines[-1].startswith(f"Under 'other': hazard ratios per SD: {TREATED} ")
    single = told["What one trial of this size sees"]
    assert [line.partition(": ")[0] for line in single] == [
        *["Under 'as packaged'"] * 2,
        "Under 'other'",
    ]
    assert told["The arms"][-1] == (
        "This is under 'as packaged'; the tables hold the other hypotheses."
    )


def test_all_censored():
    patients = both(0.0, 0.0, n=126)
    patients["died"] = False
    told = sections(patients)
    claim = told["Does a rise go with longer survival?"]
    assert claim[0] == f"No answer: {TREATED} gives no hazard ratio."
    assert "(0 events after the landmark, 5 are needed; 126 patients, 0 deaths" in claim[1]
    assert "median survival not reached" in told["The arms"][0]
    assert told["The arms"][2].startswith(
        f"Hazard ratio of death, {TREATED} over {CONTROL}: none (no event; all 252 patients"
    )
    assert told["Who lives longer"][0] == f"{TREATED}: too few deaths after day 56 to say."


def test_everybody_dead_by_the_landmark():
    patients = both(0.0, 0.0, n=126)
    patients["os_days"], patients["pfs_days"] = 20.0 + patients.index % 30, 20.0
    patients["died"] = patients["pfs_event"] = True
    told = sections(patients)
    assert "nobody with samples is at risk" in told["Does a rise go with longer survival?"][1]
    assert told["What one trial of this size sees"][0] == (
        f"{TREATED}: no single trial gives a hazard ratio."
    )
    assert "risers" not in told["The arms"][0]


def test_all_simulations_failed():
    patients = both(0.0, 0.0, n=126)
    patients["failed"] = True
    assert sections(patients)["The arms"][0] == f"{TREATED}: all 126 simulations failed."


def test_the_same_patients_in_all_arms_are_said_to_allow_no_test():
    lines = sections(both(0.0, 0.0, n=126), replace(TRIAL, same_patients=True))["The arms"]
    assert lines[-1] == "The arms have the same patients: no test between them holds."


def test_markdown(claimed):
    tables = claimed[0]
    found = answer(TRIAL, judged(tables["claim"], TRIAL), tables, KINDS)
    text = answer_text(TRIAL, found, ["two simulations failed"])
    assert text.startswith(f"# {TRIAL.title}\n")
    assert "**Warning:** two simulations failed" in text
    assert "500 trials of 63 patients in each arm" in text
    assert text.endswith("research only, not for treatment decisions.\n")
    assert "nan" not in text
    assert np.all([section["title"] in text for section in found])


def test_one_trial_has_no_distribution():
    trial = replace(TRIAL, trials=1)
    lines = sections(both(-0.8, 0.0, n=63), trial)["What one trial of this size sees"]
    patients = both(-0.8, 0.0, n=63)
    table = claim_table(patients, trial)
    p = table[(table["arm"] == CONTROL) & ~table["adjusted"]].iloc[0]["p"]
    assert lines[0].startswith(f"{TREATED}: p below 0.001 in the one trial that was run. ")
    assert lines[1].startswith(f"{CONTROL}: p = {p:.3f} in the one trial that was run. ")
    assert lines[0].endswith("--trials 100.")


def test_millions_of_deaths_are_not_planned_for():
    tables = tables_of(both(0.0, 0.0, n=126))
    tables["claim"]["log_hazard_ratio"] = 0.001
    tables["claim"]["events_needed"] = 7_850_000.0
    found = answer(TRIAL, (), tables, KINDS)[1]["lines"]
    assert found[0].endswith("a power of 80 % takes more than 10,000 deaths.")


def test_targets_are_told_by_arm_and_without_them_nothing_is():
    goal = Goal("share up by a half", "cd4_nkg2d_percent", 56, above=1.5, fold=True)
    trial = replace(TRIAL, targets=(goal,))
    patients = both(0.0, 0.0, n=315)
    (line,) = sections(patients, trial)["Who reaches the targets"]
    fold = patients["cd4_nkg2d_percent_d56"] / patients["cd4_nkg2d_percent_d0"]
    shares = (fold > 1.5).groupby(patients["arm"]).mean()
    told = [f"{arm} {100 * shares[arm]:.0f} %" for arm in (TREATED, CONTROL)]
    assert line == f"Share up by a half: {', '.join(told)}."
    assert "Who reaches the targets" not in sections(patients, TRIAL)


def test_a_trial_that_asks_nothing_of_the_rise_is_told_nothing_of_it():
    told = sections(both(0.0, 0.0, n=315), replace(TRIAL, treated="", control=""))
    assert "Does a rise go with longer survival?" not in told
    assert "The arms" in told
