"""Whether chains agree and how many independent draws they are worth, by ArviZ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.fit.sampling.target import Array

if TYPE_CHECKING:
    import pandas as pd


#: Whose quantiles the tails' effective sample size is of; the defaults of ArviZ's versions differ.
_TAILS = (0.05, 0.95)


def diagnose(values: Array, walkers: int) -> pd.DataFrame:
    """R-hat, effective sample sizes and the error of the mean; see `Posterior.frame`.

    The effective sample size reads one walker after the other, so that it sees how slowly each of
    them moves. R-hat takes an ensemble for a chain: its halves are walkers, or times.

    Parameters
    ----------
    values : array, shape (chains, draws, D)
        As in `Posterior`.
    walkers : int
        Of one chain.
    """
    import arviz
    import pandas as pd
    import xarray as xr

    chains, _, size = values.shape
    in_time = values.reshape(chains, walkers, -1, size).swapaxes(1, 2).reshape(values.shape)

    def dataset(array: Array) -> xr.Dataset:
        # By number: a parameter may be called like a dimension.
        return xr.Dataset({f"x{at}": (("chain", "draw"), array[:, :, at]) for at in range(size)})

    def numbers(found: Any) -> Array:
        return np.array([float(found[f"x{at}"]) for at in range(size)])

    by_walker = dataset(values)
    # Walkers that never moved have no variance; the answer is NaN.
    with np.errstate(invalid="ignore", divide="ignore"):
        halves = numbers(arviz.rhat(by_walker)), numbers(arviz.rhat(dataset(in_time)))
        return pd.DataFrame(
            {
                "r_hat": np.maximum(*halves),
                "ess_bulk": numbers(arviz.ess(by_walker, method="bulk")),
                "ess_tail": numbers(arviz.ess(by_walker, method="tail", prob=_TAILS)),
                "mcse_mean": numbers(arviz.mcse(by_walker, method="mean")),
            }
        )
