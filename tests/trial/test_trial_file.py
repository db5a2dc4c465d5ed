"""Trial files: what they tell, and what is told of their faults."""

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
        (GOOD + "[calendar]\nassay_cv = -0.1\n", "assay_cv is -0.1; it is not negative"),
        (
            GOOD + "[calendar]\nsampling_stops_at_progression = 1\n",
            "it must be true or false",
        ),
        (GOOD + "[levels]\nsorafenib = [0.5, 1.0]\n", "begin with 1 and fall"),
        (GOOD + "[levels]\nsorafenib = 0.5\n", "a list of shares"),
        (GOOD + "[adherence.sorafenib]\nmissed = 2\n", "missed 2; a share"),
        (GOOD + '[[rules]]\nwhen = "toxicity"\nthen = "halve"\n', "unknown action"),
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
