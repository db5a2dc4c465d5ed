"""Outputs as a sweep file asks for them: one `[[endpoints]]` or `[[courses]]` table each."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from il15_sim import endpoints
from il15_sim.errors import InputError, unknown
from il15_sim.files.toml import Table
from il15_sim.finite import as_number
from il15_sim.results.endpoint import KINDS, Endpoint
from il15_sim.sensitivity.outputs import CONTRASTS

#: What can be asked: every function of `il15_sim.endpoints`.
_ASKED = ("auc_0_12", *KINDS)
#: Kinds whose value says by itself whether it is a rise, and the value that is none.
_NO_CHANGE = {"change": 0.0, "fold": 1.0, "max_fold": 1.0, "accumulation": 1.0}
_OWN = ("name", "title", "kind", "observable", "compare", "scale")
_COURSE_KEYS = ("observable", "days", "title", "compare", "scale")
_SCALES = ("linear", "log")


@dataclass(frozen=True)
class Asked:
    """One output of a sweep.

    Attributes
    ----------
    endpoint : Endpoint
    title : str
        What readers see.
    compare : str
        How it is compared with the same patient under the other regimen: "log_ratio",
        "difference", or empty where it stands on its own.
    scale : str
        "linear", or "log" where its logarithm is analysed.
    other : str
        The other regimen in words.
    """

    endpoint: Endpoint
    title: str
    compare: str = ""
    scale: str = "linear"
    other: str = "the other regimen"

    @property
    def output(self) -> str:
        """Its name among the outputs of an analysis."""
        return _output(self.endpoint.name, self.compare, self.scale)

    @property
    def logarithmic(self) -> bool:
        """Whether the analysed numbers are logarithms, of a value or of a ratio."""
        return self.scale == "log" or self.compare == "log_ratio"

    @property
    def no_change(self) -> float | None:
        """The value that is neither rise nor fall; None where the value does not tell."""
        if self.compare:
            return 0.0
        value = _NO_CHANGE.get(self.endpoint.kind)
        return value if value is None or self.scale == "linear" else math.log(value)

    @property
    def notable(self) -> float | None:
        """A change of five per cent, as it is analysed; None where a value has no natural size."""
        if self.logarithmic:
            return math.log(1.05)
        return 0.05 if not self.compare and self.no_change == 1.0 else None

    @property
    def words(self) -> str:
        """Its title, and how it is compared."""
        return _words(self.title, self)


@dataclass(frozen=True)
class Course:
    """A time course whose indices are told at some days.

    `observable`, `days`, `title`; `compare`, `scale` and `other` as in `Asked`.
    """

    observable: str
    days: tuple[float, ...]
    title: str
    compare: str = ""
    scale: str = "linear"
    other: str = "the other regimen"

    @property
    def output(self) -> str:
        """Its name among the outputs of an analysis."""
        return _output(self.observable, self.compare, self.scale)

    @property
    def words(self) -> str:
        """Its title, and how it is compared."""
        return _words(self.title, self)


def _output(name: str, compare: str, scale: str) -> str:
    made = compare or ("log" if scale == "log" else "")
    return f"{name}_{made}" if made else name


def _words(title: str, asked: Asked | Course) -> str:
    told = {"log_ratio": "log ratio to", "difference": "difference from"}
    how = f"{told[asked.compare]} {asked.other}" if asked.compare else ""
    how = "logarithm" if asked.scale == "log" else how
    return f"{title}, {how}" if how else title


def read_comparison(row: Table, *, change: bool = False) -> tuple[str, str]:
    """The keys `compare` (empty where missing) and `scale` of an output.

    Raises InputError for unknown ones, and for the logarithm of what has none.
    """
    compare = row.text("compare", default="")
    if "compare" in row.data and compare not in CONTRASTS:
        raise unknown("comparison", compare, CONTRASTS, row.at("compare"))
    scale = row.text("scale", default="linear")
    if scale not in _SCALES:
        raise unknown("scale", scale, _SCALES, row.at("scale"))
    if scale == "log" and (compare or change):
        raise InputError(
            'scale "log" of ' + (f'compare "{compare}"' if compare else "a change"),
            where=row.at("scale"),
            why="it has no logarithm" if compare != "log_ratio" else "it is a logarithm already",
            fix="leave scale out",
        )
    return compare, scale


def read_course(row: Table, other: str, horizon_days: float) -> Course:
    """The time course that a table asks for; `other` as in `read_asked`.

    Raises
    ------
    InputError
        For unknown keys and comparisons, and fewer than two days, or days that do not ascend from
        a time after 0 to the horizon.
    """
    row.allow(_COURSE_KEYS)
    observable = row.text("observable")
    row.need("days", "days = [7, 14, 28]")
    given = row.data["days"]
    numbers = [as_number(one) for one in given] if isinstance(given, list) else []
    days = [day for day in numbers if day is not None and 0 < day <= horizon_days]
    if len(days) < 2 or len(days) != len(numbers) or days != sorted(set(days)):
        raise InputError(
            f"days {given!r:.60}",
            where=row.at("days"),
            why=f"they are two or more ascending numbers after 0, to day {horizon_days:g} at most",
        )
    compare, scale = read_comparison(row)
    title = row.text("title", default=observable.replace("_", " "))
    return Course(observable, tuple(days), title, compare, scale, other)


def read_asked(row: Table, other: str) -> Asked:
    """The output that a table asks for; `other` is the regimen it may be compared with, in words.

    Raises
    ------
    InputError
        For unknown kinds, keys and comparisons, missing keys, and what the endpoint refuses.
    """
    kind = row.text("kind")
    if kind not in _ASKED:
        raise unknown("endpoint", kind, _ASKED, row.at("kind"))
    make = getattr(endpoints, kind)
    takes: Mapping[str, inspect.Parameter] = inspect.signature(make).parameters
    row.allow([*_OWN, *(key for key in takes if key not in _OWN)])
    observable = row.text("observable")
    given: dict[str, Any] = {key: row.data[key] for key in takes if key in row.data}
    for key, parameter in takes.items():
        if parameter.default is inspect.Parameter.empty:
            row.need(key, f"{key} = 28" if key != "drug" else 'drug = "sorafenib"')
    given["observable"] = observable
    with row.told_at("kind"):
        found: Endpoint = make(given.pop("observable"), **given)
    compare, scale = read_comparison(row, change=kind == "change")
    name = row.text("name", default=found.name)
    if "name" in row.data and not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        raise InputError(
            f"endpoint name {name!r:.60}",
            where=row.at("name"),
            why="it is a column of tables: a letter, then letters, digits and _",
            fix="say it in words as title",
        )
    title = row.text("title", default=name.replace("_", " "))
    return Asked(found.named(name), title, compare, scale, other)
