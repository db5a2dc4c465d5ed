"""Which span is simulated, and at which times it is reported."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError
from il15_sim.finite import as_number
from il15_sim.regimen.dose import round_h
from il15_sim.regimen.table import DoseTable
from il15_sim.results.endpoint import Endpoint

Array = NDArray[np.float64]
#: A time in hours, and whether the value before the doses of that moment is meant.
Moment = tuple[float, bool]

#: Longest horizon: fifty years. A longer one is a slip of units, not a question.
MAX_DAYS = 18_262.0


def span(
    start_h: object,
    until_days: object,
    times_h: ArrayLike | None,
    doses: DoseTable,
    endpoints: Sequence[Endpoint],
) -> tuple[float, float]:
    """Begin and end of the runs in hours.

    Raises
    ------
    InputError
        For what is no span, or longer than fifty years.
    """
    begin_h = _hours(start_h, 1.0, f"start_h={start_h!r}", "hours")
    if until_days is not None:
        end_h = _hours(until_days, 24.0, f"until_days={until_days!r}", "days")
        if not 0 < end_h <= 24 * MAX_DAYS:
            raise InputError(
                f"until_days={until_days!r}",
                why=f"a horizon is a positive number of days, at most {MAX_DAYS:g}",
            )
    else:
        ends = [doses.end_h if times_h is None else float(listed_times(times_h)[-1])]
        end_h = max(ends + [e.last_h for e in endpoints])
        if end_h > 24 * MAX_DAYS:
            raise InputError(f"times up to {end_h:g} h", why=f"more than {MAX_DAYS:g} days")
    # The start alone may be asked for.
    at_once = begin_h == end_h and times_h is not None and not endpoints
    if not (at_once or 0.0 <= begin_h < end_h):
        raise InputError(
            f"a run from {begin_h:g} to {end_h:g} h",
            why="it begins at 0 h or later and ends after that",
            fix="give until_days",
        )
    return begin_h, end_h


def warn_of_cut(endpoints: Sequence[Endpoint], end_h: float, doses_end_h: float) -> None:
    """Warn of endpoints over whole runs that end with `times_h`, before the regimen does."""
    endless = (e for e in endpoints if e.end_h == math.inf)
    over = ("auc", "cmax", "cmin", "max_fold")
    cut = next((e for e in endless if e.kind in over or e.kind.startswith("time_")), None)
    if cut is not None and end_h < doses_end_h:
        warnings.warn(
            f"'{cut.name}' is over the first {end_h:g} h, where times_h ends: the longest regimen "
            f"goes on to {doses_end_h:g} h; give until_days",
            stacklevel=4,
        )


def check_inside(endpoints: Sequence[Endpoint], begin_h: float, end_h: float) -> None:
    """Refuse endpoints that lie outside of a run, or need a begin that it does not have."""
    for e in endpoints:
        if begin_h > 0 and (e.needs_baseline or e.kind == "accumulation"):
            raise InputError(
                f"endpoint '{e.name}' of a run from {begin_h:g} h",
                why="it is compared with the begin, at 0 h",
            )
        first, last = e.start_h, e.end_h if math.isfinite(e.end_h) else end_h
        if e.kind in ("value_at", "trough", "change", "fold"):
            inside = begin_h <= e.time_h <= end_h
        elif e.kind == "accumulation":
            inside = e.time_h + e.level <= end_h and e.level <= end_h
        else:
            inside = e.whole_run or e.kind == "half_life" or begin_h <= first < last <= end_h
        if not inside:
            raise InputError(
                f"endpoint '{e.name}'",
                why=f"the runs cover {begin_h:g}-{end_h:g} h",
                fix="give until_days" if e.last_h > end_h else None,
            )


def moments(
    times_h: ArrayLike | None,
    sample: str,
    begin_h: float,
    end_h: float,
    events_h: tuple[Array, Array],
) -> tuple[list[Moment], NDArray[np.str_]]:
    """Times to report, and what each is: "pre" or "post" at the time of a dose, else "grid".

    Parameters
    ----------
    times_h : array-like, optional
        Default: every hour, the end, and both sides of every dose.
    sample : "post", "pre" or "both"
        Which side of a dose is reported at `times_h`.
    events_h : two arrays
        Times at which doses are given, and at which infusions end.
    """
    doses, others = (x[(x >= begin_h) & (x <= end_h)] for x in events_h)
    if times_h is None:
        hours = np.arange(math.ceil(begin_h), math.floor(end_h) + 1.0)
        times, sample = np.unique(np.concatenate([hours, [end_h], doses, others])), "both"
    else:
        times = listed_times(times_h)
        if (np.diff(times) <= 0).any() or times[0] < begin_h or times[-1] > end_h:
            raise InputError(
                f"times_h from {times[0]:g} to {times[-1]:g} h",
                why=f"times must increase and lie in the run, {begin_h:g}-{end_h:g} h",
            )
    dosed = np.isin(times, doses)
    twice = dosed if sample == "both" else np.zeros(len(times), np.bool_)
    every = np.repeat(times, 1 + twice)
    early = np.full(len(every), sample == "pre")
    # The first of two rows at one time.
    early[np.flatnonzero(np.diff(every) == 0)] = True
    labels = np.where(np.repeat(dosed, 1 + twice), np.where(early, "pre", "post"), "grid")
    return list(zip(every.tolist(), early.tolist(), strict=True)), labels


def listed_times(times_h: ArrayLike) -> Array:
    """Times as numbers, as fine as those of doses: 0.1 h * 3 is the 0.3 h of a dose."""
    try:
        times = np.atleast_1d(np.asarray(times_h, dtype=np.float64)).round(9)
    except (TypeError, ValueError):
        raise InputError("times_h", why="it must be a list of numbers") from None
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all():
        raise InputError("times_h", why="it must be a list of finite numbers, at least one")
    return times


def _hours(number: object, hours: float, what: str, unit: str) -> float:
    value = as_number(number)
    if value is None:
        raise InputError(what, why=f"it must be a number of {unit}")
    return round_h(hours * value)
