"""What a run of the sampler is made with, checked."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from il15_sim.errors import InputError
from il15_sim.files.record import digest
from il15_sim.fit.sampling.target import Array, Target

#: Standard deviation of a parameter of which nothing is known: a wider one is of no use.
_WIDEST = 0.3


@dataclass(frozen=True, eq=False)
class Settings:
    """Numbers of a run.

    Attributes
    ----------
    centre : array, shape (D,)
    covariance : array, shape (D, D)
        In which no standard deviation is wider than the cube.
    chains, walkers : int
        Ensembles, and walkers in each.
    warm_up, steps : int
        Steps of every walker that are thrown away, and that are kept.
    seed : int
    """

    centre: Array
    covariance: Array
    chains: int
    walkers: int
    warm_up: int
    steps: int
    seed: int

    def told(self) -> dict[str, object]:
        """All that the draws depend on, however many there are of them, as JSON."""
        return {
            "seed": self.seed,
            "chains": self.chains,
            "walkers": self.walkers,
            "warm_up": self.warm_up,
            "centre": digest(self.centre.tobytes()),
            "covariance": digest(self.covariance.tobytes()),
        }


def checked(
    target: Target,
    centre: Array,
    covariance: Array,
    *,
    draws: int,
    chains: int,
    walkers: int | None,
    warm_up: int | None,
    seed: int,
) -> Settings:
    """The settings of `sample`; see there."""
    names = tuple(target.names)
    size = len(names)
    if not size:
        raise InputError("a target without parameters", why="there is nothing to sample")
    for what in ("units", "logarithmic"):
        if len(getattr(target, what)) != size:
            found = len(getattr(target, what))
            raise InputError(f"{found} {what} of a target of {size} parameters")
    centre = np.array(centre, dtype=np.float64)
    if centre.shape != (size,):
        raise InputError(f"centre of shape {centre.shape}", why=f"there are {size} parameters")
    for name, share in zip(names, centre, strict=True):
        if not 0 <= share <= 1:
            why = "a centre lies in the unit cube"
            raise InputError(f"centre of '{name}' is {share:g}", why=why, fix="give shares, 0 to 1")
    if walkers is None:
        walkers = max(16, 4 * size)
    chains = _whole("chains", chains, 2, "R-hat compares chains")
    least = max(8, 2 * size)
    walkers = _whole("walkers", walkers, least, f"{size} parameters need them, to move everywhere")
    if warm_up is not None:
        warm_up = -(-_whole("warm_up", warm_up, 0, "it counts draws") // (chains * walkers))
    draws = _whole("draws", draws, 4 * chains * walkers, "every walker makes four or more")
    return Settings(
        centre=centre,
        covariance=_covariance(covariance, size),
        chains=chains,
        walkers=walkers,
        warm_up=40 + 8 * size if warm_up is None else warm_up,
        steps=-(-draws // (chains * walkers)),
        seed=_whole("seed", seed, 0, "seeds lie between 0 and 4294967295", most=2**32 - 1),
    )


def _whole(what: str, value: object, least: int, why: str, most: int | None = None) -> int:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        raise InputError(f"{what} = {value!r:.40}", fix="give a whole number")
    if int(value) < least or (most is not None and int(value) > most):
        fix = f"give {least} or more" if most is None else None
        raise InputError(f"{what} = {value}", why=why, fix=fix)
    return int(value)


def _covariance(given: Array, size: int) -> Array:
    covariance = np.array(given, dtype=np.float64)
    if covariance.shape != (size, size):
        raise InputError(
            f"covariance of shape {covariance.shape}", why=f"there are {size} parameters"
        )
    if not np.isfinite(covariance).all():
        raise InputError("covariance with numbers that are not finite")
    deviations = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(deviations > 0, deviations, 1.0)
    # Correlations, so that parameters known well and badly are judged alike.
    correlations = covariance / np.outer(scale, scale)
    if np.abs(correlations - correlations.T).max() > 1e-8:
        raise InputError("covariance that is not symmetric")
    covariance = (covariance + covariance.T) / 2
    least = float(np.linalg.eigvalsh((correlations + correlations.T) / 2)[0])
    if least < 1e-12:
        raise InputError(
            "covariance that is not positive definite",
            why=f"the smallest eigenvalue of its correlations is {least:.2g}",
            fix="leave out a parameter that the data do not tell, or give it a prior",
        )
    shrunk = np.minimum(1.0, _WIDEST / deviations)
    return np.asarray(covariance * np.outer(shrunk, shrunk))
