"""Rows of a table that somebody gives, a file or a DataFrame, with the place of each."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from il15_sim.errors import InputError, unknown
from il15_sim.files.text import read_text

if TYPE_CHECKING:
    import pandas as pd

#: A row: where it stands, and its cells by column.
Row = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Table:
    """What a table is called, its columns, and its rows with the place of each."""

    source: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, data: str | Path | pd.DataFrame, names: Mapping[str, str] | None = None) -> Table:
        """The table of a file, or of a DataFrame.

        A file has cells between commas, semicolons or tabs, and comment lines that start with `#`.

        Parameters
        ----------
        names : mapping, optional
            Of our name of a column to that in the file.

        Raises
        ------
        InputError
            For what is no table, a file that cannot be read, and rows with another number of cells
            than the first one; with file and line. Also for a name that no column has.
        """
        import pandas as pd

        if isinstance(data, pd.DataFrame):
            found = cls._of_frame(data)
        elif isinstance(data, str | Path):
            found = _rows_of_file(Path(data))
        else:
            raise InputError(f"data {type(data).__name__}", fix="give a file or a DataFrame")
        return found.renamed(names) if names else found

    @classmethod
    def _of_frame(cls, data: pd.DataFrame) -> Table:
        names = tuple(str(c).strip() for c in data.columns)
        cells = zip(*(data[c].tolist() for c in data.columns), strict=True)
        rows = [
            (f"data: row {i}", dict(zip(names, row, strict=True)))
            for i, row in zip(data.index.tolist(), cells, strict=True)
        ]
        return cls("data", names, tuple(rows))

    def renamed(self, names: Mapping[str, str]) -> Table:
        """The same under our names; columns that `names` does not tell of are left out."""
        for own in names.values():
            if own not in self.columns:
                raise unknown("column", own, self.columns, self.source)
        rows = tuple(
            (where, {name: cells[own] for name, own in names.items()}) for where, cells in self.rows
        )
        return Table(self.source, tuple(names), rows)


def _rows_of_file(path: Path) -> Table:
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
    return Table(str(path), tuple(header), tuple(rows))
