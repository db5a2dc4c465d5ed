"""What a fit file estimates: ids alone, or tables with bounds, starts and priors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.files.toml import Table
from il15_sim.fit.estimates import Estimate, read_unknowns
from il15_sim.fit.file.keys import number_of, positive_of
from il15_sim.fit.priors import Prior
from il15_sim.fit.unknowns import Unknown
from il15_sim.model import Model
from il15_sim.simulation.subject import subject_of

_KEYS = (
    *("id", "parameter", "groups", "lower", "upper", "start"),
    *("prior_median", "prior_fold", "prior_source"),
)


def read_estimates(facts: Table, model: Model, arms: Mapping[str, Any]) -> tuple[Unknown, ...]:
    """The tables `[[estimate]]`, or a list of ids; what they do not say the table does."""
    facts.need("estimate", 'estimate = ["sorafenib_clearance"]')
    listed = facts.data["estimate"]
    subject = subject_of(model)
    if isinstance(listed, list) and all(isinstance(item, str) for item in listed):
        with facts.told_at("estimate"):
            return read_unknowns(facts.texts("estimate"), {}, subject, arms)
    asked: list[Estimate] = []
    bounds, priors, starts = {}, {}, {}
    for table in facts.tables("estimate"):
        table.allow(_KEYS)
        name = table.text("id")
        own_id = "parameter" if "parameter" in table.data else "id"
        target = table.text(own_id)
        if target not in model.values:
            raise unknown("parameter", target, model.values, table.at(own_id))
        asked.append(Estimate(name, target if target != name else "", table.texts("groups")))
        row = model.parameters[target] if target in model.parameters else None  # noqa: SIM401
        if "lower" in table.data or "upper" in table.data or row is None:
            own = (None, None) if row is None else (row.lower, row.upper)
            pair = [
                number_of(table, k) if k in table.data or o is None else o
                for k, o in zip(("lower", "upper"), own, strict=True)
            ]
            bounds[name] = (pair[0], pair[1])
        if "start" in table.data:
            start = number_of(table, "start")
            lower, upper = bounds.get(name) or (row.lower, row.upper) if row else bounds[name]
            if lower < upper and not lower <= start <= upper:
                told = f"start {start:g} lies outside the bounds {lower:g} to {upper:g}"
                raise InputError(told, where=table.at("start"))
            starts[name] = start
        for key in ("prior_fold", "prior_source"):
            if key in table.data and "prior_median" not in table.data:
                told = f"{key} without prior_median"
                raise InputError(told, where=table.at(key), fix="give both")
        if "prior_median" in table.data:
            fold = positive_of(table, "prior_fold") if "prior_fold" in table.data else 2.0
            if fold <= 1:
                where = table.at("prior_fold")
                raise InputError(f"prior_fold {fold:g}", where=where, why="it exceeds 1")
            source = table.text("prior_source", "")
            priors[name] = Prior.of_fold(positive_of(table, "prior_median"), fold, source)
    with facts.told_at("estimate"):
        return read_unknowns(asked, bounds, subject, arms, priors, starts)
