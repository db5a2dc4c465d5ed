"""An endpoint as a value: what is asked of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

Kind = Literal[
    "cmax",
    "cmin",
    "auc",
    "value_at",
    "trough",
    "baseline",
    "change",
    "fold",
    "max_fold",
    "time_above",
    "time_below",
    "time_to_above",
    "time_to_below",
    "time_to_baseline",
    "half_life",
    "accumulation",
]
KINDS: tuple[str, ...] = get_args(Kind)

#: Begin and end; an end of None is the end of the run.
Interval = tuple[float, float | None]


@dataclass(frozen=True)
class Endpoint:
    """One number per run. Made by the functions of this module.

    Attributes
    ----------
    kind : str
        Name of the function that made it.
    observable : str
        Id of an observable, state or flux.
    name : str
        Name of the result.
    start_h, end_h : float
        Interval that is read; an end of infinity is the end of the run.
    time_h : float
        Time that is read, by the kinds that read one moment.
    level : float
        Level that is crossed, in the unit of the observable; of `time_to_baseline` the share of
        the baseline that counts as returned, of `accumulation` the interval of dosing in hours.
    drug : str
        Drug whose last dose counts.
    """

    kind: Kind
    observable: str
    name: str
    start_h: float = 0.0
    end_h: float = math.inf
    time_h: float = 0.0
    level: float = math.nan
    drug: str = ""

    def named(self, name: str) -> Endpoint:
        """The same endpoint under another name."""
        return replace(self, name=name)

    @property
    def needs_baseline(self) -> bool:
        """True where the value at the start is part of it."""
        return self.kind in ("baseline", "change", "fold", "max_fold", "time_to_baseline")

    @property
    def whole_run(self) -> bool:
        """True where no time was chosen: it covers whatever is simulated."""
        return self.start_h == 0.0 and self.end_h == math.inf

    @property
    def last_h(self) -> float:
        """Latest time that it names, in hours; 0 where it names none."""
        end_h = self.end_h if math.isfinite(self.end_h) else self.start_h
        return max(self.time_h, end_h) if self.kind != "half_life" else 0.0

    def unit(self, unit: str) -> str:
        """Unit of the endpoint, from that of its observable."""
        if self.kind in ("fold", "max_fold", "accumulation"):
            return "ratio"
        if self.kind.startswith("time_") or self.kind == "half_life":
            return "h"
        return f"{unit} h" if self.kind == "auc" else unit
