"""What every engine has to compute: the same runs of one model, with the same doses and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """One dosing of one model, to be run for many parameter sets.

    Plain values only, so that a task can be sent to another process. Times are in the unit of the
    model. A run consists of `segments` stretches of equal length; with doses, each begins with
    one, and without them there is a single one.

    Attributes
    ----------
    model : str
        Name of the model.
    sbml : str
        The model, with published values and start states.
    parameters, observables, states : tuple of str
        Ids of the columns of a parameter set, of the outputs and of the state variables.
    start : (S,) array
        Start value of every state, the same for all parameter sets.
    sizes : (S,) array
        Size of every state, for absolute tolerances of tools that take one per state.
    common_size : float
        The same for tools that take a single absolute tolerance.
    dosed : str
        State that a dose is added to; empty where there are no doses.
    dose : float
        Amount of a dose in the unit of `dosed`.
    segments : int
        Number of doses, from time zero on, evenly spaced; 1 where there are none.
    times : (T,) array
        Times of the outputs, evenly spaced from zero to the end. Rows stand at ends of segments
        or inside of them, always at the same places: either every row is the end of a segment, or
        every end of a segment is a row.
    """

    model: str
    sbml: str
    parameters: tuple[str, ...]
    observables: tuple[str, ...]
    states: tuple[str, ...]
    start: Array
    sizes: Array
    common_size: float
    dosed: str
    dose: float
    segments: int
    times: Array

    def __post_init__(self) -> None:
        """Raise ValueError where rows and segments do not go together."""
        rows = len(self.times) - 1
        if rows % self.segments and self.segments % rows:
            raise ValueError(f"{rows} rows do not go with {self.segments} segments")

    @property
    def end(self) -> float:
        """Time of the last row."""
        return float(self.times[-1])

    @property
    def interval(self) -> float:
        """Length of a segment."""
        return self.end / self.segments

    @property
    def dose_times(self) -> Array:
        """When doses are given, from zero on."""
        return np.arange(self.segments if self.dosed else 0) * self.interval

    @property
    def segments_per_row(self) -> int:
        """Segments from one row to the next, at least one."""
        return max(1, self.segments // (len(self.times) - 1))

    @property
    def offsets(self) -> Array:
        """Times of the rows of a segment after its begin, the end among them."""
        rows = max(1, (len(self.times) - 1) // self.segments)
        return self.interval * np.arange(1, rows + 1) / rows

    def rows_after(self, segment: int) -> slice:
        """Rows (of `times`) that the end of a segment completes, counted from zero."""
        per, done = len(self.offsets), segment + 1
        if done % self.segments_per_row:
            return slice(0, 0)
        last = per * (done // self.segments_per_row)
        return slice(last - per + 1, last + 1)

    def first_state(self) -> Array:
        """Start values after the dose of time zero."""
        first = self.start.copy()
        if self.dosed:
            first[self.states.index(self.dosed)] += self.dose
        return first


def errors(values: Array, reference: Array) -> Array:
    """Error (N,) of runs (N, T, O): the largest of all times and observables.

    Relative to the largest value of that observable in that run; NaN where a run has failed.
    """
    size = np.abs(reference).max(axis=1, keepdims=True)
    relative = np.abs(values - reference) / np.where(size > 0, size, 1.0)
    return np.asarray(relative.max(axis=(1, 2)), dtype=np.float64)


def blocks(last: int, size: int, first: int = 0) -> Sequence[slice]:
    """Consecutive slices of `size` that cover [first, last)."""
    return [slice(k, min(k + size, last)) for k in range(first, last, size)]
