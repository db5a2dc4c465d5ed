"""The design: which points of the space of factors are simulated, in which order."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.sensitivity.factor import Factor, check_factors
from il15_sim.sensitivity.salib import called, check_seed, child_seed, function_of, undisturbed

Array = NDArray[np.float64]

#: Options of the methods and their defaults.
OPTIONS: dict[str, dict[str, Any]] = {
    "sobol": {"second_order": False},
    "morris": {"levels": 4, "optimal": None},
    "salib": {"sample": "", "analyze": "", "sample_options": {}, "analyze_options": {}},
}
#: Methods of SALib that analyse any sample, so that rows can be left out.
ANY_SAMPLE = ("delta", "pawn", "rbd_fast", "hdmr", "enhanced_hdmr", "rsa", "discrepancy")


@dataclass(frozen=True, eq=False)
class Design:
    """Points to simulate, one row each. Made by `design`.

    Attributes
    ----------
    method : str
        "sobol", "morris" or "salib".
    factors : tuple of Factor, length D
        What varies.
    n : int
        Blocks of rows that belong together: base points of Saltelli's scheme, trajectories of
        Morris; for other methods the N of their sampler.
    seed : int
        The same seed gives the same rows.
    options : mapping
        Those of the method.
    unit : array, shape (R, D)
        The rows, as SALib knows them: shares (0 to 1) of the distributions, or the levels of
        Morris from the lowest (0) to the highest (1).
    """

    method: str
    factors: tuple[Factor, ...]
    n: int
    seed: int
    options: Mapping[str, Any]
    unit: Array

    @cached_property
    def sample(self) -> pd.DataFrame:
        """The rows in the units of the parameters, numbered from 0: a table for `simulate`."""
        return pd.DataFrame(
            {f.name: f.values(self._shares(f, j)) for j, f in enumerate(self.factors)}
        )

    def _shares(self, factor: Factor, j: int) -> Array:
        """Column `j` of `unit` as the shares at which a factor is taken.

        The outermost levels of Morris are the bounds. Those of a distribution with tails are cut
        off anywhere: its levels lie in the middle of equal shares.
        """
        if self.method != "morris" or factor.distribution in ("uniform", "log-uniform"):
            return self.unit[:, j]
        levels = self.options["levels"]
        return np.asarray((0.5 + self.unit[:, j] * (levels - 1)) / levels, np.float64)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What has an index: factors and, where there are some, groups."""
        return tuple(dict.fromkeys(f.group or f.name for f in self.factors))

    @property
    def grouped(self) -> bool:
        """Whether some factors vary together."""
        return len(self.labels) < len(self.factors) or any(f.group for f in self.factors)

    @property
    def block(self) -> int:
        """Rows that belong together; 0 where the method needs all rows together."""
        if self.method == "sobol":
            return len(self.labels) * (2 if self.options["second_order"] else 1) + 2
        if self.method == "morris":
            return len(self.labels) + 1
        return int(self.options["analyze"] in ANY_SAMPLE)

    @property
    def problem(self) -> dict[str, Any]:
        """What SALib is given: a new dictionary each time, since SALib writes into it.

        Names are numbers: SALib refuses some names. Bounds are those of the unit cube.
        """
        count = len(self.factors)
        numbered = [str(self.labels.index(f.group or f.name)) for f in self.factors]
        return {
            "num_vars": count,
            "names": [f"x{j}" for j in range(count)],
            "bounds": [[0.0, 1.0]] * count,
            "groups": [f"g{label}" for label in numbered] if self.grouped else None,
        }

    @cached_property
    def hash(self) -> str:
        """SHA-256 of method, options, factors and rows in their order."""
        told = repr((self.method, self.factors, self.n, self.seed, sorted(self.options.items())))
        return hashlib.sha256(told.encode() + self.unit.tobytes()).hexdigest()

    def rows_of(self, blocks: NDArray[np.intp]) -> NDArray[np.intp]:
        """Numbers of the rows of some blocks."""
        return np.asarray(blocks[:, None] * self.block + np.arange(self.block)).reshape(-1)

    def part(self, blocks: NDArray[np.intp]) -> Design:
        """The same design with some of its blocks only."""
        return replace(self, n=len(blocks), unit=self.unit[self.rows_of(blocks)])

    def spare(self, first: int, count: int) -> Array:
        """Rows of `count` further blocks, from number `first` of those that follow the design.

        The sequence of Sobol goes on behind its first N points; further trajectories of Morris
        come from a seed of their own.
        """
        if self.method == "sobol":
            whole = 2 ** math.ceil(math.log2(self.n + first + count))
            rows, start = _sobol(self, whole, self.seed), self.n + first
        else:
            more = replace(self, options={**self.options, "optimal": None})
            rows, start = _morris(more, first + count, child_seed(self.seed, 1)), first
        return rows[start * self.block : (start + count) * self.block]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.unit)

    def __repr__(self) -> str:
        """One line."""
        return f"{self.method} design: {len(self)} rows of {len(self.factors)} factors, n {self.n}"


def design(
    factors: Sequence[Factor],
    method: str = "sobol",
    n: int = 1024,
    *,
    seed: int = 0,
    **options: Any,
) -> Design:
    """Choose the points at which a model is simulated.

    Parameters
    ----------
    factors : sequence of Factor, length D
        Independent of each other; for G groups read G for D below.
    method : "sobol", "morris" or "salib"
        Sobol: n (a power of two) base points, n (D + 2) rows, or n (2 D + 2) with
        `second_order=True`. Morris: n trajectories of D + 1 rows on `levels` levels (4) from
        bound to bound, or in the middle of equal shares of a distribution with tails; with
        `optimal=k` the k that lie furthest apart of n drawn ones. "salib": any method of SALib by
        the names of its modules, `sample="fast_sampler", analyze="fast"`, with `sample_options`
        and `analyze_options`.
    n : int
        Size, as told.
    seed : int
        From 0 on.
    **options
        As told.

    Raises
    ------
    InputError
        For n that is no power of two (Sobol), unknown methods and options, and dependent factors.

    Examples
    --------
    >>> made = design([Factor("a", 0, 1), Factor("b", 1, 1000, "log-uniform")], "sobol", 8)
    >>> len(made), list(made.sample)
    (32, ['a', 'b'])
    """
    if method not in OPTIONS:
        raise unknown("method", method, OPTIONS)
    check_factors(factors)
    names = [f.name for f in factors]
    if not names or len(set(names)) < len(names):
        raise InputError(f"{len(names)} factors, {len(set(names))} names", why="each has its own")
    for name in options:
        if name not in OPTIONS[method]:
            raise unknown(f"option of '{method}'", name, OPTIONS[method])
    check_size("n", n)
    chosen = {**OPTIONS[method], **options}
    made = Design(
        method, tuple(factors), int(n), check_seed(seed), chosen, np.zeros((0, len(names)))
    )
    if method == "sobol":
        if not isinstance(chosen["second_order"], bool):
            raise InputError(f"second_order {chosen['second_order']!r}", fix="give True or False")
        check_power(int(n))
        return replace(made, unit=_sobol(made, int(n), made.seed))
    if method == "morris":
        _check_morris(chosen, int(n))
        kept = int(n) if chosen["optimal"] is None else int(chosen["optimal"])
        return replace(made, n=kept, unit=_morris(made, int(n), made.seed))
    for part in ("sample", "analyze"):
        if not chosen[part]:
            raise InputError(f"method 'salib' without {part}", fix=f'name it: {part}="..."')
    function_of("analyze", chosen["analyze"])
    sampler = function_of("sample", chosen["sample"])
    given = {"problem": made.problem, "N": int(n), "seed": child_seed(made.seed)}
    with undisturbed(made.seed):
        rows = called(sampler, given, chosen["sample_options"])
    return replace(made, unit=np.ascontiguousarray(rows, np.float64))


def check_size(what: str, n: object) -> None:
    """Refuse what is no number of blocks."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 2:
        raise InputError(f"{what} {n!r}", why="it is a whole number from 2 on")


def check_power(n: int) -> None:
    """Refuse a number of Sobol's points that is no power of two."""
    if n & (n - 1):
        below = 2 ** int(math.log2(n))
        raise InputError(
            f"n {n}",
            why="the points of Sobol are even only in powers of two",
            fix=f"give {below} or {2 * below}",
        )


def _check_morris(options: Mapping[str, Any], n: int) -> None:
    levels, optimal = options["levels"], options["optimal"]
    if not isinstance(levels, int) or levels < 2 or levels % 2:
        raise InputError(f"levels {levels!r}", why="it is an even number from 2 on")
    if optimal is not None and not (isinstance(optimal, int) and 2 <= optimal < n):
        raise InputError(f"optimal {optimal!r}", why=f"it lies between 2 and n - 1, {n - 1}")


def _sobol(made: Design, n: int, seed: int) -> Array:
    from SALib.sample import sobol

    second = bool(made.options["second_order"])
    rows = sobol.sample(made.problem, n, calc_second_order=second, seed=seed)
    return np.ascontiguousarray(rows, np.float64)


def _morris(made: Design, n: int, seed: int) -> Array:
    from SALib.sample.morris import morris

    levels, optimal = made.options["levels"], made.options["optimal"]
    rows = morris.sample(made.problem, n, levels, optimal, seed=seed)
    return np.ascontiguousarray(rows, np.float64)
