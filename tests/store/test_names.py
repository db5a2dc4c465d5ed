"""Stored runs carry the names that the same runs have in memory, for any reader of Zarr."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from il15_sim import Model, Regimen, gradients, simulate
from il15_sim.endpoints import cmax
from il15_sim.errors import InputError
from il15_sim.store import open_shards, run_shards
from tests.store.made_rows import INPUTS, made

PK = Model.load("sorafenib_pk")
TOTAL = "sorafenib_total_mg_per_L"
DOSE = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2)
PEOPLE = [f"Änn {i}" * (1 + i % 3) for i in range(20)]


def table(index=None):
    return pd.DataFrame({"sorafenib_volume": np.linspace(80.0, 300.0, 20)}, index=index)


def asked(**more):
    ends = {"until_days": 1.0, "endpoints": [cmax(TOTAL)], "progress": False}
    return {"times_h": [0.0, 12.0, 24.0], **ends, **more}


def only_folder(folder):
    (found,) = folder.iterdir()
    return found


@pytest.mark.parametrize(
    ("index", "kind"),
    [
        (PEOPLE, "U"),
        (range(100, 120), "i"),
        (np.linspace(0.5, 1.0, 20), "f"),
        (["a", *range(19)], "U"),
        (pd.date_range("2020-01-01", periods=20), "U"),
        (None, "i"),
    ],
    ids=["text", "numbers", "fractions", "mixed", "dates", "none"],
)
def test_plain_xarray_reads_the_names_that_runs_have_in_memory(tmp_path, index, kind):
    whole = simulate(PK, DOSE, table(index), **asked())
    told = simulate(PK, DOSE, table(index), **asked(folder=tmp_path, rows_per_shard=8))
    assert told.names == whole.names
    assert whole.data["run"].dtype.kind == told.data["run"].dtype.kind == kind
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stored = xr.open_zarr(only_folder(tmp_path) / "runs.zarr").load()
    xr.testing.assert_equal(stored, whole.to_xarray())
    assert tuple(stored["run"].values.tolist()) == whole.names
    xr.testing.assert_equal(open_shards(only_folder(tmp_path)), whole.to_xarray())
    name = whole.names[13]
    assert stored[TOTAL].sel(run=name, time_h=24.0) == whole.data[TOTAL][13, -1]


def test_crossed_runs_are_stored_under_the_names_of_both(tmp_path):
    given = {"full": DOSE, "none": Regimen.none()}
    how = {"cross": True, "until_days": 2, **asked()}
    whole = simulate(PK, given, table(PEOPLE), **how)
    simulate(PK, given, table(PEOPLE), **how, folder=tmp_path, rows_per_shard=16)
    stored = xr.open_zarr(only_folder(tmp_path) / "runs.zarr").load()
    assert stored["run"].values[1] == "Änn 0: none"
    xr.testing.assert_equal(stored, whole.to_xarray())


def test_gradients_have_the_names_too(tmp_path):
    how = {"wrt": ["sorafenib_volume"], **asked()}
    whole = gradients(PK, DOSE, table(PEOPLE), **how)
    told = gradients(PK, DOSE, table(PEOPLE), **how, folder=tmp_path, rows_per_shard=7)
    assert whole["run"].values.tolist() == PEOPLE
    assert list(told.data_vars) == list(whole.data_vars)
    xr.testing.assert_equal(xr.open_zarr(only_folder(tmp_path) / "runs.zarr").load(), whole)


def named_run(folder, names, compute=made):
    return run_shards(compute, 20, folder=folder, inputs=INPUTS, rows_per_shard=8, names=names)


def test_a_run_that_was_stopped_continues_under_its_names(tmp_path):
    asked_of = []

    def stopping(start, stop):
        asked_of.append(start)
        if len(asked_of) == 3:
            raise KeyboardInterrupt
        return made(start, stop)

    names = np.array(PEOPLE)
    with pytest.raises(KeyboardInterrupt):
        named_run(tmp_path, names, stopping)
    halfway = xr.open_zarr(only_folder(tmp_path) / "runs.zarr")["run"].values
    missing = range(8 * (asked_of[-1] // 8), min(asked_of[-1] + 8, 20))
    assert halfway.tolist() == ["" if i in missing else PEOPLE[i] for i in range(20)]
    data = named_run(tmp_path, names, stopping)
    assert asked_of[3:] == asked_of[2:3]
    whole = made(0, 20)
    xr.testing.assert_identical(data, whole.assign_coords(run=("run", names, whole["run"].attrs)))


def test_names_have_no_part_in_the_hash(tmp_path):
    named_run(tmp_path / "a", None)
    named_run(tmp_path / "b", np.array(PEOPLE))
    first, second = only_folder(tmp_path / "a"), only_folder(tmp_path / "b")
    assert first.name == second.name
    hashes = {json.loads((f / "manifest.json").read_text())["hash"] for f in (first, second)}
    assert len(hashes) == 1


@pytest.mark.parametrize("other", [None, np.array([*PEOPLE[:19], "Bob"]), np.arange(20)])
def test_a_folder_made_under_other_names_is_refused(tmp_path, other):
    named_run(tmp_path, np.array(PEOPLE))
    with pytest.raises(
        InputError,
        match=r"the runs in the folder have other names; give them the names that they had, and "
        r"others by Runs\.renamed; or move the folder away",
    ):
        named_run(tmp_path, other)


def test_a_folder_made_without_names_is_refused_with_some(tmp_path):
    named_run(tmp_path, None)
    with pytest.raises(InputError, match="have other names"):
        named_run(tmp_path, np.array(PEOPLE))
