"""The sum of squares a fit minimises: rows, cohort factors and priors on the log scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.data import Measurement, data_dir, read_quantities
from il15_sim.fit.cohorts import CohortTerm, best_log_factor, best_omega
from il15_sim.fit.noise import row_log_sd
from il15_sim.fit.predict import Curve, Predictor, read_off
from il15_sim.fit.problem import FitProblem

Array = NDArray[np.float64]

#: Absolute step of finite differences on the log scale (1 % of a parameter): smaller steps drown
#: in the noise of an adaptive solver and the optimiser stops where it started.
STEP = 1e-2
#: Quantities in which a factor on the curve cancels.
_WITHOUT_FACTOR = ("half_life", "area_ratio")


@dataclass(frozen=True)
class Evaluation:
    """One evaluation: predictions of every row without factors, and what follows from them."""

    log_predicted: Array
    residuals: Array
    log_factors: Mapping[str, tuple[float, float]]
    vector: Array

    @property
    def objective(self) -> float:
        """Sum of squares: minus twice the log posterior, up to a constant."""
        return float(self.vector @ self.vector)


class Objective:
    """Residuals of a fit problem as a function of the unknowns on the optimiser's scale.

    Parameters
    ----------
    problem : FitProblem
        The fit.
    used : tuple of str
        Which rows to predict; only rows with `used = "fit"` enter the residuals.
    """

    def __init__(self, problem: FitProblem, used: tuple[str, ...] = ("fit",)) -> None:
        """Sort rows into cohorts and work out the weights."""
        self.problem = problem
        self.quantities = read_quantities(data_dir(problem.data_dir))
        self.rows: tuple[Measurement, ...] = tuple(
            m for s in problem.studies for m in s.measurements if m.used in used
        )
        arms = list(problem.experiments.values())
        self.shifted = {u.experiment: u.id for u in problem.unknowns if u.experiment}
        self.predictor = Predictor(
            problem.load_model(),
            arms,
            self.rows,
            self.quantities,
            problem.factor_parameter,
            tuple(self.shifted),
        )
        self.log_measured = np.log([m.value for m in self.rows])
        sd = np.array([row_log_sd(m, problem.noise, self._is_area(m)) for m in self.rows])
        self.sd = sd / np.sqrt([m.weight for m in self.rows])
        self.fitted = np.array([m.used == "fit" for m in self.rows])
        self.terms = self._cohorts()
        in_terms = np.zeros(len(self.rows), dtype=bool)
        for term in self.terms:
            in_terms[term.rows] = True
        self.free_rows = np.flatnonzero(self.fitted & ~in_terms)
        # The optimiser asks for the same point again when it wants a Jacobian there.
        self._last: tuple[bytes, Array] = (b"", np.empty(0))

    def _cohorts(self) -> tuple[CohortTerm, ...]:
        terms = []
        for arm in self.problem.experiments:
            index = [
                i
                for i, m in enumerate(self.rows)
                if m.experiment == arm and self.fitted[i] and self.has_factor(m)
            ]
            if index:
                terms.append(CohortTerm(arm, np.array(index, dtype=np.intp)))
        return tuple(terms)

    def _is_area(self, m: Measurement) -> bool:
        return self.quantities[m.observable].quantity in ("area", "area_ratio")

    def has_factor(self, m: Measurement) -> bool:
        """Whether a cohort's factor shows in a row (it cancels in ratios and half-lives)."""
        return self.quantities[m.observable].quantity not in _WITHOUT_FACTOR

    def values(self, x: Array) -> dict[str, float]:
        """Natural values of the unknowns by id."""
        pairs = zip(self.problem.unknowns, x, strict=True)
        return {u.id: u.from_scale(float(xi)) for u, xi in pairs}

    def curves(self, x: Array, dense: bool = False) -> dict[str, Curve]:
        """Typical curve of every experiment for these unknowns."""
        values = self.values(x)
        model = {u.id: values[u.id] for u in self.problem.unknowns if not u.experiment}
        return self.predictor.curves(model, dense)

    def log_predictions(self, x: Array, curves: Mapping[str, Curve] | None = None) -> Array:
        """Logarithm of what every row should read, with all factors at 1."""
        values = self.values(x)
        key = x.tobytes()
        if curves is None:
            if key == self._last[0]:
                return self._last[1]
            curves = self.curves(x)
        predicted = [
            read_off(
                m,
                self.quantities[m.observable],
                curves,
                values[self.shifted[m.experiment]] if m.experiment in self.shifted else 0.0,
            )
            for m in self.rows
        ]
        self._last = (key, np.log(predicted))
        return self._last[1]

    def evaluate(self, x: Array, omega: float) -> Evaluation:
        """Residual vector: weighted rows, cohort factors against their prior, priors."""
        log_predicted = self.log_predictions(x)
        residuals = self.log_measured - log_predicted
        factors: dict[str, tuple[float, float]] = {}
        parts = [residuals[self.free_rows] / self.sd[self.free_rows]]
        for term in self.terms:
            r, sd = residuals[term.rows], self.sd[term.rows]
            b, se = best_log_factor(r, sd**-2.0, omega**2)
            factors[term.name] = (b, se)
            parts += [(r - b) / sd, np.array([b / omega])]
        parts.append(self.prior_residuals(x))
        return Evaluation(log_predicted, residuals, factors, np.concatenate(parts))

    def prior_residuals(self, x: Array) -> Array:
        """Distance of every unknown with a prior from its median, in log SDs."""
        found = [
            (np.log(u.from_scale(float(xi))) - np.log(u.prior_median)) / u.prior_log_sd
            for u, xi in zip(self.problem.unknowns, x, strict=True)
            if u.prior_median is not None
        ]
        return np.array(found)

    def omega(self, residuals: Array) -> float:
        """Log SD between cohorts, estimated from residuals without factors."""
        return best_omega(residuals, self.sd, self.terms)

    def jacobian(self, x: Array, omega: float, upper: Array) -> Array:
        """Forward differences with one absolute step, backward where a bound is in the way."""
        base = self.evaluate(x, omega).vector
        columns = []
        for i in range(len(x)):
            step = STEP if x[i] + STEP <= upper[i] else -STEP
            moved = x.copy()
            moved[i] += step
            columns.append((self.evaluate(moved, omega).vector - base) / step)
        return np.stack(columns, axis=1)
