"""What all shards of an ensemble must have in common: variables, types, attributes, coordinates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from il15_sim.errors import InputError
from il15_sim.files.record import digest

#: Description of each variable by name; the dataset itself has the name "".
Layout = Mapping[str, Mapping[str, Any]]

_METADATA = "zarr.json"
# What of a variable's Zarr metadata the shards share.
_SHARED = (
    "data_type",
    "dimension_names",
    "shape",
    "attributes",
    "fill_value",
    "codecs",
    "chunk_grid",
    "chunk_key_encoding",
)
_NUMBERS = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"}

_WORDS = {
    "data_type": "data",
    "dimension_names": "dimensions",
    "shape": "sizes",
    "chunk_grid": "sizes",
}


def check_rows(data: object, start: int, stop: int) -> xr.Dataset:
    """Refuse what a compute function returned for rows `[start, stop)` unless it can be stored.

    Raises
    ------
    InputError
        For something that is no Dataset, other rows than asked for, `run` not in first place, and
        data that are not numbers.
    """
    if not isinstance(data, xr.Dataset):
        raise InputError(f"the result is not an xarray.Dataset but {type(data).__name__}")
    if "run" not in data.dims:
        raise InputError("the result has no dimension 'run'")
    if data.sizes["run"] != stop - start:
        raise InputError(f"the result has {data.sizes['run']} rows instead of {stop - start}")
    if "run" not in data.coords or not np.array_equal(data["run"], np.arange(start, stop)):
        raise InputError(f"the coordinate 'run' does not count from {start} to {stop - 1}")
    for name, variable in data.variables.items():
        _check_variable(name, variable)
    return data


def _check_variable(name: object, variable: xr.Variable) -> None:
    if not isinstance(name, str) or not name or "/" in name:
        raise InputError(f"{name!r} cannot name a variable", why="names are text without '/'")
    if "run" in variable.dims[1:]:
        dims = ", ".join(map(str, variable.dims))
        raise InputError(f"'{name}' has dimensions ({dims})", why="'run' comes first")
    text = variable.dtype.kind in "US" and "run" not in variable.dims
    if not text and variable.dtype.str[1:] not in _NUMBERS:
        raise InputError(
            f"'{name}' has data of type {variable.dtype}",
            why="shards hold numbers, and fixed-width text where there is no dimension 'run'",
            fix="use numbers with a flag_meanings attribute, or numpy text (dtype 'U')",
        )


def layout_of(members: Mapping[str, bytes]) -> Layout:
    """What a shard's Zarr store has that its neighbours must have too.

    That is all but the number of rows and the values along `run`.
    """
    layout = {}
    for key, content in members.items():
        if key.rpartition("/")[2] != _METADATA:
            continue
        name, metadata = key.rpartition("/")[0], json.loads(content)
        about = {part: metadata[part] for part in _SHARED if part in metadata}
        if along_run(about):
            about["shape"][0] = None
        elif name:
            chunks = [members[key] for key in sorted(members) if key.startswith(f"{name}/c")]
            about["values"] = digest(b"".join(chunks))
        layout[name] = about
    return layout


def along_run(about: Mapping[str, Any]) -> bool:
    """Whether a variable with this Zarr metadata has one entry per row."""
    return "run" in (about.get("dimension_names") or [])


def hash_layout(layout: Layout) -> str:
    """SHA-256 of a layout."""
    return digest(_text(layout))


def check_same(layout: Layout, first: Layout) -> None:
    """Refuse a shard that does not have the layout of the first one.

    Raises
    ------
    InputError
        Naming the variable and what differs.
    """
    for name in sorted(first.keys() - layout.keys()):
        raise InputError(f"'{name}' is missing", why="the first shard has it")
    for name in sorted(layout.keys() - first.keys()):
        raise InputError(f"'{name}' is new", why="the first shard does not have it")
    for name, expected in first.items():
        subject = f"'{name}'" if name else "the dataset"
        for key, value in expected.items():
            other = layout[name].get(key)
            if _text(other) == _text(value):
                continue
            fault = f"{subject} has other {_WORDS.get(key, key)} than in the first shard"
            why = None if key == "values" else f"{_text(other)} is not {_text(value)}"
            raise InputError(fault, why=why)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
