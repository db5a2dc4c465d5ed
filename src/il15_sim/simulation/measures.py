"""What endpoints are made of: values at moments, and what is reduced over an interval.

The same functions are run twice: to find out which parts a plan needs, and to read them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import round_h
from il15_sim.results.endpoint import Endpoint

Array = NDArray[np.float64]

Reduction = Literal[
    "maximum",
    "minimum",
    "area",
    "first_above",
    "first_below",
    "time_above",
    "time_below",
    "last_above",
    "last_below",
]

#: Values that a half-life is fitted to.
_DECLINE = 25


@dataclass(frozen=True)
class Extent:
    """Something that an engine reduces over an interval.

    Attributes
    ----------
    kind : str
        What is kept.
    observable : str
    start_h, end_h : float
        An end of infinity is the end of the run, a dose at that moment included.
    level : float
        Level of those that have one; where `relative`, the baseline plus so many of its sizes.
    """

    kind: Reduction
    observable: str
    start_h: float = 0.0
    end_h: float = math.inf
    level: float = 0.0
    relative: bool = False


class Reader(Protocol):
    """Gives the parts of endpoints, one number per run."""

    @property
    def begin_h(self) -> float:
        """Begin of the runs."""
        ...

    @property
    def end_h(self) -> float:
        """End of the runs."""
        ...

    @property
    def rtol(self) -> float:
        """Largest error, relative to the largest value of an observable in its run."""
        ...

    def at(self, observable: str, time_h: float, *, before: bool) -> Array:
        """Value at a time, before or after the doses of that moment."""
        ...

    def over(self, extent: Extent) -> Array:
        """What is reduced over an interval."""
        ...

    def last_doses(self, drug: str) -> Array:
        """When each run's last dose of a drug is over; NaN where it is not given."""
        ...


@dataclass
class Wanted:
    """A reader that notes what is asked of it."""

    begin_h: float
    end_h: float
    regimens: tuple[Regimen, ...]
    rtol: float = 0.0
    moments: set[tuple[float, bool]] = field(default_factory=set)
    extents: dict[Extent, None] = field(default_factory=dict)
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

    def over(self, extent: Extent) -> Array:
        """Nothing yet."""
        self.extents[extent] = None
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


def _reduced(kind: Reduction) -> Callable[[Endpoint, Reader], Array]:
    def over(e: Endpoint, read: Reader) -> Array:
        level = 0.0 if math.isnan(e.level) else e.level
        return read.over(Extent(kind, e.observable, e.start_h, e.end_h, level))

    return over


def _baseline(e: Endpoint, read: Reader) -> Array:
    return read.at(e.observable, read.begin_h, before=True)


def _value_at(e: Endpoint, read: Reader) -> Array:
    return read.at(e.observable, e.time_h, before=False)


def _trough(e: Endpoint, read: Reader) -> Array:
    return read.at(e.observable, e.time_h, before=True)


def _change(e: Endpoint, read: Reader) -> Array:
    return _trough(e, read) - _baseline(e, read)


def _fold(e: Endpoint, read: Reader) -> Array:
    return _ratio(_trough(e, read), _baseline(e, read))


def _max_fold(e: Endpoint, read: Reader) -> Array:
    return _ratio(read.over(Extent("maximum", e.observable)), _baseline(e, read))


def _time_to_baseline(e: Endpoint, read: Reader) -> Array:
    def last(kind: Reduction, level: float) -> Array:
        return read.over(Extent(kind, e.observable, e.start_h, level=level, relative=True))

    away = np.fmax(last("last_above", e.level), last("last_below", -e.level))
    back = np.where(np.isnan(away), 0.0, away - e.start_h)
    return np.where(away >= read.end_h * (1 - 1e-12), np.nan, back)


def _half_life(e: Endpoint, read: Reader) -> Array:
    lasts = read.last_doses(e.drug)
    # Below it the error of a value, rtol times the largest one, is more than a tenth of it.
    least = 10.0 * read.rtol * read.over(Extent("maximum", e.observable))
    found = np.full(lasts.shape, np.nan)
    for last in np.unique(lasts[np.isfinite(lasts)]):
        if last + e.end_h > read.end_h:
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
    later = read.over(Extent("area", e.observable, e.time_h, round_h(e.time_h + e.level)))
    return _ratio(later, read.over(Extent("area", e.observable, 0.0, e.level)))


def _ratio(above: Array, below: Array) -> Array:
    # A baseline of nothing, or of the rounding beside what it is compared with, has no fold.
    real = np.abs(below) > 1e-12 * np.abs(above)
    return np.divide(above, below, out=np.full_like(above, np.nan), where=real)


_MEASURES: dict[str, Callable[[Endpoint, Reader], Array]] = {
    "cmax": _reduced("maximum"),
    "cmin": _reduced("minimum"),
    "auc": _reduced("area"),
    "time_above": _reduced("time_above"),
    "time_below": _reduced("time_below"),
    "time_to_above": _reduced("first_above"),
    "time_to_below": _reduced("first_below"),
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
