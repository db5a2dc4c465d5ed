"""How well a point of the unknowns meets the rows: least squares, and the density they stand for.

Rows with normal errors (on a linear or a log scale) give their usual residuals, other kinds their
deviance residuals; normal and log-normal priors one residual each. Factors of cohorts or plates
are solved in closed form: random ones (log-normal around 1, with the log SD omega between cohorts)
are integrated out of the likelihood, free ones take their best value.

The search knows a point by its shares (P,): 0 is the lower bound of an unknown and 1 the upper.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.density import Factors, log_density
from il15_sim.fit.deviance import best_log_density, deviance_residuals
from il15_sim.fit.likelihoods import Profile, likelihood, profiled
from il15_sim.fit.possible import impossible, refused
from il15_sim.fit.predictor import Predictor
from il15_sim.fit.rows import Rows
from il15_sim.fit.simulator import Failed

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Fitted:
    """What the model says at one point, N rows.

    Attributes
    ----------
    typical, factor : arrays (N,)
        Predictions without factors, and factors.
    residual : array (N,)
        In units of the spread (deviance residuals where there is none).
    vector : array
        What least squares minimises: the residuals, then random factors and priors in their SDs.
    """

    typical: Array
    factor: Array
    residual: Array
    vector: Array

    @property
    def predicted(self) -> Array:
        """Predictions of the rows, (N,)."""
        return self.typical * self.factor

    @property
    def objective(self) -> float:
        """Minus twice the log posterior, up to a constant that sizes of errors move."""
        return float(self.vector @ self.vector)


@dataclass(frozen=True, eq=False)
class Objective:
    """The rows of a fit as a function of the shares of its unknowns.

    Attributes
    ----------
    predictor : Predictor
    sizes : array, shape (S,)
        Values of `Rows.sizes`, the unknown sizes of errors.
    factors : "random" or "free"
        What the factors of rows are.
    omega : float
        Log SD between random factors.
    """

    predictor: Predictor
    sizes: Array
    factors: Factors = "random"
    omega: float = 0.35
    _last: dict[bytes, Fitted] = field(default_factory=dict, repr=False)

    def with_errors(self, sizes: Array, omega: float) -> Objective:
        """The same rows with other sizes of errors."""
        return replace(self, sizes=sizes, omega=omega, _last={})

    @property
    def rows(self) -> Rows:
        """The rows."""
        return self.predictor.rows

    @cached_property
    def spread(self) -> Array:
        """SD of each row on the scale of its errors, (N,); NaN where there is none."""
        return self.spread_at(self.sizes)

    def spread_at(self, sizes: Array) -> Array:
        """The same at other sizes (..., S)."""
        padded = np.concatenate([sizes, np.ones((*sizes.shape[:-1], 1))], axis=-1)
        return np.asarray(self.rows.spread * padded[..., self.rows.size_of])

    def point(self, shares: Array) -> Array:
        """Values (..., P) of the unknowns."""
        unknowns = self.predictor.unknowns
        return np.stack([u.value_at(shares[..., j]) for j, u in enumerate(unknowns)], axis=-1)

    def at(self, shares: Array) -> Fitted:
        """Predictions and residuals at one point (P,).

        Raises
        ------
        Failed
            Where a simulation fails, or a prediction cannot be what was measured.
        """
        key = shares.tobytes()
        if key not in self._last:
            point = self.point(shares)
            typical, why = self.predictor.predict(point[None])
            if why[0]:
                raise Failed(why[0])
            found = self._compared(typical[0], point)
            if len(self._last) > 4:
                self._last.clear()
            self._last[key] = found
        return self._last[key]

    def slopes(self, shares: Array) -> Array:
        """Derivatives of `Fitted.vector` by the shares, (N + factors + priors, P)."""
        fitted, point = self.at(shares), self.point(shares)
        unknowns = self.predictor.unknowns
        by_share = np.array([u.slope_at(float(x)) for u, x in zip(unknowns, point, strict=True)])
        slopes = self.predictor.slopes(point)[1] * by_share
        normal, log = self.rows.normal, self.rows.logarithmic
        # On a log scale a factor adds up and leaves the derivative as it is.
        over = np.where(log, fitted.typical, 1.0) * np.where(normal, self.spread, 1.0)
        times = np.where(log, 1.0, fitted.factor)
        found = -slopes * (times / over)[:, None]
        for kind, at in self._others.items():
            by = self._deviance(kind, at, fitted.typical)[1] * self._root_weight[at]
            found[at] = slopes[at] * by[:, None]
        extra = []
        for at, column in self._columns(fitted):
            pull = column @ found[at] / (column @ column + self._pull)
            # What the best factor takes away (Kaufman 1975), and how far it is pulled from 1.
            found[at] -= np.outer(column, pull)
            if self.factors == "random":
                extra.append(pull / self.omega)
        for j, u in enumerate(unknowns):
            if u.prior is not None and not u.prior.flat:
                own = np.zeros(len(unknowns))
                own[j] = u.prior.slope(float(point[j])) * by_share[j]
                extra.append(own)
        return np.vstack([found, *extra]) if extra else found

    def log_likelihood(self, shares: Array) -> float:
        """Natural log of the density of all rows at one point, random factors integrated out."""
        typical = self.at(shares).typical
        return float(log_density(self.rows, typical, self.spread, self.factors, self.omega))

    def log_likelihoods(
        self,
        shares: Array,
        sizes: Array | None = None,
        omega: Array | None = None,
        *,
        integrated: bool = False,
    ) -> Array:
        """The same at K points (K, P) in one ensemble, optionally each with its own errors.

        Parameters
        ----------
        shares : array (K, P)
        sizes : array (K, S), optional
        omega : array (K,), optional
        integrated : bool
            Integrate free factors out, too.

        Returns
        -------
        array, shape (K,)
            Minus infinity where a simulation fails or a prediction cannot be what was measured.
        """
        typical, why = self.predictor.predict(self.point(shares))
        bad = np.array([bool(w) for w in why]) | impossible(self.rows, typical).any(axis=-1)
        typical = np.where(bad[:, None], np.nan, typical)
        own = self.spread if sizes is None else self.spread_at(sizes)
        spread = np.broadcast_to(own, typical.shape)
        at = self.omega if omega is None else omega
        found = log_density(self.rows, typical, spread, self.factors, at, integrated=integrated)
        return np.where(np.isnan(found), -np.inf, found)

    def log_priors(self, shares: Array) -> Array:
        """Log density of the priors at points (..., P), up to a constant; flat in the shares."""
        point, total = self.point(shares), np.zeros(shares.shape[:-1])
        for j, u in enumerate(self.predictor.unknowns):
            if u.prior is not None:
                total -= 0.5 * u.prior.residual(point[..., j]) ** 2
        return total

    @property
    def factor_count(self) -> int:
        """Number of free factors."""
        return len(self.rows.factors) if self.factors == "free" else 0

    def factor_errors(self) -> dict[str, float]:
        """Standard error of the logarithm of each factor of rows with log-normal errors."""
        return {
            name: float((self.spread[at] ** -2.0).sum() + self._pull) ** -0.5
            for name, at in self._factor_rows.items()
        }

    @property
    def _pull(self) -> float:
        return self.omega**-2.0 if self.factors == "random" else 0.0

    @cached_property
    def _factor_rows(self) -> dict[str, Indices]:
        names = np.array([r.factor for r in self.rows.rows])
        return {name: np.flatnonzero(names == name) for name in self.rows.factors}

    @cached_property
    def _others(self) -> dict[str, Indices]:
        """Rows without normal errors of a stated spread, by kind."""
        return {k: at for k, at in self.rows.kinds.items() if likelihood(k).scale is None}

    @cached_property
    def _root_weight(self) -> Array:
        """Of rows without normal errors; the spread of the others holds it."""
        weight = np.array([r.weight for r in self.rows.rows])
        return np.sqrt(np.where(self.rows.normal, 1.0, weight))

    @cached_property
    def _best(self) -> dict[str, Array]:
        return {
            kind: best_log_density(kind, self._measured(at), self.rows.known(kind))
            for kind, at in self._others.items()
        }

    def _measured(self, at: Indices) -> list[float | str]:
        return [self.rows.rows[i].measured for i in at]

    def _compared(self, typical: Array, point: Array) -> Fitted:
        rows = self.rows
        bad = impossible(self.rows, typical)
        if bad.any():
            i = int(np.argmax(bad))
            raise Failed(refused(rows.rows[i], float(typical[i])))
        log, normal = rows.logarithmic, rows.normal
        residual, factor = np.zeros_like(typical), np.ones_like(typical)
        scale = np.where(log, np.log(np.where(log, typical, 1.0)), typical)
        number = np.where(log, np.log(np.where(log, rows.number, 1.0)), rows.number)
        residual[normal] = ((number - scale) / self.spread)[normal]
        for kind, at in self._others.items():
            residual[at] = self._deviance(kind, at, typical)[0]
        pulls = []
        for name, at in self._factor_rows.items():
            found = self._solved(name, at, number[at] - scale[at], typical[at])
            residual[at] = found.residual
            factor[at] = np.exp(found.offset[0]) if log[at[0]] else found.scale[0]
            if self.factors == "random":
                pulls.append(float(found.offset[0]) / self.omega)
        priors = [
            float(u.prior.residual(float(x)))
            for u, x in zip(self.predictor.unknowns, point, strict=True)
            if u.prior is not None and not u.prior.flat
        ]
        if not np.isfinite(residual).all():
            i = int(np.argmax(~np.isfinite(residual)))
            raise Failed(refused(rows.rows[i], float(typical[i])))
        vector = np.concatenate([residual * self._root_weight, pulls, priors])
        return Fitted(typical, factor, residual, vector)

    def _solved(self, name: str, at: Indices, residual: Array, typical: Array) -> Profile:
        sd, labels = self.spread[at], [name] * len(at)
        if self.rows.logarithmic[at[0]]:
            wide = self.omega if self.factors == "random" else float("inf")
            return profiled(residual, sd, labels, offset_sd=wide)
        return profiled(residual, sd, labels, predicted=typical, offset=False)

    def _deviance(self, kind: str, at: Indices, typical: Array) -> tuple[Array, Array]:
        known = self.rows.known(kind)
        return deviance_residuals(kind, typical[at], self._measured(at), known, self._best[kind])

    def _columns(self, fitted: Fitted) -> list[tuple[Indices, Array]]:
        """Of each factor its rows, and the derivative of their residuals by it (up to a sign)."""
        by = np.where(self.rows.logarithmic, 1.0, fitted.typical) / self.spread
        return [(at, by[at]) for at in self._factor_rows.values()]
