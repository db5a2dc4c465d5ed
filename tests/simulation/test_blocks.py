"""Ensembles in blocks: the same bits however they are cut, continued, in bounded memory."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from il15_sim import InputError, Model, ParameterRows, Regimen, endpoints, gradients
from il15_sim.batch.drive.layout import LANES
from il15_sim.simulation import batch_rows
from il15_sim.simulation.execute import in_blocks, rows_per_block

TOTAL = "sorafenib_total_mg_per_L"
WRT = ["sorafenib_volume", "sorafenib_clearance", "sorafenib_biliary_share"]
POINTS = 21


@pytest.fixture(scope="module")
def pk():
    return Model.load("sorafenib_pk")


def asked(count=POINTS):
    return {
        "regimens": Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2),
        "parameters": pd.DataFrame({"sorafenib_volume": np.linspace(150.0, 250.0, count)}),
        "wrt": WRT,
        "times_h": [24.0, 48.0],
        "observables": [TOTAL],
        "endpoints": [endpoints.cmax(TOTAL)],
        "progress": False,
    }


@pytest.fixture(scope="module")
def slopes(pk):
    """All points in one block."""
    return gradients(pk, **asked())


def same_numbers(one, other):
    assert set(one.variables) == set(other.variables)
    for name in one.variables:
        left, right = one[name].values, other[name].values
        if left.dtype.kind == "f":
            assert np.array_equal(left, right, equal_nan=True), name
        else:
            assert left.tolist() == right.tolist(), name


def test_derivatives_do_not_depend_on_the_blocks(pk, slopes, tmp_path, monkeypatch):
    assert slopes[TOTAL].shape == (POINTS, 3, 2)
    for rows in (1, 5, 8):
        stored = gradients(pk, **asked(), folder=tmp_path, rows_per_shard=rows, threads=1)
        same_numbers(stored.load(), slopes)
    monkeypatch.setattr("il15_sim.simulation.execute.rows_per_block", lambda *_: 4)
    same_numbers(gradients(pk, **asked(), threads=2), slopes)


def test_derivatives_at_some_points_are_those_of_all(pk, slopes):
    some = {**asked(), "parameters": asked()["parameters"].iloc[8:12]}
    alone = gradients(pk, **some)
    assert np.array_equal(alone[TOTAL].values, slopes[TOTAL].values[8:12])


def test_points_that_are_drawn_are_those_of_the_table(pk, slopes):
    table = asked()["parameters"].to_numpy()
    drawn = ParameterRows(POINTS, ("sorafenib_volume",), lambda a, b: table[a:b], "volumes")
    same_numbers(gradients(pk, **{**asked(), "parameters": drawn}), slopes)


def test_stored_derivatives_are_continued(pk, slopes, tmp_path, monkeypatch):
    plain, calls = batch_rows.BatchRows.block, []

    def breaks(self, start, stop, on_rows=None):
        calls.append(start)
        if len(calls) == 3:
            raise OSError("the power is off")
        return plain(self, start, stop, on_rows)

    monkeypatch.setattr(batch_rows.BatchRows, "block", breaks)
    with pytest.raises(Exception, match="power is off"):
        gradients(pk, **asked(), folder=tmp_path, rows_per_shard=4)
    stored = gradients(pk, **asked(), folder=tmp_path, rows_per_shard=4)
    assert len(calls) == 3 + 4  # two of six shards were there
    same_numbers(stored.load(), slopes)
    # Other derivatives of the same simulations are stored elsewhere.
    gradients(pk, **{**asked(), "wrt": WRT[::-1]}, folder=tmp_path, rows_per_shard=4)
    gradients(pk, **asked(), relative_step=0.02, folder=tmp_path, rows_per_shard=4)
    assert len(list(tmp_path.iterdir())) == 3


def test_derivatives_tell_how_they_were_made(pk, slopes):
    assert slopes.attrs["engine"] == "batch"
    assert slopes.attrs["compile_seconds"] >= 0.0
    one = gradients(pk, **{**asked(), "wrt": "sorafenib_volume"})
    assert one["parameter"].values.tolist() == ["sorafenib_volume"]


def test_a_zero_far_down_in_the_table_is_told_before_anything_is_computed(pk, monkeypatch):
    monkeypatch.setattr(batch_rows.BatchRows, "block", None)
    volumes = np.full(10_000, 200.0)
    volumes[9_000] = 0.0
    table = pd.DataFrame({"sorafenib_volume": volumes})
    with pytest.raises(InputError, match="parameter 'sorafenib_volume' is zero"):
        gradients(pk, **{**asked(), "parameters": table})


def test_progress_of_derivatives_counts_points(pk, capsys):
    gradients(pk, **{**asked(), "progress": True})
    assert f"{POINTS}.0/{POINTS}" in capsys.readouterr().err


def test_blocks_are_whole_groups_and_a_small_part_of_the_whole():
    for row_bytes in (64, 10_000, 300_000):
        for rows in (8, 1000, 10**6):
            block = rows_per_block(rows * row_bytes, row_bytes)
            assert block % LANES == 0
            assert LANES <= block <= 4096
            small = max(rows * row_bytes / 20, 4 * 2**20, 4 * LANES * row_bytes)
            assert block * row_bytes <= small
    assert rows_per_block(10**9, 64, copies=8000) == 1


def test_blocks_are_put_together_without_gaps():
    def compute(first, last, on_rows=None):
        run = np.arange(first, last)
        return xr.Dataset(
            {
                "course": (("run", "time_h"), run[:, None] + np.array([0.0, 0.5]), {"units": "h"}),
                "status": ("run", (run % 3).astype(np.int8)),
            },
            coords={"run": run, "time_h": ("time_h", [0.0, 1.0], {"units": "h"})},
            attrs={"engine": "none"},
        )

    for first, last, block in ((0, 20, 8), (8, 24, 8), (16, 17, 8), (0, 8, 8)):
        xr.testing.assert_identical(in_blocks(compute, first, last, block), compute(first, last))


PEAK = """
import re, sys
from pathlib import Path
import numpy as np, pandas as pd
from il15_sim import Model, Regimen, gradients, simulate

pk = Model.load("sorafenib_pk")
regimen = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2)

def run(rows, times):
    volumes = pd.DataFrame({"sorafenib_volume": np.linspace(100.0, 300.0, rows)})
    asked = {"times_h": np.linspace(0.0, 48.0, times), "rtol": 1e-3, "progress": False}
    if sys.argv[1] == "gradients":
        return gradients(pk, regimen, volumes, wrt=["sorafenib_volume"], **asked)
    return simulate(pk, regimen, volumes, **asked).data

def peak():
    # Unlike ru_maxrss it does not begin with the memory of the process that started this one.
    told = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(told[1])

run(64, 100)
before = peak()
data = run(int(sys.argv[2]), int(sys.argv[3]))
assert data.nbytes > 180e6, data.nbytes
print((peak() - before) / data.nbytes)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
@pytest.mark.parametrize(
    ("what", "rows", "times"),
    [("simulate", 24_000, 500), ("simulate", 2_400, 5_000), ("gradients", 12_000, 500)],
)
def test_the_peak_of_memory_is_little_above_the_result(what, rows, times):
    done = subprocess.run(
        [sys.executable, "-c", PEAK, what, str(rows), str(times)],
        capture_output=True, text=True, check=True, timeout=500,
    )  # fmt: skip
    assert 0.9 < float(done.stdout) < 1.2
