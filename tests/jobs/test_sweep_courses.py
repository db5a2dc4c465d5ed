"""Indices over time in the results of a sweep, and sweeps on a Dask cluster."""

import csv
import json

import pytest
from distributed import LocalCluster

from il15_sim import Model
from il15_sim.endpoints import cmax
from il15_sim.jobs.sweep import run_sweep
from il15_sim.reporting.report_data import read_result
from il15_sim.reporting.sweeps import sweep_view
from il15_sim.sensitivity import design, factors, sensitivity
from il15_sim.sensitivity.sweep_file import read_sweep

TOTAL = "sorafenib_total_mg_per_L"
IDS = ["sorafenib_volume", "sorafenib_clearance"]
SWEEP = f"""title = "Small"
model = "sorafenib_pk"
regimen = "sorafenib 400 mg bid x 3 d"
against = "sorafenib 200 mg bid x 3 d"
horizon_days = 3
seed = 5
[factors]
ids = ["sorafenib_volume", "sorafenib_clearance"]
[quantify]
n = 16
[[endpoints]]
name = "top"
kind = "cmax"
observable = "{TOTAL}"
scale = "log"
[[courses]]
observable = "{TOTAL}"
title = "Level"
days = [1, 2, 3]
compare = "difference"
"""


def run(place, text=SWEEP, **how):
    file = place / "small.toml"
    file.write_text(text, encoding="utf-8")
    return run_sweep(read_sweep(file), place / "results", **how).path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run(tmp_path_factory.mktemp("here"))


def test_indices_are_told_on_each_day(folder):
    pk = Model.load("sorafenib_pk")
    sweep = read_sweep(folder / "sweep.toml")
    right = sensitivity(
        pk, sweep.regimen, design(factors(pk, IDS), "sobol", 16, seed=5),
        endpoints=cmax(TOTAL).named("top"), observables=[TOTAL], times_h=[24.0, 48.0, 72.0],
        against=sweep.against, contrast={TOTAL: "difference"}, logarithms=["top"], until_days=3.0,
    )  # fmt: skip
    told = json.loads((folder / "indices.json").read_text(encoding="utf-8"))["quantify"]
    assert told == json.loads(right.to_json())
    with (folder / "data" / "indices.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["output"] == f"{TOTAL}_difference"]
    assert {row["time_h"] for row in rows} == {"24", "48", "72"}


def test_they_are_drawn_and_told_day_by_day(folder):
    captions = json.loads((folder / "figures" / "captions.json").read_text(encoding="utf-8"))
    words = captions[-1]
    assert words["name"] == f"course_{TOTAL}_difference"
    assert words["title"] == "What drives it, and when: Level, difference from the other regimen"
    assert (folder / "figures" / f"{words['name']}.png").is_file()
    text = (folder / "answer.md").read_text(encoding="utf-8")
    _, _, part = text.partition("## Level, difference from the other regimen, day by day\n\n")
    assert [line.partition(":")[0] for line in part.splitlines()[:3]] == [
        "- Day 1",
        "- Day 2",
        "- Day 3",
    ]


def test_the_table_of_a_report_shows_endpoints_only(folder):
    view = sweep_view(read_result(folder))
    assert {row["output"] for row in view["indices"]} == {"top_log"}


def test_a_cluster_gives_the_same_bytes(folder, tmp_path):
    how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**how) as cluster:
        there = run(tmp_path, scheduler=cluster.scheduler_address)
    for name in ("indices.json", "data/indices.csv", "answer.md"):
        assert (there / name).read_bytes() == (folder / name).read_bytes()
