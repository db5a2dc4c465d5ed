"""A map from file to results folder tells what single simulations say."""

import csv
import json

import pytest

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.endpoints import cmax, trough
from il15_sim.jobs import map as map_job
from il15_sim.jobs.map import run_map
from il15_sim.sensitivity.map_file import read_map

TOTAL = "sorafenib_total_mg_per_L"
MAP = f"""title = "Small"
description = "For a test."
model = "sorafenib_pk"
regimen = "sorafenib {{dose}} mg q{{every}}h x 3 d"
against = "sorafenib 200 mg bid x 3 d"
horizon_days = 3
[axes]
dose = [400, 200, 800]
every = [12, 24]
[approved]
dose = 400
every = 12
[[endpoints]]
name = "top"
title = "Highest level"
kind = "cmax"
observable = "{TOTAL}"
[[endpoints]]
name = "low"
title = "Last trough"
kind = "trough"
observable = "{TOTAL}"
day = 3
compare = "log_ratio"
"""


def made(place, text=MAP):
    file = place / "small.toml"
    file.write_text(text, encoding="utf-8")
    done = run_map(read_map(file), place / "results")
    with (done.path / "data" / "map.csv").open(encoding="utf-8", newline="") as handle:
        return done, list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return made(tmp_path_factory.mktemp("map"))


def ends(regimen):
    asked = [cmax(TOTAL).named("top"), trough(TOTAL, day=3).named("low")]
    pk = Model.load("sorafenib_pk")
    runs = simulate(pk, Regimen.parse(regimen), endpoints=asked, until_days=3)
    return float(runs["top"].values[0]), float(runs["low"].values[0])


def test_the_folder_is_whole_and_listed(whole):
    folder = whole[0].path
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {
        *("answer.md", "about.json", "manifest.json", "sweep.toml", "figures/captions.json"),
        *("data/map.csv", "data/parameters.csv"),
        *(f"figures/map_{name}.{end}" for name in ("top", "low_ratio") for end in ("png", "svg")),
    }
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == files - {"manifest.json"}
    captions = json.loads((folder / "figures" / "captions.json").read_text(encoding="utf-8"))
    for words in captions:
        assert words["data"] == ["data/map.csv"]
        assert words["caption"].endswith("A simulation; research only.")
    assert [words["title"] for words in captions] == [
        "Highest level",
        "Last trough, ratio to the other regimen",
    ]


def test_each_row_is_what_its_regimen_gives_alone(whole):
    _, rows = whole
    assert list(rows[0]) == ["dose", "every", "regimen", "top", "low_ratio", "status"]
    places = [(row["dose"], row["every"]) for row in rows]
    assert places == [(d, e) for d in ("400", "200", "800") for e in ("12", "24")]
    _, other = ends("sorafenib 200 mg bid x 3 d")
    for row in rows:
        top, low = ends(row["regimen"])
        assert float(row["top"]) == pytest.approx(top, rel=1e-5)
        assert float(row["low_ratio"]) == pytest.approx(low / other, rel=1e-5)
        assert row["status"] == "ok"
    assert rows[2]["low_ratio"] == "1"  # 200 mg twice a day, against itself


def test_the_answer_tells_where_each_endpoint_is_largest_and_smallest(whole):
    done, rows = whole
    text = (done.path / "answer.md").read_text(encoding="utf-8")
    assert "Given: sorafenib {dose} mg q{every}h x 3 d. Compared with: sorafenib 200 mg" in text
    by_place = {(row["dose"], row["every"]): row for row in rows}
    top = float(by_place["800", "12"]["top"])
    assert top == max(float(row["top"]) for row in rows)
    assert f"- Largest at dose 800 mg, every 12 h: {top:.3g} mg/L." in text
    assert "- Smallest at dose 200 mg, every 24 h: " in text
    ratio = float(by_place["400", "12"]["low_ratio"])
    assert f"- At the approved dose 400 mg, every 12 h: {ratio:.3g}-fold." in text


def test_a_difference_is_told_in_the_unit_of_its_endpoint(tmp_path):
    done, rows = made(tmp_path, MAP.replace("log_ratio", "difference"))
    assert float(rows[2]["low_difference"]) == 0
    text = (done.path / "answer.md").read_text(encoding="utf-8")
    low = max(float(row["low_difference"]) for row in rows)
    assert f"Largest at dose 800 mg, every 12 h: {low:.3g} mg/L." in text


def test_what_no_run_has_is_told_and_not_drawn(tmp_path):
    more = f"""[[endpoints]]
name = "high"
kind = "time_to_above"
observable = "{TOTAL}"
level = 1e9
"""
    done, rows = made(tmp_path, MAP + more)
    assert [row["high"] for row in rows] == [""] * 6
    text = (done.path / "answer.md").read_text(encoding="utf-8")
    assert "## high\n\n- No run has a number of it." in text
    assert not (done.path / "figures" / "map_high.png").exists()
    assert done.warnings == ()


def test_runs_that_failed_are_told(tmp_path, monkeypatch):
    real = map_job.simulated

    def partly(asked, model, **how):
        found = real(asked, model, **how)
        found["status"] = found["status"].astype(object)
        found["status"].values[0, 0] = "not finite"
        found["top"].values[0, 0] = float("nan")
        found["low_ratio"].values[:] = 1.5
        return found

    monkeypatch.setattr(map_job, "simulated", partly)
    done, rows = made(tmp_path)
    assert done.warnings == ("1 of 6 runs failed: map.csv says why",)
    assert (rows[0]["status"], rows[0]["top"]) == ("not finite", "")
    text = (done.path / "answer.md").read_text(encoding="utf-8")
    assert "- At the approved dose 400 mg, every 12 h: no number.\n" in text
    assert "- 1 of 6 runs have no number of it.\n" in text
    assert "- The same everywhere: 1.5-fold.\n" in text


def test_ids_that_the_model_lacks_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match=r"small\.toml: endpoint 'top': unknown observable 'sor"):
        made(tmp_path, MAP.replace("total", "totl"))
    assert [p.name for p in tmp_path.iterdir()] == ["small.toml"]
