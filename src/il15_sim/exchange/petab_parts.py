"""What a PEtab problem of either version is made of: arms, their changes, names, first values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from il15_sim.errors import InputError
from il15_sim.exchange.petab_amounts import as_levels, sizes_of
from il15_sim.exchange.petab_areas import Areas
from il15_sim.exchange.petab_experiments import Period, Timelines, as_id, changes_in, number
from il15_sim.exchange.petab_rows import Measured, Observables
from il15_sim.fit.problem import Problem
from il15_sim.fit.treatments import Arm
from il15_sim.fit.unknowns import owners
from il15_sim.simulation.dosing import Change

Lines = list[tuple[str, ...]]
#: Fold around its first value within which a size of errors or a factor is searched.
FOLD = 1e3


class Parts:
    """A problem taken apart.

    Attributes
    ----------
    problem : Problem
    seen : Observables
        Its rows, sorted in.
    arms, changes, names : mappings by arm
        What is used of the arms, what changes in them until their last row, and how their
        experiments are called.
    ids : mapping of id of an unknown to id of its parameter
    groups : dict of experiment to group
        Of all experiments that measurements are of.
    """

    def __init__(self, problem: Problem, seen: Observables, areas: Areas) -> None:
        self.problem, self.seen = problem, seen
        self.subject = problem.subject
        rows = (*(m.row for m in seen.measured), *seen.apart)
        self.last: dict[str, float] = {}
        for output in (o for r in rows for o in r.reads.outputs):
            self.last[output.arm] = max(self.last.get(output.arm, 0.0), output.time_h)
        self.arms: dict[str, Arm] = {name: problem.arms[name] for name in self.last}
        for name, own in self.arms.items():
            if own.patients is not None:
                told, why = f"arm '{name}' has {own.patients.n} patients", "PEtab has one of an arm"
                raise InputError(told, where=problem.name, why=why)
        if any(row.background for row in rows):
            why = "its observables are told with one factor here"
            raise InputError("readings with a background", where=problem.name, why=why)
        estimated = {u.parameter for u in problem.unknowns}
        sizes = sizes_of(self.subject, seen.sbml, self.arms.values(), estimated, problem.name)
        self.changes: dict[str, list[Change]] = {}
        for name, arm in self.arms.items():
            given = as_levels(changes_in(self.subject, arm), sizes)
            every = [*given, *areas.changes(name)]
            # What is given at the last time was not yet there when that was read.
            kept = [c for c in every if c.time_h < self.last[name]]
            self.changes[name] = sorted(kept, key=lambda c: c.time_h)
        self.names: dict[str, str] = {}
        for name in self.arms:
            self.names[name] = as_id(name, self.names.values())
        set_somewhere = {n for arm in self.arms.values() for n in arm.values}
        set_somewhere |= {c.target for own in self.changes.values() for c in own}
        self.ids: dict[str, str] = {}
        for u in problem.unknowns:
            own_id = u.id
            if u.groups or u.target or u.id in set_somewhere:
                own_id = f"{u.id}_estimated" if u.id == u.parameter else u.id
                own_id = seen.sbml.free_name(as_id(own_id, self.ids.values()))
            self.ids[u.id] = own_id
        estimated_in: dict[str, dict[str, str]] = {}
        for name, arm in self.arms.items():
            set_by = owners(problem.unknowns, name, arm).items()
            ids = {p: self.ids[problem.unknowns[j].id] for p, j in set_by}
            estimated_in[name] = {p: id_ for p, id_ in ids.items() if p != id_}
        self.groups: dict[str, str] = {}
        self.timelines = Timelines(self.subject, estimated_in, sizes)

    def periods(self, arm: str, changes: Sequence[Change]) -> tuple[Period, ...]:
        """The periods of an arm with some of its changes."""
        return self.timelines.periods(arm, self.arms[arm], changes)

    def experiment_of(self, measured: Measured, needed: dict[str, tuple[Period, ...]]) -> str:
        """The experiment that a measurement is of.

        PEtab reads after what is given at that moment, a row here before it: where that shows at
        once, an experiment of its own ends before it.
        """
        row = measured.row
        name, time = self.names[row.arm], row.time_h
        own = self.changes[row.arm]
        formula = row.reads.first.observable
        at_once = self.seen.sbml.at_once(formula) if row.reads.quantity == "value" else set()
        if any(c.time_h == time and c.target in at_once for c in own):
            name = as_id(f"{name}_before_{number(time)}_h", self.names.values())
            own = [c for c in own if c.time_h < time]
        if name not in needed:
            needed[name] = self.periods(row.arm, own)
        self.groups[name] = self.arms[row.arm].group or row.arm
        return name

    def time(self, hours: float) -> str:
        """Hours in the unit of the model."""
        return number(self.subject.time_unit.from_hours(hours))

    def nominal(self) -> Mapping[str, float]:
        """First values of the sizes of errors, by their parameter."""
        objective = self.problem.objective()
        first = dict(zip(objective.rows.sizes, objective.sizes.tolist(), strict=True))
        return {name: first[size] for size, name in self.seen.sizes.items()}


def numbered(lines: Lines) -> Lines:
    """Lines with the number of each among those that are the same: true replicates."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for line in lines:
        seen[line] += 1
        found.append((*line, str(seen[line])))
    return found
