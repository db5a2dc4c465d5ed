"""What a compiled model is asked, and what it answers, on plain arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.events import Event

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reduction:
    """What is kept of an output over the interval [begin, end] of a run.

    Attributes
    ----------
    kind : int
        One of the codes of `layout`: MAXIMUM, MINIMUM, AREA; FIRST_ABOVE, FIRST_BELOW: the first
        time at the level or beyond it; TIME_ABOVE, TIME_BELOW: how long beyond it; LAST_ABOVE,
        LAST_BELOW: the last time beyond it, which is the end where it is beyond then. Times of
        what never happens are NaN.
    level : float
        With `relative`, b + level * abs(b), where b is the output at the start of the run, before
        the events of that time.
    """

    kind: int
    output: str
    begin: float
    end: float
    level: float = 0.0
    relative: bool = False


@dataclass(frozen=True)
class Task:
    """All that a set of simulations shares; times are in the unit of the model.

    Attributes
    ----------
    schedules : sequence of sequences of Event
        Each sorted by time; every simulation follows one of them. Many of them are better given
        as an `EventTable`.
    outputs : sequence of str
        Ids that `times` and `reductions` report.
    times, before : arrays, shape (T,)
        When outputs are read, and whether before an event of that time.
    frozen : mapping
        Parameter values while the untreated steady state is sought; None: no search.
    typical : array, shape (S,), optional
        Size below which a state counts as nearly empty.
    rtol : float
        Largest error of a step relative to the size of a state.
    max_steps : int
        Attempts after which a simulation is given up.
    shared_steps : bool
        All simulations of a lock-step group take the same steps: for differences between them.
    fixed_step : float
        Length of all steps, without control of the error; 0: steps follow the tolerance.
    max_step : float
        Largest length of a step.
    rest_horizon, rest_window, start_drift, end_drift : float
        The untreated state is sought for so long; it is steady where no state drifts by more than
        `end_drift` of its size in the window. One that drifts by less than `start_drift` to begin
        with is taken as it is.
    """

    begin: float
    end: float
    schedules: Sequence[Sequence[Event]] = ((),)
    outputs: Sequence[str] = ()
    times: Array = field(default_factory=lambda: np.zeros(0))
    before: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    reductions: Sequence[Reduction] = ()
    frozen: Mapping[str, float] | None = None
    typical: Array | None = None
    rtol: float = 1e-6
    max_steps: int = 100_000
    shared_steps: bool = False
    fixed_step: float = 0.0
    max_step: float = math.inf
    rest_horizon: float = 2.0e6
    rest_window: float = 2160.0
    start_drift: float = 1e-6
    end_drift: float = 1e-4


@dataclass(frozen=True)
class Outcome:
    """Results of N simulations; what was not asked for has no columns.

    Attributes
    ----------
    values : array, shape (N, T, O)
    reduced : array, shape (N, E)
    final : array, shape (N, S)
        States at the end, before the events of that time.
    status : array of int8, shape (N,)
        Codes of `layout.STATUS`.
    steps : array of int32, shape (N, 2)
        Accepted and rejected steps.
    """

    values: Array
    reduced: Array
    final: Array
    status: NDArray[np.int8]
    steps: NDArray[np.int32]
