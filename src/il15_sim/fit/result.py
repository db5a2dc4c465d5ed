"""What a fit found: estimates with intervals, what became of every row, curves, profiles."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.files.atomic import write_atomic
from il15_sim.files.record import versions
from il15_sim.fit import frames
from il15_sim.fit.certainty import Certainty, bounds_met, certainty
from il15_sim.fit.likelihood_profile import ParameterProfile, profile_of
from il15_sim.fit.objective import Objective
from il15_sim.fit.of_groups import fitted_model, kept
from il15_sim.fit.predictions import prediction_profile
from il15_sim.fit.problem import Problem
from il15_sim.fit.search import Search
from il15_sim.fit.told import told
from il15_sim.fit.treatments import Given
from il15_sim.model import Model

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted problem; `print` shows it.

    Attributes
    ----------
    problem : Problem
        What was fitted.
    objective : Objective
        The rows of the fit, with the sizes of errors that were found.
    best : Search
        The best of all searches, after the sizes of errors settled.
    searches : tuple of Search
        All of them, failed ones included; the first began at the model's own values.
    seed : int
    """

    problem: Problem
    objective: Objective
    best: Search
    searches: tuple[Search, ...]
    seed: int

    @property
    def values(self) -> dict[str, float]:
        """Estimate of each unknown by id."""
        point = self.objective.point(self.best.end)
        return {u.id: float(x) for u, x in zip(self.problem.unknowns, point, strict=True)}

    @property
    def model(self) -> Model:
        """The model with the estimates; without those that are for some groups only.

        Raises
        ------
        InputError
            For compiled SBML, which has no values of its own: use `values`.
        """
        return fitted_model(self)

    def model_of(self, group: str) -> Model:
        """The model with the estimates and values of a group of arms.

        Raises
        ------
        InputError
            For an unknown group, and for compiled SBML.
        """
        return fitted_model(self, group)

    @property
    def log_likelihood(self) -> float:
        """Natural log of the density of all rows, random factors integrated out.

        Sizes of errors that were estimated are here those of the largest likelihood, as criteria
        ask; the fit's own allow for the parameters that were estimated, and are larger.
        """
        objective, end = self.objective, self.best.end
        if objective.rows.sizes and math.isnan(self.omega):
            residual, size_of = objective.at(end).residual, objective.rows.size_of
            mean = [np.mean(residual[size_of == k] ** 2) for k in range(len(objective.sizes))]
            sizes = objective.sizes * np.sqrt(mean)
            objective = objective.with_errors(sizes, objective.omega)
        return objective.log_likelihood(end)

    @property
    def omega(self) -> float:
        """Log SD between random factors; NaN where no row has one."""
        random = self.objective.rows.factors and self.objective.factors == "random"
        return self.objective.omega if random else math.nan

    @property
    def criteria(self) -> dict[str, float]:
        """`rows`, `parameters` (sizes of errors and free factors among them), `aic`, `bic`.

        Of the same rows, less is better; below 2 apart two fits are as good (Burnham and Anderson
        2004, doi:10.1177/0049124104268644). With priors they are those of the best posterior.
        """
        rows = self.objective.rows
        count = len(self.problem.unknowns) + len(rows.sizes) + self.objective.factor_count
        count += 0 if math.isnan(self.omega) else 1
        return {
            "rows": len(rows),
            "parameters": count,
            "aic": 2 * count - 2 * self.log_likelihood,
            "bic": math.log(len(rows)) * count - 2 * self.log_likelihood,
        }

    @property
    def threshold(self) -> float:
        """Rise of the objective at the ends of a 95 % interval.

        3.84, the quantile of chi-squared; where the size of errors is estimated, the square of
        Student's t with as many degrees of freedom as rows exceed parameters.
        """
        from scipy.stats import t

        rows, freedom = self.objective.rows, math.inf
        if rows.sizes:
            freedom = len(rows) - len(self.problem.unknowns) - self.objective.factor_count
        return float(t.ppf(0.975, freedom)) ** 2

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The estimates.

        `parameter, value, unit, lower95, upper95, lower_bound, upper_bound, on_bound,
        interval_on_bound, verdict, reason, trades_off_with, prior, sets, groups`. Intervals are
        Laplace's approximation on the scale of the search (the logarithm where the lower bound is
        positive), cut at the bounds. `sets` is the model's parameter, `groups` those of the arms
        that the estimate is for, empty for all. `verdict` is "identified", "practically not
        identified" or "structurally not identified" (see `il15_sim.fit.verdicts`), or "on its
        bound": then there is no interval, and those of the others hold it fixed.
        """
        return frames.estimates(self)

    @property
    def correlation(self) -> pd.DataFrame:
        """Correlations of the estimates, (P, P), on the scale of the search.

        NaN for a parameter on its bound and one that no row tells.
        """
        return frames.correlation(self)

    @cached_property
    def residuals(self) -> pd.DataFrame:
        """One row per measurement, those that are only compared included.

        `where, study, arm, group, dose_mg, observable, model_observable, quantity, unit, time_h,
        start_h, time_model_h, measured, typical, factor, offset, predicted, residual, spread,
        likelihood, weight, used, statistic, n, dataset`. `factor` is that of relative readings or
        of a cohort, `offset` a background, both part of `predicted`;
        `residual` is in units of `spread`, a log SD for log-normal errors (a deviance residual
        where there is none; NaN where no fitted row tells the size of errors);
        `time_model_h` is the time after an estimated shift.
        """
        return frames.residuals(self)

    @cached_property
    def cohorts(self) -> pd.DataFrame:
        """The factors: `factor_of, study, dose_mg, rows, factor, lower95, upper95, offset`."""
        return frames.cohorts(self)

    @cached_property
    def fold_errors(self) -> pd.DataFrame:
        """Of every study, rows fitted and compared apart.

        `study, used, rows, gmfe, gmfe_factor_one`: the geometric mean fold error with the factors
        and with all of them at 1. Single patients, incidences and words are left out.
        """
        return frames.fold_errors(self.residuals)

    @property
    def starts(self) -> pd.DataFrame:
        """All searches: `start, objective, evaluations, status`, where each began and ended."""
        return frames.starts(self)

    def curves(self) -> pd.DataFrame:
        """Fitted curves: `arm, study, dose_mg, observable, time_h, typical, factor, predicted`."""
        return frames.curves(self)

    def profile(self, parameter: str) -> ParameterProfile:
        """The profile likelihood of one parameter; all others are fitted again at each point.

        Sizes of errors are held where the fit left them.

        Raises
        ------
        InputError
            For a parameter that was not estimated.
        """
        ids = [u.id for u in self.problem.unknowns]
        if parameter not in ids:
            raise unknown("estimated parameter", parameter, ids)
        number = ids.index(parameter)
        error = float(self.certainty.error[number])
        return profile_of(self.objective, self.best.end, number, error, self.threshold)

    def prediction_profile(
        self,
        observable: str,
        time_h: float,
        arm: str | Given,
        *,
        quantity: str = "value",
        start_h: float = 0.0,
        group: str = "",
    ) -> ParameterProfile:
        """The profile of a prediction, as `il15_sim.fit.predictions.prediction_profile` tells."""
        return prediction_profile(
            self, observable, time_h, arm, quantity=quantity, start_h=start_h, group=group
        )

    @cached_property
    def certainty(self) -> Certainty:
        """Standard errors of the shares, and what trades off with what."""
        return certainty(self._slopes, self._held)

    @cached_property
    def certainty_of_rows(self) -> Certainty:
        """The same of the rows alone, without priors: what they can tell at all."""
        priors = sum(u.prior is not None and not u.prior.flat for u in self.problem.unknowns)
        return certainty(self._slopes[: len(self._slopes) - priors], self._held)

    @cached_property
    def _slopes(self) -> Array:
        return self.objective.slopes(self.best.end)

    @cached_property
    def bounds_met(self) -> tuple[str, ...]:
        """The bound on which each estimate lies: "lower", "upper", or ""."""
        return bounds_met(self.best.end, self._slopes)

    @property
    def _held(self) -> NDArray[np.bool_]:
        return np.array([bool(bound) for bound in self.bounds_met])

    def to_dict(self) -> dict[str, Any]:
        """Everything but the curves as plain values; what is missing or infinite is None."""
        problem = self.problem
        return {
            "name": problem.name,
            "title": problem.title,
            "model": problem.subject.name,
            "model_hash": problem.subject.hash,
            "hash": problem.hash,
            "data": problem.rows.source,
            "arms": {name: arm.to_dict() for name, arm in problem.arms.items()},
            "factors": self.objective.factors,
            "seed": self.seed,
            "versions": versions(),
            "log_likelihood": self.log_likelihood,
            "objective": self.best.objective,
            "omega": None if math.isnan(self.omega) else self.omega,
            **self.criteria,
            "threshold": self.threshold,
            "estimates": frames.records(self.frame),
            "not_estimated": [asdict(one) for one in kept(self.problem)],
            "cohorts": frames.records(self.cohorts),
            "fold_errors": frames.records(self.fold_errors),
            "residuals": frames.records(self.residuals),
            "starts": frames.records(self.starts),
        }

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"

    def save(self, path: str | Path) -> Path:
        """Write `to_json`, whole or not at all.

        Raises
        ------
        InputError
            When the file cannot be written.
        """
        try:
            return write_atomic(path, self.to_json())
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=path) from None

    def __repr__(self) -> str:
        """Estimates, the size of errors, and what there is to say of them."""
        return told(self)
