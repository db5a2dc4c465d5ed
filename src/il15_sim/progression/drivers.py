"""What acts on each virtual patient's tumour, simulated once for a whole search.

Effects on a tumour add in rate: the log volume of a patient is growth times (time - what sorafenib
inhibits - what cells kill) minus what temozolomide kills. Free sorafenib, temozolomide and killing
by cells depend on the tumour's own parameters only through its size, and little: they are simulated
with the values and spreads that were expected before the fit, and a search over growth and effects
needs no simulation. The packaged values would be those of the fit before, and no fit would be the
last one.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.endpoints import auc
from il15_sim.fit import Patients
from il15_sim.model import Model
from il15_sim.population import cv_percent, log_sd
from il15_sim.progression.trials import Trials
from il15_sim.regimen import Regimen
from il15_sim.results.endpoint import Endpoint
from il15_sim.simulation import simulate
from il15_sim.simulation.subject import subject_of

Array = NDArray[np.float64]
WEEK_H = 168.0
#: The rate that killing is a share of where it is not a share of each patient's own growth.
TYPICAL = "tumour_growth_typical"


@dataclass(frozen=True)
class Drivers:
    """What acts on N patients under one regimen.

    Attributes
    ----------
    days : array, shape (D,)
        When tumours are read, in any arm: whole weeks.
    free_nM : array, shape (N, W)
        Mean free sorafenib of each week.
    temozolomide : array, shape (N, D)
        Area under temozolomide up to each day, mg*h/L.
    killing_h : array, shape (N, D)
        Hours of growth that cells have undone up to each day.
    """

    days: Array
    free_nM: Array
    temozolomide: Array
    killing_h: Array


@dataclass(frozen=True)
class Population:
    """Virtual patients with what acts on them, by arm.

    `z` are the normal numbers, shape (N,), that set their growth and effects; `table` holds the
    value of every parameter that varies.
    """

    table: pd.DataFrame
    z: Mapping[str, Array]
    drivers: Mapping[str, Drivers]
    days: Array


def virtual_patients(
    model: Model, n: int, seed: int, cvs: Mapping[str, float] | None = None
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Values of N virtual patients, one row each, and the normal numbers behind them.

    What varies, and how much, is said by the parameter table; `cvs` are CVs in percent instead of
    those of the table.
    """
    subject, where = subject_of(model), "virtual patients"
    drawn = Patients(n, seed).of(subject, {}, where)
    assert isinstance(drawn.vary, Mapping)
    if cvs:
        drawn = Patients(n, seed, {**drawn.vary, **cvs}).of(subject, {}, where)
    table = pd.DataFrame({i: model.values[i] * f for i, f in drawn.factors.items()})
    assert isinstance(drawn.vary, Mapping)
    z = {i: np.log(f) / log_sd(drawn.vary[i]) for i, f in drawn.factors.items()}
    return table, z


def before_fit(model: Model, trials: Trials) -> tuple[Model, dict[str, float]]:
    """The model with the medians that the priors of a fit have, and the CVs in percent of theirs.

    Nothing of what a fit has written is left in them.
    """
    medians = {e.id: e.value.median for e in trials.estimates}
    if "tumour_growth" in medians:
        medians[TYPICAL] = medians["tumour_growth"]
    cvs = {e.id: cv_percent(e.spread.median) for e in trials.estimates}
    return model.with_values(medians), cvs


def reading_days(trials: Trials) -> Array:
    """Days on which a tumour is read in any arm."""
    return np.unique([d for arm in trials.arms.values() for d in arm.visits_d])


def simulated(
    model: Model,
    regimens: Mapping[str, Regimen],
    table: pd.DataFrame,
    days: Array,
    *,
    observables: Sequence[str] = (),
    endpoints: Sequence[Endpoint] = (),
) -> dict[str, tuple[Array, Array]]:
    """Levels (N, D, O) on the days and endpoints (N, E) of every patient, by name of regimen."""
    with warnings.catch_warnings():
        # Log-normal patients leave the bounds of the table, which are those of a typical one.
        warnings.filterwarnings("ignore", message=".*outside the table's bounds.*")
        runs = simulate(
            model,
            list(regimens.values()),
            parameters=table,
            cross=True,
            times_h=24 * days,
            observables=list(observables) or ["tumour_relative"],
            endpoints=list(endpoints),
            names=[f"{i}: {name}" for i in range(len(table)) for name in regimens],
            progress=False,
        )
    shape = (len(table), len(regimens))
    # Patient by patient, each under every regimen.
    told = observables or ("tumour_relative",)
    levels = np.stack([runs[o].values for o in told], axis=-1).reshape(*shape, len(days), -1)
    if endpoints:
        ends = runs.endpoints(*endpoints).to_numpy(float).reshape(*shape, -1)
    else:
        ends = np.zeros((*shape, 0))
    return {name: (levels[:, k], ends[:, k]) for k, name in enumerate(regimens)}


def population(model: Model, trials: Trials) -> Population:
    """Virtual patients under the regimens of all arms, with what acts on their tumours.

    What a fit estimates is in them as its priors say, whatever the model says of it.
    """
    model, cvs = before_fit(model, trials)
    table, z = virtual_patients(model, trials.patients, trials.seed, cvs)
    days = reading_days(trials)
    weeks = np.arange(math.ceil(days[-1] / 7))
    kill = model.values["tumour_growth"] if "tumour_growth" not in table else table["tumour_growth"]
    asked = [auc("sorafenib_free_nM", hours=(WEEK_H * w, WEEK_H * (w + 1))) for w in weeks]
    for observable in ("temozolomide_mg_per_L", "tumour_kill_by_cells"):
        asked += [auc(observable, hours=(0.0, 24 * d)) for d in days]
    # Arms with one regimen share its simulation.
    regimens: dict[str, Regimen] = {}
    twin = {}
    for name, arm in trials.arms.items():
        same = [other for other, regimen in regimens.items() if regimen == arm.regimen]
        twin[name] = same[0] if same else name
        regimens.setdefault(twin[name], arm.regimen)
    found = simulated(model, regimens, table, days, endpoints=asked)
    drivers = {}
    for name in trials.arms:
        ends = found[twin[name]][1]
        free, tmz, killed = np.split(ends, [len(weeks), len(weeks) + len(days)], axis=1)
        own = killed / np.asarray(kill, float).reshape(-1, 1)
        drivers[name] = Drivers(days, free / WEEK_H, tmz, own)
    return Population(table, z, drivers, days)
