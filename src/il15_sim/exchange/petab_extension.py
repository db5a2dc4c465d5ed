"""Rows that PEtab has no formula for: a table of their own, declared as an extension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number
from il15_sim.files.tsv import read_tsv
from il15_sim.fit.likelihoods import LIKELIHOODS, likelihood
from il15_sim.fit.quantities import QUANTITIES, Asked
from il15_sim.fit.rows import Row

#: Name of the extension, its version, and the file of its rows.
NAME, VERSION, ROWS_FILE = "il15_sim", "0.1", "il15_sim_rows.tsv"
COLUMNS = (
    *("observable", "measured", "experimentId", "time_h", "measurement", "quantity", "start_h"),
    *("referenceExperimentId", "referenceStart_h", "referenceTime_h", "times"),
    *("likelihood", "numbers", "size", "factor", "weight", "unit"),
)


def row_cells(row: Row, name_of: Callable[[str], str]) -> tuple[str, ...]:
    """A row as cells; `name_of` gives the experiment of an arm."""
    asked = _asked(row)
    other = asked.other
    reference = ("", "", "") if other is None else (name_of(other[0]), *map(repr, other[1:]))
    times = row.reads.times / QUANTITIES[row.reads.quantity].reads(asked).times
    told = row.measured if isinstance(row.measured, str) else repr(float(row.measured))
    numbers = ";".join(f"{k}={float(v)!r}" for k, v in row.known.items())
    return (
        *(asked.observable, row.observable, name_of(row.arm), repr(float(asked.time_h)), told),
        *(row.reads.quantity, repr(float(asked.start_h)), *reference, repr(float(times))),
        *(row.kind, numbers, row.size, row.factor, repr(float(row.weight)), row.unit),
    )


def _asked(row: Row) -> Asked:
    first, second = row.reads.first, row.reads.second
    start = row.start_h if row.start_h == row.start_h else 0.0
    other = None
    if QUANTITIES[row.reads.quantity].needs_other and second is not None:
        begin = second.endpoint.start_h if second.endpoint is not None else 0.0
        other = (second.arm, begin, second.time_h)
    return Asked(first.observable, first.arm, row.time_h, start, other)


def read_rows(path: Path, observables: frozenset[str], arms: Mapping[str, object]) -> list[Row]:
    """The rows of such a table.

    Raises
    ------
    InputError
        With file and line, for whatever cannot be used.
    """
    return [
        _row(cells, f"{path}: line {line}", observables, arms)
        for line, cells in read_tsv(path, COLUMNS)[0]
    ]


def _row(
    cells: Mapping[str, str], where: str, observables: frozenset[str], arms: Mapping[str, object]
) -> Row:
    def value(column: str) -> float:
        return number(cells[column], column, where)

    if cells["observable"] not in observables:
        raise unknown("observable", cells["observable"], observables, where)
    for column in ("experimentId", "referenceExperimentId"):
        if cells[column] not in arms and (cells[column] or column == "experimentId"):
            raise unknown("experiment", cells[column], arms, where)
    if cells["quantity"] not in QUANTITIES:
        raise unknown("quantity", cells["quantity"], QUANTITIES, where)
    if cells["likelihood"] not in LIKELIHOODS:
        raise unknown("likelihood", cells["likelihood"], LIKELIHOODS, where)
    quantity, other = QUANTITIES[cells["quantity"]], None
    if quantity.needs_other:
        begin, end = value("referenceStart_h"), value("referenceTime_h")
        other = (cells["referenceExperimentId"], begin, end)
    asked = Asked(
        cells["observable"], cells["experimentId"], value("time_h"), value("start_h"), other
    )
    known = {}
    for pair in filter(None, cells["numbers"].split(";")):
        name, _, told = pair.partition("=")
        known[name] = float(told) if "inf" in told else number(told, name, where)
    words = cells["likelihood"] == "direction"
    row = Row(
        where=where,
        observable=cells["measured"],
        reads=quantity.reads(asked, value("times")),
        measured=cells["measurement"] if words else value("measurement"),
        unit=cells["unit"],
        kind=cells["likelihood"],
        known=known,
        size=cells["size"],
        factor=cells["factor"],
        weight=value("weight"),
    )
    _check(row)
    return row


def _check(row: Row) -> None:
    one = likelihood(row.kind)
    predicted = 0.5 if one.predicted_rule == "probability" else 1.0
    try:
        one.log_density([predicted], [row.measured], **{k: [v] for k, v in row.known.items()})
    except InputError as error:
        raise error.at(row.where) from None
