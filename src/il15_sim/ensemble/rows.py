"""Parameter sets of an ensemble, whole or in blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError

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

    Raises
    ------
    InputError
        For no rows, and columns that are not distinct ids.

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

    @classmethod
    def none(cls, count: int) -> ParameterRows:
        """Rows in which no parameter varies."""
        return cls(count, (), lambda start, stop: np.zeros((stop - start, 0)), "")

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> ParameterRows:
        """The rows of a table whose columns are parameter ids, by position: its index is not read.

        Raises
        ------
        InputError
            For columns that are not numbers (truth values are none) or stand there twice, and for
            a table without rows.

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
        return cls(len(table), names, lambda start, stop: table[start:stop], text)

    def block(self, start: int, stop: int) -> Array:
        """Rows [start, stop), checked for their shape."""
        table = np.asarray(self.draw(start, stop), dtype=np.float64)
        if table.shape != (stop - start, len(self.columns)):
            raise InputError(
                f"parameter rows {start}-{stop} have shape {table.shape}",
                why=f"{(stop - start, len(self.columns))} was expected, one column per parameter",
            )
        return table
