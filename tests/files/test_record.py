"""Hashes of inputs and folders of results: whole or not there, never one over another."""

import errno
import hashlib
import json
import os
import re
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim import __version__
from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic
from il15_sim.files.record import ResultFolder, digest, hash_inputs

INPUTS = {"model": "a' = -k*a", "doses": b"\x00\x01"}


def write_result(root, inputs=INPUTS, *, seed=None, text="run\n", **kwargs):
    with ResultFolder.open(root, "demo", inputs, seed, **kwargs) as folder:
        folder.write("data/runs.csv", text)
        (folder.figures / "a.txt").write_text("figure")
    return folder.path


def fail_half_way(root, error):
    with ResultFolder.open(root, "demo", INPUTS) as folder:
        folder.write("data/runs.csv", "half")
        raise error


def everything_below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


# --- hashes ---------------------------------------------------------------------------------


def test_digest_is_plain_sha256():
    assert digest(b"abc") == hashlib.sha256(b"abc").hexdigest()
    assert digest("IL-15Rα") == hashlib.sha256("IL-15Rα".encode()).hexdigest()


@given(st.dictionaries(st.text(), st.text(), min_size=1), st.none() | st.integers(0))
def test_hash_does_not_depend_on_the_order_of_the_inputs(inputs, seed):
    backwards = dict(reversed(inputs.items()))
    assert hash_inputs(inputs, seed) == hash_inputs(backwards, seed)


@given(st.dictionaries(st.text(), st.text(), min_size=2, max_size=4), st.data())
def test_hash_sees_which_part_holds_which_content(inputs, data):
    first, second = data.draw(st.permutations(sorted(inputs)))[:2]
    swapped = inputs | {first: inputs[second], second: inputs[first]}
    same_content = inputs[first].replace("\r\n", "\n") == inputs[second].replace("\r\n", "\n")
    assert (hash_inputs(swapped) == hash_inputs(inputs)) == same_content


def test_hash_sees_the_seed_and_tells_zero_from_none():
    assert len({hash_inputs(INPUTS, seed) for seed in (None, 0, 1)}) == 3


# --- a result that went well ----------------------------------------------------------------


def test_result_stands_under_its_name_and_hash(tmp_path):
    path = write_result(tmp_path / "results", seed=7)
    assert path == tmp_path / "results" / "demo" / hash_inputs(INPUTS, 7)[:8]
    assert everything_below(path) == [
        "data",
        "data/runs.csv",
        "figures",
        "figures/a.txt",
        "manifest.json",
    ]
    assert os.listdir(path.parent) == [path.name], "a temporary folder was left"


def test_manifest_names_inputs_seed_versions_and_files(tmp_path):
    manifest = json.loads((write_result(tmp_path, seed=7) / "manifest.json").read_text())
    assert manifest["status"] == "complete"
    assert manifest["hash"] == hash_inputs(INPUTS, 7)
    assert manifest["seed"] == 7
    assert manifest["inputs"] == {name: digest(part) for name, part in INPUTS.items()}
    assert manifest["files"]["data/runs.csv"] == digest(b"run\n")
    assert manifest["versions"]["il15-sim"] == __version__
    assert {"python", "numpy", "scipy", "libroadrunner", "antimony", "SALib", "pandas"} <= set(
        manifest["versions"]
    )


def test_same_inputs_again_replace_the_earlier_result(tmp_path):
    first = write_result(tmp_path, text="old\n")
    second = write_result(tmp_path, text="new\n")
    assert first == second
    assert (second / "data" / "runs.csv").read_text() == "new\n"
    assert os.listdir(second.parent) == [second.name]


def test_other_inputs_get_another_folder(tmp_path):
    first = write_result(tmp_path, text="old\n")
    second = write_result(tmp_path, {"model": "b"})
    assert first != second
    assert (first / "data" / "runs.csv").read_text() == "old\n"


def test_out_is_written_where_the_user_says(tmp_path):
    out = tmp_path / "new" / "place"
    assert write_result(tmp_path, out=out) == out
    assert (out / "manifest.json").is_file()
    assert write_result(tmp_path, out=out) == out
    (tmp_path / "empty").mkdir()
    assert (write_result(tmp_path, out=tmp_path / "empty") / "manifest.json").is_file()


def test_result_is_as_readable_as_any_folder(tmp_path):
    path = write_result(tmp_path)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain.txt").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert (path / "data/runs.csv").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode


# --- a result that went wrong leaves nothing ------------------------------------------------


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_interrupted_run_leaves_nothing(tmp_path, failure):
    with pytest.raises(failure):
        fail_half_way(tmp_path / "r", failure())
    assert everything_below(tmp_path) == []


def test_interrupted_run_keeps_the_earlier_result(tmp_path):
    path = write_result(tmp_path, text="old\n")
    before = everything_below(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fail_half_way(tmp_path, KeyboardInterrupt())
    assert everything_below(tmp_path) == before
    assert (path / "data" / "runs.csv").read_text() == "old\n"


def test_failure_while_the_result_takes_its_place_keeps_the_earlier_one(tmp_path, monkeypatch):
    path = write_result(tmp_path, text="old\n")
    plain_rename = type(path).rename

    def rename(self, target):
        if ".partial-" in self.name:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return plain_rename(self, target)

    monkeypatch.setattr(type(path), "rename", rename)
    with pytest.raises(InputError, match="the results cannot be written: Input/output error"):
        write_result(tmp_path, text="new\n")
    assert (path / "data" / "runs.csv").read_text() == "old\n"
    assert os.listdir(path.parent) == [path.name]


def test_full_disk_is_told_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="the results cannot be written: No space left on device"):
        fail_half_way(tmp_path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert everything_below(tmp_path) == []


def test_missing_file_of_the_caller_is_not_blamed_on_the_place(tmp_path):
    with pytest.raises(FileNotFoundError), ResultFolder.open(tmp_path, "demo", INPUTS):
        (tmp_path / "no_such_table.tsv").read_text()


# --- places that are refused ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["a/b", "../a", "", ".", "..", ".hidden", "a\\b", "a b"])
def test_name_with_a_path_in_it_is_refused(tmp_path, name):
    with (
        pytest.raises(InputError, match=r"a name has letters, digits.* and no path in it"),
        ResultFolder.open(tmp_path, name, INPUTS),
    ):
        pass
    assert everything_below(tmp_path) == []


def refused(tmp_path, match, **kwargs):
    """Writing is refused with this message, and nothing below `tmp_path` has changed."""
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match=match):
        write_result(tmp_path / "r", **kwargs)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_result_of_other_inputs_is_never_overwritten(tmp_path):
    out = write_result(tmp_path, {"model": "b"}, out=tmp_path / "out")
    refused(tmp_path, f"^{re.escape(str(out))}: made from other inputs; .* never overwr", out=out)


def test_collision_of_short_hashes_is_refused(tmp_path):
    path = write_result(tmp_path / "r")
    manifest = json.loads((path / "manifest.json").read_text())
    other = manifest["hash"][:8] + "0" * 56
    (path / "manifest.json").write_text(json.dumps(manifest | {"hash": other}))
    refused(tmp_path, "made from other inputs")


@pytest.mark.parametrize("manifest", [None, "", "[]", "{}", '{"hash": "a"}', "not json"])
def test_folder_that_is_not_a_result_is_refused(tmp_path, manifest):
    (tmp_path / "thesis.doc").write_text("years of work")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    refused(tmp_path, "the folder holds files that are not a result", out=tmp_path)


def test_file_added_to_a_result_is_not_lost(tmp_path):
    out = write_result(tmp_path, out=tmp_path / "out")
    (out / "notes.md").write_text("seen by reviewer")
    refused(tmp_path, r"holds a file added later; it would be lost: notes\.md", out=out)


def test_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    refused(tmp_path, "is not a folder", out=tmp_path / "out")


def test_current_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(tmp_path, "is the current folder; name a folder inside it", out=".")


def test_place_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    refused(tmp_path, "the results cannot be written", out=tmp_path / "file" / "out")


def test_place_without_permission_is_refused(tmp_path, monkeypatch):
    def mkdtemp(**kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), kwargs["dir"])

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    refused(tmp_path, "the results cannot be written: Permission denied; .*--out")
    assert not (tmp_path / "r").exists(), "the parents that were made must go again"


# --- single files ---------------------------------------------------------------------------


def test_write_atomic_replaces_and_makes_folders(tmp_path):
    path = write_atomic(tmp_path / "a" / "b.txt", "µ\r\n")
    assert path.read_bytes() == "µ\r\n".encode()
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["b.txt"]


def test_write_atomic_keeps_the_old_file_after_a_failure(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / "b.txt", "old")

    def fsync(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["b.txt"]
