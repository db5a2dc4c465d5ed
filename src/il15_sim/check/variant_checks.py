"""Checks of the variants against the parameter table."""

from __future__ import annotations

from collections.abc import Iterator

from il15_sim.check.finding import Finding, from_error
from il15_sim.check.problem import Problem
from il15_sim.errors import unknown


def variants(problem: Problem) -> Iterator[Finding]:
    """Variants override known parameters only, inside their bounds, each value with its source."""
    for variant in problem.variants:
        for o in variant.overrides:
            where = f"{variant.path}: line {o.row}"
            if o.id not in problem.table:
                yield from_error("variants", unknown("parameter", o.id, problem.table), where)
                continue
            p = problem.table[o.id]
            if not p.lower <= o.value <= p.upper:
                message = f"{o.id} = {o.value:g} lies outside its bounds {p.lower:g} to {p.upper:g}"
                yield Finding("variants", "error", where, message)
            if not (o.source.strip(" -") or o.note.strip(" -") or variant.comments):
                message = f"the override of '{o.id}' has no source, no note and no comment above it"
                yield Finding("variants", "warning", where, message)


def shipped_overlap(problem: Problem) -> Iterator[Finding]:
    """No two shipped variants override one parameter: the packaged value must not hang on order."""
    owner: dict[str, str] = {}
    for variant in problem.variants:
        if variant.name not in problem.shipped:
            continue
        for o in variant.overrides:
            if o.id in owner:
                message = f"'{o.id}' is overridden by two shipped variants, "
                message += f"'{owner[o.id]}' and '{variant.name}'"
                yield Finding("shipped_overlap", "error", f"{variant.path}: line {o.row}", message)
            owner.setdefault(o.id, variant.name)
