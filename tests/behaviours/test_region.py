"""What the random draws of the region vary."""

import csv

from il15_sim import Model
from il15_sim.behaviours.region import draw_values, drawn_parameters
from il15_sim.files.resources import models_dir


def test_the_region_draws_what_is_assumed_and_no_setting():
    model = Model.load()
    with (models_dir() / "parameters.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    positive = [row for row in rows if float(row["nominalValue"]) > 0]
    assumed = {row["parameterId"] for row in positive if row["kind"] == "assumed"}
    settings = {row["parameterId"] for row in rows if row["kind"] == "setting"}
    assert set(drawn_parameters(model)) == assumed
    assert {"mica_expression", "body_weight", "expansion_switch"} <= settings
    assert settings.isdisjoint(draw_values(model, float("inf"), seed=1, number=0))
