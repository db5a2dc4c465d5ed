"""Endpoints read off simulated runs: exposure, half-life, change from baseline, return to it.

Every function takes `Runs` and an observable and returns one number per run, shape (R,); NaN where
the endpoint does not exist in a run (or the run failed). Times are days and hours after the first
dose; day d is 24 d hours.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.regimen.dose import round_h
from il15_sim.runs import Runs

Array = NDArray[np.float64]

_FULL_GRID = "simulate without times_h: the hourly grid has rows before and after every dose"


def cmax(runs: Runs, observable: str, *, start_h: float = 0.0, end_h: float | None = None) -> Array:
    """Highest value in an interval (default: the whole run).

    Examples
    --------
    >>> from il15_sim import Model, Regimen, endpoints, simulate
    >>> model = Model.load("sorafenib_pk")
    >>> runs = simulate(model, Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=7))
    >>> float(endpoints.cmax(runs, "sorafenib_total_mg_per_L")[0]) > 0
    True
    """
    rows = _between(runs, start_h, _end(runs, end_h))
    if end_h is None:
        # The whole run ends with its last row, a dose at the horizon included.
        rows = np.union1d(rows, [len(runs.times_h) - 1])
    if rows.size == 0:
        raise InputError(f"no row of the run lies in {start_h:g}-{_end(runs, end_h):g} h")
    return np.array([_values(runs, i, observable)[rows].max() for i in range(len(runs))])


def trough(runs: Runs, observable: str, *, day: float) -> Array:
    """Value just before the dose on a day, or at that time where no dose is given.

    Rows that the caller chose by `times_h` are values after a dose: no trough is read there.
    """
    return _at(runs, observable, 24.0 * day, before_dose=True)


def value_at(runs: Runs, observable: str, *, day: float) -> Array:
    """Value on a day, after a dose that is given then."""
    return _at(runs, observable, 24.0 * day, before_dose=False)


def auc(runs: Runs, observable: str, *, start_h: float, end_h: float) -> Array:
    """Area under the curve over an interval, in unit times hours.

    Between doses the rows are joined by a cubic spline: hourly straight lines would cut off the
    peak of a drug that is absorbed within the hour. Of temozolomide's area they lose 6 %, the
    spline less than 2 %; of sorafenib's, which is absorbed in hours, both less than 0.5 %.
    """
    _between(runs, start_h, end_h)
    _check_doses(runs, start_h, end_h)
    return np.array(
        [
            _area(runs.times_h, _values(runs, i, observable), start_h, end_h)
            for i in range(len(runs))
        ]
    )


def _area(times: Array, values: Array, start_h: float, end_h: float) -> float:
    """Integral of a curve that jumps where a time stands twice."""
    from scipy.interpolate import CubicSpline

    total = 0.0
    for part in np.split(np.arange(len(times)), np.flatnonzero(np.diff(times) == 0) + 1):
        t, y = times[part], values[part]
        low, high = max(t[0], start_h), min(t[-1], end_h)
        if high <= low:
            continue
        if not np.isfinite(y).all():
            return math.nan
        if len(t) > 3:
            total += float(CubicSpline(t, y).integrate(low, high))
        else:
            inside = t[(t > low) & (t < high)]
            grid = np.concatenate([[low], inside, [high]])
            total += float(np.trapezoid(np.interp(grid, t, y), grid))
    return total


def auc_0_12(runs: Runs, observable: str, *, day: float) -> Array:
    """AUC over the twelve hours after the dose on a day; day 28 covers 672-684 h.

    The grid needs rows in that interval: simulate at least half a day longer.
    """
    return auc(runs, observable, start_h=24.0 * day, end_h=24.0 * day + 12.0)


def time_above(runs: Runs, observable: str, level: float) -> Array:
    """Hours above a level, with crossings interpolated between the rows."""
    if not math.isfinite(level):
        raise InputError(f"level {level!r}", why="a level is a finite number")
    times = runs.times_h
    steps = np.diff(times)
    hours = []
    for i in range(len(runs)):
        gap = _values(runs, i, observable) - level
        a, b = gap[:-1], gap[1:]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(a * b < 0, np.maximum(a, b) / np.abs(a - b), (a > 0) | (b > 0))
        hours.append(float(np.sum(share * steps)) if np.isfinite(gap).all() else math.nan)
    return np.array(hours)


def half_life_after_last_dose(
    runs: Runs, observable: str, *, drug: str, from_h: float = 24.0, to_h: float = 96.0
) -> Array:
    """Half-life in hours from a log-linear fit to the decline after a drug's last dose.

    Parameters
    ----------
    from_h, to_h : float
        The part of the decline that is used, in hours after the last dose; absorption and
        distribution are over by then, and levels are still measurable.
    """
    if len(runs.regimens) != len(runs):
        raise InputError("no last dose", why="the runs come without their regimens")
    drugs = {name for regimen in runs.regimens for name in regimen.drugs}
    if drugs and drug not in drugs:
        raise unknown("drug of these runs", drug, drugs)
    results = []
    for i, regimen in enumerate(runs.regimens):
        doses = [d.time_h + d.duration_h for d in regimen.doses() if d.drug == drug]
        if not doses or max(doses) + to_h > runs.times_h[-1]:
            results.append(math.nan)
            continue
        rows = _between(runs, max(doses) + from_h, max(doses) + to_h)
        values = _values(runs, i, observable)[rows]
        if not (values > 0).all() or len(values) < 3:
            results.append(math.nan)
            continue
        slope = np.polyfit(runs.times_h[rows], np.log(values), 1)[0]
        results.append(math.log(2) / -slope if slope < 0 else math.nan)
    return np.array(results)


def change(runs: Runs, observable: str, *, day: float) -> Array:
    """Value on a day (before a dose) less the untreated value at the start, in the same unit."""
    return trough(runs, observable, day=day) - baseline(runs, observable)


def fold(runs: Runs, observable: str, *, day: float) -> Array:
    """Value on a day (before a dose) over the untreated value at the start; NaN from zero."""
    return _ratio(trough(runs, observable, day=day), baseline(runs, observable))


def max_fold(runs: Runs, observable: str) -> Array:
    """Highest value of the run over the untreated value at the start; NaN from zero."""
    return _ratio(cmax(runs, observable), baseline(runs, observable))


def baseline(runs: Runs, observable: str) -> Array:
    """Untreated value: the first row, before the first dose."""
    if runs.times_h[0] != 0:
        raise InputError("no baseline", why=f"the first row is at {runs.times_h[0]:g} h")
    if runs.sample[0] == "post":
        raise InputError("no baseline", why="the first row is after a dose", fix=_FULL_GRID)
    return np.array([_values(runs, i, observable)[0] for i in range(len(runs))])


def time_to_baseline(
    runs: Runs, observable: str, *, after_day: float, within: float = 0.05
) -> Array:
    """Days from `after_day` until the value stays within a share of its baseline.

    Parameters
    ----------
    within : float
        Relative distance from baseline that counts as returned (0.05 is 5 %).
    """
    rows = np.flatnonzero(runs.times_h >= round_h(24.0 * after_day))
    if not 0 < within < 1 or not after_day >= 0 or rows.size == 0:
        raise InputError(f"within={within!r} after day {after_day!r}", why="outside of the run")
    base = baseline(runs, observable)
    days = []
    for i in range(len(runs)):
        values = _values(runs, i, observable)[rows]
        away = np.abs(values - base[i]) > within * abs(base[i])
        if not np.isfinite(values).all() or away[-1]:
            days.append(math.nan)
        else:
            last = np.flatnonzero(away)
            first = rows[0] if last.size == 0 else rows[last[-1] + 1]
            days.append(float(runs.times_h[first]) / 24.0 - after_day)
    return np.array(days)


def _values(runs: Runs, run: int, observable: str) -> Array:
    return runs.get(run, observable)


def _end(runs: Runs, end_h: float | None) -> float:
    return float(runs.times_h[-1]) if end_h is None else end_h


def _between(runs: Runs, start_h: float, end_h: float) -> NDArray[np.intp]:
    """Rows in an interval: after a dose at its start, before a dose at its end."""
    start_h, end_h = round_h(start_h), round_h(end_h)
    if not 0 <= start_h < end_h <= runs.times_h[-1]:
        raise InputError(
            f"interval {start_h:g}-{end_h:g} h",
            why=f"it must be rising and lie in the run, 0-{runs.times_h[-1]:g} h",
        )
    times, sample = runs.times_h, runs.sample
    inside = (times >= start_h) & (times <= end_h)
    inside &= ~((times == start_h) & (sample == "pre"))
    inside &= ~((times == end_h) & (sample == "post"))
    return np.flatnonzero(inside)


def _check_doses(runs: Runs, start_h: float, end_h: float) -> None:
    """Refuse an interval with a dose whose rise would be spread over the time before it."""
    times, sample = runs.times_h, runs.sample
    after = times[(sample == "post") & (times > round_h(start_h)) & (times <= round_h(end_h))]
    bare = np.setdiff1d(after, times[sample == "pre"])
    if bare.size:
        raise InputError(f"no value before the dose at {bare[0]:g} h", fix=_FULL_GRID)


def _at(runs: Runs, observable: str, time_h: float, *, before_dose: bool) -> Array:
    # Rounded as the times of doses are: day 0.1 is the dose at 2.4 h, not a moment after it.
    time_h = round_h(time_h)
    if not 0 <= time_h <= runs.times_h[-1]:
        raise InputError(
            f"day {time_h / 24:g}", why=f"the run covers {runs.times_h[-1] / 24:g} days"
        )
    rows = np.flatnonzero(runs.times_h == time_h)
    if rows.size == 0:
        return _interpolated(runs, observable, time_h)
    row = rows[0] if before_dose else rows[-1]
    if before_dose and runs.sample[row] == "post":
        what = f"no value before the dose at {time_h:g} h"
        raise InputError(what, fix=_FULL_GRID)
    return np.array([_values(runs, i, observable)[row] for i in range(len(runs))])


def _interpolated(runs: Runs, observable: str, time_h: float) -> Array:
    # Rows around the time; a row at the time itself gives its own value.
    return np.array(
        [np.interp(time_h, runs.times_h, _values(runs, i, observable)) for i in range(len(runs))]
    )


def _ratio(above: Array, below: Array) -> Array:
    # A baseline of nearly nothing (a drug before its first dose) has no fold.
    return np.divide(above, below, out=np.full_like(above, np.nan), where=np.abs(below) > 1e-12)
