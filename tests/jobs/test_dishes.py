"""A dish from file to results folder: its readings, its figure, and ids that do not fit."""

from __future__ import annotations

import csv
import json
import math

import pytest

from il15_sim import Model
from il15_sim.errors import InputError
from il15_sim.files.resources import find_file
from il15_sim.jobs.run import run_scenario
from il15_sim.plots.dish_figures import dish_ladder
from il15_sim.scenario import Scenario
from tests.scenario.test_dishes import ARM, TOP, read


def test_monocytes_follow_the_closed_form(tmp_path):
    """The synthesis rises to 1 + effect at one rate, whatever the dose."""
    scenario = Scenario.read(find_file("sorafenib_dish", "doses"))
    done = run_scenario(scenario, tmp_path)
    values = Model.load("il15ra_induction").values
    with (done.path / "data" / "readings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9 * 3
    for row in rows:
        x = float(row["run"].split()[0]) / values["il15ra_induction_ec50"]
        power = x ** values["il15ra_induction_hill"]
        effect = values["il15ra_inducibility"] * values["il15ra_induction_max"]
        hours = float(row["time_min"]) / 60
        risen = 1 - math.exp(-values["il15ra_expression_rate"] * hours)
        want = 1 + effect * power / (1 + power) * risen
        assert float(row["value"]) == pytest.approx(want, rel=1e-4)
    (shown,) = json.loads((done.path / "figures" / "captions.json").read_text())
    assert shown["name"] == "dose_response"
    assert shown["caption"].startswith("9 doses of Sorafenib, free, read after 6, 24, 72 h. ")


def test_arms_that_are_no_ladder_are_drawn_against_time(tmp_path):
    (folder := tmp_path / "in").mkdir()
    scenario = read(folder, TOP + ARM)
    assert dish_ladder(scenario, Model.load("cd4_signalling")) is None
    done = run_scenario(scenario, tmp_path)
    assert (done.path / "figures" / "trajectories.png").is_file()


def test_doses_of_a_ladder_are_told_in_the_unit_of_the_model():
    scenario = Scenario.read(find_file("il15_dish", "doses"))
    target, doses = dish_ladder(scenario, Model.load("cd4_signalling"))
    assert target == "il15_soluble"
    assert doses[::11] == pytest.approx([0.5, 150_000.0])
    assert len(doses) == 12


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"cd4_signalling"',
            '"cd4_signaling"',
            "s.toml: unknown model 'cd4_signaling'; did you mean 'cd4_signalling'?",
        ),
        (
            "5 nM",
            "5 mg",
            "s.toml: arm 'a': change of 'il15_soluble': a value in 'mg' has no equivalent in "
            "'pM'; [mass] is not [substance] / [length] ** 3",
        ),
        (
            "changes",
            'regimen = "sorafenib 400 mg q12h x 1 d"\nchanges',
            "s.toml: arm 'a': unknown drug 'sorafenib'; there is no drug to choose from",
        ),
    ],
)
def test_what_does_not_fit_the_module(tmp_path, old, new, said):
    (folder := tmp_path / "in").mkdir()
    with pytest.raises(InputError) as error:
        run_scenario(read(folder, (TOP + ARM).replace(old, new)), tmp_path)
    assert str(error.value).removeprefix(f"{folder}/") == said
