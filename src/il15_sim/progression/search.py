"""The search: growth, both drugs' effects and their spread between patients."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import xlogy

from il15_sim.model import Model
from il15_sim.population import cv_percent
from il15_sim.progression.drivers import Population, population
from il15_sim.progression.trials import Reading, Trials
from il15_sim.progression.tumours import Effects, shares

Array = NDArray[np.float64]
#: Prior of the share that reading alone calls responders: flat on the logit, cut here.
_UNMOVED = (1e-4, 0.2)
#: Step of the second differences, in the logarithm of each unknown.
_STEP = 0.1


@dataclass(frozen=True, eq=False)
class ProgressionFit:
    """What a fit of progression found.

    Attributes
    ----------
    trials : Trials
    effects : Effects
        The best point.
    deviance, objective : float
        Twice the log likelihood below that of the shares themselves; with the priors.
    frame : DataFrame
        One row per unknown: value, 95 % interval by the curvature of the objective, and the prior.
    predicted : array, shape (R,)
        The share that each reading of `trials` would be.
    patients : Population
    """

    trials: Trials
    effects: Effects
    deviance: float
    objective: float
    frame: pd.DataFrame
    predicted: Array
    patients: Population


def deviance(readings: tuple[Reading, ...], predicted: Array, most: float) -> Array:
    """Twice the log likelihood of each reading below that of its own share, shape (R,).

    Binomial, with at most `most` patients. What is only compared has none.
    """
    seen = np.array([r.share for r in readings])
    n = np.array([min(r.n, most) * r.weight * (r.used == "fit") for r in readings])
    p = np.clip(predicted, 1e-6, 1 - 1e-6)
    own = xlogy(seen, seen) + xlogy(1 - seen, 1 - seen)
    return np.asarray(2 * n * (own - xlogy(seen, p) - xlogy(1 - seen, 1 - p)))


def fit_progression(
    model: Model,
    trials: Trials,
    *,
    inhibition: float | None = None,
    patients: Population | None = None,
    starts: int | None = None,
    progress: Callable[[str], object] = lambda words: None,
) -> ProgressionFit:
    """Fit growth, the drugs' effects and their spread.

    Parameters
    ----------
    model : Model
        With the hypotheses under which it is fitted.
    trials : Trials
    inhibition : float, optional
        Largest inhibition of growth by sorafenib instead of the model's: for a profile.
    patients : Population, optional
        Simulated before; they depend on the model and the trials only.
    starts : int, optional
        Instead of what the trials say.
    progress : callable
        Told what is being done.
    """
    from scipy.optimize import minimize

    if patients is None:
        progress(f"simulating {trials.patients} patients in {len(trials.arms)} arms")
        patients = population(model, trials)
    most = model.values["sorafenib_growth_inhibition_max"] if inhibition is None else inhibition
    names = [e.id for e in trials.estimates]

    def effects_at(x: Array) -> Effects:
        values = dict(zip(names, np.exp(x[: len(names)]), strict=True))
        spreads = dict(zip(names, np.exp(x[len(names) : -1]), strict=True))
        return Effects(values, spreads, most, float(np.exp(x[-1])))

    def predict(x: Array) -> Array:
        return shares(trials.readings, trials.arms, patients, effects_at(x), trials.visit_spread_d)

    def misfit(x: Array) -> float:
        return float(deviance(trials.readings, predict(x), trials.most_patients).sum())

    def objective(x: Array) -> float:
        if not np.log(_UNMOVED[0]) <= x[-1] <= np.log(_UNMOVED[1]):
            return 1e6
        told = [e.value for e in trials.estimates] + [e.spread for e in trials.estimates]
        off = [float(p.residual(float(np.exp(v)))) for p, v in zip(told, x[:-1], strict=True)]
        return misfit(x) + sum(r**2 for r in off)

    medians = [e.value.first for e in trials.estimates] + [e.spread.first for e in trials.estimates]
    begin = np.array([*medians, np.log(0.03)])
    rng = np.random.default_rng(trials.seed)
    best = None
    for k in range(trials.starts if starts is None else starts):
        progress(f"search {k + 1}")
        x = begin + (0.3 * rng.standard_normal(len(begin)) if k else 0)
        # A simplex that has shrunk is opened again, to the other side; the default one is 5 % of
        # each coordinate, and of a logarithm near zero that is nothing.
        for side in (0.25, -0.25, 0.25, -0.25, 0.25, -0.25):
            simplex = np.vstack([x, x + side * np.eye(len(x))])
            found = minimize(
                objective,
                x,
                method="Nelder-Mead",
                options={"maxfev": 600, "fatol": 1e-4, "initial_simplex": simplex},
            )
            x = found.x
        if best is None or found.fun < best.fun:
            best = found
    assert best is not None
    effects = effects_at(best.x)
    frame = _frame(trials, best.x, objective)
    return ProgressionFit(
        trials, effects, misfit(best.x), float(best.fun), frame, predict(best.x), patients
    )


def _frame(trials: Trials, x: Array, objective: Callable[[Array], float]) -> pd.DataFrame:
    """Values with 95 % intervals, by the curvature of the objective, twice a log density."""
    n = len(x)
    step = _STEP * np.eye(n)
    here = objective(x)
    curved = np.empty((n, n))
    for i in range(n):
        for j in range(i, n):
            if i == j:
                value = objective(x + step[i]) - 2 * here + objective(x - step[i])
            else:
                up = objective(x + step[i] + step[j]) + objective(x - step[i] - step[j])
                down = objective(x + step[i] - step[j]) + objective(x - step[i] + step[j])
                value = (up - down) / 4
            curved[i, j] = curved[j, i] = value / _STEP**2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spread = 2 * np.diag(np.linalg.pinv(curved))
    sd = np.sqrt(np.where(spread > 0, spread, np.nan))
    ids = [e.id for e in trials.estimates]
    rows: list[Mapping[str, object]] = []
    labels = [*ids, *(f"{i}: log SD between patients" for i in ids), "share read as responders"]
    for label, value, width in zip(labels, x, sd, strict=True):
        low, high = np.exp(value - 1.96 * width), np.exp(value + 1.96 * width)
        row = {"unknown": label, "value": float(np.exp(value)), "lower95": low, "upper95": high}
        if label.endswith("patients"):
            row["cv_percent"] = cv_percent(float(np.exp(value)))
        rows.append(row)
    return pd.DataFrame(rows)
