"""What NK, CD8 and CD4 cells must do on IL-15 agonists, judged by the trials that were fitted.

Folds are largest folds over the course in trials of recombinant IL-15 (daily boluses, an infusion
for ten days, under the skin) and of N-803; regimens and numbers are those of `experiments/data`.
"""

from __future__ import annotations

import numpy as np

from il15_sim.behaviours.verdict import Verdict
from il15_sim.data import read_study
from il15_sim.endpoints import cmax, max_fold, value_at
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate

#: Studies by how they gave the agonist.
TRIALS = {
    "conlon2015": "IL-15, daily boluses",
    "conlon2019": "IL-15, infusion",
    "miller2018": "IL-15, under the skin",
    "romee2018": "N-803, 10 ug/kg",
    "margolin2018": "N-803, 20 ug/kg",
    "rubinstein2022": "N-803, one dose",
}
#: Another table of the same trial (JITC 9:e002193) prints another fold; the fit has the first.
OTHER_TABLE = {("romee2018", "NK"): 5.0}
_CELLS = {"nk_max_fold": "NK", "cd8_max_fold": "CD8"}
#: Total CD4 cells do not expand several-fold in people; the limit is an assumption.
MOST_CD4 = 1.5
#: NK cells after the fourth weekly dose over those after the first: 8 over 3 were published.
MOST_BY_REPEATING = 3.0


def agonists(model: Model) -> Verdict:
    """NK cells expand more than CD8 cells, and these more than CD4 cells, by the published folds.

    Examples
    --------
    >>> from il15_sim import Model
    >>> agonists(Model.load()).holds
    True
    """
    studies = {name: read_study(name) for name in TRIALS}
    arms = {name: next(iter(study.experiments.values())) for name, study in studies.items()}
    weekly, one = (list(TRIALS).index(name) for name in ("romee2018", "rubinstein2022"))
    cells = ("nk_per_uL", "cd8_per_uL", "cd4_per_uL", "cd4_nkg2d_lineage_per_uL")
    runs = simulate(
        model,
        [Regimen.parse(arm.regimen) for arm in arms.values()],
        until_days=42,
        observables=[*cells, "agonist_pM"],
        parameters=[dict(arm.overrides) for arm in arms.values()],
    )
    measured = runs.endpoints(
        *(max_fold(name) for name in cells),
        cmax("nk_per_uL", days=(0, 7)),
        cmax("nk_per_uL", days=(21, 28)),
        value_at("agonist_pM", hour=24),
        value_at("agonist_pM", hour=72),
    ).to_numpy()
    numbers: dict[str, float] = {}
    holds = True
    for i, (name, told) in enumerate(TRIALS.items()):
        nk, cd8, cd4, subset = (float(x) for x in measured[i, :4])
        found = {"NK": nk, "CD8": cd8}
        numbers |= {f"{told}: fold of {cell} cells": fold for cell, fold in found.items()}
        numbers[f"{told}: fold of CD4 cells"] = cd4
        numbers[f"{told}: fold of the subset"] = subset
        holds &= nk > cd8 > cd4 and cd4 < MOST_CD4
        for row in studies[name].measurements:
            if row.observable in _CELLS and row.experiment == arms[name].id:
                cell = _CELLS[row.observable]
                over = found[cell] / row.value
                numbers[f"{told}: {cell} over published"] = over
                other = found[cell] / OTHER_TABLE.get((name, cell), row.value)
                if other != over:
                    numbers[f"{told}: {cell} over another table"] = other
                holds &= 0.5 <= over <= 2.0 or 0.5 <= other <= 2.0
    first, fourth = measured[weekly, 4:6]
    again = float(fourth / first)
    day, later = measured[one, 6:8]
    half = float(48 * np.log(2) / np.log(day / later))
    numbers["N-803: NK cells after the fourth over those after the first dose"] = again
    numbers["N-803: half-life, h"] = half
    return Verdict(
        "IL-15 agonists",
        "NK cells expand more than CD8 and these more than CD4 cells, each fold within two-fold of "
        "its trial (of one of two tables where they differ); CD4 cells by less than half; four "
        "doses of N-803 give at most three times the NK cells of one, and its half-life is within "
        "1.2-fold of 20.3 h",
        bool(holds and again < MOST_BY_REPEATING and 20.3 / 1.2 < half < 20.3 * 1.2),
        numbers,
    )
