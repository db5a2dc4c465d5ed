"""What was drawn from a posterior: a table, draws with names and units, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError, unknown
from il15_sim.fit.sampling.diagnostics import diagnose
from il15_sim.fit.sampling.draw_folder import Step
from il15_sim.fit.sampling.settings import Settings
from il15_sim.fit.sampling.target import Array, Target

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: What Vehtari et al. (2021, doi:10.1214/20-BA1221) ask for.
MOST_R_HAT, LEAST_ESS = 1.01, 400.0
#: An end of an interval so near to a bound, as a share of the median's distance from it, says that
#: the density does not fall towards the bound: 0.05 where it is flat, 0.2 if it rises in a line.
_AT_BOUND = 0.1


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws from a posterior.

    Attributes
    ----------
    names, units : tuple of str
    logarithmic : tuple of bool
        Whether a parameter was searched on a log scale.
    hash : str
        Of the target.
    seed : int
    shares, values : array, shape (chains, draws, D)
        In the unit cube, and in the units of the parameters. A chain holds the draws of its first
        walker in their order, then those of the second, and so on.
    log_density : array, shape (chains, draws)
    walkers : int
        Of one chain.
    warm_up : int
        Draws of all chains that were thrown away.
    evaluated, failed : int
        Rows that the target was asked for, and those of them that had no density.
    accepted : float
        Share of the proposals that were taken.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    logarithmic: tuple[bool, ...]
    hash: str
    seed: int
    shares: Array
    values: Array
    log_density: Array
    walkers: int
    warm_up: int
    evaluated: int
    failed: int
    accepted: float

    @classmethod
    def of(cls, target: Target, settings: Settings, steps: Sequence[Step]) -> Posterior:
        """The draws of a run, from its first step on."""
        chains, walkers, size = settings.chains, settings.walkers, len(settings.centre)
        kept = steps[-settings.steps :]
        cube = np.array([step.shares for step in kept]).reshape(-1, chains, walkers, size)
        density = np.array([step.density for step in kept]).reshape(-1, chains, walkers)
        shares = cube.transpose(1, 2, 0, 3).reshape(chains, -1, size)
        flat = shares.reshape(-1, size)
        values = np.asarray(target.values(flat), dtype=np.float64)
        if values.shape != flat.shape:
            raise InputError(
                f"values of shape {values.shape} for shares of shape {flat.shape}",
                why="a target gives one value per share",
            )
        return cls(
            names=tuple(target.names),
            units=tuple(target.units),
            logarithmic=tuple(map(bool, target.logarithmic)),
            hash=str(target.hash),
            seed=settings.seed,
            shares=shares,
            values=values.reshape(shares.shape),
            log_density=density.transpose(1, 2, 0).reshape(chains, -1),
            walkers=walkers,
            warm_up=settings.warm_up * chains * walkers,
            evaluated=steps[-1].evaluated,
            failed=steps[-1].failed,
            accepted=float((np.diff(cube, axis=0) != 0).any(axis=-1).mean()),
        )

    def only(self, names: Sequence[str]) -> Posterior:
        """The same draws of some parameters.

        Raises
        ------
        InputError
            For a name that is not there.
        """
        for name in names:
            if name not in self.names:
                raise unknown("parameter", name, self.names)
        at = [self.names.index(name) for name in names]
        return replace(
            self,
            names=tuple(names),
            units=tuple(self.units[k] for k in at),
            logarithmic=tuple(self.logarithmic[k] for k in at),
            shares=self.shares[:, :, at],
            values=self.values[:, :, at],
        )

    @cached_property
    def draws(self) -> xr.Dataset:
        """The values, one variable per parameter over `chain` and `draw`, with their units."""
        import xarray as xr

        dims = ("chain", "draw")
        return xr.Dataset(
            {
                name: (dims, self.values[:, :, at], {"units": unit})
                for at, (name, unit) in enumerate(zip(self.names, self.units, strict=True))
            },
            {dim: np.arange(length) for dim, length in zip(dims, self.shares.shape, strict=False)},
            {"hash": self.hash, "seed": self.seed, "walkers": self.walkers},
        )

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per parameter.

        `parameter, unit, mean, median, sd, lower95, upper95` (ends of the central 95 % interval),
        `on_bound` (the posterior is cut off by a bound: the interval tells of the bound as much as
        of the data), `r_hat, ess_bulk, ess_tail, mcse_mean` by ArviZ. `r_hat` is the larger of two:
        with chains halved by walkers, and by time.
        """
        import pandas as pd

        flat = self.values.reshape(-1, len(self.names))
        lower, median, upper = np.quantile(flat, [0.025, 0.5, 0.975], axis=0)
        rows = pd.DataFrame(
            {
                "parameter": self.names,
                "unit": self.units,
                "mean": flat.mean(axis=0),
                "median": median,
                "sd": flat.std(axis=0, ddof=1),
                "lower95": lower,
                "upper95": upper,
                "on_bound": [bool(ends) for ends in self._bounds_met()],
            }
        )
        return pd.concat([rows, diagnose(self.values, self.walkers)], axis=1)

    def _bounds_met(self) -> list[list[str]]:
        low, middle, high = np.quantile(self.shares, [0.025, 0.5, 0.975], axis=(0, 1))
        below, above = low < _AT_BOUND * middle, 1 - high < _AT_BOUND * (1 - middle)
        ends = zip(below, above, strict=True)
        return [["lower"] * bool(a) + ["upper"] * bool(b) for a, b in ends]

    @property
    def flags(self) -> tuple[str, ...]:
        """What there is to say against these draws, a line each; empty where there is nothing."""
        frame, found = self.frame, []
        # Numbers that are not known are no good ones.
        for column, word, good in (
            ("r_hat", "R-hat above 1.01", frame["r_hat"] <= MOST_R_HAT),
            ("ess_bulk", "effective sample size below 400", frame["ess_bulk"] >= LEAST_ESS),
            (
                "ess_tail",
                "effective sample size of tails below 400",
                frame["ess_tail"] >= LEAST_ESS,
            ),
        ):
            bad = frame[~good]
            if len(bad):
                told = (f"{p} {x:.4g}" for p, x in zip(bad["parameter"], bad[column], strict=True))
                found.append(f"not converged, {word}: {', '.join(told)}; ask for more draws")
        for end in ("lower", "upper"):
            ends = zip(self.names, self._bounds_met(), strict=True)
            if cut := [name for name, met in ends if end in met]:
                found.append(f"cut off by the {end} bound: {', '.join(cut)}")
        return tuple(found)

    def to_arviz(self) -> Any:
        """The draws for ArviZ: InferenceData, or a DataTree of xarray from ArviZ 1.0 on."""
        import arviz
        import xarray as xr

        lp = xr.Dataset({"lp": (("chain", "draw"), self.log_density)}, self.draws.coords)
        groups = {"posterior": self.draws, "sample_stats": lp}
        if "InferenceData" in vars(arviz):  # from 1.0 on, asking for it warns and gives a DataTree
            return arviz.InferenceData(**groups)
        return xr.DataTree.from_dict(groups)

    def __repr__(self) -> str:
        """How it was drawn, the table, and what there is to say against it."""
        chains, draws, size = self.shares.shape
        failed = f", {self.failed:,} of them without a density" if self.failed else ""
        what = f"{size} parameters" if size > 1 else "one parameter"
        columns = ["parameter", "unit", "median", "lower95", "upper95", "r_hat", "ess_bulk"]
        table = self.frame[columns].to_string(
            index=False,
            formatters={"r_hat": "{:.3f}".format, "ess_bulk": "{:.0f}".format},
            float_format="{:.4g}".format,
        )
        told = [
            f"Posterior of {what}: {chains * draws:,} draws, {chains} chains of {self.walkers} "
            f"walkers; {self.warm_up:,} before them thrown away; {self.evaluated:,} rows "
            f"simulated{failed}",
            table,
            *(f"warning: {line}" for line in self.flags),
        ]
        return "\n".join(told)
