"""What a caller asks of an ensemble, checked and turned into a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.batch.kernel import Kernel
from il15_sim.batch.task import Task
from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.regimen.table import DoseTable, dose_table
from il15_sim.results.endpoint import KINDS, Endpoint
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.grid import Moment, check_inside, moments, span, warn_of_cut
from il15_sim.simulation.pairing import Pairing
from il15_sim.simulation.plan import Plan, reading
from il15_sim.simulation.run_changes import with_changes
from il15_sim.simulation.schedules import schedules_of
from il15_sim.simulation.steady_state import FROZEN, HORIZON_H, WINDOW_H
from il15_sim.simulation.step_choices import check_choices, checked_sizes, typical_sizes
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]

#: Names of a result that no endpoint may take.
_TAKEN = (
    *("run", "name", "time_h", "sample", "state"),
    *("status", "final_state", "steps_accepted", "steps_rejected"),
)


def make_plan(
    subject: Subject,
    pairing: Pairing,
    *,
    until_days: float | None = None,
    times_h: ArrayLike | None = None,
    sample: Literal["post", "pre", "both"] = "post",
    observables: str | Sequence[str] | None = None,
    endpoints: Endpoint | Sequence[Endpoint] = (),
    changes: Change | Sequence[Change] | Sequence[Sequence[Change]] = (),
    start: Literal["steady_state", "model"] | ArrayLike = "steady_state",
    start_h: float = 0.0,
    final_state: bool = False,
    rtol: float = 1e-4,
    sizes: Mapping[str, float] | None = None,
    max_step_h: float = math.inf,
    max_steps: int = 100_000,
) -> Plan:
    """Check everything that was asked for by `simulate` or `gradients`, and lay the ensemble out.

    Raises
    ------
    InputError
        For whatever does not fit.
    """
    check_choices(sample, rtol, max_steps, max_step_h)
    if sample == "pre" and times_h is None:
        raise InputError(
            "sample='pre' without times_h",
            why="the default grid holds every dose from both sides",
            fix="give times_h, or choose the rows of sample 'pre' of the result",
        )
    kept = checked_endpoints(subject, endpoints)
    pairing, extra = with_changes(subject, pairing, changes)
    doses = dose_table(pairing.regimens)
    begin_h, end_h = span(start_h, until_days, times_h, doses, kept)
    check_inside(kept, begin_h, end_h)
    if until_days is None:
        warn_of_cut(kept, end_h, doses.end_h)
    if observables is None and kept and times_h is None:
        # Who asks for endpoints and names no observable wants the numbers alone.
        observables = ()
    chosen = _observables(subject, observables)
    reported: list[Moment] = []
    labels = np.zeros(0, "U4")
    if times_h is not None or chosen:
        events_h = _events_h(doses, [c for one in set(extra) for c in one])
        reported, labels = moments(times_h, sample, begin_h, end_h, events_h)
    if not (chosen or kept or final_state):
        raise InputError("nothing to report", fix="name observables or endpoints")
    schedules = schedules_of(subject, doses, extra, begin_h)
    known = checked_sizes(subject, sizes)
    typical = typical_sizes(subject, known)
    initial, rest = _start(subject, start, begin_h, pairing.rows.count, typical)
    task = Task(
        begin_h,
        end_h,
        frozen={k: v for k, v in FROZEN.items() if k in subject.constants} if rest else None,
        typical=typical,
        rtol=rtol,
        max_step=float(max_step_h),
        max_steps=max_steps,
        rest_horizon=HORIZON_H,
        rest_window=WINDOW_H,
    )
    task, course_rows = reading(task, pairing.regimens, kept, chosen, reported)
    return Plan(
        subject=subject,
        rows=pairing.rows,
        regimens=pairing.regimens,
        schedules=schedules,
        schedule_of=pairing.regimen_of,
        task=task,
        courses=len(chosen),
        course_rows=course_rows,
        sample=labels,
        endpoints=kept,
        initial=initial,
        sizes=known,
        final=final_state,
    )


def checked_endpoints(
    subject: Subject, given: Endpoint | Sequence[Endpoint]
) -> tuple[Endpoint, ...]:
    """Endpoints of a model, each under a name of its own."""
    endpoints = (given,) if isinstance(given, Endpoint) else tuple(given)
    for e in endpoints:
        if not isinstance(e, Endpoint):
            raise InputError(
                f"{e!r:.80} is not an endpoint", fix="make it by a function of il15_sim.endpoints"
            )
        if e.kind not in KINDS:
            raise unknown("endpoint", e.kind, KINDS)
        if e.observable not in subject.quantities:
            raise unknown("observable", e.observable, subject.quantities)
        if e.drug:
            drugs = {d.drug for d in subject.model.drugs} if subject.model else set()
            if e.drug not in drugs:
                raise unknown("drug", e.drug, drugs)
        if e.name in _TAKEN or e.name in subject.quantities:
            raise InputError(
                f"an endpoint is called '{e.name}'",
                why="the result has another variable of that name",
                fix="use Endpoint.named",
            )
    check_distinct("endpoint", (e.name for e in endpoints), "use Endpoint.named")
    return endpoints


def _events_h(doses: DoseTable, changes: Sequence[Change]) -> tuple[Array, Array]:
    """Times at which something is given, and at which infusions end."""
    ends = []
    for track, first, last in zip(doses.tracks, doses.offset, doses.offset[1:], strict=False):
        if track.duration_h > 0:
            ends.append(doses.time_h[first:last] + track.duration_h)
    given = np.append(doses.time_h, [c.time_h for c in changes])
    return np.unique(given), np.unique(np.concatenate(ends).round(9) if ends else [])


def _observables(subject: Subject, given: str | Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return subject.defaults
    names = [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in subject.quantities:
            raise unknown("observable", str(name), subject.quantities)
    return tuple(dict.fromkeys(names))


def _start(
    subject: Subject, start: object, begin_h: float, count: int, typical: Array
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
        if isinstance(subject.source, Kernel):
            return None, subject.source.rests and start == "steady_state"
        own = [subject.source.initial[s] for s in subject.states]
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
    # States of this package are amounts; at the end of a run they may be below zero by its error.
    if subject.model is not None and (low := np.argwhere(states < -1e-2 * typical)).size:
        row, column = low[0]
        at = f" in row {row}" if len(states) > 1 else ""
        raise InputError(
            f"start of '{subject.states[column]}'{at} is {states[row, column]:g}",
            why="no state is ever below zero",
        )
    return states, False
