"""The cache of compiled code: what it keeps, and everything it must not load."""

import contextlib
import errno
import hashlib
import multiprocessing
import os
import signal
import stat
import sys
import time
import warnings
from pathlib import Path

import pytest

from il15_sim.batch.compile import code_cache
from il15_sim.batch.compile.code_cache import CacheWarning, CodeCache, code_key

KEY = code_key(sbml="<sbml/>", cpu="znver4")
OTHER = code_key(sbml="<sbml/>", cpu="haswell")
CODE = bytes(range(256)) * 40
TOLD = {"states": 63, "names": ["a", "β"]}
STRANGER = 12345

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions are not checked there")
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away"
)


@pytest.fixture(autouse=True)
def _nothing_told_yet(monkeypatch):
    monkeypatch.setattr(code_cache, "_warned", False)


@pytest.fixture
def cache(tmp_path):
    return CodeCache(tmp_path / "cache" / "code")


def entry(cache, key=KEY):
    return cache.folder / f"{key}.code"


def quiet(act):
    """The result of something that must not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return act()


def told(act):
    """The only warning of something that goes on without the cache."""
    with pytest.warns(CacheWarning) as seen:
        assert act() is None
    (warning,) = seen
    line = str(warning.message)
    assert "\n" not in line
    assert line.startswith("compiled code is not kept in ")
    assert line.endswith("; name another folder in IL15_SIM_CACHE_DIR, or 'off'")
    return line


def stored(cache):
    quiet(lambda: cache.store(KEY, CODE, TOLD))
    return cache


def test_what_is_stored_is_loaded(cache):
    assert quiet(lambda: cache.load(KEY)) is None
    stored(cache)
    assert quiet(lambda: cache.load(KEY)) == (CODE, TOLD)
    assert cache.load(OTHER) is None
    cache.store(KEY, b"", {})
    assert cache.load(KEY) == (b"", {})
    assert [path.name for path in cache.folder.iterdir()] == [f"{KEY}.code"]


@posix
def test_only_the_user_can_read_what_is_made(cache):
    mask = os.umask(0)
    try:
        stored(cache)
    finally:
        os.umask(mask)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (cache.folder, entry(cache))}
    assert modes == {cache.folder: 0o700, entry(cache): 0o600}
    assert stat.S_IMODE(cache.folder.parent.stat().st_mode) == 0o700


def test_key_tells_all_parts_apart():
    parts = {"sbml": "a", "llvm": "20.1"}
    keys = {
        code_key(**parts),
        code_key(sbml="20.1", llvm="a"),
        code_key(sbml="a2", llvm="0.1"),
        code_key(sbml="a"),
        code_key(sbml="a", llvm="20.1", cpu=""),
        code_key(sbml="a\0llvm20.1"),
        code_key(),
    }
    assert len(keys) == 7
    assert code_key(llvm="20.1", sbml="a") == code_key(**parts)


@pytest.mark.parametrize("key", ["../../etc/passwd", "", KEY.upper(), KEY + "\n"])
def test_key_that_is_no_hash_is_refused(cache, key):
    for act in (lambda: cache.load(key), lambda: cache.store(key, CODE, TOLD)):
        cache.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with pytest.raises(ValueError, match="is not a key made by code_key"):
            act()


@pytest.mark.parametrize("given", ["", "off", " OFF "])
def test_no_disk_is_used_where_the_environment_says_so(given, monkeypatch, tmp_path):
    monkeypatch.setenv("IL15_SIM_CACHE_DIR", given)
    monkeypatch.chdir(tmp_path)
    cache = CodeCache()
    assert cache.folder is None
    stored(cache)
    assert quiet(lambda: cache.load(KEY)) is None
    assert not list(tmp_path.iterdir())


def test_folder_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("IL15_SIM_CACHE_DIR", str(tmp_path / "here"))
    assert stored(CodeCache()).folder == tmp_path / "here"
    assert CodeCache(tmp_path / "there").folder == tmp_path / "there"


@pytest.mark.skipif(sys.platform != "linux", reason="the place differs elsewhere")
def test_folder_without_any_word(monkeypatch, tmp_path):
    monkeypatch.delenv("IL15_SIM_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert CodeCache().folder == tmp_path / "il15-sim" / "code"


# --- Damaged entries ------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 8, 43, 44, 51, 52, 60, -1])
def test_truncated_entry_is_ignored_and_rewritten(cache, length):
    content = entry(stored(cache)).read_bytes()
    entry(cache).write_bytes(content[:length])
    assert quiet(lambda: cache.load(KEY)) is None
    assert stored(cache).load(KEY) == (CODE, TOLD)


def test_every_flipped_byte_of_the_head_is_seen(cache):
    content = entry(stored(cache)).read_bytes()
    for at in [*range(120), len(content) // 2, len(content) - 1]:
        flipped = bytearray(content)
        flipped[at] ^= 1
        entry(cache).write_bytes(flipped)
        assert quiet(lambda: cache.load(KEY)) is None
    assert stored(cache).load(KEY) == (CODE, TOLD)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\x7fELF" + CODE, b"IL15CODE" + CODE])
def test_foreign_file_is_ignored(cache, content):
    entry(stored(cache)).write_bytes(content)
    assert quiet(lambda: cache.load(KEY)) is None


def test_added_bytes_are_seen(cache):
    with entry(stored(cache)).open("ab") as file:
        file.write(b"\0")
    assert cache.load(KEY) is None


def test_entry_of_another_key_is_not_loaded(cache):
    stored(cache)
    entry(cache).rename(entry(cache, OTHER))
    assert quiet(lambda: cache.load(OTHER)) is None


def test_entry_of_another_version_is_not_loaded(cache, monkeypatch):
    stored(cache)
    monkeypatch.setattr(code_cache, "VERSION", code_cache.VERSION + 1)
    assert quiet(lambda: cache.load(KEY)) is None


# --- Folders and entries that others could have written ---------------------------------------


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o720, 0o1777])
def test_folder_that_others_can_write(cache, mode):
    before = entry(stored(cache)).read_bytes()
    cache.folder.chmod(mode)
    assert f"{cache.folder} can be written by others (chmod go-w)" in told(lambda: cache.load(KEY))
    # Said once only, and nothing is written either.
    assert quiet(lambda: cache.load(KEY)) is None
    quiet(lambda: cache.store(KEY, b"new", {}))
    assert entry(cache).read_bytes() == before


@posix
def test_storing_into_a_folder_that_others_can_write(cache):
    stored(cache).folder.chmod(0o770)
    assert "can be written by others" in told(lambda: cache.store(OTHER, CODE, TOLD))
    assert not entry(cache, OTHER).exists()


@posix
@pytest.mark.parametrize("mode", [0o660, 0o602])
def test_entry_that_others_can_write(cache, mode):
    entry(stored(cache)).chmod(mode)
    assert f"{entry(cache)} can be written by others" in told(lambda: cache.load(KEY))
    # Storing replaces it by one that is safe.
    assert stored(cache).load(KEY) == (CODE, TOLD)


@posix
@as_root
def test_folder_of_another_user(cache):
    os.chown(stored(cache).folder, STRANGER, -1)
    assert f"{cache.folder} belongs to another user" in told(lambda: cache.load(KEY))


@posix
@as_root
def test_entry_of_another_user(cache):
    os.chown(entry(stored(cache)), STRANGER, -1)
    assert f"{entry(cache)} belongs to another user" in told(lambda: cache.load(KEY))
    assert stored(cache).load(KEY) == (CODE, TOLD)


@posix
def test_folder_above_that_everyone_can_write(cache):
    above = stored(cache).folder.parent
    above.chmod(0o777)
    assert f"{above} can be written by everyone (chmod o-w)" in told(lambda: cache.load(KEY))
    # With the sticky bit only the owner can exchange the folder.
    above.chmod(0o1777)
    assert quiet(lambda: cache.load(KEY)) == (CODE, TOLD)


@posix
def test_link_to_a_safe_folder_is_followed(cache, tmp_path):
    stored(cache)
    (tmp_path / "link").symlink_to(cache.folder)
    assert quiet(lambda: CodeCache(tmp_path / "link").load(KEY)) == (CODE, TOLD)


@posix
def test_link_to_an_unsafe_folder_is_refused(cache, tmp_path):
    stored(cache).folder.chmod(0o777)
    (tmp_path / "link").symlink_to(cache.folder)
    line = told(lambda: CodeCache(tmp_path / "link").load(KEY))
    assert f"{cache.folder} can be written by others" in line


@posix
def test_link_to_a_folder_below_one_that_everyone_can_write(cache, tmp_path):
    stored(cache).folder.parent.chmod(0o777)
    (tmp_path / "link").symlink_to(cache.folder)
    assert "can be written by everyone" in told(lambda: CodeCache(tmp_path / "link").load(KEY))


@posix
def test_entry_that_is_a_link_is_refused_and_replaced(cache, tmp_path):
    entry(stored(cache)).rename(tmp_path / "elsewhere")
    entry(cache).symlink_to(tmp_path / "elsewhere")
    assert f"{entry(cache)} is a link" in told(lambda: cache.load(KEY))
    stored(cache)
    assert not entry(cache).is_symlink()
    assert cache.load(KEY) == (CODE, TOLD)


@posix
def test_entry_that_is_a_pipe_does_not_hang(cache):
    entry(stored(cache)).unlink()
    os.mkfifo(entry(cache))
    assert f"{entry(cache)} is not a plain file" in told(lambda: cache.load(KEY))


# --- Disks that do not take it ----------------------------------------------------------------


def test_full_disk_leaves_no_trace(cache, monkeypatch):
    stored(cache)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left on device" in told(lambda: cache.store(OTHER, CODE, TOLD))
    quiet(lambda: cache.store(OTHER, CODE, TOLD))
    assert [path.name for path in cache.folder.iterdir()] == [f"{KEY}.code"]
    assert cache.load(KEY) == (CODE, TOLD)


def read_only(*args, **kwargs):
    raise OSError(errno.EROFS, "Read-only file system")


def test_read_only_disk_still_gives_what_it_holds(cache, monkeypatch):
    stored(cache)
    monkeypatch.setattr(os, "utime", read_only)
    monkeypatch.setattr(code_cache.tempfile, "mkstemp", read_only)
    assert quiet(lambda: cache.load(KEY)) == (CODE, TOLD)
    assert "Read-only file system" in told(lambda: cache.store(OTHER, CODE, TOLD))


def test_place_where_no_folder_can_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    cache = CodeCache(tmp_path / "file" / "code")
    line = told(lambda: cache.store(KEY, CODE, TOLD))
    assert str(tmp_path / "file") in line
    assert quiet(lambda: cache.load(KEY)) is None


@posix
def test_link_that_leads_to_itself(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert str(tmp_path / "loop") in told(lambda: CodeCache(tmp_path / "loop").load(KEY))


# --- Size -------------------------------------------------------------------------------------


def test_entries_not_used_for_longest_go_first(tmp_path):
    cache = CodeCache(tmp_path, size_limit=3500)
    tmp_path.chmod(0o700)
    keys = [code_key(n=str(n)) for n in range(4)]
    for age, key in zip((300, 200, 100), keys, strict=False):
        cache.store(key, b"x" * 1000, {})
        os.utime(entry(cache, key), (time.time() - age,) * 2)
    assert cache.load(keys[0])  # now the one used last
    cache.store(keys[3], b"x" * 1000, {})
    assert [cache.load(key) is not None for key in keys] == [True, False, True, True]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3500


def test_entry_larger_than_the_limit_is_not_kept(tmp_path):
    cache = CodeCache(tmp_path / "code", size_limit=1000)
    cache.store(KEY, b"x" * 1000, {})
    assert quiet(lambda: cache.load(KEY)) is None


def test_old_half_written_files_are_removed(cache):
    old, new = (stored(cache).folder / f".{name}.partial" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.store(OTHER, CODE, TOLD)
    assert not old.exists()
    assert new.exists()


def test_files_of_others_in_the_folder_stay(tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "notes.txt").write_bytes(b"x" * 5000)
    CodeCache(tmp_path, size_limit=2000).store(KEY, b"x" * 1000, {})
    assert (tmp_path / "notes.txt").exists()


def test_entry_that_another_process_removes_first(cache, monkeypatch):
    stored(cache)
    cache.store(OTHER, CODE, TOLD)
    lstat = Path.lstat

    def gone(path):
        if path == entry(cache):
            raise FileNotFoundError(path)
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", gone)
    quiet(lambda: cache.store(OTHER, CODE, TOLD))
    assert cache.load(OTHER) == (CODE, TOLD)


# --- Many processes ---------------------------------------------------------------------------


def content_of(key):
    return hashlib.sha256(key.encode()).digest() * 3000, {"key": key}


def work(folder, limit, seed, results):
    """Store and load the same keys as the others; tell how many loads were right and wrong."""
    warnings.simplefilter("error")
    cache = CodeCache(folder, size_limit=limit)
    keys = [code_key(n=str(n)) for n in range(5)]
    right = wrong = 0
    for turn in range(60):
        key = keys[(turn * 7 + seed) % 5]
        found = cache.load(key)
        right += found == content_of(key)
        wrong += found is not None and found != content_of(key)
        if found is None or (turn + seed) % 3 == 0:
            cache.store(key, *content_of(key))
    results.put((right, wrong))


@pytest.mark.parametrize("limit", [2**30, 300_000])
def test_eight_processes_at_the_same_keys(tmp_path, limit):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    results = context.SimpleQueue()
    jobs = [
        context.Process(target=work, args=(tmp_path / "code", limit, seed, results))
        for seed in range(8)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert [job.exitcode for job in jobs] == [0] * 8
    counts = [results.get() for _ in jobs]
    assert sum(wrong for _, wrong in counts) == 0
    # Where little fits, how much is found depends on who evicts what when.
    assert sum(right for right, _ in counts) > (8 * 20 if limit > 2**20 else 0)
    assert {path.suffix for path in (tmp_path / "code").iterdir()} == {".code"}


def store_for_ever(folder):
    cache = CodeCache(folder)
    while True:
        cache.store(KEY, *content_of(KEY))


@posix
def test_killed_writers_leave_whole_entries(tmp_path):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    cache = CodeCache(tmp_path / "code")
    cache.store(KEY, *content_of(KEY))
    for n in range(10):
        job = context.Process(target=store_for_ever, args=(cache.folder,))
        job.start()
        time.sleep(0.01 + 0.003 * n)
        with contextlib.suppress(ProcessLookupError):
            os.kill(job.pid, signal.SIGKILL)
        job.join()
        assert quiet(lambda: cache.load(KEY)) == content_of(KEY)
