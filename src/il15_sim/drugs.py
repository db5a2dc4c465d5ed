"""The table of drugs: where a dose enters the model, in which unit, and how much is usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.regimen.dose import check_unit

DRUG_COLUMNS = (
    *("drug", "route", "target", "unit"),
    *("usual_low", "usual_high", "usual_unit", "usual_source", "note"),
)


@dataclass(frozen=True)
class UsualDose:
    """Single doses given to patients, from `low` to `high` in `unit`, and where that stands.

    Infusions of more than a day count by the amount per day.
    """

    low: float
    high: float
    unit: str
    source: str


@dataclass(frozen=True)
class DrugTarget:
    """Where a dose of one drug by one route enters the model, and in which unit.

    `usual` is None for a route that patients are not given the drug by.
    """

    drug: str
    route: str
    target: str
    unit: str
    usual: UsualDose | None = None


def drug_targets(
    rows: Iterable[tuple[int, Mapping[str, str]]], path: Path
) -> tuple[DrugTarget, ...]:
    """The rows of `drugs.tsv`, with their lines, as values.

    Raises
    ------
    InputError
        For a usual dose that is not a range of two positive numbers with unit and source.
    """
    return tuple(
        DrugTarget(r["drug"], r["route"], r["target"], r["unit"], _usual(r, f"{path}: line {n}"))
        for n, r in rows
    )


def _usual(row: Mapping[str, str], where: str) -> UsualDose | None:
    cells = [row[f"usual_{name}"] for name in ("low", "high", "unit", "source")]
    if not any(cells):
        return None
    low, high, unit, source = cells
    try:
        ends = float(low), float(high)
    except ValueError:
        ends = (0.0, 0.0)
    if not (0 < ends[0] <= ends[1] < float("inf") and source):
        raise InputError(
            f"usual dose of {row['drug']} {row['route']} is '{low}' to '{high}' from '{source}'",
            where=where,
            why="it must be two positive numbers, the lower one first, and a source",
            fix="leave all four cells empty where no dose is usual",
        )
    try:
        check_unit(unit)
    except InputError as error:
        raise error.at(where) from None
    return UsualDose(*ends, unit, source)


def check_targets(drugs: Iterable[DrugTarget], known: Iterable[str], where: Path) -> None:
    """Raise InputError unless every dose has one place to go, and the patient has that place."""
    seen: set[tuple[str, str]] = set()
    for d in drugs:
        if d.target not in known:
            raise unknown(f"target of {d.drug} {d.route}", d.target, known, where)
        if (d.drug, d.route) in seen:
            raise InputError(f"a second row for {d.drug} {d.route}", where=where)
        seen.add((d.drug, d.route))
