"""Runs: labelled results of one simulation or a million, which know how they were made."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.finite import as_number
from il15_sim.results.shown import OK, lines_on

if TYPE_CHECKING:
    import pandas as pd

    from il15_sim.regimen import Regimen
    from il15_sim.results.endpoint import Endpoint

Array = NDArray[np.float64]


class Recipe(Protocol):
    """How runs were made, so that they can be made again."""

    def regimen_of(self, run: int) -> Regimen:
        """What a run was given."""
        ...

    def overrides_of(self, run: int) -> dict[str, float]:
        """Parameters of a run that differ from those of the model."""
        ...

    def parameters(self, names: Sequence[Hashable]) -> pd.DataFrame:
        """The parameters that vary, one row per run."""
        ...

    def take(self, runs: NDArray[np.intp]) -> Recipe:
        """The recipe of some of the runs."""
        ...

    def measure(self, endpoints: Sequence[Endpoint], progress: bool | None) -> xr.Dataset:
        """Simulate again, keeping some endpoints."""
        ...


@dataclass(frozen=True, eq=False)
class Runs:
    """Results of N runs.

    `runs["cd4_nkg2d_percent"]` is a labelled array: a time course (run, time_h), or an endpoint
    (run,) that was asked for in the call. Any other endpoint: `runs.endpoints(...)`.

    At the time of a dose the default grid holds two rows: the one of sample `"pre"` is the state
    before the dose (a trough is read there), `"post"` the state after it; others are `"grid"`.

    Attributes
    ----------
    data : Dataset
        Everything: courses, endpoints, `status` by code, steps; values from the point where a run
        failed are NaN.
    recipe : Recipe
        How the runs were made.

    Examples
    --------
    >>> from il15_sim import Model, Regimen, simulate
    >>> model = Model.load("sorafenib_pk")
    >>> runs = simulate(model, Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=7))
    >>> runs["sorafenib_total_mg_per_L"].dims, runs.units["sorafenib_total_mg_per_L"]
    (('run', 'time_h'), 'mg/L')
    """

    data: xr.Dataset
    recipe: Recipe

    def __len__(self) -> int:
        """Number of runs."""
        return int(self.data.sizes["run"])

    def __getitem__(self, name: str) -> xr.DataArray:
        """A time course (run, time_h), an endpoint (run,), or another variable."""
        if isinstance(name, (int, np.integer)):
            raise InputError(f"runs[{name}]", fix=f"choose a run by runs.select({name})")
        if name not in self.data:
            raise unknown("observable", str(name), [str(v) for v in self.data.data_vars])
        return self.data[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is a variable of that name."""
        return name in self.data

    def _ipython_key_completions_(self) -> list[str]:
        return [str(name) for name in self.data.data_vars]

    @cached_property
    def names(self) -> tuple[Any, ...]:
        """One name per run."""
        return tuple(self.data["run"].values.tolist())

    @property
    def times_h(self) -> Array:
        """Hours after the first dose, shape (T,); empty where only endpoints were asked for."""
        return self._coordinate("time_h", np.float64)

    @property
    def sample(self) -> NDArray[np.str_]:
        """Of each time `"grid"`, `"pre"` or `"post"`, shape (T,)."""
        return self._coordinate("sample", np.str_)

    @cached_property
    def observables(self) -> tuple[str, ...]:
        """Ids of the time courses."""
        return tuple(str(n) for n, v in self.data.data_vars.items() if "time_h" in v.dims)

    @cached_property
    def units(self) -> Mapping[str, str]:
        """Unit of each time course and endpoint."""
        found = {str(n): v.attrs.get("units") for n, v in self.data.data_vars.items()}
        return {name: unit for name, unit in found.items() if unit is not None}

    @cached_property
    def status(self) -> tuple[str, ...]:
        """`"ok"`, or why the run failed."""
        told = [m.replace("_", " ") for m in self.data["status"].attrs["flag_meanings"].split()]
        return tuple(told[code] for code in self.data["status"].values.tolist())

    @property
    def failures(self) -> pd.DataFrame:
        """The runs that failed, with the reason."""
        import pandas as pd

        bad = [(n, s) for n, s in zip(self.names, self.status, strict=True) if s != OK]
        return pd.DataFrame(bad, columns=["run", "status"])

    @cached_property
    def regimens(self) -> tuple[Regimen, ...]:
        """What each run was given."""
        return tuple(self.recipe.regimen_of(i) for i in range(len(self)))

    @property
    def parameters(self) -> pd.DataFrame:
        """The parameters that vary, one row per run, its index the names."""
        return self.recipe.parameters(self.names)

    @cached_property
    def overrides(self) -> tuple[dict[str, float], ...]:
        """Parameters of each run that differ from those of the model."""
        return tuple(self.recipe.overrides_of(i) for i in range(len(self)))

    @property
    def values(self) -> Array:
        """All time courses as one array, shape (R, T, O)."""
        if not self.observables:
            raise InputError(
                "no time courses", why="only endpoints were asked for", fix="name observables"
            )
        return np.stack([self.data[o].values for o in self.observables], axis=-1)

    @property
    def model_hash(self) -> str:
        """Hash of the model that was simulated."""
        return str(self.data.attrs["model_hash"])

    def run_index(self, run: Hashable) -> int:
        """Position of a run given by name or, where no run is called so, by number."""
        if run in self.names:
            return self.names.index(run)
        if isinstance(run, (int, np.integer)) and not isinstance(run, bool):
            if not -len(self) <= run < len(self):
                raise InputError(f"run {run}", why=f"there are {len(self)} runs")
            return int(run) % len(self)
        raise unknown("run", str(run), [str(n) for n in self.names])

    def get(self, run: Hashable, observable: str) -> Array:
        """Values of one time course in one run, shape (T,)."""
        if observable not in self.observables:
            raise unknown("observable", observable, self.observables)
        return np.asarray(self.data[observable][self.run_index(run)].values, dtype=np.float64)

    def select(self, *runs: Hashable | list[Hashable]) -> Runs:
        """The same results with some of the runs only, by name or number."""
        if not runs:
            raise InputError("no run to select", fix="name some: runs.select('a', 'b')")
        names = [name for one in runs for name in (one if isinstance(one, list) else [one])]
        index = np.array([self.run_index(name) for name in names], np.intp)
        return Runs(self.data.isel(run=index), self.recipe.take(index))

    def endpoints(
        self, *endpoints: Endpoint | Sequence[Endpoint], progress: bool | None = None
    ) -> pd.DataFrame:
        """Endpoints of finished runs, which are integrated again: no number is read off a grid.

        Parameters
        ----------
        *endpoints : Endpoint
            From `il15_sim.endpoints`.

        Returns
        -------
        DataFrame
            One row per run, one column per endpoint; `attrs["units"]` tells the units.

        Examples
        --------
        >>> from il15_sim import Model, Regimen, simulate
        >>> from il15_sim.endpoints import cmax, trough
        >>> model = Model.load("sorafenib_pk")
        >>> runs = simulate(model, Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=7))
        >>> total = "sorafenib_total_mg_per_L"
        >>> runs.endpoints(cmax(total), trough(total, day=6)).shape
        (1, 2)
        """
        import pandas as pd

        asked: list[Endpoint] = []
        for one in endpoints:
            asked += one if isinstance(one, Sequence) else [one]
        if not asked:
            raise InputError("no endpoint", fix="give some of il15_sim.endpoints")
        data = self.recipe.measure(asked, progress)
        columns = {e.name: data[e.name].values for e in asked}
        frame = pd.DataFrame(columns, index=pd.Index(self.names, name="run"))
        frame.attrs["units"] = {e.name: data[e.name].attrs["units"] for e in asked}
        return frame

    def quantiles(self, *levels: float | Sequence[float]) -> xr.Dataset:
        """Quantiles over the runs that did not fail, with a dimension `quantile`.

        Default levels: 0.05, 0.5 and 0.95.
        """
        given = [x for one in levels for x in (one if isinstance(one, Sequence) else [one])]
        numbers = [as_number(level) for level in given or (0.05, 0.5, 0.95)]
        asked = [level for level in numbers if level is not None and 0 <= level <= 1]
        if len(asked) < len(numbers):
            raise InputError(f"quantiles {given!r:.60}", why="they lie between 0 and 1")
        good = np.flatnonzero(np.array(self.status) == OK)
        if not good.size:
            raise InputError("no quantiles", why="every run failed", fix="see runs.failures")
        kept = self.data[[*self.units]].isel(run=good)
        return kept.quantile(asked, dim="run", keep_attrs=True)

    def to_frame(self) -> pd.DataFrame:
        """Tidy table with columns `run, time_h, sample, observable, value, unit`.

        Rows are in the order run, time, observable; at a dose the row before it comes first. Runs
        of which only endpoints were asked have columns `run, endpoint, value, unit`.
        """
        import pandas as pd

        if not self.observables:
            wide = pd.DataFrame({name: self.data[name].values for name in self.units})
            tidy = wide.assign(run=list(self.names)).melt("run", var_name="endpoint")
            return tidy.assign(unit=tidy["endpoint"].map(self.units))
        n_runs, n_times, n_obs = len(self), len(self.times_h), len(self.observables)
        units = [self.units[o] for o in self.observables]

        def tiled(labels: Sequence[Any]) -> NDArray[Any]:
            return np.tile(np.asarray(labels, dtype=object), n_runs * n_times)

        return pd.DataFrame(
            {
                "run": np.repeat(np.asarray(self.names, dtype=object), n_times * n_obs),
                "time_h": np.tile(np.repeat(self.times_h, n_obs), n_runs),
                "sample": np.tile(np.repeat(self.sample.astype(object), n_obs), n_runs),
                "observable": tiled(self.observables),
                "value": self.values.reshape(-1),
                "unit": tiled(units),
            }
        )

    def to_xarray(self) -> xr.Dataset:
        """Labelled arrays, units as attributes: what `data` holds."""
        return self.data

    def renamed(self, names: Sequence[str]) -> Runs:
        """The same runs under other names."""
        if len(names) != len(self):
            raise InputError(f"{len(names)} names for {len(self)} runs", fix="give one per run")
        check_distinct("run", names, "give each a name of its own")
        return replace(self, data=self.data.assign_coords(run=list(names)))

    def __repr__(self) -> str:
        """A few lines on what there is."""
        return "\n  ".join(lines_on(self))

    def _repr_html_(self) -> str:
        """The same, for a notebook."""
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>"

    def _coordinate(self, name: str, kind: type[Any]) -> NDArray[Any]:
        if name not in self.data.coords:
            return np.zeros(0, kind)
        return np.asarray(self.data[name].values, dtype=kind)
