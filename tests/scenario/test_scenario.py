"""Scenario files: the shipped ones, what a file may contain, and every error by its text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir
from il15_sim.regimen import Regimen
from il15_sim.scenario import Arm, Scenario

SHIPPED = sorted((experiments_dir() / "doses").glob("*.toml"))
ARM = '[[arms]]\nname = "a"\nregimen = "sorafenib 400 mg q12h x 56 d"\n'
GOOD = f'title = "T"\ndescription = "D"\nhorizon_days = 84\n{ARM}'


def read(folder: Path, text: str | bytes, name: str = "s.toml") -> Scenario:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Scenario.read(file)


def fault(folder: Path, text: str | bytes, name: str = "s.toml") -> str:
    """The error of a file, from its name on."""
    with pytest.raises(InputError) as error:
        read(folder, text, name)
    said = str(error.value)
    assert said.startswith(str(folder / name))
    assert "\n" not in said
    return said.removeprefix(f"{folder}{os.sep}")


# The shipped scenarios.


def test_every_shipped_scenario_is_known() -> None:
    assert [file.stem for file in SHIPPED] == [
        "dose_ladder",
        "holiday",
        "il15_dish",
        "knockouts",
        "missed_doses",
        "romero_trial",
        "sorafenib_alone",
        "sorafenib_dish",
        "sorafenib_tmz",
        "tmz_alone",
    ]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_scenarios_read_and_say_what_they_are(file: Path) -> None:
    scenario = Scenario.read(file)
    assert scenario.name == file.stem
    assert scenario.title
    assert len(scenario.description) > 80
    assert "\n" not in scenario.description
    scenario.check(
        drugs=["sorafenib", "temozolomide"],
        variants=["no_il15ra_induction", "no_mica", "no_nkg2d_signal"],
        parameters=[],
        observables=["pstat5_cd4", "il15ra_synthesis_fold"],
    )
    for arm in scenario.arms:
        assert arm.regimen.end_h <= 24 * scenario.horizon_days


def shipped(name: str) -> dict[str, Regimen]:
    scenario = Scenario.read(experiments_dir() / "doses" / f"{name}.toml")
    return {arm.name: arm.regimen for arm in scenario.arms}


FULL = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
TMZ = Regimen.oral("temozolomide", dose_mg_per_m2=150, days=56, cycle="d1-5/28")


def test_the_combination_is_what_the_trial_gave() -> None:
    assert shipped("sorafenib_tmz") == {"combination": FULL + TMZ}


def test_the_trial_begins_sorafenib_on_its_eighth_day_and_rests_from_temozolomide() -> None:
    trial, alone, untreated = shipped("romero_trial").values()
    sorafenib = [d.time_h for d in trial.doses() if d.drug == "sorafenib"]
    temozolomide = [d.time_h / 24 for d in trial.doses() if d.drug == "temozolomide"]
    week = list(range(7))
    assert sorafenib == [168 + 12 * k for k in range(98)]
    assert temozolomide == [start + day for start in (0, 14, 28, 42) for day in week]
    assert [(d.time_h / 24, d.amount) for d in alone.doses()] == [(t, 150) for t in temozolomide]
    assert not untreated.doses()


def test_the_ladder_climbs() -> None:
    amounts = [regimen.doses()[0].amount for regimen in shipped("dose_ladder").values()]
    assert amounts == [100, 200, 400, 600, 800]


def test_the_holiday_is_one_week_and_both_arms_end_together() -> None:
    continuous, holiday = shipped("holiday").values()
    times = [dose.time_h for dose in holiday.doses()]
    assert times == [dose.time_h for dose in continuous.doses() if not 336 <= dose.time_h < 504]
    assert {dose.amount for dose in holiday.doses() if dose.time_h >= 504} == {200.0}


def test_missed_doses_are_missed() -> None:
    perfect, fourth, weekend = (set(r.doses()) for r in shipped("missed_doses").values())
    assert sorted(dose.time_h for dose in perfect - fourth) == list(range(36, 1344, 48))
    assert sorted(dose.time_h / 24 for dose in perfect - weekend) == [19, 19.5, 20, 20.5]


def test_knock_outs_get_the_same_treatment() -> None:
    scenario = Scenario.read(experiments_dir() / "doses" / "knockouts.toml")
    assert {arm.name: arm.variants for arm in scenario.arms} == {
        "reference": (),
        "no IL-15Rα induction": ("no_il15ra_induction",),
        "no MICA/B": ("no_mica",),
        "no NKG2D signal": ("no_nkg2d_signal",),
        "no sorafenib": (),
    }
    assert {arm.regimen for arm in scenario.arms[:4]} == {FULL}
    assert scenario.arms[4].regimen == Regimen.none()


# What a file may contain.


def test_everything_a_file_may_contain(tmp_path: Path) -> None:
    text = """
    name = "trial-2_b"
    title = "Läßt <b>sich</b> lesen"
    description = "D"
    horizon_days = 84.5
    observables = ["cd4_per_uL", "nk_per_uL"]
    [[arms]]
    name = "../a/b <i>"
    regimen = ["sorafenib 400 mg bid x 8 w", "temozolomide 150 mg/m2 d1-5/28 x 56 d"]
    variant = ["no_mica", "high_smica"]
    [arms.overrides]
    fu = 0.003
    shift = -1
    [[arms]]
    name = "b"
    regimen = "none"
    variant = "no_mica"
    """
    scenario = read(tmp_path, text)
    assert scenario.name == "trial-2_b"
    assert scenario.title == "Läßt <b>sich</b> lesen"
    assert scenario.horizon_days == 84.5
    assert scenario.observables == ("cd4_per_uL", "nk_per_uL")
    overrides = {"fu": 0.003, "shift": -1.0}
    one = Arm("../a/b <i>", FULL + TMZ, ("no_mica", "high_smica"), overrides)
    assert scenario.arms == (one, Arm("b", Regimen.none(), ("no_mica",)))
    assert hash(scenario) == hash(read(tmp_path, text))
    assert scenario == read(tmp_path, text, "elsewhere.toml")
    assert scenario != read(tmp_path, text.replace("0.003", "0.004"))


def test_a_minimal_file_is_named_after_itself(tmp_path: Path) -> None:
    scenario = read(tmp_path, "\ufeffhorizon_days = 1\r\n" + ARM, "my_dose-2.toml")
    assert scenario.name == scenario.title == "my_dose-2"
    assert scenario.description == ""
    assert scenario.observables == ()
    assert scenario.source == str(tmp_path / "my_dose-2.toml")


def test_arms_may_be_written_in_line(tmp_path: Path) -> None:
    scenario = read(tmp_path, 'horizon_days = 1\narms = [{name = "a", regimen = "none"}]')
    assert scenario.arms == (Arm("a", Regimen.none()),)


# Errors, each by its text.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = = 3", "s.toml:1: no valid TOML at column 5: Invalid value"),
        ("a = 1\nb = 2\nc", "s.toml:3: no valid TOML: Expected '=' after a key"),
        (GOOD.replace('"T"', "2001-01-01"), "s.toml:1: title is a date or time; it must be text"),
        ("a = 1\na = 2", "s.toml:2: no valid TOML: Cannot overwrite a value"),
        ("a = 1\n" + "b = " + "1" * 5000, "s.toml: no valid TOML: Exceeds the limit"),
        ("a = " + "[" * 100_000, "s.toml: the file is nested too deeply"),
        (b"a = 1\nb = '\xff'", "s.toml: line 2: is not UTF-8 text; save it as UTF-8 text"),
        (b"\xff\xfea\x00", "s.toml: is written in UTF-16; save it as UTF-8 text"),
        (b"a\x00\n\x00", "s.toml: line 1: holds a zero byte; it is no text, or written in UTF-16"),
        ("", "s.toml: horizon_days is missing; add e.g. horizon_days = 84"),
        (
            GOOD.replace("horizon_days", "horizont_days"),
            "s.toml:3: unknown key 'horizont_days'; did",
        ),
        (GOOD.replace("= 84", "= -84"), "s.toml:3: horizon_days is -84 d; it must be a positive"),
        (GOOD.replace("= 84", "= 0"), "s.toml:3: horizon_days is 0 d; it must be"),
        (GOOD.replace("= 84", "= nan"), "s.toml:3: horizon_days is nan d; it must be"),
        (GOOD.replace("= 84", "= inf"), "s.toml:3: horizon_days is inf d; it must be"),
        (GOOD.replace("= 84", "= '84'"), "s.toml:3: horizon_days is '84' d; it must be"),
        (GOOD.replace("= 84", "= true"), "s.toml:3: horizon_days is True d; it must be"),
        (GOOD.replace("= 84", "= 0x1" + "0" * 4000), "s.toml:3: horizon_days is inf d; it must"),
        (
            GOOD.replace("= 84", "= 1e6"),
            "s.toml:3: horizon_days is 1000000 d; the longest course is",
        ),
        (GOOD.replace('"T"', "5"), "s.toml:1: title is a number; it must be text in quotes"),
        (GOOD.replace('"D"', "[1]"), "s.toml:2: description is a list; it must be text in quotes"),
        ("name = 'a/b'\n" + GOOD, "s.toml:1: scenario name 'a/b'; results are filed under it"),
        ("name = '" + "a" * 65 + "'\n" + GOOD, "s.toml:1: scenario name 'aaaa"),
        ("name = ' '\n" + GOOD, "s.toml:1: name is empty"),
        (
            "observables = 5\n" + GOOD,
            "s.toml:1: observables is a number; it must be text or a list",
        ),
        ("observables = []\n" + GOOD, "s.toml:1: observables is empty; leave it out or fill it"),
        ("observables = ['a', '']\n" + GOOD, "s.toml:1: observables is empty"),
        ("observables = ['a', 'a']\n" + GOOD, "s.toml:1: observables has 'a' twice"),
        ("observables = ['a', 1]\n" + GOOD, "s.toml:1: observables is a list; it must be text"),
        ("horizon_days = 84", "s.toml: arms is missing; add e.g. [[arms]] with name and regimen"),
        ("horizon_days = 84\narms = []", "s.toml:2: there are no arms; add [[arms]]"),
        (
            "horizon_days = 84\narms = 5",
            "s.toml:2: arms is a number; it must be tables, each written",
        ),
        ("horizon_days = 84\narms = [5]", "s.toml:2: arms is a list; it must be tables, each"),
        (GOOD.replace("[[arms]]", "[arms]"), "s.toml:4: [arms] is one table; write [[arms]]"),
        ("horizon_days = 1\narms = [{}]", "s.toml: arms number 1: name is missing; add e.g. name"),
        (GOOD + "[[arms]]\n", "s.toml:7: arms number 2: name is missing; add e.g. name = "),
        (GOOD.replace('"a"', "''"), "s.toml:5: arms number 1: name is empty"),
        (GOOD.replace('"a"', '"a\\nb"'), "s.toml:5: arm 'a b': the name has a line break in it"),
        (
            GOOD.replace("name =", "nam ="),
            "s.toml:5: arms number 1: unknown key 'nam'; did you mean",
        ),
        (GOOD + ARM, "s.toml:8: arm 'a': two arms are called 'a'; give each a name of its own"),
        (
            GOOD.replace("regimen = ", "# "),
            "s.toml:4: arm 'a': regimen is missing; add e.g. regimen",
        ),
        (
            GOOD.replace("regimen = ", "regimen = 5 # "),
            "s.toml:6: arm 'a': regimen is a number; it must be",
        ),
        (
            GOOD.replace("400 mg", "400 U"),
            "s.toml:6: arm 'a': regimen 'sorafenib 400 U q12h x 56 d', column 15: unknown unit 'U'",
        ),
        (GOOD.replace('"sora', '" " # '), "s.toml:6: arm 'a': regimen is empty; leave it out or"),
        (GOOD.replace('"sora', "[] # "), "s.toml:6: arm 'a': regimen is empty"),
        (
            GOOD + "variant = 5",
            "s.toml:7: arm 'a': variant is a number; it must be text or a list of texts",
        ),
        (GOOD + "variant = ['m', 'm']", "s.toml:7: arm 'a': variant has 'm' twice"),
        (
            GOOD + "variants = 'm'",
            "s.toml:7: arm 'a': unknown key 'variants'; did you mean 'variant'?",
        ),
        (
            GOOD + "overrides = 5",
            "s.toml:7: arm 'a': overrides is a number; it must be a table such as",
        ),
        (
            GOOD + "overrides = { fu = 'x' }",
            "s.toml:7: arm 'a': overrides of fu is not a number: 'x'",
        ),
        (
            GOOD + "overrides = { fu = true }",
            "s.toml:7: arm 'a': overrides of fu is not a number: True",
        ),
        (
            GOOD + "overrides.fu = nan",
            "s.toml:7: arm 'a': overrides of fu is not a fin",
        ),
        (
            GOOD + "[arms.overrides]\nfu = inf",
            "s.toml:7: arm 'a': overrides of fu is not a fin",
        ),
        (
            GOOD + "overrides.fu = 0x1" + "0" * 4000,
            "overrides of fu is not a finite number: inf",
        ),
        (GOOD + "[arms.overrides.fu]\nb = 1", "arm 'a': overrides of fu is not a number: {'b': 1}"),
    ],
)
def test_errors_tell_file_line_and_key(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert message in fault(tmp_path, text)
