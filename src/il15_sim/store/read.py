"""All rows of a store as one dataset, of which only what is asked for is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
import zarr
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from il15_sim.errors import InputError


def open_store(path: Path, rows: int | None) -> xr.Dataset:
    """All rows of a store whose shards are finished; values are read when used.

    With a number of rows they are numbered; else they have names, which are read at once.

    A chunk that is damaged raises when it is read: `InputError` where it is not there, else
    Zarr's ValueError of its checksum.
    """
    store = _Chunks(path, read_only=True)
    data: xr.Dataset = xr.open_zarr(
        store,
        chunks=None,
        zarr_format=3,
        consolidated=True,
        # `check_rows` lets nothing pass that could be decoded; another xarray may decode more.
        mask_and_scale=False,
        decode_times=False,
        decode_timedelta=False,
        # Opening would read the row numbers of every shard.
        drop_variables=None if rows is None else "run",
    )
    text = {
        name: xr.Variable(variable.dims, np.array(variable.values.tolist(), str), variable.attrs)
        for name, variable in data.variables.items()
        if variable.dtype.kind in "TO"
    }
    data = data.assign(text)
    if rows is None:
        return data
    about = zarr.open_array(store, path="run", mode="r").attrs.asdict()
    return data.assign_coords(run=("run", pd.RangeIndex(rows), about))


class _Chunks(LocalStore):
    """A store of which every chunk must be there: Zarr takes one that is not for rows of NaN."""

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        found = await super().get(key, prototype, byte_range)
        if found is None and key.rpartition("/")[2].startswith("c"):
            raise InputError(
                "is missing",
                where=self.root / key,
                fix="the command that made the folder computes it again",
            )
        return found
