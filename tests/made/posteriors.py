"""Posteriors of which moments, quantiles and tails are known in closed form."""

from dataclasses import dataclass, field

import numpy as np

from il15_sim.fit.sampling import sample


@dataclass
class Gaussian:
    """Normal over the shares; the values are ten times the shares, or 10 to their power.

    `centre` may lie outside of the cube: then the posterior is cut off by a bound.
    """

    centre: np.ndarray
    covariance: np.ndarray
    logarithmic: tuple[bool, ...] = ()
    hash: str = "gaussian"
    calls: list[int] = field(default_factory=list)

    def __post_init__(self):
        self.centre = np.atleast_1d(np.asarray(self.centre, dtype=float))
        self.covariance = np.atleast_2d(np.asarray(self.covariance, dtype=float))
        self.logarithmic = self.logarithmic or (False,) * len(self.centre)

    @property
    def names(self):
        return tuple(f"k{number}" for number in range(len(self.centre)))

    @property
    def units(self):
        return ("1/h",) * len(self.centre)

    def log_density(self, shares):
        assert ((shares >= 0) & (shares <= 1)).all()
        self.calls.append(len(shares))
        off = self.bent(shares) - self.centre
        return -0.5 * np.einsum("ki,ki->k", off, np.linalg.solve(self.covariance, off.T).T)

    def bent(self, shares):
        return shares

    def values(self, shares):
        return np.where(self.logarithmic, 10.0**shares, 10 * shares)


class Banana(Gaussian):
    """The second share follows the square of the first; both are normal once that is undone."""

    curvature = 4.0

    def bent(self, shares):
        bent = shares.copy()
        bent[:, 1] -= self.curvature * (shares[:, 0] - self.centre[0]) ** 2
        return bent


def correlated(dimensions, sd=0.05, seed=0):
    """A covariance whose condition number is about a hundred at ten dimensions."""
    mixed = np.random.default_rng(seed).standard_normal((dimensions, dimensions))
    covariance = mixed @ mixed.T / dimensions + 0.02 * np.eye(dimensions)
    deviations = np.sqrt(np.diag(covariance))
    return sd**2 * covariance / np.outer(deviations, deviations)


def drawn(dimensions, **changes):
    """A short run; every other parameter was searched on a log scale."""
    log = tuple(number % 2 == 0 for number in range(dimensions))
    one = Gaussian(np.full(dimensions, 0.5), correlated(dimensions, sd=0.12), log)
    for name, value in changes.items():
        setattr(one, name, value)
    return sample(one, one.centre.clip(0, 1), one.covariance, draws=4000, seed=1)
