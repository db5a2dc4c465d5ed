"""What every engine of the benchmark has to compute: the same runs, states, doses and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim import Model, Regimen
from il15_sim.dosing import dose_changes
from il15_sim.engine import TYPICAL_SIZE

Array = NDArray[np.float64]

DAYS = 56
EVERY_H = 12.0
DOSE_MG = 400.0


@dataclass(frozen=True)
class Task:
    """One dosing of the patient model, to be run for many parameter sets.

    Plain values only, so that a task can be sent to another process.

    Attributes
    ----------
    sbml : str
        The model, with the values and start states of the packaged patient.
    parameters, observables, states : tuple of str
        Ids of the columns of a parameter set, of the outputs and of the state variables.
    start : (S,) array
        Start value of every state, the same for all parameter sets.
    sizes : (S,) array
        Size of every state, for absolute tolerances: `0.1 * rtol * size` is what this package
        gives to CVODE.
    dosed : str
        State that a dose is added to.
    dose : float
        Amount of a dose in the unit of `dosed`.
    dose_times_h : (D,) array
        From zero, evenly spaced.
    times_h : (T,) array
        Times of the outputs: from zero to the end of the last interval, at multiples of it.
    """

    sbml: str
    parameters: tuple[str, ...]
    observables: tuple[str, ...]
    states: tuple[str, ...]
    start: Array
    sizes: Array
    dosed: str
    dose: float
    dose_times_h: Array
    times_h: Array

    @property
    def interval_h(self) -> float:
        """Hours between two doses."""
        return float(self.dose_times_h[1] - self.dose_times_h[0])

    @property
    def doses_per_row(self) -> int:
        """Doses between two output times."""
        return round(float(self.times_h[1] - self.times_h[0]) / self.interval_h)


def make_task(days: int = DAYS) -> Task:
    """Sorafenib 400 mg every 12 h for so many days, all observables once a day."""
    model = Model.load("patient")
    regimen = Regimen.oral("sorafenib", dose_mg=DOSE_MG, every_h=EVERY_H, days=days)
    changes = dose_changes(model, regimen)
    (dosed,) = {c.target for c in changes}
    (dose,) = {c.amount for c in changes}
    # A row at the time of a dose means the same before and after it only where this holds.
    if any(dosed in _without_integration(model, o) for o in model.observables):
        raise ValueError(f"an observable jumps with {dosed}: say which side of a dose is meant")
    start = np.array([model.initial[s] for s in model.states])
    typical = np.array([TYPICAL_SIZE.get(model.facts.units[s], 1.0) for s in model.states])
    return Task(
        sbml=model.sbml,
        parameters=varied(model),
        observables=model.observables,
        states=model.states,
        start=start,
        sizes=np.maximum(np.abs(start), typical),
        dosed=dosed,
        dose=dose,
        dose_times_h=np.array([c.time_h for c in changes]),
        times_h=np.arange(0.0, 24.0 * days + 1.0, 24.0),
    )


def varied(model: Model) -> tuple[str, ...]:
    """Parameters that are drawn: all whose bounds differ, but for the rates of infusions.

    An infusion's rate is an input that a regimen sets, and no property of a patient.
    """
    inputs = {d.target for d in model.drugs}
    rows = {i: model.parameters[row] for i, row in model.rows.items()}
    return tuple(i for i, row in rows.items() if row.lower < row.upper and i not in inputs)


def draw(model: Model, count: int, seed: int = 1) -> Array:
    """Parameter sets (count, P) from the table's bounds; the first is the packaged patient.

    Log-uniform where the lower bound is positive, uniform where it is zero. The first sets are the
    same whatever the count.
    """
    names = varied(model)
    rows = [model.parameters[model.rows[i]] for i in names]
    lower, upper = (np.array([getattr(r, side) for r in rows]) for side in ("lower", "upper"))
    share = np.random.default_rng(seed).random((count, len(rows)))
    positive = lower > 0
    floor = np.where(positive, lower, 1.0)
    values = np.where(positive, floor * (upper / floor) ** share, lower + share * (upper - lower))
    values[:1] = [model.values[i] for i in names]
    return values


def errors(values: Array, reference: Array) -> Array:
    """Error (N,) of runs (N, T, O): the largest of all times and observables.

    Relative to the largest value of that observable in that run; NaN where a run has failed.
    """
    size = np.abs(reference).max(axis=1, keepdims=True)
    relative = np.abs(values - reference) / np.where(size > 0, size, 1.0)
    return np.asarray(relative.max(axis=(1, 2)), dtype=np.float64)


def _without_integration(model: Model, quantity: str) -> set[str]:
    """Everything that a quantity is computed from at one moment."""
    seen: set[str] = set()
    todo: list[str] = [quantity]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(model.facts.depends[name] if name in model.facts.assigned else ())
    return seen


def blocks(last: int, size: int, first: int = 0) -> Sequence[slice]:
    """Consecutive slices of `size` that cover [first, last)."""
    return [slice(k, min(k + size, last)) for k in range(first, last, size)]
