"""The folder of an ensemble: which shards are finished, and one more of them."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.files.record import digest
from il15_sim.store.checks import check_rows, check_same
from il15_sim.store.encode import Files, encode
from il15_sim.store.manifest import (
    STORE,
    are_named,
    describe,
    end_manifest,
    hash_of,
    read_description,
    start_manifest,
)
from il15_sim.store.publish import publish, remove_leftovers
from il15_sim.store.read import open_store

#: Computes rows `[start, stop)`: dimension and coordinate `run` are these row numbers.
Compute = Callable[[int, int], xr.Dataset]
#: SHA-256 of files, by their path in the store.
Sums = dict[str, str]

_NAME_DIGITS = 16  # of the hash, in the folder's name


class ShardFolder:
    """Rows of one ensemble, cut into shards that are computed and stored one by one.

    Any number of processes and machines that see the same folder may work on it at the same time:
    a shard counts once its mark is there, and a shard computed twice is the same shard.

    Attributes
    ----------
    path : Path
        The folder; its name is the beginning of `hash`.
    hash : str
        SHA-256 of the inputs, the number of rows and the rows of a shard.
    rows, rows_per_shard : int
        Rows in all, and in every shard but the last, which may be shorter.
    """

    def __init__(
        self, path: Path, description: Mapping[str, Any], names: NDArray[Any] | None = None
    ) -> None:
        self.path, self.hash, self.names = path, hash_of(description), names
        self.rows: int = description["rows"]
        self.rows_per_shard: int = description["rows_per_shard"]
        self._finished: set[int] = set()  # those whose checksums this process knows to fit

    @classmethod
    def open(
        cls,
        folder: Path,
        inputs: Mapping[str, object],
        rows: int,
        *,
        rows_per_shard: int,
        multiple_of: int = 8,
        names: NDArray[np.generic] | None = None,
    ) -> ShardFolder:
        """The folder of an ensemble below `folder`, made where it is missing; see `run_shards`."""
        if rows < 1:
            raise InputError(f"{rows} rows", why="an ensemble has at least one row")
        if rows_per_shard < 1 or rows_per_shard % multiple_of:
            raise InputError(
                f"{rows_per_shard} rows per shard",
                why=f"shards begin at multiples of {multiple_of}",
            )
        description = describe(inputs, rows, rows_per_shard)
        found = cls(Path(folder) / hash_of(description)[:_NAME_DIGITS], description, names)
        with found._told():
            found.path.mkdir(parents=True, exist_ok=True)
            remove_leftovers(found.path)
            start_manifest(found.path, description, names)
        return found

    @classmethod
    def read(cls, path: Path) -> ShardFolder:
        """An ensemble's folder as it lies there, without its inputs; nothing is written."""
        return cls(path, read_description(path))

    @property
    def numbers(self) -> range:
        """Numbers of all shards."""
        return range(-(-self.rows // self.rows_per_shard))

    def span(self, number: int) -> tuple[int, int]:
        """First row of a shard, and the one behind its last."""
        start = number * self.rows_per_shard
        return start, min(start + self.rows_per_shard, self.rows)

    def mark(self, number: int) -> Path:
        """The file that is written when all others of a shard are there."""
        return self.path / "finished" / str(number)

    def is_finished(self, number: int) -> bool:
        """Whether a shard is there and whole; one that was seen to be so is not read again."""
        if number not in self._finished and (sums := self._sums(self.mark(number))):
            shared, own = sums
            # What all share is looked after with the first one.
            if self._fit(own if number else own | shared):
                self._finished.add(number)
        return number in self._finished

    def missing(self) -> list[int]:
        """Numbers of the shards to be computed; warns in one line of those that are damaged."""
        missing = [number for number in self.numbers if not self.is_finished(number)]
        damaged = [number for number in missing if self.mark(number).exists()]
        if damaged:
            warnings.warn(
                f"{self.path}: {_listed('shard', damaged)} damaged and must be computed again",
                stacklevel=2,
            )
        return missing

    def write(self, number: int, result: xr.Dataset) -> None:
        """Store the result of one shard, whether it is there already or not.

        Raises
        ------
        InputError
            For a result that does not fit its rows or the shards before, and where it cannot be
            written.
        """
        start, stop = self.span(number)
        try:
            data = check_rows(result, start, stop).compute()
            if self.names is not None:
                data = data.assign_coords(run=("run", self.names[start:stop], data["run"].attrs))
            shared, own = encode(data, start, self.rows, self.rows_per_shard)
            sums = self._share(shared)
        except InputError as error:
            raise error.at(f"shard {number} (rows {start} to {stop - 1})") from error.__cause__
        mark = json.dumps([self.hash, number, sums, _sums_of(own)])
        with self._told():
            for key, content in own.items():
                publish(self.path, f"{STORE}/{key}", content, sync_name=False)
            # Last: without it the shard does not count.
            publish(self.path, f"finished/{number}", f"{digest(mark)}\n{mark}".encode())
        self._finished.add(number)

    def dataset(self) -> xr.Dataset:
        """All rows as one dataset; values are read from the files when they are used.

        Raises
        ------
        InputError
            Where shards are missing, or were written with different variables.
        """
        sums = {number: self._sums(self.mark(number)) for number in self.numbers}
        if missing := [number for number, found in sums.items() if not found]:
            raise InputError(
                f"{_listed('shard', missing)} missing",
                where=self.path,
                fix="the command that made the folder continues it",
            )
        shared = {number: found[0] for number, found in sums.items() if found}
        if other := [number for number in shared if shared[number] != shared[0]]:
            raise InputError(
                f"shards 0 and {other[0]} have different variables or attributes",
                where=self.path,
                fix="remove the folder and run again",
            )
        if not self._fit(shared[0]):
            raise InputError(
                "what the shards share is damaged",
                where=self.path / STORE,
                fix="the command that made the folder writes it again",
            )
        return open_store(self.path / STORE, None if are_named(self.path) else self.rows)

    def note_end(self) -> None:
        """Write the time into the manifest at which all rows were finished, the first time only."""
        with self._told():
            end_manifest(self.path)

    def remove_leftovers(self) -> None:
        """Remove unfinished files that nobody is writing any more."""
        remove_leftovers(self.path)

    def _share(self, shared: Files) -> Sums:
        """Write what all shards share unless it is there; its checksums.

        Raises InputError where finished shards share something else.
        """
        sums = _sums_of(shared)
        marks = self.path.glob("finished/*")
        found = next((found[0] for mark in marks if (found := self._sums(mark))), sums)
        if found != sums:
            # Another version of Zarr may write the same in other words.
            if not self._fit(found):
                raise InputError("what the shards share is damaged", fix="move the folder away")
            check_same(shared, {key: (self.path / STORE / key).read_bytes() for key in found})
        elif not self._fit(sums):
            with self._told():
                for key, content in shared.items():
                    publish(self.path, f"{STORE}/{key}", content)
        return found

    def _sums(self, mark: Path) -> tuple[Sums, Sums] | None:
        """Checksums of what a shard shares and of its own chunks; None where its mark is bad."""
        try:
            checksum, _, text = mark.read_text(encoding="ascii").partition("\n")
        except (OSError, ValueError):
            return None
        if checksum != digest(text):
            return None
        ensemble, number, shared, own = json.loads(text)
        return (shared, own) if (ensemble, str(number)) == (self.hash, mark.name) else None

    def _fit(self, sums: Sums) -> bool:
        """Whether files of the store are as they were written."""
        try:
            for key, expected in sums.items():
                with (self.path / STORE / key).open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                        return False
        except OSError:
            return False
        return True

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell in one line that the folder cannot be written, and what is safe."""
        try:
            yield
        except OSError as error:
            spans = [self.span(number) for number in self._finished]
            safe = sum(stop - start for start, stop in spans)
            raise InputError(
                f"the results cannot be written: {error.strerror or error}",
                where=self.path,
                why=f"{safe} of {self.rows} rows are safe",
                fix="free the place, and the same command continues",
            ) from error


def _sums_of(files: Files) -> Sums:
    return {key: hashlib.sha256(content).hexdigest() for key, content in files.items()}


def _listed(noun: str, numbers: list[int]) -> str:
    """'shard 3 is', 'shards 3, 7 are', 'shards 0, 1, 2, 3, 4, 5 and 12 more are'."""
    shown, more = numbers[:6], len(numbers) - 6
    text = ", ".join(map(str, shown)) + (f" and {more} more" if more > 0 else "")
    return f"{noun} {text} is" if len(numbers) == 1 else f"{noun}s {text} are"
