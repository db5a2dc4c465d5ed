"""Tab-separated tables: plain cells, comment lines, and faults told with their line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic


def read_tsv(
    path: Path, columns: tuple[str, ...]
) -> tuple[list[tuple[int, dict[str, str]]], tuple[str, ...]]:
    """Rows with their line numbers, and the comment lines above the header."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=path) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=path) from None
    header: list[str] | None = None
    comments: list[str] = []
    rows: list[tuple[int, dict[str, str]]] = []
    for n, line in enumerate(lines, start=1):
        if line.startswith("#") and header is None:
            comments.append(line[1:].strip())
        if line.startswith("#") or not line.strip():
            continue
        where, cells = f"{path}: line {n}", [c.strip() for c in line.split("\t")]
        if header is None:
            header = cells
            if missing := [c for c in columns if c not in cells]:
                raise InputError(f"missing column '{missing[0]}'", where=where)
            if extra := [c for c in cells if c not in columns or cells.count(c) > 1]:
                raise InputError(f"unknown or repeated column '{extra[0]}'", where=where)
            continue
        if len(cells) != len(header):
            raise InputError(
                f"{len(cells)} columns instead of {len(header)}",
                where=where,
                fix="separate the cells by one tab each",
            )
        if quoted := [c for c in cells if c.startswith('"')]:
            why = "cells are plain text, and other readers would drop the quotes"
            raise InputError(f"cell {quoted[0][:30]} starts with a quote", where=where, why=why)
        rows.append((n, dict(zip(header, cells, strict=True))))
    if not rows:
        raise InputError("the table is empty", where=path)
    return rows, tuple(comments)


def number(text: object, what: str, where: str | Path | None) -> float:
    """A finite number from a cell; `what` names it in the error."""
    try:
        number = float(text) if "_" not in str(text) else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"{what} is not a number: '{text}'", where=where) from None
    if not math.isfinite(number):
        raise InputError(f"{what} is not a finite number: '{text}'", where=where)
    return number


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
