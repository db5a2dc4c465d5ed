"""Endpoints: one number per run, computed by the integrator.

An endpoint says what is asked: `cmax("sorafenib_total_mg_per_L", days=(28, 28.5))`. It is given to
`simulate(..., endpoints=[...])`, or to `Runs.endpoints(...)` of runs that are finished, which are
then integrated again. Either way the number comes from the steps of the integrator and not from
rows of output: it depends neither on the times that are reported nor on other runs.

Times are days or hours after the first dose; day d is hour 24 d. In an interval the value after a
dose at its start counts, and a dose at its end does not. An endpoint that does not exist in a run
(a level that is not reached, the fold of a baseline of zero) is NaN, as are all of a failed run.

A number is as exact as the runs: `rtol` times the largest value of the observable. A level nearer
to the course than that, such as zero for a drug that is washed out, is not resolved: what lies
beyond it is rounding. Name the lowest level that can be measured instead.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from il15_sim.errors import InputError
from il15_sim.finite import as_number
from il15_sim.regimen.dose import round_h
from il15_sim.results.endpoint import Endpoint, Interval, Kind


def cmax(
    observable: str, *, days: Interval | None = None, hours: Interval | None = None
) -> Endpoint:
    """Highest value in an interval (default: the whole run).

    Examples
    --------
    >>> from il15_sim import Model, Regimen, simulate
    >>> from il15_sim.endpoints import cmax
    >>> model = Model.load("sorafenib_pk")
    >>> runs = simulate(model, Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=7))
    >>> bool(runs.endpoints(cmax("sorafenib_total_mg_per_L")).iloc[0, 0] > 0)
    True
    """
    return _over("cmax", observable, days, hours)


def cmin(
    observable: str, *, days: Interval | None = None, hours: Interval | None = None
) -> Endpoint:
    """Lowest value in an interval (default: the whole run)."""
    return _over("cmin", observable, days, hours)


def auc(
    observable: str, *, days: Interval | None = None, hours: Interval | None = None
) -> Endpoint:
    """Area under the curve over an interval (default: the whole run), in unit times hours."""
    return _over("auc", observable, days, hours)


def auc_0_12(observable: str, *, day: float) -> Endpoint:
    """Area over the twelve hours after the dose on a day; day 28 covers 672-684 h."""
    start = _hour("auc_0_12", observable, day, None)
    part = _over("auc", observable, None, (start, start + 12.0))
    return part.named(f"auc_0_12_{observable}_day{start / 24:.12g}")


def value_at(observable: str, *, day: float | None = None, hour: float | None = None) -> Endpoint:
    """Value at a time, after a dose that is given then."""
    return _on("value_at", observable, day, hour)


def trough(observable: str, *, day: float | None = None, hour: float | None = None) -> Endpoint:
    """Value at a time, just before a dose that is given then."""
    return _on("trough", observable, day, hour)


def baseline(observable: str) -> Endpoint:
    """Untreated value: at the start, before the first dose."""
    return Endpoint("baseline", observable, f"baseline_{observable}")


def change(observable: str, *, day: float | None = None, hour: float | None = None) -> Endpoint:
    """Value at a time (before a dose) less the baseline, in the same unit."""
    return _on("change", observable, day, hour)


def fold(observable: str, *, day: float | None = None, hour: float | None = None) -> Endpoint:
    """Value at a time (before a dose) over the baseline; NaN from zero."""
    return _on("fold", observable, day, hour)


def max_fold(observable: str) -> Endpoint:
    """Highest value of the run over the baseline; NaN from zero."""
    return Endpoint("max_fold", observable, f"max_fold_{observable}")


def time_above(
    observable: str, level: float, *, days: Interval | None = None, hours: Interval | None = None
) -> Endpoint:
    """Hours above a level within an interval (default: the whole run)."""
    return _level("time_above", observable, level, days, hours)


def time_below(
    observable: str, level: float, *, days: Interval | None = None, hours: Interval | None = None
) -> Endpoint:
    """Hours below a level within an interval (default: the whole run)."""
    return _level("time_below", observable, level, days, hours)


def time_to_above(
    observable: str, level: float, *, days: Interval | None = None, hours: Interval | None = None
) -> Endpoint:
    """First time at which the value is at a level or above it, in hours after the first dose.

    It is the begin of the interval where the value is there already, NaN where it never gets there.
    """
    return _level("time_to_above", observable, level, days, hours)


def time_to_below(
    observable: str, level: float, *, days: Interval | None = None, hours: Interval | None = None
) -> Endpoint:
    """First time at which the value is at a level or below it, in hours after the first dose."""
    return _level("time_to_below", observable, level, days, hours)


def time_to_baseline(
    observable: str,
    *,
    after_day: float | None = None,
    after_hour: float | None = None,
    within: float = 0.05,
) -> Endpoint:
    """Hours from a time on until the value is back at its baseline and stays there.

    Zero where it is there all the time, NaN where it is not at the end of the run.

    Parameters
    ----------
    within : float
        Distance from the baseline, as a share of it, that counts as returned (0.05 is 5 %).
    """
    share = _number("within", observable, within)
    if not 0 < share < 1:
        raise InputError(f"within={within!r} of '{observable}'", why="a share lies between 0 and 1")
    after = _hour("time_to_baseline", observable, after_day, after_hour)
    name = f"time_to_baseline_{observable}_after_{after:.12g}h"
    if share != 0.05:
        name += f"_within_{share:.12g}"
    return Endpoint("time_to_baseline", observable, name, start_h=after, level=share)


def half_life(observable: str, *, drug: str, hours: tuple[float, float] = (24.0, 96.0)) -> Endpoint:
    """Half-life after the last dose of a drug, in hours: log-linear fit to 25 values.

    NaN where the drug is not given, the values do not decline, the run ends too early, or a value
    is below 10 `rtol` times the largest one, where it is not resolved: choose an earlier part.

    Parameters
    ----------
    hours : tuple
        The part of the decline that is used, in hours after the last dose (after its end, for an
        infusion): absorption and distribution are over by then, and levels still measurable.
    """
    part = _over("half_life", observable, None, hours)
    if part.end_h == math.inf:
        raise InputError(f"half_life of '{observable}'", fix="give both hours: (24, 96)")
    usual = (part.start_h, part.end_h) == (24.0, 96.0)
    name = f"half_life_{observable}" if usual else part.name
    return replace(part, drug=str(drug), name=f"{name}_after_{drug}")


def accumulation(
    observable: str,
    *,
    every_h: float,
    day: float | None = None,
    hour: float | None = None,
) -> Endpoint:
    """Area over the interval of dosing that begins at a time, over that of the first one."""
    length = round_h(_number("every_h", observable, every_h))
    if not length > 0:
        raise InputError(f"every_h={every_h!r} of '{observable}'", why="it is longer than 0 h")
    part = _on("accumulation", observable, day, hour)
    return replace(part, level=length, name=f"{part.name}_q{length:.12g}h")


def _over(kind: Kind, observable: str, days: Interval | None, hours: Interval | None) -> Endpoint:
    if days is not None and hours is not None:
        raise InputError(f"{kind} of '{observable}'", why="days and hours are given; give one")
    given, scale, unit = (hours, 1.0, "hours") if days is None else (days, 24.0, "days")
    start_h, end_h = 0.0, math.inf
    if given is not None:
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise InputError(
                f"{unit}={given!r:.60} of '{observable}'",
                fix=f"give begin and end: {unit}=(28, 28.5), or None as the end of the run",
            )
        start_h = round_h(scale * _number(unit, observable, given[0]))
        if given[1] is not None:
            end_h = float(scale * _number(unit, observable, given[1], endless=True))
            end_h = round_h(end_h) if math.isfinite(end_h) else end_h
    if not 0.0 <= start_h < end_h:
        raise InputError(
            f"{kind} of '{observable}' over {start_h:g}-{end_h:g} h",
            why="an interval starts at 0 h or later and ends after its start",
        )
    whole = start_h == 0.0 and end_h == math.inf
    part = "" if whole else f"_{start_h:.12g}_{end_h:.12g}h"
    return Endpoint(kind, observable, f"{kind}_{observable}{part}", start_h, end_h)


def _on(kind: Kind, observable: str, day: float | None, hour: float | None) -> Endpoint:
    time_h = _hour(kind, observable, day, hour)
    at = f"day{time_h / 24:.12g}" if hour is None else f"{time_h:.12g}h"
    return Endpoint(kind, observable, f"{kind}_{observable}_{at}", time_h=time_h)


def _hour(kind: str, observable: str, day: float | None, hour: float | None) -> float:
    if (day is None) == (hour is None):
        raise InputError(f"{kind} of '{observable}'", fix="give the day or the hour, one of them")
    scale, given, unit = (1.0, hour, "hour") if day is None else (24.0, day, "day")
    # Rounded as the times of doses are: day 0.1 is the dose at 2.4 h, not a moment after it.
    time_h = round_h(scale * _number(unit, observable, given))
    if time_h < 0:
        raise InputError(f"{kind} of '{observable}' on {unit} {given!r}", why="time begins at 0")
    return time_h


def _level(
    kind: Kind,
    observable: str,
    level: float,
    days: Interval | None,
    hours: Interval | None,
) -> Endpoint:
    told = _number("level", observable, level)
    part = _over(kind, observable, days, hours)
    name = part.name.replace(observable, f"{observable}_{told:.12g}", 1)
    return replace(part, level=told, name=name)


def _number(what: str, observable: str, given: Any, *, endless: bool = False) -> float:
    number = as_number(given)
    if number is None or math.isnan(number) or (math.isinf(number) and not endless):
        raise InputError(f"{what}={given!r:.60} of '{observable}'", why="it is no finite number")
    return number
