"""What the model says of each reading, and how that depends on the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.batch.kernel import Kernel
from il15_sim.fit.own.estimated import Estimated
from il15_sim.fit.own.readings import Readings
from il15_sim.fit.own.treatments import Treatment
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation import ParameterRows, gradients, simulate
from il15_sim.simulation.block import STATUS
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

#: Errors of simulation far below those of any reading, in the troughs too.
RTOL = 1e-6
#: Nearer to zero than this share of its range a relative step of a parameter has no width.
_NEAR_ZERO = 1e-3


class Failed(Exception):
    """A point of the parameters at which nothing can be compared; tells why."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """Groups that are simulated in one call, since they share their changes."""

    changes: tuple[Change, ...]
    groups: tuple[str, ...]
    times_h: Array
    observables: tuple[str, ...]
    rows: Indices  # of the readings
    run: Indices
    at: Indices


@dataclass(frozen=True, eq=False)
class Predictor:
    """Simulates all groups; the batch engine does, and gives the derivatives.

    A reading at the time of a dose, or of an addition to the dish, is taken before it.
    """

    subject: Subject
    readings: Readings
    arms: dict[str, Treatment]
    unknowns: tuple[Estimated, ...]

    def values(self, point: Array) -> Array:
        """Predictions (N,) at values (P,) of the parameters.

        Raises
        ------
        Failed
            Where a simulation fails, with its status and group.
        """
        found = np.full(len(self.readings.value), np.nan)
        for batch in self._batches:
            data = self._simulated(batch, point, batch.times_h, batch.observables)
            for name in batch.observables:
                own = np.array([self.readings.observable[i] == name for i in batch.rows])
                found[batch.rows[own]] = data[name][batch.run[own], batch.at[own]]
        return found

    def slopes(self, point: Array) -> Array:
        """Derivatives (N, P) of the predictions by the values of the parameters."""
        around = point.copy()
        for j, u in enumerate(self.unknowns):
            least = _NEAR_ZERO * (u.upper - u.lower)
            if not u.logarithmic and abs(around[j]) < least:
                around[j] = least if u.upper > least else -least
        found = np.full((len(self.readings.value), len(self.unknowns)), np.nan)
        for batch in self._batches:
            data = gradients(
                self._model,
                self._regimens(batch),
                self._parameters(batch, around),
                wrt=[u.id for u in self.unknowns],
                times_h=batch.times_h,
                sample="pre",
                observables=batch.observables,
                changes=batch.changes,
                rtol=RTOL,
                progress=False,
            )
            status = data["status"].to_numpy()
            if status.any():
                run = int(np.argmax(status.any(axis=1)))
                raise Failed(_told(STATUS[int(status[run].max())], batch.groups[run]))
            for name in batch.observables:
                own = np.array([self.readings.observable[i] == name for i in batch.rows])
                slopes = data[name].to_numpy()[batch.run[own], :, batch.at[own]]
                found[batch.rows[own]] = slopes
        return found

    def courses(self, point: Array, count: int = 200) -> pd.DataFrame:
        """Curves of what was measured: `group, observable, time_h, predicted`."""
        frames = []
        r = self.readings
        for batch in self._batches:
            ends = [max(r.time_h[i] for i in batch.rows if r.group[i] == g) for g in batch.groups]
            grids = [np.linspace(0.0, end, count) for end in ends]
            times = np.unique(np.concatenate([batch.times_h, *grids]))
            data = self._simulated(batch, point, times, batch.observables)
            for run, group in enumerate(batch.groups):
                measured = {o for o, g in zip(r.observable, r.group, strict=True) if g == group}
                shown = times <= ends[run]
                for name in (o for o in batch.observables if o in measured):
                    course = {"time_h": times[shown], "predicted": data[name][run, shown]}
                    frames.append(pd.DataFrame({"group": group, "observable": name, **course}))
        return pd.concat(frames, ignore_index=True)

    def _simulated(
        self, batch: _Batch, point: Array, times_h: Array, observables: Sequence[str]
    ) -> dict[str, Array]:
        runs = simulate(
            self._model,
            self._regimens(batch),
            self._parameters(batch, point),
            times_h=times_h,
            sample="pre",
            observables=observables,
            changes=batch.changes,
            engine="batch",
            rtol=RTOL,
        )
        for group, status in zip(batch.groups, runs.status, strict=True):
            if status != "ok":
                raise Failed(_told(status, group))
        return {name: runs[name].to_numpy() for name in observables}

    @property
    def _model(self) -> Model | Kernel:
        return self.subject.source

    @cached_property
    def _batches(self) -> tuple[_Batch, ...]:
        together: dict[tuple[Change, ...], list[str]] = {}
        for group, arm in self.arms.items():
            together.setdefault(arm.changes, []).append(group)
        r, batches = self.readings, []
        for changes, groups in together.items():
            rows = np.array([i for i, g in enumerate(r.group) if g in groups], np.intp)
            times = np.unique(r.time_h[rows])
            names = tuple(dict.fromkeys(r.observable[i] for i in rows))
            run = np.array([groups.index(r.group[i]) for i in rows], np.intp)
            at = np.searchsorted(times, r.time_h[rows])
            batches.append(_Batch(changes, tuple(groups), times, names, rows, run, at))
        return tuple(batches)

    def _regimens(self, batch: _Batch) -> list[Regimen] | None:
        given = [self.arms[group].regimen for group in batch.groups]
        # A compiled SBML text takes none; one that is asked for is refused by `simulate`.
        return None if self.subject.model is None and not any(r.doses() for r in given) else given

    def _parameters(self, batch: _Batch, point: Array) -> ParameterRows:
        arms = [self.arms[group] for group in batch.groups]
        extra = list(dict.fromkeys(name for arm in arms for name in arm.values))
        table = {u.id: np.full(len(arms), x) for u, x in zip(self.unknowns, point, strict=True)}
        for name in extra:
            own = self.subject.constants[name]
            table[name] = np.array([arm.values.get(name, own) for arm in arms], dtype=np.float64)
        return ParameterRows.of_frame(pd.DataFrame(table))


def _told(status: str, group: str) -> str:
    return f"{status} (group '{group}')" if group else status
