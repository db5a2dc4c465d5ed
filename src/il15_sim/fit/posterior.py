"""The posterior of a fit: its unknowns, and the sizes of errors that no table tells."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from il15_sim.errors import InputError
from il15_sim.fit.objective import Objective
from il15_sim.fit.patient_statistics import is_level
from il15_sim.fit.result import Fit
from il15_sim.fit.sampling import Posterior, sample
from il15_sim.fit.settle import OMEGA_BOUNDS
from il15_sim.fit.unknowns import Unknown

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: A size of errors lies within this factor of what the fit found, evenly on a log scale.
_SIZE_FOLD = 30.0
#: Errors of a new reading, evenly spread over its distribution, for each draw.
_ERRORS = 20
#: Least information, in shares: a direction that the rows do not see is as wide as the cube.
_LEAST_INFORMATION = 4.0


@dataclass(frozen=True, eq=False)
class FitTarget:
    """The posterior of a fit over the unit cube: unknowns, sizes of errors, spread of cohorts.

    Normal priors are densities of the value and log-normal ones of its logarithm; without one of
    them it is flat in the shares (of the logarithm where bounds are positive). Sizes of errors are
    flat in their logarithm; the log SD between cohorts is flat (Gelman 2006,
    doi:10.1214/06-BA117A). Free factors are integrated out with a flat prior.

    Attributes
    ----------
    fit : Fit
    """

    fit: Fit

    @property
    def names(self) -> tuple[str, ...]:
        """Of the D dimensions."""
        rows = self.objective.rows
        sizes = tuple(f"error of {name}" for name in rows.sizes)
        return (*(u.id for u in self._unknowns), *sizes, *(("omega",) if self._random else ()))

    @property
    def units(self) -> tuple[str, ...]:
        """Of the D dimensions; those of sizes are told by their rows."""
        rest = len(self.names) - len(self._unknowns)
        return (*(u.unit for u in self._unknowns), *("",) * rest)

    @property
    def logarithmic(self) -> tuple[bool, ...]:
        """Whether shares are even steps of the logarithm."""
        own = tuple(u.logarithmic for u in self._unknowns)
        return (*own, *(True,) * self._sizes, *((False,) if self._random else ()))

    @cached_property
    def hash(self) -> str:
        """Of everything that the density depends on."""
        told = [self.fit.problem.hash, repr(self.objective.sizes.tolist()), *self.names]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    @property
    def objective(self) -> Objective:
        """The rows of the fit."""
        return self.fit.objective

    @property
    def centre(self) -> Array:
        """Shares (D,) of the best fit."""
        best = np.clip(self.fit.best.end, 0.01, 0.99)
        rest = [0.5] * self._sizes
        if self._random:
            low, high = OMEGA_BOUNDS
            rest.append((self.objective.omega - low) / (high - low))
        return np.concatenate([best, rest])

    @property
    def covariance(self) -> Array:
        """Laplace's approximation in the shares, (D, D)."""
        slopes = self.objective.slopes(self.fit.best.end)
        information = slopes.T @ slopes + _LEAST_INFORMATION * np.eye(len(self._unknowns))
        found = np.zeros((len(self.names), len(self.names)))
        count = len(self._unknowns)
        found[:count, :count] = np.linalg.inv(information)
        rows = self.objective.rows
        for k in range(self._sizes):
            own = int(np.sum(rows.size_of == k))
            # The log SD of a standard deviation from n residuals is 1 / sqrt(2 n).
            found[count + k, count + k] = 1 / (2 * own * (2 * np.log(_SIZE_FOLD)) ** 2)
        if self._random:
            low, high = OMEGA_BOUNDS
            sd = self.objective.omega / np.sqrt(2 * len(rows.factors)) / (high - low)
            found[-1, -1] = sd**2
        return found

    def log_density(self, shares: Array) -> Array:
        """Log posterior up to a constant, (K,), at shares (K, D)."""
        count = len(self._unknowns)
        own, sizes, omega = shares[:, :count], self._sizes_at(shares), self._omega_at(shares)
        likelihood = self.objective.log_likelihoods(own, sizes, omega, integrated=True)
        return np.asarray(likelihood + self.objective.log_priors(own) + self._by_share(own))

    def _by_share(self, own: Array) -> Array:
        """Log derivative (K,) of values by shares where a prior is a density of the value."""
        values = self.objective.point(own)
        at = [
            j
            for j, u in enumerate(self._unknowns)
            if u.logarithmic and u.prior is not None and u.prior.kind == "normal"
        ]
        return np.asarray(np.log(values[:, at]).sum(axis=1))

    def values(self, shares: Array) -> Array:
        """Values (K, D) in their units."""
        own = self.objective.point(shares[:, : len(self._unknowns)])
        parts = [own, self._sizes_at(shares)]
        if self._random:
            parts.append(self._omega_at(shares)[:, None])
        return np.concatenate(parts, axis=1)

    @property
    def _unknowns(self) -> tuple[Unknown, ...]:
        return self.fit.problem.unknowns

    @property
    def _sizes(self) -> int:
        return len(self.objective.rows.sizes)

    @property
    def _random(self) -> bool:
        return bool(self.objective.rows.factors) and self.objective.factors == "random"

    def _sizes_at(self, shares: Array) -> Array:
        count = len(self._unknowns)
        own = shares[:, count : count + self._sizes]
        return np.asarray(self.objective.sizes * _SIZE_FOLD ** (2 * own - 1))

    def _omega_at(self, shares: Array) -> Array:
        low, high = OMEGA_BOUNDS
        return low + (high - low) * (shares[:, -1] if self._random else np.zeros(len(shares)))


def sample_posterior(
    fit: Fit,
    *,
    draws: int = 60_000,
    seed: int = 0,
    walkers: int | None = None,
    folder: str | Path | None = None,
    progress: bool | None = None,
) -> Posterior:
    """Draw from the posterior of a fit.

    Parameters
    ----------
    fit : Fit
        Tells where the chains begin and how far they step, never what they find.
    draws, seed, walkers, folder, progress
        As in `il15_sim.fit.sampling.sample`.

    Returns
    -------
    Posterior
        Of the unknowns, then the sizes of errors and the log SD between cohorts (`omega`).
    """
    target = FitTarget(fit)
    return sample(
        target,
        target.centre,
        target.covariance,
        seed=seed,
        draws=draws,
        walkers=walkers,
        folder=folder,
        progress=progress,
    )


def predictive(fit: Fit, posterior: Posterior, *, curves: int = 200, seed: int = 0) -> pd.DataFrame:
    """Bands of the fitted curves over the posterior, and of new readings of what was measured.

    A draw's curve has its factor: drawn for the cohort (a random one, given the draw), or its best
    value (a free one); one that was read on several plates has none, and no new readings. A new
    reading has the median error of the rows of its arm and observable.

    Parameters
    ----------
    fit : Fit
    posterior : Posterior
        From `sample_posterior` of this fit.
    curves : int
        Draws that are simulated, spread evenly over all.
    seed : int

    Returns
    -------
    DataFrame
        `arm, observable, time_h, median, lower95, upper95, reading_lower95, reading_upper95`.

    Raises
    ------
    InputError
        For a posterior of another fit.
    """
    target = FitTarget(fit)
    if posterior.hash != target.hash:
        raise InputError("a posterior of another fit", fix="sample this one")
    flat = posterior.shares.reshape(-1, posterior.shares.shape[-1])
    chosen = flat[np.linspace(0, len(flat) - 1, curves).astype(int)]
    objective, rng = fit.objective, np.random.default_rng(seed)
    points = objective.point(chosen[:, : len(fit.problem.unknowns)])
    sizes, omega = target._sizes_at(chosen), target._omega_at(chosen)
    spread = objective.spread_at(sizes)
    typical, _ = objective.predictor.predict(points)
    factors = {
        name: _factors(objective, name, typical, spread, omega, rng)
        for name in objective.rows.factors
    }
    where, found = objective.predictor.courses(points)
    rows = objective.rows.rows
    bands = np.full((len(where), 5), np.nan)
    keys = list(zip(where["arm"], where["observable"], strict=True))
    for key in dict.fromkeys(keys):
        at = np.array([t for t, one in enumerate(keys) if one == key], np.intp)
        own = [i for i, r in enumerate(rows) if (r.arm, r.reads.first.observable) == key]
        names_of = sorted({rows[i].factor for i in own if rows[i].factor})
        course = found[:, at]
        if len(names_of) == 1:
            factor, offset = factors[names_of[0]]
            course = course * factor[:, None] + offset[:, None]
        bands[at, :3] = np.nanquantile(course, [0.5, 0.025, 0.975], axis=0).T
        levels = [
            i for i in own if rows[i].reads.quantity == "value" and is_level(rows[i].statistic)
        ]
        plain = [i for i in levels if objective.rows.normal[i]]
        if plain and len(names_of) < 2:
            sd = np.reshape(np.median(spread[..., plain], axis=-1), (-1, 1))
            error = (sd * ndtri((np.arange(_ERRORS) + 0.5) / _ERRORS))[:, :, None]
            log, curve = objective.rows.logarithmic[plain[0]], course[:, None, :]
            reading = curve * np.exp(error) if log else curve + error
            ends = np.nanquantile(reading, [0.025, 0.975], axis=(0, 1))
            bands[at, 3:] = ends.T
    names = ["median", "lower95", "upper95", "reading_lower95", "reading_upper95"]
    return where.assign(**dict(zip(names, bands.T, strict=True)))


def _factors(
    objective: Objective,
    name: str,
    typical: Array,
    spread: Array,
    omega: Array,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """One factor of a group for each draw, (K,), and one background."""
    rows = objective.rows
    at = np.array([i for i, r in enumerate(rows.rows) if r.factor == name], np.intp)
    sd = np.broadcast_to(spread[..., at], typical[:, at].shape)
    weight = sd**-2.0
    count = len(typical)
    if not rows.logarithmic[at[0]]:
        columns = [typical[:, at], *([np.ones_like(sd)] if rows.rows[at[0]].background else [])]
        design = np.stack(columns, axis=-1) / sd[..., None]
        number = rows.number[at] / sd
        information = np.einsum("krc,krd->kcd", design, design)
        best = np.linalg.solve(information, np.einsum("krc,kr->kc", design, number)[..., None])
        lower = np.linalg.cholesky(np.linalg.inv(information))
        drawn = best[..., 0] + np.einsum(
            "kcd,kd->kc", lower, rng.standard_normal((count, len(columns)))
        )
        return drawn[:, 0], drawn[:, 1] if len(columns) > 1 else np.zeros(count)
    residual = np.log(rows.number[at]) - np.log(typical[:, at])
    pull = omega**-2.0 if objective.factors == "random" else 0.0
    precision = np.sum(weight, axis=1) + pull
    best = np.sum(weight * residual, axis=1) / precision
    drawn = np.exp(best + rng.standard_normal(count) / np.sqrt(precision))
    return drawn, np.zeros(count)
