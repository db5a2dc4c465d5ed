"""The programs of experiments/benchmark, which is no package, for their tests."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "benchmark"


@pytest.fixture(scope="module", autouse=True)
def helpers():
    """The modules of the benchmark can be imported in here."""
    before = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path[:] = before


def quick(program, out):
    """What a benchmark prints; its results are in `out`."""
    command = [sys.executable, str(FOLDER / program), "--quick", *out]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(path):
    """Rows of a table."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
    return list(rows)
