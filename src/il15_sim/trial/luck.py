"""What chance decides for each patient of an arm, drawn before anything is simulated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from il15_sim.population.draws import exponentials, normals, uniforms
from il15_sim.trial.design import Trial
from il15_sim.trial.taken import Adherence

Array = NDArray[np.float64]
#: Doses that are planned within as many hours are forgotten or taken together.
_SLOT_H = 6.0


@dataclass(frozen=True, eq=False)
class Luck:
    """Chances of N patients.

    Attributes
    ----------
    death : array, shape (N,)
        Cumulative hazard at which each dies.
    dropped_d : array, shape (N,)
        Day on which each is lost to follow-up; infinite for those who are not.
    visit_days : array of int, shape (N, V)
        Days on which imaging visits take place, increasing.
    limiting, other : arrays, shape (N, W)
        Hazard within each window between clinic visits at which a dose-limiting toxicity, and
        another one that lowers the dose, comes.
    missed : mapping of drug to array of bool, shape (N, doses)
    assay : array, shape (N, samples, observables)
        Standard normal errors of samples.
    """

    death: Array
    dropped_d: Array
    visit_days: NDArray[np.int64]
    limiting: Array
    other: Array
    missed: Mapping[str, NDArray[np.bool_]]
    assay: Array

    @classmethod
    def of(cls, trial: Trial, doses_h: Mapping[str, Array], first: int, n: int) -> Luck:
        """Chances of the patients from `first` on.

        Every window, visit and sample has a stream of its own: what is planned or followed longer
        leaves the luck of everything else as it is.

        Parameters
        ----------
        trial : Trial
        doses_h : mapping of drug to array
            Hours at which they are planned over the follow-up.
        first, n : int
        """
        seed, calendar = trial.seed, trial.calendar
        rate = calendar.drop_out_per_year / 365.25
        lost = exponentials(seed, "drop-out", first, n)[:, 0]
        planned = np.array(calendar.imaging_days)
        late = np.hstack([normals(seed, f"visit on day {day}", first, n) for day in planned])
        days = np.rint(planned + calendar.visit_spread_days * late).astype(np.int64)
        # A visit never comes before the one before it.
        days = np.maximum.accumulate(np.maximum(days, 1) - np.arange(len(planned)), axis=1)
        missed = {}
        visits = [0, *calendar.clinic_days]
        for drug, hours in doses_h.items():
            share = trial.adherence.get(drug, Adherence()).shares(seed, drug, first, n)
            missed[drug] = _forgotten(seed, drug, hours, visits, first, n) < share[:, None]
        assay = [
            np.hstack([normals(seed, f"{o} on day {day}", first, n) for o in trial.watched])
            for day in calendar.sampling_days
        ]

        def strikes(kind: str) -> Array:
            return np.hstack(
                [exponentials(seed, f"{kind} from day {d}", first, n) for d in visits[:-1]]
            )

        return cls(
            death=exponentials(seed, "death", first, n)[:, 0],
            dropped_d=lost / rate if rate > 0 else np.full(n, np.inf),
            visit_days=days + np.arange(len(planned)),
            limiting=strikes("dose-limiting toxicity"),
            other=strikes("other toxicity"),
            missed=missed,
            assay=np.stack(assay, axis=1),
        )


def _forgotten(seed: int, drug: str, hours: Array, visits: list[int], first: int, n: int) -> Array:
    """Uniform numbers of all planned doses, shape (n, doses)."""
    parts = [np.zeros((n, 0))]
    for begin, end in pairwise(visits):
        own = hours[(hours >= 24 * begin) & (hours < 24 * end)]
        if len(own):
            slots = np.floor((own - 24 * begin) / _SLOT_H).astype(np.intp)
            width = math.ceil(24 * (end - begin) / _SLOT_H)
            drawn = uniforms(seed, f"missed {drug} from day {begin}", first, n, width)
            parts.append(drawn[:, slots])
    return np.hstack(parts)
