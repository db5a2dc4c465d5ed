"""Simulations around points, and the derivatives that their differences give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import LANES
from il15_sim.errors import InputError, unknown
from il15_sim.simulation.rows import ParameterRows

Array = NDArray[np.float64]

#: Where the simulations of one parameter stand, in steps from its value. Two widths: their
#: difference tells the error, and takes the largest part of it away.
_OFFSETS = np.array([1.0, -1.0, 0.5, -0.5])
_PER_GROUP = LANES // len(_OFFSETS)
#: Points that are looked at together.
_BLOCK = 4096


@dataclass(frozen=True)
class Stencil:
    """The simulations around N points, in lock-step groups of their own.

    Attributes
    ----------
    points : ParameterRows
        One row per point.
    constants : mapping
        Values of parameters that are no columns of `points`.
    wrt : tuple of str, length K
        Parameters to differentiate by.
    step : float
        Half-width of the wider difference, relative to the parameter.

    Raises
    ------
    InputError
        For a parameter that the model does not have, or that is zero at a point.
    """

    points: ParameterRows
    constants: Mapping[str, float]
    wrt: tuple[str, ...]
    step: float

    def __post_init__(self) -> None:
        """Look at all points, block by block."""
        for name in self.wrt:
            if name not in self.constants:
                raise unknown("parameter", name, self.constants)
        for first in range(0, self.points.count, _BLOCK):
            zero = self.values(first, min(first + _BLOCK, self.points.count)) == 0.0
            for name, found in zip(self.wrt, zero.any(axis=0), strict=True):
                if found:
                    raise InputError(
                        f"parameter '{name}' is zero", why="a relative step has no width there"
                    )

    @property
    def copies(self) -> int:
        """Simulations of a point: whole groups."""
        return math.ceil(len(self.wrt) / _PER_GROUP) * LANES

    @property
    def identity(self) -> list[object]:
        """What tells it from other derivatives at the same points."""
        return [list(self.wrt), float(self.step)]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those of the points, and then what is only differentiated by."""
        return tuple(dict.fromkeys((*self.points.columns, *self.wrt)))

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Where the first simulation of each parameter stands among those of a point, (K,)."""
        group, part = np.divmod(np.arange(len(self.wrt)), _PER_GROUP)
        return np.asarray(group * LANES + part * len(_OFFSETS), np.intp)

    @cached_property
    def factors(self) -> Array:
        """What each simulation of a point multiplies its values by, (copies, columns)."""
        factors = np.ones((self.copies, len(self.columns)))
        for place, name in zip(self.places, self.wrt, strict=True):
            own = slice(place, place + len(_OFFSETS))
            factors[own, self.columns.index(name)] = 1.0 + _OFFSETS * self.step
        return factors

    @property
    def rows(self) -> ParameterRows:
        """The parameters of all simulations, drawn as they are needed."""
        return ParameterRows(
            self.points.count * self.copies, self.columns, self._draw, self.points.identity
        )

    def values(self, first: int, last: int) -> Array:
        """Values of the parameters to differentiate by at the points [first, last), (B, K)."""
        return self._points(first, last)[:, [self.columns.index(name) for name in self.wrt]]

    def _points(self, first: int, last: int) -> Array:
        own = [self.constants[name] for name in self.columns[len(self.points.columns) :]]
        return np.hstack([self.points.block(first, last), np.tile(own, (last - first, 1))])

    def _draw(self, start: int, stop: int) -> Array:
        first = start // self.copies
        points = self._points(first, -(-stop // self.copies))
        around = (points[:, None, :] * self.factors).reshape(-1, len(self.columns))
        return around[start - first * self.copies :][: stop - start]


def differentiated(data: xr.Dataset, stencil: Stencil, first: int, last: int) -> xr.Dataset:
    """Derivatives at the points [first, last) from the results of all simulations around them."""
    width = stencil.step * stencil.values(first, last)
    place = np.arange(last - first)[:, None] * stencil.copies + stencil.places
    variables: dict[str, Any] = {}
    for name, variable in data.data_vars.items():
        v = variable.to_numpy()
        if str(name).startswith("steps_"):
            continue
        around = [v[place + n] for n in range(len(_OFFSETS))]
        if name == "status":
            worst = np.max(np.stack(around), axis=0)
            variables[str(name)] = (("run", "parameter"), worst.astype(np.int8), variable.attrs)
            continue
        w = width.reshape(width.shape + (1,) * (v.ndim - 1))
        wide = (around[0] - around[1]) / (2.0 * w)
        narrow = (around[2] - around[3]) / w
        best = narrow + (narrow - wide) / 3.0
        # Rounding: the last digits of the values over the width of their difference.
        rounding = 4.0 * np.finfo(float).eps * np.abs(around[0]) / np.abs(w)
        dims = ("run", "parameter", *variable.dims[1:])
        told = {"units": f"{variable.attrs.get('units', '')} per unit of the parameter"}
        variables[str(name)] = (dims, best, told)
        variables[f"{name}_error"] = (dims, np.abs(best - narrow) + rounding, told)
    coords: dict[str, Any] = {str(k): v for k, v in data.coords.items() if k != "run"}
    coords |= {"run": np.arange(first, last), "parameter": np.array(stencil.wrt, dtype=np.str_)}
    return xr.Dataset(variables, coords=coords, attrs=data.attrs)
