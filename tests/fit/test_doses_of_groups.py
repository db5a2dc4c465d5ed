"""Groups that were given doses of an input of their own: the value goes there, and nowhere else."""

import numpy as np
import pytest

from il15_sim import Change, InputError, Model, simulate
from il15_sim.fit import read_fit

TEXT = """title = "two ligands"
model = "cd4_signalling"
data = "cells.csv"
dose_of = "il15_soluble"
likelihood = "normal"
estimate = ["pstat5_half_share"]

[groups.complex]
values = { receptor_B_number = 300 }
dose_of = "il15_shed"
"""
CSV = """time_min,observable,value,error,unit,group,dose
30,pstat5_cd4,0.1,0.1,1,alone,300
30,pstat5_cd4,0.5,0.1,1,alone,3000
30,pstat5_cd4,0.5,0.1,1,complex,300
30,pstat5_cd4,0.9,0.1,1,complex,3000
"""


def write(folder, text=TEXT, csv=CSV):
    (folder / "cells.csv").write_text(csv, encoding="utf-8")
    (folder / "two.toml").write_text(text, encoding="utf-8")
    return folder / "two.toml"


def test_each_group_has_doses_of_its_own_input(tmp_path):
    problem = read_fit(write(tmp_path))
    assert {name: arm.changes for name, arm in problem.arms.items()} == {
        f"{group}, {dose}": (Change(0.0, target, float(dose), sets=True),)
        for group, target in (("alone", "il15_soluble"), ("complex", "il15_shed"))
        for dose in (300, 3000)
    }
    found = problem.objective().predictor.predict(np.array([[0.3]]))[0][0]
    model = Model.load("cd4_signalling", variants=()).with_values({"pstat5_half_share": 0.3})
    expected = [
        simulate(
            model.with_values(own), times_h=[0.5], observables=["pstat5_cd4"],
            changes=Change(0.0, target, dose, sets=True), engine="reference", rtol=1e-8,
        ).get(0, "pstat5_cd4")[0]
        for target, own in (("il15_soluble", {}), ("il15_shed", {"receptor_B_number": 300.0}))
        for dose in (300.0, 3000.0)
    ]  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-4)
    # The same dose of the complex does more: the two inputs are not mixed up.
    assert expected[2] > 1.5 * expected[0]


def test_a_group_may_have_its_input_and_no_values(tmp_path):
    text = TEXT.replace("values = { receptor_B_number = 300 }\n", "")
    arms = read_fit(write(tmp_path, text)).arms
    assert {a.changes[0].target for a in arms.values() if a.group == "complex"} == {"il15_shed"}
    assert not any(a.values for a in arms.values())


WRONG = [
    ('"il15_shed"', '"il15_sheed"', ":10: groups.complex: unknown parameter 'il15_sheed'; did you"),
    ('"il15_shed"', "3", ":10: groups.complex: dose_of is a number; it must be text"),
    ("dose_of = \"il15_shed\"", "dose = 1", "groups.complex: unknown key 'dose'"),
    ("[groups.complex]", "[groups.complexx]", "unknown group 'complexx'; did you mean 'complex'?"),
    (
        'dose_of = "il15_soluble"\n',
        "",
        "cells.csv: line 2: group '300' without an arm of its own; as a regimen: drug name '300'; "
        "say what each group was given: arms, or dose_of",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path, old, new, told):
    assert old in TEXT
    with pytest.raises(InputError) as caught:
        read_fit(write(tmp_path, TEXT.replace(old, new, 1)))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_input_of_a_group_needs_one_of_the_file(tmp_path):
    text = TEXT.replace('dose_of = "il15_soluble"\n', "")
    text += "".join(f"[arms.{g}.values]\nil15_soluble = 300\n" for g in ("alone", "complex"))
    lines = [",".join(row.split(",")[:-1]) for row in CSV.splitlines()]
    with pytest.raises(InputError) as caught:
        read_fit(write(tmp_path, text, "\n".join([lines[0], lines[1], lines[3]]) + "\n"))
    told = (
        "two.toml:9: groups.complex: dose_of of group 'complex'; without one of the file nothing "
        "was given by dose; add dose_of above the groups, or leave it out here"
    )
    assert str(caught.value).endswith(told)


def test_relative_readings_that_share_no_factor_may_be_in_two_units(tmp_path):
    def relative(scale):
        return TEXT.replace('"normal"\n', f'"normal"\nscale = "{scale}"\n', 1)

    two = CSV.replace("0.1,1,complex", "0.1,MFI,complex")
    problem = read_fit(write(tmp_path, relative("group"), two))
    assert [r.unit for r in problem.rows.rows] == ["1", "1", "MFI", "MFI"]
    with pytest.raises(InputError) as caught:
        read_fit(write(tmp_path, relative("observable"), two))
    told = "cells.csv: line 4: unit 'MFI'; relative readings of 'pstat5_cd4' before it are in '1'"
    assert str(caught.value).endswith(told)
