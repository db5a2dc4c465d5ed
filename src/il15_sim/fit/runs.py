"""Which simulations a fit needs: arms that took the same share one, and one call serves many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.quantities import Output
from il15_sim.fit.treatments import Arm
from il15_sim.fit.unknowns import Unknown, owners
from il15_sim.regimen import Dose
from il15_sim.results.endpoint import Endpoint
from il15_sim.simulation.dosing import Change

Array = NDArray[np.float64]
Place = tuple[int, int, str, int]

#: How much longer than another a run of the same call may be: of many points its simulations
#: count, of one the calls.
AS_LONG, AS_LONG_OF_FEW = 1.3, 3.0
#: Hours between points of a curve that is read at times which move with an unknown: up to a day
#: after the last dose, and later, when curves are smooth.
_FINE_H, _COARSE_H = 0.5, 2.0


@dataclass(frozen=True)
class Run:
    """One simulation, the arms that share it, and which unknown (its number) sets what in it."""

    arm: Arm
    names: tuple[str, ...]
    end_h: float
    owners: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Call:
    """Simulations that are made in one call: about as long as each other.

    Attributes
    ----------
    runs : tuple of Run
    times_h : array, shape (T,)
    observables : tuple of str
    endpoints : tuple of Endpoint
        Each under a name of its own.
    levels, numbers : tuples of (output, run, name, place)
        Which output a level or an endpoint is, of which run, under which name, at which time.
    """

    runs: tuple[Run, ...]
    times_h: Array
    observables: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    levels: tuple[Place, ...]
    numbers: tuple[Place, ...]

    def changes(self, copies: int) -> tuple[Change, ...] | list[tuple[Change, ...]]:
        """Changes of all runs, each copied so many times; once where they are the same."""
        own = [run.arm.changes for run in self.runs]
        if len(set(own)) == 1:
            return own[0]
        return [changes for changes in own for _ in range(copies)]


def shifted_grid(end_h: float, dosed_h: float = 0.0) -> Array:
    """Hours at which a curve is computed whose readings move, up to the last of them.

    `dosed_h` is the time of the last dose or change.
    """
    smooth = dosed_h + 24.0
    fine = np.arange(0.0, min(end_h, smooth), _FINE_H)
    return np.unique(np.concatenate([fine, np.arange(smooth, end_h, _COARSE_H), [end_h]]))


def calls_for(
    arms: Mapping[str, Arm],
    outputs: Sequence[Output],
    unknowns: Sequence[Unknown] = (),
    as_long: float = AS_LONG,
    *,
    alike: bool = False,
) -> tuple[Call, ...]:
    """The calls that give all outputs, each output in one of them.

    Parameters
    ----------
    unknowns : sequence of Unknown
        What sets parameters of the arms.
    as_long : float
        The longest run of a call lasts at most this many times as long as the others.
    alike : bool
        In all runs of a call unknowns set the same parameters, each run's its own unknowns.
    """
    runs = _distinct(arms, outputs, unknowns)
    place = {name: run for run in runs for name in run.names}
    together: list[list[Run]] = []
    for run in runs:
        for group in together:
            same = not alike or set(group[0].owners) == set(run.owners)
            if same and group[0].end_h <= as_long * run.end_h:
                group.append(run)
                break
        else:
            together.append([run])
    return tuple(
        _call(group, [(i, o) for i, o in enumerate(outputs) if place[o.arm] in group], place)
        for group in together
    )


def _distinct(
    arms: Mapping[str, Arm], outputs: Sequence[Output], unknowns: Sequence[Unknown]
) -> list[Run]:
    """Longest first; an arm joins a run whose doses are the same up to the arm's last time."""
    last: dict[str, float] = {}
    for o in outputs:
        last[o.arm] = max(last.get(o.arm, 0.0), o.time_h)
    runs: list[Run] = []
    for name in sorted(last, key=lambda n: (-last[n], n)):
        arm, end = arms[name], last[name]
        doses, own = _before(arm, end), owners(unknowns, name, arm)
        for k, run in enumerate(runs):
            same = dict(run.arm.values) == dict(arm.values) and run.arm.changes == arm.changes
            if same and run.owners == own and _before(run.arm, end) == doses:
                runs[k] = replace(run, names=(*run.names, name))
                break
        else:
            runs.append(Run(arm, (name,), end, own))
    return runs


def _before(arm: Arm, end_h: float) -> tuple[Dose, ...]:
    return tuple(d for d in arm.regimen.doses() if d.time_h < end_h)


def _call(
    runs: Sequence[Run], outputs: Sequence[tuple[int, Output]], place: Mapping[str, Run]
) -> Call:
    levels = [(i, o) for i, o in outputs if o.endpoint is None]
    others = [(i, o) for i, o in outputs if o.endpoint is not None]
    times = np.unique([o.time_h for _, o in levels])
    if not len(times):
        times = np.array([max(run.end_h for run in runs)])
    found = list(dict.fromkeys(o.endpoint for _, o in others if o.endpoint is not None))
    named = tuple(e.named(f"endpoint_{k}") for k, e in enumerate(found))
    own = [*(o.observable for _, o in levels), *(o.observable for _, o in others)]
    return Call(
        tuple(runs),
        times,
        tuple(dict.fromkeys(own)),
        named,
        tuple(
            (i, runs.index(place[o.arm]), o.observable, int(np.searchsorted(times, o.time_h)))
            for i, o in levels
        ),
        tuple(
            (i, runs.index(place[o.arm]), named[found.index(o.endpoint)].name, -1)
            for i, o in others
            if o.endpoint is not None
        ),
    )
