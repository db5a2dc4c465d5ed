"""Bad input through the command line: one line that names it, exit code 2, nothing written."""

import os
import re

import pytest
from click.testing import CliRunner

from il15_sim.cli import cli
from tests.cli.refused import refused, scenario_text


@pytest.fixture
def refuse_scenario(tmp_path):
    """Run a scenario text and give back the line; the results folder must not appear."""

    def run(text, name="bad.toml", before=()):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        there = sorted(tmp_path.iterdir())
        line = refused(*before, "run", file, "--out", tmp_path / "out")
        assert sorted(tmp_path.iterdir()) == there
        return line

    return run


@pytest.fixture
def good(tmp_path):
    file = tmp_path / "good.toml"
    file.write_text(scenario_text(), encoding="utf-8")
    return file


# --- scenarios -------------------------------------------------------------------------------

UNKNOWN = {
    "parameter": (
        dict(arm="overrides = { sorafenib_volumes = 1.0 }"),
        r"unknown parameter 'sorafenib_volumes'; did you mean 'sorafenib_volume'",
    ),
    "observable": (
        dict(top='observables = ["cd4_nkg2d_percnt"]'),
        r"unknown observable 'cd4_nkg2d_percnt'; did you mean 'cd4_nkg2d_percent'",
    ),
    "drug": (
        dict(regimen="sorafenb 400 mg q12h x 2 d"),
        r"arm 'a': unknown drug 'sorafenb'; did you mean 'sorafenib'",
    ),
    "variant": (
        dict(arm='variant = "no_micas"'),
        r"bad\.toml: arm 'a': unknown variant 'no_micas'; did you mean 'no_mica'",
    ),
    "key": (dict(arm='varient = "no_mica"'), r"unknown key 'varient'; did you mean 'variant'"),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_names(refuse_scenario, kind):
    fault, line = UNKNOWN[kind]
    assert re.search(line, refuse_scenario(scenario_text(**fault)))


REGIMENS = {
    "sorafenib 400 qg q12h x 2 d": r"unknown unit 'qg'; .*units are mg, mg/m2",
    "sorafenib 400 kg q12h x 2 d": r"unknown unit 'kg'; .*units are mg, mg/m2",
    "sorafenib 400 q12h x 2 d": r"(unit|dose)",
    "sorafenib -400 mg q12h x 2 d": r"dose .*-400.*positive",
    "sorafenib 0 mg q12h x 2 d": r"dose of sorafenib is 0.*; it must be a positive finite number",
    "sorafenib nan mg q12h x 2 d": r"dose.*nan",
    "sorafenib inf mg q12h x 2 d": r"dose.*inf",
    "sorafenib 400 mg q-12h x 2 d": r"interval|-12",
    "sorafenib 400 mg q0h x 2 d": r"interval is 0.*; it must be a positive finite number",
    "sorafenib 400 mg qnanh x 2 d": r"nan",
    "sorafenib 400 mg qinfh x 2 d": r"inf",
    "sorafenib 400 mg q12h x 0 d": r"duration is 0.*; it must be a positive finite number",
    "sorafenib 400 mg q12h x -2 d": r"-2",
    "sorafenib 400 mg q12h x 9 d; hold d5-d3": r"hold d5-d3",
    "sorafenib 400 mg q12h x 9 d; hold d2-d5; hold d4-d6": r"hold.*d2-d5.*d4-d6.*overlap|overlap",
    "sorafenib 400 mg q12h x 9 d; hold d12-d14": r"d12-d14",
    "": r"regimen is empty",
}


@pytest.mark.parametrize("regimen", REGIMENS)
def test_regimens(refuse_scenario, regimen):
    line = refuse_scenario(scenario_text(regimen))
    assert re.search(REGIMENS[regimen], line), line
    assert "arm 'a'" in line


@pytest.mark.parametrize("horizon", ["-1", "0", "nan", "inf", "-inf"])
def test_horizons_that_are_no_positive_number_of_days(refuse_scenario, horizon):
    line = refuse_scenario(scenario_text(horizon=horizon))
    assert re.search(r"bad\.toml:3: horizon_days is -?\w+ d; it must be a positive finite", line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('title = "T\n', r"bad\.toml:1: no valid TOML"),
        (scenario_text() + "a b\n", r"bad\.toml:9: no valid TOML"),
        ("", r"horizon_days is missing"),
        (scenario_text(horizon='"2 weeks"'), r"horizon_days"),
        ('title = "T"\nhorizon_days = 2\n', r"arms is missing"),
        (scenario_text() + scenario_text().split("\n\n")[1], r"two arms are called 'a'"),
        (
            scenario_text(arm="overrides = { sorafenib_volume = nan }"),
            r"sorafenib_volume is not a finite number: nan",
        ),
    ],
)
def test_scenario_files_that_do_not_read(refuse_scenario, text, line):
    told = refuse_scenario(text)
    assert re.search(line, told), told


def test_a_drug_by_a_route_it_does_not_have(refuse_scenario):
    line = refuse_scenario(scenario_text("sorafenib 400 mg iv q12h x 2 d"))
    assert "unknown route of sorafenib 'iv'; " in line


@pytest.mark.parametrize("name", ["../up", "/etc/x", "a/b", "..", "A B"])
def test_a_scenario_name_with_a_path_in_it(refuse_scenario, name):
    line = refuse_scenario(scenario_text(top=f'name = "{name}"'))
    assert f"scenario name '{name}'; results are filed under it" in line


def test_a_scenario_that_is_not_there():
    assert "unknown scenario 'sorafenib_tmx'; did you mean 'sorafenib_tmz'?" in refused(
        "run", "sorafenib_tmx"
    )
    line = refused("run", "nowhere/x.toml")
    assert "there is no file 'nowhere/x.toml'; give a path that exists, or a packaged" in line


def test_a_scenario_that_is_a_folder(tmp_path):
    assert "there is no file" in refused("run", tmp_path / "x.toml")
    (tmp_path / "x.toml").mkdir()
    assert "x.toml: is a folder; name a file in it" in refused("run", tmp_path / "x.toml")


SETTINGS = {
    "sorafenib_volum=3": "unknown parameter 'sorafenib_volum'; did you mean 'sorafenib_volume'?",
    "sorafenib_volume": "'sorafenib_volume'; write --set id=value",
    "=3": "'=3'; write --set id=value",
    "sorafenib_volume=": "value of 'sorafenib_volume' is not a number: ''",
    "sorafenib_volume=1,5": "value of 'sorafenib_volume' is not a number: '1,5'; write it with "
    "plain digits and a decimal point",
    "sorafenib_volume=1e400": "value of 'sorafenib_volume' is not a finite number: '1e400'",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings(good, tmp_path, setting):
    line = refused("run", good, "--set", setting, "--out", tmp_path / "out")
    assert line == f"error: --set: {SETTINGS[setting]}"
    assert list(tmp_path.iterdir()) == [good]


def test_settings_that_the_model_refuses(good):
    line = refused("run", good, "--set", "sorafenib_volume=-1")
    assert line.startswith("error: --set: value -1.0 of 'sorafenib_volume' is negative; the table")
    line = refused("run", good, "--set", "sorafenib_volume=50", "--set", "sorafenib_volume=60")
    assert line == "error: --set: 'sorafenib_volume' is set twice"


def test_a_value_that_the_model_refuses_is_told_with_file_and_arm(refuse_scenario):
    line = refuse_scenario(scenario_text(arm="overrides = { sorafenib_volume = -3 }"))
    assert re.search(r"bad\.toml: arm 'a': value -3.0 of 'sorafenib_volume' is negative", line)


# --- places ----------------------------------------------------------------------------------


def test_an_output_that_cannot_be_written(good, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    line = refused("run", good, "--out", tmp_path / "file" / "out")
    assert "the results cannot be written: " in line
    assert "--out" in line
    assert "is not a folder" in refused("run", good, "--out", tmp_path / "file")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"


def test_a_folder_that_holds_other_files(good, tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "thesis.txt").write_text("years", encoding="utf-8")
    assert "the folder holds files that are not a result" in refused("run", good, "--out", place)
    assert [file.name for file in place.iterdir()] == ["thesis.txt"]


def test_a_results_folder_made_from_other_inputs(good, tmp_path):
    out = tmp_path / "out"
    assert CliRunner().invoke(cli, ["run", str(good), "--out", str(out)]).exit_code == 0
    before = (out / "manifest.json").read_bytes()
    good.write_text(scenario_text("sorafenib 200 mg q12h x 2 d"), encoding="utf-8")
    assert "made from other inputs" in refused("run", good, "--out", out)
    assert (out / "manifest.json").read_bytes() == before


def test_a_folder_and_a_device_as_scenario_and_fit(tmp_path):
    for verb in ("run", "fit"):
        assert f"{tmp_path}: is a folder; name a file in it" in refused(verb, tmp_path)
        assert "is no file but a device or pipe" in refused(verb, os.devnull)


def test_a_report_of_nothing(tmp_path):
    assert "holds no results" in refused("report", tmp_path)
    assert "is no folder" in refused("report", tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


# --- the command line itself -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["rum", "x"], "no such command 'rum'; did you mean 'run'?"),
        (["zzz"], "no such command 'zzz'; see il15-sim --help"),
        (["run", "--ot", "x", "y"], "no such option --ot; did you mean --out?"),
        (["--debgu", "check"], "no such option --debgu; did you mean --debug?"),
        (["check", "--sync"], "no such option --sync; 'il15-sim sync' is a command of its own"),
        (["run", "x", "--debgu"], "no such option --debgu; did you mean --debug?"),
        (["--models", __file__, "list"], "is no folder; give a copy of models/"),
        (["--models", "nowhere", "list"], "nowhere: there is no such folder; give a copy of"),
        (["run"], "Missing argument 'SCENARIO'; see "),
        (["run", "a", "b"], "unexpected extra argument"),
        (["fit", "sorafenib_pk", "--starts", "0"], "0 is not in the range x>=1"),
        (["fit", "sorafenib_pk", "--starts", "many"], "'many' is not a valid integer"),
        (["fit", "sorafenib_pk", "--seed", "-1"], "-1 is not in the range x>=0"),
    ],
)
def test_command_lines(args, line):
    assert line in refused(*args)
