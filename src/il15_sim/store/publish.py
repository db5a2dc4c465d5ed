"""Files that several workers write into one folder, where each may die at any moment."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO

from il15_sim.files.atomic import replacing

if sys.platform != "win32":
    import fcntl

_PREFIX, _SUFFIX = ".shard-", ".partial"
# A worker that starts just then may take an unfinished file for a leftover: it is written again.
_ATTEMPTS = 3


def publish(folder: Path, name: str, data: bytes, *, sync_name: bool = True) -> None:
    """Write a file that is whole on the disk before it has its name; the last writer wins.

    `name` is its path in the folder; the unfinished file lies in the folder itself, so that no
    reader of the store meets it. Differs from `write_atomic` in that the unfinished file is locked
    while its writer lives, so that `remove_leftovers` can tell it from what a killed one left.

    With `sync_name` its name survives a power failure, too; a name that does not is found missing.

    Raises
    ------
    OSError
        Where the file cannot be written; what stood there before still stands there.
    """
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in reversed(range(_ATTEMPTS)):
        try:
            with replacing(path, _PREFIX, _SUFFIX, folder) as file:
                _lock(file)
                file.write(data)
            break
        except FileNotFoundError:
            if not left:
                raise
    if sync_name:
        _sync_folder(path.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove the unfinished files of workers that are no more."""
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            with path.open("r+b") as file:
                abandoned = _lock(file)
            if abandoned:
                path.unlink()


def _lock(file: IO[bytes]) -> bool:
    """Lock an open file until it is closed; False where somebody else holds it."""
    if sys.platform == "win32":
        return True  # an open file cannot be removed there
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: a writer that loses its file writes it again
    return True


def _sync_folder(folder: Path) -> None:
    """Write a folder's names to the disk, where the system can."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
