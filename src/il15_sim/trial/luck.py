"""What chance decides for each patient of an arm, drawn before anything is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.population.draws import exponentials, normals, uniforms
from il15_sim.trial.design import Trial
from il15_sim.trial.taken import Adherence

Array = NDArray[np.float64]
#: More toxicities than these have no effect on anybody.
_MOST_TOXICITIES = 32


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
    toxicity : array, shape (N, K)
        Cumulative hazards of toxicity at which each has the next one.
    thinning : array, shape (N, K)
        Which of them limit the dose.
    missed : mapping of drug to array of bool, shape (N, doses)
    assay : array, shape (N, samples, observables)
        Standard normal errors of samples.
    """

    death: Array
    dropped_d: Array
    visit_days: NDArray[np.int64]
    toxicity: Array
    thinning: Array
    missed: Mapping[str, NDArray[np.bool_]]
    assay: Array

    @classmethod
    def of(cls, trial: Trial, doses: Mapping[str, int], first: int, n: int) -> Luck:
        """Chances of the patients from `first` on.

        Parameters
        ----------
        trial : Trial
        doses : mapping of drug to int
            How many are planned over the follow-up.
        first, n : int
        """
        seed, calendar = trial.seed, trial.calendar
        rate = calendar.drop_out_per_year / 365.25
        lost = exponentials(seed, "drop-out", first, n)[:, 0]
        planned = np.array(calendar.imaging_days)
        late = normals(seed, "visits", first, n, len(planned))
        days = np.rint(planned + calendar.visit_spread_days * late).astype(np.int64)
        # A visit never comes before the one before it.
        days = np.maximum.accumulate(np.maximum(days, 1) - np.arange(len(planned)), axis=1)
        missed = {}
        for drug, count in doses.items():
            share = trial.adherence.get(drug, Adherence()).shares(seed, first, n)
            forgot = uniforms(seed, f"missed {drug}", first, n, max(count, 1))[:, :count]
            missed[drug] = forgot < share[:, None]
        size = len(calendar.sampling_days) * len(trial.watched)
        assay = normals(seed, "assay", first, n, size)
        steps = exponentials(seed, "toxicity", first, n, _MOST_TOXICITIES)
        return cls(
            death=exponentials(seed, "death", first, n)[:, 0],
            dropped_d=lost / rate if rate > 0 else np.full(n, np.inf),
            visit_days=days + np.arange(len(planned)),
            toxicity=np.cumsum(steps, axis=1),
            thinning=uniforms(seed, "dose-limiting", first, n, _MOST_TOXICITIES),
            missed=missed,
            assay=assay.reshape(n, len(calendar.sampling_days), len(trial.watched)),
        )

    def limiting(self, ratio: Array) -> NDArray[np.bool_]:
        """Which toxicities limit the dose, where they are `ratio` times as frequent, shape (N, K).

        Thinned like this, the first one that does comes with the hazard of a dose-limiting
        toxicity, as the model has it.
        """
        return self.thinning * ratio[:, None] < 1
