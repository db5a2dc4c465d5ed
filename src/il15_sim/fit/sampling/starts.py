"""Where walkers begin: further apart than the posterior is wide, each where it has a density."""

from __future__ import annotations

from typing import Any

import numpy as np

from il15_sim.errors import InputError
from il15_sim.fit.sampling.settings import Settings
from il15_sim.fit.sampling.target import Array, Density

#: What found no density is tried again, nearer to the centre each time, down to a thousandth.
_TRIES, _NEAREST = 30, 10
#: Where nothing has a density until then, nothing will.
_ENOUGH = 12


def first_walkers(density: Density, settings: Settings, random: Any) -> tuple[Array, Array]:
    """Shares (K, D) and log densities (K,) of the walkers of all ensembles.

    Each ensemble begins about a point of its own, so that R-hat sees whether the beginning is
    forgotten (Margossian et al. 2024, doi:10.1214/24-BA1453).

    Raises
    ------
    InputError
        Where walkers find no density.
    """
    root = np.linalg.cholesky(settings.covariance)
    size, count = len(settings.centre), settings.chains * settings.walkers
    own = np.repeat(random.standard_normal((settings.chains, size)), settings.walkers, axis=0)
    spread = 1.5 * own @ root.T
    shares, found = np.empty((count, size)), np.full(count, -np.inf)
    tries = 0
    for attempt in range(_TRIES):
        todo = np.flatnonzero(found == -np.inf)
        if not len(todo) or (len(todo) == count and attempt == _ENOUGH):
            break
        near = 0.5 ** min(attempt, _NEAREST)
        # A chain's own way is given up sooner: at its end there may be nothing.
        off = near * random.standard_normal((len(todo), size)) @ root.T + near**2 * spread[todo]
        shares[todo] = _reflected(settings.centre + off)
        found[todo] = density(shares[todo])
        tries += len(todo)
    lost = int(np.sum(found == -np.inf))
    if not lost:
        return shares, found
    which = "every one" if lost == count else f"{lost} of {count}"
    raise InputError(
        f"no density at the beginning of {which} of the walkers",
        why=f"{tries} points were tried, the last of them next to the centre",
        fix="see whether the simulation works at the centre, and whether the data can be met there",
    )


def _reflected(shares: Array) -> Array:
    """Into the cube, as mirrors at its walls would send them."""
    within = np.mod(shares, 2.0)
    return np.where(within > 1, 2 - within, within)
