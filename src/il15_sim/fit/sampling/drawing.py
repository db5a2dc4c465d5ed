"""Draws from a posterior: several ensembles of walkers, kept in a folder, continued from there."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from il15_sim.errors import InputError
from il15_sim.fit.sampling.draw_folder import DrawFolder, Step
from il15_sim.fit.sampling.moves import all_moves
from il15_sim.fit.sampling.posterior import Posterior
from il15_sim.fit.sampling.settings import Settings, checked
from il15_sim.fit.sampling.starts import first_walkers
from il15_sim.fit.sampling.target import Array, Density, Target
from il15_sim.interrupts import sigterm_raises
from il15_sim.progress import row_bar

#: Time between two pieces in the folder: what a crash can cost.
_SECONDS = 15.0


def sample(
    target: Target,
    centre: Array,
    covariance: Array,
    *,
    seed: int,
    draws: int = 60_000,
    chains: int = 4,
    walkers: int | None = None,
    warm_up: int | None = None,
    folder: str | Path | None = None,
    progress: bool | None = None,
) -> Posterior:
    """Draw from a posterior by Markov chains; begin with a fit, and look at R-hat and ESS after.

    Each chain is an ensemble of walkers that moves without the other chains. A step is one of four
    moves (`moves.py`): independent draws about the optimum, a random walk of its covariance, and
    two by differences between walkers, which need no optimum to be any good. After the warm-up, the
    centre and covariance that all chains have met in it take the place of the optimum's, for good.
    One step asks the target for the walkers of all chains together. The same seed gives the same
    numbers.

    Parameters
    ----------
    target : Target
    centre : array, shape (D,)
        Shares of the optimum, in the unit cube.
    covariance : array, shape (D, D)
        Of the shares: that of Laplace's approximation, the inverse of the Hessian at the optimum.
        It tells where walkers begin and how far they step, never what they find.
    seed : int
    draws : int
        Draws kept, of all chains together, rounded up to whole steps. Of ten parameters, 1,000 are
        worth as much as 100 independent ones where the posterior is near to Gaussian, and as 10 to
        20 where it is bent or cut off by bounds.
    chains, walkers : int
        Ensembles, and walkers in each; by default four times as many as there are parameters, at
        least 16. A call of the target has up to `chains * walkers` rows.
    warm_up : int, optional
        Draws before those, which are thrown away; by default `40 + 8 * D` of each walker.
    folder : str or Path, optional
        Where steps are kept all the while, for a run that was stopped (Ctrl-C, SIGTERM, a crash).
        The same call goes on from there and gives what it would have given at once; with more
        `draws` it goes on from the end. A folder of another posterior is refused.
    progress : bool, optional
        Show a bar on stderr; by default only on a terminal.

    Returns
    -------
    Posterior

    Raises
    ------
    InputError
        Where emcee or ArviZ is not installed, for arguments that cannot be, a target without a
        density at the beginning or of the wrong shape, and a folder of another run. What the target
        raises passes through; steps that were made stay in the folder.

    Examples
    --------
    >>> import numpy as np
    >>> class Normal:
    ...     names, units, logarithmic, hash = ("ka",), ("1/h",), (False,), "normal"
    ...     def log_density(self, shares):
    ...         return -0.5 * ((shares[:, 0] - 0.5) / 0.1) ** 2
    ...     def values(self, shares):
    ...         return 10 * shares
    >>> found = sample(Normal(), [0.5], [[0.01]], draws=8000, seed=1, progress=False)
    >>> found.frame.loc[0, ["median", "lower95", "upper95"]].astype(float).round(0).tolist()
    [5.0, 3.0, 7.0]
    """
    for library in ("emcee", "arviz"):
        # Before the hours that a run can take, not after them.
        if importlib.util.find_spec(library) is None:
            raise InputError(f"{library} is not installed", fix='pip install "il15-sim[bayes]"')
    settings = checked(
        target,
        centre,
        covariance,
        draws=draws,
        chains=chains,
        walkers=walkers,
        warm_up=warm_up,
        seed=seed,
    )
    kept = None if folder is None else DrawFolder(folder, target, settings)
    steps = [] if kept is None else kept.read()
    wanted = 1 + settings.warm_up + settings.steps
    with sigterm_raises():
        _go_on(target, settings, steps, wanted, kept, progress)
    return Posterior.of(target, settings, steps[:wanted])


def _go_on(
    target: Target,
    settings: Settings,
    steps: list[Step],
    wanted: int,
    kept: DrawFolder | None,
    progress: bool | None,
) -> None:
    """Make the steps that are missing; what was made is kept whatever ends it."""
    safe, rows = len(steps), settings.chains * settings.walkers
    last = time.monotonic()
    with row_bar(wanted * rows, progress, initial=min(safe, wanted) * rows) as bar:
        try:
            for step in _further(target, settings, steps, wanted):
                steps.append(step)
                bar.update(rows)
                if kept is not None and time.monotonic() > last + _SECONDS:
                    kept.write(safe, steps[safe:])
                    safe, last = len(steps), time.monotonic()
        finally:
            if kept is not None and len(steps) > safe:
                kept.write(safe, steps[safe:])


def _further(target: Target, settings: Settings, steps: list[Step], wanted: int) -> Iterator[Step]:
    """Steps after those, which the caller adds to them, until there are as many as wanted."""
    import emcee

    density = Density(target)
    if not steps:
        random = np.random.RandomState(settings.seed)
        shares, found = first_walkers(density, settings, random)
        yield Step(shares, found, density.evaluated, density.failed, tuple(random.get_state()))
    density.evaluated, density.failed = steps[-1].evaluated, steps[-1].failed
    warm = 1 + settings.warm_up
    for end in (warm, wanted):
        if len(steps) >= end:
            continue
        centre, covariance = settings.centre, settings.covariance
        if end > warm:
            centre, covariance = _learnt(steps[1 + settings.warm_up // 2 : warm], settings)
        moves = all_moves(centre, covariance, settings.chains)
        here = steps[-1]
        sampler = emcee.EnsembleSampler(*here.shares.shape, density, moves=moves, vectorize=True)
        # In place of a wrapper that prints whatever is raised, Ctrl-C too.
        sampler.log_prob_fn = density
        begin = emcee.State(here.shares, here.density, random_state=here.generator, copy=True)
        for state in sampler.sample(
            begin, iterations=end - len(steps), store=False, skip_initial_state_check=True
        ):
            shares, found = state.coords.copy(), state.log_prob.copy()
            yield Step(shares, found, density.evaluated, density.failed, state.random_state)


def _learnt(steps: list[Step], settings: Settings) -> tuple[Array, Array]:
    """Centre and covariance of the later half of the warm-up; those given where it tells none."""
    met = np.array([step.shares for step in steps]).reshape(-1, len(settings.centre))
    if len(met):
        covariance = np.atleast_2d(np.cov(met.T))
        with contextlib.suppress(np.linalg.LinAlgError):
            np.linalg.cholesky(covariance)
            return met.mean(axis=0), covariance
    return settings.centre, settings.covariance
