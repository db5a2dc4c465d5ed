"""The files of a PEtab problem of version 2."""

from __future__ import annotations

import json
from typing import Any

from il15_sim.exchange.petab_experiments import Conditions, Period, as_id, number
from il15_sim.exchange.petab_extension import COLUMNS, NAME, ROWS_FILE, VERSION, row_cells
from il15_sim.exchange.petab_parts import FOLD, Lines, Parts, numbered

_PARAMETERS = (
    *("parameterId", "lowerBound", "upperBound", "nominalValue", "estimate"),
    *("priorDistribution", "priorParameters"),
)
_OBSERVABLES = (
    *("observableId", "observableFormula", "observablePlaceholders"),
    *("noiseFormula", "noisePlaceholders", "noiseDistribution"),
)
_MEASUREMENTS = (
    *("observableId", "experimentId", "time", "measurement"),
    *("observableParameters", "noiseParameters", "replicateId"),
)


def version_2_files(parts: Parts) -> dict[str, str | Lines]:
    """The files of version 2 by name: text, or the header and lines of a table."""
    needed: dict[str, tuple[Period, ...]] = {}
    measurements: Lines = []
    for m in parts.seen.measured:
        experiment = parts.experiment_of(m, needed)
        factor = parts.seen.factors[m.row.factor] if m.row.factor else ""
        told = number(float(m.row.measured))
        cells = (parts.time(m.row.time_h), told, factor, m.spread)
        measurements.append((m.observable, experiment, *cells))
    for row in parts.seen.apart:
        for arm in {o.arm for o in row.reads.outputs}:
            if parts.names[arm] not in needed:
                needed[parts.names[arm]] = parts.periods(arm, parts.changes[arm])
            parts.groups[parts.names[arm]] = parts.arms[arm].group or arm
    conditions, experiments = Conditions(), []
    for name, periods in needed.items():
        for p in periods:
            begin = "-inf" if p.time_h < 0 else parts.time(p.time_h)
            experiments.append((name, begin, conditions.id_of(p.sets)))
    tables: dict[str, Lines] = {
        "parameters.tsv": [_PARAMETERS, *_parameters(parts)],
        "conditions.tsv": [("conditionId", "targetId", "targetValue"), *conditions.rows()],
        "experiments.tsv": [("experimentId", "time", "conditionId"), *experiments],
        "observables.tsv": [_OBSERVABLES, *parts.seen.lines(2)],
        "measurements.tsv": [_MEASUREMENTS, *numbered(measurements)],
    }
    if parts.seen.apart:
        apart = [row_cells(row, parts.names.__getitem__) for row in parts.seen.apart]
        tables[ROWS_FILE] = [COLUMNS, *apart]
    return {**tables, "model.xml": parts.seen.sbml.text, "problem.yaml": _yaml(parts)}


def _parameters(parts: Parts) -> Lines:
    lines: Lines = []
    for u in parts.problem.unknowns:
        if u.shifted_arm:
            continue
        prior, numbers = "", ""
        if u.prior is not None and not u.prior.flat:
            prior, numbers = u.prior.kind, f"{number(u.prior.first)};{number(u.prior.second)}"
        told = (number(u.lower), number(u.upper), number(u.start))
        lines.append((parts.ids[u.id], *told, "true", prior, numbers))
    for name, value in parts.nominal().items():
        told = (number(value / FOLD), number(value * FOLD), number(value))
        lines.append((name, *told, "true", "", ""))
    random = parts.problem.factors == "random"
    around = ("log-normal", f"0.0;{number(parts.problem.omega)}") if random else ("", "")
    for name in parts.seen.factors.values():
        lines.append((name, number(1 / FOLD), number(FOLD), "1.0", "true", *around))
    return lines


def _extension(parts: Parts) -> dict[str, Any]:
    """What a reader of this package is told beside the tables."""
    told: dict[str, Any] = {"version": VERSION, "required": bool(parts.seen.apart)}
    factors = {name: id_ for name, id_ in parts.seen.factors.items()}
    told["factors"] = {
        "kind": parts.problem.factors, "omega": parts.problem.omega, "ids": factors
    }  # fmt: skip
    told["sizes"] = dict(parts.seen.sizes)
    if parts.seen.apart:
        told["rows"] = ROWS_FILE
    if any(u.groups or u.target for u in parts.problem.unknowns):
        told["groups"] = parts.groups
        told["estimates"] = {parts.ids[u.id]: u.id for u in parts.problem.unknowns}
    shifts = [
        {"experiment": parts.names[u.shifted_arm], "lower": u.lower, "start": u.start}
        | {"upper": u.upper}
        for u in parts.problem.unknowns
        if u.shifted_arm in parts.names
    ]
    if shifts:
        told["time_shifts"] = shifts
    return told


def _yaml(parts: Parts) -> str:
    names = ("parameter", "condition", "experiment", "observable", "measurement")
    lines = ['format_version: "2.0.0"', f"id: {as_id(parts.problem.name)}"]
    model = as_id(parts.subject.name)
    lines += ["model_files:", f"  {model}:", "    location: model.xml", "    language: sbml"]
    lines += [f"{name}_files: [{name}s.tsv]" for name in names]
    lines += ["extensions:", f"  {NAME}:"]
    for key, value in _extension(parts).items():
        # JSON is YAML.
        lines.append(f"    {key}: {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
