"""The simulations of a fit: all arms at many points at once, on the batch engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.fit.patients import Patients
from il15_sim.fit.runs import Call
from il15_sim.fit.unknowns import Unknown
from il15_sim.regimen import Regimen
from il15_sim.simulation import ParameterRows, gradients, simulate
from il15_sim.simulation.block import STATUS
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]

#: Errors of simulation far below those of any row, in the troughs too.
RTOL = 1e-6
#: Nearer to zero than this share of its range a relative step of a parameter has no width. The
#: simulations of a derivative share their steps, so that a narrow one loses no digits to them.
_NEAR_ZERO = 1e-6


class Failed(Exception):
    """A point of the unknowns at which nothing can be compared; tells why."""


@dataclass(frozen=True, eq=False)
class Simulator:
    """Runs of a call are ordered by arm, and by point within it.

    Attributes
    ----------
    subject : Subject
    unknowns : tuple of Unknown, length P
    threads : int or None
    patients : Patients or None
        Of its arms: points come in as many copies as there are patients, each its own.
    """

    subject: Subject
    unknowns: tuple[Unknown, ...]
    threads: int | None = None
    patients: Patients | None = None

    def outputs(
        self, calls: tuple[Call, ...], points: Array, count: int
    ) -> tuple[Array, list[str]]:
        """Outputs (K, M) at points (K, P), and why a point failed; all of such a point are NaN."""
        k = len(points)
        found, why = np.full((k, count), np.nan), [""] * k
        for call in calls:
            runs = simulate(
                self.subject.source,
                self._regimens(call, k),
                self._parameters(call, points),
                times_h=call.times_h,
                sample="pre",
                observables=call.observables,
                endpoints=call.endpoints,
                changes=call.changes(k),
                engine="batch",
                rtol=RTOL,
                threads=self.threads,
                progress=False,
            )
            code = runs.data["status"].to_numpy().reshape(len(call.runs), k)
            for a, p in np.argwhere(code > 0):
                why[p] = why[p] or self._told(int(code[a, p]), call.runs[a].names[0], int(p))
            for i, run, name, at in (*call.levels, *call.numbers):
                data = runs.data[name].to_numpy()[run * k : (run + 1) * k]
                found[:, i] = data if at < 0 else data[:, at]
        found[[bool(w) for w in why]] = np.nan
        return found, why

    def slopes(self, calls: tuple[Call, ...], points: Array, count: int) -> Array:
        """Derivatives (K, M, Q) of all outputs by the Q unknowns that are parameters.

        Raises
        ------
        Failed
            Where a simulation fails.
        """
        around, k = points.copy(), len(points)
        for j, u in enumerate(self.unknowns):
            least = _NEAR_ZERO * (u.upper - u.lower)
            if not u.logarithmic:
                around[np.abs(around[:, j]) < least, j] = least if u.upper > least else -least
        own = [j for j, u in enumerate(self.unknowns) if not u.shifted_arm]
        found = np.zeros((k, count, len(own)))
        for call in calls:
            free = list(call.runs[0].owners)
            if not free:
                continue
            data = gradients(
                self.subject.source,
                self._regimens(call, k),
                self._parameters(call, around),
                wrt=free,
                times_h=call.times_h,
                sample="pre",
                observables=call.observables,
                endpoints=call.endpoints,
                changes=call.changes(k),
                rtol=RTOL,
                threads=self.threads,
                progress=False,
            )
            status = data["status"].to_numpy()
            if status.any():
                run = int(np.argmax(status.any(axis=1)))
                code = int(status[run].max())
                raise Failed(self._told(code, call.runs[run // k].names[0], run % k))
            for i, run, name, at in (*call.levels, *call.numbers):
                columns = [own.index(call.runs[run].owners[parameter]) for parameter in free]
                by = data[name].to_numpy()[run * k : (run + 1) * k]
                found[:, i, columns] = by if at < 0 else by[:, :, at]
        if self.patients is not None:
            # A patient's parameter is the arm's times a factor.
            for n, j in enumerate(own):
                found[:, :, n] *= self._factors(self.unknowns[j].parameter, k)[:, None]
        return found

    def _regimens(self, call: Call, k: int) -> list[Regimen] | None:
        given = [run.arm.regimen for run in call.runs for _ in range(k)]
        # A compiled SBML text takes none; one that is asked for is refused by `simulate`.
        if self.subject.model is None and not any(r.doses() for r in given):
            return None
        return given

    def _parameters(self, call: Call, points: Array) -> ParameterRows:
        k, runs = len(points), call.runs
        table: dict[str, Array] = {}
        for name in dict.fromkeys(n for run in runs for n in (*run.owners, *run.arm.values)):
            column = np.full((len(runs), k), self.subject.constants[name])
            for r, run in enumerate(runs):
                if name in run.owners:
                    column[r] = points[:, run.owners[name]]
                elif name in run.arm.values:
                    column[r] = run.arm.values[name]
            table[name] = column.ravel()
        for name in () if self.patients is None else self.patients.factors:
            own = np.full(k * len(runs), self.subject.constants[name])
            table[name] = table.get(name, own) * np.tile(self._factors(name, k), len(runs))
        return ParameterRows.of_frame(pd.DataFrame(table))

    def _factors(self, name: str, k: int) -> Array:
        """Factors (k,) of a parameter in the patients whose points these are."""
        if self.patients is None or name not in self.patients.factors:
            return np.ones(k)
        return np.tile(self.patients.factors[name], k // self.patients.n)

    def _told(self, status: int, arm: str, point: int) -> str:
        of = [f"arm '{arm}'"] if arm else []
        if self.patients is not None:
            of.append(f"patient {point % self.patients.n + 1}")
        return f"{STATUS[status]} ({', '.join(of)})" if of else STATUS[status]
