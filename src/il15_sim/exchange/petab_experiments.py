"""Arms as experiments of PEtab: periods that begin with a condition, which sets its targets."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError
from il15_sim.fit.treatments import Arm
from il15_sim.regimen.table import dose_table
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.schedules import changes_of, checked_changes, schedules_of
from il15_sim.simulation.steady_state import FROZEN
from il15_sim.simulation.subject import Subject

#: What a condition sets: formula by target.
Sets = Mapping[str, str]
#: Begin of the period in which a model comes to rest before its treatments.
REST = -math.inf


@dataclass(frozen=True)
class Period:
    """What is set at a time, in hours; nothing where the period only begins."""

    time_h: float
    sets: Sets


@dataclass(frozen=True)
class Timelines:
    """What the arms of a problem set and when.

    Attributes
    ----------
    subject : Subject
    estimated : mapping of arm to ids by parameter
        What a condition sets to an estimated parameter of another id: because other arms set it
        to something else.
    sizes : mapping
        As of `sizes_of`.
    """

    subject: Subject
    estimated: Mapping[str, Mapping[str, str]]
    sizes: Mapping[str, float] = field(default_factory=dict)

    @property
    def rests(self) -> bool:
        """Whether the model comes to rest before it is treated."""
        source = self.subject.source
        return not isinstance(source, Kernel) or source.rests

    def periods(self, name: str, arm: Arm, changes: Iterable[Change]) -> tuple[Period, ...]:
        """The periods of an arm with some of its changes, in the order of time."""
        for_good: dict[str, str] = {**self.estimated[name]}
        for_good |= {name: number(value) for name, value in arm.values.items()}
        by_time: dict[float, list[Change]] = {0.0: []}
        for change in changes:
            by_time.setdefault(change.time_h, []).append(change)
        if not self.rests:
            first = self._first(for_good, arm, by_time.pop(0.0))
            return (Period(0.0, first), *_later(by_time, {}))
        frozen = {n: v for n, v in FROZEN.items() if n in self.subject.constants}
        thawed = {n: for_good.get(n, number(self.subject.constants[n])) for n in frozen}
        rest = {**for_good, **{n: number(v) for n, v in frozen.items()}}
        return (Period(REST, rest), *_later(by_time, thawed))

    def _first(self, for_good: Sets, arm: Arm, changes: Sequence[Change]) -> Sets:
        """What holds from the start on: formulas there cannot name what is changed."""
        sets = {**for_good}
        kernel = self.subject.source
        assert isinstance(kernel, Kernel)
        for change in changes:
            target, told = change.target, _term(change)
            if not change.sets:
                if target in self.subject.states:
                    states = kernel.start_states(dict(arm.values))
                    place = self.subject.states.index(target)
                    value = float(states[place]) / self.sizes.get(target, 1.0)
                    sets.setdefault(target, number(value))
                else:
                    sets.setdefault(target, number(self.subject.constants[target]))
                told = f"{sets[target]} + {told}"
            if change.per:
                raise InputError(
                    f"a change of '{target}' at the start that '{change.per}' multiplies",
                    why="formulas of a first PEtab period name no parameters of the model",
                )
            sets[target] = told
        return sets


def changes_in(subject: Subject, arm: Arm) -> tuple[Change, ...]:
    """Doses and changes of an arm as changes of states and parameters, in the order of time."""
    doses = dose_table((arm.regimen,))
    checked = checked_changes(arm.changes, subject)
    return changes_of(schedules_of(subject, doses, [checked], 0.0), 0)


def number(value: float) -> str:
    """A number as text that reads back to the bit."""
    return repr(float(value))


def _later(by_time: Mapping[float, Sequence[Change]], thawed: Sets) -> list[Period]:
    found = []
    for time in sorted(by_time):
        sets: dict[str, str] = dict(thawed) if time == 0.0 else {}
        for change in by_time[time]:
            before = sets.get(change.target, change.target)
            told = _term(change)
            sets[change.target] = told if change.sets else f"{before} + {told}"
        found.append(Period(time, sets))
    return found


def _term(change: Change) -> str:
    told = number(change.amount)
    return f"{told} * {change.per}" if change.per else told


class Conditions:
    """Conditions by what they set: what many periods begin with stands once."""

    def __init__(self) -> None:
        self._ids: dict[tuple[tuple[str, str], ...], str] = {}

    def id_of(self, sets: Sets) -> str:
        """The id of the condition that sets this; empty where nothing is set."""
        if not sets:
            return ""
        key = tuple(sorted(sets.items()))
        return self._ids.setdefault(key, f"condition_{len(self._ids) + 1}")

    def rows(self) -> list[tuple[str, str, str]]:
        """Condition, target and formula of every single one."""
        return [(name, *one) for key, name in self._ids.items() for one in key]


def as_id(text: str, taken: Collection[str] = ()) -> str:
    """A text as an identifier that nothing else has.

    Examples
    --------
    >>> as_id("30 pM", {"x_30_pM"})
    'x_30_pM_2'
    """
    base = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "arm"
    base = base if base[0].isalpha() or base[0] == "_" else f"x_{base}"
    found, k = base, 1
    while found in taken:
        k += 1
        found = f"{base}_{k}"
    return found
