"""What each group of a table, or each arm of a study, was given: doses, values, additions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import real
from il15_sim.fit.patients import Patients
from il15_sim.regimen import Regimen
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.subject import Subject

#: What one group may be given, alone or as a list of several.
Part = Regimen | Change | Mapping[str, float] | Patients
Given = Part | Sequence[Part]


@dataclass(frozen=True)
class Arm:
    """Doses, values that hold for good, changes at given times, and patients instead of one.

    Arms of one group share what is estimated for it; an arm that names none is a group of its own.
    """

    regimen: Regimen = field(default_factory=Regimen.none)
    values: Mapping[str, float] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    study: str = ""
    patients: Patients | None = None
    group: str = ""

    @property
    def dose_mg(self) -> float:
        """The first dose; 0 without one."""
        doses = self.regimen.doses()
        return doses[0].amount if doses else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        changes = [str(change) for change in self.changes]
        told = {"regimen": str(self.regimen), "values": dict(self.values), "changes": changes}
        told |= {"group": self.group} if self.group else {}
        return told if self.patients is None else {**told, "patients": self.patients.to_dict()}


def read_arms(
    arms: Given | Mapping[str, Given] | None,
    subject: Subject,
    groups: Mapping[str, str],
    source: str,
) -> dict[str, Arm]:
    """What each group of a table was given.

    `groups` tells where each group stands first, and `source` what the table is called.

    A mapping of id to value sets parameters of the table for good: the run starts from the steady
    state that belongs to them. Inputs of a module (they have no row in the table, such as the
    ligand of a dish) are set at 0 h: until then the cells rest in what the model has.

    Raises
    ------
    InputError
        For groups without an arm, unknown ids, and what is no treatment.
    """
    names = tuple(groups)
    if not isinstance(arms, Mapping):
        if len(names) > 1:
            raise InputError(
                f"groups '{names[0]}' and '{names[1]}' without arms of their own",
                where=source,
                fix=f"say what each was given, as arms={{'{names[0]}': ..., '{names[1]}': ...}}",
            )
        given = Arm() if arms is None else arm_of(arms, subject, "arms")
        return {names[0]: given}
    named = {_told(name): arm_of(arm, subject, f"arm '{name}'") for name, arm in arms.items()}
    if names == ("",):
        if len(named) == 1:
            return {"": next(iter(named.values()))}
        raise InputError(
            f"{len(named)} arms and no column 'group'",
            where=source,
            fix="add the column: it names the arm of each row",
        )
    for group, where in groups.items():
        if group not in named:
            raise unknown("group", group, named, where)
    return {group: named[group] for group in names}


def _told(name: object) -> str:
    return f"{name:.12g}" if isinstance(name, float) else str(name)


def arm_of(given: object, subject: Subject, where: str) -> Arm:
    """One arm of what it was given, alone or as a list.

    Raises
    ------
    InputError
        For what is neither doses, changes nor values, and for unknown ids.
    """
    parts = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    regimen = Regimen.none()
    values: dict[str, float] = {}
    changes: list[Change] = []
    patients: Patients | None = None
    for part in parts:
        if isinstance(part, Regimen):
            regimen = part if regimen == Regimen.none() else regimen + part
        elif isinstance(part, Change):
            changes.append(part)
        elif isinstance(part, Patients):
            patients = part
        elif isinstance(part, Mapping):
            for name, value in _checked(part, subject, where).items():
                if subject.model is not None and name not in subject.model.parameters:
                    changes.append(Change(0.0, name, value, sets=True))
                else:
                    values[name] = value
        else:
            raise InputError(
                f"{part!r:.60}",
                where=where,
                why="it is neither a Regimen, a Change, Patients nor values by parameter",
                fix="read text with Regimen.parse",
            )
    if patients is not None:
        patients = patients.of(subject, values, where)
        for change in changes:
            if change.sets and change.target in patients.factors:
                told = f"'{change.target}' varies between patients and is set in the run"
                raise InputError(told, where=where, fix="leave it out of vary")
    return Arm(regimen, values, tuple(changes), patients=patients)


def groups_in(arms: Mapping[str, Arm]) -> tuple[str, ...]:
    """The groups of arms, each once."""
    return tuple(dict.fromkeys(arm.group or name for name, arm in arms.items()))


def with_group_values(
    arms: Mapping[str, Arm], group: str, values: Mapping[str, float], subject: Subject
) -> dict[str, Arm]:
    """Arms with values that hold in all of one group, as the values of an arm.

    Raises
    ------
    InputError
        For a group without arms, and for what an arm of it sets itself.
    """
    if group not in groups_in(arms):
        raise unknown("group", group, filter(None, groups_in(arms)))
    where, found = f"group '{group}'", dict(arms)
    shared = arm_of(values, subject, where)
    for name, arm in arms.items():
        if (arm.group or name) != group:
            continue
        for told in values:
            if told in {*arm.values, *(c.target for c in arm.changes if c.sets)}:
                raise InputError(f"'{told}'", where=where, why=f"arm '{name}' sets it itself")
        both = {**arm.values, **shared.values}
        patients = arm.patients and arm.patients.of(subject, both, where)
        changes = (*arm.changes, *shared.changes)
        found[name] = replace(arm, values=both, changes=changes, patients=patients)
    return found


def _checked(values: Mapping[str, float], subject: Subject, where: str) -> Mapping[str, float]:
    if subject.model is not None:
        return subject.model.check_values(values, where)
    for name in values:
        if name not in subject.constants:
            raise unknown("parameter", name, subject.constants, where)
    return {name: real(value, f"value of '{name}'", where) for name, value in values.items()}
