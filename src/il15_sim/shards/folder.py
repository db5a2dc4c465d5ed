"""The folder of an ensemble: its manifest and the files of its shards."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from il15_sim.errors import InputError
from il15_sim.files.record import digest
from il15_sim.shards.canonical import canonical_json
from il15_sim.shards.layout import Layout, check_rows, check_same, hash_layout, layout_of
from il15_sim.shards.manifest import end_manifest, read_description, start_manifest
from il15_sim.shards.publish import publish, remove_leftovers
from il15_sim.shards.shard_file import (
    Label,
    encode,
    is_whole,
    pack,
    read_label,
    read_members,
)
from il15_sim.shards.view import open_view

#: Computes rows `[start, stop)`: dimension and coordinate `run` are these row numbers.
Compute = Callable[[int, int], xr.Dataset]

_FORMAT = 1  # of the files; another one gives another hash
_NAME_DIGITS = 16  # of the hash, in the folder's name


class ShardFolder:
    """Rows of one ensemble, cut into shards that are computed and stored one by one.

    Any number of processes and machines that see the same folder may work on it at the same time:
    a shard appears whole or not at all, and a shard computed twice is the same shard.

    Attributes
    ----------
    path : Path
        The folder; its name is the beginning of `hash`.
    hash : str
        SHA-256 of the inputs, the number of rows and the rows of a shard.
    rows, rows_per_shard : int
        Rows in all, and in every shard but the last, which may be shorter.
    """

    def __init__(self, path: Path, description: Mapping[str, Any]) -> None:
        self.path = path
        self.hash = digest(canonical_json(description))
        self.rows: int = description["rows"]
        self.rows_per_shard: int = description["rows_per_shard"]
        self._finished: set[int] = set()  # those whose checksum this process knows to fit
        self._layout: Layout | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        inputs: Mapping[str, object],
        rows: int,
        *,
        rows_per_shard: int = 4096,
        multiple_of: int = 8,
    ) -> ShardFolder:
        """The folder of an ensemble below `folder`, made where it is missing.

        Parameters
        ----------
        folder : Path
            Folder of all ensembles; this one is `folder/<first 16 digits of the hash>`.
        inputs : mapping of str to object
            Everything the results depend on, as JSON can tell it: hashes, tolerances, versions.
        rows, rows_per_shard : int
            Rows in all, and of one shard.
        multiple_of : int
            Rows computed together; every shard begins at a multiple of it.

        Raises
        ------
        InputError
            For numbers of rows that do not fit, inputs that JSON cannot tell, a folder that was
            made from other inputs, and one that cannot be written.
        """
        if rows < 1:
            raise InputError(f"{rows} rows", why="an ensemble has at least one row")
        if rows_per_shard < 1 or rows_per_shard % multiple_of:
            raise InputError(
                f"{rows_per_shard} rows per shard",
                why=f"shards begin at multiples of {multiple_of}",
            )
        description = json.loads(
            canonical_json(
                {
                    "format": _FORMAT,
                    "inputs": inputs,
                    "rows": rows,
                    "rows_per_shard": rows_per_shard,
                }
            )
        )
        name = digest(canonical_json(description))[:_NAME_DIGITS]
        found = cls(Path(folder) / name, description)
        with found._told():
            found.path.mkdir(parents=True, exist_ok=True)
            remove_leftovers(found.path)
            start_manifest(found.path, found.hash, description)
        return found

    @classmethod
    def read(cls, path: Path) -> ShardFolder:
        """An ensemble's folder as it lies there, without its inputs; nothing is written.

        Raises
        ------
        InputError
            Where there is no manifest, or one that was changed.
        """
        hash_, description = read_description(Path(path))
        found = cls(Path(path), description)
        if found.hash != hash_:
            raise InputError(
                "the manifest was changed", where=path, why="its inputs do not have its hash"
            )
        return found

    @property
    def numbers(self) -> range:
        """Numbers of all shards."""
        return range(-(-self.rows // self.rows_per_shard))

    def span(self, number: int) -> tuple[int, int]:
        """First row of a shard, and the one behind its last."""
        if number not in self.numbers:
            raise InputError(f"shard {number}", why=f"there are {len(self.numbers)}, from 0 on")
        start = number * self.rows_per_shard
        return start, min(start + self.rows_per_shard, self.rows)

    def file(self, number: int) -> Path:
        """Where a shard lies once it is finished: a Zarr store in a zip archive."""
        return self.path / f"shard-{number:05d}.zarr.zip"

    def is_finished(self, number: int) -> bool:
        """Whether a shard is there and whole; one that was seen to be so is not read again."""
        if number not in self._finished:
            path = self.file(number)
            if self._is_own(read_label(path), number) and is_whole(path):
                self._finished.add(number)
        return number in self._finished

    def missing(self) -> list[int]:
        """Numbers of the shards to be computed; warns in one line of those that are damaged."""
        missing = [number for number in self.numbers if not self.is_finished(number)]
        damaged = [number for number in missing if self.file(number).exists()]
        if damaged:
            warnings.warn(
                f"{self.path}: {_listed('shard', damaged)} damaged and must be computed again",
                stacklevel=2,
            )
        return missing

    def run(self, number: int, compute: Compute) -> None:
        """Compute one shard and store it, whether it is there already or not.

        Raises
        ------
        InputError
            For a result that does not fit its rows or the shards before, and where it cannot be
            written. What `compute` raises passes through.
        """
        start, stop = self.span(number)
        result = compute(start, stop)
        where = f"shard {number} (rows {start} to {stop - 1})"
        try:
            data = check_rows(result, start, stop)
            members = _encode(data, min(self.rows_per_shard, self.rows))
            layout = layout_of(members)
            check_same(layout, self._first_layout() or layout)
        except InputError as error:
            raise error.at(where) from error.__cause__
        content = pack(members, Label(number, self.hash, hash_layout(layout)))
        with self._told():
            publish(self.file(number), content)
        self._layout = layout
        self._finished.add(number)

    def dataset(self) -> xr.Dataset:
        """All rows as one dataset; values are read from the files when they are used.

        Raises
        ------
        InputError
            Where shards are missing, or were written with different variables.
        """
        labels = [read_label(self.file(number)) for number in self.numbers]
        missing = [n for n, label in enumerate(labels) if not self._is_own(label, n)]
        if missing:
            raise InputError(
                f"{_listed('shard', missing)} missing",
                where=self.path,
                fix="the command that made the folder continues it",
            )
        layouts = {label.layout: number for number, label in enumerate(labels) if label}
        if len(layouts) > 1:
            one, other, *_ = sorted(layouts.values())
            raise InputError(
                f"shards {one} and {other} have different variables or attributes",
                where=self.path,
                fix="remove the folder and run again",
            )
        return open_view([self.file(number) for number in self.numbers], self.rows)

    def note_end(self) -> None:
        """Write the time into the manifest at which all rows were finished, the first time only."""
        with self._told():
            end_manifest(self.path)

    def remove_leftovers(self) -> None:
        """Remove unfinished files that nobody is writing any more."""
        remove_leftovers(self.path)

    def _is_own(self, label: Label | None, number: int) -> bool:
        return label is not None and (label.ensemble, label.number) == (self.hash, number)

    def _first_layout(self) -> Layout | None:
        """Layout of a finished shard, where there is one."""
        if self._layout is None and self._finished:
            self._layout = layout_of(read_members(self.file(min(self._finished))))
        return self._layout

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


def _encode(data: xr.Dataset, chunk_rows: int) -> dict[str, bytes]:
    try:
        return encode(data, chunk_rows)
    except (TypeError, ValueError) as error:
        raise InputError(f"the result cannot be stored: {error}") from error


def _listed(noun: str, numbers: list[int]) -> str:
    """'shard 3 is', 'shards 3, 7 are', 'shards 0, 1, 2, 3, 4, 5 and 12 more are'."""
    shown, more = numbers[:6], len(numbers) - 6
    text = ", ".join(map(str, shown)) + (f" and {more} more" if more > 0 else "")
    return f"{noun} {text} is" if len(numbers) == 1 else f"{noun}s {text} are"
