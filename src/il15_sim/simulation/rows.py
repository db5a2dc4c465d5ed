"""Parameter sets of an ensemble, whole or in blocks."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError, check_distinct
from il15_sim.finite import as_number

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ParameterRows:
    """Parameter sets that are drawn or read in blocks, so that a million need no memory.

    Attributes
    ----------
    count : int
        Number of rows N.
    columns : tuple of str, length V
        Ids of the parameters that vary.
    draw : callable
        `draw(start, stop)` gives rows [start, stop) as an array of shape (stop - start, V). The
        same rows must come however the range is cut.
    identity : str
        Names the whole table, for example its seed and the version of the function that draws:
        stored results are found again by it.
    names : tuple, length N, or None
        What the rows are called; None: by their numbers.

    Raises
    ------
    InputError
        For no rows, columns that are not distinct ids, and names that are not distinct.

    Examples
    --------
    >>> import numpy as np
    >>> from il15_sim import ParameterRows
    >>> def draw(start, stop):
    ...     seeds = [np.random.default_rng([7, row]) for row in range(start, stop)]
    ...     return np.array([[rng.lognormal(5.0, 0.3)] for rng in seeds])
    >>> rows = ParameterRows(1_000_000, ("sorafenib_volume",), draw, "lognormal 5, 0.3; seed 7")
    >>> rows.block(3, 5).shape
    (2, 1)
    """

    count: int
    columns: tuple[str, ...]
    draw: Callable[[int, int], Array]
    identity: str
    names: tuple[Hashable, ...] | None = None

    def __post_init__(self) -> None:
        """Check the count and the columns."""
        if self.count < 1:
            raise InputError("no row to simulate", why="the parameter table is empty")
        if isinstance(self.columns, str):
            raise InputError(f"columns {self.columns!r}", fix="give a tuple of parameter ids")
        double = sorted({c for c in self.columns if self.columns.count(c) > 1})
        if double:
            raise InputError(
                f"column '{double[0]}' of the parameter table", why="it is there twice"
            )
        if self.names is not None:
            if len(self.names) != self.count:
                raise InputError(
                    f"{len(self.names)} names for {self.count} runs", fix="give one per run"
                )
            check_distinct("run", self.names, "give each a name of its own")

    @classmethod
    def none(cls, count: int) -> ParameterRows:
        """Rows in which no parameter varies."""
        return cls(count, (), _Table(np.zeros((count, 0))), "")

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> ParameterRows:
        """The rows of a table whose columns are parameter ids, and whose index names them.

        Raises
        ------
        InputError
            For columns that are not numbers (truth values are none) or stand there twice, for a
            table without rows, and for an index in which a name stands twice.

        Examples
        --------
        >>> import pandas as pd
        >>> from il15_sim import ParameterRows
        >>> table = pd.DataFrame({"sorafenib_volume": [80, 90]}, index=["Ann", "Bob"])
        >>> ParameterRows.of_frame(table).block(1, 2)
        array([[90.]])
        """
        if not isinstance(frame, pd.DataFrame):
            raise InputError(f"parameter table {frame!r:.40}", fix="give a pandas DataFrame")
        for name, dtype in frame.dtypes.items():
            kind = getattr(dtype, "kind", "O")
            # To pandas, truth values are numeric; lengths of time are refused with the rest.
            if not pd.api.types.is_numeric_dtype(dtype) or kind in "cb":
                raise InputError(
                    f"column '{name}' of the parameter table", why=f"it is {dtype}, not numbers"
                )
        names = tuple(map(str, frame.columns))
        # A copy: the caller may change the table while results are still being computed.
        table = np.array(frame.to_numpy(dtype=np.float64, na_value=np.nan), order="C")
        text = hashlib.sha256("\n".join(names).encode() + table.tobytes()).hexdigest()
        return cls(len(table), names, _Table(table), text, _names_in(frame.index))

    @classmethod
    def of_mappings(
        cls, changes: Sequence[Mapping[str, float]], values: Mapping[str, float]
    ) -> ParameterRows:
        """One row per mapping of id to value; what a mapping leaves out is taken from `values`."""
        names = list(dict.fromkeys(name for one in changes for name in one))
        table = np.empty((len(changes), len(names)))
        for i, one in enumerate(changes):
            for j, name in enumerate(names):
                number = as_number(one.get(name, values.get(name, math.nan)))
                if number is None:
                    raise InputError(f"value {one[name]!r:.40} of '{name}' is not a number")
                table[i, j] = number
        return cls.of_frame(pd.DataFrame(table, columns=names))

    @property
    def labels(self) -> NDArray[np.generic] | None:
        """The names as one array (N,) of numbers or text; None where rows are numbered."""
        if self.names is None:
            return None
        array = np.asarray(self.names)
        # What is neither, such as dates, is told as text: stores hold nothing else.
        plain = array.ndim == 1 and array.dtype.kind in "biufU"
        return array if plain else np.array([str(name) for name in self.names])

    def crossed(self, count: int) -> ParameterRows:
        """Every row so many times, one behind the other: patients under several regimens."""
        if count == 1:
            return self
        draw = _Repeated(self, count)
        return ParameterRows(
            self.count * count, self.columns, draw, f"{self.identity}, each {count} times"
        )

    def take(self, rows: NDArray[np.intp]) -> ParameterRows:
        """Some of the rows, by number."""
        table = np.array([self.block(i, i + 1)[0] for i in rows.tolist()])
        names = None if self.names is None else tuple(self.names[i] for i in rows)
        return self._with(table.reshape(len(rows), len(self.columns)), names)

    def between(self, first: int, last: int) -> ParameterRows:
        """The rows [first, last) as a table."""
        return self._with(self.block(first, last), self.names and self.names[first:last])

    def _with(self, table: Array, names: tuple[Hashable, ...] | None) -> ParameterRows:
        text = hashlib.sha256("\n".join(self.columns).encode() + table.tobytes()).hexdigest()
        return ParameterRows(len(table), self.columns, _Table(table), text, names)

    def block(self, start: int, stop: int) -> Array:
        """Rows [start, stop), checked for their shape."""
        table = np.asarray(self.draw(start, stop), dtype=np.float64)
        if table.shape != (stop - start, len(self.columns)):
            raise InputError(
                f"parameter rows {start}-{stop} have shape {table.shape}",
                why=f"{(stop - start, len(self.columns))} was expected, one column per parameter",
            )
        return table


@dataclass(frozen=True, eq=False)
class _Table:
    """Draws from a table; unlike a closure it can be sent to another process."""

    table: Array

    def __call__(self, start: int, stop: int) -> Array:
        return self.table[start:stop]


@dataclass(frozen=True, eq=False)
class _Repeated:
    """Draws every row of others several times."""

    rows: ParameterRows
    count: int

    def __call__(self, start: int, stop: int) -> Array:
        first = start // self.count
        last = -(-stop // self.count)
        own = np.arange(start, stop) // self.count - first
        return self.rows.block(first, last)[own]


def _names_in(index: pd.Index) -> tuple[Hashable, ...] | None:
    """Names of rows; None where they are numbered from 0."""
    if index.equals(pd.RangeIndex(len(index))):
        return None
    names = tuple(" ".join(map(str, x)) if isinstance(x, tuple) else x for x in index.tolist())
    fix = "number the rows of the parameter table anew with reset_index(drop=True)"
    check_distinct("row", names, fix)
    return names
