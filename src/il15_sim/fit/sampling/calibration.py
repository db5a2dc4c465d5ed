"""Simulation-based calibration: whether a posterior says what it should, on data of known truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.fit.sampling.posterior import Posterior
from il15_sim.fit.sampling.target import Array

if TYPE_CHECKING:
    import pandas as pd

Data = TypeVar("Data")
Counts = NDArray[np.int64]

#: Sets of uniform ranks that the observed ones are compared with.
_SETS = 4000


@dataclass(frozen=True, eq=False)
class Calibration:
    """Ranks of true values among draws of their posteriors; uniform where all is right.

    Attributes
    ----------
    names : tuple of str
    ranks : array, shape (repeats, D)
        How many of the draws lie below the truth.
    ranked : int
        Draws of each posterior.
    """

    names: tuple[str, ...]
    ranks: Counts
    ranked: int

    @cached_property
    def frame(self) -> pd.DataFrame:
        """`parameter`, `mean_rank` as a share (0.5 where right), `p_value`.

        The p-value is that of uniform ranks, by the point at which their cumulative distribution is
        least likely (Säilynoja et al. 2022, doi:10.1007/s11222-022-10090-6). Of several parameters,
        hold the smallest against 0.05 over their number.
        """
        import pandas as pd

        random = np.random.default_rng(0)
        uniform = random.integers(self.ranked + 1, size=(len(self.ranks), _SETS))
        expected = _least_likely(uniform, self.ranked)
        found = _least_likely(self.ranks, self.ranked)
        # Equal ones count: the chances of counts are few numbers.
        below = (expected[None, :] <= found[:, None] * (1 + 1e-9)).sum(axis=1)
        return pd.DataFrame(
            {
                "parameter": self.names,
                "mean_rank": self.ranks.mean(axis=0) / self.ranked,
                "p_value": (1 + below) / (1 + _SETS),
            }
        )

    def __repr__(self) -> str:
        """How much was done, and the table."""
        repeats = len(self.ranks)
        told = f"Calibration: {repeats} repeats, the truth ranked among {self.ranked} draws of each"
        return f"{told}\n{self.frame.to_string(index=False, float_format='{:.3g}'.format)}"


def simulation_based_calibration(
    prior: Callable[[np.random.Generator], Array],
    simulate: Callable[[Array, np.random.Generator], Data],
    posterior: Callable[[Data, int], Posterior],
    *,
    repeats: int,
    ranked: int = 63,
    seed: int,
) -> Calibration:
    """Fit data of which the truth is known, over and over (Talts et al. 2018, arXiv:1804.06788).

    Where model, likelihood and sampler fit together, the truth lies anywhere among the draws of
    its posterior with equal chances; posteriors that are too narrow or off show by its rank.

    Parameters
    ----------
    prior : callable
        Given a generator, true values (D,), drawn from the very prior of the posterior.
    simulate : callable
        Given the truth and a generator, data with errors as the likelihood says.
    posterior : callable
        Given data and a seed, what `sample` found.
    repeats : int
        A few hundred find posteriors that are a fifth too narrow.
    ranked : int
        Draws of each posterior, evenly out of all, that the truth is ranked among.
    seed : int

    Raises
    ------
    InputError
        For numbers that cannot be, and a posterior of fewer independent draws than are ranked.

    Examples
    --------
    >>> import numpy as np
    >>> from il15_sim.fit.sampling import sample
    >>> class Normal:
    ...     names, units, logarithmic, hash = ("mean",), ("mg/L",), (False,), "normal"
    ...     def __init__(self, reading):
    ...         self.reading = reading
    ...     def log_density(self, shares):
    ...         return -0.5 * ((self.values(shares)[:, 0] - self.reading) / 0.5) ** 2
    ...     def values(self, shares):
    ...         return 10 * shares
    >>> found = simulation_based_calibration(
    ...     lambda random: 10 * random.random(1),
    ...     lambda truth, random: random.normal(truth[0], 0.5),
    ...     lambda reading, seed: sample(
    ...         Normal(reading), [np.clip(reading / 10, 0, 1)], [[0.05**2]], draws=2000, seed=seed
    ...     ),
    ...     repeats=20,
    ...     seed=1,
    ... )
    >>> bool(found.frame["p_value"].min() > 0.05)
    True
    """
    for what, number in (("repeats", repeats), ("ranked", ranked)):
        if number < 2:
            raise InputError(f"{what} = {number}", fix="give 2 or more")
    ranks: list[Counts] = []
    names: tuple[str, ...] = ()
    for number in range(repeats):
        random = np.random.default_rng([seed, number])
        truth = np.asarray(prior(random), dtype=np.float64)
        found = posterior(simulate(truth, random), int(random.integers(2**32)))
        names = found.names
        if truth.shape != (len(names),):
            what = f"a truth of shape {truth.shape} for {len(names)} parameters"
            raise InputError(what, where=f"repeat {number}")
        least = float(found.frame["ess_bulk"].min())
        if not least >= ranked:
            raise InputError(
                f"a posterior worth {least:.0f} independent draws, of which {ranked} are ranked",
                where=f"repeat {number}",
                fix="ask for more draws, or for fewer ranked ones",
            )
        values = found.values.reshape(-1, len(names))
        chosen = values[np.linspace(0, len(values) - 1, ranked).round().astype(int)]
        ranks.append((chosen < truth).sum(axis=0))
    return Calibration(names, np.array(ranks, dtype=np.int64), ranked)


def _least_likely(ranks: Counts, ranked: int) -> Array:
    """For each column of ranks (repeats, M), the smallest chance of a count, two-sided (M,)."""
    from scipy.stats import binom

    repeats, least = len(ranks), np.ones(ranks.shape[1])
    counts = np.arange(repeats + 1)
    for rank in range(ranked):
        share = (rank + 1) / (ranked + 1)
        below = binom.cdf(counts, repeats, share)
        above = binom.sf(counts - 1, repeats, share)
        chance = np.minimum(1.0, 2 * np.minimum(below, above))
        least = np.minimum(least, chance[(ranks <= rank).sum(axis=0)])
    return least
