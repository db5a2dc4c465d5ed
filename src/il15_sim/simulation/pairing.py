"""Who gets what: patients and regimens brought together, and what the runs are called."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.model import Model
from il15_sim.model.unusual import warn_of_value
from il15_sim.regimen import Regimen
from il15_sim.simulation.rows import ParameterRows
from il15_sim.simulation.subject import Subject, without_value

#: What may be given as regimens, and as parameters.
Regimens = Regimen | Iterable[Regimen] | Mapping[str, Regimen] | None
Parameters = (
    pd.DataFrame | ParameterRows | Mapping[str, float] | Sequence[Mapping[str, float]] | None
)


@dataclass(frozen=True, eq=False)
class Pairing:
    """N runs.

    Attributes
    ----------
    rows : ParameterRows
        Of every run, with what it is called.
    regimens : tuple of Regimen
        The distinct ones.
    regimen_of : array of int, shape (N,), or None
        Which of them each run is given; None: all the first.
    """

    rows: ParameterRows
    regimens: tuple[Regimen, ...]
    regimen_of: NDArray[np.intp] | None


def paired(
    subject: Subject,
    regimens: Regimens,
    parameters: Parameters,
    *,
    cross: bool = False,
    names: Sequence[str] | str | None = None,
) -> Pairing:
    """Bring parameters and regimens together.

    One of either serves all of the other. As many of both are paired, or crossed where that is
    asked for: then all regimens of the first patient come first.

    Raises
    ------
    InputError
        For what is no regimen or no table, ids that the model does not have, numbers of both that
        do not fit, and names that are given twice.
    """
    given, regimen_names = _listed(regimens)
    if subject.model is None and any(r != Regimen.none() for r in given):
        raise InputError(
            "a regimen for a compiled SBML model",
            why="it has no table of drugs",
            fix="give its doses as changes",
        )
    rows = _rows(subject, parameters)
    crossed = cross or len(given) == 1 or rows.count == 1
    if not crossed and len(given) != rows.count:
        raise InputError(
            f"{len(given)} regimens for {rows.count} rows of parameters",
            fix="give one for all or one per row, or cross=True for every row under every regimen",
        )
    # A table numbers its rows; mappings have nothing that names them.
    numbered = isinstance(parameters, (pd.DataFrame, ParameterRows))
    called = _called(rows, regimen_names, crossed, numbered)
    index: dict[Regimen, int] = {}
    order = np.array([index.setdefault(r, len(index)) for r in given], np.intp)
    if crossed:
        order = np.tile(order, rows.count)
        rows = rows.crossed(len(given))
    if names is not None:
        called = (names,) if isinstance(names, str) else tuple(names)
    rows = replace(rows, names=called)
    return Pairing(rows, tuple(index), None if len(index) == 1 else order)


def _listed(given: Regimens) -> tuple[list[Regimen], list[str]]:
    """The regimens and what they are called; what is none is refused by its looks."""
    if given is None:
        return [Regimen.none()], [str(Regimen.none())]
    names: list[str] | None = None
    if isinstance(given, Mapping):
        names, items = [str(name) for name in given], list(given.values())
        check_distinct("regimen", names, "give each a name of its own")
    elif isinstance(given, Iterable) and not isinstance(given, (str, bytes, pd.DataFrame)):
        items = list(given)
    else:
        items = [given]
    if not items or items == [None]:
        raise InputError("no regimen to simulate", fix="give one, or Regimen.none()")
    odd = [item for item in items if not isinstance(item, Regimen)]
    if odd:
        raise InputError(f"{odd[0]!r:.80} is not a regimen", fix="read text with Regimen.parse")
    return items, _unlike(map(str, items)) if names is None else names


def _rows(subject: Subject, parameters: Parameters) -> ParameterRows:
    if parameters is None:
        rows = ParameterRows.none(1)
    elif isinstance(parameters, ParameterRows):
        rows = parameters
    elif isinstance(parameters, pd.DataFrame):
        rows = ParameterRows.of_frame(parameters)
    elif (mappings := _mappings(parameters)) is not None:
        if subject.model is not None:
            mappings = [subject.model.check_values(one) for one in mappings]
        rows = ParameterRows.of_mappings(mappings, subject.constants)
    else:
        raise InputError(
            f"parameters of type {type(parameters).__name__}",
            fix="give a DataFrame or ParameterRows, one column per parameter, "
            "or mappings of id to value",
        )
    for name in rows.columns:
        if name not in subject.constants:
            raise unknown("parameter", name, subject.constants)
    if subject.model is not None and not isinstance(parameters, ParameterRows):
        _warn(subject.model, rows)
    empty = without_value(subject, rows.columns)
    if empty is not None:
        raise InputError(
            f"parameter '{empty}' has no value", fix="give it a column of the parameter table"
        )
    return rows


def _warn(model: Model, rows: ParameterRows) -> None:
    """Warn once of values outside the bounds of the parameter table."""
    table = rows.block(0, rows.count)
    for name, column in zip(rows.columns, table.T, strict=True):
        finite = column[np.isfinite(column)]
        if name in model.parameters and finite.size:
            for value in (float(finite.min()), float(finite.max())):
                warn_of_value(name, value, model.parameters[name], stacklevel=5)


def _mappings(given: object) -> list[Mapping[str, float]] | None:
    """One mapping, or several, as a list; None where it is something else."""
    if isinstance(given, Mapping):
        return [given]
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
        return None
    mappings = [one for one in given if isinstance(one, Mapping)]
    return mappings if len(mappings) == len(given) else None


def _called(
    rows: ParameterRows, regimens: Sequence[str], crossed: bool, numbered: bool
) -> tuple[Hashable, ...] | None:
    """Names of runs: those of patients, of regimens where there is one patient, or of both."""
    alone = rows.count == 1 or not (crossed or numbered)
    if alone and rows.names is None:
        return tuple(regimens)
    if len(regimens) == 1 or not crossed:
        return rows.names
    patients = range(rows.count) if rows.names is None else rows.names
    return tuple(_unlike(f"{patient}: {regimen}" for patient in patients for regimen in regimens))


def _unlike(names: Iterable[str]) -> list[str]:
    """Names made distinct by a number behind those that come again."""
    taken: set[str] = set()
    counts: dict[str, int] = {}
    unlike = []
    for name in names:
        told = name
        while told in taken:
            counts[name] = counts.get(name, 1) + 1
            told = f"{name} ({counts[name]})"
        taken.add(told)
        unlike.append(told)
    return unlike
