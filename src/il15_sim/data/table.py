"""Measurement tables: PEtab columns, the unit and use of every row, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number, positive, whole
from il15_sim.files.tsv import read_tsv

#: How an observable is read off a predicted curve (column `quantity` of observables.tsv).
QUANTITIES = ("value", "area", "peak", "max_fold", "half_life", "area_ratio")
#: Quantities that look at the curve from `timeStart` to `time`.
WINDOWED = QUANTITIES[1:]
REQUIRED_COLUMNS = ("observableId", "experimentId", "time", "measurement", "unit", "used")
#: Columns that may be left out; `timeSource` and `reading` are for people only.
OPTIONAL_COLUMNS = (
    *("observableParameters", "noiseParameters", "datasetId"),
    *("timeStart", "referenceExperimentId", "referenceTime", "referenceTimeStart"),
    *("statistic", "n", "spreadType", "spread", "weight"),
    *("sourceDoi", "sourceLocation", "timeSource", "reading", "note"),
)
QUANTITY_COLUMNS = ("observableId", "observableName", "observableFormula", "unit", "quantity")
#: PEtab's other columns of observables.tsv, which nothing here reads.
PETAB_COLUMNS = (
    *("observablePlaceholders", "noiseFormula", "noisePlaceholders", "noiseDistribution", "note"),
)
USES = ("fit", "report")
#: How a spread is stated: one number, or an interval written low-high.
SPREADS = {
    **dict.fromkeys(("CV%", "SD", "geometric SD"), 1),
    **dict.fromkeys(("IQR", "95% CI", "range"), 2),
}
_LOG_SCALE = "residuals are taken on the log scale"


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
    rows, _ = read_tsv(path, QUANTITY_COLUMNS, PETAB_COLUMNS, unique="observableId")
    for line, row in rows:
        if row["quantity"] not in QUANTITIES:
            raise unknown("quantity", row["quantity"], QUANTITIES, f"{path}: line {line}")
        quantities[row["observableId"]] = MeasuredQuantity(*(row[c] for c in QUANTITY_COLUMNS))
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
        With file and line, for a table that does not read, a missing or unknown column, an unknown
        observable, experiment, use or kind of spread, a wrong unit, a negative time, a value that
        is not a positive number, an `n` that is not a whole number, and a row that stands twice,
        however its numbers are spelt.
    """
    known = tuple(experiments)
    found: dict[object, int] = {}
    measurements = []
    rows, _ = read_tsv(Path(path), REQUIRED_COLUMNS, OPTIONAL_COLUMNS)
    for line, row in rows:
        where = f"{path}: line {line}"
        measurement = _measurement(row, quantities, known, study, where)
        spread = _spread(row["spreadType"], row["spread"], where)
        told = replace(measurement, where="", spread="")
        key = (told, spread, row["timeSource"], row["reading"])
        if (first := found.setdefault(key, line)) != line:
            raise InputError("duplicated row", where=where, why=f"the same as line {first}")
        measurements.append(measurement)
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
    start = _time(row, "timeStart", where) if row["timeStart"] else None
    if quantity.quantity in WINDOWED:
        _check_window(observable, start, time, "timeStart", where)
    reference = None
    if quantity.quantity == "area_ratio":
        _known_experiment(row["referenceExperimentId"], experiments, where)
        since = _time(row, "referenceTimeStart", where)
        until = _time(row, "referenceTime", where)
        _check_window(observable, since, until, "referenceTimeStart", where)
        reference = Window(row["referenceExperimentId"], since, until)
    return Measurement(
        study=study,
        observable=observable,
        experiment=row["experimentId"],
        time_h=time,
        value=positive(row["measurement"], "measurement", where, _LOG_SCALE),
        unit=row["unit"],
        used=row["used"],
        time_start_h=start,
        reference=reference,
        factor=_positive(row, "observableParameters", where) or 1.0,
        noise_sd_log=_positive(row, "noiseParameters", where),
        weight=_positive(row, "weight", where) or 1.0,
        n=whole(row["n"], "n", where) if row["n"] else None,
        statistic=row["statistic"],
        spread_type=row["spreadType"],
        spread=row["spread"],
        dataset=row["datasetId"],
        source_doi=row["sourceDoi"],
        source_location=row["sourceLocation"],
        note=row["note"],
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


def _spread(kind: str, spread: str, where: str) -> tuple[float, ...]:
    """The numbers of a spread, refused where they are not of its kind; none where it is empty."""
    if kind and kind not in SPREADS:
        raise unknown("spreadType", kind, SPREADS, where)
    if bool(kind) != bool(spread):
        text = f"{'spread' if kind else 'spreadType'} is empty"
        raise InputError(text, where=where, why="spread and spreadType go together")
    parts = spread.split("-") if kind and SPREADS[kind] == 2 else [spread] * bool(kind)
    # A range may begin at zero; it enters no weight.
    read = number if kind == "range" else positive
    values = tuple(read(part.strip(), f"spread '{spread}'", where) for part in parts)
    if len(values) != SPREADS.get(kind, 0) or list(values) != sorted(set(values)):
        text = f"spread '{spread}' is not an interval"
        raise InputError(text, where=where, fix="write it as low-high")
    return values


def _positive(row: Mapping[str, str], column: str, where: str) -> float | None:
    """The number above zero of a column; None where the cell is empty."""
    return positive(row[column], column, where) if row[column] else None


def _time(row: Mapping[str, str], column: str, where: str) -> float:
    value = number(row[column], column, where)
    if value < 0:
        raise InputError(
            f"negative {column} {value:g}", where=where, why="times are hours after the first dose"
        )
    return value
