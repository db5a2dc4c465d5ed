"""What an ensemble was made from, as its folder tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.files.record import MANIFEST, digest, versions
from il15_sim.store.publish import publish

#: The Zarr store in an ensemble's folder.
STORE = "runs.zarr"
_FORMAT = 2  # of the files; another one gives another hash
_DESCRIBED = ("format", "inputs", "rows", "rows_per_shard")


def describe(inputs: Mapping[str, object], rows: int, rows_per_shard: int) -> dict[str, Any]:
    """What the hash of an ensemble covers, as JSON reads it back.

    Raises
    ------
    InputError
        For inputs that are no JSON: NaN and infinity, arrays, sets, bytes.
    """
    values = (_FORMAT, inputs, rows, rows_per_shard)
    try:
        text = json.dumps(dict(zip(_DESCRIBED, values, strict=True)), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the inputs of an ensemble cannot be told: {error}",
            fix="give text, finite numbers, lists and mappings, and of all else a hash",
        ) from error
    return dict(json.loads(text))


def hash_of(description: Mapping[str, Any]) -> str:
    """SHA-256 of a description, whatever the order of its names.

    >>> hash_of({"a": 1, "b": {"c": 2, "d": 3}}) == hash_of({"b": {"d": 3, "c": 2}, "a": 1})
    True
    """
    return digest(json.dumps(description, sort_keys=True))


def start_manifest(
    folder: Path, description: Mapping[str, Any], names: NDArray[np.generic] | None = None
) -> None:
    """Write the manifest of a new folder; refuse one that tells of something else, or other names.

    Raises
    ------
    InputError
        For a manifest of other inputs (a changed one, or a folder of the same name by chance), one
        that cannot be read, and results without any.
    OSError
        Where it cannot be written.
    """
    expected = {"hash": hash_of(description), **description}
    called = None if names is None else digest(names.dtype.str.encode() + names.tobytes())
    manifest = _read(folder)
    if manifest is None:
        if (folder / STORE).exists():
            raise InputError(
                f"results without {MANIFEST}", where=folder, fix="move the folder away"
            )
        used = versions() | {name: version(name) for name in ("xarray", "zarr")}
        about = {"names": called, "versions": used, "created": _now(), "finished": None}
        _write(folder, expected | about)
        return
    for name, value in expected.items():
        if hash_of({"": manifest[name]}) != hash_of({"": value}):
            raise InputError(
                "the folder was made from other inputs, or its manifest was changed",
                where=folder / MANIFEST,
                why=f"'{name}' differs, and results of other inputs are never continued",
                fix="move the folder away",
            )
    if manifest.get("names") != called:
        raise InputError(
            "the runs in the folder have other names",
            where=folder,
            fix="give them the names that they had, and others by Runs.renamed; "
            "or move the folder away",
        )


def are_named(folder: Path) -> bool:
    """Whether the rows in a folder have names of their own."""
    return bool((_read(folder) or {}).get("names"))


def end_manifest(folder: Path) -> None:
    """Note the time at which all rows were finished, the first time only."""
    manifest = _read(folder)
    if manifest is not None and manifest.get("finished") is None:
        _write(folder, manifest | {"finished": _now()})


def read_description(folder: Path) -> dict[str, Any]:
    """What an ensemble was made from.

    Raises
    ------
    InputError
        Where there is no manifest, one that cannot be read, or one that was changed.
    """
    manifest = _read(folder)
    if manifest is None:
        raise InputError("is not the folder of an ensemble", where=folder, why=f"no {MANIFEST}")
    description = {name: manifest[name] for name in _DESCRIBED}
    if manifest["hash"] != hash_of(description):
        raise InputError(
            "the manifest was changed", where=folder, why="its inputs do not have its hash"
        )
    return description


def _read(folder: Path) -> dict[str, Any] | None:
    """The manifest in a folder; None where there is none."""
    fix = "move the folder away"
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        absent = [name for name in ("hash", *_DESCRIBED) if name not in manifest]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError) as error:
        raise InputError(f"cannot be read: {error}", where=folder / MANIFEST, fix=fix) from None
    if absent:
        raise InputError(f"has no '{absent[0]}'", where=folder / MANIFEST, fix=fix)
    return dict(manifest)


def _write(folder: Path, manifest: Mapping[str, Any]) -> None:
    publish(folder, MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
