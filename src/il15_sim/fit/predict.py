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
from il15_sim.endpoints import auc, cmax
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
    """A predicted typical curve, exposure factor 1.

    Attributes
    ----------
    times_h, values : arrays, shape (T,)
        Hours after the first dose and values.
    areas, peaks : mapping
        By start and end of a window in hours, from the integrator.
    """

    times_h: Array
    values: Array
    areas: Mapping[tuple[float, float], float] = field(default_factory=dict)
    peaks: Mapping[tuple[float, float], float] = field(default_factory=dict)

    def at(self, times_h: Array | float) -> Array:
        """Values at some times, between grid points by straight lines."""
        return np.asarray(np.interp(times_h, self.times_h, self.values))


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
        return m.factor * curve.areas[window.start_h, window.end_h]
    if quantity.quantity == "peak":
        return m.factor * curve.peaks[window.start_h, window.end_h]
    if quantity.quantity == "half_life":
        begin, end = curve.at(np.array([window.start_h, window.end_h]))
        if begin <= end:
            raise PredictionFailed(f"no decline from {window.start_h:g} to {window.end_h:g} h")
        return math.log(2) * (window.end_h - window.start_h) / math.log(begin / end)
    assert m.reference is not None
    other = curves[m.reference.experiment].areas[m.reference.start_h, m.reference.end_h]
    return curve.areas[window.start_h, window.end_h] / other


def _no_windows() -> dict[str, set[tuple[float, float]]]:
    return {"area": set(), "peak": set()}


@dataclass
class _Run:
    """One simulation and the experiments that share it."""

    regimen: Regimen
    doses: tuple[Dose, ...]
    overrides: Mapping[str, float]
    experiments: list[str]
    times: set[float] = field(default_factory=set)
    windows: dict[str, set[tuple[float, float]]] = field(default_factory=_no_windows)


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
                times[m.reference.experiment].add(m.reference.end_h)
        self._runs = _distinct_runs(experiments, times)
        for m in measurements:
            self._note_windows(m)
        self.horizon_h = {e: max(t) for e, t in times.items()}

    def __len__(self) -> int:
        """Number of simulations per evaluation."""
        return len(self._runs)

    def curves(self, values: Mapping[str, float], dense: bool = False) -> dict[str, Curve]:
        """Typical curve of every experiment; with `dense`, every half hour besides.

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
                times |= set(np.arange(0.0, max(times) + 0.25, 0.5))
            areas = {w: auc(self.observable, hours=w) for w in run.windows["area"]}
            peaks = {w: cmax(self.observable, hours=w) for w in run.windows["peak"]}
            runs = simulate(
                model,
                run.regimen,
                run.overrides,
                times_h=sorted(times),
                observables=[self.observable],
                endpoints=[*areas.values(), *peaks.values()],
                rtol=RTOL,
            )
            if runs.status[0] != "ok":
                raise PredictionFailed(runs.status[0])
            curve = Curve(
                runs.times_h,
                # A concentration that the solver leaves a hair below zero has no logarithm.
                np.maximum(runs.get(0, self.observable), 1e-12),
                {w: float(runs[e.name][0]) for w, e in areas.items()},
                {w: float(runs[e.name][0]) for w, e in peaks.items()},
            )
            found.update(dict.fromkeys(run.experiments, curve))
        return found

    def _note_windows(self, m: Measurement) -> None:
        """Note the windows of a measurement at the simulations that its arms share."""
        kind = self.quantities[m.observable].quantity
        if m.time_start_h is None or kind not in ("area", "peak", "area_ratio"):
            return
        name = "peak" if kind == "peak" else "area"
        self._run_of(m.experiment).windows[name].add((m.time_start_h, m.time_h))
        if m.reference:
            window = m.reference.start_h, m.reference.end_h
            self._run_of(m.reference.experiment).windows["area"].add(window)

    def _run_of(self, experiment: str) -> _Run:
        return next(run for run in self._runs if experiment in run.experiments)


def _times_of(m: Measurement, shifted: bool) -> set[float]:
    if m.time_start_h is not None:
        return {m.time_start_h, m.time_h}
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
