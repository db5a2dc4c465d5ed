"""From measured parts to the tables: time and errors of every point, and times at equal error."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np

from il15_sim.files.tsv import write_tsv

#: Where results go unless said otherwise: outside of what is packaged, and not in the repository.
OUT = Path(__file__).resolve().parents[2] / "results" / "benchmark"
#: Error at which engines are compared.
ERROR = 1e-5
#: Share of the simulations of the second comparison.
QUANTILE = 0.99
#: What the others are compared with: this package on one core.
OURS = "il15-sim"

By = Literal["error_max", "error_p99"]


@dataclass(frozen=True)
class Row:
    """One engine in one configuration at one tolerance.

    `ms` is wall-clock time per simulation, `cpu_ms` what all its processes spent; `failed` counts
    simulations without a result. Errors are over the `trusted` sets, those with a reference that
    two engines agree on, less those that failed.
    """

    engine: str
    configuration: str
    cores: int
    rtol: float
    sets: int
    trusted: int
    failed: int
    ms: float
    cpu_ms: float
    error_median: float
    error_p99: float
    error_max: float


@dataclass(frozen=True)
class Best:
    """A tool's fastest configuration at the error of comparison.

    First where no trusted set has a larger error, then (`_p99`) where 99 % of them have none.
    Times are interpolated on the logarithms between the two neighbouring tolerances; NaN where no
    configuration was measured on both sides of the error. `times_slower` is time times cores over
    that of this package on one core; `failed` counts the failures at these two tolerances, or at
    all of them where the error was not enclosed.
    """

    engine: str
    cores: int
    sets: int
    trusted: int
    failed: int
    ms: float
    per_second: float
    times_slower_than_il15_sim_per_core: float
    configuration: str
    ms_p99: float
    times_slower_than_il15_sim_per_core_p99: float
    configuration_p99: str


def ms_at(rows: Sequence[Row], error: float, by: By = "error_max") -> float:
    """Time per simulation of one configuration at an error, NaN outside of what was measured.

    >>> loose = Row("x", "", 1, 1e-3, 9, 9, 0, 1.0, 1.0, 1e-4, 1e-4, 1e-4)
    >>> tight = Row("x", "", 1, 1e-5, 9, 9, 0, 4.0, 4.0, 1e-6, 1e-6, 1e-6)
    >>> round(ms_at([loose, tight], 1e-5), 6)
    2.0
    """
    points = [(getattr(r, by), r.ms) for r in neighbours(rows, error, by)]
    if not points:
        return float("nan")
    errors, times = np.log(np.array(points).T)
    return float(np.exp(np.interp(np.log(error), errors, times)))


def neighbours(rows: Sequence[Row], error: float, by: By = "error_max") -> list[Row]:
    """The two rows of one configuration that enclose an error, the smaller one first; or none."""
    ordered = sorted((r for r in rows if getattr(r, by) > 0), key=lambda r: getattr(r, by))
    for lower, upper in pairwise(ordered):
        if getattr(lower, by) <= error <= getattr(upper, by):
            return [lower, upper]
    return []


def configurations(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of one engine by configuration."""
    return {
        c: [r for r in rows if r.configuration == c]
        for c in dict.fromkeys(r.configuration for r in rows)
    }


def fastest(rows: Sequence[Row], by: By = "error_max") -> tuple[str, float]:
    """The configuration of one engine that takes the least time at the error of comparison."""
    times = {c: ms_at(own, ERROR, by) for c, own in configurations(rows).items()}
    name = min(times, key=lambda c: (np.isnan(times[c]), times[c]))
    return name, times[name]


def best(rows: Sequence[Row]) -> list[Best]:
    """Every tool at the error of comparison, fastest first."""
    engines = {e: [r for r in rows if r.engine == e] for e in dict.fromkeys(r.engine for r in rows)}
    ours = {by: fastest(engines[OURS], by)[1] for by in _BOTH} if OURS in engines else {}
    found = []
    for engine, own in engines.items():
        (name, ms), (other, ms_p99) = (fastest(own, by) for by in _BOTH)
        chosen = configurations(own)[name]
        cores = own[0].cores
        slower = [
            time * cores / ours.get(by, np.nan)
            for by, time in zip(_BOTH, (ms, ms_p99), strict=True)
        ]
        numbers = (max(r.sets for r in chosen), max(r.trusted for r in chosen))
        failed = max(r.failed for r in neighbours(chosen, ERROR) or chosen)
        found.append(
            Best(
                *(engine, cores, *numbers, failed),
                *(ms, 1000 / ms, slower[0], name),
                *(ms_p99, slower[1], other),
            )
        )
    return sorted(found, key=lambda b: (np.isnan(b.ms), b.ms))


_BOTH: tuple[By, By] = ("error_max", "error_p99")


def quantiles(errors: np.ndarray) -> tuple[float, float, float]:
    """Median, 99 % quantile and maximum; NaN where there is no error at all."""
    if not len(errors):
        return (np.nan,) * 3
    median, p99, most = np.quantile(errors, [0.5, QUANTILE, 1.0]).tolist()
    return median, p99, most


def write_table(path: Path, items: Sequence[Any], notes: Sequence[str]) -> None:
    """Dataclasses of one kind as a table; an empty cell is a number that is not known."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = tuple(f.name for f in fields(items[0]))
    rows = [tuple(_cell(x) for x in astuple(item)) for item in items]
    write_tsv(path, header, rows, notes)


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Notes and rows of a table that `write_table` wrote."""
    lines = path.read_text(encoding="utf-8").splitlines()
    notes = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
    return notes, list(rows)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.4g}"
    return str(value) or "-"
