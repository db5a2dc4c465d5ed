"""Rows of an ensemble as the files of a Zarr store, which plain xarray reads bit for bit."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from il15_sim.errors import InputError

#: Contents of files, by their path in the store.
Files = Mapping[str, bytes]

#: The file of a variable, and of the whole, that tells what it is.
METADATA = "zarr.json"

_UNKNOWN = {"f": np.nan, "i": -1, "u": 0, "b": False, "U": ""}  # of rows not computed


def encode(data: xr.Dataset, start: int, rows: int, rows_per_shard: int) -> tuple[Files, Files]:
    """The files that all shards share (metadata, what is not along `run`), and those of this one.

    Parameters
    ----------
    data : Dataset
        Rows from `start` on, at most `rows_per_shard`, as `check_rows` lets them pass.
    start, rows, rows_per_shard : int
        First row; rows of the ensemble and of a shard.

    Raises
    ------
    InputError
        For attributes that are not JSON.
    """
    files: dict[str, Buffer] = {}
    store = MemoryStore(files)
    # Where CF, and so xarray, looks for coordinates that are no dimensions.
    others = " ".join(sorted(str(name) for name in data.coords if name not in data.dims))
    attributes = data.attrs | ({"coordinates": others} if others else {})
    try:
        zarr.create_group(store, attributes=_plain(attributes), zarr_format=3)
        for name, variable in data.variables.items():
            _write(store, str(name), variable, start, rows, rows_per_shard)
    except (TypeError, ValueError) as error:
        raise InputError(f"the result cannot be stored: {error}") from error
    with warnings.catch_warnings():
        # Other readers pass over it; xarray warns where it is not there.
        warnings.filterwarnings("ignore", message="Consolidated metadata is currently not part")
        zarr.consolidate_metadata(store, zarr_format=3)
    shared: dict[str, bytes] = {}
    own: dict[str, bytes] = {}
    for key, content in files.items():
        name, _, file = key.rpartition("/")
        along = name and file != METADATA and "run" in data[name].dims
        (own if along else shared)[key] = content.to_bytes()
    return shared, own


def _write(
    store: MemoryStore, name: str, variable: xr.Variable, start: int, rows: int, per_shard: int
) -> None:
    """Write a variable into the place it has in an array of all rows."""
    shape = chunks = variable.shape
    place: Any = ...
    if "run" in variable.dims:
        shape, chunks = (rows, *shape[1:]), (min(per_shard, rows), *shape[1:])
        place = slice(start, start + variable.shape[0])
    kind = variable.dtype.kind
    array = zarr.create_array(
        store,
        name=name,
        shape=shape,
        chunks=tuple(max(size, 1) for size in chunks),
        # Text of fixed width is no part of the format.
        dtype=str if kind == "U" else variable.dtype,
        fill_value=_UNKNOWN[kind],
        # Not left to a library's default, which may change before the run is continued.
        compressors=[*([] if place is ... else [ZstdCodec(level=1)]), Crc32cCodec()],
        attributes=_plain(variable.attrs),
        dimension_names=[str(dim) for dim in variable.dims],
        # All chunks of a variable in one folder.
        chunk_key_encoding={"name": "default", "separator": "."},
        # A chunk that is not there is always a fault.
        config={"write_empty_chunks": True},
        zarr_format=3,
    )
    array[place] = variable.values


def _plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(name): value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        for name, value in attributes.items()
    }
