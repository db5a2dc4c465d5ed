"""Dishes: what a scenario of a module says, and every error by its text."""

from __future__ import annotations

import pytest

from il15_sim.errors import InputError
from il15_sim.scenario import Scenario
from il15_sim.simulation.dosing import Change

TOP = 'title = "T"\nmodel = "cd4_signalling"\ntimes_min = [30, 120]\n'
ARM = '[[arms]]\nname = "a"\nchanges = ["il15_soluble = 5 nM at 0 h", "il15_soluble = 0 at 1 h"]\n'


def read(folder, text):
    file = folder / "s.toml"
    file.write_text(text)
    return Scenario.read(file)


def test_a_dish(tmp_path):
    scenario = read(tmp_path, TOP + ARM)
    assert (scenario.model, scenario.times_min, scenario.length) == (
        "cd4_signalling",
        (30.0, 120.0),
        "120 min",
    )
    (arm,) = scenario.arms
    assert arm.changes == (
        Change(0.0, "il15_soluble", 5.0, sets=True, unit="nM"),
        Change(1.0, "il15_soluble", 0.0, sets=True),
    )
    assert str(arm.regimen) == "none"
    assert "il15_soluble = 5 nM at 0 h" in scenario._repr_html_()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            TOP + ARM.replace("1 h", "3 h"),
            "s.toml:6: arm 'a': change 'il15_soluble = 0 at 3 h'; the arm ends at 2 h; "
            "make the runs longer",
        ),
        (
            TOP + ARM.replace("1 h", "-1 h"),
            "s.toml:6: arm 'a': change 'il15_soluble = 0 at -1 h'; time begins at 0 h",
        ),
        (
            "horizon_days = 3\n" + TOP + ARM,
            "s.toml:4: times_min beside horizon_days; the last time is the end",
        ),
        (
            TOP.replace("[30, 120]", "[120, 30]") + ARM,
            "s.toml:3: times_min; times are above zero and increase",
        ),
        (
            TOP.replace("[30, 120]", "[0, 30]") + ARM,
            "s.toml:3: times_min; times are above zero and increase",
        ),
        (
            TOP.replace("[30, 120]", "[]") + ARM,
            "s.toml:3: times_min is a list; it must be a list of minutes such as [30, 120, 240]",
        ),
    ],
)
def test_what_a_dish_cannot_say(tmp_path, text, said):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert str(error.value).removeprefix(f"{tmp_path}/") == said
