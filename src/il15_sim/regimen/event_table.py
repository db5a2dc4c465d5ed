"""Tables of doses: rows of a table given in Python or of a CSV file, as NONMEM has them.

Only what tells a dose is read: `ID`, `TIME` (hours), `AMT`, `RATE` (amount per hour), `II` and
`ADDL` (further doses), `EVID`, `SS`, and either `CMT` or `drug`, `unit`, `route` (and
`duration_h`). The names may be in any case; `time_h` and `amount` are names too, so that
`Regimen.to_frame` can be read back. Other columns, such as `DV` or covariates, are left alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from il15_sim.errors import InputError
from il15_sim.files.text import read_text
from il15_sim.finite import as_number
from il15_sim.regimen.spelling import typo

_NAMES = {
    **{"id": "id", "time": "time", "time_h": "time", "amt": "amt", "amount": "amt"},
    **{"rate": "rate", "duration_h": "duration_h", "ii": "ii", "addl": "addl", "evid": "evid"},
    **{"ss": "ss", "cmt": "cmt", "drug": "drug", "unit": "unit", "route": "route"},
}
#: Columns that are often there and look like a misspelt name of ours.
_OTHERS = ("race",)
_CLOCK = ("date", "dat1", "dat2", "dat3")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One row: where it stands, its cells by the name used here, and the columns' own names."""

    where: str
    cells: Mapping[str, Any]
    names: Mapping[str, str]

    def fault(self, column: str, why: str, fix: str | None = None) -> InputError:
        """An error that names row, column and cell."""
        what = f"{self.names.get(column, column)} is {self.cells.get(column)!r:.40}"
        return InputError(what, where=self.where, why=why, fix=fix)

    def number(self, column: str) -> float | None:
        """The number in a cell; None where the column or the cell is missing."""
        value = self.cells.get(column)
        if _is_missing(value):
            return None
        if isinstance(value, str):
            number = float(value) if _NUMBER.fullmatch(value.strip()) else None
        else:
            number = as_number(value)
        if number is None or not abs(number) < float("inf"):
            raise self.fault(column, "it must be a finite number")
        return number

    def whole(self, column: str) -> int:
        """The whole number in a cell; 0 where the column or the cell is missing."""
        number = self.number(column) or 0.0
        if not 0 <= number <= 10**6 or number != int(number):
            raise self.fault(column, "it must be a whole number, not negative")
        return int(number)

    def label(self, column: str) -> int | str:
        """A name: whole numbers as such, everything else as text."""
        value = self.cells.get(column)
        if _is_missing(value):
            raise InputError(f"{self.names[column]} is missing", where=self.where)
        if isinstance(value, str):
            value = value.strip()
            return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else value
        number = as_number(value)
        if number is None or number != number // 1:
            raise self.fault(column, "it must be a whole number or a text")
        return int(number)


def read_rows(source: object) -> list[Row]:
    """The rows of a DataFrame or of a CSV file.

    Raises
    ------
    InputError
        For a missing, doubled or misspelt column, and a file that is no table.
    """
    if isinstance(source, pd.DataFrame):
        names = [str(name) for name in source.columns]
        known = _known(names, None)
        rows = source.itertuples(index=False, name=None)
        numbered: Iterator[tuple[str, Any]] = ((f"row {n}", r) for n, r in enumerate(rows, 1))
    elif isinstance(source, str | Path):
        where, header, lines = _csv(Path(source))
        names, known = header, _known(header, where)
        numbered = iter(lines)
    else:
        raise InputError(f"events {source!r:.40}", fix="give a DataFrame or the path of a CSV file")
    own = {column: names[i] for column, i in known.items()}
    return [Row(at, {c: cells[i] for c, i in known.items()}, own) for at, cells in numbered]


def _is_missing(value: object) -> bool:
    if isinstance(value, str):
        return value.strip() in ("", ".")
    number = as_number(value)
    return value is None or value is pd.NA or value is pd.NaT or number != number


def _known(names: list[str], where: str | None) -> dict[str, int]:
    """Place of every column that is read."""
    known: dict[str, int] = {}
    for i, name in enumerate(names):
        plain = name.strip().lower()
        if plain in _CLOCK:
            fix = "write TIME in hours since time zero and leave it out"
            raise InputError(f"column '{name}'", where=where, why="dates are not read", fix=fix)
        if plain in _NAMES:
            if _NAMES[plain] in known:
                first = names[known[_NAMES[plain]]]
                raise InputError(f"columns '{first}' and '{name}' are the same", where=where)
            known[_NAMES[plain]] = i
        elif plain not in _OTHERS and (near := typo(plain, _NAMES)):
            fix = f"did you mean '{near}'? Rename or drop it"
            raise InputError(f"unknown column '{name}'", where=where, fix=fix)
    for column, name in (("time", "TIME"), ("amt", "AMT")):
        if column not in known:
            shown = ", ".join(names[:8])
            raise InputError(f"column {name} is missing", where=where, why=f"there are: {shown}")
    return known


def _csv(path: Path) -> tuple[str, list[str], list[tuple[str, list[str]]]]:
    """Where the header stands, the header, and the rows with their lines."""
    rows: list[tuple[str, list[str]]] = []
    for n, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{path}: line {n}"
        try:
            # Line by line: a quote that is not closed must not swallow the rows below it.
            cells = next(csv.reader([line], strict=True))
        except csv.Error as error:
            raise InputError(f"does not parse: {error}", where=where) from None
        if not rows and len(cells) == 1 and re.search(r"[;\t]", line):
            raise InputError("columns are not separated by commas", where=where)
        if rows and len(cells) != len(rows[0][1]):
            fix = "separate the cells by commas, with a point in decimals"
            what = f"{len(cells)} cells instead of {len(rows[0][1])}"
            raise InputError(what, where=where, fix=fix)
        rows.append((where, cells))
    if len(rows) < 2:
        raise InputError("the table is empty", where=path)
    return rows[0][0], rows[0][1], rows[1:]
