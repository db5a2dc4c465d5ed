"""`il15-sim sweep`: what it prints, how it is refused, and what is kept after Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from il15_sim.cli import cli
from tests.cli.refused import refused

TOTAL = "sorafenib_total_mg_per_L"


def sweep_text(*, factors='ids = ["sorafenib_volume", "sorafenib_clearance"]', n=8, end=TOTAL):
    return f"""title = "Two"
model = "sorafenib_pk"
regimen = "sorafenib 400 mg bid x 3 d"
horizon_days = 3
[factors]
{factors}
[quantify]
n = {n}
[[endpoints]]
name = "top"
kind = "cmax"
observable = "{end}"
scale = "log"
"""


def invoke(*args):
    return CliRunner().invoke(cli, ["sweep", *map(str, args)])


@pytest.fixture
def write(tmp_path):
    def one(**words):
        file = tmp_path / "two.toml"
        file.write_text(sweep_text(**words), encoding="utf-8")
        return file

    return one


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_a_sweep_prints_its_folder_and_writes_a_report_into_it(write, tmp_path):
    out = tmp_path / "out"
    done = invoke(write(), "--out", out)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}\n"
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "<h1>Two</h1>" in html
    assert "Worth measuring first" in html
    assert set(manifest(out)["files"]) >= {"report.html", "answer.md", "indices.json"}
    # So that the same sweep may take its place.
    assert invoke(write(), "--out", out).exit_code == 0


def test_size_and_seed_can_be_given(write, tmp_path):
    done = invoke(write(), "--out", tmp_path / "out", "--n", 16, "--seed", 9, "--threads", 1)
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "out" / "indices.json").read_text(encoding="utf-8"))["quantify"]
    assert (told["n"], told["seed"]) == (16, 9)
    assert manifest(tmp_path / "out")["seed"] == 9


def test_a_packaged_sweep_is_run_by_its_name_into_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("sorafenib_exposure", "--n", 16)
    assert done.exit_code == 0, done.output
    folder = tmp_path / done.stdout.strip()
    assert folder.parent == tmp_path / "results" / "sorafenib_exposure"
    assert {p.name for p in folder.parent.iterdir()} == {folder.name, "ensembles"}


@pytest.mark.parametrize(
    ("words", "options", "told"),
    [
        ({"n": 100}, (), r"two\.toml:8: \[quantify\]: n 100; the points of Sobol are even only in "
         r"powers of two; give 64 or 128"),
        ({}, ("--n", 100), "n 100; the points of Sobol .* give 64 or 128"),
        ({"end": "sorafenib_totl"}, (), "endpoint 'top': unknown observable 'sorafenib_totl'"),
        ({"factors": 'ids = ["sorafenib_volme"]'}, (), r"\[factors\]: .*mean 'sorafenib_volume'"),
        ({"factors": 'kinds = ["switch"]'}, (), "kind 'switch'; settings say what is given"),
        ({"factors": 'ids = ["nM_per_mM_factor"]'}, (), "'nM_per_mM_factor' is fixed; its bounds"),
        ({"factors": "ranges = { sorafenib_volume = [9, 9] }"}, (), "are both 9; nothing varies"),
        ({"factors": "ranges = { sorafenib_volume = [9, 8] }"}, (), "reversed bounds of .*9 > 8"),
    ],
)  # fmt: skip
def test_bad_input_is_told_and_nothing_is_written(write, tmp_path, words, options, told):
    file = write(**words)
    assert re.search(told, refused("sweep", file, "--out", tmp_path / "out", *options))
    assert [p.name for p in tmp_path.iterdir()] == ["two.toml"]


def test_sweeps_that_are_not_there():
    line = refused("sweep", "chian")
    assert line == "error: unknown sweep 'chian'; did you mean 'chain'?"
    line = refused("sweep", "nowhere/mine.toml")
    assert line.startswith("error: there is no file 'nowhere/mine.toml'; give a path that exists, ")
    assert line.endswith("or a packaged sweep: chain, days_on, dose_map, sorafenib_exposure")


def map_text(top=""):
    return f"""title = "Map"
model = "sorafenib_pk"
regimen = "sorafenib {{dose}} mg bid x 3 d"
horizon_days = 3
{top}
[axes]
dose = [200, 400]
[[endpoints]]
name = "top"
kind = "cmax"
observable = "{TOTAL}"
"""


def test_a_map_prints_its_folder_and_writes_a_report_into_it(tmp_path):
    file = tmp_path / "map.toml"
    file.write_text(map_text(), encoding="utf-8")
    out = tmp_path / "out"
    done = invoke(file, "--out", out, "--threads", 1)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}\n"
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "Largest at dose 400 mg" in html
    assert "data:image/png" in html
    assert "of the leading parameters" not in html.lower()
    assert "All 2 doses and schedules" in html
    assert set(manifest(out)["files"]) >= {"report.html", "answer.md", "data/map.csv"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.toml", "out"]


@pytest.mark.parametrize("option", ["--n", "--seed"])
def test_options_of_random_points_are_refused_for_a_map(tmp_path, option):
    file = tmp_path / "map.toml"
    file.write_text(map_text(), encoding="utf-8")
    line = refused("sweep", file, option, 8)
    assert line == f"error: {option} of a map; it has [axes], and no random points"


def test_a_scheduler_that_does_not_answer(write, tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("il15_sim.simulation.cluster.CONNECT_S", 0.5)
    out = tmp_path / "out"
    line = refused("sweep", write(), "--out", out, "--scheduler", "tcp://127.0.0.1:9")
    assert re.search(
        r"error: no Dask scheduler at 'tcp://127\.0\.0\.1:9'; .*; start one with", line
    )
    assert "\n" not in line
    assert not out.exists()


def test_a_place_that_cannot_be_written(write, tmp_path):
    file = write()
    line = refused("sweep", file, "--out", file / "out")
    assert re.search(r"two\.toml/out: the results cannot be written: .*; free the place or", line)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a child")
def test_ctrl_c_keeps_what_was_simulated_and_says_where(tmp_path):
    file = tmp_path / "long.toml"
    text = sweep_text(factors="", n=65536).replace("3 d", "300 d").replace("= 3\n", "= 300\n")
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "il15_sim", "sweep", str(file), "--out", "out"]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    kept, until = tmp_path / "out.ensembles", time.monotonic() + 60
    while not list(kept.glob("*/finished/*")) and time.monotonic() < until:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 130
    assert told.splitlines()[-2:] == [
        "warning: what was simulated is kept in out.ensembles: the same command continues",
        "interrupted; nothing half written",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.toml", "out.ensembles"]
    assert list(kept.glob("*/finished/*"))
