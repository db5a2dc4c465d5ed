"""Indices as a value: rankings, texts, files, pickles."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError
from il15_sim.sensitivity import analyse, convergence, design
from tests.sensitivity.known_functions import ANGLES, ishigami, linear, unit_factors


@pytest.fixture(scope="module")
def found():
    made = design(ANGLES, "sobol", 256, second_order=True)
    y = ishigami(made.sample).to_numpy().copy()
    y[7] = np.nan
    return analyse(made, {"up": y, "down": -y}, failures="drop")


def test_the_frame_is_tidy(found):
    columns = ["output", "time_h", "factor", "other", "index", "value", "low", "high"]
    assert list(found.frame) == columns
    assert not found.frame.duplicated(["output", "time_h", "factor", "other", "index"]).any()
    assert ((found.frame["low"] + found.frame["high"]) / 2).to_numpy() == pytest.approx(
        found.frame["value"]
    )
    assert set(found.frame.loc[found.frame["index"] == "S2", "other"]) == {"x2", "x3"}


def test_rankings_put_the_most_important_first(found):
    total = found.ranking("up")
    assert total["factor"].tolist() == ["x1", "x2", "x3"]
    assert total["value"].is_monotonic_decreasing
    assert list(total) == ["factor", "value", "low", "high"]
    assert found.ranking("up", index="S1")["factor"].tolist() == ["x2", "x1", "x3"]


def test_a_ranking_goes_by_size_not_by_sign():
    frame = analyse(design(unit_factors(4), "morris", 10), linear)
    assert frame.ranking(index="mu")["factor"].tolist()[:2] == ["x0", "x1"]
    assert frame.ranking()["value"].tolist()[:2] == pytest.approx([3.0, 2.0])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, r"which output\?; choose one of: up, down"),
        ({"output": "upp"}, "unknown output 'upp'; did you mean 'up'"),
        ({"output": "up", "index": "STT"}, "unknown index 'STT'; did you mean 'ST'"),
    ],
)
def test_bad_rankings_are_told(found, asked, told):
    with pytest.raises(InputError, match=told):
        found.ranking(**asked)


def test_texts_are_short(found):
    lines = repr(found).splitlines()
    assert lines[0] == "sobol indices, n 256, seed 0: 3 factors"
    assert lines[1].startswith("  up: x1 0.")
    assert lines[-1] == "  failed rows: up to 1; see failures"
    html = found._repr_html_()
    assert html.startswith("<pre>sobol indices")
    assert "<table" in html


def test_json_holds_all_numbers_to_the_bit(found, tmp_path):
    told = json.loads(found.save(tmp_path / "new" / "indices.json").read_text())
    assert told["method"] == "sobol"
    assert (told["n"], told["seed"]) == (256, 0)
    assert [one["value"] for one in told["indices"]] == found.frame["value"].tolist()
    assert {one["time_h"] for one in told["indices"]} == {None}
    assert told["failures"][0]["left_out"] == 1
    assert told["options"]["second_order"] is True
    assert len(told["options"]["design"]) == 64


def test_indices_travel(found):
    back = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(back.frame, found.frame, check_exact=True)
    assert (back.method, back.n, back.seed, back.options) == (
        found.method, found.n, found.seed, found.options,
    )  # fmt: skip
    pd.testing.assert_frame_equal(convergence(back), convergence(found), check_exact=True)


def test_the_library_is_loaded_when_it_is_used():
    code = "import sys, il15_sim.sensitivity; print({'SALib', 'matplotlib'} & {*sys.modules})"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout == "set()\n"
