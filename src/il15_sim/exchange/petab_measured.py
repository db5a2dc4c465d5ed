"""Observables and measurements of PEtab as rows of a fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from il15_sim.batch.equations.time_unit import TimeUnit
from il15_sim.errors import InputError, unknown
from il15_sim.exchange.petab_arms import Experiments
from il15_sim.exchange.petab_formula import names_in, one_multiple, parse, replaced
from il15_sim.exchange.petab_tables import Line
from il15_sim.files.numeric import number
from il15_sim.fit.quantities import QUANTITIES, Asked
from il15_sim.fit.rows import Row
from il15_sim.fit.treatments import Arm

_KINDS = {
    "normal": ("normal", "sd", 1.0),
    "log-normal": ("log-normal", "log_sd", 1.0),
    # Of the decadic logarithm: the natural one spreads ln 10 times as far.
    "log10-normal": ("log-normal", "log_sd", math.log(10)),
}
#: Hours after something is given at which it is read where PEtab means the moment itself: rows
#: here are read before what is given at their time.
JUST_AFTER_H = 1e-9


@dataclass
class Measurements:
    """The measurements of a problem; the SBML gets the formulas that they are compared with.

    Attributes
    ----------
    experiments : Experiments
    factors : mapping of parameter to name
        Parameters that are factors of groups.
    sizes : dict of parameter to name
        Parameters that are sizes of errors.
    """

    experiments: Experiments
    factors: Mapping[str, str]
    sizes: dict[str, str]
    _rules: dict[str, str] = field(default_factory=dict)

    def rows(self, unit: TimeUnit, arms: Mapping[str, Arm]) -> list[Row]:
        """The rows.

        Raises
        ------
        InputError
            With file and line, for whatever cannot be used.
        """
        tables = self.experiments.tables
        seen: dict[tuple[tuple[str, object], ...], str] = {}
        observables: dict[str, Line] = {}
        for line in tables.observables:
            name = line.need("observableId")
            if name in observables:
                raise InputError(f"observable '{name}' stands twice", where=line.where)
            observables[name] = line
        found = []
        for line in tables.measurements:
            name = line.need("observableId")
            if name not in observables:
                raise unknown("observable", name, observables, line.where)
            key = tuple(sorted(self._identity(line).items()))
            if key in seen:
                raise InputError(
                    f"a repetition of the row at {seen[key]}",
                    where=line.where,
                    fix="leave it out, or number true replicates in a column 'replicateId'",
                )
            seen[key] = line.where
            found.append(self._row(line, observables[name], unit, arms))
        return found

    @staticmethod
    def _identity(line: Line) -> dict[str, object]:
        """What was measured, not how it is spelled: 2.0 repeats 2."""
        texts = ("observableId", "experimentId", "observableParameters", "noiseParameters")
        found: dict[str, object] = {c: line.text(c) for c in (*texts, "replicateId")}
        return found | {c: line.number(c) for c in ("time", "measurement") if not _endless(line)}

    def _row(self, line: Line, seen: Line, unit: TimeUnit, arms: Mapping[str, Arm]) -> Row:
        where, arm = line.where, line.text("experimentId")
        if arm not in arms:
            raise unknown("experiment", arm, arms, where)
        if _endless(line):
            why = "where all are at inf it is, of experiments of one period"
            raise InputError("time inf is not supported", where=where, why=why)
        told = seen.text("noiseDistribution") or "normal"
        if told not in _KINDS:
            raise unknown("noiseDistribution", told, _KINDS, seen.where)
        kind, spread_name, times = _KINDS[told]
        value = line.number("measurement")
        if kind == "log-normal" and value <= 0:
            what = f"measurement {value:g} of '{seen.text('observableId')}'"
            raise InputError(what, where=where, why="on a log scale it is positive")
        given, factor = self._given(line, seen, "observable")
        observable, times_it = self._observable(given, seen)
        size, spread = self._spread(line, seen)
        hours = unit.to_hours(line.number("time"))
        if hours < 0:
            raise InputError(f"time {line.text('time')} is negative", where=where)
        at_once = self.experiments.sbml.at_once(observable)
        if any(c.time_h == hours and c.target in at_once for c in arms[arm].changes):
            hours += JUST_AFTER_H
        return Row(
            where=where,
            observable=seen.text("observableId"),
            reads=QUANTITIES["value"].reads(Asked(observable, arm, hours), times_it),
            measured=value,
            unit="",
            kind=kind,
            known={spread_name: spread * times},
            size=size,
            factor=factor,
        )

    def _given(self, line: Line, seen: Line, role: str) -> tuple[Any, str]:
        """The formula of a role with what the row gives for its placeholders, and its factor."""
        declared, known = self.experiments.declared, self.experiments.known
        held = [p.strip() for p in seen.text(f"{role}Placeholders").split(";") if p.strip()]
        told = [p.strip() for p in line.text(f"{role}Parameters").split(";") if p.strip()]
        formula = seen.text(f"{role}Formula")
        if role == "noise" and not held and len(told) == 1:
            formula, told = told[0], []
        if len(held) != len(told):
            what = f"{len(told)} {role}Parameters instead of {len(held)}"
            raise InputError(what, where=line.where)
        values: dict[str, float | str] = {}
        factor = ""
        for name, text in zip(held, told, strict=True):
            if text in self.factors:
                factor, values[name] = self.factors[text], 1.0
            elif text in declared or self.experiments.sbml.has(text):
                values[name] = known.get(text, text)
            else:
                values[name] = number(text, f"{role}Parameters", line.where)
        tree = replaced(parse(formula, seen.where), values)
        return replaced(tree, {**known, **self.experiments.renamed}), factor

    def _observable(self, tree: Any, seen: Line) -> tuple[str, float]:
        """What is read, and times what: a quantity of the model, or a formula that becomes one."""
        import libsbml

        sbml, declared = self.experiments.sbml, self.experiments.declared
        one = one_multiple(tree)
        if one is not None and one[0] and sbml.has(one[0]) and sbml.varies(one[0]) and one[1] > 0:
            return one
        text = str(libsbml.formulaToL3String(tree))
        if text not in self._rules:
            for name in sorted(names_in(tree) - {"time"}):
                if not sbml.has(name) and name not in declared:
                    what = f"observableFormula '{text:.60}' names '{name}'"
                    why = "neither model nor parameter table has it"
                    raise InputError(what, where=seen.where, why=why)
                self.experiments.need(name)
            base = seen.text("observableId")
            self._rules[text] = sbml.free_name(base if not sbml.has(base) else f"{base}_2")
            sbml.add_rule(self._rules[text], tree)
        return self._rules[text], 1.0

    def _spread(self, line: Line, seen: Line) -> tuple[str, float]:
        """The size that errors are counted in, and their spread or its share of it."""
        tree, _ = self._given(line, seen, "noise")
        one, declared = one_multiple(tree), self.experiments.declared
        if one is None or (one[0] and one[0] not in declared):
            what = f"noiseFormula '{seen.text('noiseFormula'):.60}' is not supported"
            why = "a number, a parameter, or a multiple of one is"
            raise InputError(what, where=seen.where, why=why)
        name, spread = one
        if not spread > 0:
            why = "a reading without any spread would decide everything"
            raise InputError(f"spread {spread:g} is not positive", where=line.where, why=why)
        if not name:
            return "", spread
        if declared[name].prior is not None:
            what = f"a prior of '{name}'"
            why = "sizes of errors are estimated from residuals"
            raise InputError(what, where=declared[name].where, why=why, fix="leave it out")
        return self.sizes.setdefault(name, name), spread


def _endless(line: Line) -> bool:
    return line.text("time").lower() in ("inf", "+inf")
