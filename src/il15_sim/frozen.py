"""A mapping that cannot be changed and, unlike that of the standard library, can be pickled."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Frozen(Mapping[K, V], Generic[K, V]):
    """A read-only copy of a mapping.

    >>> Frozen({"a": 1})["a"], Frozen({"a": 1}) == {"a": 1}
    (1, True)
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V]) -> None:
        """Copy the items."""
        self._items = dict(items)

    def __getitem__(self, key: K) -> V:
        """The value of a key."""
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        """The keys, in order."""
        return iter(self._items)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._items)

    def __or__(self, other: Mapping[K, V]) -> dict[K, V]:
        """Both as a dictionary; what the other says counts."""
        return {**self._items, **other}

    def __repr__(self) -> str:
        """As a dictionary."""
        return repr(self._items)

    def _ipython_key_completions_(self) -> list[K]:
        return list(self._items)
