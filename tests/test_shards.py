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
import zipfile

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from made_shards import INPUTS, child, made

from il15_sim.errors import InputError
from il15_sim.shards import ShardFolder, open_shards, run_shards
from il15_sim.shards.canonical import canonical_json
from il15_sim.shards.shard_file import is_whole, read_member

ROWS, PER_SHARD = 50, 8  # seven shards, the last of two rows


def run(folder, compute=made, rows=ROWS, inputs=INPUTS, rows_per_shard=PER_SHARD, **options):
    return run_shards(
        compute, rows, folder=folder, inputs=inputs, rows_per_shard=rows_per_shard, **options
    )


def only_folder(folder):
    (found,) = folder.iterdir()
    return found


def shard_bytes(folder):
    return {path.name: path.read_bytes() for path in only_folder(folder).glob("shard-*")}


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


def test_opening_reads_one_shard_and_a_row_reads_one_more(tmp_path, monkeypatch):
    run(tmp_path)
    read = []

    def recorded(path, member):
        read.append((path.name, member))
        return read_member(path, member)

    monkeypatch.setattr("il15_sim.shards.view.read_member", recorded)
    data = open_shards(only_folder(tmp_path))
    assert {name for name, _ in read} == {"shard-00000.zarr.zip"}
    assert not [member for _, member in read if member.startswith(("endpoint_value/", "run/"))]
    read.clear()
    assert data["endpoint_value"][33, 1] == np.sin(33 * 2.0)
    assert read == [("shard-00004.zarr.zip", "endpoint_value/c/0/0")]


def test_row_numbers_take_no_memory(tmp_path):
    index = run(tmp_path).indexes["run"]
    assert index.memory_usage() < 1000
    assert list(index) == list(range(ROWS))


def test_a_shard_is_a_zarr_store_that_other_programs_read(tmp_path):
    run(tmp_path)
    shard = only_folder(tmp_path) / "shard-00001.zarr.zip"
    with zipfile.ZipFile(shard) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "plain.zarr")
    data = xr.open_zarr(tmp_path / "plain.zarr", consolidated=False, chunks=None)
    np.testing.assert_array_equal(data["run"], np.arange(8, 16))
    np.testing.assert_array_equal(data["endpoint_value"], made(8, 16)["endpoint_value"])


def test_the_result_can_be_saved_and_sent_to_another_process(tmp_path):
    data = run(tmp_path / "shards")
    assert same_bits(pickle.loads(pickle.dumps(data)), made(0, ROWS))
    part = data.isel(run=slice(3, 21)).drop_vars(["endpoint", "drug"])
    part.to_zarr(tmp_path / "part.zarr", consolidated=False)
    back = xr.open_zarr(
        tmp_path / "part.zarr", consolidated=False, chunks=None, mask_and_scale=False
    )
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
    first, before = only_folder(tmp_path), shard_bytes(tmp_path)
    compute = Recorded(lambda start, stop: made(start, stop).assign_attrs(title="other"))
    assert run(tmp_path, compute, **other).attrs["title"] == "other"
    assert compute.asked
    assert len(list(tmp_path.iterdir())) == 2
    assert {path.name: path.read_bytes() for path in first.glob("shard-*")} == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(), JSON, max_size=4), st.randoms())
def test_the_text_of_inputs_does_not_depend_on_their_order(inputs, chance):
    def shuffled(value):
        if isinstance(value, dict):
            items = [(name, shuffled(part)) for name, part in value.items()]
            chance.shuffle(items)
            return dict(items)
        return [shuffled(part) for part in value] if isinstance(value, list) else value

    text = canonical_json(inputs)
    assert canonical_json(shuffled(inputs)) == text
    assert json.loads(text) == inputs


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        ({"a": [1.0, math.nan]}, "inputs.a[1]: nan cannot describe an input; write it as text"),
        ({"a": {"b": math.inf}}, "inputs.a.b: inf cannot describe an input"),
        ({"a": {1: 2}}, "inputs.a: name 1 is not text"),
        ({"a": np.arange(3)}, "inputs.a: a value of type ndarray cannot describe an input"),
        ({"a": {1, 2}}, "inputs.a: a value of type set cannot describe an input"),
        ({"a": b"x"}, "inputs.a: a value of type bytes cannot describe an input"),
    ],
)
def test_inputs_that_json_cannot_tell_are_refused(tmp_path, inputs, line):
    assert refusal(tmp_path, inputs=inputs).startswith(line)
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


def test_shards_without_manifest_are_refused(tmp_path):
    run(tmp_path)
    (only_folder(tmp_path) / "manifest.json").unlink()
    assert "shards without manifest.json; move the folder away" in refusal(tmp_path)
    with pytest.raises(InputError, match=r"is not the folder of an ensemble; no manifest.json"):
        open_shards(only_folder(tmp_path))


# Damage


def flip(content):
    at = random.Random(5).randrange(len(content))
    return content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [flip, lambda c: c[:-1], lambda c: c[: len(c) // 2], lambda c: b"", lambda c: c + b"\n"],
    ids=["flipped bit", "last byte gone", "half", "empty", "longer"],
)
def test_a_damaged_shard_is_told_and_computed_again(tmp_path, damage):
    run(tmp_path)
    before = shard_bytes(tmp_path)
    shard = only_folder(tmp_path) / "shard-00003.zarr.zip"
    shard.write_bytes(damage(shard.read_bytes()))
    compute = Recorded()
    with pytest.warns(UserWarning, match=r"shard 3 is damaged and must be computed again") as told:
        data = run(tmp_path, compute)
    assert len(told) == 1
    assert compute.asked == [(24, 32)]
    assert same_bits(data, made(0, ROWS))
    assert shard_bytes(tmp_path) == before


def test_every_single_byte_is_covered_by_the_checksum(tmp_path):
    run(tmp_path, rows=8)
    shard = only_folder(tmp_path) / "shard-00000.zarr.zip"
    content = shard.read_bytes()
    assert is_whole(shard)
    for at in range(0, len(content), 37):
        shard.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert not is_whole(shard)


def test_many_damaged_shards_make_one_line(tmp_path):
    run(tmp_path, rows=80)
    for shard in only_folder(tmp_path).glob("shard-*"):
        shard.write_bytes(b"")
    with pytest.warns(UserWarning, match=r"shards 0, 1, 2, 3, 4, 5 and 4 more are damaged") as told:
        assert same_bits(run(tmp_path, rows=80), made(0, 80))
    assert len(told) == 1


def test_a_missing_shard_is_computed_without_a_warning(tmp_path):
    run(tmp_path)
    (only_folder(tmp_path) / "shard-00006.zarr.zip").unlink()
    compute = Recorded()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same_bits(run(tmp_path, compute), made(0, ROWS))
    assert compute.asked == [(48, 50)]


def test_a_shard_in_the_place_of_another_is_found_out(tmp_path):
    run(tmp_path)
    run(tmp_path, inputs={})
    one, other = tmp_path.iterdir()
    (other / "shard-00001.zarr.zip").write_bytes((one / "shard-00001.zarr.zip").read_bytes())
    (other / "shard-00002.zarr.zip").write_bytes((other / "shard-00004.zarr.zip").read_bytes())
    inputs = json.loads((other / "manifest.json").read_text())["inputs"]
    with pytest.raises(InputError, match=r"shards 1, 2 are missing; the command that made"):
        open_shards(other)
    with pytest.warns(UserWarning, match=r"shards 1, 2 are damaged"):
        assert same_bits(run(tmp_path, inputs=inputs), made(0, ROWS))


def test_damage_after_opening_is_told_when_it_is_read(tmp_path):
    data = run(tmp_path)
    shard = only_folder(tmp_path) / "shard-00002.zarr.zip"
    content = shard.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name = "endpoint_value/c/0/0"
        at = archive.getinfo(name).header_offset + 30 + len(name) + 20
    shard.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    assert data["endpoint_value"][4, 0] == np.sin(4.0)
    with pytest.raises(
        InputError, match=r"shard-00002.zarr.zip: the shard cannot be read: Bad CRC"
    ):
        data["endpoint_value"].load()
    shard.unlink()
    with pytest.raises(
        InputError, match=r"shard-00002.zarr.zip: the shard cannot be read: .*No such"
    ):
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
    ensemble.run(0, made)

    def compute(start, stop):
        return change(made(start, stop)) if start == 16 else made(start, stop)

    line = refusal(tmp_path, compute)
    assert line.startswith("shard 2 (rows 16 to 23): ")
    assert words in line
    assert not ensemble.is_finished(2)
    assert same_bits(run(tmp_path), made(0, ROWS))


def test_workers_with_different_results_are_found_out_at_the_end(tmp_path):
    one = ShardFolder.open(tmp_path, INPUTS, 16, rows_per_shard=PER_SHARD)
    other = ShardFolder.open(tmp_path, INPUTS, 16, rows_per_shard=PER_SHARD)
    one.run(0, made)
    other.run(1, lambda start, stop: made(start, stop).assign_attrs(title="x"))
    with pytest.raises(InputError, match=r"shards 0 and 1 have different variables or attributes"):
        one.dataset()


def test_shards_can_be_run_by_number(tmp_path):
    ensemble = ShardFolder.open(tmp_path, INPUTS, ROWS, rows_per_shard=PER_SHARD)
    for number in reversed(ensemble.missing()):
        ensemble.run(number, made)
    assert ensemble.missing() == []
    assert same_bits(ensemble.dataset(), made(0, ROWS))
    with pytest.raises(InputError, match=r"shard 7; there are 7, from 0 on"):
        ensemble.run(7, made)


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
        if len(list(tmp_path.glob("*/shard-*"))) == 3:
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
    """A file system of 96 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", place],
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
    ballast.write_bytes(b"x" * 50_000)
    line = refusal(small_disk / "results")
    assert "the results cannot be written: No space left on device; " in line
    safe = len(list(small_disk.glob("results/*/shard-*")))
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
        "import sys\nfrom pathlib import Path\nfrom il15_sim.shards.publish import _lock\n"
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
    while len(list(tmp_path.glob("*/shard-*"))) < 2:
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() != 0
    assert process.stderr.read().decode().rstrip().endswith("KeyboardInterrupt")
    process.stderr.close()
    assert not list(tmp_path.glob("*/.*"))
    safe = len(list(tmp_path.glob("*/shard-*")))
    compute = Recorded()
    assert same_bits(run(tmp_path, compute), made(0, ROWS))
    assert len(compute.asked) == 7 - safe


# Calls at which a shard or a manifest is half made: before and after each step of writing.
@pytest.mark.parametrize(
    ("call", "number"), [("fsync", 5), ("replace", 4), ("open", 1)], ids=lambda value: str(value)
)
def test_a_killed_run_continues_bit_for_bit(tmp_path, call, number):
    killed = child(tmp_path, ROWS, PER_SHARD, 0, call, number)
    assert killed.wait() == -signal.SIGKILL, killed.stderr.read().decode()
    killed.stderr.close()
    safe = len(list(tmp_path.glob("*/shard-*")))
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

    monkeypatch.setattr("il15_sim.shards.loop.tqdm", Recording)
    monkeypatch.setattr(random.Random, "shuffle", lambda self, items: None)
    other = ShardFolder.open(tmp_path, INPUTS, ROWS, rows_per_shard=PER_SHARD)
    other.run(1, made)

    def compute(start, stop):
        if start == 0:
            for number in (5, 6):
                other.run(number, made)
        return made(start, stop)

    run(tmp_path, compute)
    (bar,) = bars
    assert bar.n == bar.total == ROWS
    # Eight rows of shard 1 before the start, eight and two of shards 5 and 6 from the other worker.
    assert bar.initial == 8 + 8 + 2
