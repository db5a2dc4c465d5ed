"""How the command line ends: interrupted, refused by the system, or by a fault of its own."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from il15_sim.cli import cli

SCENARIO = """title = "Two arms"
horizon_days = 2

[[arms]]
name = "a"
regimen = "sorafenib 400 mg q12h x 2 d"

[[arms]]
name = "b"
regimen = "sorafenib 200 mg q12h x 2 d"
"""


def invoke(*args):
    return CliRunner().invoke(cli, [str(a) for a in args])


def digests(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]


def group_lives(leader):
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def done(tmp_path):
    """A scenario of two arms that was run."""
    file = tmp_path / "two_arms.toml"
    other = '[[arms]]\nname = "none"\nregimen = "none"\n'
    file.write_text(SCENARIO + other, encoding="utf-8")
    assert invoke("run", file, "--out", tmp_path / "out").exit_code == 0
    return tmp_path, file


def test_an_interrupted_run_leaves_nothing_and_says_so(tmp_path, monkeypatch):
    file = tmp_path / "x.toml"
    file.write_text(SCENARIO, encoding="utf-8")

    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("il15_sim.jobs.run.simulate", interrupted)
    result = invoke("run", file, "--out", tmp_path / "deep" / "out")
    assert result.exit_code == 130
    assert result.stderr == "interrupted; nothing half written\n"
    assert [p.name for p in tmp_path.iterdir()] == ["x.toml"]


def test_an_interrupted_run_leaves_the_earlier_result(done, monkeypatch):
    place = done[0]
    before = (place / "out" / "manifest.json").read_bytes()

    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("il15_sim.jobs.run.write_figures", interrupted)
    result = invoke("run", place / "two_arms.toml", "--out", place / "out")
    assert result.exit_code == 130
    assert (place / "out" / "manifest.json").read_bytes() == before
    assert sorted(p.name for p in place.iterdir()) == ["out", "two_arms.toml"]


def long_run(tmp_path):
    """A command that has begun to write its results and takes long to end."""
    file = tmp_path / "x.toml"
    arms = "".join(
        f'[[arms]]\nname = "{i}"\nregimen = "sorafenib {100 + i} mg q12h x 700 d"\n'
        for i in range(40)
    )
    file.write_text(f'title = "Long"\nhorizon_days = 700\n{arms}', encoding="utf-8")
    command = [sys.executable, "-m", "il15_sim", "run", str(file), "--out", "out"]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".*.partial-*")) and time.monotonic() < until:
        time.sleep(0.02)
    return child


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a child")
def test_ctrl_c_in_a_terminal_leaves_nothing(tmp_path):
    child = long_run(tmp_path)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert told.splitlines()[-1] == "interrupted; nothing half written"
    assert child.returncode == 130
    assert [p.name for p in tmp_path.iterdir()] == ["x.toml"]


@pytest.mark.parametrize(
    "words", [("--debug", "run", "nowhere.toml"), ("run", "nowhere.toml", "--debug")]
)
def test_debug_shows_where_an_error_came_from(words):
    result = invoke(*words)
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: there is no file 'nowhere.toml'")


def test_a_fault_of_the_program_is_not_dressed_up_as_bad_input(monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("il15_sim.jobs.run.simulate", broken)
    result = invoke("run", "sorafenib_alone", "--out", "nowhere")
    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)


def test_a_place_that_the_system_refuses_is_told_in_one_line(tmp_path, monkeypatch):
    def refused(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied", "locked.csv")

    monkeypatch.setattr("il15_sim.reporting.report.find_results", refused)
    result = invoke("report", tmp_path)
    assert result.exit_code == 2
    assert result.stderr == "error: locked.csv: Permission denied\n"


def test_a_run_with_a_failed_arm_says_so_and_does_not_pass(tmp_path):
    path = tmp_path / "half.toml"
    path.write_text(
        """horizon_days = 2
[[arms]]
name = "good"
regimen = "sorafenib 400 mg q12h x 1 d"
[[arms]]
name = "no volume"
regimen = "sorafenib 400 mg q12h x 1 d"
overrides = { sorafenib_volume = 0 }
""",
        encoding="utf-8",
    )
    result = CliRunner().invoke(cli, ["run", str(path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "error: arm 'no volume': not finite at the start" in result.stderr
    assert "arm 'good'" not in result.stderr
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_a_figure_that_cannot_be_drawn_costs_no_numbers(done, monkeypatch):
    place, file = done

    def broken(*_args, **_kwargs):
        raise ValueError("no\nroom")

    monkeypatch.setattr("il15_sim.plots.scenario_figures.chain", broken)
    result = invoke("run", file, "--out", place / "again")
    assert result.exit_code == 0
    assert result.stdout == f"{place / 'again'}\n"
    line = "the figure after 'trajectories' cannot be drawn: ValueError: no room"
    assert result.stderr == f"warning: {line}\n"
    assert json.loads((place / "again" / "about.json").read_text("utf-8"))["warnings"] == [line]
    whole, rest = digests(place / "out"), digests(place / "again")
    assert {k: v for k, v in whole.items() if k.startswith("data/")}.items() <= rest.items()
    assert "figures/trajectories.svg" in rest
    assert not [name for name in rest if "chain" in name]


def test_a_figure_that_cannot_be_saved_leaves_no_half(done, monkeypatch):
    place, file = done
    from il15_sim.plots import save

    def full(figure, path, **words):
        save(figure, path, **words)
        if path.name == "trajectories.svg":
            raise MemoryError

    monkeypatch.setattr("il15_sim.plots.save", full)
    result = invoke("run", file, "--out", place / "again", "--debug")
    assert result.exit_code == 0
    assert "warning: figure 'trajectories' cannot be drawn: MemoryError" in result.stderr
    assert "Traceback" in result.stderr  # asked for by --debug
    assert sorted(name for name in digests(place / "again") if "figures/" in name) == [
        "figures/captions.json",
        "figures/chain.png",
        "figures/chain.svg",
    ]


def test_a_fit_is_kept_where_its_figures_cannot_be_drawn(tmp_path, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ValueError("two measurements")

    monkeypatch.setattr("il15_sim.jobs.fit.observed_predicted", broken)
    result = invoke("fit", "sorafenib_pk", "--starts", 1, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[-1] == (
        "warning: the first figure cannot be drawn: ValueError: two measurements"
    )
    files = set(digests(tmp_path / "out"))
    assert {"fit.json", "data/estimates.csv", "figures/goodness_of_fit.png"} <= files
    assert "figures/observed_predicted.png" not in files


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGTERM to a child")
@pytest.mark.parametrize(
    "words",
    [
        ("fit", "sorafenib_pk", "--starts", "64", "--threads", "2", "--out", "out"),
        ("reproduce", "--out", "out"),
    ],
)
def test_sigterm_leaves_no_worker_and_no_hidden_folder(tmp_path, words):
    command = [sys.executable, "-m", "il15_sim", *words]
    child = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until = time.monotonic() + 60
    while not list(tmp_path.rglob(".*.partial-*")) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(4)  # workers are at work
    child.terminate()
    _, told = child.communicate(timeout=20)
    assert told == "interrupted; nothing half written\n"
    assert child.returncode == 143
    assert list(tmp_path.rglob("*")) == []
    until = time.monotonic() + 5
    while group_lives(child.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not group_lives(child.pid)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGTERM to a child")
def test_sigterm_leaves_nothing_either(tmp_path):
    child = long_run(tmp_path)
    child.terminate()
    begin = time.monotonic()
    _, told = child.communicate(timeout=60)
    assert time.monotonic() - begin < 2.0
    assert told.splitlines()[-1] == "interrupted; nothing half written"
    assert child.returncode == 143
    assert [p.name for p in tmp_path.iterdir()] == ["x.toml"]
