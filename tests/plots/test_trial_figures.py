"""Which figures a trial gets, and what stands in them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim import plots
from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir
from il15_sim.plots.trial_figures import trial_figures
from il15_sim.trial import (
    Goal,
    Hypothesis,
    arm_table,
    attainment,
    claim_table,
    power,
    read_trial,
    replicates,
    survival_factors,
)
from tests.made.trial_patients import made_outcomes

TRIAL = replace(read_trial(experiments_dir() / "trials" / "romero.toml"), trials=2)
ARMS = [arm.name for arm in TRIAL.arms]


def figures(patients, trial=TRIAL):
    single = replicates(patients, trial)
    tables = {"arms": arm_table(patients, trial), "claim": claim_table(patients, trial)}
    tables |= {"replicates": single, "power": power(single)}
    tables |= {"factors": survival_factors(patients, trial)}
    tables |= {"targets": attainment(patients, trial)}
    return {shown.name: shown for shown in trial_figures(patients, trial, tables)}


def patients(arms=ARMS, n=126):
    return pd.concat(
        [made_outcomes(n, -0.3, arm=arm, seed=k) for k, arm in enumerate(arms)], ignore_index=True
    )


def test_figures_of_a_trial():
    found = figures(patients())
    assert list(found) == [
        *("claim", "replicates", "curves_os", "curves_pfs"),
        *("landmark_1", "waterfall_1", "factors_1", "landmark_2", "waterfall_2", "factors_2"),
        *("exposure_1", "exposure_2"),
    ]
    for shown in found.values():
        assert shown.title
        assert shown.alt
        assert len(shown.caption.split()) <= 60
        assert shown.caption.endswith("A simulation; research only.")
        assert shown.data[0].startswith("data/")


def test_the_waterfall_says_which_readings_count():
    assert (
        "Every reading counts, the one that showed progression included."
        in figures(patients())["waterfall_1"].caption
    )


def test_the_classical_treatment_is_said_to_be_represented():
    assert "stands for dacarbazine" in figures(patients())["curves_os"].caption
    other = replace(TRIAL, arms=TRIAL.arms[:1], control="")
    assert "dacarbazine" not in figures(patients(ARMS[:1]), other)["curves_os"].caption


def test_targets_are_drawn_as_shares_of_each_arm():
    goal = Goal("share up by a half", "cd4_nkg2d_percent", 56, above=1.5, fold=True)
    own = patients()
    trial = replace(TRIAL, targets=(goal,), treated="", control="")
    found = figures(own, trial)
    assert next(iter(found)) == "targets"
    assert "claim" not in found
    (axes,) = found["targets"].figure.axes
    shares = attainment(own, trial)["share"]
    drawn = sorted(line.get_xdata()[0] for line in axes.lines)
    assert drawn == pytest.approx(sorted(100 * shares))
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["share up by a half", *(f"{arm} (126)" for arm in ARMS)]


def test_three_arms_are_put_against_their_toxicity():
    trial = replace(TRIAL, arms=(*TRIAL.arms, replace(TRIAL.arms[0], name="third")))
    found = figures(patients([*ARMS, "third"]), trial)
    (axes,) = found["benefit"].figure.axes
    assert "6 months (%)" in axes.get_ylabel()


def test_curves_of_many_trials_tell_no_p_and_those_of_one_do():
    def legend(trial, n):
        figure = figures(patients(n=n), trial)["curves_os"].figure
        return [text.get_text() for text in figure.legends[0].get_texts()]

    assert len(legend(TRIAL, 126)) == 2
    assert "log-rank" in legend(replace(TRIAL, trials=1), 63)[2]
    assert len(legend(replace(TRIAL, trials=1, same_patients=True), 63)) == 2


def test_hypotheses_have_a_figure_and_the_first_one_those_of_its_arms():
    trial = replace(TRIAL, hypotheses=(Hypothesis("as packaged"), Hypothesis("other")))
    both = pd.concat([patients(), patients().assign(hypothesis="other")])
    found = figures(both, trial)
    assert "data/claim.csv" in found["hypotheses"].data
    rows = [text.get_text() for text in found["hypotheses"].figure.axes[0].get_yticklabels()]
    assert sorted(rows) == sorted([*ARMS * 2, "as packaged", "other"])
    titles = [axes.get_title(loc="left") for axes in found["replicates"].figure.axes]
    assert [title.partition(":")[0] for title in titles] == [
        *(f"as packaged, {arm}" for arm in ARMS),
        f"other, {ARMS[0]}",
    ]


def test_nobody_to_compare_leaves_the_curves():
    table = patients()
    table["died"] = False
    found = figures(table)
    assert "claim" not in found
    assert "replicates" not in found
    assert "curves_os" in found
    table["failed"] = True
    assert figures(table) == {}


def test_bars_count_every_trial_that_has_a_ratio():
    rows = pd.DataFrame(
        {
            "label": ["one"] * 5 + ["two"] * 2,
            "hazard_ratio": [0.5, 0.9, 1.1, 200.0, np.nan, 1.0, 2.0],
            "p": [0.01, 0.5, 0.5, 0.001, np.nan, 0.9, 0.04],
        }
    )
    figure = plots.replicate_ratios(rows)
    one, two = figure.axes
    heights = [bar.get_height() for bar in one.patches]
    assert sum(heights) == 4
    assert one.get_title(loc="left") == (
        "one: 20 % significant below 1, 20 % above; 1 of 5 without estimate"
    )
    assert two.get_title(loc="left") == "two: 0 % significant below 1, 50 % above"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (pd.DataFrame({"label": [], "hazard_ratio": [], "p": []}), "no trial to draw"),
        (pd.DataFrame({"label": ["a"], "p": [0.1]}), "missing column 'hazard_ratio'"),
        (
            pd.DataFrame({"label": list("abcdefghi"), "hazard_ratio": 1.0, "p": 0.1}),
            "9 panels; 8 are the most that can be read",
        ),
    ],
)
def test_tables_that_cannot_be_drawn(rows, told):
    with pytest.raises(InputError, match=told):
        plots.replicate_ratios(rows)
