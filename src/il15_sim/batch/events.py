"""Changes of states and parameters at given times: single ones, and whole schedules as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Event:
    """One change of a state or a parameter: `kind` is ADD or SET of `layout`.

    The amount is multiplied by the parameter `scale` of the simulation where one is named.
    """

    time: float
    target: str
    kind: int
    amount: float
    scale: str = ""


@dataclass(frozen=True, eq=False)
class EventTable(Sequence[Sequence[Event]]):
    """R schedules with E events in all, as columns; reads like a sequence of lists of events.

    Attributes
    ----------
    time, amount : arrays, shape (E,)
        Times are sorted within each schedule.
    kind : array of int8, shape (E,)
        ADD or SET of `layout`.
    target, scale : arrays of int32, shape (E,)
        Indices into `targets`, and into `scales` or -1.
    offset : array of int64, shape (R + 1,)
        Schedule r has the events from offset[r] up to, not including, offset[r + 1].
    targets, scales : tuple of str

    Examples
    --------
    >>> table = EventTable.of([[], [Event(0.0, "gut", 0, 400.0), Event(12.0, "gut", 0, 200.0)]])
    >>> table.time.tolist(), table.offset.tolist()
    ([0.0, 12.0], [0, 0, 2])
    >>> table[1][1]
    Event(time=12.0, target='gut', kind=0, amount=200.0, scale='')
    """

    time: Array
    amount: Array
    kind: NDArray[np.int8]
    target: NDArray[np.int32]
    scale: NDArray[np.int32]
    offset: NDArray[np.int64]
    targets: tuple[str, ...]
    scales: tuple[str, ...]

    @classmethod
    def of(cls, schedules: Sequence[Sequence[Event]]) -> EventTable:
        """The columns of schedules that are given event by event."""
        if isinstance(schedules, EventTable):
            return schedules
        events = [event for one in schedules for event in one]
        targets = {name: i for i, name in enumerate(dict.fromkeys(e.target for e in events))}
        named = dict.fromkeys(e.scale for e in events if e.scale)
        scales = {name: i for i, name in enumerate(named)}
        return cls(
            time=np.array([e.time for e in events], np.float64),
            amount=np.array([e.amount for e in events], np.float64),
            kind=np.array([e.kind for e in events], np.int8),
            target=np.array([targets[e.target] for e in events], np.int32),
            scale=np.array([scales.get(e.scale, -1) for e in events], np.int32),
            offset=np.append(0, np.cumsum([len(one) for one in schedules])).astype(np.int64),
            targets=tuple(targets),
            scales=tuple(scales),
        )

    def __len__(self) -> int:
        """Number of schedules."""
        return len(self.offset) - 1

    @overload
    def __getitem__(self, index: int) -> Sequence[Event]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[Event]]: ...
    def __getitem__(self, index: int | slice) -> Sequence[Event] | Sequence[Sequence[Event]]:
        """The events of one schedule."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        names = (*self.scales, "")  # the index -1 names none
        return [
            Event(
                float(self.time[i]),
                self.targets[self.target[i]],
                int(self.kind[i]),
                float(self.amount[i]),
                names[self.scale[i]],
            )
            for i in range(self.offset[number], self.offset[number + 1])
        ]

    def take(self, numbers: NDArray[np.intp]) -> EventTable:
        """The schedules of some numbers, in that order."""
        first, count = self.offset[numbers], self.offset[numbers + 1] - self.offset[numbers]
        offset = np.append(0, np.cumsum(count)).astype(np.int64)
        place = np.arange(offset[-1]) + np.repeat(first - offset[:-1], count)
        return self.at(place, offset)

    def at(self, place: NDArray[np.generic], offset: NDArray[np.int64]) -> EventTable:
        """Some of the events, and where those of each schedule begin among them."""
        names = ("time", "amount", "kind", "target", "scale")
        return replace(self, **{name: getattr(self, name)[place] for name in names}, offset=offset)
