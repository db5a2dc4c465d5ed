"""Rows as CSV text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    r"""Rows, the header among them, as CSV with "\n" at the line ends; quoted where it must be.

    >>> csv_text([("run", "value"), ("a, b", 1.5)])
    'run,value\n"a, b",1.5\n'
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
