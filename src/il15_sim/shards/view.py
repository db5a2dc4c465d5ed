"""All shards of an ensemble as one Zarr store, of which only what is asked for is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import pandas as pd
import xarray as xr
from zarr.abc.store import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    Store,
    SuffixByteRequest,
)
from zarr.core.buffer import Buffer, BufferPrototype

from il15_sim.shards.layout import along_run
from il15_sim.shards.shard_file import quiet_zarr, read_member, read_members


def open_view(shards: Sequence[Path], rows: int) -> xr.Dataset:
    """One lazy dataset over all shards, which have the same layout and stand in order.

    Parameters
    ----------
    shards : sequence of Path
        Files of all shards.
    rows : int
        Rows of the ensemble.

    Returns
    -------
    Dataset
        Dimension `run` of length `rows` with the row numbers; values are read when used.
    """
    store = _Shards(shards, rows)
    with quiet_zarr():
        data: xr.Dataset = xr.open_zarr(
            store,
            chunks=None,
            consolidated=False,
            zarr_format=3,
            # Numbers come back exactly as they were computed, whatever their attributes say.
            mask_and_scale=False,
            decode_times=False,
            decode_timedelta=False,
            # Opening would read the row numbers of every shard.
            drop_variables="run",
        )
    return data.assign_coords(run=("run", pd.RangeIndex(rows), store.run_attributes))


class _Shards(Store):
    """Read-only Zarr store: metadata of the first shard, chunk `i` from shard `i`."""

    def __init__(self, shards: Sequence[Path], rows: int) -> None:
        super().__init__(read_only=True)
        self._shards = tuple(shards)
        self._metadata: dict[str, bytes] = {}
        self._places: dict[str, tuple[Path, str]] = {}  # shard and file in it, by key
        members = read_members(shards[0])
        for key in (key for key in members if key.rpartition("/")[2] == "zarr.json"):
            name, about = key.rpartition("/")[0], json.loads(members[key])
            chunks = [member for member in members if name and member.startswith(f"{name}/c")]
            if along_run(about):
                about["shape"][0] = rows
                for number, shard in enumerate(shards):
                    for member in chunks:
                        # "cmax/c/0/0" of shard 7 is "cmax/c/7/0" of the whole.
                        rest = member.removeprefix(f"{name}/c/0")
                        self._places[f"{name}/c/{number}{rest}"] = (shard, member)
            else:
                self._places |= {member: (shards[0], member) for member in chunks}
            self._metadata[key] = json.dumps(about).encode()
        self.run_attributes = json.loads(members["run/zarr.json"])["attributes"]

    def __eq__(self, value: object) -> bool:
        return isinstance(value, _Shards) and value._shards == self._shards

    def __repr__(self) -> str:
        return f"<{len(self._shards)} shards in {self._shards[0].parent}>"

    @property
    def supports_writes(self) -> bool:
        return False

    @property
    def supports_deletes(self) -> bool:
        return False

    @property
    def supports_listing(self) -> bool:
        return True

    async def get(
        self,
        key: str,
        prototype: BufferPrototype,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        if key in self._metadata:
            content = self._metadata[key]
        elif key in self._places:
            content = await asyncio.to_thread(read_member, *self._places[key])
        else:
            return None
        return prototype.buffer.from_bytes(content[_as_slice(byte_range)])

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        return [await self.get(key, prototype, wanted) for key, wanted in key_ranges]

    async def exists(self, key: str) -> bool:
        return key in self._metadata or key in self._places

    async def set(self, key: str, value: Buffer) -> None:
        self._check_writable()

    async def delete(self, key: str) -> None:
        self._check_writable()

    async def list(self) -> AsyncIterator[str]:
        for key in (*self._metadata, *self._places):
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        async for key in self.list():
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        names = {
            key[len(folder) :].partition("/")[0]: None async for key in self.list_prefix(folder)
        }
        for name in names:
            yield name


def _as_slice(wanted: ByteRequest | None) -> slice:
    match wanted:
        case RangeByteRequest(start, end):
            return slice(start, end)
        case OffsetByteRequest(offset):
            return slice(offset, None)
        case SuffixByteRequest(suffix):
            return slice(-suffix, None)
        case _:
            return slice(None)
