"""Trial files: what they tell, and what is told of their faults."""

from dataclasses import replace

import pytest

from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir
from il15_sim.trial.trial_file import read_trial

ARM = """
[[arms]]
name = "one"
regimen = "sorafenib 400 mg q12h x 56 d"
"""
GOOD = (
    """
patients = 10
trials = 2
"""
    + ARM
)

TARGET = """
[[targets]]
name = "x"
observable = "cd4_nkg2d_percent"
day = 56
above = 1
"""
HYPOTHESIS = """
[[hypotheses]]
name = "x"
"""
RULE = """
[[rules]]
when = "toxicity"
then = "hold"
"""


def read(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text)
    return read_trial(path)


@pytest.mark.parametrize(
    "path", sorted((experiments_dir() / "trials").glob("*.toml")), ids=lambda p: p.stem
)
def test_packaged_trials_read(path):
    trial = read_trial(path)
    assert trial.arms
    assert trial.title
    assert trial.description


def test_what_a_file_says(tmp_path):
    trial = read(
        tmp_path,
        """
        patients = 10
        trials = 2
        seed = 7
        same_patients = true
        [calendar]
        follow_up_days = 112
        imaging_every_days = 28
        criterion = "bidimensional"
        sampling_days = [0, 28, 56]
        [levels]
        sorafenib = [1.0, 0.5]
        [adherence.sorafenib]
        missed = 0.1
        [[rules]]
        when = "toxicity"
        then = "hold"
        for_days = 7
        drug = "all"
        [[rules]]
        when = "lymphocytes_per_uL"
        below = 500
        then = "reduce"
        drug = "sorafenib"
        [[hypotheses]]
        name = "as packaged"
        [[hypotheses]]
        name = "all or none"
        responders = 0.4
        overrides = { kill_share_subset = 0.3 }
        """
        + ARM,
    )
    assert (trial.name, trial.size, trial.seed) == ("own", 20, 7)
    assert trial.calendar.imaging_days == [28, 56, 84, 112]
    assert trial.calendar.clinic_days[-1] == 112
    assert trial.levels == {"sorafenib": (1.0, 0.5)}
    assert trial.rules[0].for_days == 7
    assert [rule.drug for rule in trial.rules] == ["", "sorafenib"]
    assert trial.hypotheses[1].overrides == {"kill_share_subset": 0.3}
    assert trial.first_patient(0) == 0


def test_arms_have_other_patients_unless_said(tmp_path):
    two = GOOD + ARM.replace("one", "two")
    assert read(tmp_path, two).first_patient(1) == 20
    assert read(tmp_path, "same_patients = true\n" + two).first_patient(1) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("patients = 10", "patients = 0"), "0 patients in each arm; every arm has"),
        (GOOD.replace("trials = 2", "trials = 0"), "0 trials; at least one"),
        (GOOD.replace("trials", "trails"), r"own.toml:3: unknown key 'trails'; .*'trials'"),
        (GOOD.replace("10", "1.5"), "patients 1.5; a whole number"),
        ("patients = 3", r"own.toml: arms is missing"),
        (GOOD + ARM, "arm 'one'.*twice|'one'.*name of its own"),
        (GOOD + "[calendar]\nsampling_days = [0, 900]\n", "sampling day 900; follow-up ends on"),
        (GOOD + "[calendar]\nsampling_days = [0, 14]\n", r"landmark_day 56; sampling days are"),
        (GOOD + "[calendar]\nsampling_days = [56]\n", "they increase and begin with day 0"),
        (GOOD + "[calendar]\nsampling_days = 56\n", "a list of whole days"),
        (GOOD + '[calendar]\ncriterion = "recist"\n', "unknown criterion 'recist'; .*RECIST"),
        (GOOD + "[calendar]\nfollow_up_days = 0\n", "follow_up_days is 0; at least one day"),
        (GOOD + "[calendar]\nfollow_up_days = 50\n", "first imaging visit on day 56"),
        (GOOD + "[calendar]\nassay_cv = -0.1\n", r"\[calendar\]: assay_cv is -0.1; a share from 0"),
        (
            GOOD + "[calendar]\nassay_cv = 1e200\n",
            r"assay_cv is 1e\+200; a share from 0 to 5; 0.15 i",
        ),
        (
            GOOD + "[calendar]\nvisit_spread_days = 57\n",
            "visit_spread_days is 57; from 0 to the 56 d",
        ),
        (
            GOOD + "[calendar]\ndrop_out_per_year = 51\n",
            "drop_out_per_year is 51; a rate from 0 to 50; 0.1 loses a tenth in a year",
        ),
        (
            "landmark_day = 0\n" + GOOD,
            r"landmark_day 0; sampling days are \[0, 56\], and the rise is read from day 0 to a la",
        ),
        (
            'treated = "one"\ncontrol = "one"\n' + GOOD,
            "own.toml: treated and control are both 'one'; an arm is not compared with itself; na",
        ),
        ('control = "onn"\n' + GOOD, "own.toml: control: unknown arm 'onn'; did you mean 'one'"),
        (
            GOOD.replace("trials = 2", "trials = 200001"),
            "10 patients x 200001 trials x 1 arms x 1 hypotheses = 2000010 patients in all; at "
            "most 2000000 are followed; lower patients or trials",
        ),
        (
            GOOD + TARGET + TARGET,
            "own.toml: two targets are called 'x'; give each a name of its own",
        ),
        (GOOD + HYPOTHESIS * 2, "own.toml: two hypotheses are called 'x'; give each a name of its"),
        (
            GOOD + HYPOTHESIS + "assay_cv = 6\n",
            "own.toml: hypothesis 'x': assay_cv is 6; a share fr",
        ),
        (
            GOOD + RULE,
            r"own.toml:9: rules number 1: drug is missing; add e.g. drug = \"sorafenib\", or "
            r"drug = \"all\" for every drug of the arm",
        ),
        (
            GOOD + RULE.replace("toxicity", "toxcity") + 'drug = "all"\n',
            "unknown event 'toxcity'; an observable acts above or below one value; did you mean "
            "'toxicity'",
        ),
        (
            GOOD + RULE.replace("toxicity", "lymphocytes_per_uL") + 'drug = "all"\n',
            "an observable acts above or below one value; give either above or below",
        ),
        (
            GOOD + "[calendar]\nsampling_stops_at_progression = 1\n",
            "it must be true or false",
        ),
        (GOOD + "[levels]\nsorafenib = [0.5, 1.0]\n", "begin with 1 and fall"),
        (GOOD + "[levels]\nsorafenib = 0.5\n", "a list of shares"),
        (GOOD + "[adherence.sorafenib]\nmissed = 2\n", "missed 2; a share"),
        (GOOD + '[[rules]]\nwhen = "toxicity"\nthen = "halve"\ndrug = "all"\n', "unknown action"),
        (GOOD + '[[hypotheses]]\nname = "x"\nresponders = 2\n', "responders 2; a share from 0"),
        (
            GOOD + '[[targets]]\nname = "x"\nobservable = "cd4_nkg2d_percent"\nday = 56\n',
            "target 'x'; a target is reached above or below one level",
        ),
        (
            GOOD + '[[targets]]\nname = "x"\nobservable = "nk"\nday = 56\nabove = 1\n',
            "x: unknown watched observable 'nk'",
        ),
        (
            GOOD
            + '[[targets]]\nname = "x"\nobservable = "cd4_nkg2d_percent"\nday = 5\nabove = 1\n',
            "target 'x' on day 5; sampling days are",
        ),
        ("riser_fold = 0\n" + GOOD, "riser_fold 0; it is positive"),
        ('treated = "two"\n' + GOOD, "unknown arm 'two'"),
    ],
)
def test_faults_are_told(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        read(tmp_path, text)


def test_a_large_seed_is_kept_to_its_last_digit(tmp_path):
    assert read(tmp_path, f"seed = {2**63 - 1}\n" + GOOD).seed == 2**63 - 1


def test_names_are_checked_in_python_too(tmp_path):
    trial = read(tmp_path, GOOD + ARM.replace("one", "two"))
    with pytest.raises(InputError, match=r"^treated: unknown arm 'tow'; did you mean 'two'"):
        replace(trial, treated="tow")
    with pytest.raises(InputError, match=r"^two arms are called 'one'; give each a name"):
        replace(trial, arms=(trial.arms[0], trial.arms[0]))
    assert replace(trial, treated="one", control="two").control == "two"
