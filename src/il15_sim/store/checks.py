"""What cannot be stored, and what does not fit the shards before."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from il15_sim.errors import InputError
from il15_sim.store.encode import METADATA, Files

_NUMBERS = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"}
_WORDS = {"data_type": "data", "dimension_names": "dimensions", "shape": "sizes"}


def check_rows(data: object, start: int, stop: int) -> xr.Dataset:
    """Refuse what a compute function returned for rows `[start, stop)` unless it can be stored.

    Raises
    ------
    InputError
        For something that is no Dataset, other rows than asked for, `run` not in first place, data
        that are not numbers, and attributes by which xarray would change the numbers.
    """
    if not isinstance(data, xr.Dataset):
        raise InputError(f"the result is not an xarray.Dataset but {type(data).__name__}")
    if "run" not in data.dims:
        raise InputError("the result has no dimension 'run'")
    if data.sizes["run"] != stop - start:
        raise InputError(f"the result has {data.sizes['run']} rows instead of {stop - start}")
    if "run" not in data.coords or not np.array_equal(data["run"], np.arange(start, stop)):
        raise InputError(f"the coordinate 'run' does not count from {start} to {stop - 1}")
    for name in data.coords:
        if str(name).split() != [name]:
            # They are listed in one text.
            raise InputError(f"{name!r} cannot name a coordinate", why="it has blanks")
    for name, variable in data.variables.items():
        _check_variable(name, variable)
        _check_attributes(f"'{name}'", variable)
    _check_attributes("the dataset", xr.Variable((), 0, data.attrs))
    return data


def _check_variable(name: object, variable: xr.Variable) -> None:
    if not isinstance(name, str) or not name or name[0] == "." or set(name) & set("/\\"):
        raise InputError(f"{name!r} cannot name a variable", why="names are text without '/'")
    if "run" in variable.dims[1:]:
        dims = ", ".join(map(str, variable.dims))
        raise InputError(f"'{name}' has dimensions ({dims})", why="'run' comes first")
    text = variable.dtype.kind == "U" and "run" not in variable.dims
    if not text and variable.dtype.str[1:] not in _NUMBERS:
        raise InputError(
            f"'{name}' has data of type {variable.dtype}",
            why="shards hold numbers, and fixed-width text where there is no dimension 'run'",
            fix="use numbers with a flag_meanings attribute, or numpy text (dtype 'U')",
        )


def _check_attributes(subject: str, variable: xr.Variable) -> None:
    """Refuse attributes by which xarray decodes: it takes them away and changes the values."""
    try:
        # Numbers with a unit such as "days" stay numbers in xarray now; it had decoded them once.
        left = xr.decode_cf(xr.Dataset({"x": variable}), decode_timedelta=False)["x"].attrs
    except ValueError:
        left = {}
    if lost := sorted(variable.attrs.keys() - left.keys()):
        raise InputError(
            f"{subject} has the attribute '{lost[0]}'",
            why="xarray would take other values from the file by it",
            fix="give it another name or unit",
        )


def check_same(files: Files, first: Files) -> None:
    """Refuse a shard that does not share the files of the first one in what they say.

    Raises
    ------
    InputError
        Naming the variable and what differs.
    """
    new, old = _described(files), _described(first)
    for name in sorted(old.keys() - new.keys()):
        raise InputError(f"'{name}' is missing", why="the first shard has it")
    for name in sorted(new.keys() - old.keys()):
        raise InputError(f"'{name}' is new", why="the first shard does not have it")
    for name, about in old.items():
        for part, value in about.items():
            ours, theirs = _text(new[name].get(part)), _text(value)
            if ours != theirs:
                raise InputError(
                    f"{_subject(name)} has other {_WORDS.get(part, part)} than in the first shard",
                    why=f"{ours} is not {theirs}",
                )
    for key, content in first.items():
        if not key.endswith(METADATA) and files.get(key) != content:
            name = key.partition("/")[0]
            raise InputError(f"'{name}' has other values than in the first shard")


def _described(files: Files) -> dict[str, dict[str, Any]]:
    """What the metadata say of each variable; of the dataset under the name ""."""
    root = json.loads(files[METADATA])
    variables: dict[str, dict[str, Any]] = root["consolidated_metadata"]["metadata"]
    return variables | {"": {"attributes": root["attributes"]}}


def _subject(name: str) -> str:
    return f"'{name}'" if name else "the dataset"


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
