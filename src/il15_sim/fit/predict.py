"""From parameter values to what each measurement should read.

Arms that took the same doses share one simulation: a cohort's factor acts on the observation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from il15_sim.data import Experiment, MeasuredQuantity, Measurement, Window
from il15_sim.errors import InputError
from il15_sim.model import Model
from il15_sim.regimen import Dose, Regimen
from il15_sim.simulation import simulate

Array = NDArray[np.float64]

#: Earliest time after the first dose at which a shifted curve is read, in hours.
EARLIEST_H = 0.1
#: Tighter than the default: finite differences need a smooth objective.
RTOL = 1e-7


class PredictionFailed(RuntimeError):
    """A simulation of the fit failed; the message is its status."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A predicted typical curve, exposure factor 1: hours after the first dose and values."""

    times_h: Array
    values: Array

    def at(self, times_h: Array | float) -> Array:
        """Values at some times, between grid points by straight lines."""
        return np.asarray(np.interp(times_h, self.times_h, self.values))

    def inside(self, window: Window) -> tuple[Array, Array]:
        """Times and values from the start to the end of a window."""
        first = np.searchsorted(self.times_h, window.start_h, "left")
        last = np.searchsorted(self.times_h, window.end_h, "right")
        return self.times_h[first:last], self.values[first:last]


def area(curve: Curve, window: Window) -> float:
    """Area under a curve in a window (trapezoids)."""
    times, values = curve.inside(window)
    return float(np.trapezoid(values, times))


def read_off(
    m: Measurement,
    quantity: MeasuredQuantity,
    curves: Mapping[str, Curve],
    shift_h: float = 0.0,
) -> float:
    """What a measurement should read on the typical curves.

    Parameters
    ----------
    m : Measurement
        The row.
    quantity : MeasuredQuantity
        How the row's observable is read off a curve.
    curves : mapping
        Typical curve of every experiment.
    shift_h : float
        Hours by which the row's time axis reads too late.
    """
    curve = curves[m.experiment]
    if quantity.quantity == "value":
        return m.factor * float(curve.at(max(m.time_h - shift_h, EARLIEST_H if shift_h else 0.0)))
    assert m.time_start_h is not None
    window = Window(m.experiment, m.time_start_h, m.time_h)
    if quantity.quantity == "area":
        return m.factor * area(curve, window)
    if quantity.quantity == "peak":
        return m.factor * float(curve.inside(window)[1].max())
    if quantity.quantity == "half_life":
        begin, end = curve.at(np.array([window.start_h, window.end_h]))
        if begin <= end:
            raise PredictionFailed(f"no decline from {window.start_h:g} to {window.end_h:g} h")
        return math.log(2) * (window.end_h - window.start_h) / math.log(begin / end)
    assert m.reference is not None
    return area(curve, window) / area(curves[m.reference.experiment], m.reference)


@dataclass
class _Run:
    """One simulation and the experiments that share it."""

    regimen: Regimen
    doses: tuple[Dose, ...]
    overrides: Mapping[str, float]
    experiments: list[str]
    times: set[float] = field(default_factory=set)


class Predictor:
    """Simulates every distinct arm once per set of values.

    Parameters
    ----------
    model : Model
        Holds the values of everything that is not estimated.
    experiments : sequence of Experiment
        The arms.
    measurements : sequence of Measurement
        The rows to predict; they say at which times the curves are needed.
    quantities : mapping
        What the rows hold (rows of `observables.tsv`).
    factor_parameter : str
        Parameter that scales the observation; held at 1 here.
    shifted : sequence of str
        Experiments whose time axis may be shifted: they get a dense curve.
    """

    def __init__(
        self,
        model: Model,
        experiments: Sequence[Experiment],
        measurements: Sequence[Measurement],
        quantities: Mapping[str, MeasuredQuantity],
        factor_parameter: str,
        shifted: Sequence[str] = (),
    ) -> None:
        """Work out the distinct simulations and their times."""
        sources = {quantities[m.observable].source for m in measurements}
        if len(sources) != 1:
            raise InputError(f"one fit reads one observable, not {len(sources)}: {sorted(sources)}")
        (self.observable,) = sources
        if self.observable not in model.observables:
            raise InputError(f"model '{model.name}' has no observable '{self.observable}'")
        self.model = model.with_values({factor_parameter: 1.0})
        self.quantities = quantities
        times = {e.id: {0.0} for e in experiments}
        for m in measurements:
            times[m.experiment] |= _times_of(m, m.experiment in shifted)
            if m.reference:
                times[m.reference.experiment] |= _window_times(m.reference)
        self._runs = _distinct_runs(experiments, times)
        self.horizon_h = {e: max(t) for e, t in times.items()}

    def __len__(self) -> int:
        """Number of simulations per evaluation."""
        return len(self._runs)

    def curves(self, values: Mapping[str, float], dense: bool = False) -> dict[str, Curve]:
        """Typical curve of every experiment; with `dense`, at every hour besides.

        Raises
        ------
        PredictionFailed
            When a simulation fails.
        """
        model = self.model.with_values(values)
        found = {}
        for run in self._runs:
            times = set(run.times)
            if dense:
                times |= set(np.arange(math.ceil(max(times)) + 1.0))
            runs = simulate(
                model,
                run.regimen,
                times_h=sorted(times),
                observables=[self.observable],
                overrides=run.overrides,
                rtol=RTOL,
            )
            if runs.status[0] != "ok":
                raise PredictionFailed(runs.status[0])
            # A concentration that the solver leaves a hair below zero has no logarithm.
            curve = Curve(runs.times_h, np.maximum(runs.values[0, :, 0], 1e-12))
            found.update(dict.fromkeys(run.experiments, curve))
        return found


def _times_of(m: Measurement, shifted: bool) -> set[float]:
    if m.time_start_h is not None:
        return _window_times(Window(m.experiment, m.time_start_h, m.time_h))
    if shifted:
        return _window_times(Window(m.experiment, 0.0, m.time_h))
    return {m.time_h}


def _window_times(window: Window) -> set[float]:
    """Half-hourly on the first day, then every two hours: curves are smooth by then."""
    length = window.end_h - window.start_h
    steps = np.concatenate([np.arange(0, min(length, 24), 0.5), np.arange(24, length, 2.0)])
    return {window.start_h + float(s) for s in steps} | {window.end_h}


def _distinct_runs(
    experiments: Sequence[Experiment], times: Mapping[str, set[float]]
) -> list[_Run]:
    """Longest first; an arm joins a run whose doses are the same up to the arm's last time."""
    runs: list[_Run] = []
    for arm in sorted(experiments, key=lambda e: (-max(times[e.id]), e.id)):
        last = max(times[arm.id])
        if last == 0.0:
            continue
        try:
            regimen = Regimen.parse(arm.regimen)
        except InputError as error:
            raise error.at(f"{arm.study}: {arm.id}") from None
        doses = _before(regimen.doses(), last)
        for run in runs:
            if dict(run.overrides) == dict(arm.overrides) and _before(run.doses, last) == doses:
                run.experiments.append(arm.id)
                run.times |= times[arm.id]
                break
        else:
            runs.append(_Run(regimen, doses, arm.overrides, [arm.id], set(times[arm.id])))
    return runs


def _before(doses: Sequence[Dose], end_h: float) -> tuple[Dose, ...]:
    assert all(a.time_h <= b.time_h for a, b in pairwise(doses))
    return tuple(d for d in doses if d.time_h < end_h)
