"""Endpoints of an ensemble, reduced while it runs: what is kept of every simulation.

Names and meanings are those of `il15_sim.endpoints`, which reads them off finished runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from il15_sim.errors import InputError
from il15_sim.regimen.dose import round_h

Kind = Literal[
    "cmax",
    "cmin",
    "auc",
    "value_at",
    "trough",
    "baseline",
    "change",
    "fold",
    "max_fold",
    "hours_to_above",
    "hours_to_below",
]


@dataclass(frozen=True)
class Readout:
    """One number per simulation. Made by the functions of this module.

    Attributes
    ----------
    kind : str
        Name of the function that made it.
    observable : str
        Id of an observable, state or flux.
    name : str
        Name of the variable in the result.
    start_h, end_h : float
        Interval that is read; an end of infinity is the end of the run.
    time_h : float
        Time that is read, by the kinds that read one moment.
    level : float
        Level that is crossed, in the unit of the observable.
    """

    kind: Kind
    observable: str
    name: str
    start_h: float = 0.0
    end_h: float = math.inf
    time_h: float = 0.0
    level: float = math.nan

    def named(self, name: str) -> Readout:
        """The same readout under another name."""
        return replace(self, name=name)

    @property
    def needs_baseline(self) -> bool:
        """True where the value at the start is part of it."""
        return self.kind in ("baseline", "change", "fold", "max_fold")

    @property
    def reads_time(self) -> bool:
        """True where it is the value at one time (against the start or not)."""
        return self.kind in ("value_at", "trough", "change", "fold")

    @property
    def whole_run(self) -> bool:
        """True where no time was chosen: it covers whatever is simulated."""
        return self.start_h == 0.0 and self.end_h == math.inf

    def unit(self, unit: str) -> str:
        """Unit of the readout, from that of its observable."""
        if self.kind in ("fold", "max_fold"):
            return "ratio"
        if self.kind in ("hours_to_above", "hours_to_below"):
            return "h"
        return f"{unit} h" if self.kind == "auc" else unit


def cmax(observable: str, *, start_h: float = 0.0, end_h: float = math.inf) -> Readout:
    """Highest value in an interval: after a dose at its start, before a dose at its end.

    Examples
    --------
    >>> from il15_sim import readouts
    >>> readouts.cmax("sorafenib_total_mg_per_L").name
    'cmax_sorafenib_total_mg_per_L'
    """
    return _over("cmax", observable, start_h, end_h)


def cmin(observable: str, *, start_h: float = 0.0, end_h: float = math.inf) -> Readout:
    """Lowest value in an interval."""
    return _over("cmin", observable, start_h, end_h)


def auc(observable: str, *, start_h: float = 0.0, end_h: float = math.inf) -> Readout:
    """Area under the curve over an interval, in unit times hours."""
    return _over("auc", observable, start_h, end_h)


def auc_0_12(observable: str, *, day: float) -> Readout:
    """AUC over the twelve hours after the dose on a day; day 28 covers 672-684 h."""
    start = 24.0 * day
    return _over("auc", observable, start, start + 12.0).named(f"auc_0_12_{observable}_day{day:g}")


def value_at(observable: str, *, day: float) -> Readout:
    """Value on a day, after a dose that is given then."""
    return _on("value_at", observable, day)


def trough(observable: str, *, day: float) -> Readout:
    """Value on a day, just before a dose that is given then."""
    return _on("trough", observable, day)


def baseline(observable: str) -> Readout:
    """Value at the start, before the first dose."""
    return Readout("baseline", observable, f"baseline_{observable}")


def change(observable: str, *, day: float) -> Readout:
    """Value on a day (before a dose) less the value at the start."""
    return _on("change", observable, day)


def fold(observable: str, *, day: float) -> Readout:
    """Value on a day (before a dose) over the value at the start; NaN from zero."""
    return _on("fold", observable, day)


def max_fold(observable: str) -> Readout:
    """Highest value of the run over the value at the start; NaN from zero."""
    return Readout("max_fold", observable, f"max_fold_{observable}")


def hours_to_above(observable: str, level: float, *, start_h: float = 0.0) -> Readout:
    """First time, in hours, at which the value reaches a level from below; NaN where it never does.

    The time is `start_h` where the value is there already.
    """
    return _crossing("hours_to_above", observable, level, start_h)


def hours_to_below(observable: str, level: float, *, start_h: float = 0.0) -> Readout:
    """First time, in hours, at which the value falls to a level; NaN where it never does."""
    return _crossing("hours_to_below", observable, level, start_h)


def _over(kind: Kind, observable: str, start_h: float, end_h: float) -> Readout:
    start_h, end_h = _time(start_h), _time(end_h)
    if not 0.0 <= start_h < end_h:
        raise InputError(
            f"{kind} of '{observable}' over {start_h:g}-{end_h:g} h",
            why="an interval starts at 0 h or later and ends after its start",
        )
    whole = start_h == 0.0 and end_h == math.inf
    part = "" if whole else f"_{start_h:g}_{end_h:g}h"
    return Readout(kind, observable, f"{kind}_{observable}{part}", start_h, end_h)


def _on(kind: Kind, observable: str, day: float) -> Readout:
    time_h = _time(24.0 * day)
    if not 0.0 <= time_h < math.inf:
        raise InputError(f"{kind} of '{observable}' on day {day!r}", why="a day is 0 or later")
    return Readout(kind, observable, f"{kind}_{observable}_day{day:g}", time_h=time_h)


def _crossing(kind: Kind, observable: str, level: float, start_h: float) -> Readout:
    if not math.isfinite(level):
        raise InputError(f"level {level!r} of '{observable}'", why="a level is a finite number")
    return replace(
        _over(kind, observable, start_h, math.inf),
        level=float(level),
        name=f"{kind}_{observable}_{level:g}",
    )


def _time(hours: float) -> float:
    # As fine as the times of doses.
    return round_h(float(hours)) if math.isfinite(hours) else float(hours)
