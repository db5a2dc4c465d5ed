"""Tab-separated tables: plain cells, comment lines, and faults told with their line.

Cells are plain text between tabs, without quoting: a quote that is not closed would swallow the
rest of the table, and a cell is read alike here, by pandas and by eye.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.atomic import write_atomic
from il15_sim.files.text import read_text


def read_tsv(
    path: Path,
    columns: tuple[str, ...],
    optional: tuple[str, ...] = (),
    unique: str | None = None,
) -> tuple[list[tuple[int, dict[str, str]]], tuple[str, ...]]:
    """Rows with their line numbers, and the comment lines above the header.

    Parameters
    ----------
    path : Path
        UTF-8 text. Blank lines, lines that start with `#` and blanks around a cell do not count.
    columns, optional : tuple of str
        Columns that must be there, and those that may; in any order. An optional column that is
        not there reads as empty cells.
    unique : str, optional
        A column in which no cell may stand twice.

    Raises
    ------
    InputError
        With file and line, for a file that cannot be read, a missing, unknown or repeated column, a
        line with another number of cells than the header, a cell that starts with a quote, a cell
        that stands twice where it may not, and a table without rows.
    """
    header: list[str] = []
    comments: list[str] = []
    rows: list[tuple[int, dict[str, str]]] = []
    seen: dict[str, int] = {}
    for n, line in enumerate(read_text(path).split("\n"), start=1):
        if line.startswith("#") and not header:
            comments.append(line[1:].strip())
        if line.startswith("#") or not line.strip():
            continue
        where, cells = f"{path}: line {n}", [c.strip() for c in line.split("\t")]
        if quoted := [c for c in cells if c.startswith('"')]:
            why = "cells are plain text, and other readers would drop the quotes"
            raise InputError(f"cell {quoted[0]:.30} starts with a quote", where=where, why=why)
        if not header:
            _check_header(cells, columns, optional, where)
            header = cells
            continue
        if len(cells) != len(header):
            raise InputError(
                f"{len(cells)} columns instead of {len(header)}",
                where=where,
                fix="separate the cells by one tab each",
            )
        row = dict.fromkeys(optional, "") | dict(zip(header, cells, strict=True))
        if unique and (first := seen.setdefault(row[unique], n)) != n:
            text = f"duplicated id '{row[unique]}', first on line {first}"
            raise InputError(text, where=where)
        rows.append((n, row))
    if not rows:
        raise InputError("the table is empty", where=path)
    return rows, tuple(comments)


def _check_header(
    cells: list[str], columns: tuple[str, ...], optional: tuple[str, ...], where: str
) -> None:
    known = (*columns, *optional)
    for cell in cells:
        if cell not in known:
            # What is missing is what a misspelt column is likely to mean.
            absent = [c for c in known if c not in cells]
            raise unknown("column", cell, absent or known, where)
        if cells.count(cell) > 1:
            raise InputError(f"column '{cell}' stands twice", where=where)
    if missing := [c for c in columns if c not in cells]:
        raise InputError(f"missing column '{missing[0]}'", where=where)


def write_tsv(
    path: Path,
    header: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    comments: Iterable[str] = (),
) -> None:
    """Write a table atomically; refuses cells that would not read back."""
    lines = [f"# {line}" for c in comments for line in c.split("\n")]
    for cells in (header, *rows):
        if bad := [c for c in cells if re.search(r"[\t\r\n]", c) or c.startswith('"')]:
            raise InputError(f"cell {bad[0]!r} cannot be written", why="no tabs, lines, quotes")
        lines.append("\t".join(cells))
    write_atomic(path, "\n".join(lines) + "\n")
