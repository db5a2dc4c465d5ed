"""The name that results of a file are filed under."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.files.toml import Table

_LONGEST = 64


def result_name(table: Table, file: Path, what: str) -> str:
    """The `name` in a file, or one made from the file's own.

    Parameters
    ----------
    table : Table
        The top table.
    file : Path
    what : str
        What the file holds, such as "scenario".

    Raises
    ------
    InputError
        For what is no plain name of a folder.
    """
    name = table.text("name") if "name" in table.data else plain_name(file.stem)
    if not 0 < len(name) <= _LONGEST or name != plain_name(name):
        raise InputError(
            f"{what} name {name!r:.80}",
            where=table.at("name"),
            why="results are filed under it: up to 64 small letters, digits, _ and -, no - in "
            "front",
            fix=f'give the file a key such as name = "my_{what}"',
        )
    return name


def plain_name(text: str) -> str:
    """A text as a name that every file system takes: `Läufe 1` is `läufe_1`."""
    return re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", text).lower()).lstrip("-")
