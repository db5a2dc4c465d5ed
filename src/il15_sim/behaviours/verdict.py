"""What a behaviour is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from il15_sim.results import Runs


@dataclass(frozen=True)
class Verdict:
    """Whether one behaviour holds, and the numbers that say so.

    Attributes
    ----------
    id, sentence : str
        Short name, and what is demanded.
    holds : bool
        The verdict.
    numbers : mapping
        What was measured, by name.
    """

    id: str
    sentence: str
    holds: bool
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Rise:
    """Change of the blood subset on day 56: percentage points, fold, and count per uL."""

    points: float
    fold: float
    count: float


def rise(runs: Runs, run: int) -> Rise:
    """The rise of the gated CD4+NKG2D+ subset in one run."""
    percent = runs.get(run, "cd4_nkg2d_percent")
    count = runs.get(run, "cd4_nkg2d_per_uL")
    return Rise(percent[-1] - percent[0], percent[-1] / percent[0], count[-1] - count[0])
