"""Rows of an ensemble block by block: into arrays in memory, or into the shards of a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim.batch.layout import LANES
from il15_sim.progress import row_bar

#: Rows of a stored shard, and most rows that are simulated together.
ROWS_PER_BLOCK = 4096
#: Part of a result that one block takes up: it is there twice while it is copied to its place.
_SHARE = 1 / 20
#: Bytes of a block that are not worth saving, and rows that keep the threads busy.
_SMALL_BYTES, _FEW_ROWS = 4 * 2**20, 4 * LANES


class Compute(Protocol):
    """Computes the rows [first, last) of an ensemble."""

    def __call__(
        self, first: int, last: int, on_rows: Callable[[float], object] | None = None
    ) -> xr.Dataset:
        """Results with dimension and coordinate `run` in first place."""
        ...


def execute(
    compute: Compute,
    count: int,
    *,
    simulation_bytes: int,
    row_bytes: int,
    copies: int = 1,
    inputs: Callable[[], Mapping[str, object]],
    folder: str | Path | None,
    rows_per_shard: int,
    progress: bool | None,
    names: NDArray[np.generic] | None,
) -> xr.Dataset:
    """Compute N rows, in memory or in a folder where a run that was stopped is continued.

    No number depends on how the rows are cut. Memory is that of the result (with a folder: of a
    shard) and a tenth more.

    Parameters
    ----------
    compute : callable
        Must give the same for a row whatever block it is in.
    count : int
        N.
    simulation_bytes, row_bytes : int
        What a simulation takes up, and what of a row is kept.
    copies : int
        Simulations of a row.
    inputs : callable
        What stored results depend on.
    folder, rows_per_shard, progress
        As in `simulate`.
    names : array, shape (N,), or None
        The coordinate `run` of the result; None: numbers.
    """
    several = LANES if copies == 1 else 1

    def block_of(rows: int) -> int:
        return rows_per_block(rows * row_bytes, simulation_bytes, copies)

    if folder is None:
        with row_bar(count, progress, delay_s=0.5) as bar:
            data = in_blocks(compute, 0, count, block_of(count), bar.update)
        return data if names is None else data.assign_coords(run=names)
    from il15_sim.store import run_shards

    def shard(first: int, last: int) -> xr.Dataset:
        return in_blocks(compute, first, last, block_of(last - first))

    return run_shards(
        shard,
        count,
        folder=folder,
        inputs=inputs(),
        rows_per_shard=rows_per_shard,
        multiple_of=several,
        names=names,
        progress=progress,
    )


def rows_per_block(result_bytes: int, simulation_bytes: int, copies: int = 1) -> int:
    """Rows that are simulated together, so that a block is small beside the whole result.

    >>> rows_per_block(400_000_000, 400), rows_per_block(1000 * 2**20, 2**20)
    (4096, 48)
    """
    simulations = max(result_bytes * _SHARE, _SMALL_BYTES) / simulation_bytes
    simulations = min(max(simulations, _FEW_ROWS), ROWS_PER_BLOCK)
    if copies > 1:
        return max(1, int(simulations) // copies)
    # Lanes are filled with the same rows however the whole is cut.
    return int(simulations) // LANES * LANES


def in_blocks(
    compute: Compute,
    first: int,
    last: int,
    per_block: int,
    on_rows: Callable[[float], object] | None = None,
) -> xr.Dataset:
    """The rows [first, last), of which every block is copied into arrays made once.

    Joining the blocks at the end would take twice the memory.
    """
    if last - first <= per_block:
        return compute(first, last, on_rows)
    room: dict[str, NDArray[Any]] = {}
    data: dict[str, xr.Variable] = {}
    coords: dict[str, xr.Variable] = {}
    attrs: dict[Any, Any] = {}
    for start in range(first, last, per_block):
        stop = min(start + per_block, last)
        part = compute(start, stop, on_rows)
        if not data:
            attrs = part.attrs
            data = {str(k): _widened(part[k].variable, last - first) for k in part.data_vars}
            coords = {str(k): _widened(part[k].variable, last - first) for k in part.coords}
            room = {
                k: v.values for k, v in (data | coords).items() if v.dims and v.dims[0] == "run"
            }
        for name, values in room.items():
            values[start - first : stop - first] = part[name].values
        # Not kept while the next block is computed.
        del part
    return xr.Dataset(data, coords=coords, attrs=attrs)


def _widened(variable: xr.Variable, rows: int) -> xr.Variable:
    """A variable with room for all rows, where it has any."""
    if "run" not in variable.dims:
        return variable
    shape = (rows, *variable.shape[1:])
    # Not an index yet, which would be a copy.
    return xr.Variable(variable.dims, np.empty(shape, variable.dtype), variable.attrs)
