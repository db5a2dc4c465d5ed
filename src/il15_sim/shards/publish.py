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


def publish(path: Path, data: bytes) -> None:
    """Write a file that is whole on the disk before it has its name; the last writer wins.

    Differs from `write_atomic` in that the unfinished file is locked while its writer lives, so
    that `remove_leftovers` can tell it from what a killed process left behind.

    Raises
    ------
    OSError
        Where the file cannot be written; what stood there before still stands there.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            with replacing(path, _PREFIX, _SUFFIX) as file:
                _lock(file)
                file.write(data)
            break
        except FileNotFoundError:
            if not left:
                raise
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
    """Make a new name survive a power failure; where it does not, the file is found missing."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
