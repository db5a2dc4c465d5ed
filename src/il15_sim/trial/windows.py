"""Follows virtual patients of one arm from clinic visit to clinic visit.

In each window between two visits every patient takes what the rules left of the plan, less what
is forgotten; at its end toxicities are counted, tumours are read, and the rules decide on the next
window. Treatment ends with progression, a rule, drop-out, death, or the follow-up.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.endpoints import auc
from il15_sim.model import Model
from il15_sim.regimen import Dose
from il15_sim.simulation import simulate
from il15_sim.trial.design import Trial, TrialArm
from il15_sim.trial.followed import DEATH, EXPOSURE, READ, TOXICITY, Followed
from il15_sim.trial.luck import Luck
from il15_sim.trial.patients import ratio_of
from il15_sim.trial.policy import Doses, apply_rules
from il15_sim.trial.taken import planned_doses, taken_regimens
from il15_sim.trial.toxicity import struck
from il15_sim.trial.visits import seen_progression

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def follow(
    model: Model,
    patients: pd.DataFrame,
    arm: TrialArm,
    trial: Trial,
    *,
    first: int = 0,
    threads: int | None = None,
) -> Followed:
    """Follow patients of an arm to their ends.

    Parameters
    ----------
    model : Model
    patients : DataFrame, N rows
        Their parameters.
    arm : TrialArm
    trial : Trial
    first : int
        Number of the first patient, which its luck belongs to.
    threads : int, optional
        No number depends on it.
    """
    run = _Run(model, patients, arm, trial, first, threads)
    for begin, end in pairwise([0, *trial.calendar.clinic_days]):
        run.window(begin, end)
        if not run.alive.any():
            break
    return run.found


class _Run:
    """Patients between two visits; lives for one call of `follow`."""

    def __init__(
        self,
        model: Model,
        patients: pd.DataFrame,
        arm: TrialArm,
        trial: Trial,
        first: int,
        threads: int | None,
    ) -> None:
        self.model, self.patients, self.trial, self.threads = model, patients, trial, threads
        calendar, n = trial.calendar, len(patients)
        days = calendar.follow_up_days
        observed = (r.when for r in trial.rules if not r.is_event)
        self.observables = tuple(dict.fromkeys([*READ, *trial.watched, *observed]))
        self.windows = np.array([0, *calendar.clinic_days], float)
        self.plan = planned_doses(arm.regimen, 0, days)
        self.levels = {d: np.array(trial.levels.get(d, (1.0,))) for d in self.plan}
        self.doses = {d: Doses.planned(n, len(self.levels[d])) for d in self.plan}
        self.hours = {d: np.array([x.time_h for x in doses]) for d, doses in self.plan.items()}
        luck = Luck.of(trial, self.hours, first, n)
        shape = (n, len(self.windows) - 1)
        self.found = Followed(
            daily={o: np.full((n, days + 1), np.nan) for o in self.observables},
            taken={drug: np.full(shape, np.nan) for drug in self.plan},
            exposure=np.full(shape, np.nan),
            windows_d=self.windows,
            end_d=np.full(n, np.inf),
            died=np.zeros(n, np.bool_),
            dropped=np.zeros(n, np.bool_),
            failed=np.zeros(n, np.bool_),
            treated_until_d=np.full(n, float(days)),
            luck=luck,
        )
        self.alive = np.ones(n, np.bool_)
        self.progressed = np.zeros(n, np.bool_)
        self.states = np.zeros((n, 0))
        self.ratio = ratio_of(model, patients)

    def window(self, begin: int, end: int) -> None:
        """Simulate from one visit to the next, and decide there."""
        who = np.flatnonzero(self.alive)
        runs = self._simulated(who, begin, end)
        rows = slice(0 if begin == 0 else begin + 1, end + 1)
        for name in self.observables:
            self.found.daily[name][who, rows] = runs[name].values
        final = runs["final_state"].values
        if begin == 0:
            self.states = np.full((len(self.alive), final.shape[1]), np.nan)
        self.states[who] = final
        number = int(np.searchsorted(self.windows, begin))
        area = f"auc_{EXPOSURE}_{24 * begin:g}_{24 * end:g}h"
        self.found.exposure[who, number] = runs[area].values / (24 * (end - begin))
        self._ends(who, np.array([s != "ok" for s in runs.status]), begin, end)
        self._visit(end)

    def _simulated(self, who: NDArray[np.intp], begin: int, end: int) -> Any:
        share, missed, planned = self._taking(who, begin, end)
        days = np.arange(begin if begin == 0 else begin + 1, end + 1)
        level = auc(EXPOSURE, hours=(24.0 * begin, 24.0 * end))
        with warnings.catch_warnings():
            # Log-normal patients leave the bounds of the table, which are those of a typical one.
            warnings.filterwarnings("ignore", message=".*outside the table's bounds.*")
            warnings.filterwarnings("ignore", message=".*usual.*")
            runs = simulate(
                self.model,
                taken_regimens(planned, share, missed) or None,
                self.patients.iloc[who],
                names=[str(i) for i in who],
                times_h=24.0 * days,
                sample="pre",
                observables=self.observables,
                endpoints=[level.named(f"auc_{EXPOSURE}_{24 * begin:g}_{24 * end:g}h")],
                start="steady_state" if begin == 0 else self.states[who],
                start_h=24.0 * begin,
                final_state=True,
                threads=self.threads,
                progress=False,
            )
        return runs

    def _taking(
        self, who: NDArray[np.intp], begin: int, end: int
    ) -> tuple[dict[str, Array], dict[str, Flags], dict[str, list[Dose]]]:
        """Share of the planned dose, what is forgotten, and the plan of a window, by drug."""
        share, missed, planned = {}, {}, {}
        number = int(np.searchsorted(self.windows, begin))
        treated = np.zeros(len(who), np.bool_)
        for drug, doses in self.plan.items():
            hours, state = self.hours[drug], self.doses[drug]
            lasting = np.array([d.duration_h for d in doses])
            # An infusion that runs at the begin of the window goes on.
            here = (hours < 24 * end) & ((hours >= 24 * begin) | (hours + lasting > 24 * begin))
            planned[drug] = [d for d, inside in zip(doses, here, strict=True) if inside]
            gone = state.stopped[who]
            if self.trial.calendar.treatment_stops_at_progression:
                gone = gone | self.progressed[who]
            share[drug] = np.where(gone, 0.0, self.levels[drug][state.level[who]])
            taken = state.takes(hours[here])[who] & ~self.found.luck.missed[drug][who][:, here]
            missed[drug] = ~taken
            amounts = np.array([d.amount for d in planned[drug]]) * (hours[here] >= 24 * begin)
            if amounts.any():
                kept = (taken * amounts).sum(axis=1) / amounts.sum()
                self.found.taken[drug][who, number] = share[drug] * kept
            treated |= ~gone
        until = self.found.treated_until_d[who]
        self.found.treated_until_d[who] = np.where(treated, until, np.minimum(until, begin))
        return share, missed, planned

    def _ends(self, who: NDArray[np.intp], failed: Flags, begin: int, end: int) -> None:
        """Deaths, drop-outs and failures of a window; nothing is read after them."""
        found, luck = self.found, self.found.luck
        hazard = found.daily[DEATH][who, begin : end + 1]
        died = (hazard >= luck.death[who, None]).any(axis=1) & ~failed
        day = np.full(len(who), np.inf)
        day[died] = begin + _crossing(hazard[died], luck.death[who][died])
        dropped = luck.dropped_d[who] < np.minimum(day, end)
        day = np.where(dropped, luck.dropped_d[who], day)
        died &= ~dropped
        # Of a failed simulation the last visit is what is known.
        failed &= ~dropped
        day = np.where(failed, begin, day)
        found.died[who], found.dropped[who], found.failed[who] = died, dropped, failed
        found.end_d[who] = day
        ended = np.isfinite(day)
        self.alive[who] = ~ended
        for k in np.flatnonzero(ended):
            for name in self.observables:
                found.daily[name][who[k], int(np.floor(day[k])) + 1 :] = np.nan
            i = who[k]
            found.treated_until_d[i] = min(found.treated_until_d[i], day[k])

    def _visit(self, day: int) -> None:
        """What the clinic reads, and what the rules make of it."""
        self.progressed |= seen_progression(self.found, self.trial.calendar, day)
        luck, number = self.found.luck, int(np.searchsorted(self.windows, day)) - 1
        hazard = self.found.daily[TOXICITY]
        # Who has ended has none, and nothing is decided for them.
        increment = np.nan_to_num(hazard[:, day] - hazard[:, int(self.windows[number])])
        limited, any_ = struck(
            increment, self.ratio, luck.limiting[:, number], luck.other[:, number]
        )
        readings: Mapping[str, Array] = {
            "toxicity": any_.astype(float),
            "dose-limiting toxicity": limited.astype(float),
            "progression": self.progressed.astype(float),
            **{name: self.found.daily[name][:, day] for name in self.observables},
        }
        self.doses = apply_rules(self.trial.rules, self.doses, readings, float(day))


def _crossing(hazard: Array, threshold: Array) -> Array:
    """Days, from the first column on, at which daily hazards reach thresholds, shape (M,)."""
    after = (hazard >= threshold[:, None]).argmax(axis=1)
    row = np.arange(len(hazard))
    before = np.maximum(after - 1, 0)
    low, high = hazard[row, before], hazard[row, after]
    part = np.where(high > low, (threshold - low) / np.where(high > low, high - low, 1.0), 0.0)
    return np.asarray(before + np.clip(part, 0.0, 1.0))
