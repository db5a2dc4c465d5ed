"""What a caller asks of an ensemble, checked and turned into a plan."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from il15_sim.dosing import Change
from il15_sim.ensemble.plan import Plan, lay_out
from il15_sim.ensemble.rows import ParameterRows
from il15_sim.ensemble.schedules import checked_changes, schedules_of
from il15_sim.ensemble.step_choices import check_choices, checked_sizes
from il15_sim.ensemble.subject import Subject, without_value
from il15_sim.errors import InputError, unknown
from il15_sim.readouts import Readout
from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import round_h
from il15_sim.regimen.table import DoseTable, dose_table
from il15_sim.simulation import MAX_DAYS, listed_regimens

Array = NDArray[np.float64]

#: Names of a result that no readout may take.
_TAKEN = ("run", "time_h", "state", "status", "steps_accepted", "steps_rejected", "final_state")


@dataclass(frozen=True, kw_only=True, eq=False)
class Request:
    """Keyword arguments of `simulate_many`, which explains them, and of `gradients`."""

    until_days: float | None = None
    times_h: ArrayLike | None = None
    sample: Literal["post", "pre"] = "post"
    observables: str | Sequence[str] | None = None
    readouts: Readout | Sequence[Readout] = ()
    changes: Change | Sequence[Change] = ()
    start: Literal["steady_state", "model"] | ArrayLike = "steady_state"
    start_h: float = 0.0
    final_state: bool = False
    rtol: float = 1e-4
    sizes: Mapping[str, float] | None = None
    max_step_h: float = math.inf
    max_steps: int = 100_000


def make_plan(
    subject: Subject,
    regimens: Regimen | Iterable[Regimen] | None,
    parameters: pd.DataFrame | ParameterRows | None,
    asked: Request,
) -> Plan:
    """Check everything that was asked for, and lay the ensemble out.

    Raises
    ------
    InputError
        For whatever does not fit.
    """
    treatments = _treatments(subject, regimens)
    rows = _rows(subject, parameters, asked.changes, len(treatments))
    check_choices(asked.sample, asked.rtol, asked.max_steps, asked.max_step_h)
    readouts = _readouts(subject, asked.readouts)
    index: dict[Regimen, int] = {}
    order = [index.setdefault(r, len(index)) for r in treatments]
    doses = dose_table(list(index))
    begin_h, end_h = _span(asked, doses, readouts)
    times = _times(asked, readouts, begin_h, end_h)
    _check_spans(readouts, begin_h, end_h)
    chosen = _observables(subject, asked) if len(times) else ()
    if not (chosen or readouts or asked.final_state):
        raise InputError("nothing to report", fix="name observables or readouts")
    all_times, before, course_rows = lay_out(times, asked.sample == "pre", readouts, begin_h)
    changes = [asked.changes] if isinstance(asked.changes, Change) else asked.changes
    extra = checked_changes(changes, subject)
    schedules = schedules_of(subject, doses, len(index), extra, begin_h)
    initial, rest = _start(subject, asked.start, begin_h, rows.count)
    return Plan(
        subject=subject,
        rows=rows,
        schedules=schedules,
        schedule_of=None if len(index) == 1 else np.array(order, np.intp),
        begin_h=begin_h,
        end_h=end_h,
        columns=tuple(dict.fromkeys([*chosen, *(r.observable for r in readouts)])),
        times_h=all_times,
        before=before,
        courses=len(chosen),
        course_rows=course_rows,
        readouts=readouts,
        initial=initial,
        rest=rest,
        rtol=asked.rtol,
        sizes=checked_sizes(subject, asked.sizes),
        max_step_h=float(asked.max_step_h),
        max_steps=asked.max_steps,
        final=asked.final_state,
    )


def _treatments(subject: Subject, regimens: Regimen | Iterable[Regimen] | None) -> list[Regimen]:
    given = [Regimen.none()] if regimens is None else listed_regimens(regimens)
    if subject.model is None and any(r != Regimen.none() for r in given):
        raise InputError(
            "a regimen for a compiled SBML model",
            why="it has no table of drugs",
            fix="give its doses as changes",
        )
    return given


def _rows(
    subject: Subject,
    parameters: pd.DataFrame | ParameterRows | None,
    changes: object,
    treatments: int,
) -> ParameterRows:
    if parameters is None:
        rows = ParameterRows.none(treatments)
    elif isinstance(parameters, ParameterRows):
        rows = parameters
    elif isinstance(parameters, pd.DataFrame):
        rows = ParameterRows.of_frame(parameters)
    else:
        raise InputError(
            f"parameters of type {type(parameters).__name__}",
            fix="give a DataFrame or ParameterRows, one column per parameter",
        )
    for name in rows.columns:
        if name not in subject.constants:
            raise unknown("parameter", name, subject.constants)
    empty = without_value(subject, rows.columns)
    if empty is not None:
        raise InputError(
            f"parameter '{empty}' has no value", fix="give it a column of the parameter table"
        )
    if treatments not in (1, rows.count):
        raise InputError(
            f"{treatments} regimens for {rows.count} rows", fix="give one for all, or one per row"
        )
    return rows


def _readouts(subject: Subject, given: Readout | Sequence[Readout]) -> tuple[Readout, ...]:
    readouts = (given,) if isinstance(given, Readout) else tuple(given)
    names: set[str] = set()
    for r in readouts:
        if not isinstance(r, Readout):
            raise InputError(
                f"{r!r:.80} is not a readout", fix="make it by a function of il15_sim.readouts"
            )
        if r.observable not in subject.quantities:
            raise unknown("observable", r.observable, subject.quantities)
        if r.name in names:
            raise InputError(f"two readouts are called '{r.name}'", fix="use Readout.named")
        if r.name in _TAKEN or r.name in subject.quantities:
            raise InputError(
                f"a readout is called '{r.name}'",
                why="the result has another variable of that name",
                fix="use Readout.named",
            )
        names.add(r.name)
    return readouts


def _span(asked: Request, doses: DoseTable, readouts: Sequence[Readout]) -> tuple[float, float]:
    """Begin and end of the runs."""
    begin_h = _hours(asked.start_h, 1.0, f"start_h={asked.start_h!r}", "hours")
    if asked.until_days is not None:
        end_h = _hours(asked.until_days, 24.0, f"until_days={asked.until_days!r}", "days")
    else:
        times_h = asked.times_h
        ends = [doses.end_h if times_h is None else float(_listed_times(times_h)[-1])]
        ends += [r.time_h for r in readouts]
        ends += [r.end_h for r in readouts if math.isfinite(r.end_h)]
        end_h = max(ends)
    if not 0.0 <= begin_h < end_h <= 24 * MAX_DAYS:
        raise InputError(
            f"a run from {begin_h:g} to {end_h:g} h",
            why=f"it begins at 0 h or later, ends after that, and at {24 * MAX_DAYS:g} h at most",
            fix="give until_days",
        )
    return begin_h, end_h


def _hours(number: object, hours: float, what: str, unit: str) -> float:
    try:
        return round_h(hours * float(number))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(what, why=f"it must be a number of {unit}") from None


def _times(asked: Request, readouts: Sequence[Readout], begin_h: float, end_h: float) -> Array:
    if asked.times_h is not None:
        times = _listed_times(asked.times_h)
        if (np.diff(times) <= 0).any() or times[0] < begin_h or times[-1] > end_h:
            raise InputError(
                f"times_h from {times[0]:g} to {times[-1]:g} h",
                why=f"times must increase and lie in the run, {begin_h:g}-{end_h:g} h",
            )
        return times
    if readouts and asked.observables is None:
        return np.zeros(0)
    days = np.arange(math.ceil(begin_h / 24.0), math.floor(end_h / 24.0) + 1)
    return np.unique(np.append(24.0 * days, end_h))


def _listed_times(times_h: ArrayLike) -> Array:
    try:
        times = np.atleast_1d(np.asarray(times_h, dtype=np.float64)).round(9)
    except (TypeError, ValueError):
        raise InputError("times_h", why="it must be a list of numbers") from None
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all():
        raise InputError("times_h", why="it must be a list of finite numbers, at least one")
    return times


def _check_spans(readouts: Sequence[Readout], begin_h: float, end_h: float) -> None:
    for r in readouts:
        if r.needs_baseline and begin_h > 0:
            raise InputError(
                f"readout '{r.name}' of a run from {begin_h:g} h",
                why="its baseline is the value at 0 h",
            )
        if r.reads_time:
            inside = begin_h <= r.time_h <= end_h
        elif r.whole_run:
            inside = True
        else:
            last = r.end_h if math.isfinite(r.end_h) else end_h
            inside = begin_h <= r.start_h < last <= end_h
        if not inside:
            raise InputError(
                f"readout '{r.name}'",
                why=f"the runs cover {begin_h:g}-{end_h:g} h",
                fix="give until_days",
            )


def _observables(subject: Subject, asked: Request) -> tuple[str, ...]:
    if asked.observables is None:
        return subject.defaults
    given = asked.observables
    names = [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in subject.quantities:
            raise unknown("observable", str(name), subject.quantities)
    return tuple(dict.fromkeys(names))


def _start(
    subject: Subject, start: object, begin_h: float, count: int
) -> tuple[Array | None, bool]:
    """Start states, and whether the untreated steady state is sought."""
    if isinstance(start, str):
        if start not in ("steady_state", "model"):
            raise unknown("start", start, ("steady_state", "model"))
        if begin_h > 0:
            raise InputError(
                f"start_h={begin_h:g} without states",
                fix="give start=, the final_state of the run before",
            )
        if subject.model is None:
            return None, False
        own = [subject.model.initial[s] for s in subject.states]
        return np.array([own]), start == "steady_state"
    try:
        states = np.atleast_2d(np.asarray(start, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError("start", why="states must be numbers") from None
    if states.shape not in ((1, len(subject.states)), (count, len(subject.states))):
        raise InputError(
            f"start states of shape {states.shape}",
            why=f"{len(subject.states)} states are needed, for all rows or for each of {count}",
        )
    return states, False
