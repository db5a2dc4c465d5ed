"""Maps of doses and schedules are read from sweep files, with every fault told by its line."""

import pytest

from il15_sim import InputError, Model, Regimen
from il15_sim.sensitivity.map_file import DoseMap, read_any, read_map, shown_name, shown_title
from il15_sim.sensitivity.sweep import Sweep

PK = Model.load("sorafenib_pk")
TOP = """title = "Mine"
model = "sorafenib_pk"
regimen = "sorafenib {dose} mg q{every}h x 3 d"
horizon_days = 3
"""
AXES = "[axes]\ndose = [200, 400]\nevery = [12, 24]\n"
END = '[[endpoints]]\nname = "top"\nkind = "cmax"\nobservable = "sorafenib_total_mg_per_L"\n'
PART = "[quantify]\nn = 8\n"


@pytest.fixture
def read(tmp_path):
    def one(text, by=read_any):
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return by(file)

    return one


def test_gaps_and_axes_make_a_map(read):
    found = read(TOP + AXES + "[approved]\ndose = 400\nevery = 12\n" + END)
    assert isinstance(found, DoseMap)
    assert (found.name, found.title, found.horizon_days) == ("mine", "Mine", 3.0)
    assert found.axes == {"dose": [200.0, 400.0], "every": [12.0, 24.0]}
    assert found.approved == {"dose": 400, "every": 12}
    assert (found.against, found.template) == (None, "sorafenib {dose} mg q{every}h x 3 d")
    found.check(PK)


def test_numbers_that_were_given_twice_or_more_make_no_map(read):
    with pytest.raises(InputError, match=r"mine\.toml:6: \[axes\]: axis 'dose' has 200 twice"):
        read(TOP + AXES.replace("400", "200") + END)


def test_no_axes_make_a_sweep(read):
    text = TOP.replace("{dose}", "400").replace("{every}", "12")
    assert isinstance(read(text + PART + END), Sweep)


def test_what_is_compared_is_shown_as_ratio_or_difference(read):
    text = TOP + 'against = "none"\n' + AXES + END
    (ratio,) = read(text + 'compare = "log_ratio"\n').endpoints
    assert (shown_name(ratio), shown_title(ratio)) == ("top_ratio", "top, ratio to no treatment")
    found = read(text + 'compare = "difference"\n')
    assert shown_name(found.endpoints[0]) == "top_difference"
    assert shown_title(found.endpoints[0]) == "top, difference from no treatment"
    assert found.against == Regimen.none()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            TOP + AXES + PART + END,
            r":8: \[quantify\] together with \[axes\]; a map varies doses and .*; leave one of",
        ),
        (TOP + AXES + "[screen]\n" + END, r":8: \[screen\] together with \[axes\]"),
        (TOP + AXES + "[factors]\n" + END, r":8: \[factors\] together with \[axes\]"),
        (
            TOP + PART + END,
            r":3: regimen has the gap \{dose\}; there is no \[axes\] .*; add \[axes\] and dose",
        ),
        (
            TOP.replace("{dose}", "400") + AXES + END,
            r":6: \[axes\]: axis 'dose' is not in the regimen; write \{dose\} where its numbers",
        ),
        (
            TOP.replace("{dose}", "4").replace("{every}", "12") + "[axes]\n" + END,
            r":5: \[axes\]: \[axes\] is empty; write e\.g\. dose = \[200, 400, 800\], or leave it",
        ),
        (
            TOP + "[axes]\ndose = [200, 400]\n" + END,
            r":5: \[axes\]: every is missing; add e\.g\. every = \[",
        ),
        (
            TOP.replace("x 3 d", "x {days} d") + AXES + "days = [1, 2]\n" + END,
            r":5: 3 axes \(dose, every, days\); a figure has room for two; write a number",
        ),
        (
            TOP + AXES.replace("[200, 400]", "[200]") + END,
            r":6: \[axes\]: axis 'dose' has 1 value; a sweep needs two or more",
        ),
        (TOP + AXES.replace("[200, 400]", "3") + END, r":6: .*axis 'dose' is 3; give a list"),
        (TOP + AXES.replace("[12,", "[0,") + END, r":3: dose = 200, every = 0: "),
        (TOP + "axes = 3\n" + END, r":5: axes is a number; it must be a table"),
        (TOP + "seed = 3\n" + AXES + END, r":5: unknown key 'seed'"),
        (
            TOP + AXES + "[approved]\ndos = 4\n" + END,
            r":9: \[approved\]: unknown axis 'dos'; did you mean 'dose'",
        ),
        (
            TOP + AXES + "[approved]\ndose = 400\n" + END,
            r":8: \[approved\]: every is missing; add e\.g\. every = 12",
        ),
        (
            TOP + AXES + "[approved]\ndose = 300\nevery = 12\n" + END,
            r":9: \[approved\]: approved dose 300; it is none of the numbers of the axis: 200, "
            "400; add it there",
        ),
        (
            TOP + AXES + END + 'scale = "log"\n',
            r':12: .*scale "log"; a map shows the numbers themselves; leave scale out',
        ),
        (TOP + AXES + END + 'compare = "difference"\n', r":12: .*there is no other regimen"),
    ],
)
def test_a_fault_is_told_by_its_line(read, text, told):
    with pytest.raises(InputError, match=r"mine\.toml" + told):
        read(text)


def test_ids_are_checked_by_the_model(read):
    found = read(TOP.replace("sorafenib {", "sorafenb {") + AXES + END, read_map)
    with pytest.raises(InputError, match=r"mine\.toml: unknown drug 'sorafenb'; did you mean"):
        found.check(PK)
    found = read(TOP + AXES + END.replace("total", "totl"))
    with pytest.raises(InputError, match=r"mine\.toml: endpoint 'top': unknown observable 'sora"):
        found.check(PK)
