"""A sweep from file to results folder: it tells what the analysis says, and it continues."""

import csv
import json
import os
import re
from dataclasses import replace

import pandas as pd
import pytest

from il15_sim import InputError, Model
from il15_sim.endpoints import cmax, trough
from il15_sim.files.record import digest
from il15_sim.jobs.sweep import run_sweep, stored_at
from il15_sim.sensitivity import analyse, design, factors, sensitivity
from il15_sim.sensitivity.screening import survivors
from il15_sim.sensitivity.sweep_file import read_sweep

TOTAL = "sorafenib_total_mg_per_L"
SWEEP = f"""title = "Small"
description = "For a test."
model = "sorafenib_pk"
regimen = "sorafenib 400 mg bid x 3 d"
against = "sorafenib 200 mg bid x 3 d"
horizon_days = 3
seed = 5

[factors]
without = "sorafenib_exposure_factor"

[screen]
trajectories = 6
keep = 3

[quantify]
n = 16

[[endpoints]]
name = "top"
title = "Highest level"
kind = "cmax"
observable = "{TOTAL}"
scale = "log"

[[endpoints]]
name = "low"
title = "Last trough"
kind = "trough"
observable = "{TOTAL}"
day = 3
compare = "log_ratio"
"""
ENDS = [cmax(TOTAL).named("top"), trough(TOTAL, day=3).named("low")]


def read(folder, text=SWEEP):
    file = folder / "small.toml"
    file.write_text(text, encoding="utf-8")
    return read_sweep(file)


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    place = tmp_path_factory.mktemp("sweep")
    sweep = read(place)
    return sweep, run_sweep(sweep, place / "results").path


@pytest.fixture(scope="module")
def right(done):
    """Both stages, asked for by hand."""
    pk = Model.load("sorafenib_pk")
    varied = [f for f in factors(pk) if f.name != "sorafenib_exposure_factor"]
    asked = {
        "endpoints": ENDS, "until_days": 3.0, "against": done[0].against,
        "contrast": {"low": "log_ratio"}, "logarithms": ["top"],
    }  # fmt: skip
    made = design(varied, "morris", 6, seed=5)
    screen = sensitivity(pk, done[0].regimen, made, **asked)
    kept = [f for f in varied if f.name in survivors(screen, 3)]
    made = design(kept, "sobol", 16, seed=5)
    return screen, sensitivity(pk, done[0].regimen, made, **asked)


def test_the_folder_is_whole_and_listed(done):
    folder = done[1]
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    tables = ("indices", "failures", "factors", "convergence", "halves", "parameters")
    assert {
        *("answer.md", "indices.json", "about.json", "sweep.toml", "figures/captions.json"),
        *(f"data/{name}.csv" for name in tables),
    } <= files
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == files - {"manifest.json"}
    assert manifest["seed"] == 5
    assert folder.name == manifest["hash"][:8]
    assert (folder / "sweep.toml").read_text(encoding="utf-8") == SWEEP


def test_the_indices_are_those_of_both_stages(done, right):
    told = json.loads((done[1] / "indices.json").read_text(encoding="utf-8"))
    for stage, found in zip(("screen", "quantify"), right, strict=True):
        assert told[stage] == json.loads(found.to_json())
    table = rows_of(done[1] / "data" / "indices.csv")
    whole = pd.concat([found.frame for found in right])
    assert [row["factor"] for row in table] == whole["factor"].tolist()
    assert [float(row["value"]) for row in table] == pytest.approx(
        whole["value"].tolist(), rel=1e-5
    )
    assert [row["stage"] for row in table].count("screen") == len(right[0].frame)


def test_the_factors_tell_their_ranges_and_who_was_kept(done, right):
    rows = rows_of(done[1] / "data" / "factors.csv")
    pk = Model.load("sorafenib_pk")
    for row in rows:
        known = pk.parameters[row["factor"]]
        assert (row["unit"], row["kind"]) == (known.unit, known.kind)
        assert (float(row["low"]), float(row["high"])) == (known.lower, known.upper)
    kept = {row["factor"] for row in rows if row["quantified"] == "yes"}
    assert kept == set(survivors(right[0], 3))
    assert [row["factor"] for row in rows[:3]] == list(survivors(right[0], 3))
    assert "sorafenib_exposure_factor" not in {row["factor"] for row in rows}


def test_half_of_the_sample_is_what_half_the_points_give(done, right):
    made, outputs = right[1].evidence
    half = analyse(
        design(made.factors, "sobol", 8, seed=5),
        {key: y[: len(y) // 2] for key, y in outputs.items()},
    )
    rows = rows_of(done[1] / "data" / "halves.csv")
    assert [float(row["half"]) for row in rows] == pytest.approx(half.frame["value"], rel=1e-5)
    assert [float(row["whole"]) for row in rows] == pytest.approx(right[1].frame["value"], rel=1e-5)


def test_a_kept_sweep_file_tells_another_size_and_seed(done, tmp_path):
    sweep = read(tmp_path)
    kept = (done[1] / "sweep.toml").read_text(encoding="utf-8")
    assert kept == SWEEP
    folder = run_sweep(replace(sweep.with_size(8), seed=7), tmp_path / "results").path
    first, rest = (folder / "sweep.toml").read_text(encoding="utf-8").split("\n", 1)
    assert first == (
        "# Run with other values than the file's: seed = 7, [screen] trajectories = 6, "
        "[quantify] n = 8"
    )
    assert rest == SWEEP


def test_what_is_noise_is_warned_of_in_the_results(tmp_path):
    near = '[factors]\nids = ["sorafenib_volume"]\nranges.sorafenib_volume = [100, 100.001]'
    text = SWEEP.replace('[factors]\nwithout = "sorafenib_exposure_factor"', near)
    done = run_sweep(read(tmp_path, text), tmp_path / "results")
    noise, *_ = [line for line in done.warnings if "'top_log' varies by" in line]
    assert "its indices are noise" in noise
    assert f"**Warning:** {noise}" in (done.path / "answer.md").read_text(encoding="utf-8")
    assert noise in json.loads((done.path / "about.json").read_text("utf-8"))["warnings"]


def test_the_answer_tells_units(done):
    text = (done[1] / "answer.md").read_text(encoding="utf-8")
    assert re.search(r"median \S+ mg/L, nine of ten between \S+ mg/L and \S+ mg/L", text)


def test_the_answer_has_a_part_for_every_endpoint(done):
    text = (done[1] / "answer.md").read_text(encoding="utf-8")
    heads = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert heads == [
        "Highest level, logarithm",
        "Last trough, log ratio to the other regimen",
        "The sample",
    ]
    about = json.loads((done[1] / "about.json").read_text(encoding="utf-8"))
    assert [part["title"] for part in about["answer"]] == heads
    assert all(f"- {line}" in text for part in about["answer"] for line in part["lines"])
    # Twice the dose never gives a lower trough.
    assert (
        "It rises in 100.0 % and falls in 0.0 %. By more than 5 %: up in 100.0 %, down in 0.0 %."
        in text
    )


def test_sixteen_points_are_told_to_be_too_few(done):
    about = json.loads((done[1] / "about.json").read_text(encoding="utf-8"))
    assert any(line.startswith("The sample is too small: the interval of ST of") for line in
               about["warnings"])  # fmt: skip


def marks(sweep, root):
    found = stored_at(sweep, root).glob("*/finished/*")
    return {path: path.stat().st_mtime_ns for path in found}


def test_the_same_sweep_again_simulates_nothing_and_gives_the_same_files(done):
    sweep, folder = done
    root = folder.parents[1]
    before, files = marks(sweep, root), json.loads((folder / "manifest.json").read_text())["files"]
    assert len(before) == 2
    assert run_sweep(sweep, root, threads=1).path == folder
    assert marks(sweep, root) == before
    assert json.loads((folder / "manifest.json").read_text())["files"] == files


def test_another_choice_after_the_screen_keeps_the_screen(done):
    sweep, folder = done
    before = marks(sweep, folder.parents[1])
    other = read(folder.parents[2], SWEEP.replace("keep = 3", "keep = 2"))
    assert run_sweep(other, folder.parents[1]).path != folder
    after = marks(sweep, folder.parents[1])
    assert before.items() <= after.items()
    assert len(after) == 3


def test_an_interrupted_sweep_goes_on_from_its_simulations(tmp_path, monkeypatch):
    sweep = read(tmp_path)

    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("il15_sim.jobs.sweep.convergence", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_sweep(sweep, tmp_path / "results")
    assert [path.name for path in (tmp_path / "results" / "small").iterdir()] == ["ensembles"]
    before = marks(sweep, tmp_path / "results")
    assert len(before) == 2
    assert run_sweep(sweep, tmp_path / "results").path.is_dir()
    assert marks(sweep, tmp_path / "results") == before


def test_simulations_lie_beside_a_chosen_folder(tmp_path):
    sweep = read(tmp_path)
    assert stored_at(sweep, "results", tmp_path / "out") == tmp_path / "out.ensembles"
    run_sweep(sweep, "results", out=tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "out.ensembles", "small.toml"]


ZERO = SWEEP.replace(
    "[screen]\ntrajectories = 6", "ranges = { sorafenib_volume = [0, 50] }\n\n[screen]\n"
    "trajectories = 16",
)  # fmt: skip


def test_failed_simulations_are_refused_where_nothing_else_is_said(tmp_path):
    # Nobody has a volume of zero; the lowest level of the screen does.
    with pytest.raises(
        InputError, match=r"rows have no 'top_log'; they lie mostly at sorafenib_volume 0 to 0 \(1"
    ):
        run_sweep(read(tmp_path, ZERO), tmp_path / "results")
    assert [path.name for path in (tmp_path / "results" / "small").iterdir()] == ["ensembles"]


def test_failed_simulations_are_told_with_place_and_reason(tmp_path):
    text = ZERO.replace("seed = 5", 'seed = 5\nfailures = "drop"')
    folder = run_sweep(read(tmp_path, text), tmp_path / "results").path
    rows = rows_of(folder / "data" / "failures.csv")
    assert [(row["stage"], row["output"]) for row in rows] == [
        ("screen", "top_log"),
        ("screen", "low_log_ratio"),
    ]
    for row in rows:
        assert int(row["left_out"]) + int(row["used"]) == 16
        assert row["where"].startswith("mostly at sorafenib_volume 0 to 0 (1.00)")
        assert row["reasons"].startswith("not finite at the start (")
    (line,) = [
        line for line in (folder / "answer.md").read_text("utf-8").splitlines() if "Reasons" in line
    ]
    assert f"{rows[0]['failed']} points have no top_log, low_log_ratio; they lie mostly at" in line
    assert f"{rows[0]['left_out']} blocks were left out, {rows[0]['used']} are used." in line


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        (SWEEP.replace("[quantify]\nn = 16\n", ""), "mu_star"),
        (SWEEP.replace("[screen]\ntrajectories = 6\nkeep = 3\n", ""), "ST"),
    ],
)
def test_one_stage_is_enough(tmp_path, text, outputs):
    folder = run_sweep(read(tmp_path, text), tmp_path / "results").path
    assert list(json.loads((folder / "indices.json").read_text(encoding="utf-8"))) == [
        "screen" if outputs == "mu_star" else "quantify"
    ]
    assert outputs in {row["index"] for row in rows_of(folder / "data" / "halves.csv")}


def test_a_place_that_cannot_be_written_is_told_before_anything_is_simulated(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"file/out: the results cannot be written: .*; free the"):
        run_sweep(read(tmp_path), "results", out=tmp_path / "file" / "out")
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="full: the folder holds files that are not a result"):
        run_sweep(read(tmp_path), "results", out=full)
    assert sorted(os.listdir(tmp_path)) == ["file", "full", "small.toml"]


def test_a_changed_result_is_noticed(done):
    manifest = json.loads((done[1] / "manifest.json").read_text(encoding="utf-8"))
    for name, known in manifest["files"].items():
        assert digest((done[1] / name).read_bytes()) == known
