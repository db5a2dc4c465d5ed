"""Scenarios: the name that a file gives, files that do not read, ids held against the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from il15_sim.errors import InputError
from il15_sim.scenario import Scenario
from tests.scenario.test_scenario import GOOD, fault, read


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("läufe.toml", "läufe"),
        ("La\u0308ufe.toml", "läufe"),
        ("臨床試験-1.toml", "臨床試験-1"),
        ("My Scenario (2).toml", "my_scenario_2_"),
    ],
)
def test_any_file_name_gives_a_name(tmp_path: Path, file: str, name: str) -> None:
    assert read(tmp_path, GOOD, file).name == name
    assert read(tmp_path, f"name = '{name}'\n{GOOD}").name == name


def test_a_file_whose_stem_gives_no_name_asks_for_one(tmp_path: Path) -> None:
    said = fault(tmp_path, GOOD, "a" * 65 + ".toml")
    assert "scenario name 'aaaa" in said
    assert 'give the file a key such as name = "my_scenario"' in said
    assert "scenario name ''; results are filed under it" in fault(tmp_path, GOOD, "--.toml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.toml: cannot be read: No such file"):
        Scenario.read(tmp_path / "absent.toml")
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        Scenario.read(tmp_path)
    with pytest.raises(InputError, match=r"file name 'a.x00b'; embedded null byte"):
        Scenario.read("a\0b")


def test_check_names_file_arm_and_the_closest_id(tmp_path: Path) -> None:
    text = f"observables = ['cd4_per_ul']\n{GOOD}variant = 'no_micaa'\noverrides = {{ fuu = 1 }}"
    scenario = read(tmp_path, text)
    scenario.check()
    file, arm = tmp_path / "s.toml", f"{tmp_path / 's.toml'}: arm 'a'"
    for keyword, valid, told in (
        (
            "observables",
            "cd4_per_uL",
            f"{file}: unknown observable 'cd4_per_ul'; did you mean 'cd4_per_uL'?",
        ),
        ("drugs", "sorafenibb", f"{arm}: unknown drug 'sorafenib'; did you mean 'sorafenibb'?"),
        ("variants", "no_mica", f"{arm}: unknown variant 'no_micaa'; did you mean 'no_mica'?"),
        ("parameters", "fu", f"{arm}: unknown parameter 'fuu'; did you mean 'fu'?"),
    ):
        with pytest.raises(InputError) as error:
            scenario.check(**{keyword: [valid]})
        assert str(error.value) == told
    unread = Scenario("s", "S", "", 84.0, (), scenario.arms)
    with pytest.raises(InputError, match=r"^scenario s: arm 'a': unknown drug 'sorafenib'"):
        unread.check(drugs=[])
