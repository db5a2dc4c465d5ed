"""What the model says of every row, and how that depends on the unknowns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.fit.patients import Patients
from il15_sim.fit.quantities import How, Output, put_together, slopes_by_outputs
from il15_sim.fit.rows import Row, Rows
from il15_sim.fit.runs import AS_LONG, AS_LONG_OF_FEW, Call, calls_for, shifted_grid
from il15_sim.fit.simulator import Failed, Simulator
from il15_sim.fit.treatments import Arm
from il15_sim.fit.unknowns import Unknown
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
#: An arm and an observable.
Curve = tuple[str, str]

#: Earliest hour at which a curve is read whose time axis is shifted.
_EARLIEST_H = 0.1
#: So many points are few.
_FEW = 8


@dataclass(frozen=True, eq=False)
class Predictor:
    """Simulates all arms at many points at once, on the batch engine.

    A level at the time of a dose, or of an addition to the dish, is one before it.

    Attributes
    ----------
    subject : Subject
        The model.
    rows : Rows
        What was measured.
    arms : mapping of name to Arm
    unknowns : tuple of Unknown, length P
    threads : int, optional
        Threads of the simulations; the numbers do not depend on it.
    patients : Patients, optional
        Those of its arms: of every point there are then as many copies, each a patient's.
    """

    subject: Subject
    rows: Rows
    arms: Mapping[str, Arm]
    unknowns: tuple[Unknown, ...]
    threads: int | None = None
    patients: Patients | None = None
    _last: dict[bytes, tuple[Array, list[str]]] = field(default_factory=dict, repr=False)

    def predict(self, points: Array) -> tuple[Array, list[str]]:
        """Predictions of all rows at many points.

        Parameters
        ----------
        points : array, shape (K, P)
            Values of the unknowns.

        Returns
        -------
        predicted : array, shape (K, N)
            NaN in all rows of a point at which a simulation failed.
        why : list of str, length K
            Why a point failed; empty where it did not.
        """
        found, why = self._outputs(points)
        return self._put_together(points, found), why

    def slopes(self, point: Array) -> tuple[Array, Array]:
        """Predictions (N,) at a point (P,), and their derivatives (N, P) by the unknowns.

        Raises
        ------
        Failed
            Where a simulation fails.
        """
        predicted, slopes = self.slopes_at(point[None])
        return predicted[0], slopes[0]

    def slopes_at(self, points: Array) -> tuple[Array, Array]:
        """The same at many points (K, P) in one ensemble: (K, N) and (K, N, P)."""
        found, why = self._outputs(points)
        if told := next(filter(None, why), ""):
            raise Failed(told)
        by_parameter = self._simulator.slopes(self._varied_calls, points, len(self._wanted[0]))
        slopes = np.zeros((len(points), len(self.rows), len(self.unknowns)))
        model = np.array([j for j, u in enumerate(self.unknowns) if not u.shifted_arm], np.intp)
        every = np.arange(len(points))
        for how, at in self._by_how.items():
            first, second = self._first[at], self._second[at]
            by = slopes_by_outputs(how, found[:, first], found[:, second], self._times[at])
            both = by[0][..., None] * by_parameter[:, first]
            both += by[1][..., None] * by_parameter[:, second]
            slopes[np.ix_(every, at, model)] = both
        for curve in self._shifted_rows:
            j, i = self._shift_of[curve[0]], self._shifted_rows[curve]
            at, _, share, width = self._moved(curve, points)
            low, high = self._grid_places[curve][at], self._grid_places[curve][at + 1]
            k, times = every[:, None], self._times[i]
            both = (1 - share)[..., None] * by_parameter[k, low]
            both += share[..., None] * by_parameter[k, high]
            slopes[np.ix_(every, i, model)] = times[:, None] * both
            # A reading that is held at the earliest hour does not move with the axis.
            free = np.array([self.rows.rows[n].time_h for n in i]) - points[:, [j]] > _EARLIEST_H
            steep = times * (found[k, high] - found[k, low]) / width
            slopes[:, i, j] = np.where(free, -steep, 0.0)
        return self._put_together(points, found), slopes

    def courses(self, points: Array, count: int = 200) -> tuple[pd.DataFrame, Array]:
        """Curves of what was measured at points (K, P), up to the last row of each arm.

        Parameters
        ----------
        points : array, shape (K, P)
        count : int
            Times between the start and the last row of an arm; those of its rows come on top.

        Returns
        -------
        where : DataFrame, T rows
            `arm, observable, time_h`.
        typical : array, shape (K, T)
            NaN at points where a simulation fails.
        """
        wanted = []
        for arm in dict.fromkeys(r.arm for r in self.rows.rows):
            own = [r for r in self.rows.rows if r.arm == arm]
            end = max(r.time_h for r in own)
            # Times that differ by rounding only are one.
            grid = np.unique(np.round([*np.linspace(0.0, end, count), *(r.time_h for r in own)], 6))
            for name in dict.fromkeys(r.reads.first.observable for r in own):
                wanted += [Output(arm, name, float(t)) for t in grid]
        copies = 1 if self.patients is None else self.patients.n
        each = np.repeat(points, copies, axis=0)
        found, _ = self._simulator.outputs(
            calls_for(self.arms, wanted, self.unknowns), each, len(wanted)
        )
        found = np.median(found.reshape(len(points), copies, -1), axis=1)
        table = [(o.arm, o.observable, o.time_h) for o in wanted]
        return pd.DataFrame(table, columns=["arm", "observable", "time_h"]), found

    @property
    def _simulator(self) -> Simulator:
        return Simulator(self.subject, self.unknowns, self.threads, self.patients)

    @cached_property
    def _shift_of(self) -> dict[str, int]:
        return {u.shifted_arm: j for j, u in enumerate(self.unknowns) if u.shifted_arm}

    @cached_property
    def _shifted_rows(self) -> dict[Curve, Indices]:
        """Levels of each curve whose time axis moves; areas and half-lives do not come from it."""
        rows = self.rows.rows
        curves = [(r.arm, r.reads.first.observable) if self._moves(r) else None for r in rows]
        return {
            curve: np.array([i for i, one in enumerate(curves) if one == curve], np.intp)
            for curve in dict.fromkeys(curves)
            if curve is not None
        }

    def _moves(self, row: Row) -> str:
        return row.arm if row.arm in self._shift_of and row.reads.quantity == "value" else ""

    @cached_property
    def _wanted(self) -> tuple[tuple[Output, ...], dict[Curve, Indices]]:
        """All outputs, and where the grid of each shifted curve lies among them."""
        own = [o for r in self.rows.rows if not self._moves(r) for o in r.reads.outputs]
        outputs = list(dict.fromkeys(own))
        places = {}
        for curve, rows in self._shifted_rows.items():
            end = max(self.rows.rows[i].time_h for i in rows)
            arm = self.arms[curve[0]]
            given = [*(d.time_h for d in arm.regimen.doses()), *(c.time_h for c in arm.changes)]
            grid = shifted_grid(end, max((t for t in given if t < end), default=0.0))
            places[curve] = np.arange(len(outputs), len(outputs) + len(grid))
            outputs += [Output(*curve, float(t)) for t in grid]
        return tuple(outputs), places

    @property
    def _grid_places(self) -> dict[Curve, Indices]:
        return self._wanted[1]

    @cached_property
    def _calls(self) -> tuple[Call, ...]:
        return calls_for(self.arms, self._wanted[0], self.unknowns, AS_LONG)

    @cached_property
    def _calls_of_few(self) -> tuple[Call, ...]:
        return calls_for(self.arms, self._wanted[0], self.unknowns, AS_LONG_OF_FEW)

    @cached_property
    def _varied_calls(self) -> tuple[Call, ...]:
        return calls_for(self.arms, self._wanted[0], self.unknowns, AS_LONG_OF_FEW, alike=True)

    @cached_property
    def _place(self) -> dict[Output, int]:
        return {o: i for i, o in enumerate(self._wanted[0])}

    @cached_property
    def _first(self) -> Indices:
        return self._places(0)

    @cached_property
    def _second(self) -> Indices:
        return self._places(-1)

    def _places(self, which: int) -> Indices:
        return np.array(
            [0 if self._moves(r) else self._place[r.reads.outputs[which]] for r in self.rows.rows],
            np.intp,
        )

    @cached_property
    def _times(self) -> Array:
        return np.array([r.reads.times for r in self.rows.rows])

    @cached_property
    def _by_how(self) -> dict[How, Indices]:
        """Rows by the way in which their outputs are put together; shifted ones are apart."""
        hows = ["" if self._moves(r) else r.reads.how for r in self.rows.rows]
        return {
            how: np.array([i for i, h in enumerate(hows) if h == how], np.intp)
            for how in get_args(How)
            if how in hows
        }

    def _put_together(self, points: Array, found: Array) -> Array:
        predicted = np.empty((len(points), len(self.rows)))
        for how, at in self._by_how.items():
            first, second = found[:, self._first[at]], found[:, self._second[at]]
            predicted[:, at] = put_together(how, first, second, self._times[at])
        for curve in self._shifted_rows:
            at, rows, share, _ = self._moved(curve, points)
            levels = found[:, self._grid_places[curve]]
            k = np.arange(len(points))[:, None]
            level = (1 - share) * levels[k, at] + share * levels[k, at + 1]
            predicted[:, rows] = level * self._times[rows]
        return predicted

    def _moved(self, curve: Curve, points: Array) -> tuple[Indices, Indices, Array, Array]:
        """Interval (K, R) of the grid in which each shifted row lies, and how far into it."""
        outputs, places = self._wanted
        grid = np.array([outputs[i].time_h for i in places[curve]])
        rows = self._shifted_rows[curve]
        times = np.array([self.rows.rows[i].time_h for i in rows])
        hours = np.maximum(times - points[:, [self._shift_of[curve[0]]]], _EARLIEST_H)
        at = np.clip(np.searchsorted(grid, hours, side="right") - 1, 0, len(grid) - 2)
        width = grid[at + 1] - grid[at]
        return at, rows, (hours - grid[at]) / width, width

    def _outputs(self, points: Array) -> tuple[Array, list[str]]:
        key = points.tobytes() if len(points) == 1 else b""
        if key and key in self._last:
            return self._last[key]
        calls = self._calls_of_few if len(points) <= _FEW else self._calls
        found = self._simulator.outputs(calls, points, len(self._wanted[0]))
        self._last.clear()
        if key:
            self._last[key] = found
        return found
