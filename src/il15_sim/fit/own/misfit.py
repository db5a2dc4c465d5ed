"""Residuals in units of their spread, their derivatives, and the likelihood they stand for."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.fit.likelihoods import Profile, likelihood, profiled
from il15_sim.fit.own.predicted import Failed, Predictor
from il15_sim.fit.own.readings import SPREADS

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: What shares one factor in relative readings.
ScaleOf = Literal["observable", "group"] | None


@dataclass(frozen=True, eq=False)
class Fitted:
    """What the model says at one point: predictions (N,) with their factors, and residuals (N,)."""

    typical: Array
    factor: Array
    residual: Array

    @property
    def predicted(self) -> Array:
        """Predictions of the readings, (N,)."""
        return self.typical * self.factor


@dataclass(frozen=True, eq=False)
class Misfit:
    """Sum of squares of the readings as a function of the parameters' shares (P,).

    Attributes
    ----------
    predictor : Predictor
    spread : array (N,)
        SD of each reading on the scale of its likelihood.
    scale : "observable", "group" or None
        What shares one free factor, solved in closed form at every point.
    """

    predictor: Predictor
    spread: Array
    scale: ScaleOf = None
    _last: dict[bytes, Fitted] = field(default_factory=dict, repr=False)

    def with_spread(self, spread: Array) -> Misfit:
        """The same readings with other errors."""
        return replace(self, spread=spread, _last={})

    def point(self, shares: Array) -> Array:
        """Values (P,) of the parameters."""
        pairs = zip(self.predictor.unknowns, shares, strict=True)
        return np.array([float(u.value_at(x)) for u, x in pairs])

    def at(self, shares: Array) -> Fitted:
        """Predictions and residuals.

        Raises
        ------
        Failed
            Where a simulation fails, or a prediction has no logarithm and needs one.
        """
        key = shares.tobytes()
        if key not in self._last:
            found = self._compared(self.predictor.values(self.point(shares)))
            if len(self._last) > 4:
                self._last.clear()
            self._last[key] = found
        return self._last[key]

    def slopes(self, shares: Array) -> Array:
        """Derivatives (N, P) of the residuals by the shares."""
        fitted, point = self.at(shares), self.point(shares)
        by_share = [
            u.slope_at(float(x)) for u, x in zip(self.predictor.unknowns, point, strict=True)
        ]
        slopes = self.predictor.slopes(point) * np.array(by_share)
        # On a log scale a factor adds up and leaves the derivative as it is.
        over = np.where(self._log, fitted.typical, 1.0) * self.spread
        times = np.where(self._log, 1.0, fitted.factor)
        found: Array = -slopes * (times / over)[:, None]
        for rows, column in self._columns(fitted):
            own = column / np.linalg.norm(column)
            # What the best factor takes away; exact at the optimum (Kaufman 1975).
            found[rows] -= np.outer(own, own @ found[rows])
        return found

    def log_likelihood(self, fitted: Fitted) -> float:
        """Natural log of the density of all readings."""
        total, r = 0.0, self.predictor.readings
        for kind, rows in self._kinds:
            known = {SPREADS[kind]: self.spread[rows]}
            density = likelihood(kind).log_density(fitted.predicted[rows], r.value[rows], **known)
            total += float(np.sum(density))
        return total

    @property
    def factors(self) -> int:
        """Number of free factors."""
        return len(set(self._labels)) if self.scale else 0

    @cached_property
    def _log(self) -> Flags:
        return self.predictor.readings.logarithmic

    @cached_property
    def _kinds(self) -> list[tuple[str, NDArray[np.intp]]]:
        kinds = np.array(self.predictor.readings.kind)
        return [(str(kind), np.flatnonzero(kinds == kind)) for kind in np.unique(kinds)]

    @cached_property
    def _labels(self) -> list[Hashable]:
        """What shares a factor, by row."""
        r = self.predictor.readings
        if self.scale == "group":
            return list(zip(r.observable, r.group, r.kind, strict=True))
        return list(zip(r.observable, r.kind, strict=True))

    def _compared(self, typical: Array) -> Fitted:
        r = self.predictor.readings
        bad = self._log & ~(typical > 0)
        if bad.any():
            i = int(np.argmax(bad))
            raise Failed(
                f"the prediction of {r.where[i]} is {typical[i]:.3g}, which has no logarithm"
            )
        factor, residual = np.ones_like(typical), np.empty_like(typical)
        for kind, rows in self._kinds:
            f, m, sd = typical[rows], r.value[rows], self.spread[rows]
            known = {SPREADS[kind]: sd}
            residual[rows] = likelihood(kind).residual(f, m, **known)
            if self.scale:
                labels = [self._labels[i] for i in rows]
                found = self._scaled(kind, residual[rows] * sd, sd, f, labels)
                place = [found.groups.index(label) for label in labels]
                best = np.exp(found.offset) if kind == "log-normal" else found.scale
                factor[rows], residual[rows] = best[place], found.residual
        return Fitted(typical, factor, residual)

    @staticmethod
    def _scaled(kind: str, residual: Array, sd: Array, f: Array, labels: list[Hashable]) -> Profile:
        try:
            if kind == "log-normal":
                return profiled(residual, sd, labels)
            return profiled(residual, sd, labels, predicted=f, offset=False)
        except InputError as error:
            raise Failed(str(error)) from None

    def _columns(self, fitted: Fitted) -> list[tuple[NDArray[np.intp], Array]]:
        """Of each free factor its rows, and the derivative of their residuals by it."""
        if not self.scale:
            return []
        by = np.where(self._log, 1.0, fitted.typical) / self.spread
        found = []
        for label in dict.fromkeys(self._labels):
            rows = np.array([i for i, one in enumerate(self._labels) if one == label], np.intp)
            found.append((rows, by[rows]))
        return found
