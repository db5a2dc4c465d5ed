"""Rows of an ensemble block by block: into arrays in memory, or into the shards of a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import LANES
from il15_sim.errors import InputError
from il15_sim.progress import row_bar
from il15_sim.simulation.block import to_dataset
from il15_sim.simulation.cluster import connected
from il15_sim.simulation.engines import EngineName, rows_on
from il15_sim.simulation.identity import stored_inputs
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.stencil import Stencil, differentiated

if TYPE_CHECKING:
    from distributed import Client

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


def carry_out(
    plan: Plan,
    engine: EngineName,
    threads: int | None,
    *,
    stencil: Stencil | None = None,
    scheduler: str | Client | None = None,
    folder: str | Path | None = None,
    rows_per_shard: int = ROWS_PER_BLOCK,
    progress: bool | None = None,
) -> xr.Dataset:
    """Simulate all rows of a plan, in memory or in a folder where a stopped run is continued.

    No number depends on how the rows are cut. Memory is that of the result (with a folder: of a
    shard) and a tenth more. The dimension `run` has the names of the rows.

    Parameters
    ----------
    plan, engine, threads
        What is simulated, and on what.
    stencil : Stencil, optional
        Keep derivatives at its points; the plan simulates around them.
    scheduler : str or Client, optional
        Simulate on a Dask cluster, without derivatives.
    folder, rows_per_shard, progress
        As in `simulate`.

    Raises
    ------
    InputError
        For results that are larger than the memory of the machine.
    """
    points, kept, copies = plan.rows, 1, plan.copies
    if stencil is not None:
        # As much again for their errors leaves room for the differences.
        points, kept = stencil.points, len(stencil.wrt)
    row_bytes, names = kept * plan.row_bytes, points.labels
    if folder is None:
        _check_room(points.count, row_bytes)
    rows = rows_on(plan, engine, threads, progress)

    def compute(
        first: int, last: int, on_rows: Callable[[float], object] | None = None
    ) -> xr.Dataset:
        told = None if on_rows is None else lambda finished: on_rows(finished / copies)
        block = rows.block(first * copies, last * copies, told)
        data = to_dataset(block, plan, first * copies, rows.name)
        return data if stencil is None else differentiated(data, stencil, first, last)

    def part(first: int, last: int, told: Callable[[float], object] | None = None) -> xr.Dataset:
        together = rows_per_block((last - first) * row_bytes, plan.row_bytes, copies)
        return in_blocks(compute, first, last, together, told)

    with nullcontext() if scheduler is None else connected(scheduler) as cluster:
        ahead = None
        if cluster is not None:
            ahead = partial(cluster.results, plan, rows.name, threads)
        if folder is None:
            with row_bar(points.count, progress, delay_s=0.5) as bar:
                if cluster is None or ahead is None:
                    data = part(0, points.count, bar.update)
                else:
                    spans = pieces_of(points.count, cluster.threads)
                    data = joined(counted(ahead(spans), bar.update), 0, points.count)
            if names is not None:
                data = data.assign_coords(run=names)
        else:
            from il15_sim.store import run_shards

            data = run_shards(
                part,
                points.count,
                folder=folder,
                inputs=stored_inputs(plan, rows.name, stencil),
                rows_per_shard=rows_per_shard,
                multiple_of=LANES if copies == 1 else 1,
                names=names,
                progress=progress,
                ahead=ahead,
            )
    # Not stored: it differs from one call to the next.
    data.attrs["compile_seconds"] = rows.compile_seconds
    # Stored variables come back by the alphabet; the order is that in which they were asked for.
    asked = [*plan.task.outputs[: plan.courses], *(e.name for e in plan.endpoints)]
    first = [name for one in asked for name in (one, f"{one}_error") if name in data]
    return data[[*first, *(name for name in data.data_vars if name not in first)]]


def _check_room(count: int, row_bytes: int) -> None:
    """Refuse what cannot be held: an hourly grid of a million runs is a slip."""
    try:
        room = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return
    needed = count * row_bytes
    if needed > room:
        raise InputError(
            f"results of {needed / 1e9:.3g} GB for {count} runs",
            why=f"this machine has {room / 1e9:.3g} GB of memory",
            fix="ask for endpoints, for fewer times_h or observables, or give a folder",
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
    """The rows [first, last), simulated block by block."""
    if last - first <= per_block:
        return compute(first, last, on_rows)
    starts = range(first, last, per_block)
    parts = ((k, compute(k, min(k + per_block, last), on_rows)) for k in starts)
    return joined(parts, first, last)


def pieces_of(rows: int, threads: int) -> Iterator[tuple[int, int]]:
    """Spans of rows that keep the threads of a cluster busy to the end.

    >>> [*pieces_of(100, 1)]
    [(0, 32), (32, 64), (64, 96), (96, 100)]
    """
    size = min(-(-rows // (4 * max(threads, 1))), ROWS_PER_BLOCK)
    size = -(-size // LANES) * LANES
    return ((start, min(start + size, rows)) for start in range(0, rows, size))


def counted(
    parts: Iterable[tuple[int, xr.Dataset]], on_rows: Callable[[float], object]
) -> Iterator[tuple[int, xr.Dataset]]:
    """Results as they come; `on_rows` is told of how many rows."""
    for start, part in parts:
        on_rows(part.sizes["run"])
        yield start, part


def joined(parts: Iterable[tuple[int, xr.Dataset]], first: int, last: int) -> xr.Dataset:
    """The rows [first, last) from parts in any order, each with its first row.

    Every part is copied into arrays made once: joining them at the end would take twice the memory.
    """
    room: dict[str, NDArray[Any]] = {}
    data: dict[str, xr.Variable] = {}
    coords: dict[str, xr.Variable] = {}
    attrs: dict[Any, Any] = {}
    for start, part in parts:
        if not data:
            attrs = part.attrs
            data = {str(k): _widened(part[k].variable, last - first) for k in part.data_vars}
            coords = {str(k): _widened(part[k].variable, last - first) for k in part.coords}
            room = {
                k: v.values for k, v in (data | coords).items() if v.dims and v.dims[0] == "run"
            }
        for name, values in room.items():
            values[start - first : start - first + part.sizes["run"]] = part[name].values
        # Not kept while the next part is computed.
        del part
    return xr.Dataset(data, coords=coords, attrs=attrs)


def _widened(variable: xr.Variable, rows: int) -> xr.Variable:
    """A variable with room for all rows, where it has any."""
    if "run" not in variable.dims:
        return variable
    shape = (rows, *variable.shape[1:])
    # Not an index yet, which would be a copy.
    return xr.Variable(variable.dims, np.empty(shape, variable.dtype), variable.attrs)
