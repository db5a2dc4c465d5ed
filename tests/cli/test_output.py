"""Where the command line writes to: full devices, readers that leave, terminals without letters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no /dev/full and no shell")

SCENARIO = """title = "Größe α"
horizon_days = 2

[[arms]]
name = "a"
regimen = "sorafenib 400 mg q12h x 2 d"
"""


def shell(line, folder, **environment):
    """A line for bash, in which `il15` is the command line."""
    start = f'il15() {{ "{sys.executable}" -m il15_sim "$@"; }}; set -o pipefail; '
    return subprocess.run(
        ["bash", "-c", start + line],
        cwd=folder,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("words", ["--help", "--version", "run --help", "list", "list parameters"])
def test_a_full_device_is_told_in_one_line(tmp_path, words):
    done = shell(f"il15 {words} > /dev/full", tmp_path)
    assert done.stderr == b"error: the output cannot be written: No space left on device\n"
    assert done.returncode == 2


@pytest.mark.parametrize("words", ["--help", "--version", "run --help", "list parameters"])
def test_a_reader_that_leaves_is_no_error(tmp_path, words):
    done = shell(f"il15 {words} | true", tmp_path)
    assert done.stderr == b""
    assert done.returncode == 141


def test_a_reader_of_the_first_line_gets_it(tmp_path):
    done = shell("il15 list parameters | head -1", tmp_path)
    assert done.stdout.split()[:3] == [b"parameter", b"value", b"unit"]
    assert done.stderr == b""
    assert done.returncode in (0, 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_results_stand_although_their_path_cannot_be_told(tmp_path):
    (tmp_path / "x.toml").write_text(SCENARIO, encoding="utf-8")
    done = shell("il15 run x.toml --out out > /dev/full", tmp_path)
    assert done.stderr == b"error: the output cannot be written: No space left on device\n"
    assert done.returncode == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "x.toml"]
    assert (tmp_path / "out" / "manifest.json").is_file()


@pytest.mark.parametrize("closed", [">&-", "2>&-", "> /dev/null 2> /dev/full"])
def test_closed_and_full_streams_do_not_stop_a_run(tmp_path, closed):
    (tmp_path / "x.toml").write_text(SCENARIO, encoding="utf-8")
    done = shell(f"il15 run x.toml --out out {closed}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert (tmp_path / "out" / "manifest.json").is_file()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_any_terminal_takes_names_beyond_ascii(tmp_path, environment):
    (tmp_path / "Läufe α.toml").write_text(SCENARIO, encoding="utf-8")
    done = shell('il15 run "Läufe α.toml"', tmp_path, **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    (manifest,) = tmp_path.glob("results/*/*/manifest.json")
    told = done.stdout.decode("ascii", errors="replace").strip()
    assert told.endswith(manifest.parent.name)


def test_a_terminal_with_few_letters_gets_the_rest_as_codes(tmp_path):
    done = shell("il15 list --search α", tmp_path, PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert b"IL-15R\\u03b1 on tumour cells" in done.stdout


def test_an_error_beyond_ascii_is_told(tmp_path):
    done = shell("il15 run größe.toml", tmp_path, PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: there is no file 'gr")
    assert done.stderr.count(b"\n") == 1


def test_a_warning_is_one_line(tmp_path):
    (tmp_path / "x.toml").write_text(SCENARIO, encoding="utf-8")
    done = shell("il15 run x.toml --out out --set sorafenib_volume=500", tmp_path)
    bounds = b"is outside the table's bounds 30 to 420 L"
    assert done.stderr == b"warning: value 500 of 'sorafenib_volume' " + bounds + b"\n"
    assert (done.returncode, done.stdout) == (0, b"out\n")
