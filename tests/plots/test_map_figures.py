"""The figures of a map of doses, and the words that go with them."""

import numpy as np
import pytest
import xarray as xr

from il15_sim.plots.map_figures import map_figures
from il15_sim.sensitivity.map_file import read_map

TOP = """title = "Map"
regimen = "sorafenib {dose} mg bid x 3 d"
horizon_days = 3
[axes]
dose = [200, 400]
[[endpoints]]
name = "top"
title = "Highest level"
kind = "cmax"
observable = "anything"
"""
EVERY = TOP.replace("bid", "q{every}h").replace("[200, 400]", "[200, 400]\nevery = [12, 24]")


@pytest.fixture
def drawn(tmp_path):
    def one(text, values):
        file = tmp_path / "map.toml"
        file.write_text(text, encoding="utf-8")
        asked = read_map(file)
        found = xr.Dataset(
            {"top": ([*asked.axes], np.array(values, float), {"units": "mg/L"})}, dict(asked.axes)
        )
        return list(map_figures(asked, found))

    return one


def test_a_line_is_told_as_one(drawn):
    (shown,) = drawn(TOP, [1, 2])
    assert (shown.name, shown.title) == ("map_top", "Highest level")
    assert shown.alt == "Line of Highest level over dose."
    assert shown.caption == (
        "Reference patient, sorafenib {dose} mg bid x 3 d. One point a run. A simulation; research "
        "only."
    )
    assert shown.figure.axes[0].get_ylabel() == "Highest level (mg/L)"


def test_an_axis_that_begins_elsewhere_is_told(drawn):
    (shown,) = drawn(TOP, [10, 10.1])
    assert "One point a run. The axis does not begin at zero." in shown.caption


def test_a_map_is_told_as_one(drawn):
    (shown,) = drawn(EVERY, [[1, 2], [3, 4]])
    assert shown.alt == "Map of Highest level over dose and every."
    assert "Each cell is one run; contours are interpolated." in shown.caption
    assert shown.data == ("data/map.csv",)


def test_what_has_no_number_is_not_drawn(drawn):
    assert drawn(TOP, [np.nan, np.nan]) == []
