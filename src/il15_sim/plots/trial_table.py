"""Tables that figures of trials are drawn from, with their faults told by column and row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from il15_sim.errors import InputError, unknown

if TYPE_CHECKING:
    import pandas as pd


def read_rows(
    rows: pd.DataFrame,
    numbers: Sequence[str],
    texts: Sequence[str] = ("label",),
    optional: Sequence[str] = (),
    *,
    what: str = "table",
) -> pd.DataFrame:
    """The table with its columns of numbers as floats; infinite and missing ones are kept.

    Raises
    ------
    InputError
        For what is no DataFrame, an empty one, columns that are missing or unknown, and cells that
        are no numbers.
    """
    import pandas as pd

    if not isinstance(rows, pd.DataFrame):
        raise InputError(f"{what} {type(rows).__name__}", fix="give a DataFrame")
    known = [*texts, *numbers, *optional]
    for column in rows.columns:
        if column not in known:
            raise unknown("column", str(column), known, what)
    for column in (*texts, *numbers):
        if column not in rows:
            raise InputError(f"missing column '{column}'", where=what)
    if not len(rows):
        raise InputError(f"the {what} has no rows")
    found = rows.reset_index(drop=True)
    for column in numbers:
        try:
            found[column] = found[column].astype(np.float64)
        except (TypeError, ValueError):
            raise InputError(f"column '{column}'", where=what, why="it is not of numbers") from None
    return found


def check_ends(rows: pd.DataFrame, value: str, lower: str, upper: str, *, what: str) -> None:
    """Refuse an interval that does not hold its own estimate."""
    bad = (rows[lower] > rows[value]) | (rows[upper] < rows[value])
    if bad.any():
        row = rows[bad].iloc[0]
        told = f"{row[lower]:g} to {row[upper]:g} about {row[value]:g}"
        why = "an interval holds its estimate"
        raise InputError(f"interval {told} of '{row['label']}'", where=what, why=why)
