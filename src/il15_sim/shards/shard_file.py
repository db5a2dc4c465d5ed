"""One shard as one file: a Zarr store in a zip archive that carries its own checksum.

The comment at the end of the archive says which shard of which ensemble it is, and closes with the
SHA-256 of every byte before it. A file of that name whose checksum fits is a finished shard; there
is no second file that could disagree.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr
from zarr.codecs import ZstdCodec
from zarr.storage import MemoryStore

from il15_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zarr.core.buffer import Buffer

_DIGITS = 64  # of SHA-256
_COMMENT = re.compile(
    rb"il15-sim shard (\d+) of ([0-9a-f]{64}), layout ([0-9a-f]{64}), sha256 ([0-9a-f]{64})\Z"
)
_TAIL = 512  # bytes in which the comment fits
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Label:
    """What a shard's file says about itself.

    Attributes
    ----------
    number : int
        Number of the shard.
    ensemble : str
        Hash of the ensemble's inputs.
    layout : str
        Hash of the shard's variables, attributes and coordinates without `run`.
    """

    number: int
    ensemble: str
    layout: str


def encode(data: xr.Dataset, chunk_rows: int) -> dict[str, bytes]:
    """The Zarr store of a shard, as file names and contents.

    Parameters
    ----------
    data : Dataset
        At most `chunk_rows` rows along `run`, the first dimension of what has it.
    chunk_rows : int
        Rows of a chunk; a shorter shard is filled up in its file, so that every shard is one
        chunk of an array over the whole ensemble.

    Raises
    ------
    TypeError, ValueError
        For what Zarr cannot store.
    """
    data = data.compute().drop_encoding()
    encoding = {
        name: {
            "chunks": tuple(
                chunk_rows if dim == "run" else max(size, 1) for dim, size in variable.sizes.items()
            ),
            # Not left to a library's default, which may change before the run is continued; what
            # all shards share is compared byte by byte.
            "compressors": [ZstdCodec(level=1)] if "run" in variable.dims else None,
            "_FillValue": None,
        }
        for name, variable in data.variables.items()
    }
    members: dict[str, Buffer] = {}
    with quiet_zarr():
        # Chunks of zeros are written too: a chunk that is not there is always a fault.
        data.to_zarr(
            MemoryStore(members),
            mode="w",
            encoding=encoding,
            zarr_format=3,
            consolidated=False,
            write_empty_chunks=True,
        )
    return {name: content.to_bytes() for name, content in sorted(members.items())}


@contextmanager
def quiet_zarr() -> Iterator[None]:
    """Without Zarr's warning that fixed-width text is its own extension of the format."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have a Zarr V3 specification")
        yield


def pack(members: Mapping[str, bytes], label: Label) -> bytes:
    """The bytes of a shard's file; the same content gives the same bytes."""
    comment = f"il15-sim shard {label.number} of {label.ensemble}, layout {label.layout}, sha256 "
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # no time of writing, no compression
        archive.comment = comment.encode() + b"0" * _DIGITS
    data = buffer.getvalue()[:-_DIGITS]
    return data + hashlib.sha256(data).hexdigest().encode()


def read_label(path: Path) -> Label | None:
    """What a shard's file says about itself; None where there is none or it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(size - _TAIL, 0))
            found = _COMMENT.search(file.read())
    except OSError:
        return None
    if found is None:
        return None
    number, ensemble, layout, _ = (part.decode() for part in found.groups())
    return Label(int(number), ensemble, layout)


def is_whole(path: Path) -> bool:
    """Whether every byte of a shard's file is as it was written; reads it in small pieces."""
    checksum = hashlib.sha256()
    try:
        with path.open("rb") as file:
            left = file.seek(0, io.SEEK_END) - _DIGITS
            file.seek(0)
            while left > 0 and (block := file.read(min(left, _BLOCK))):
                checksum.update(block)
                left -= len(block)
            return file.read() == checksum.hexdigest().encode()
    except OSError:
        return False


def read_members(path: Path) -> dict[str, bytes]:
    """The Zarr store of a shard, as file names and contents.

    Raises
    ------
    InputError
        For a damaged file.
    """
    with _opened(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_member(path: Path, name: str) -> bytes:
    """One file of a shard's Zarr store; raises as `read_members` does."""
    with _opened(path) as archive:
        return archive.read(name)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    # Zarr would take a KeyError, or a file that is not there, for a chunk of zeros.
    except (OSError, KeyError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise InputError(
            f"the shard cannot be read: {error}",
            where=path,
            fix="the command that made it computes it again",
        ) from error
