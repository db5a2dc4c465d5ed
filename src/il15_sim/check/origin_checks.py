"""Checks that every row says where its value comes from, and that what it says is true."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from il15_sim.check.finding import Finding, Severity, from_error
from il15_sim.check.formula import evaluate, names
from il15_sim.check.problem import Problem
from il15_sim.errors import InputError, closest
from il15_sim.model.parameters import ParameterTable

#: How far a derived value may lie from its formula. The table stores full precision: a rounded
#: balance would make the untreated steady state drift.
DERIVED_TOLERANCE = 1e-6
#: A reason shorter than this says nothing.
MIN_REASON = 15

_SOURCE = re.compile(r"doi:10\.\d{4,9}/\S+|pmid:\d+|pmc:(PMC)?\d+|page:\S+", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_VARIANT = re.compile(r"\bvariant[:\s]+([A-Za-z0-9_-]+)")


def measured(problem: Problem) -> Iterator[Finding]:
    """A measured row names its source, and its fact contains the value as a number."""
    for p in problem.table.parameters:
        if p.kind != "measured":
            continue
        where = problem.at(p.id)
        if not _SOURCE.search(p.source):
            message = f"source of the measured '{p.id}' has no doi:, pmid:, pmc: or page:"
            yield Finding("measured", "error", where, message)
        if not _contains(p.fact, p.value):
            message = (
                f"the fact of the measured '{p.id}' does not contain {p.value:g}; quote the number "
                "with its conversion, or make the row derived with a formula"
            )
            yield Finding("measured", "error", where, message)


def _contains(fact: str, value: float) -> bool:
    text = re.sub(r"\b(doi|pmid|pmc|page):\S+", " ", fact, flags=re.IGNORECASE)
    numbers = [float(t) for t in _NUMBER.findall(text)]
    numbers += [float(t.replace(",", "")) for t in _GROUPED.findall(text)]
    # Signs are left out, since 10-20 is a range: a number is compared by its size.
    return any(math.isclose(n, abs(value), rel_tol=1e-9) for n in numbers)


def assumed(problem: Problem) -> Iterator[Finding]:
    """An assumed row says why, in its note or its fact, and leaves the value room."""
    for p in problem.table.parameters:
        if p.kind != "assumed":
            continue
        where = problem.at(p.id)
        if max(len(p.note.strip(" -")), len(p.fact.strip(" -"))) < MIN_REASON:
            message = f"the assumed '{p.id}' gives no reason; write one of {MIN_REASON} letters"
            yield Finding("assumed", "error", where, f"{message} or more in its note")
        if p.lower == p.upper:
            message = f"the assumed '{p.id}' has bounds without width"
            yield Finding("assumed", "warning", where, message)


def settings(problem: Problem) -> Iterator[Finding]:
    """A setting says what its values mean, and no fit estimates it by default."""
    for p in problem.table.parameters:
        if p.kind != "setting":
            continue
        if len(p.note.strip(" -")) < MIN_REASON:
            message = f"the setting '{p.id}' does not say what its values mean; write it in"
            yield Finding("settings", "error", problem.at(p.id), f"{message} its note")
        if p.estimate:
            message = f"the setting '{p.id}' is chosen, not estimated; write false under estimate"
            yield Finding("settings", "error", problem.at(p.id), message)


def variability(problem: Problem) -> Iterator[Finding]:
    """A between-patient variability says in the note where it comes from, if only "CV assumed"."""
    for p in problem.table.parameters:
        if p.iiv_cv_percent is not None and not re.search(r"\bCV\b", p.note):
            message = f"the variability of '{p.id}' has no origin; say in its note where the CV is"
            told = f"{message} from, or write CV assumed"
            yield Finding("variability", "error", problem.at(p.id), told)


def fitted(problem: Problem) -> Iterator[Finding]:
    """A fitted row names a fit and a variant that exist, and the variant carries the parameter.

    The fact starts with the name of the fit; the variant is `<fit>_fit` unless the fact says
    `variant <name>`.
    """
    variants = {v.name: v for v in problem.variants}
    for p in problem.table.parameters:
        if p.kind != "fitted":
            continue
        where = problem.at(p.id)
        fit = re.match(r"[A-Za-z0-9_-]*", p.fact.strip())
        fit_name = fit.group() if fit else ""
        if fit_name not in problem.fits:
            near = closest(fit_name, problem.fits)
            hint = f"; did you mean '{near}'?" if near else ""
            message = f"the fact of the fitted '{p.id}' names no fit of experiments/fits: "
            yield Finding("fitted", "error", where, f"{message}'{p.fact}'{hint}")
        said = _VARIANT.search(p.fact)
        name = said.group(1) if said else f"{fit_name}_fit"
        if name not in variants:
            message = f"variant '{name}' of the fitted '{p.id}' does not exist"
            yield Finding("fitted", "error", where, message)
        elif p.id not in variants[name].values():
            message = f"variant '{name}' carries no value of the fitted '{p.id}'"
            yield Finding("fitted", "error", where, message)


def derived(problem: Problem) -> Iterator[Finding]:
    """A derived value equals its formula, in the table and under every variant.

    A variant that changes what a derived value rests on must carry the derived value too. The
    packaged model must be right; for other variants it is a warning.
    """
    yield from _circles(problem)
    yield from _derived_in(problem, problem.table, "", "error")
    shipped = problem.effective
    moved = {k for k, v in shipped.values().items() if v != problem.table[k].value}
    yield from _derived_in(problem, shipped, "with the shipped variants, ", "error", moved)
    for variant in problem.variants:
        values = {k: v for k, v in variant.values().items() if k in problem.table}
        if variant.name not in problem.shipped:
            # A variant that sets a derived value itself, as a knock-out does, means it.
            free = {p.id for p in problem.table.parameters} - set(values)
            table, told = shipped.with_values(values), f"with variant '{variant.name}', "
            yield from _derived_in(problem, table, told, "warning", set(values), free)


def _derived_in(
    problem: Problem,
    table: ParameterTable,
    prefix: str,
    severity: Severity,
    moved: set[str] | None = None,
    free: set[str] | None = None,
) -> Iterator[Finding]:
    """Compare with the formulas, where the value or what it rests on was moved (None: all)."""
    for p in table.parameters:
        if p.kind != "derived" or (free is not None and p.id not in free):
            continue
        where = problem.at(p.id)
        if not p.fact.startswith("="):
            if not prefix:
                message = f"the fact of the derived '{p.id}' is no formula; write it like = 2 * x"
                yield Finding("derived", severity, where, message)
            continue
        try:
            # An unreadable formula is told once, for the table itself.
            touched = moved is None or (names(p.fact) | {p.id}) & moved
            wanted = evaluate(p.fact, table.values()) if touched else p.value
        except InputError as error:
            if not prefix:
                told = InputError(f"derived '{p.id}': {error.what}", fix=error.fix)
                yield from_error("derived", told, where)
            continue
        if not math.isclose(p.value, wanted, rel_tol=DERIVED_TOLERANCE):
            message = f"{prefix}{p.id} = {p.value!r}, but {p.fact[1:].strip()} = {wanted!r}"
            yield Finding("derived", severity, where, message)


def _circles(problem: Problem) -> Iterator[Finding]:
    below: dict[str, frozenset[str]] = {}
    for p in problem.table.parameters:
        if p.kind == "derived" and p.fact.startswith("="):
            try:
                below[p.id] = names(p.fact)
            except InputError:  # told by the evaluation
                below[p.id] = frozenset()
    for start in below:
        seen: set[str] = set()
        todo = list(below[start])
        while todo:
            id_ = todo.pop()
            if id_ not in seen:
                seen.add(id_)
                todo.extend(below.get(id_, ()))
        if start in seen:
            message = f"the formula of '{start}' leads back to '{start}'"
            yield Finding("derived", "error", problem.at(start), message)
