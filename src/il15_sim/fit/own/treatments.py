"""What each group of a table was given: doses, parameters, additions to a dish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import real
from il15_sim.fit.own.readings import Readings
from il15_sim.regimen import Regimen
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.subject import Subject

#: What one group may be given, alone or as a list of several.
Part = Regimen | Change | Mapping[str, float]
Arm = Part | Sequence[Part]


@dataclass(frozen=True)
class Treatment:
    """Doses, values that hold for good, and changes at given times."""

    regimen: Regimen = field(default_factory=Regimen.none)
    values: Mapping[str, float] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        changes = [vars(change) for change in self.changes]
        return {"regimen": str(self.regimen), "values": dict(self.values), "changes": changes}


def read_arms(
    arms: Arm | Mapping[str, Arm] | None, subject: Subject, readings: Readings
) -> dict[str, Treatment]:
    """The treatment of each group of the readings.

    A mapping of id to value sets parameters of the table for good: the run starts from the steady
    state that belongs to them. Inputs of a module (they have no row in the table, such as the
    ligand of a dish) are set at 0 h: until then the cells rest in what the model has.

    Raises
    ------
    InputError
        For groups without an arm, unknown ids, and what is no treatment.
    """
    groups = tuple(dict.fromkeys(readings.group))
    if not isinstance(arms, Mapping):
        if len(groups) > 1:
            raise InputError(
                f"groups '{groups[0]}' and '{groups[1]}' without arms of their own",
                where=readings.source,
                fix=f"say what each was given, as arms={{'{groups[0]}': ..., '{groups[1]}': ...}}",
            )
        given = Treatment() if arms is None else _treatment(arms, subject, "arms")
        return {groups[0]: given}
    named = {_told(name): _treatment(arm, subject, f"arm '{name}'") for name, arm in arms.items()}
    if groups == ("",):
        if len(named) == 1:
            return {"": next(iter(named.values()))}
        raise InputError(
            f"{len(named)} arms and no column 'group'",
            where=readings.source,
            fix="add the column: it names the arm of each row",
        )
    for group, where in zip(readings.group, readings.where, strict=True):
        if group not in named:
            raise unknown("group", group, named, where)
    return {group: named[group] for group in groups}


def _told(name: object) -> str:
    return f"{name:.12g}" if isinstance(name, float) else str(name)


def _treatment(arm: object, subject: Subject, where: str) -> Treatment:
    parts = list(arm) if isinstance(arm, Sequence) and not isinstance(arm, str) else [arm]
    regimen = Regimen.none()
    values: dict[str, float] = {}
    changes: list[Change] = []
    for part in parts:
        if isinstance(part, Regimen):
            regimen = part if regimen == Regimen.none() else regimen + part
        elif isinstance(part, Change):
            changes.append(part)
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
                why="it is neither a Regimen, a Change nor a mapping of parameter to value",
                fix="read text with Regimen.parse",
            )
    return Treatment(regimen, values, tuple(changes))


def _checked(values: Mapping[str, float], subject: Subject, where: str) -> Mapping[str, float]:
    if subject.model is not None:
        return subject.model.check_values(values, where)
    for name in values:
        if name not in subject.constants:
            raise unknown("parameter", name, subject.constants, where)
    return {name: real(value, f"value of '{name}'", where) for name, value in values.items()}
