"""Gaussian elimination of a sparse matrix, planned once and unrolled into straight-line code."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

Entry = tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """Order of the pivots and the entries that the factors hold (fill-in included).

    Pivots are taken from the diagonal without looking at values: the matrix 1/(h gamma) I - J has
    a heavy diagonal for small steps, and a step with a bad pivot is rejected by its error.
    """

    order: tuple[int, ...]
    lower: tuple[tuple[int, ...], ...]  # by row: columns left of the diagonal, in pivot order
    upper: tuple[tuple[int, ...], ...]  # by row: columns right of the diagonal, in pivot order

    @property
    def entries(self) -> int:
        """Entries of both factors, the diagonal once."""
        return len(self.order) + sum(map(len, self.lower)) + sum(map(len, self.upper))

    @property
    def products(self) -> int:
        """Multiply-subtract operations of one factorisation."""
        return sum(len(self.upper[k]) for row in self.lower for k in row)


def plan_elimination(size: int, pattern: Collection[Entry]) -> Elimination:
    """Plan the elimination of a matrix with these non-zero entries (row, column).

    The next pivot is the one with the fewest products (Markowitz count), the first of equals.
    """
    rows: list[set[int]] = [{i} for i in range(size)]
    columns: list[set[int]] = [{i} for i in range(size)]
    for i, j in pattern:
        rows[i].add(j)
        columns[j].add(i)
    left = set(range(size))
    order: list[int] = []
    full: list[set[int]] = [set(r) for r in rows]
    while left:
        pivot = min(left, key=lambda k: ((len(rows[k]) - 1) * (len(columns[k]) - 1), k))
        order.append(pivot)
        left.remove(pivot)
        below, right = columns[pivot] - {pivot}, rows[pivot] - {pivot}
        for i in below:
            rows[i] |= right
            full[i] |= right
            rows[i].discard(pivot)
        for j in right:
            columns[j] |= below
            columns[j].discard(pivot)
    place = {k: position for position, k in enumerate(order)}
    by_place = [sorted(row, key=place.__getitem__) for row in full]
    return Elimination(
        order=tuple(order),
        lower=tuple(tuple(j for j in r if place[j] < place[i]) for i, r in enumerate(by_place)),
        upper=tuple(tuple(j for j in r if place[j] > place[i]) for i, r in enumerate(by_place)),
    )
