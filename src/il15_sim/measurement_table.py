"""Measurement tables: PEtab columns, the unit and use of every row, and where it comes from."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from il15_sim.errors import InputError, unknown

#: How an observable is read off a predicted curve (column `quantity` of observables.tsv).
QUANTITIES = ("value", "area", "peak", "half_life", "area_ratio")
#: Quantities that look at the curve from `timeStart` to `time`.
WINDOWED = QUANTITIES[1:]
REQUIRED_COLUMNS = ("observableId", "experimentId", "time", "measurement", "unit", "used")
USES = ("fit", "report")


@dataclass(frozen=True)
class MeasuredQuantity:
    """What a measurement table may hold: an id, its unit, and how it is read off a curve."""

    id: str
    name: str
    source: str
    unit: str
    quantity: str


@dataclass(frozen=True)
class Window:
    """An interval of one experiment, in hours after its first dose."""

    experiment: str
    start_h: float
    end_h: float


@dataclass(frozen=True)
class Measurement:
    """One row of a measurement table.

    `factor` multiplies the prediction (observableParameters), `noise_sd_log` is a stated standard
    deviation on the log scale (noiseParameters), `weight` scales the squared residual, and `used`
    says whether the row enters a fit or is only compared with it.
    """

    study: str
    observable: str
    experiment: str
    time_h: float
    value: float
    unit: str
    used: str
    time_start_h: float | None = None
    reference: Window | None = None
    factor: float = 1.0
    noise_sd_log: float | None = None
    weight: float = 1.0
    n: int | None = None
    statistic: str = ""
    spread_type: str = ""
    spread: str = ""
    dataset: str = ""
    source_doi: str = ""
    source_location: str = ""
    note: str = ""
    where: str = ""


def read_quantities(folder: str | Path) -> dict[str, MeasuredQuantity]:
    """What measurement tables may hold, by id: the rows of `observables.tsv` in the data folder."""
    path = Path(folder) / "observables.tsv"
    quantities = {}
    columns = ("observableId", "observableName", "observableFormula", "unit", "quantity")
    for where, row in _rows(path, columns):
        if row["quantity"] not in QUANTITIES:
            raise unknown("quantity", row["quantity"], QUANTITIES, where)
        if row["observableId"] in quantities:
            raise InputError(f"observable '{row['observableId']}' stands twice", where=where)
        quantities[row["observableId"]] = MeasuredQuantity(*(row[c] for c in columns))
    return quantities


def read_measurements(
    path: str | Path,
    quantities: Mapping[str, MeasuredQuantity],
    experiments: Iterable[str],
    study: str = "",
) -> tuple[Measurement, ...]:
    """Read a PEtab measurement table with unit, use and source columns.

    Raises
    ------
    InputError
        Missing or empty table, missing column, unknown observable or experiment, wrong unit,
        negative time, value that is not a positive number, duplicated row; with file and line.
    """
    known = tuple(experiments)
    found: dict[tuple[str, ...], str] = {}
    measurements = []
    for where, row in _rows(Path(path), REQUIRED_COLUMNS):
        key = tuple(row.values())
        if key in found:
            raise InputError(
                "duplicated row", where=where, why=f"the same as {found[key].split(': ')[-1]}"
            )
        found[key] = where
        measurements.append(_measurement(row, quantities, known, study, where))
    return tuple(measurements)


def _measurement(
    row: Mapping[str, str],
    quantities: Mapping[str, MeasuredQuantity],
    experiments: tuple[str, ...],
    study: str,
    where: str,
) -> Measurement:
    observable = row["observableId"]
    if observable not in quantities:
        raise unknown("observable", observable, quantities, where)
    quantity = quantities[observable]
    if row["unit"] != quantity.unit:
        raise InputError(
            f"unit '{row['unit']}' of '{observable}'",
            where=where,
            fix=f"give it in {quantity.unit}",
        )
    _known_experiment(row["experimentId"], experiments, where)
    if row["used"] not in USES:
        raise unknown("use", row["used"], USES, where)
    time = _time(row, "time", where)
    start = _time(row, "timeStart", where) if row.get("timeStart") else None
    if quantity.quantity in WINDOWED:
        _check_window(observable, start, time, "timeStart", where)
    reference = None
    if quantity.quantity == "area_ratio":
        _known_experiment(row.get("referenceExperimentId", ""), experiments, where)
        since = _time(row, "referenceTimeStart", where)
        until = _time(row, "referenceTime", where)
        _check_window(observable, since, until, "referenceTimeStart", where)
        reference = Window(row["referenceExperimentId"], since, until)
    noise = row.get("noiseParameters")
    n = row.get("n")
    return Measurement(
        study=study,
        observable=observable,
        experiment=row["experimentId"],
        time_h=time,
        value=_positive(row, "measurement", where),
        unit=row["unit"],
        used=row["used"],
        time_start_h=start,
        reference=reference,
        factor=_positive(row, "observableParameters", where, default=1.0),
        noise_sd_log=_positive(row, "noiseParameters", where) if noise else None,
        weight=_positive(row, "weight", where, default=1.0),
        n=max(1, round(_positive(row, "n", where))) if n else None,
        statistic=row.get("statistic", ""),
        spread_type=row.get("spreadType", ""),
        spread=row.get("spread", ""),
        dataset=row.get("datasetId", ""),
        source_doi=row.get("sourceDoi", ""),
        source_location=row.get("sourceLocation", ""),
        note=row.get("note", ""),
        where=where,
    )


def _known_experiment(name: str, experiments: tuple[str, ...], where: str) -> None:
    if name not in experiments:
        raise unknown("experiment", name, experiments, where)


def _check_window(
    observable: str, start: float | None, end: float, column: str, where: str
) -> None:
    if start is None or start >= end:
        raise InputError(
            f"'{observable}' without an interval",
            where=where,
            why=f"it is read over the hours from {column} to the end of the interval",
            fix=f"fill {column} with an earlier time than {end:g}",
        )


def _number(row: Mapping[str, str], column: str, where: str) -> float:
    text = row.get(column) or ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{column} '{text}' is not a finite number", where=where)
    return value


def _positive(
    row: Mapping[str, str], column: str, where: str, default: float | None = None
) -> float:
    if default is not None and not row.get(column):
        return default
    value = _number(row, column, where)
    if value <= 0:
        raise InputError(
            f"{column} {value:g} is not positive",
            where=where,
            why="residuals are taken on the log scale",
        )
    return value


def _time(row: Mapping[str, str], column: str, where: str) -> float:
    value = _number(row, column, where)
    if value < 0:
        raise InputError(
            f"negative {column} {value:g}", where=where, why="times are hours after the first dose"
        )
    return value


def _rows(path: Path, required: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
    """Rows of a TSV with the place they come from; faults in the shape are told here."""
    if not path.is_file():
        raise InputError("the table is missing", where=path)
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle, delimiter="\t")
        columns = reader.fieldnames or ()
        missing = [c for c in required if c not in columns]
        if not columns:
            raise InputError("the table is empty", where=path)
        if missing:
            raise InputError(f"missing column '{missing[0]}'", where=path)
        rows = []
        for number, row in enumerate(reader, start=2):
            if None in row or None in row.values():
                raise InputError("wrong number of columns", where=f"{path}: line {number}")
            rows.append((f"{path}: line {number}", {k: v.strip() for k, v in row.items()}))
    if not rows:
        raise InputError("the table is empty", where=path)
    return rows
