"""State-triggered changes of dose: rules as pure functions of what a clinic visit reads.

At each clinic visit the rules are applied in the order of their file, to all patients at once:

>>> import numpy as np
>>> rule = Rule(when="toxicity", then="reduce")
>>> before = Doses.planned(2, levels=2)
>>> after = rule.applied(before, {"toxicity": np.array([0.0, 1.0])}, day=14.0)
>>> after.level.tolist()
[0, 1]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError

Array = NDArray[np.float64]
#: What a clinic visit counts, beside observables of the model: toxicities since the last visit,
#: the first dose-limiting one among them, and progression seen at a visit so far.
EVENTS = ("toxicity", "dose-limiting toxicity", "progression")
ACTIONS = ("hold", "reduce", "escalate", "stop")


@dataclass(frozen=True, eq=False)
class Doses:
    """What N patients are on.

    Attributes
    ----------
    level : array of int, shape (N,)
        Which of the dose levels; 0 is the planned dose.
    levels : int
        How many there are.
    held_until : array, shape (N,)
        Day up to which nothing is taken.
    stopped : array of bool, shape (N,)
    changed_day : array, shape (N,)
        Day of the last event that a rule acted on, or of the last change of level.
    toxic_day : array, shape (N,)
        Day of the last visit that read a toxicity.
    """

    level: NDArray[np.int64]
    levels: int
    held_until: Array
    stopped: NDArray[np.bool_]
    changed_day: Array
    toxic_day: Array

    @classmethod
    def planned(cls, n: int, levels: int) -> Doses:
        """Patients at the planned dose."""
        zero = np.zeros(n)
        return cls(np.zeros(n, np.int64), levels, zero, np.zeros(n, np.bool_), zero, zero)

    def takes(self, hours: Array) -> NDArray[np.bool_]:
        """Who takes the doses of some hours, as it stands, shape (N, doses)."""
        held = hours < 24 * self.held_until[:, None]
        return np.asarray(~(self.stopped[:, None] | held))


@dataclass(frozen=True)
class Rule:
    """What is done when something is seen at a clinic visit.

    Attributes
    ----------
    when : str
        One of `EVENTS`, `"no toxicity"`, or an observable of the model.
    then : "hold", "reduce", "escalate" or "stop"
        A dose reduced below the lowest level is stopped.
    above, below : float, optional
        Of an observable: where it acts. Exactly one of them.
    for_days : float
        Length of a hold, from the visit on.
    after_days : float
        Least time since the last event or change of level; of `"no toxicity"` since the last
        toxicity, too.
    drug : str
        The drug that it acts on; empty: every drug of the arm.
    """

    when: str
    then: str
    above: float | None = None
    below: float | None = None
    for_days: float = 14.0
    after_days: float = 0.0
    drug: str = ""

    def __post_init__(self) -> None:
        """Check what can be checked without a model.

        Raises
        ------
        InputError
            For an unknown action, bounds where an event needs none or an observable lacks one,
            and times that are negative.
        """
        told = f"rule '{self.when}: {self.then}'"
        if self.then not in ACTIONS:
            raise InputError(f"{told}: unknown action", fix=f"write one of {', '.join(ACTIONS)}")
        bounds = [b for b in (self.above, self.below) if b is not None]
        if self.is_event and bounds:
            raise InputError(told, why="an event has no bound", fix="leave out above and below")
        if not self.is_event and len(bounds) != 1:
            why = "an observable acts above or below one value"
            raise InputError(told, why=why, fix="give either above or below")
        for name, days in (("for_days", self.for_days), ("after_days", self.after_days)):
            if not days >= 0:
                raise InputError(f"{told}: {name} is {days:g}", why="days are not negative")

    @property
    def is_event(self) -> bool:
        """Whether it waits for an event, not for a level."""
        return self.when in EVENTS or self.when == "no toxicity"

    def struck(self, readings: Mapping[str, Array]) -> NDArray[np.bool_]:
        """In whom it acts, by what the visit reads, shape (N,)."""
        if self.when == "no toxicity":
            return np.asarray(readings["toxicity"] == 0)
        read = readings[self.when]
        if self.is_event:
            return np.asarray(read > 0)
        if self.below is not None:
            return np.asarray(read < self.below)
        return np.asarray(read > (np.inf if self.above is None else self.above))

    def applied(self, doses: Doses, readings: Mapping[str, Array], day: float) -> Doses:
        """What patients are on after the visit."""
        acts = self.struck(readings) & (day - doses.changed_day >= self.after_days)
        if self.when == "no toxicity":
            acts &= day - doses.toxic_day >= self.after_days
        # Whoever has stopped or is still held has no dose to change.
        acts &= ~doses.stopped & (doses.held_until <= day)
        changed = np.where(acts, day, doses.changed_day)
        if self.then == "hold":
            held = np.where(acts, day + self.for_days, doses.held_until)
            return replace(doses, held_until=held, changed_day=changed)
        if self.then == "stop":
            return replace(doses, stopped=doses.stopped | acts, changed_day=changed)
        step = 1 if self.then == "reduce" else -1
        level = np.where(acts, doses.level + step, doses.level)
        lowest = doses.levels - 1
        moved = np.clip(level, 0, lowest)
        # At the planned dose there is nothing to escalate to.
        changed = np.where(moved == doses.level, doses.changed_day, changed)
        stopped = doses.stopped | (level > lowest)
        return replace(doses, level=moved, stopped=stopped, changed_day=changed)


def apply_rules(
    rules: Sequence[Rule], doses: Mapping[str, Doses], readings: Mapping[str, Array], day: float
) -> dict[str, Doses]:
    """What patients are on of each drug after a visit: every rule in order.

    A hold does not keep a later rule of the same visit from lowering the dose that follows it:
    rules see who was held when the visit began.
    """
    after = dict(doses)
    for drug, planned in doses.items():
        toxic = np.where(readings["toxicity"] > 0, day, planned.toxic_day)
        now = before = replace(planned, toxic_day=toxic)
        for rule in rules:
            if rule.drug in ("", drug):
                seen = replace(now, held_until=before.held_until)
                acted = rule.applied(seen, readings, day)
                held = np.maximum(now.held_until, acted.held_until)
                now = replace(acted, held_until=held)
        after[drug] = now
    return after
