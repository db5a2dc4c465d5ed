"""Correlations between what varies: of the logarithms of parameters, and of covariates' scores."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number, real
from il15_sim.files.tsv import read_tsv

Array = NDArray[np.float64]
Pairs = Mapping[tuple[str, str], float]
COLUMNS = ("first", "second", "correlation", "kind", "source", "note")


@dataclass(frozen=True)
class Correlations:
    """A possible matrix of correlations between some ids.

    `ids` are in the order of the pairs and `factor`, shape (K, K), is the lower Cholesky factor:
    correlated numbers are `factor @ independent numbers`.
    """

    ids: tuple[str, ...]
    factor: Array

    def applied(self, numbers: Mapping[str, Array]) -> dict[str, Array]:
        """Numbers by id, those of correlated ids replaced."""
        found = dict(numbers)
        for i, name in enumerate(self.ids):
            # Summed term by term: a product of matrices rounds differently for one patient.
            total = self.factor[i, 0] * numbers[self.ids[0]]
            for j in range(1, i + 1):
                total = total + self.factor[i, j] * numbers[self.ids[j]]
            found[name] = total
        return found


def read_correlations(path: Path, known: Collection[str]) -> dict[tuple[str, str], float]:
    """Correlations of a table such as `models/correlations.tsv`, by pair of ids.

    Raises
    ------
    InputError
        With file and line, for unknown ids, a pair that stands twice, and what is no correlation.
    """
    pairs: dict[tuple[str, str], float] = {}
    for n, row in read_tsv(path, COLUMNS)[0]:
        where = f"{path}: line {n}"
        pair = (row["first"], row["second"])
        _check_pair(pair, known, pairs, where)
        pairs[pair] = _checked(number(row["correlation"], "correlation", where), pair, where)
    return pairs


def stated_pairs(given: Pairs, known: Collection[str], varying: Collection[str]) -> Pairs:
    """Correlations given by a user, checked: every id has to vary."""
    where = "correlations"
    pairs: dict[tuple[str, str], float] = {}
    if not isinstance(given, Mapping):
        raise InputError(f"{given!r:.40} are no pairs", where=where, fix="{('a', 'b'): 0.5}")
    for pair, value in given.items():
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise InputError(f"{pair!r:.60} is no pair", where=where, fix="{('a', 'b'): 0.5}")
        _check_pair(pair, known, pairs, where)
        for name in pair:
            if name not in varying:
                why = "it has no variability in this population"
                fix = "name it in vary, with a CV, or leave it out"
                raise InputError(f"'{name}' is correlated", where=where, why=why, fix=fix)
        pairs[pair] = _checked(real(value, f"correlation of {_told(pair)}", where), pair, where)
    return pairs


def factored(pairs: Pairs, where: str | Path) -> Correlations:
    """Correlations that are possible together.

    Raises
    ------
    InputError
        For correlations that no three or more quantities can have, naming those that clash.
    """
    ids = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    matrix = np.eye(len(ids))
    for (a, b), value in pairs.items():
        i, j = ids.index(a), ids.index(b)
        matrix[i, j] = matrix[j, i] = value
    if not ids:
        return Correlations((), matrix)
    values, vectors = np.linalg.eigh(matrix)
    if values[0] < 1e-9:
        taken = {ids[k] for k in np.flatnonzero(np.abs(vectors[:, 0]) > 1e-6)}
        clash = [(p, r) for p, r in pairs.items() if taken.issuperset(p)]
        shown = ", ".join(f"{_told(p)} {r:g}" for p, r in clash)
        largest = np.floor(1000 / (1 - values[0] + 1e-3)) / 1000
        raise InputError(
            f"impossible correlations: {shown}",
            where=where,
            why="no numbers are correlated in all these ways at once",
            fix=f"weaken them: times {largest:g} they are possible; or leave one out",
        )
    return Correlations(ids, np.asarray(np.linalg.cholesky(matrix), np.float64))


def _told(pair: tuple[str, str]) -> str:
    return f"'{pair[0]}' with '{pair[1]}'"


def _check_pair(
    pair: tuple[str, str], known: Collection[str], before: Pairs, where: str | Path
) -> None:
    for name in pair:
        if name not in known:
            raise unknown("parameter or covariate", str(name), known, where)
    if pair[0] == pair[1]:
        raise InputError(f"'{pair[0]}' is correlated with itself", where=where)
    if pair in before or pair[::-1] in before:
        raise InputError(f"{_told(pair)} stands twice", where=where, fix="state it once")


def _checked(value: float, pair: tuple[str, str], where: str | Path) -> float:
    if not abs(value) < 1:
        why = "a correlation lies between -1 and 1"
        raise InputError(f"correlation {value:g} of {_told(pair)}", where=where, why=why)
    return value
