"""Compiled code kept between runs, in a folder that only its user can write.

Code that is loaded is run: an entry counts only if nobody else can have written it, its checksum
holds and its full key stands in it. Whatever is wrong with the cache, the work goes on without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import struct
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import platformdirs

ENVIRONMENT = "IL15_SIM_CACHE_DIR"
SIZE_LIMIT = 512 * 2**20

# An entry: magic, version, SHA-256 of all that follows, length of the JSON text, JSON text, code.
MAGIC = b"IL15CODE"
VERSION = 1
HEADER = struct.Struct("<8sI32s")
LENGTH = struct.Struct("<Q")
SUFFIX = ".code"
PARTIAL = ".partial"
# What a killed process left half written is removed after this time (s).
PARTIAL_AGE = 3600.0

_warned = False


class CacheWarning(UserWarning):
    """The cache of compiled code is not used; results are the same, starting takes longer."""


def code_key(**parts: str) -> str:
    """A key that changes whenever any of the named parts does (SHA-256, 64 hex digits).

    Examples
    --------
    >>> code_key(sbml="ab", cpu="c") == code_key(cpu="c", sbml="ab")
    True
    >>> code_key(sbml="ab", cpu="c") == code_key(sbml="a", cpu="bc")
    False
    """
    digest = hashlib.sha256()
    for name in sorted(parts):
        for text in (name, parts[name]):
            content = text.encode("utf-8", "surrogatepass")
            digest.update(LENGTH.pack(len(content)) + content)
    return digest.hexdigest()


class CodeCache:
    """Object code and its description by key.

    Parameters
    ----------
    folder : Path, optional
        Where the entries stand. Without it the environment variable IL15_SIM_CACHE_DIR says so
        ("" or "off": nothing is kept on disk), else it is `code` in the user's cache folder.
    size_limit : int, optional
        Bytes that all entries may take; those not used for longest go first.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     cache = CodeCache(Path(place) / "code")
    ...     key = code_key(sbml="...", cpu="znver4")
    ...     cache.store(key, b"...", {"states": 63})
    ...     cache.load(key)
    (b'...', {'states': 63})
    """

    def __init__(self, folder: Path | None = None, size_limit: int = SIZE_LIMIT) -> None:
        self.folder = Path(folder) if folder is not None else _default_folder()
        self.size_limit = size_limit

    def load(self, key: str) -> tuple[bytes, dict[str, Any]] | None:
        """The code and the description stored under `key`, or None.

        None too for an entry that is damaged or that another user may have written.
        """
        if self.folder is None:
            return None
        try:
            content = _read_own(_safe_folder(self.folder) / _file_name(key))
        except FileNotFoundError:
            return None
        except (OSError, _UnsafeError) as error:
            _warn(self.folder, error)
            return None
        return _unpack(content, key)

    def store(self, key: str, code: bytes, description: dict[str, Any]) -> None:
        """Keep `code` and a description of JSON values under `key`, where that is possible."""
        content = _pack(key, code, description)
        if self.folder is None or len(content) > self.size_limit:
            return
        try:
            _make_private(self.folder)
            folder = _safe_folder(self.folder)
            entry = folder / _file_name(key)
            _write(entry, content)
            _shrink(folder, self.size_limit, entry)
        except (OSError, _UnsafeError) as error:
            _warn(self.folder, error)


class _UnsafeError(Exception):
    """Somebody else could have written what would be run."""


def _default_folder() -> Path | None:
    given = os.environ.get(ENVIRONMENT)
    if given is None:
        return Path(platformdirs.user_cache_dir("il15-sim", appauthor=False)) / "code"
    return None if given.strip().lower() in ("", "off") else Path(given).expanduser()


def _file_name(key: str) -> str:
    """The name of the entry of a key; a key that is no hash could lead out of the folder."""
    if not re.fullmatch("[0-9a-f]{64}", key):
        raise ValueError(f"{key!r} is not a key made by code_key")
    return f"{key}{SUFFIX}"


def _warn(folder: Path, error: Exception) -> None:
    """Say once per process why compiled code is not kept."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            f"compiled code is not kept in {folder}: {error}; "
            f"name another folder in {ENVIRONMENT}, or 'off'",
            CacheWarning,
            stacklevel=3,
        )


def _check_own(path: Path, status: os.stat_result) -> None:
    """Raise unless `path` belongs to this user and nobody else may write it."""
    if sys.platform == "win32":  # a user's folders are closed to others there
        return
    if status.st_uid != os.geteuid():
        raise _UnsafeError(f"{path} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _UnsafeError(f"{path} can be written by others (chmod go-w)")


def _safe_folder(folder: Path) -> Path:
    """The folder that links lead to; raises where others could put entries into it.

    They can if they may write it, or exchange it because anyone may write a folder above it (with
    the sticky bit, as in a folder for temporary files, only the owner can exchange it).
    """
    real = Path(os.path.realpath(folder, strict=True))
    _check_own(real, real.stat())
    if sys.platform != "win32":
        for above in real.parents:
            mode = above.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                raise _UnsafeError(f"{above} can be written by everyone (chmod o-w)")
    return real


def _make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user only."""
    if not folder.parent.exists():
        _make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _read_own(path: Path) -> bytes:
    """The content of a plain file of this user; a link is refused."""
    if path.is_symlink():
        raise _UnsafeError(f"{path} is a link")
    # The checks are of the opened file, so that it cannot be exchanged after them; opening must not
    # wait for a writer where the name is that of a pipe.
    flags = os.O_RDONLY
    for extra in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"):
        flags |= getattr(os, extra, 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _UnsafeError(f"{path} is not a plain file")
        _check_own(path, status)
        content = file.read()
    # Not every file system keeps times of access, so the time of change serves as time of last use.
    with contextlib.suppress(OSError):
        os.utime(path)
    return content


def _pack(key: str, code: bytes, description: dict[str, Any]) -> bytes:
    told = json.dumps({"key": key, "description": description}).encode()
    rest = LENGTH.pack(len(told)) + told + code
    return HEADER.pack(MAGIC, VERSION, hashlib.sha256(rest).digest()) + rest


def _unpack(content: bytes, key: str) -> tuple[bytes, dict[str, Any]] | None:
    """Code and description of an entry; None unless it is whole and of this key."""
    if len(content) < HEADER.size + LENGTH.size:
        return None
    magic, version, digest = HEADER.unpack_from(content)
    rest = content[HEADER.size :]
    if (magic, version, digest) != (MAGIC, VERSION, hashlib.sha256(rest).digest()):
        return None
    # From here on the entry is one that `_pack` made.
    end = LENGTH.size + LENGTH.unpack_from(rest)[0]
    told = json.loads(rest[LENGTH.size : end])
    return (rest[end:], told["description"]) if told["key"] == key else None


def _write(path: Path, content: bytes) -> None:
    """Write a file, readable by this user only, that is whole or not there."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=PARTIAL)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        # Gone already when all went well.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _shrink(folder: Path, size_limit: int, kept: Path) -> None:
    """Remove the entries not used for longest until the rest fits, and old half-written files."""
    entries, total = [], 0
    for path in folder.iterdir():
        # Another process may remove a file at any moment.
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            if path.suffix == SUFFIX:
                total += status.st_size
                entries.append((status.st_mtime_ns, path, status.st_size))
            elif path.suffix == PARTIAL and status.st_mtime < time.time() - PARTIAL_AGE:
                path.unlink()
    for _, path, size in sorted(entries):
        if total <= size_limit:
            break
        if path != kept:
            path.unlink(missing_ok=True)
            total -= size
