"""Files that are either whole or not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


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
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        make_readable(temporary, 0o666)
        os.replace(temporary, path)
    finally:
        # Gone already when all went well.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return path


def make_readable(path: str | Path, mode: int) -> None:
    """Give `path` the permissions that a plain `open` or `mkdir` would have given it.

    Temporary files and folders are made readable by their owner only.
    """
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, mode & ~mask)
