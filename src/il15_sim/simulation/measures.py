"""What endpoints are made of: values at moments, and what is reduced over an interval.

The same functions are run twice: to find out which parts a plan needs, and to read them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import (
    AREA,
    FIRST_ABOVE,
    FIRST_BELOW,
    LAST_ABOVE,
    LAST_BELOW,
    MAXIMUM,
    MINIMUM,
    TIME_ABOVE,
    TIME_BELOW,
)
from il15_sim.batch.task import Reduction, Task
from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import round_h
from il15_sim.results.endpoint import Endpoint

Array = NDArray[np.float64]

#: Values that a half-life is fitted to.
_DECLINE = 25


class Reader(Protocol):
    """Gives the parts of endpoints, one number per run."""

    @property
    def task(self) -> Task:
        """Span and tolerance of the runs, in hours."""
        ...

    def at(self, observable: str, time_h: float, *, before: bool) -> Array:
        """Value at a time, before or after the doses of that moment."""
        ...

    def over(self, part: Reduction) -> Array:
        """What is reduced over an interval."""
        ...

    def last_doses(self, drug: str) -> Array:
        """When each run's last dose of a drug is over; NaN where it is not given."""
        ...


@dataclass
class Wanted:
    """A reader that notes what is asked of it."""

    task: Task
    regimens: tuple[Regimen, ...]
    moments: set[tuple[float, bool]] = field(default_factory=set)
    reductions: dict[Reduction, None] = field(default_factory=dict)
    observables: dict[str, None] = field(default_factory=dict)

    def note(self, endpoints: Iterable[Endpoint]) -> Wanted:
        """Note the parts of some endpoints."""
        for endpoint in endpoints:
            self.observables[endpoint.observable] = None
            measure(endpoint, self)
        return self

    def at(self, observable: str, time_h: float, *, before: bool) -> Array:
        """Nothing yet."""
        self.moments.add((time_h, before))
        return np.full(len(self.regimens), np.nan)

    def over(self, part: Reduction) -> Array:
        """Nothing yet."""
        self.reductions[part] = None
        return np.full(len(self.regimens), np.nan)

    def last_doses(self, drug: str) -> Array:
        """Of every regimen."""
        return last_doses(self.regimens, drug)


def last_doses(regimens: Iterable[Regimen], drug: str) -> Array:
    """When the last dose of a drug is over in some regimens, in hours; NaN where it is not given.

    >>> given = Regimen.oral("sorafenib", dose_mg=1, every_h=12, days=2)
    >>> last_doses([Regimen.none(), given], "sorafenib")
    array([nan, 36.])
    """
    ends = [
        max((d.time_h + d.duration_h for d in r.doses() if d.drug == drug), default=math.nan)
        for r in regimens
    ]
    return np.array(ends)


def measure(endpoint: Endpoint, read: Reader) -> Array:
    """An endpoint of every run, from its parts."""
    return _MEASURES[endpoint.kind](endpoint, read)


def _reduced(kind: int) -> Callable[[Endpoint, Reader], Array]:
    def over(e: Endpoint, read: Reader) -> Array:
        level = 0.0 if math.isnan(e.level) else e.level
        return read.over(Reduction(kind, e.observable, e.start_h, e.end_h, level))

    return over


def _highest(e: Endpoint) -> Reduction:
    return Reduction(MAXIMUM, e.observable, 0.0, math.inf)


def _baseline(e: Endpoint, read: Reader) -> Array:
    return read.at(e.observable, read.task.begin, before=True)


def _value_at(e: Endpoint, read: Reader) -> Array:
    return read.at(e.observable, e.time_h, before=False)


def _trough(e: Endpoint, read: Reader) -> Array:
    return read.at(e.observable, e.time_h, before=True)


def _change(e: Endpoint, read: Reader) -> Array:
    return _trough(e, read) - _baseline(e, read)


def _fold(e: Endpoint, read: Reader) -> Array:
    return _ratio(_trough(e, read), _baseline(e, read))


def _max_fold(e: Endpoint, read: Reader) -> Array:
    return _ratio(read.over(_highest(e)), _baseline(e, read))


def _time_to_baseline(e: Endpoint, read: Reader) -> Array:
    def last(kind: int, level: float) -> Array:
        return read.over(Reduction(kind, e.observable, e.start_h, math.inf, level, relative=True))

    away = np.fmax(last(LAST_ABOVE, e.level), last(LAST_BELOW, -e.level))
    back = np.where(np.isnan(away), 0.0, away - e.start_h)
    return np.where(away >= read.task.end * (1 - 1e-12), np.nan, back)


def _half_life(e: Endpoint, read: Reader) -> Array:
    lasts = read.last_doses(e.drug)
    # Below it the error of a value, rtol times the largest one, is more than a tenth of it.
    least = 10.0 * read.task.rtol * read.over(_highest(e))
    found = np.full(lasts.shape, np.nan)
    for last in np.unique(lasts[np.isfinite(lasts)]):
        if last + e.end_h > read.task.end:
            continue
        times = [round_h(t) for t in last + np.linspace(e.start_h, e.end_h, _DECLINE)]
        values = np.array([read.at(e.observable, t, before=True) for t in times])
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(np.where(values > least, values, np.nan))
            centred = np.array(times) - np.mean(times)
            # One by one: the order in which NumPy sums hangs on the number of runs.
            total = sum((c * row for c, row in zip(centred, logs, strict=True)), np.zeros(1))
            slope = total / (centred**2).sum()
            lives = np.where(slope < 0, math.log(2) / -slope, np.nan)
        found = np.where(lasts == last, lives, found)
    return found


def _accumulation(e: Endpoint, read: Reader) -> Array:
    def area(begin_h: float, end_h: float) -> Array:
        return read.over(Reduction(AREA, e.observable, begin_h, end_h))

    return _ratio(area(e.time_h, round_h(e.time_h + e.level)), area(0.0, e.level))


def _ratio(above: Array, below: Array) -> Array:
    # A baseline of nothing, or of the rounding beside what it is compared with, has no fold.
    real = np.abs(below) > 1e-12 * np.abs(above)
    return np.divide(above, below, out=np.full_like(above, np.nan), where=real)


_MEASURES: dict[str, Callable[[Endpoint, Reader], Array]] = {
    "cmax": _reduced(MAXIMUM),
    "cmin": _reduced(MINIMUM),
    "auc": _reduced(AREA),
    "time_above": _reduced(TIME_ABOVE),
    "time_below": _reduced(TIME_BELOW),
    "time_to_above": _reduced(FIRST_ABOVE),
    "time_to_below": _reduced(FIRST_BELOW),
    "value_at": _value_at,
    "trough": _trough,
    "baseline": _baseline,
    "change": _change,
    "fold": _fold,
    "max_fold": _max_fold,
    "time_to_baseline": _time_to_baseline,
    "half_life": _half_life,
    "accumulation": _accumulation,
}
