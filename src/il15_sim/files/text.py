"""Text files as people send them: any line ends, with or without a byte order mark."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from il15_sim.errors import InputError

_SAVE = "save it as UTF-8 text"


def read_text(path: str | Path) -> str:
    r"""The text of a UTF-8 file, with "\n" at the line ends and without a byte order mark.

    Raises
    ------
    InputError
        For what is not there, a folder, a device, a file without permission, and for what is not
        UTF-8 text, with the line of the first fault.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.tsv"
    ...     _ = file.write_bytes(b"\xef\xbb\xbfid\r\nka\r\n")
    ...     read_text(file)
    'id\nka\n'
    """
    refuse_other_than_file(path)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InputError(f"cannot be read: {why}", where=path) from None
    except ValueError as error:  # a name that no system accepts, e.g. with a zero byte
        raise InputError(f"file name {str(path)!r}", why=str(error)) from None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("is written in UTF-16", where=path, fix=_SAVE)
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content:
        where = f"{path}: line {_line(content, content.index(0))}"
        why = "it is no text, or written in UTF-16"
        raise InputError("holds a zero byte", where=where, why=why, fix=_SAVE)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"{path}: line {_line(content, error.start)}"
        raise InputError("is not UTF-8 text", where=where, fix=_SAVE) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def refuse_other_than_file(path: str | Path) -> None:
    """Raise InputError for a folder or a device; what is not there is left to the reader."""
    if os.path.isdir(path):
        raise InputError("is a folder", where=path, fix="name a file in it")
    # A pipe or a device may never end, and could be read only once.
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError("is no file but a device or pipe", where=path, fix="save it as a file")


def _line(content: bytes, index: int) -> int:
    return content.count(b"\n", 0, index) + 1
