"""Building blocks of a course: cycles, phases, and windows of days with fewer or smaller doses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.regimen.dose import (
    MAX_DAYS,
    RESOLUTION_H,
    check_count,
    check_unit,
    number_text,
    quantity,
    round_h,
    span,
    whole,
    window_text,
)


@dataclass(frozen=True)
class Cycle:
    """Days `first` to `last` (counted from one, both included) of every `length` days.

    >>> str(Cycle(1, 5, 28))
    'd1-5/28'
    """

    first: int
    last: int
    length: int

    def __post_init__(self) -> None:
        """Check the order of the three numbers."""
        for name in ("first", "last", "length"):
            object.__setattr__(self, name, whole("day of a cycle", getattr(self, name)))
        if not 1 <= self.first <= self.last <= self.length <= MAX_DAYS:
            why = "its days count from one and lie within its length"
            raise InputError(f"cycle {self}", why=why, fix="write e.g. d1-5/28")

    def __str__(self) -> str:
        """Text form, e.g. `d1-5/28`, or `d1/21` for a single day."""
        last = "" if self.first == self.last else f"-{self.last}"
        return f"d{self.first}{last}/{self.length}"


@dataclass(frozen=True)
class Phase:
    """A stretch of `days` with one amount every `every_h` hours, on the days of `cycle` if any."""

    amount: float
    unit: str
    every_h: float
    days: float
    cycle: Cycle | None = None

    def __post_init__(self) -> None:
        """Check the numbers, and that there are doses but not too many."""
        check_unit(self.unit)
        if not isinstance(self.cycle, Cycle | None):
            fix = "give Cycle(1, 5, 28), or None for every day"
            raise InputError(f"cycle is {self.cycle!r:.40}", fix=fix)
        object.__setattr__(self, "amount", quantity("dose", self.amount, self.unit))
        object.__setattr__(self, "every_h", span("interval", self.every_h))
        object.__setattr__(self, "days", span("duration", self.days, "d"))
        shown = f"q{number_text(self.every_h)}h x {number_text(self.days)} d"
        check_count(shown, self.count)
        if self.count == 0:
            fix = "lengthen the course or start the cycle earlier"
            raise InputError(f"no dose of cycle {self.cycle} falls in {shown}", fix=fix)

    def blocks(self) -> Iterator[tuple[float, int]]:
        """Start (hours) and number of doses of each unbroken row of doses."""
        end = round_h(24 * self.days)
        windows = [(0.0, end)]
        if self.cycle is not None:
            length = 24.0 * self.cycle.length
            starts = [n * length for n in range(math.ceil(end / length))]
            windows = [(s + 24 * (self.cycle.first - 1), s + 24 * self.cycle.last) for s in starts]
        for start, stop in windows:
            if start < end:
                # The slack keeps 1.0 / 0.1 at ten doses whatever the quotient's last bit says.
                rows = (min(stop, end) - start - RESOLUTION_H) / self.every_h
                yield start, max(1, math.ceil(rows))

    @property
    def count(self) -> int:
        """Number of planned doses."""
        return sum(count for _, count in self.blocks())

    def offsets_h(self) -> list[float]:
        """Planned dose times in hours after the phase starts."""
        return [start + k * self.every_h for start, count in self.blocks() for k in range(count)]


@dataclass(frozen=True, order=True)
class Window:
    """Days `start` <= day < `end` of a course, with the lower dose given there (None: a hold)."""

    start: float
    end: float
    amount: float | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        """Check that the window runs forwards and that a reduced dose is a dose."""
        for name in ("start", "end"):
            day = quantity(f"{name} of a {self.kind}", getattr(self, name), "d", zero=True)
            object.__setattr__(self, name, day)
        if self.start >= self.end:
            fix = "write the earlier day first, e.g. d14-d21"
            raise InputError(f"{self} is reversed or empty", fix=fix)
        if self.kind == "reduction":
            check_unit(self.unit)
            dose = quantity("reduced dose", self.amount, str(self.unit))
            object.__setattr__(self, "amount", dose)

    @property
    def kind(self) -> str:
        """Hold or reduction."""
        return "hold" if self.unit is None else "reduction"

    def __str__(self) -> str:
        """Kind and days, e.g. `hold d14-d21`."""
        return f"{self.kind} {window_text(self.start, self.end)}"

    def holds(self, time_h: float) -> bool:
        """Whether a time (hours after the start of the course) lies in the half-open window."""
        return round_h(24 * self.start) <= time_h < round_h(24 * self.end)

    def holds_all(self, times_h: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`holds` of every time."""
        begin, end = round_h(24 * self.start), round_h(24 * self.end)
        return (begin <= times_h) & (times_h < end)
