"""What was measured: rows of numbers or words, each with its place, its reading and its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.likelihoods import likelihood
from il15_sim.fit.quantities import Reads

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Row:
    """One measurement, in the unit of the model.

    Attributes
    ----------
    where : str
        File and line, for messages.
    observable : str
        What its table calls it.
    reads : Reads
        How it is read off the curves.
    measured : float or str
        A number, or the word of a direction.
    kind : str
        Likelihood, one of `il15_sim.fit.likelihoods.LIKELIHOODS`.
    known : mapping
        What the likelihood has to be told.
    size : str
        Name of an unknown size of errors; the spread in `known` is then counted in that size.
    factor : str
        What shares its free or random factor; empty where it has none.
    background : bool
        Whether what shares the factor shares a free offset, too.
    weight : float
        Of its squared residual: it divides the variance of normal errors, and multiplies the log
        density of other kinds.
    threshold : float
        Of a share of patients: the level it lies below or above, in the unit of the model.
    used : bool
        Whether it enters the fit, or is only compared with it.
    statistic : str
        What it is of the patients. Of an arm with patients, what is compared over them.
    group : str
        The group of its arm where that has another name.
    """

    where: str
    observable: str
    reads: Reads
    measured: float | str
    unit: str
    kind: str
    known: Mapping[str, float] = field(default_factory=dict)
    size: str = ""
    factor: str = ""
    background: bool = False
    weight: float = 1.0
    threshold: float = float("nan")
    used: bool = True
    study: str = ""
    dataset: str = ""
    statistic: str = ""
    n: float = 1.0
    group: str = ""

    @property
    def arm(self) -> str:
        """The arm whose curve it reads."""
        return self.reads.first.arm

    @property
    def time_h(self) -> float:
        """When it was taken; the end of its hours."""
        output = self.reads.second if self.reads.how == "half_life" else self.reads.first
        assert output is not None
        return output.time_h

    @property
    def start_h(self) -> float:
        """Where its hours begin; NaN for a level at one time."""
        first, second = self.reads.first, self.reads.second
        if self.reads.how == "half_life":
            return first.time_h
        if first.endpoint is not None:
            return first.endpoint.start_h
        if self.reads.quantity in ("change", "fold") and second is not None:
            return second.time_h
        return float("nan")


@dataclass(frozen=True, eq=False)
class Rows:
    """N rows and what is computed of them as arrays.

    Attributes
    ----------
    rows : tuple of Row
    source : str
        What the table is called in messages.
    """

    rows: tuple[Row, ...]
    source: str

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def chosen(self, keep: Sequence[bool] | Flags) -> Rows:
        """Some of the rows."""
        return Rows(tuple(r for r, k in zip(self.rows, keep, strict=True) if k), self.source)

    @cached_property
    def kinds(self) -> Mapping[str, Indices]:
        """Rows of each likelihood."""
        names = np.array([r.kind for r in self.rows])
        return {str(kind): np.flatnonzero(names == kind) for kind in np.unique(names)}

    @cached_property
    def normal(self) -> Flags:
        """Rows with normal errors of a stated spread, on a linear or a log scale, (N,)."""
        return np.array([likelihood(r.kind).scale is not None for r in self.rows], np.bool_)

    @cached_property
    def logarithmic(self) -> Flags:
        """Those of them whose errors are of the logarithm, (N,)."""
        scales = [likelihood(r.kind).scale for r in self.rows]
        return np.array([s is not None and s.logarithmic for s in scales], np.bool_)

    @cached_property
    def number(self) -> Array:
        """Measured numbers, (N,); NaN for words."""
        return np.array([np.nan if isinstance(r.measured, str) else r.measured for r in self.rows])

    @cached_property
    def spread(self) -> Array:
        """SD on the scale of the errors, or its share of the row's unknown size, (N,).

        A weight counts as that many rows: it divides the variance.
        """
        found = np.full(len(self), np.nan)
        for kind, at in self.kinds.items():
            one = likelihood(kind)
            if one.scale is None:
                continue
            known = self.known(kind)
            found[at] = one.scale.spread(np.ones(len(at)), known)
        return found / np.sqrt([r.weight for r in self.rows])

    def known(self, kind: str) -> dict[str, Array]:
        """What the likelihood is told of each of its rows."""
        own = [self.rows[i] for i in self.kinds[kind]]
        names = {item.name: item.default for item in likelihood(kind).known}
        return {
            name: np.array([r.known.get(name, default) for r in own], dtype=np.float64)
            for name, default in names.items()
        }

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """Names of the unknown sizes of errors."""
        return tuple(dict.fromkeys(r.size for r in self.rows if r.size))

    @cached_property
    def size_of(self) -> Indices:
        """Which unknown size each row has, (N,); -1 for none."""
        return np.array([self.sizes.index(r.size) if r.size else -1 for r in self.rows], np.intp)

    @cached_property
    def background(self) -> Flags:
        """Rows with a free offset beside their factor, (N,)."""
        return np.array([r.background for r in self.rows], np.bool_)

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(dict.fromkeys(r.factor for r in self.rows if r.factor))
