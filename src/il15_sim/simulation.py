"""One function that runs a model under one or several regimens on the reference engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.layout import BAD_DOSE, BAD_START
from il15_sim.dosing import Change, dose_changes, dose_times
from il15_sim.engine import IntegrationFailed, ReferenceEngine, engine_for
from il15_sim.errors import InputError, unknown
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.regimen.dose import round_h
from il15_sim.runs import Runs
from il15_sim.steady_state import NoSteadyState, steady_state

Array = NDArray[np.float64]
Overrides = Mapping[str, float]

#: Longest horizon: fifty years. A longer one is a slip of units, not a question.
MAX_DAYS = 18_262.0


def simulate(
    model: Model,
    regimens: Regimen | Sequence[Regimen],
    *,
    until_days: float | None = None,
    times_h: Sequence[float] | Array | None = None,
    observables: Sequence[str] | None = None,
    overrides: Overrides | Sequence[Overrides] | None = None,
    names: Sequence[str] | None = None,
    rtol: float = 1e-6,
) -> Runs:
    """Run a model under one or several regimens, each from its untreated steady state.

    Parameters
    ----------
    model : Model
        The patient, or one module.
    regimens : Regimen or sequence of Regimen
        One run each.
    until_days : float, optional
        Horizon in days; default: the end of the longest regimen.
    times_h : array-like, shape (T,), optional
        Hours to report, not decreasing; a row at a dose time is the value after the dose.
        Default: every hour, and just before and just after every dose of any run.
    observables : sequence of str, optional
        Ids of observables, states or fluxes. Default: all observables of the model,
        or its states where it has none.
    overrides : mapping or sequence of mapping, optional
        Parameter values by id, for all runs or one mapping per run. They hold for good: the
        run starts from the steady state that belongs to them.
    names : sequence of str, optional
        One name per run. Default: the text of the regimen.
    rtol : float
        Relative tolerance; absolute tolerances follow from it state by state.

    Returns
    -------
    Runs
        A run that failed keeps its place: NaN values and the reason in `status`.

    Raises
    ------
    InputError
        For unknown ids, bad times and bad horizons.

    Examples
    --------
    >>> from il15_sim import Model, Regimen, simulate
    >>> model = Model.load("sorafenib_pk")
    >>> runs = simulate(model, Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=7))
    >>> runs.units["sorafenib_total_mg_per_L"]
    'mg/L'
    """
    runs = listed_regimens(regimens)
    if not isinstance(rtol, (int, float)) or not 1e-12 <= rtol <= 1e-2:
        raise InputError(f"rtol {rtol!r}", why="a relative tolerance lies in 1e-12 .. 1e-2")
    chosen = _check_observables(model, observables)
    models = [model.with_values(o) if o else model for o in _per_run(overrides, len(runs))]
    changes = [dose_changes(m, r) for m, r in zip(models, runs, strict=True)]
    times, sample = _grid(runs, until_days, times_h)
    engine = engine_for(model)
    values = np.full((len(runs), len(times), len(chosen)), np.nan)
    status = []
    tolerances: dict[str, float] = {}
    for i, (one, events) in enumerate(zip(models, changes, strict=True)):
        try:
            start = steady_state(one, engine)
            tolerances = engine.start(one.values, start, rtol, chosen)
            status.append(_told(engine, one, (events, times, sample), values[i]))
        except NoSteadyState as error:
            status.append(str(error))
    return Runs(
        names=_names(names, runs),
        times_h=times,
        sample=sample,
        values=values,
        observables=chosen,
        units={o: model.units[o] for o in chosen},
        status=tuple(status),
        regimens=tuple(runs),
        overrides=tuple(dict(o) for o in _per_run(overrides, len(runs))),
        model_hash=model.hash,
        tolerances={"rtol": rtol, **tolerances},
    )


def listed_regimens(given: object) -> list[Regimen]:
    """The regimens as a list; what is none is refused by its looks."""
    several = isinstance(given, Iterable) and not isinstance(given, str)
    items = list(given) if several else [given]  # type: ignore[call-overload]
    if not items or items == [None]:
        raise InputError("no regimen to simulate", fix="give one, or Regimen.none()")
    runs = [item for item in items if isinstance(item, Regimen)]
    if len(runs) < len(items):
        odd = next(item for item in items if not isinstance(item, Regimen))
        raise InputError(f"{odd!r:.80} is not a regimen", fix="read text with Regimen.parse")
    return runs


def run_segments(
    engine: ReferenceEngine,
    values: Mapping[str, float],
    changes: Sequence[Change],
    times: Array,
    sample: NDArray[np.str_],
    out: Array,
    *,
    begin: float = 0.0,
) -> None:
    """Run a started engine from `begin` through changes; fills `out` (T, O) as far as it goes.

    All times are as the engine counts them. `values` are those of the parameters before the
    changes; `sample` is "pre" where a time is read before the changes of that time.

    Raises
    ------
    IntegrationFailed
        When it cannot go on; its `code` tells what became of the run.
    """
    changes = [c for c in changes if c.time_h <= times[-1]]
    breaks = sorted({begin, *(c.time_h for c in changes)})
    infusions = {c.target: values[c.target] for c in changes if c.target in values}
    first = 0
    for k, now in enumerate(breaks):
        end = breaks[k + 1] if k + 1 < len(breaks) else np.inf
        # Rows before the doses of this moment: at the begin they are the untreated state.
        while first < len(times) and times[first] == now and sample[first] == "pre":
            out[first] = engine.now()
            first += 1
        for change in changes:
            if change.time_h == now:
                _apply(engine, change, infusions)
        if not engine.is_finite(rates=k == 0):
            where = "at the start" if k == 0 else f"after the dose at {now:g} h"
            raise IntegrationFailed(f"values are not finite {where}", BAD_DOSE if k else BAD_START)
        last = first
        while last < len(times) and (
            times[last] < end or (times[last] == end and sample[last] == "pre")
        ):
            last += 1
        stops = times[first:last]
        grid = np.unique(np.concatenate([[now], stops, [end] if np.isfinite(end) else []]))
        if len(grid) > 1:
            try:
                rows = engine.advance(grid)
            except IntegrationFailed as error:
                message = f"integration failed after {now:g} h: {error}"
                raise IntegrationFailed(message, error.code) from None
            out[first:last] = rows[np.searchsorted(grid, stops)]
        elif last > first:
            out[first:last] = engine.now()
        first = last


def _told(engine: ReferenceEngine, model: Model, run: Sequence[Any], out: Array) -> str:
    """Run segments of a model, and say how that went."""
    changes, times, sample = run
    try:
        run_segments(engine, model.values, changes, times, sample, out)
    except IntegrationFailed as error:
        return str(error)
    odd = np.flatnonzero(~np.isfinite(out).all(axis=1))
    if odd.size:
        out[odd[0] :] = np.nan
        return f"values are not finite from {times[odd[0]]:g} h on"
    return "ok"


def _apply(engine: ReferenceEngine, change: Change, infusions: dict[str, float]) -> None:
    if change.sets:
        infusions[change.target] = change.amount
        engine.set(change.target, change.amount)
    elif change.target in infusions:
        rate = infusions[change.target] + change.amount
        # Rates are taken away again at the end of an infusion: no rounding may stay behind.
        infusions[change.target] = 0.0 if abs(rate) < 1e-9 * abs(change.amount) else rate
        engine.set(change.target, infusions[change.target])
    else:
        engine.set(change.target, engine.get(change.target) + change.amount)


def _grid(
    regimens: Sequence[Regimen],
    until_days: float | None,
    times_h: Sequence[float] | Array | None,
) -> tuple[Array, NDArray[np.str_]]:
    doses = np.unique(np.array([t for r in regimens for t in dose_times(r)], dtype=np.float64))
    if times_h is not None:
        if until_days is not None:
            raise InputError("both until_days and times_h are given", fix="give one of them")
        try:
            # As fine as regimens are: 0.1 h * 3 is the 0.3 h of a dose, and not just after it.
            times = np.array(times_h, dtype=np.float64).round(9)
        except (TypeError, ValueError):
            raise InputError("times_h", why="it must be a list of numbers") from None
        if times.ndim != 1 or times.size == 0:
            raise InputError("times_h", why="it must be a list with at least one time")
        if not np.isfinite(times).all() or times.min() < 0 or (np.diff(times) < 0).any():
            raise InputError("times_h", why="times must be finite, not negative and not decreasing")
        if times[-1] > 24 * MAX_DAYS:
            raise InputError(f"times_h up to {times[-1]:g} h", why=f"more than {MAX_DAYS:g} days")
        return times, np.where(np.isin(times, doses), "post", "grid")
    days = max(r.end_h for r in regimens) / 24 if until_days is None else until_days
    try:
        horizon = round_h(24.0 * float(days))
    except (TypeError, ValueError):
        raise InputError(f"until_days={days!r}", why="it must be a number of days") from None
    if not 0 < horizon <= 24 * MAX_DAYS:
        raise InputError(
            f"until_days={days!r}",
            why=f"a horizon is a positive number of days, at most {MAX_DAYS:g}",
        )
    doses = doses[doses <= horizon]
    hours = np.union1d(np.arange(np.floor(horizon) + 1), [horizon])
    hours = np.setdiff1d(hours, doses)
    times = np.concatenate([hours, doses, doses])
    sample = np.concatenate(
        [np.full(len(hours), "grid"), np.full(len(doses), "pre"), np.full(len(doses), "post")]
    )
    # A stable sort keeps "pre" ahead of "post" at the same time.
    order = np.argsort(times, kind="stable")
    return times[order], sample[order]


def _check_observables(model: Model, observables: Sequence[str] | None) -> tuple[str, ...]:
    if observables is None:
        # A module that shows nothing by itself, such as il15_agonist, reports its states.
        return model.observables or model.states
    if isinstance(observables, str):
        observables = [observables]
    valid = {*model.states, *model.facts.assigned}
    for name in observables:
        if name not in valid:
            raise unknown("observable", name, {*model.observables, *model.states})
    if not observables:
        raise InputError("no observable to report", fix="name one, or leave observables out")
    return tuple(dict.fromkeys(observables))


def _per_run(overrides: Overrides | Sequence[Overrides] | None, count: int) -> list[Overrides]:
    if overrides is None:
        return [{}] * count
    if isinstance(overrides, Mapping):
        return [overrides] * count
    if not isinstance(overrides, Sequence) or not all(isinstance(o, Mapping) for o in overrides):
        fix = "give one mapping of id to value for all runs, or one per run"
        raise InputError(f"overrides {overrides!r:.80}", fix=fix)
    if len(overrides) != count:
        raise InputError(f"{len(overrides)} overrides for {count} runs", fix="give one per run")
    return list(overrides)


def _names(names: Sequence[str] | None, runs: Sequence[Regimen]) -> tuple[str, ...]:
    if isinstance(names, str):
        names = [names]
    if names is None:
        wanted = [str(r) for r in runs]
    elif len(names) != len(runs):
        raise InputError(f"{len(names)} names for {len(runs)} runs", fix="give one per run")
    else:
        wanted = [str(n) for n in names]
    taken: set[str] = set()
    counts: dict[str, int] = {}
    unique = []
    for name in wanted:
        told = name
        while told in taken:
            counts[name] = counts.get(name, 1) + 1
            told = f"{name} ({counts[name]})"
        taken.add(told)
        unique.append(told)
    return tuple(unique)
