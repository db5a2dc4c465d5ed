"""What a fit estimates: model parameters with bounds and priors, and shifts of a time axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.fit.keys import allow, get, number, positive, text
from il15_sim.model import Model


@dataclass(frozen=True)
class Unknown:
    """Something the fit estimates: a model parameter (on the log scale) or a time shift.

    A prior with median m and fold f is log-normal with log SD ln(f): two of three values lie
    between m/f and m*f.
    """

    id: str
    start: float
    lower: float
    upper: float
    unit: str
    log_scale: bool = True
    prior_median: float | None = None
    prior_fold: float = 2.0
    prior_source: str = ""
    experiment: str = ""

    def to_scale(self, value: float) -> float:
        """From the natural scale to the one the optimiser works on."""
        return math.log(value) if self.log_scale else value

    def from_scale(self, x: float) -> float:
        """From the optimiser's scale to the natural one."""
        return math.exp(x) if self.log_scale else x

    @property
    def prior_log_sd(self) -> float:
        """Log SD of the prior."""
        return math.log(self.prior_fold)


def read_estimates(facts: Mapping[str, Any], model: Model, file: Path) -> list[Unknown]:
    """The tables `[[estimate]]` of a fit file; start and bounds come from the parameter table."""
    entries = get(facts, "estimate", list, file)
    found: list[Unknown] = []
    keys = ("id", "prior_median", "prior_fold", "prior_source")
    for entry in entries:
        where = f"{file}: estimate"
        name = text(entry, "id", where)
        allow(entry, keys, f"{where} {name}")
        if name not in model.values:
            raise unknown("parameter", name, model.values, where)
        if name in [u.id for u in found]:
            raise InputError(f"'{name}' stands twice", where=where)
        row = model.parameters[name]
        if not 0 < row.lower < row.upper or not row.lower <= row.value <= row.upper:
            raise InputError(
                f"'{name}' cannot be estimated",
                where=where,
                why="its value and positive bounds must be in order in the parameter table",
            )
        prior = None
        if "prior_median" in entry:
            prior = positive(entry, "prior_median", f"{where} {name}")
        fold = positive(entry, "prior_fold", f"{where} {name}") if "prior_fold" in entry else 2.0
        if fold <= 1:
            raise InputError(f"prior_fold {fold:g}", where=f"{where} {name}", why="it exceeds 1")
        found.append(
            Unknown(
                name,
                row.value,
                row.lower,
                row.upper,
                row.unit,
                prior_median=prior,
                prior_fold=fold,
                prior_source=str(entry.get("prior_source", "")),
            )
        )
    if not found:
        raise InputError("nothing to estimate", where=file, fix="add a table [[estimate]]")
    return found


def read_time_shifts(facts: Mapping[str, Any], file: Path) -> list[Unknown]:
    """The tables `[[time_shift]]` of a fit file: how far a figure's time axis may be off."""
    found = []
    for entry in get(facts, "time_shift", list, file) if "time_shift" in facts else ():
        where = f"{file}: time_shift"
        name = text(entry, "experiment", where)
        allow(entry, ("experiment", "lower", "start", "upper"), f"{where} {name}")
        lower, start, upper = (number(entry, k, where) for k in ("lower", "start", "upper"))
        if not 0 <= lower <= start <= upper or lower == upper:
            raise InputError(f"bounds of the time shift of '{name}' are not in order", where=where)
        found.append(
            Unknown(f"{name}_time_shift", start, lower, upper, "h", False, experiment=name)
        )
    return found
