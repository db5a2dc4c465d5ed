"""`il15-sim trial`: what it prints, how it is refused, and what is kept after Ctrl-C."""

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
from tests.made.trial_patients import TINY


def invoke(*args):
    return CliRunner().invoke(cli, ["trial", *map(str, args)])


@pytest.fixture
def tiny(tmp_path):
    file = tmp_path / "tiny.toml"
    file.write_text(TINY, encoding="utf-8")
    return file


def test_a_trial_prints_its_folder_last_and_writes_a_report_into_it(tiny, tmp_path):
    out = tmp_path / "out"
    done = invoke(tiny, "--out", out, "--trials", 1, "--patients", 4, "--seed", 8, "--threads", 1)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}\n"
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "<h1>Two small arms</h1>" in html
    assert "Does a rise go with longer survival?" in html
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 8
    assert set(manifest["files"]) >= {"report.html", "answer.md", "summary.json", "trial.toml"}
    told = json.loads((out / "summary.json").read_text(encoding="utf-8"))["trial"]
    assert (told["trials"], told["patients"], told["seed"]) == (1, 4, 8)
    line = refused("trial", tiny, "--out", out, "--trials", 1, "--patients", 4)
    assert "made from other inputs" in line


@pytest.mark.parametrize(
    ("before", "after", "options", "told"),
    [
        ("", "", ("--patients", 0), r"0 patients in each arm; every arm has patients"),
        ("", "", ("--trials", 0), r"0 trials; at least one"),
        ("patients = 6", "patients = 0", (), r"tiny\.toml: 0 patients in each arm; every arm"),
        ("[0, 28]", "[0, 28, 99]", (), r"\[calendar\]: sampling day 99; follow-up ends on day 84"),
        ("landmark_day = 28", "landmark_day = 56", (), r"landmark_day 56; sampling days are"),
        ('treated = "both"', 'treated = "bth"', (), r"unknown arm 'bth'; did you mean 'both'\?"),
        ('"sorafenib 400 mg', '"sorafenb 400 mg', (), r"arm 'both'.*did you mean 'sorafenib'\?"),
        ("seed = 3", 'seed = 3\nmarker = "cd4_nkg2d_percnt"', (),
         r"marker 'cd4_nkg2d_percnt' is not sampled; watched is .*; add it to watched, or did you "
         r"mean 'cd4_nkg2d_percent'\?"),
        ("", "", ("--patients", 10**12), r"error: 1000000000000 patients x 2 trials x 2 arms x 1 "
         r"hypotheses = 4000000000000 patients in all; at most 2000000 are followed; lower "),
        ("", "", ("--trials", 10**6), r"6 patients x 1000000 trials x 2 arms .* = 12000000 pat"),
        ("", "", ("--seed", 2**63 + 1), rf"seed {2**63 + 1}; it is 0 to {2**63}"),
        ("seed = 3", "seed = 3\nsede = 4", (), r"unknown key 'sede'.*did you mean 'seed'"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_one_line_and_nothing_is_written(
    tiny, tmp_path, before, after, options, told
):
    tiny.write_text(TINY.replace(before, after, 1), encoding="utf-8")
    line = refused("trial", tiny, "--out", tmp_path / "out", *options)
    assert "\n" not in line
    assert re.search(told, line), line
    assert [p.name for p in tmp_path.iterdir()] == ["tiny.toml"]


def test_trials_that_are_not_there():
    assert refused("trial", "romreo") == ("error: unknown trial 'romreo'; did you mean 'romero'?")
    line = refused("trial", "nowhere/mine.toml")
    assert line.startswith("error: there is no file 'nowhere/mine.toml'; give a path that exists, ")
    assert "or a packaged trial: " in line
    assert "romero" in line


def test_a_place_that_cannot_be_written(tiny):
    line = refused("trial", tiny, "--out", tiny / "out")
    assert re.search(r"tiny\.toml/out: the results cannot be written: .*; free the place or", line)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a child")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_trial_keeps_its_blocks_and_says_where(tmp_path, number, code):
    file = tmp_path / "long.toml"
    text = TINY.replace("trials = 2", "trials = 400").replace("patients = 6", "patients = 63")
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "il15_sim", "trial", str(file), "--out", "out"]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    kept, until = tmp_path / "out.blocks", time.monotonic() + 120
    while not list(kept.glob("*/*.csv")) and time.monotonic() < until:
        time.sleep(0.02)
    child.send_signal(number)
    _, told = child.communicate(timeout=60)
    assert child.returncode == code
    assert told.splitlines()[-2:] == [
        "warning: patients followed so far are kept in out.blocks: the same command continues",
        "interrupted; nothing half written",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.toml", "out.blocks"]
    assert list(kept.glob("*/*.csv"))
