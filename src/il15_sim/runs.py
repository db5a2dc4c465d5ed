"""What a simulation returns: values of observables over time for one or several runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from il15_sim.regimen import Regimen

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs on one time grid.

    At every dose the grid holds the time twice: the row of sample `"pre"` is the state before the
    dose (a trough is read there), the row `"post"` the state after it. All other rows are `"grid"`.

    Attributes
    ----------
    names : tuple of str
        One name per run (R of them).
    times_h : array, shape (T,)
        Hours after the first dose.
    sample : array of str, shape (T,)
        `"grid"`, `"pre"` or `"post"`.
    values : array, shape (R, T, O)
        Values in the units of `units`; NaN from the point where a run failed.
    observables : tuple of str
        The O observable ids.
    units : mapping
        Unit of each observable.
    status : tuple of str
        `"ok"`, or the sentence that says why the run failed.
    regimens, overrides : tuple
        The inputs of each run.
    model_hash : str
        Hash of the model that was simulated.
    tolerances : mapping
        Relative tolerance (`"rtol"`) and the absolute tolerance of every state.
    """

    names: tuple[str, ...]
    times_h: Array
    sample: NDArray[np.str_]
    values: Array
    observables: tuple[str, ...]
    units: Mapping[str, str]
    status: tuple[str, ...]
    regimens: tuple[Regimen, ...] = ()
    overrides: tuple[Mapping[str, float], ...] = ()
    model_hash: str = ""
    tolerances: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of runs."""
        return len(self.names)

    def run_index(self, run: str | int) -> int:
        """Position of a run given by name or number."""
        if isinstance(run, str):
            if run not in self.names:
                raise unknown("run", run, self.names)
            return self.names.index(run)
        if not -len(self.names) <= run < len(self.names):
            raise InputError(f"run {run}", why=f"there are {len(self.names)} runs")
        return run % len(self.names)

    def get(self, run: str | int, observable: str) -> Array:
        """Values of one observable in one run, shape (T,)."""
        if observable not in self.observables:
            raise unknown("observable", observable, self.observables)
        column = self.observables.index(observable)
        return np.asarray(self.values[self.run_index(run), :, column], dtype=np.float64)

    def select(self, *runs: str | int) -> Runs:
        """The same result with some of its runs only."""
        index = [self.run_index(run) for run in runs]
        return Runs(
            names=tuple(self.names[i] for i in index),
            times_h=self.times_h,
            sample=self.sample,
            values=self.values[index],
            observables=self.observables,
            units=self.units,
            status=tuple(self.status[i] for i in index),
            regimens=tuple(self.regimens[i] for i in index) if self.regimens else (),
            overrides=tuple(self.overrides[i] for i in index) if self.overrides else (),
            model_hash=self.model_hash,
            tolerances=self.tolerances,
        )

    def to_frame(self) -> pd.DataFrame:
        """Tidy table with columns `run, time_h, observable, value, unit`.

        Rows are in the order run, time, observable; at a dose the row before it comes first.
        """
        import pandas as pd

        n_runs, n_times, n_obs = self.values.shape
        units = [self.units[o] for o in self.observables]
        return pd.DataFrame(
            {
                "run": np.repeat(np.asarray(self.names, dtype=object), n_times * n_obs),
                "time_h": np.tile(np.repeat(self.times_h, n_obs), n_runs),
                "observable": np.tile(np.asarray(self.observables, dtype=object), n_runs * n_times),
                "value": self.values.reshape(-1),
                "unit": np.tile(np.asarray(units, dtype=object), n_runs * n_times),
            }
        )

    def to_xarray(self) -> xr.Dataset:
        """Labelled arrays: one variable per observable over (run, time), units as attributes.

        `time` counts rows; the coordinates `time_h` and `sample` say which moment a row is.
        """
        import xarray as xr

        data = {
            name: (("run", "time"), self.values[:, :, i], {"units": self.units[name]})
            for i, name in enumerate(self.observables)
        }
        coords = {
            "run": list(self.names),
            "time_h": ("time", self.times_h, {"units": "h"}),
            "sample": ("time", self.sample.astype(str)),
            "status": ("run", list(self.status)),
        }
        return xr.Dataset(data, coords=coords, attrs={"model_hash": self.model_hash})
