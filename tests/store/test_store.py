"""Sharded results: complete, bitwise the same after any interruption, and never mixed."""

import errno
import io
import json
import math
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from il15_sim import Model, Regimen, endpoints, simulate
from il15_sim.errors import InputError
from il15_sim.store import open_shards, run_shards
from il15_sim.store.encode import encode
from il15_sim.store.folder import ShardFolder
from il15_sim.store.read import _Chunks
from tests.store.made_rows import INPUTS, child, made

ROWS, PER_SHARD = 50, 8  # seven shards, the last of two rows


def run(folder, compute=made, rows=ROWS, inputs=INPUTS, rows_per_shard=PER_SHARD, **options):
    return run_shards(
        compute, rows, folder=folder, inputs=inputs, rows_per_shard=rows_per_shard, **options
    )


def only_folder(folder):
    (found,) = folder.iterdir()
    return found


def store_bytes(folder):
    """All that is kept of the rows."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def same_bits(left, right):
    """Equal with all names, attributes, types and bits."""
    xr.testing.assert_identical(left, right)
    for name in right.variables:
        assert left[name].dtype == right[name].dtype
        assert left[name].values.tobytes() == right[name].values.tobytes()
    return True


class Recorded:
    """A compute function that remembers which rows it was asked for."""

    def __init__(self, compute=made):
        self.compute, self.asked = compute, []

    def __call__(self, start, stop):
        self.asked.append((start, stop))
        return self.compute(start, stop)


def refusal(folder, *args, **options):
    with pytest.raises(InputError) as caught:
        run(folder, *args, **options)
    return str(caught.value)


# What comes back


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 16, 50])
def test_all_rows_come_back_with_every_bit_name_and_attribute(tmp_path, rows):
    assert same_bits(run(tmp_path, rows=rows), made(0, rows))


def test_each_shard_is_asked_for_once_on_its_boundaries(tmp_path):
    compute = Recorded()
    run(tmp_path, compute)
    assert sorted(compute.asked) == [(at, min(at + 8, 50)) for at in range(0, 50, 8)]


def test_any_selection_reads_the_same_as_in_memory(tmp_path):
    whole, data = made(0, ROWS), run(tmp_path)
    for rows in (3, slice(6, 19), slice(None, None, -7), [49, 0, 8], np.arange(50) % 3 == 0):
        xr.testing.assert_identical(data.isel(run=rows), whole.isel(run=rows))
    one = dict(run=[17, 48], endpoint="auc", drop=True)
    xr.testing.assert_identical(data.sel(**one), whole.sel(**one))


def test_opening_reads_no_rows_and_a_row_reads_one_chunk(tmp_path, monkeypatch):
    run(tmp_path)
    read, plain = [], _Chunks.get

    async def recorded(self, key, **options):
        read.append(key)
        return await plain(self, key, **options)

    monkeypatch.setattr(_Chunks, "get", recorded)
    data = open_shards(only_folder(tmp_path))
    assert not [key for key in read if key.startswith(("endpoint_value/c", "run/c", "patient/c"))]
    read.clear()
    assert data["endpoint_value"][33, 1] == np.sin(33 * 2.0)
    assert read == ["endpoint_value/c.4.0"]


def test_row_numbers_take_no_memory(tmp_path):
    index = run(tmp_path).indexes["run"]
    assert index.memory_usage() < 1000
    assert list(index) == list(range(ROWS))


def test_a_time_in_days_is_a_number(tmp_path):
    def compute(start, stop):
        return made(start, stop).assign(
            {"age of µ": ("run", np.arange(start, stop) / 3, {"units": "days"})}
        )

    assert same_bits(run(tmp_path, compute), compute(0, ROWS))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("options", [{}, {"consolidated": False}])
def test_plain_xarray_opens_the_store_bit_for_bit(tmp_path, options):
    run(tmp_path)
    data, whole = xr.open_zarr(only_folder(tmp_path) / "runs.zarr", **options), made(0, ROWS)
    assert (set(data.variables), set(data.coords)) == (set(whole.variables), set(whole.coords))
    assert data.attrs == whole.attrs
    for name, variable in whole.variables.items():
        assert data[name].dims == variable.dims
        assert data[name].attrs == variable.attrs
        if variable.dtype.kind == "U":
            assert data[name].values.tolist() == variable.values.tolist()
        else:
            assert data[name].dtype == variable.dtype
            assert data[name].values.tobytes() == variable.values.tobytes()
    assert data["endpoint_value"].sel(endpoint="auc", run=20) == np.sin(20 * 2.0)


def test_rows_not_computed_are_told_apart_in_plain_xarray(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, stopping(KeyboardInterrupt(), after=3))
    data = xr.open_zarr(only_folder(tmp_path) / "runs.zarr", chunks=None)
    there = np.repeat([is_there(tmp_path, n) for n in range(7)], 8)[:ROWS]
    assert 18 <= there.sum() <= 24
    np.testing.assert_array_equal(data["run"], np.where(there, np.arange(ROWS), -1))
    assert np.isnan(data["course"].values[~there]).all()
    assert (data["status"].values[~there] == -1).all()
    xr.testing.assert_equal(data["course"].isel(run=there), made(0, ROWS)["course"].isel(run=there))


def is_there(folder, number):
    return (only_folder(folder) / "finished" / str(number)).exists()


def test_the_result_can_be_saved_and_sent_to_another_process(tmp_path):
    data = run(tmp_path / "shards")
    assert same_bits(pickle.loads(pickle.dumps(data)), made(0, ROWS))
    part = data.isel(run=slice(3, 21)).drop_vars(["endpoint", "drug"])
    part.to_zarr(tmp_path / "part.zarr", consolidated=False)
    back = xr.open_zarr(tmp_path / "part.zarr", consolidated=False, chunks=None)
    np.testing.assert_array_equal(back["endpoint_value"], made(3, 21)["endpoint_value"])


# Inputs and manifest


def test_the_manifest_tells_what_the_results_were_made_from(tmp_path):
    run(tmp_path)
    folder = only_folder(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["inputs"] == INPUTS
    assert (manifest["rows"], manifest["rows_per_shard"]) == (50, 8)
    assert manifest["hash"].startswith(folder.name)
    assert manifest["created"] <= manifest["finished"]
    assert manifest["versions"].keys() >= {"il15-sim", "numpy", "xarray", "zarr"}
    run(tmp_path)
    assert json.loads((folder / "manifest.json").read_text()) == manifest


@pytest.mark.parametrize(
    "other",
    [
        {"inputs": INPUTS | {"model": "1f3b"}},
        {"inputs": INPUTS | {"tolerance": math.nextafter(1e-8, 1)}},
        {"inputs": INPUTS | {"regimens": ["b", "a"]}},
        {"rows": 51},
        {"rows_per_shard": 16},
    ],
)
def test_other_inputs_have_another_folder(tmp_path, other):
    run(tmp_path)
    first, before = only_folder(tmp_path), store_bytes(tmp_path)
    compute = Recorded(lambda start, stop: made(start, stop).assign_attrs(title="other"))
    assert run(tmp_path, compute, **other).attrs["title"] == "other"
    assert compute.asked
    assert len(list(tmp_path.iterdir())) == 2
    assert {first.name / name: content for name, content in store_bytes(first).items()} == before


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"a": [1.0, math.nan]}, "not JSON compliant"),
        ({"a": {"b": math.inf}}, "not JSON compliant"),
        ({"a": {(1, 2): 2}}, "keys must be str, int, float, bool or None, not tuple"),
        ({"a": np.arange(3)}, "type ndarray is not JSON serializable"),
        ({"a": {1, 2}}, "type set is not JSON serializable"),
        ({"a": b"x"}, "type bytes is not JSON serializable"),
    ],
)
def test_inputs_that_json_cannot_tell_are_refused(tmp_path, inputs, words):
    line = refusal(tmp_path, inputs=inputs)
    assert line.startswith("the inputs of an ensemble cannot be told: ")
    assert words in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"rows": 0}, "0 rows; an ensemble has at least one row"),
        ({"rows_per_shard": 12}, "12 rows per shard; shards begin at multiples of 8"),
        ({"rows_per_shard": 0}, "0 rows per shard; shards begin at multiples of 8"),
    ],
)
def test_numbers_of_rows_that_do_not_fit_are_refused(tmp_path, options, line):
    assert refusal(tmp_path, **options) == line


def edit_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_changed_manifest_is_refused(tmp_path):
    run(tmp_path)
    folder = only_folder(tmp_path)
    edit_manifest(folder, inputs=INPUTS | {"model": "ffff"})
    line = refusal(tmp_path)
    assert "manifest.json: the folder was made from other inputs, or its manifest was" in line
    assert "'inputs' differs" in line
    with pytest.raises(InputError, match=r"the manifest was changed; its inputs do not have its"):
        open_shards(folder)


def test_a_folder_that_has_the_same_name_by_chance_is_refused(tmp_path):
    run(tmp_path)
    folder = only_folder(tmp_path)
    ours = json.loads((folder / "manifest.json").read_text())["hash"]
    edit_manifest(folder, hash=ours[:-1] + ("0" if ours[-1] != "0" else "1"))
    assert "'hash' differs, and results of other inputs are never continued" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"hash": ', "manifest.json: cannot be read: "),
        ("7", "manifest.json: cannot be read: "),
        ("{}", "manifest.json: has no 'hash'; move the folder away"),
    ],
)
def test_a_broken_manifest_is_refused(tmp_path, content, words):
    run(tmp_path)
    (only_folder(tmp_path) / "manifest.json").write_text(content)
    assert words in refusal(tmp_path)


def test_results_without_manifest_are_refused(tmp_path):
    run(tmp_path)
    (only_folder(tmp_path) / "manifest.json").unlink()
    assert "results without manifest.json; move the folder away" in refusal(tmp_path)
    with pytest.raises(InputError, match=r"is not the folder of an ensemble; no manifest.json"):
        open_shards(only_folder(tmp_path))


# Damage


def flip(content):
    at = random.Random(5).randrange(len(content))
    return content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :]


DAMAGE = {
    "flipped bit": flip,
    "last byte gone": lambda c: c[:-1],
    "half": lambda c: c[: len(c) // 2],
    "empty": lambda c: b"",
    "longer": lambda c: c + b"\n",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("file", ["finished/3", "runs.zarr/course/c.3.0", "runs.zarr/run/c.3"])
def test_a_damaged_shard_is_told_and_computed_again(tmp_path, damage, file):
    run(tmp_path)
    before, place = store_bytes(tmp_path), only_folder(tmp_path) / file
    place.write_bytes(damage(place.read_bytes()))
    compute = Recorded()
    with pytest.warns(UserWarning, match=r"shard 3 is damaged and must be computed again") as told:
        data = run(tmp_path, compute)
    assert len(told) == 1
    assert compute.asked == [(24, 32)]
    assert same_bits(data, made(0, ROWS))
    assert store_bytes(tmp_path) == before


@pytest.mark.parametrize("damage", [*DAMAGE.values(), None], ids=[*DAMAGE, "gone"])
@pytest.mark.parametrize("file", ["zarr.json", "course/zarr.json", "time_h/c.0", "drug/c"])
def test_what_shards_share_is_written_again_with_the_first(tmp_path, damage, file):
    run(tmp_path)
    before, place = store_bytes(tmp_path), only_folder(tmp_path) / "runs.zarr" / file
    if damage:
        place.write_bytes(damage(place.read_bytes()))
    else:
        place.unlink()
    with pytest.raises(InputError, match=r"runs.zarr: what the shards share is damaged; the comm"):
        open_shards(only_folder(tmp_path))
    compute = Recorded()
    with pytest.warns(UserWarning, match=r"shard 0 is damaged and must be computed again"):
        assert same_bits(run(tmp_path, compute), made(0, ROWS))
    assert compute.asked == [(0, 8)]
    assert store_bytes(tmp_path) == before


def test_every_single_byte_is_covered_by_a_checksum(tmp_path):
    run(tmp_path, rows=8)
    for name, content in store_bytes(tmp_path).items():
        place = tmp_path / name
        for at in range(0, len(content), 37):
            place.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            ensemble = ShardFolder.read(only_folder(tmp_path))
            assert not ensemble.is_finished(0), (name, at)
        place.write_bytes(content)
    assert ShardFolder.read(only_folder(tmp_path)).is_finished(0)


def test_many_damaged_shards_make_one_line(tmp_path):
    run(tmp_path, rows=80)
    for chunk in only_folder(tmp_path).glob("runs.zarr/status/c*"):
        chunk.write_bytes(b"")
    with pytest.warns(UserWarning, match=r"shards 0, 1, 2, 3, 4, 5 and 4 more are damaged") as told:
        assert same_bits(run(tmp_path, rows=80), made(0, 80))
    assert len(told) == 1


def test_a_missing_shard_is_computed_without_a_warning(tmp_path):
    run(tmp_path)
    (only_folder(tmp_path) / "finished" / "6").unlink()
    compute = Recorded()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same_bits(run(tmp_path, compute), made(0, ROWS))
    assert compute.asked == [(48, 50)]


def test_a_shard_in_the_place_of_another_is_found_out(tmp_path):
    run(tmp_path)
    run(tmp_path, inputs={})
    one, other = tmp_path.iterdir()
    (other / "finished/1").write_bytes((one / "finished/1").read_bytes())
    (other / "finished/2").write_bytes((other / "finished/4").read_bytes())
    chunks = other / "runs.zarr/course"
    (chunks / "c.3.0").write_bytes((chunks / "c.4.0").read_bytes())
    inputs = json.loads((other / "manifest.json").read_text())["inputs"]
    with pytest.raises(InputError, match=r"shards 1, 2 are missing; the command that made"):
        open_shards(other)
    with pytest.warns(UserWarning, match=r"shards 1, 2, 3 are damaged"):
        assert same_bits(run(tmp_path, inputs=inputs), made(0, ROWS))


def test_damage_after_opening_is_told_when_it_is_read(tmp_path):
    data = run(tmp_path)
    place = only_folder(tmp_path) / "runs.zarr"
    chunk = place / "endpoint_value/c.2.0"
    chunk.write_bytes(flip(chunk.read_bytes()))
    for opened in (data, xr.open_zarr(place)):
        assert opened["endpoint_value"][4, 0] == np.sin(4.0)
        with pytest.raises(ValueError, match="checksum do not match"):
            opened["endpoint_value"].load()
    chunk.unlink()
    with pytest.raises(InputError, match=r"endpoint_value/c.2.0: is missing; the command that"):
        data["endpoint_value"].load()


# Results that do not fit


def other_grid(data):
    return data.assign_coords(time_h=("time_h", [0.0, 1.0, 48.0], data["time_h"].attrs))


BAD = [
    (lambda d: d["status"], "the result is not an xarray.Dataset but DataArray"),
    (lambda d: d.drop_dims("run"), "the result has no dimension 'run'"),
    (lambda d: d.isel(run=slice(1, None)), "the result has 7 rows instead of 8"),
    (lambda d: d.drop_vars("run"), "the coordinate 'run' does not count from 16 to 23"),
    (
        lambda d: d.assign_coords(run=np.arange(8)),
        "the coordinate 'run' does not count from 16 to 23",
    ),
    (
        lambda d: d.transpose("time_h", ...),
        "'course' has dimensions (time_h, run); 'run' comes first",
    ),
    (
        lambda d: d.assign(note=("run", ["x"] * 8)),
        "'note' has data of type <U1; shards hold numbers",
    ),
    (lambda d: d.assign(note=((), None)), "'note' has data of type object; shards hold numbers"),
    (lambda d: d.rename(status="a/b"), "'a/b' cannot name a variable; names are text without '/'"),
    (lambda d: d.rename(patient="a b"), "'a b' cannot name a coordinate; it has blanks"),
    (
        lambda d: d.assign(scale=d["scale"].assign_attrs(scale_factor=2.0)),
        "'scale' has the attribute 'scale_factor'; xarray would take other values from the file",
    ),
    (
        lambda d: d.assign(scale=d["scale"].assign_attrs(units="h since the dose")),
        "'scale' has the attribute 'flag_values'; xarray would",
    ),
    (lambda d: d.assign_attrs(coordinates="scale"), "the dataset has the attribute 'coordinates'"),
    (lambda d: d.assign_attrs(x={1, 2}), "the result cannot be stored: "),
    (lambda d: d.drop_vars("status"), "'status' is missing; the first shard has it"),
    (lambda d: d.assign(x=d["status"]), "'x' is new; the first shard does not have it"),
    (
        lambda d: d.assign(course=d["course"].astype("f4")),
        '\'course\' has other data than in the first shard; "float32" is not "float64"',
    ),
    (lambda d: d.isel(endpoint=slice(3)), "has other sizes than in the first shard; "),
    (other_grid, "'time_h' has other values than in the first shard"),
    (
        lambda d: d.assign(status=d["status"].assign_attrs(units="h")),
        "'status' has other attributes than in the first shard; ",
    ),
    (lambda d: d.assign_attrs(title="x"), "the dataset has other attributes than in the first"),
]


@pytest.mark.parametrize(("change", "words"), BAD)
def test_a_result_that_does_not_fit_is_refused_with_its_shard(tmp_path, change, words):
    ensemble = ShardFolder.open(tmp_path, INPUTS, ROWS, rows_per_shard=PER_SHARD)
    ensemble.write(0, made(*ensemble.span(0)))

    def compute(start, stop):
        return change(made(start, stop)) if start == 16 else made(start, stop)

    line = refusal(tmp_path, compute)
    assert line.startswith("shard 2 (rows 16 to 23): ")
    assert words in line
    assert not ensemble.is_finished(2)
    assert same_bits(run(tmp_path), made(0, ROWS))


def test_workers_with_different_results_are_found_out_at_the_end(tmp_path, monkeypatch):
    one = ShardFolder.open(tmp_path, INPUTS, 16, rows_per_shard=PER_SHARD)
    other = ShardFolder.open(tmp_path, INPUTS, 16, rows_per_shard=PER_SHARD)
    one.write(0, made(*one.span(0)))
    # Both began before the other one had finished a shard.
    with monkeypatch.context() as patch:
        patch.setattr(other, "_sums", lambda mark: None)
        other.write(1, made(*other.span(1)).assign_attrs(title="x"))
    with pytest.raises(InputError, match=r"shards 0 and 1 have different variables or attributes"):
        one.dataset()


@pytest.fixture
def in_other_words(monkeypatch):
    """As if another version of Zarr had other habits of writing the same."""

    def reworded(*args):
        shared, own = encode(*args)
        for key in [key for key in shared if key.endswith("zarr.json")]:
            shared[key] = json.dumps(json.loads(shared[key]), sort_keys=True).encode()
        return shared, own

    monkeypatch.setattr("il15_sim.store.folder.encode", reworded)


def test_another_zarr_continues(tmp_path, request):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, stopping(KeyboardInterrupt(), after=3))
    request.getfixturevalue("in_other_words")
    assert same_bits(run(tmp_path), made(0, ROWS))
    with pytest.raises(
        InputError, match="the dataset has other attributes than in the first shard"
    ):
        run(tmp_path / "more", changing_title)


def changing_title(start, stop):
    return made(start, stop).assign_attrs(title=str(start))


def test_another_zarr_repairs_nothing(tmp_path, request):
    run(tmp_path)
    (only_folder(tmp_path) / "finished/3").unlink()
    (only_folder(tmp_path) / "runs.zarr/zarr.json").write_bytes(b"{}")
    request.getfixturevalue("in_other_words")
    with pytest.warns(UserWarning, match="shard 0 is damaged"):
        assert "what the shards share is damaged; move the folder away" in refusal(tmp_path)


def test_shards_can_be_run_by_number(tmp_path):
    ensemble = ShardFolder.open(tmp_path, INPUTS, ROWS, rows_per_shard=PER_SHARD)
    for number in reversed(ensemble.missing()):
        ensemble.write(number, made(*ensemble.span(number)))
    assert ensemble.missing() == []
    assert same_bits(ensemble.dataset(), made(0, ROWS))


# Interruptions


def stopping(error, after):
    """A compute function that raises at its call number `after + 1`."""
    recorded = Recorded()

    def compute(start, stop):
        if len(recorded.asked) == after:
            raise error
        return recorded(start, stop)

    return compute


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), ZeroDivisionError("engine"), OSError(5, "x")]
)
def test_what_stops_the_computation_passes_on_and_the_run_continues(tmp_path, error):
    with pytest.raises(type(error)) as caught:
        run(tmp_path, stopping(error, after=4))
    assert caught.value is error
    compute = Recorded()
    assert same_bits(run(tmp_path, compute), made(0, ROWS))
    assert len(compute.asked) == 3


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_full_or_broken_disk_is_told_in_one_line(tmp_path, monkeypatch, code):
    def fails(handle):
        if len(list(tmp_path.glob("*/finished/*"))) == 3:
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fails)
    line = refusal(tmp_path)
    assert f"the results cannot be written: {os.strerror(code)}; " in line
    # The last shard has two rows.
    assert "24 of 50 rows are safe; free the place, and the same" in line or "18 of 50" in line
    assert not list(tmp_path.glob("*/.shard-*"))
    monkeypatch.undo()
    compute = Recorded()
    assert same_bits(run(tmp_path, compute), made(0, ROWS))
    assert len(compute.asked) == 4


def test_a_disk_that_is_full_from_the_start_is_told(tmp_path, monkeypatch):
    def fails(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    assert "No space left on device; 0 of 50 rows are safe" in refusal(tmp_path)


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "f").write_text("")
    assert "the results cannot be written: Not a directory" in refusal(tmp_path / "f")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 320 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=320k", "tmpfs", place],
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("no mount command")
    if done.returncode:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_real_disk_that_runs_full(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 190_000)
    line = refusal(small_disk / "results")
    assert "the results cannot be written: No space left on device; " in line
    safe = len(list(small_disk.glob("results/*/finished/*")))
    assert 0 < safe < 7
    assert not list(small_disk.glob("results/*/.shard-*"))
    ballast.unlink()
    compute = Recorded()
    assert same_bits(run(small_disk / "results", compute), made(0, ROWS))
    assert len(compute.asked) == 7 - safe


def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_stay(tmp_path):
    run(tmp_path)
    dead = only_folder(tmp_path) / ".shard-dead.partial"
    dead.write_bytes(b"half")
    alive = only_folder(tmp_path) / ".shard-alive.partial"
    code = (
        "import sys\nfrom pathlib import Path\nfrom il15_sim.store.publish import _lock\n"
        "file = open(sys.argv[1], 'wb')\nassert _lock(file)\nprint('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, alive],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        run(tmp_path)
        assert not dead.exists()
        assert alive.exists()
        holder.kill()
    run(tmp_path)
    assert not alive.exists()


def test_a_writer_whose_file_was_taken_for_a_leftover_writes_it_again(tmp_path, monkeypatch):
    replace, lost = os.replace, []

    def loses_first(source, target):
        if not lost:
            lost.append(source)
            os.unlink(source)
        replace(source, target)

    monkeypatch.setattr(os, "replace", loses_first)
    assert same_bits(run(tmp_path), made(0, ROWS))
    assert lost


def test_a_file_system_without_locks_serves_as_well(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def no_locks(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    run(tmp_path)
    leftover = only_folder(tmp_path) / ".shard-dead.partial"
    leftover.write_bytes(b"half")
    assert same_bits(run(tmp_path), made(0, ROWS))
    assert not leftover.exists()


def test_ctrl_c_leaves_whole_shards_and_nothing_else(tmp_path):
    process = child(tmp_path, ROWS, PER_SHARD, 0.1)
    while len(list(tmp_path.glob("*/finished/*"))) < 2:
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() != 0
    assert process.stderr.read().decode().rstrip().endswith("KeyboardInterrupt")
    process.stderr.close()
    assert not list(tmp_path.glob("*/.*"))
    safe = len(list(tmp_path.glob("*/finished/*")))
    compute = Recorded()
    assert same_bits(run(tmp_path, compute), made(0, ROWS))
    assert len(compute.asked) == 7 - safe


# Calls at which a shard or a manifest is half made: before and after each step of writing.
@pytest.mark.parametrize(
    ("call", "number"),
    [("fsync", 5), ("replace", 4), ("replace", 17), ("fsync", 50), ("open", 1)],
    ids=lambda value: str(value),
)
def test_a_killed_run_continues_bit_for_bit(tmp_path, call, number):
    killed = child(tmp_path, ROWS, PER_SHARD, 0, call, number)
    assert killed.wait() == -signal.SIGKILL, killed.stderr.read().decode()
    killed.stderr.close()
    safe = len(list(tmp_path.glob("*/finished/*")))
    compute = Recorded()
    assert same_bits(run(tmp_path, compute), made(0, ROWS))
    assert len(compute.asked) == 7 - safe
    assert not list(tmp_path.glob("*/.*"))


def test_two_processes_share_one_ensemble(tmp_path):
    workers = [child(tmp_path, 200, 8, 0.05) for _ in range(2)]
    for worker in workers:
        assert worker.wait() == 0, worker.stderr.read().decode()
        worker.stderr.close()
    assert same_bits(open_shards(only_folder(tmp_path)), made(0, 200))
    assert not list(tmp_path.glob("*/.*"))


# Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_counts_rows_and_says_nothing_without_a_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", quiet := io.StringIO())
    run(tmp_path / "a")
    assert quiet.getvalue() == ""
    run(tmp_path / "b", progress=True)
    assert "50.0/50.0" in quiet.getvalue()
    assert "rows/s" in quiet.getvalue()
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    run(tmp_path / "c")
    assert "50.0/50.0" in terminal.getvalue()
    monkeypatch.setattr(sys, "stderr", silent := Terminal())
    run(tmp_path / "d", progress=False)
    assert silent.getvalue() == ""


def test_rows_of_an_earlier_run_and_of_others_are_not_counted_in_the_rate(tmp_path, monkeypatch):
    bars = []

    class Recording:
        def __init__(self, *, total, initial, **options):
            self.total, self.n, self.initial, self.disable = total, initial, initial, False
            bars.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def update(self, rows):
            self.n += rows

    monkeypatch.setattr("tqdm.tqdm", Recording)
    monkeypatch.setattr(random.Random, "shuffle", lambda self, items: None)
    other = ShardFolder.open(tmp_path, INPUTS, ROWS, rows_per_shard=PER_SHARD)
    other.write(1, made(*other.span(1)))

    def compute(start, stop):
        if start == 0:
            for number in (5, 6):
                other.write(number, made(*other.span(number)))
        return made(start, stop)

    run(tmp_path, compute)
    (bar,) = bars
    assert bar.n == bar.total == ROWS
    # Eight rows of shard 1 before the start, eight and two of shards 5 and 6 from the other worker.
    assert bar.initial == 8 + 8 + 2


# Of the simulator


def test_plain_xarray_reads_stored_runs_as_they_were_computed(tmp_path):
    volumes = np.linspace(80.0, 300.0, 20)
    volumes[7] = np.nan
    asked = {
        "parameters": pd.DataFrame({"sorafenib_volume": volumes}),
        "times_h": [0.0, 12.0, 24.0],
        "until_days": 1.0,
        "endpoints": [endpoints.cmax("sorafenib_total_mg_per_L")],
        "final_state": True,
        "progress": False,
    }
    pk, dose = (
        Model.load("sorafenib_pk"),
        Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2),
    )
    whole = simulate(pk, dose, **asked).data
    simulate(pk, dose, **asked, folder=tmp_path, rows_per_shard=8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stored = xr.open_zarr(only_folder(tmp_path) / "runs.zarr").load()
    assert set(stored.data_vars) == set(whole.data_vars)
    assert {"state", "time_h"} <= set(stored.coords)
    assert whole["status"].values[7] != 0
    for name in [*whole.data_vars, "state", "time_h"]:
        assert stored[name].attrs == whole[name].attrs, name
        np.testing.assert_array_equal(stored[name], whole[name])
