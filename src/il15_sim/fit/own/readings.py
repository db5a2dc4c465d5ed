"""A modeller's own table of readings, whole and in the units of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number, real
from il15_sim.fit.likelihoods import LIKELIHOODS, likelihood
from il15_sim.fit.own.cells import given_rows
from il15_sim.model.units import convert
from il15_sim.simulation.subject import Subject

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Hours of one unit of a column of times.
TIMES = {"time_h": 1.0, "time_min": 1 / 60, "time_d": 24.0}
COLUMNS = (
    *TIMES,
    *("observable", "value", "unit", "group", "error", "n", "likelihood", "replicate"),
)
#: Kinds of errors that least squares serves, and the keyword of their spread.
SPREADS = {"normal": "sd", "log-normal": "log_sd"}


@dataclass(frozen=True, eq=False)
class Readings:
    """N readings in the units of the model.

    Attributes
    ----------
    source : str
        What the table is called in messages.
    where : tuple of str
        Place of each row.
    observable, group, kind, unit : tuple of str
        `kind` is that of the likelihood.
    time_h, value : arrays (N,)
    error : array (N,)
        Standard error of each value, NaN where the table has none.
    n : array (N,)
        Readings behind each value; their mean has an error smaller by the root of n.
    """

    source: str
    where: tuple[str, ...]
    observable: tuple[str, ...]
    group: tuple[str, ...]
    kind: tuple[str, ...]
    unit: tuple[str, ...]
    time_h: Array
    value: Array
    error: Array
    n: Array

    @property
    def logarithmic(self) -> NDArray[np.bool_]:
        """Rows whose errors are those of the logarithm, (N,)."""
        return np.array([kind == "log-normal" for kind in self.kind])

    @property
    def spread(self) -> Array:
        """SD of each error on the scale of its likelihood, (N,); NaN where none is told."""
        relative = np.sqrt(np.log1p((self.error / np.where(self.value == 0, 1, self.value)) ** 2))
        return np.where(self.logarithmic, relative, self.error)

    @property
    def spread_of(self) -> tuple[tuple[str, str] | None, ...]:
        """Which spread each row shares, by observable and kind; None where its error is told."""
        keys = zip(self.observable, self.kind, np.isnan(self.error), strict=True)
        return tuple((observable, kind) if open_ else None for observable, kind, open_ in keys)


def read_readings(
    data: str | Path | pd.DataFrame,
    subject: Subject,
    noise: str | Mapping[str, str],
    scaled: bool,
) -> Readings:
    """The readings of a file of comma-, semicolon- or tab-separated cells, or of a DataFrame.

    Parameters
    ----------
    data : path or DataFrame
    subject : Subject
        Knows the observables and their units.
    noise : str or mapping
        Kind of errors where the table has no column `likelihood`: of all, or by observable.
    scaled : bool
        Whether readings are relative: then their unit is not that of the model.

    Raises
    ------
    InputError
        With file and line (or the row of the DataFrame) for whatever cannot be used.
    """
    source, columns, rows = given_rows(data)
    time = _check_columns(columns, source)
    if not isinstance(noise, str):
        if not isinstance(noise, Mapping):
            raise InputError(f"noise {noise!r:.40}", fix='give "log-normal", "normal" or a mapping')
        measured = [_name(row["observable"]) for _, row in rows]
        for name in noise:
            if name not in measured:
                raise unknown("observable", str(name), measured, "noise")
    seen: dict[str, str] = {}
    found = []
    for where, row in rows:
        reading = _reading(where, row, time, subject, noise, scaled)
        # What was read, not how it is spelled: 2.0 repeats 2.
        key = repr((reading, _name(row.get("replicate", ""))))
        if key in seen:
            raise InputError(
                f"a repetition of the row at {seen[key]}",
                where=where,
                fix="leave it out, or number true replicates in a column 'replicate'",
            )
        seen[key] = where
        found.append(reading)
    if not found:
        raise InputError("the table has no rows", where=source)
    texts, numbers = zip(*found, strict=True)
    observable, group, kind, unit = map(tuple, zip(*texts, strict=True))
    time_h, value, error, n = map(np.array, zip(*numbers, strict=True))
    places = tuple(where for where, _ in rows)
    _check_errors(observable, error, places)
    if scaled:
        _check_one_unit(observable, unit, places)
    return Readings(source, places, observable, group, kind, unit, time_h, value, error, n)


def _check_columns(columns: Sequence[str], source: str) -> str:
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
    for column in ("observable", "value"):
        if column not in columns:
            raise InputError(f"missing column '{column}'", where=source)
    return times[0]


def _reading(
    where: str,
    row: Mapping[str, Any],
    time: str,
    subject: Subject,
    noise: str | Mapping[str, str],
    scaled: bool,
) -> tuple[tuple[str, str, str, str], tuple[float, float, float, float]]:
    observable = _name(row["observable"])
    if not observable:
        raise InputError("no observable", where=where, fix="name one of `il15-sim list`")
    if observable not in subject.quantities:
        raise unknown("observable", observable, subject.quantities, where)
    time_h = _number(row[time], time, where) * TIMES[time]
    if time_h < 0:
        raise InputError(f"{time} {time_h / TIMES[time]:g} is negative", where=where)
    value = _number(row["value"], "value", where)
    kind = _kind(_name(row.get("likelihood", "")), observable, noise, where)
    n = 1.0
    if "n" in row:
        n = _number(row["n"], "n", where)
        if n < 1 or n != int(n):
            raise InputError(f"n {n:g} is not a whole number from 1 on", where=where)
    error = math.nan
    if "error" in row and _name(row["error"]):
        error = _number(row["error"], "error", where) / math.sqrt(n)
        if error <= 0:
            why = "a reading without any spread would decide everything"
            raise InputError(f"error {error:g} is not positive", where=where, why=why)
    unit = subject.units.get(observable, "")
    if "unit" in row:
        given = _name(row["unit"])
        if not given:
            raise InputError("no unit", where=where, fix="give one in every row, or in none")
        if scaled:
            unit = given
        elif given != unit:
            value, error = (_converted(x, given, unit, observable, where) for x in (value, error))
    if kind == "log-normal" and value <= 0:
        raise InputError(
            f"value {value:g} of '{observable}'",
            where=where,
            why="on a log scale it is positive",
            fix='choose noise="normal" for it, or leave it out',
        )
    texts = (observable, _name(row.get("group", "")), kind, unit)
    if "group" in row and not texts[1]:
        raise InputError("no group", where=where, fix="name one in every row")
    return texts, (time_h, value, error, n)


def _kind(given: str, observable: str, noise: str | Mapping[str, str], where: str) -> str:
    by_observable = noise if isinstance(noise, str) else noise.get(observable, "log-normal")
    kind = likelihood(given or by_observable, where if given else None).kind
    if kind not in SPREADS:
        raise InputError(
            f"likelihood '{kind}'",
            where=where,
            why="this fit is one of least squares",
            fix="choose " + " or ".join(k for k in LIKELIHOODS if k in SPREADS),
        )
    return kind


def _converted(value: float, given: str, unit: str, observable: str, where: str) -> float:
    if not unit:
        why = f"the model has no unit of '{observable}'"
        raise InputError(f"unit '{given}'", where=where, why=why, fix="leave the column out")
    try:
        return convert(value, given, unit)
    except InputError as error:
        raise error.at(where) from None


def _name(cell: object) -> str:
    """A cell as text; empty where it is missing, and 10 for 10.0: pandas writes both."""
    if cell is None or cell != cell:
        return ""
    return f"{cell:.12g}" if isinstance(cell, float) else str(cell).strip()


def _number(cell: object, what: str, where: str) -> float:
    if isinstance(cell, str):
        return number(cell.strip(), what, where)
    return real(cell, what, where)


def _check_errors(observable: tuple[str, ...], error: Array, where: tuple[str, ...]) -> None:
    for name in dict.fromkeys(observable):
        own = [i for i, one in enumerate(observable) if one == name]
        missing = np.isnan(error[own])
        if missing.any() and not missing.all():
            raise InputError(
                f"no error of '{name}'",
                where=where[own[int(np.argmax(missing))]],
                why="other rows of it have one",
                fix="give one in every row, or in none: then its size is estimated",
            )


def _check_one_unit(
    observable: tuple[str, ...], unit: tuple[str, ...], where: tuple[str, ...]
) -> None:
    first: dict[str, str] = {}
    for name, one, place in zip(observable, unit, where, strict=True):
        if first.setdefault(name, one) != one:
            why = f"relative readings of '{name}' before it are in '{first[name]}'"
            raise InputError(f"unit '{one}'", where=place, why=why)
