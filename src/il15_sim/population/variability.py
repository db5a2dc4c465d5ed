"""How much parameters differ between patients: what the table says, or what is stated instead."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.files.numeric import real
from il15_sim.finite import as_list
from il15_sim.simulation.subject import Subject

#: What varies: ids with the table's CV, or ids with a CV in percent of their own.
Vary = str | Sequence[str] | Mapping[str, float] | None


def log_sd(cv_percent: float) -> float:
    """Log SD of a log-normal number with a CV in percent.

    >>> round(log_sd(100.0), 4)
    0.8326
    """
    return math.sqrt(math.log1p((cv_percent / 100) ** 2))


def cv_percent(sd: float) -> float:
    """CV in percent of a log-normal number with a log SD."""
    return 100 * math.sqrt(math.expm1(sd**2))


def table_cvs(subject: Subject) -> dict[str, float]:
    """CV in percent of every parameter of a model to which the table gives one."""
    table = None if subject.model is None else subject.model.parameters
    stated: dict[str, float] = {}
    for name in table or ():
        cv = None if table is None else table[name].iiv_cv_percent
        if cv is not None and name in subject.constants:
            stated[name] = cv
    return stated


def chosen_cvs(subject: Subject, vary: Vary, where: str) -> dict[str, float]:
    """CV in percent of what varies.

    Raises
    ------
    InputError
        For ids that are unknown, stand twice or have no variability, and for a CV that is not
        positive.
    """
    stated = table_cvs(subject)
    if vary is None:
        return stated
    named: list[str]
    if isinstance(vary, Mapping):
        named = [str(name) for name in vary]
    else:
        one = isinstance(vary, str)
        listed: Any = [vary] if one else as_list("vary", vary, "['ka', 'volume']")
        named = [str(name) for name in listed]
        check_distinct("parameter", named, "name each once", where)
    found = {}
    for name in named:
        if name not in subject.constants:
            raise unknown("parameter", name, subject.constants, where)
        if isinstance(vary, Mapping):
            cv = real(vary[name], f"CV of '{name}'", where)
            if not cv > 0:
                why = "it is positive, in percent"
                raise InputError(f"CV of '{name}' is {cv:g}", where=where, why=why)
        elif name in stated:
            cv = stated[name]
        else:
            raise InputError(
                f"'{name}' varies between patients",
                where=where,
                why="the table gives it no variability",
                fix=f"state it: vary = {{'{name}': CV in percent}}",
            )
        found[name] = cv
    return found
