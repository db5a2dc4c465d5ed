"""Studies: a folder with facts and a table, every fault told with file, line and key."""

import subprocess
import sys

import pytest

from il15_sim.data import read_study, study_names
from il15_sim.errors import InputError
from tests.data.test_measurements import CONC, write

STUDY = """
title = "a"
citation = "b"
doi = "c"
population = "d"
credit = "e"
defects = []
[experiments.arm_400mg]
regimen = "sorafenib 400 mg q12h x 2 d"
"""
ARM = STUDY[STUDY.index("[exp") :]


def a_study(tmp_path, text):
    folder = tmp_path / "mine2020"
    folder.mkdir()
    (folder / "study.toml").write_text(text, encoding="utf-8")
    write(folder / "measurements.tsv", {})
    header = "observableId\tobservableName\tobservableFormula\tunit\tquantity"
    line = f"{CONC}\tlevel\t{CONC}\tmg/L\tvalue"
    (tmp_path / "observables.tsv").write_text(f"{header}\n{line}\n", encoding="utf-8")
    return tmp_path


def test_a_study_of_ones_own_is_read(tmp_path):
    study = read_study("mine2020", a_study(tmp_path, STUDY))
    assert study.experiments["arm_400mg"].overrides == {}
    frame = study.to_frame()
    assert len(frame) == 1
    assert frame["value"].iloc[0] == 3.5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('doi = "c"', "", r"study\.toml: doi is missing; add e\.g\. doi = "),
        ('title = "a"', "title = ", r"study\.toml:2: no valid TOML at column 9: Invalid value"),
        (
            'regimen = "sorafenib 400 mg q12h x 2 d"',
            "",
            r":8: experiments\.arm_400mg: regimen is miss",
        ),
        (
            'q12h x 2 d"',
            'q12h x 2 d"\noverrides = 3',
            ":10: .*overrides is a number; it must be",
        ),
        ('x 2 d"', 'x 2 d"\noverrides.ka = "3"', ":10: .*overrides of ka is not a number: '3'"),
        (
            'x 2 d"',
            'x 2 d"\noverides.ka = 3',
            ":10: .*: unknown key 'overides'; did you mean 'over",
        ),
        (
            'title = "a"',
            'titel = "a"',
            r":2: unknown key 'titel'; did you mean 'title'\?",
        ),
        ('title = "a"', "title = 3", r"study\.toml:2: title is a number; it must be text"),
        ("defects = []", 'defects = "none"', r":7: defects is text; it must be a list of texts"),
        ("defects = []", "defects = [1]", r":7: defects is a list; it must be a list of texts"),
        ("defects = []", 'defects = [" "]', r":7: defects has an empty text"),
        ("defects = []", "", r"study\.toml: defects is missing; add e\.g\. defects = \[\]"),
        (
            STUDY[STUDY.index("[exp") :],
            "experiments = []",
            ":8: experiments is a list; it must be tables, each",
        ),
        (ARM, "experiments = {}", "there are no experiments; add"),
        (ARM, "", "experiments is missing; add"),
        (
            STUDY[STUDY.index("[exp") :],
            "experiments.a = 3",
            "experiments is a table; it must be tables",
        ),
    ],
)
def test_a_faulty_study_file_is_told(tmp_path, old, new, message):
    assert old in STUDY
    with pytest.raises(InputError, match=message):
        read_study("mine2020", a_study(tmp_path, STUDY.replace(old, new)))


def test_an_unknown_study_names_the_closest():
    with pytest.raises(InputError, match="did you mean 'flaherty2011'"):
        read_study("flaherty2012")


def test_reading_needs_no_pandas():
    code = (
        "import sys; from il15_sim.data import read_study; read_study('awada2005'); "
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert study_names()
