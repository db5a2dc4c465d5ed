"""Courses of one drug as frozen values, and how they expand to single doses.

A course is a row of phases; holds, reductions, skipped and late doses are kept beside the phases
and applied when the course is expanded, so a course can always be told in the words it was made
of. The rules, in the order in which they apply:

1. A phase gives doses at 0, every_h, 2 every_h, ... before its end; the next phase starts where
   it ends. A cycle (`d1-5/28`) restarts that row on its first day in every cycle.
2. Doses are numbered from one in this plan; skipping or holding never renumbers them.
3. A late dose moves. A skipped dose is gone. A hold removes every dose that would be taken inside
   its half-open window, a reduction lowers it. No other dose moves to fill a gap.
4. Days count from the start of the course; `start_day` moves the whole course.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from il15_sim.errors import InputError
from il15_sim.regimen.dose import (
    MAX_DAYS,
    Dose,
    check_count,
    check_kind,
    check_unit,
    number_text,
    quantity,
    round_h,
    span,
    whole,
)
from il15_sim.regimen.phase import Cycle, Phase, Window


@dataclass(frozen=True)
class Course:
    """One drug by one route: phases one after the other, and what was changed about them.

    Parameters
    ----------
    drug, route : str
    phases : tuple of Phase
    start_day : float
        Day on which the course starts; all other days count from there.
    duration_h : float
        Infusion time of every dose in hours; 0 unless the route is infusion.
    holds, reductions : tuple of Window
    skips : tuple of int
        Numbers of the doses not taken; the first planned dose is 1.
    lates : tuple of (number, hours)
    """

    drug: str
    route: str
    phases: tuple[Phase, ...]
    start_day: float = 0.0
    duration_h: float = 0.0
    holds: tuple[Window, ...] = ()
    reductions: tuple[Window, ...] = ()
    skips: tuple[int, ...] = ()
    lates: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        """Check every part against the whole course and bring it into one canonical order."""
        check_kind(self.drug, self.route, self.duration_h)
        start = quantity("start day", self.start_day, "d", zero=True)
        span(f"end of the course of {self.drug}", start + self.days, "d")
        check_count(f"course of {self.drug}", self.count)
        for phase in self.phases:
            if self.duration_h > phase.every_h:
                text = f"infusion of {self.drug} over {number_text(float(self.duration_h))} h"
                why = "the next would start before it ends"
                raise InputError(f"{text} every {number_text(phase.every_h)} h", why=why)
        numbers = [whole("dose number", n) for n in self.skips]
        lates = [(whole("dose number", n), span(f"delay of dose {n}", by)) for n, by in self.lates]
        for name, value in (
            ("start_day", start),
            ("duration_h", float(self.duration_h)),
            ("holds", tuple(sorted(self.holds))),
            ("reductions", tuple(sorted(self.reductions))),
            ("skips", tuple(sorted(set(numbers)))),
            ("lates", tuple(sorted(lates))),
        ):
            object.__setattr__(self, name, value)
        self._check_windows(self.holds)
        self._check_windows(self.reductions)
        self._check_numbers()

    def _check_windows(self, windows: Sequence[Window]) -> None:
        for one, two in pairwise(windows):
            if two.start < one.end:
                fix = "write them as one, or end one where the other starts"
                raise InputError(f"{one} and {two} overlap", fix=fix)
        for window in windows:
            if round_h(24 * window.end) > round_h(24 * self.days):
                why = f"which lasts {number_text(self.days)} d"
                raise InputError(f"{window} lies outside the course of {self.drug}", why=why)
            for phase, end in zip(self.phases, self.ends, strict=True):
                if window.start < end and end - phase.days < window.end:
                    self._check_reduced(window, phase)

    def _check_reduced(self, window: Window, phase: Phase) -> None:
        if window.amount is None:
            return
        shown = f"{window} to {number_text(window.amount)} {window.unit}"
        planned = f"{number_text(phase.amount)} {phase.unit}"
        if window.unit != phase.unit:
            raise InputError(shown, why=f"the planned dose is {planned}", fix="use the same unit")
        if window.amount >= phase.amount:
            fix = "use 'then' for a higher dose"
            raise InputError(shown, why=f"the planned dose is {planned}", fix=fix)

    def _check_numbers(self) -> None:
        skipped, seen = set(self.skips), set[int]()
        for number in (*self.skips, *(n for n, _ in self.lates)):
            if not 1 <= number <= self.count:
                why = f"the course of {self.drug} has doses 1 to {self.count}"
                raise InputError(f"there is no dose {number}", why=why)
        planned = self.planned() if self.lates else []
        for number, by in self.lates:
            shown = f"dose {number} of {self.drug} late by {number_text(by)} h"
            if number in skipped:
                raise InputError(f"{shown} is also skipped", fix="give one of the two")
            if number in seen:
                raise InputError(f"{shown} is late twice", fix="give one delay")
            if round_h(planned[number - 1][0] + by) >= round_h(24 * self.days):
                why = f"it would come after the course, which lasts {number_text(self.days)} d"
                raise InputError(shown, why=why, fix="skip the dose or shorten the delay")
            seen.add(number)

    @property
    def days(self) -> float:
        """Length of the course in days."""
        return self.ends[-1]

    @property
    def ends(self) -> tuple[float, ...]:
        """Day on which each phase ends."""
        # Not sum(): from Python 3.12 it rounds differently from adding phase by phase.
        return tuple(accumulate(p.days for p in self.phases))

    @property
    def count(self) -> int:
        """Number of planned doses, those held or skipped included."""
        return sum(p.count for p in self.phases)

    @property
    def end_h(self) -> float:
        """End of the last phase, or of the last infusion where that is later, in hours."""
        end = round_h(24 * (self.start_day + self.days))
        return max(end, *(d.time_h + d.duration_h for d in self.doses()[-1:]), 0.0)

    def planned(self) -> list[tuple[float, Phase]]:
        """Hours after the start of the course, and phase, of every planned dose."""
        starts = (0.0, *self.ends)
        return [
            (round_h(24 * start + offset), phase)
            for start, phase in zip(starts, self.phases, strict=False)
            for offset in phase.offsets_h()
        ]

    def doses(self) -> list[Dose]:
        """The doses as taken, sorted by time."""
        delay, skipped, out = dict(self.lates), set(self.skips), []
        for number, (planned_h, phase) in enumerate(self.planned(), start=1):
            time = round_h(planned_h + delay.get(number, 0.0))
            if number in skipped or any(w.holds(time) for w in self.holds):
                continue
            lower = [w.amount for w in self.reductions if w.amount is not None and w.holds(time)]
            amount = lower[0] if lower else phase.amount
            when = round_h(24 * self.start_day + time)
            out.append(Dose(when, self.drug, amount, phase.unit, self.route, self.duration_h))
        return sorted(out)

    def then(
        self,
        amount: float,
        unit: str,
        *,
        days: float,
        every_h: float | None = None,
        cycle: Cycle | None = None,
    ) -> Course:
        """The course with one more phase; without `every_h` the last interval and cycle go on."""
        if every_h is None:
            last = self.phases[-1]
            every_h, cycle = last.every_h, cycle or last.cycle
        phase = Phase(amount, unit, every_h, days, cycle)
        return replace(self, phases=(*self.phases, phase))

    def every(self, nth: object) -> tuple[int, ...]:
        """Numbers of every nth planned dose."""
        step = whole("n of every nth dose", nth)
        if not 1 <= step <= self.count:
            why = f"the course of {self.drug} has doses 1 to {self.count}"
            raise InputError(f"there is no dose {step} for every nth to start at", why=why)
        return tuple(range(step, self.count + 1, step))

    def number_at(self, time_h: object) -> int:
        """Number of the dose planned at a time in hours since time zero."""
        time = round_h(quantity("time of a dose", time_h, "h", zero=True))
        start = 24 * self.start_day
        for number, (planned_h, _) in enumerate(self.planned(), start=1):
            if round_h(start + planned_h) == time:
                return number
        text = f"no dose of {self.drug} is planned at {number_text(time)} h"
        raise InputError(text, fix="name the dose by its number instead")


@dataclass(frozen=True)
class Listed:
    """One drug by one route at listed times: an arbitrary schedule.

    Parameters
    ----------
    drug, route, unit : str
    points : tuple of (time in hours, amount in `unit`)
    duration_h : float
        Infusion time of every dose in hours; 0 unless the route is infusion.
    """

    drug: str
    route: str
    unit: str
    points: tuple[tuple[float, float], ...]
    duration_h: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers and sort the doses by time."""
        check_kind(self.drug, self.route, self.duration_h)
        check_unit(self.unit)
        if not self.points:
            raise InputError(f"no dose times of {self.drug}", fix="use none for no treatment")
        check_count(f"list of {self.drug}", len(self.points))
        points = []
        for time, amount in self.points:
            hours = round_h(quantity(f"dose time of {self.drug}", time, "h", zero=True))
            if hours > 24 * MAX_DAYS:
                text = f"dose time of {self.drug} is {number_text(hours)} h"
                raise InputError(text, why=f"it is after day {number_text(MAX_DAYS)}")
            points.append((hours, quantity(f"dose of {self.drug}", amount, self.unit)))
        object.__setattr__(self, "points", tuple(sorted(points)))
        object.__setattr__(self, "duration_h", float(self.duration_h))

    @property
    def count(self) -> int:
        """Number of doses."""
        return len(self.points)

    @property
    def end_h(self) -> float:
        """Time of the last dose, or the end of its infusion, in hours."""
        return self.points[-1][0] + self.duration_h

    def doses(self) -> list[Dose]:
        """The doses, sorted by time."""
        kind = (self.unit, self.route, self.duration_h)
        return [Dose(time, self.drug, amount, *kind) for time, amount in self.points]


Track = Course | Listed
