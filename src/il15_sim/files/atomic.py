"""Files that are either whole or not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def write_atomic(path: str | Path, content: str | bytes) -> Path:
    """Write a file so that no reader and no crash ever sees half of it.

    Parameters
    ----------
    path : str or Path
        The file; an existing one is replaced, its folder is made where missing.
    content : str or bytes
        Text is written as UTF-8 with line ends as given.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        Where the file cannot be written; what stood there before still stands there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomic(Path(folder) / "data" / "a.csv", "run,time_h\\n").read_text()
    'run,time_h\\n'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)
    return path


@contextlib.contextmanager
def replacing(
    path: Path, prefix: str = ".", suffix: str = ".partial", folder: Path | None = None
) -> Iterator[IO[bytes]]:
    """An open file that takes the place of `path` when the block ends, or vanishes after an error.

    `prefix` and `suffix` name it until then, and it lies in `folder`, or beside `path`; its content
    is on the disk before it has its name.
    """
    handle, temporary = tempfile.mkstemp(dir=folder or path.parent, prefix=prefix, suffix=suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        make_readable(temporary, 0o666)
        os.replace(temporary, path)
    finally:
        # Gone already when all went well.
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def make_readable(path: str | Path, mode: int) -> None:
    """Give `path` the permissions that a plain `open` or `mkdir` would have given it.

    Temporary files and folders are made readable by their owner only.
    """
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, mode & ~mask)
