"""Which sensitivity indices a figure draws, of which factors, and what these are called."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from il15_sim.errors import InputError, unknown
from il15_sim.model.observables import read_observables
from il15_sim.plots.labels import name_of

if TYPE_CHECKING:
    import pandas as pd

Labels = Mapping[str, str] | None
_NAME_LETTERS, _NAME_LINES = 30, 3


def output_rows(frame: pd.DataFrame, output: str | None) -> pd.DataFrame:
    """The rows of one output of a frame of indices.

    Raises
    ------
    InputError
        For an unknown output, and for none where there are several.
    """
    names = list(dict.fromkeys(frame["output"]))
    if output is None:
        if len(names) != 1:
            raise InputError("which output?", fix=f"choose one of: {', '.join(names)}")
        output = names[0]
    if output not in names:
        raise unknown("output", str(output), names)
    return frame[frame["output"] == output]


def index_rows(
    frame: pd.DataFrame,
    output: str | None,
    needed: Sequence[str],
    made_by: str,
    time_h: float | None = None,
) -> pd.DataFrame:
    """The rows of the needed indices of one output, at one time where it is a time course.

    Raises
    ------
    InputError
        Where an index is not there, with the call that makes it; for another time; for an output
        that does not vary.
    """
    rows = output_rows(frame, output)
    output, found = rows["output"].iloc[0], set(rows["index"])
    for index in needed:
        if index not in found:
            has = ", ".join(sorted(found))
            raise InputError(f"no {index} of '{output}'", why=f"there are: {has}", fix=made_by)
    rows = rows[rows["index"].isin(needed)]
    times = rows["time_h"].dropna().unique().tolist()
    if times:
        if time_h not in times:
            shown = ", ".join(f"{t:g}" for t in times[:8]) + (", ..." if len(times) > 8 else "")
            raise InputError(
                f"time_h {time_h} of '{output}'",
                why="it is a time course",
                fix=f"choose one of: {shown}",
            )
        rows = rows[rows["time_h"] == time_h]
    elif time_h is not None:
        raise InputError(
            f"time_h {time_h:g} of '{output}'", why="it is one number of a run", fix="leave it out"
        )
    return varying(rows)


def varying(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows; refused where none of them is a number."""
    if rows["value"].notna().any():
        return rows
    raise InputError(
        f"no index of '{rows['output'].iloc[0]}' is a number",
        why="it does not vary, or is zero at the point",
        fix="choose another output",
    )


def top_factors(rows: pd.DataFrame, index: str, top: int) -> list[str]:
    """The factors with the largest values of an index (at any time), the largest first."""
    if isinstance(top, bool) or not isinstance(top, int) or top < 1:
        raise InputError(f"top={top!r}", why="it is the number of factors, 1 or more")
    own = rows[(rows["index"] == index) & (rows["other"] == "")].dropna(subset=["value"])
    size = own["value"].abs().groupby(own["factor"], sort=False).max()
    return [str(f) for f in size.sort_values(ascending=False, kind="stable").index[:top]]


def values_of(rows: pd.DataFrame, index: str, factors: Sequence[str]) -> pd.DataFrame:
    """Columns value, low, high of an index, one row per factor, in their order."""
    own = rows[(rows["index"] == index) & (rows["other"] == "")].set_index("factor")
    return own.loc[list(factors), ["value", "low", "high"]]


def factor_name(factor: str, labels: Labels, letters: int = _NAME_LETTERS) -> str:
    """A factor in words: as labelled, or as the parameter table names it; on a few short lines."""
    from il15_sim.plots import figure as look

    name = (labels or {}).get(factor) or name_of(factor)
    parts = textwrap.wrap(name, letters, max_lines=_NAME_LINES, placeholder=" …")
    return look.plain("\n".join(parts))


def output_name(output: str, labels: Labels, time_h: float | None = None) -> str:
    """An output in words.

    >>> output_name("fold_cd4_nkg2d_percent_day56_log_ratio", None)
    'CD4+NKG2D+ of CD4+: fold, day 56, log ratio'
    """
    if labels and output in labels:
        name = labels[output]
    else:
        known = [o for o in read_observables().observables if o in output]
        if known:
            of = max(known, key=len)
            before, _, after = output.partition(of)
            after = re.sub(r"^_day([\d.]+)", r"day \1, ", after)
            after = re.sub(r"_([\d.e+]+)_([\d.e+]+)h", r"\1–\2 h, ", after)
            before = before.removesuffix("_at_").replace("auc", "AUC").replace("cmax", "Cmax")
            parts = [p.replace("_", " ").strip() for p in (before, *after.split(","))]
            told = ", ".join(p for p in parts if p)
            name = name_of(of) + (f": {told}" if told else "")
        else:
            name = output.replace("_", " ")
    return name if time_h is None else f"{name}, day {time_h / 24:g}"
