"""Rows of a table that somebody gives, a file or a DataFrame, with the place of each."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from il15_sim.errors import InputError
from il15_sim.files.text import read_text

if TYPE_CHECKING:
    import pandas as pd

#: A row: where it stands, and its cells by column.
Row = tuple[str, Mapping[str, Any]]


def given_rows(data: str | Path | pd.DataFrame) -> tuple[str, list[str], list[Row]]:
    """What a table is called, its columns, and its rows with the place of each.

    A file has cells between commas, semicolons or tabs, and comment lines that start with `#`.

    Raises
    ------
    InputError
        For what is no table, a file that cannot be read, and rows with another number of cells
        than the first one; with file and line.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        names = [str(c).strip() for c in data.columns]
        cells = zip(*(data[c].tolist() for c in data.columns), strict=True)
        index = data.index.tolist()
        rows: list[Row] = [
            (f"data: row {i}", dict(zip(names, row, strict=True)))
            for i, row in zip(index, cells, strict=True)
        ]
        return "data", names, rows
    if not isinstance(data, str | Path):
        raise InputError(f"data {type(data).__name__}", fix="give a file or a DataFrame")
    return _rows_of_file(Path(data))


def _rows_of_file(path: Path) -> tuple[str, list[str], list[Row]]:
    lines = read_text(path).split("\n")
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    delimiter = max(",;\t", key=first.count)
    header: list[str] = []
    rows: list[Row] = []
    for n, line in enumerate(lines, start=1):
        where = f"{path}: line {n}"
        if not line.strip(f" {delimiter}") or line.startswith("#"):
            continue
        try:
            # Line by line: a quote that is not closed would swallow the rest of the file.
            cells = [c.strip() for c in next(csv.reader([line], delimiter=delimiter, strict=True))]
        except csv.Error as error:
            raise InputError(f"cells cannot be read: {error}", where=where) from None
        if not header:
            header = cells
            continue
        if len(cells) != len(header):
            told = f"{len(cells)} cells instead of {len(header)}"
            raise InputError(told, where=where, fix="separate all cells as in the first line")
        rows.append((where, dict(zip(header, cells, strict=True))))
    return str(path), header, rows
