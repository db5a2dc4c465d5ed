"""What a table of readings may hold, and what is refused of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from il15_sim.errors import InputError, unknown
from il15_sim.fit.likelihoods import LIKELIHOODS, likelihood
from il15_sim.fit.rows import Row

#: Hours of one unit of a column of times.
TIMES = {"time_h": 1.0, "time_min": 1 / 60, "time_d": 24.0}
#: What likelihoods have to be told, each a column of its own.
KNOWN = tuple(dict.fromkeys(k.name for one in LIKELIHOODS.values() for k in one.known))
COLUMNS = tuple(
    dict.fromkeys(
        (
            *TIMES,
            *("observable", "value", "unit", "group", "error", "n", "likelihood", "replicate"),
            *("regimen", "dose", "quantity", "start", "against", "weight", "plate"),
            *("statistic", "threshold"),
            *KNOWN,
        )
    )
)
#: Kinds whose spread may be left out: its size is then estimated.
ESTIMATED = {"normal": "sd", "log-normal": "log_sd"}


def check_columns(columns: Sequence[str], source: str) -> str:
    """The column of times; refuses columns that mean nothing, stand twice or are missing."""
    for column in columns:
        if column not in COLUMNS:
            raise unknown("column", column, [c for c in COLUMNS if c not in columns], source)
        if list(columns).count(column) > 1:
            raise InputError(f"column '{column}' stands twice", where=source)
    times = [c for c in TIMES if c in columns]
    if len(times) != 1:
        told = "no column of times" if not times else f"columns '{times[0]}' and '{times[1]}'"
        raise InputError(told, where=source, fix="give one of time_h, time_min and time_d")
    if "regimen" in columns and "dose" in columns:
        why = "each tells what a row was given"
        raise InputError("columns 'regimen' and 'dose'", where=source, why=why, fix="keep one")
    for column in ("observable", "value"):
        if column not in columns:
            raise InputError(f"missing column '{column}'", where=source)
    return times[0]


def check_used(filled: Sequence[str], kind: str, where: str) -> None:
    """Refuse a filled cell that the row's likelihood would not read; `n` any row may tell."""
    used = [item.name for item in likelihood(kind).known]
    used += ["error"] if kind in ESTIMATED else []
    for name in filled:
        if name not in used and name != "n":
            raise InputError(
                f"a value in column '{name}'",
                where=where,
                why=f"'{kind}' uses {' or '.join(used) or 'none'}",
                fix="leave the cell empty, or choose another likelihood",
            )


def check_row(row: Row, where: str) -> None:
    """Refuse what the row's likelihood cannot use, at the place of the row."""
    one = likelihood(row.kind)
    try:
        predicted = 0.5 if one.predicted_rule == "probability" else 1.0
        one.log_density(predicted, row.measured, **row.known)
    except InputError as error:
        raise error.at(where) from None


def check_errors(rows: Sequence[Row]) -> None:
    """Refuse an observable of which some rows tell their error and others do not."""
    for name in dict.fromkeys(r.observable for r in rows):
        own = [r for r in rows if r.observable == name and r.kind in ESTIMATED]
        missing = [r for r in own if r.size]
        if missing and len(missing) < len(own):
            raise InputError(
                f"no error of '{name}'",
                where=missing[0].where,
                why="other rows of it have one",
                fix="give one in every row, or in none: then its size is estimated",
            )


def check_censored(rows: Sequence[Row], source: str) -> None:
    """Refuse a table in which nothing was quantified."""

    def beyond(r: Row) -> bool:
        if not r.kind.startswith("censored-") or isinstance(r.measured, str):
            return False
        lower, upper = r.known.get("lower", -math.inf), r.known.get("upper", math.inf)
        return r.measured <= lower or r.measured >= upper

    if all(beyond(r) for r in rows):
        raise InputError(
            "all readings lie beyond a limit of quantification",
            where=source,
            why="they tell no level",
            fix="give at least one that was quantified",
        )


def check_one_unit(rows: Sequence[Row]) -> None:
    """Refuse relative readings that share a factor in two units."""
    first: dict[str, str] = {}
    for row in rows:
        if row.factor and first.setdefault(row.factor, row.unit) != row.unit:
            before = first[row.factor]
            why = f"relative readings of '{row.observable}' before it are in '{before}'"
            raise InputError(f"unit '{row.unit}'", where=row.where, why=why)
