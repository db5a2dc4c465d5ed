"""The files of a PEtab problem of version 1: conditions that hold from the start on."""

from __future__ import annotations

from il15_sim.errors import InputError
from il15_sim.exchange.petab_experiments import Sets, as_id, number
from il15_sim.exchange.petab_parts import FOLD, Lines, Parts, numbered

_PARAMETERS = (
    *("parameterId", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate"),
    *("objectivePriorType", "objectivePriorParameters"),
)
_OBSERVABLES = (
    *("observableId", "observableFormula", "observableTransformation", "noiseFormula"),
    "noiseDistribution",
)
_MEASUREMENTS = (
    *("observableId", "preequilibrationConditionId", "simulationConditionId", "time"),
    *("measurement", "observableParameters", "noiseParameters", "replicateId"),
)
_FIX = "write version 2, which has them"


def version_1_files(parts: Parts) -> dict[str, str | Lines]:
    """The files of version 1 by name: text, or the header and lines of a table.

    Raises
    ------
    InputError
        For doses, changes after the start, and rows that it has no formula for.
    """
    name = parts.problem.name
    for arm, own in parts.changes.items():
        for c in own:
            if c.time_h > 0 or not c.sets or c.per or c.target in parts.subject.states:
                what = f"arm '{arm}' has doses, or changes after the start"
                raise InputError(what, where=name, why="PEtab 1 has none", fix=_FIX)
    if parts.seen.apart:
        row, count = parts.seen.apart[0], len(parts.seen.apart)
        what = f"{count} rows that PEtab 1 has no formula for"
        why = f"the first is the {row.reads.quantity} ({row.kind}) at {row.where}"
        raise InputError(what, where=name, why=why, fix=_FIX)
    conditions: dict[str, Sets] = {}
    sides: dict[str, tuple[str, str]] = {}
    for arm, own in parts.changes.items():
        periods = parts.periods(arm, own)
        first, last = periods[0].sets, periods[-1].sets
        after = parts.names[arm]
        before = as_id(f"{after}_before", parts.names.values()) if len(periods) > 1 else ""
        conditions[after] = {**first, **last}
        if before and conditions[after] == first:
            before = after
        elif before:
            conditions[before] = first
        sides[arm] = (before, after)
    targets = list(dict.fromkeys(t for sets in conditions.values() for t in sets))
    wide = []
    for condition, sets in conditions.items():
        cells = [sets.get(t, number(parts.subject.constants[t])) for t in targets]
        wide.append((condition, *cells))
    measurements: Lines = []
    for m in parts.seen.measured:
        row = m.row
        if any(c.time_h == row.time_h for c in parts.changes[row.arm]):
            at_once = parts.seen.sbml.at_once(row.reads.first.observable)
            if at_once & {c.target for c in parts.changes[row.arm]}:
                what = f"'{row.observable}' is read before what is added at that moment"
                raise InputError(what, where=row.where, why="PEtab 1 reads after it", fix=_FIX)
        factor = parts.seen.factors[row.factor] if row.factor else ""
        told = number(float(row.measured))
        numbers = (parts.time(row.time_h), told, factor, m.spread)
        measurements.append((m.observable, *sides[row.arm], *numbers))
    return {
        "parameters.tsv": [_PARAMETERS, *_parameters(parts)],
        "conditions.tsv": [("conditionId", *targets), *wide],
        "observables.tsv": [_OBSERVABLES, *parts.seen.lines(1)],
        "measurements.tsv": [_MEASUREMENTS, *numbered(measurements)],
        "model.xml": parts.seen.sbml.text,
        "problem.yaml": _YAML,
    }


_YAML = """\
format_version: 1
parameter_file: parameters.tsv
problems:
  - sbml_files: [model.xml]
    condition_files: [conditions.tsv]
    observable_files: [observables.tsv]
    measurement_files: [measurements.tsv]
"""


def _parameters(parts: Parts) -> Lines:
    lines: Lines = []
    for u in parts.problem.unknowns:
        scale, prior, told = "log" if u.logarithmic else "lin", "", ""
        if u.prior is not None and not u.prior.flat:
            # On the scale of the search, as here: a density of the logarithm.
            same = u.prior.needs_positive == u.logarithmic
            kind = "logNormal" if u.prior.needs_positive else "normal"
            prior = "parameterScaleNormal" if same else kind
            told = f"{number(u.prior.first)};{number(u.prior.second)}"
        bounds = (number(u.lower), number(u.upper), number(u.start))
        lines.append((parts.ids[u.id], scale, *bounds, "1", prior, told))
    for name, value in parts.nominal().items():
        bounds = (number(value / FOLD), number(value * FOLD), number(value))
        lines.append((name, "log", *bounds, "1", "", ""))
    random = parts.problem.factors == "random"
    prior, told = "", ""
    if random:
        prior, told = "parameterScaleNormal", f"0.0;{number(parts.problem.omega)}"
    for name in parts.seen.factors.values():
        lines.append((name, "log", number(1 / FOLD), number(FOLD), "1.0", "1", prior, told))
    return lines
