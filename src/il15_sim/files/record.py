"""What a result was made from: hashes of its inputs, its folder, its manifest.

A result lies in `results/<name>/<first 8 digits of the hash>/` with `data/`, `figures/` and
`manifest.json`. The hash covers the inputs and the seed; versions and the time are noted beside it.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from il15_sim._version import __version__
from il15_sim.errors import InputError
from il15_sim.files.atomic import make_readable, write_atomic

MANIFEST = "manifest.json"
_NAME = re.compile(r"\w[\w.-]*")
_LIBRARIES = ("numpy", "scipy", "libroadrunner", "antimony", "SALib", "pandas", "statsmodels")
# Failures of the disk itself; they come without a file name.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


def digest(part: str | bytes) -> str:
    """SHA-256 of one input, as 64 hexadecimal digits.

    Text counts with Unix line ends, so that a checkout on another system has the same hash.

    >>> digest("a\\r\\nb") == digest(b"a\\nb")
    True
    """
    data = part.replace("\r\n", "\n").encode("utf-8") if isinstance(part, str) else part
    return hashlib.sha256(data).hexdigest()


def hash_inputs(inputs: Mapping[str, str | bytes], seed: int | None = None) -> str:
    """One hash for all named inputs and the seed, whatever the order they are given in.

    >>> hash_inputs({"model": "a", "doses": "b"}) == hash_inputs({"doses": "b", "model": "a"})
    True
    >>> hash_inputs({"model": "a"}, seed=1) == hash_inputs({"model": "a"}, seed=2)
    False
    """
    return _hash_digests({name: digest(part) for name, part in inputs.items()}, seed)


def _hash_digests(digests: Mapping[str, str], seed: int | None) -> str:
    text = json.dumps({"inputs": dict(digests), "seed": seed}, sort_keys=True)
    return digest(text)


def versions() -> dict[str, str]:
    """Versions of everything that can change a number: this package, Python and the libraries."""
    found = {"il15-sim": __version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[library] = importlib.metadata.version(library)
    return found


@dataclass(frozen=True)
class ResultFolder:
    """The folder of one result while it is being written.

    Attributes
    ----------
    path : Path
        Where the result will stand once it is complete.
    work : Path
        Where to write now; it becomes `path` when the `with` block ends without an error.
    data, figures : Path
        Folders inside `work`.
    hash : str
        Hash of the inputs and the seed.
    """

    path: Path
    work: Path
    hash: str

    @property
    def data(self) -> Path:
        """Folder of the tables."""
        return self.work / "data"

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.work / "figures"

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one file, named relative to the folder (`"report.html"`)."""
        return write_atomic(self.work / name, content)

    @classmethod
    @contextmanager
    def open(
        cls,
        root: str | Path,
        name: str,
        inputs: Mapping[str, str | bytes],
        seed: int | None = None,
        *,
        out: str | Path | None = None,
    ) -> Iterator[ResultFolder]:
        """Open the folder of a result; it appears whole at the end, or not at all.

        Everything is written into a hidden sibling that takes the final name on success. After an
        error or Ctrl-C nothing is left of it, and an earlier result is as it was. The same inputs
        again replace the earlier result; a folder made from other inputs is never touched.

        Parameters
        ----------
        root : str or Path
            Folder of all results; the result becomes `root/<name>/<hash8>`.
        name : str
            Name of the experiment.
        inputs : mapping of str to str or bytes
            Content of everything the result depends on (model, tables, scenario), by name.
        seed : int, optional
            Seed of the random numbers, where any are drawn.
        out : str or Path, optional
            Write exactly here instead of below `root`.

        Raises
        ------
        InputError
            For a name that is not a plain word, a place made from other inputs or holding other
            files, and a place that cannot be written.

        Examples
        --------
        >>> with tempfile.TemporaryDirectory() as root:
        ...     with ResultFolder.open(root, "demo", {"model": "a' = -a"}) as folder:
        ...         _ = folder.write("data/runs.csv", "run,time_h\\n")
        ...     sorted(file.name for file in folder.path.iterdir())
        ['data', 'figures', 'manifest.json']
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"result name {name!r}",
                why="a name has letters, digits, '.', '_' and '-' and no path in it",
                fix="give the folder with --out",
            )
        manifest = _manifest(name, inputs, seed)
        path = Path(root) / name / manifest["hash"][:8] if out is None else Path(out)
        with _written_at(path, manifest["hash"]) as work:
            folder = cls(path=path, work=work, hash=manifest["hash"])
            folder.data.mkdir()
            folder.figures.mkdir()
            yield folder
            manifest["files"] = {name: digest(file.read_bytes()) for name, file in _files(work)}
            folder.write(MANIFEST, json.dumps(manifest, indent=2) + "\n")


def _manifest(name: str, inputs: Mapping[str, str | bytes], seed: int | None) -> dict[str, Any]:
    digests = {part: digest(content) for part, content in sorted(inputs.items())}
    return {
        "status": "complete",
        "name": name,
        "hash": _hash_digests(digests, seed),
        "inputs": digests,
        "seed": seed,
        "versions": versions(),
        "system": f"{platform.system()} {platform.machine()}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@contextmanager
def _written_at(path: Path, hash_: str) -> Iterator[Path]:
    """A temporary sibling of `path` that takes its place when all went well."""
    final = path.absolute()
    missing: list[Path] = []
    work: Path | None = None
    try:
        with _told_as_input_error(path):
            _check_free(path, hash_)
            final = path.resolve()  # a link to a folder stays a link
            missing = [place for place in final.parents if not place.exists()]
            final.parent.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".{hash_[:8]}.partial-"))
            make_readable(work, 0o777)
        with _told_as_input_error(path, inside=work):
            yield work
        with _told_as_input_error(path):
            _check_free(path, hash_)  # somebody else may have written here meanwhile
            _swap(work, final)
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)
        for folder in missing:  # the innermost first; one that is not empty stays
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def _told_as_input_error(path: Path, inside: Path | None = None) -> Iterator[None]:
    """Tell a failure of the place itself in one line, but not one about a file elsewhere."""
    try:
        yield
    except OSError as error:
        about = error.filename
        if inside is not None and error.errno not in _DISK:
            if not isinstance(about, str | os.PathLike):
                raise
            if not Path(about).absolute().is_relative_to(inside):
                raise
        raise InputError(
            f"the results cannot be written: {error.strerror or error}",
            where=path,
            fix="free the place or choose another folder with --out",
        ) from error


def _swap(work: Path, final: Path) -> None:
    """Put `work` in the place of `final`, which may hold an earlier result."""
    # A folder that is not empty cannot be renamed over: it steps aside, and back after a failure.
    earlier = final.with_name(work.name.replace(".partial-", ".earlier-"))
    try:
        if final.exists():
            final.rename(earlier)
        work.rename(final)
    finally:
        if earlier.exists() and not final.exists():
            earlier.rename(final)
    shutil.rmtree(earlier, ignore_errors=True)


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Files below `folder` with their relative names, the manifest apart."""
    found = [(file.relative_to(folder).as_posix(), file) for file in folder.rglob("*")]
    return sorted((name, file) for name, file in found if file.is_file() and name != MANIFEST)


def _check_free(path: Path, hash_: str) -> None:
    """Refuse a place whose content would be lost."""
    fix = "choose another folder with --out, or move this one away"
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError("is not a folder", where=path, fix=fix)
    if path.resolve() == Path.cwd():
        raise InputError("is the current folder", where=path, fix="name a folder inside it")
    if not any(path.iterdir()):
        return
    try:
        known = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        made_from, listed = known["hash"], set(known["files"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            "the folder holds files that are not a result", where=path, fix=fix
        ) from None
    if made_from != hash_:
        why = f"{str(made_from)[:8]} is not {hash_[:8]}, and results are never overwritten"
        raise InputError("made from other inputs", where=path, why=why, fix=fix)
    foreign = [name for name, _ in _files(path) if name not in listed]
    if foreign:
        why = f"it would be lost: {foreign[0]}"
        raise InputError("the result holds a file added later", where=path, why=why, fix=fix)
