"""Experiments of PEtab as arms: values that hold for good, and changes at given times."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from il15_sim.batch.equations.time_unit import TimeUnit
from il15_sim.errors import InputError
from il15_sim.exchange.petab_formula import as_sum, names_in, parse, replaced
from il15_sim.exchange.petab_parameters import Declared
from il15_sim.exchange.petab_sbml import SbmlText
from il15_sim.exchange.petab_tables import Tables
from il15_sim.fit.treatments import Arm
from il15_sim.simulation.dosing import Change

#: What the first period sets a target to: a number, or a parameter.
First = float | str


@dataclass
class Experiments:
    """The experiments of a problem; the SBML gets what they need.

    Attributes
    ----------
    tables : Tables
    sbml : SbmlText
    declared : mapping
        The parameter table.
    known : mapping
        Numbers in the place of parameters that are fixed and not of the model.
    renamed : dict
        Parameters of the model that estimated ones stand for in all experiments, by these.
    owned : dict
        What an estimated parameter stands for in some experiments only, and in which.
    """

    tables: Tables
    sbml: SbmlText
    declared: Mapping[str, Declared]
    known: Mapping[str, float]
    renamed: dict[str, str] = field(default_factory=dict)
    owned: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    _targets: Counter[str] = field(default_factory=Counter)

    @property
    def rests(self) -> bool:
        """Whether the model comes to rest first."""
        begins = {periods[0][0] for periods in self.tables.experiments.values()}
        for begin in begins:
            if begin not in (0.0, -math.inf):
                told = f"an experiment that begins at {begin:g}"
                raise InputError(told, where=self.tables.path, why="one begins at 0 or -inf")
        if len(begins) > 1:
            raise InputError(
                "experiments with and without a period at -inf",
                where=self.tables.path,
                why="all come to rest before they begin, or none",
            )
        return begins == {-math.inf}

    def arms(self, unit: TimeUnit) -> dict[str, Arm]:
        """The arms by experiment; that of measurements without one has no name."""
        first = {
            name: {t: self._first(f, w) for t, (w, f) in self._sets(p[0][1]).items()}
            for name, p in self.tables.experiments.items()
        }
        first.setdefault("", {})
        pairs = {(t, f) for sets in first.values() for t, f in sets.items()}
        self._targets = Counter(f for _, f in pairs if isinstance(f, str))
        values: dict[str, dict[str, float]] = {name: {} for name in first}
        for target in dict.fromkeys(t for sets in first.values() for t in sets):
            told = {name: sets.get(target) for name, sets in first.items()}
            self._begin(target, told, values)
        arms = {"": Arm(values=values[""])}
        for name, periods in self.tables.experiments.items():
            changes: list[Change] = []
            for time, conditions in periods[1:]:
                hours = unit.to_hours(time)
                for target, (where, formula) in self._sets(conditions).items():
                    changes += self._changes(hours, target, formula, where)
            kept = tuple(c for c in changes if not _says_again(c, values[name], changes))
            arms[name] = Arm(values=values[name], changes=kept)
        return arms

    def _sets(self, conditions: list[str]) -> dict[str, tuple[str, str]]:
        """Place and formula by target, of conditions that begin together."""
        found: dict[str, tuple[str, str]] = {}
        for name in conditions:
            where, sets = self.tables.conditions[name]
            for target, formula in sets.items():
                if target in found:
                    what = f"'{target}' is set by two conditions at once"
                    raise InputError(what, where=where)
                found[target] = (where, formula)
        return found

    def _first(self, formula: str, where: str) -> First:
        found = as_sum(replaced(parse(formula, where), self.known))
        if found is not None and set(found) == {""}:
            return found[""]
        if found is not None and len(found) == 1 and next(iter(found.values())) == 1.0:
            return self._parameter(next(iter(found)), formula, where)
        why = "at the begin of an experiment a number or one parameter is read"
        raise InputError(f"formula '{formula:.60}' is not supported", where=where, why=why)

    def _parameter(self, name: str, formula: str, where: str) -> str:
        if name not in self.declared and not self.sbml.has(name):
            what = f"formula '{formula:.60}' names '{name}'"
            raise InputError(what, where=where, why="neither model nor parameter table has it")
        return name

    def _begin(
        self, target: str, told: Mapping[str, First | None], values: dict[str, dict[str, float]]
    ) -> None:
        """Let a target begin as each experiment says."""
        used = {n: f for n, f in told.items() if n or not self.tables.experiments}
        if not self.sbml.has(target):
            self.sbml.add_parameter(target, 0.0)
        symbols = dict.fromkeys(f for f in used.values() if isinstance(f, str))
        is_free = self.sbml.is_free(target)
        if is_free and not symbols:
            for name, value in used.items():
                if isinstance(value, float):
                    values[name][target] = value
            return
        only = next(iter(symbols), "")
        alone = len(symbols) == 1 and None not in used.values() and is_free
        outside = only in self.declared and not self.sbml.has(only)
        if alone and outside and only not in self.renamed and not self._later(only, used):
            self.renamed[only] = target
            for name, value in used.items():
                if isinstance(value, float):
                    values[name][target] = value
            return
        if is_free and all(self._own(s, used) for s in symbols):
            for symbol in symbols:
                self.owned[symbol] = (target, tuple(n for n, f in used.items() if f == symbol))
            for name, value in used.items():
                if isinstance(value, float):
                    values[name][target] = value
            return
        self._select(target, used, list(symbols), values)

    def _own(self, name: str, first: Mapping[str, First | None]) -> bool:
        """Whether a parameter is nothing but what a target begins with in some experiments."""
        if name not in self.declared or self.sbml.has(name) or self._targets[name] > 1:
            return False
        return name not in self._named_in_rows and not self._later(name, first)

    @cached_property
    def _named_in_rows(self) -> set[str]:
        """What formulas and overrides of observables and measurements name."""
        columns = ("observableFormula", "noiseFormula", "observableParameters", "noiseParameters")
        lines = (*self.tables.observables, *self.tables.measurements)
        return {w for x in lines for c in columns for w in re.findall(r"\w+", x.text(c))}

    def _later(self, name: str, first: Mapping[str, First | None]) -> bool:
        """Whether a parameter comes into an experiment that does not begin with it."""
        for experiment, periods in self.tables.experiments.items():
            later = [c for _, conditions in periods[1:] for c in conditions]
            formulas = [f for c in later for f in self.tables.conditions[c][1].values()]
            named = any(name in names_in(parse(f, name)) for f in formulas)
            if named and first.get(experiment) != name:
                return True
        return False

    def _select(
        self,
        target: str,
        told: Mapping[str, First | None],
        symbols: list[str],
        values: dict[str, dict[str, float]],
    ) -> None:
        """The target as a sum of a number and parameters, of which each experiment takes one."""
        number = self.sbml.free_name(f"{target}_set")
        keep = self.sbml.free_name(f"{target}_kept")
        switches = {s: self.sbml.free_name(f"{target}_is_{s}") for s in symbols}
        for name in symbols:
            self.need(name)
        self.sbml.begin_as(target, number, keep, switches)
        for name, value in told.items():
            own = values[name]
            own[number] = value if isinstance(value, float) else 0.0
            own[keep] = 1.0 if value is None else 0.0
            own |= {switch: float(value == s) for s, switch in switches.items()}

    def need(self, name: str) -> None:
        """Make a parameter of the table one of the model."""
        if not self.sbml.has(name):
            self.sbml.add_parameter(name, self.declared[name].start)

    def _changes(self, hours: float, target: str, formula: str, where: str) -> list[Change]:
        """What a later period changes: the target gets a sum, or something is added to it."""
        stands = {name: target for name, (target, _) in self.owned.items()}
        tree = replaced(parse(formula, where), {**self.known, **self.renamed, **stands})
        found = as_sum(tree)
        if found is None:
            why = "later periods set or add numbers and multiples of parameters"
            raise InputError(f"formula '{formula:.60}' is not supported", where=where, why=why)
        if not self.sbml.has(target):
            raise InputError(f"target '{target}' is not of the model", where=where)
        own, terms = found.pop(target, 0.0), [(n, v) for n, v in found.items() if v or not n]
        if own not in (0.0, 1.0):
            told = f"formula '{formula:.60}' is not supported"
            raise InputError(told, where=where, why=f"it takes {own:g} times the target")
        for name, _ in terms:
            if name:
                self._parameter(name, formula, where)
                if name in self.declared:
                    self.need(name)
        made = [Change(hours, target, value, name) for name, value in terms]
        if own == 0.0:
            head = made[0] if made else Change(hours, target, 0.0)
            made = [Change(hours, target, head.amount, head.per, sets=True), *made[1:]]
        return made


def _says_again(change: Change, values: Mapping[str, Any], changes: list[Change]) -> bool:
    """Whether a change sets what holds for good already."""
    others = sum(c.target == change.target for c in changes)
    same = values.get(change.target) == change.amount
    return change.sets and not change.per and same and others == 1
