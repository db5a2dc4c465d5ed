"""What an ensemble was made from, as its folder tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError
from il15_sim.files.record import MANIFEST, versions
from il15_sim.shards.publish import publish

# What the hash covers.
_DESCRIBED = ("format", "inputs", "rows", "rows_per_shard")


def start_manifest(folder: Path, hash_: str, description: Mapping[str, Any]) -> None:
    """Write the manifest of a new folder; refuse one that tells of something else.

    Raises
    ------
    InputError
        For a manifest of other inputs (a changed one, or a folder of the same name by chance), one
        that cannot be read, and shards without any.
    OSError
        Where it cannot be written.
    """
    manifest = _read(folder)
    if manifest is None:
        if any(folder.glob("shard-*")):
            raise InputError(f"shards without {MANIFEST}", where=folder, fix="move the folder away")
        about = {"versions": _versions(), "created": _now(), "finished": None}
        _write(folder, {"hash": hash_, **description, **about})
        return
    expected = {"hash": hash_, **description}
    for name, value in expected.items():
        if json.dumps(manifest[name], sort_keys=True) != json.dumps(value, sort_keys=True):
            raise InputError(
                "the folder was made from other inputs, or its manifest was changed",
                where=folder / MANIFEST,
                why=f"'{name}' differs, and results of other inputs are never continued",
                fix="move the folder away",
            )


def end_manifest(folder: Path) -> None:
    """Note the time at which all rows were finished, the first time only."""
    manifest = _read(folder)
    if manifest is not None and manifest.get("finished") is None:
        _write(folder, manifest | {"finished": _now()})


def read_description(folder: Path) -> tuple[str, dict[str, Any]]:
    """The hash in a folder's manifest, and what it should be the hash of.

    Raises
    ------
    InputError
        Where there is no manifest, or one that cannot be read.
    """
    manifest = _read(folder)
    if manifest is None:
        raise InputError("is not the folder of an ensemble", where=folder, why=f"no {MANIFEST}")
    return str(manifest["hash"]), {name: manifest[name] for name in _DESCRIBED}


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
    publish(folder / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())


def _versions() -> dict[str, str]:
    return versions() | {name: version(name) for name in ("xarray", "zarr")}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
