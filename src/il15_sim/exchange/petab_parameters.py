"""The parameter table of a PEtab problem: what is estimated within which bounds, what is fixed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from il15_sim.errors import InputError, unknown
from il15_sim.exchange.petab_tables import Line
from il15_sim.files.numeric import number
from il15_sim.fit.priors import Prior

_YES, _NO = ("1", "true", "1.0"), ("0", "false", "0.0")
#: Priors of version 1 by those of version 2; the others are on the scale of the parameter.
_PRIORS_1 = {"normal": "normal", "logNormal": "log-normal", "uniform": "uniform"}
_PRIORS_2 = ("normal", "log-normal", "uniform", "log-uniform")


@dataclass(frozen=True)
class Declared:
    """One parameter of the table; `start` is its value where it is not estimated."""

    where: str
    id: str
    estimated: bool
    start: float
    lower: float
    upper: float
    prior: Prior | None


def read_parameters(lines: Sequence[Line], version: int) -> dict[str, Declared]:
    """The parameters by id.

    Raises
    ------
    InputError
        With file and line: for a repeated id, bounds out of order, a nominal value outside them,
        and a prior that no fit serves.
    """
    found: dict[str, Declared] = {}
    for line in lines:
        name = line.need("parameterId")
        if name in found:
            raise InputError(f"parameter '{name}' stands twice", where=line.where)
        found[name] = _declared(line, name, version)
    return found


def _declared(line: Line, name: str, version: int) -> Declared:
    where, told = line.where, line.need("estimate").lower()
    if told not in (*_YES, *_NO):
        raise InputError(f"estimate '{told}'", where=where, fix="write true or false")
    if told in _NO:
        start = line.number("nominalValue")
        return Declared(where, name, False, start, math.nan, math.nan, None)
    lower, upper = line.number("lowerBound"), line.number("upperBound")
    if lower >= upper:
        raise InputError(f"bounds {lower:g} and {upper:g} of '{name}'", where=where,
                         why="the lower one is the smaller")  # fmt: skip
    scale = line.text("parameterScale") or "lin"
    if scale not in ("lin", "log", "log10"):
        raise unknown("parameterScale", scale, ("lin", "log", "log10"), where)
    if scale != "lin" and lower <= 0:
        what = f"lower bound {lower:g} of '{name}'"
        raise InputError(what, where=where, why="on a log scale it is positive")
    middle = math.sqrt(lower * upper) if lower > 0 else (lower + upper) / 2
    start = line.number("nominalValue") if line.text("nominalValue") else middle
    if not lower <= start <= upper:
        what = f"nominal value {start:g} of '{name}'"
        raise InputError(what, where=where, why=f"its bounds are {lower:g} to {upper:g}")
    prior = _prior_1(line, scale) if version == 1 else _prior_2(line)
    if prior is not None and prior.needs_positive and lower <= 0:
        what = f"a {prior.kind} prior of '{name}' and a lower bound of {lower:g}"
        raise InputError(what, where=where, why="it is a prior of positive numbers")
    return Declared(where, name, True, start, lower, upper, prior)


def _prior_2(line: Line) -> Prior | None:
    kind = line.text("priorDistribution")
    if not kind:
        return None
    if kind not in _PRIORS_2:
        raise unknown("prior", kind, _PRIORS_2, line.where)
    return _prior(line, kind, *_pair(line, "priorParameters"))


def _prior_1(line: Line, scale: str) -> Prior | None:
    kind = line.text("objectivePriorType")
    if not kind or kind == "parameterScaleUniform":
        return None
    if kind in _PRIORS_1:
        return _prior(line, _PRIORS_1[kind], *_pair(line, "objectivePriorParameters"))
    if kind != "parameterScaleNormal":
        known = (*_PRIORS_1, "parameterScaleNormal", "parameterScaleUniform")
        raise unknown("prior", kind, known, line.where)
    mean, sd = _pair(line, "objectivePriorParameters")
    times = {"lin": 1.0, "log": 1.0, "log10": math.log(10)}[scale]
    return _prior(line, "normal" if scale == "lin" else "log-normal", mean * times, sd * times)


def _prior(line: Line, kind: str, first: float, second: float) -> Prior:
    try:
        return Prior(kind, first, second)
    except InputError as error:
        raise error.at(line.where) from None


def _pair(line: Line, column: str) -> tuple[float, float]:
    told = line.need(column).split(";")
    if len(told) != 2:
        raise InputError(f"{len(told)} {column} instead of 2", where=line.where)
    first, second = (number(t.strip(), column, line.where) for t in told)
    return first, second


def fixed_values(declared: Mapping[str, Declared]) -> dict[str, float]:
    """Values of what is not estimated."""
    return {name: d.start for name, d in declared.items() if not d.estimated}
