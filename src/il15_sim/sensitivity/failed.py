"""Failed simulations: an index is computed without them, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.sensitivity.outputs import Key, Outputs, told
from il15_sim.sensitivity.sampling import Design

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

CHOICES = ("refuse", "resample", "drop")
#: How often blocks that failed are replaced by fresh ones before it is given up.
ROUNDS = 16
#: Factors that are named in a report of failures, and the distance from which on.
_NAMED, _CLEAR = 3, 0.3
#: Quantiles between which most failures lie.
_MOST = (0.05, 0.95)


@dataclass(frozen=True)
class Failures:
    """What failed and what was done about it: one record per output."""

    records: list[tuple[Any, ...]] = field(default_factory=list)

    def add(
        self,
        key: Key,
        failed: int,
        where: str,
        *,
        left_out: int = 0,
        replaced: int = 0,
        used: int = 0,
    ) -> None:
        """Add what is known of one output."""
        hour = np.nan if key[1] is None else key[1]
        self.records.append((key[0], hour, int(failed), left_out, replaced, int(used), where))

    @property
    def frame(self) -> pd.DataFrame:
        """Columns output, time_h, failed (rows), left_out, replaced, used (blocks), where, reasons.

        The reasons are empty: only who simulates knows them.
        """
        columns = ["output", "time_h", "failed", "left_out", "replaced", "used", "where"]
        return pd.DataFrame(self.records, columns=columns).assign(reasons="")


def check_choice(choice: str) -> None:
    """Refuse what is no choice."""
    if choice not in CHOICES:
        raise unknown("choice for failures", choice, CHOICES)


def place_of(sample: pd.DataFrame, bad: Mask) -> str:
    """Where the failed rows lie: the factors that set them most apart from the others.

    Of each is told where nine of ten failures lie and, from 0 to 1, the distance of Kolmogorov and
    Smirnov between failed and other rows.
    """
    from scipy.stats import ks_2samp

    if bad.all():
        return "everywhere"
    far = []
    for name in sample:
        column = sample[name].to_numpy()
        distance = float(ks_2samp(column[bad], column[~bad]).statistic)
        far.append((distance, str(name), *np.quantile(column[bad], _MOST)))
    named = [one for one in sorted(far, reverse=True)[:_NAMED] if one[0] >= _CLEAR]
    shown = ", ".join(f"{name} {low:.4g} to {high:.4g} ({d:.2f})" for d, name, low, high in named)
    return f"mostly at {shown}" if shown else "all over the bounds"


def refuse(sample: pd.DataFrame, outputs: Outputs, why: str = "", fix: str = "") -> None:
    """Refuse results that hold anything but finite numbers."""
    for key, values in outputs.items():
        bad = ~np.isfinite(values)
        if bad.any():
            raise InputError(
                f"{bad.sum()} of {len(bad)} rows have no '{told(key)}'",
                why=why or f"they lie {place_of(sample, bad)}",
                fix=fix or 'narrow the bounds, or give failures="drop" or "resample"',
            )


def blocks_left(design: Design, values: Array) -> Mask:
    """Which blocks of a design are whole, shape (n,)."""
    good = np.isfinite(values)
    return np.asarray(good.reshape(-1, design.block).all(axis=1), np.bool_)


def without_failed(
    design: Design, outputs: Outputs, choice: str
) -> tuple[dict[Key, tuple[Design, Array]], Failures]:
    """For each output the part of the design that it is analysed with, and what was left out.

    Raises
    ------
    InputError
        For failed rows where the choice is "refuse" or the method needs every row, and where less
        than two blocks are left.
    """
    if choice == "refuse":
        refuse(design.sample, outputs)
    if not design.block:
        fix = "narrow the bounds, or choose a method that needs no order of rows"
        refuse(design.sample, outputs, "the method needs every row", fix)
    parts, failures = {}, Failures()
    for key, values in outputs.items():
        bad = ~np.isfinite(values)
        if not bad.any():
            parts[key] = (design, values)
            continue
        left = np.flatnonzero(blocks_left(design, values))
        where = place_of(design.sample, bad)
        if len(left) < 2:
            raise InputError(
                f"{len(left)} of {len(values) // design.block} blocks of '{told(key)}' are whole",
                why=f"{bad.sum()} rows failed, {where}",
                fix="narrow the bounds",
            )
        parts[key] = (design.part(left), values[design.rows_of(left)])
        lost = len(values) // design.block - len(left)
        failures.add(key, bad.sum(), where, left_out=lost, used=len(left))
    return parts, failures


def resampled(
    design: Design, outputs: Outputs, evaluate: Callable[[pd.DataFrame], Outputs]
) -> tuple[Design, Outputs, Failures]:
    """Replace every block in which a row failed by a fresh one of the same stream.

    `evaluate` gives the outputs of a table of rows.

    Raises
    ------
    InputError
        For methods whose rows cannot be replaced, where every block failed, and where fresh blocks
        fail again and again.
    """
    if design.method not in ("sobol", "morris"):
        raise InputError(
            f"failures=\"resample\" of method '{design.method}'",
            why="only blocks of Sobol and trajectories of Morris can be replaced",
        )
    bad = {key: ~np.isfinite(values) for key, values in outputs.items()}
    unit, outputs, taken = design.unit.copy(), {k: v.copy() for k, v in outputs.items()}, 0
    count = len(design) // design.block
    for turn in range(ROUNDS + 1):
        good = np.all([blocks_left(design, values) for values in outputs.values()], axis=0)
        lost = np.flatnonzero(~good)
        if lost.size in (0, count) or turn == ROUNDS:
            break
        fresh = design.spare(taken, lost.size)
        taken += lost.size
        rows = design.rows_of(lost)
        unit[rows] = fresh
        again = evaluate(replace(design, n=lost.size, unit=fresh).sample)
        for key, values in again.items():
            outputs[key][rows] = values
    if lost.size:
        key = next(k for k, mask in bad.items() if mask.any())
        raise InputError(
            f"{lost.size} of {count} blocks fail after {turn} rounds of fresh ones",
            why=f"rows without '{told(key)}' lie {place_of(design.sample, bad[key])}",
            fix="narrow the bounds",
        )
    failures = Failures()
    for key, mask in bad.items():
        if mask.any():
            where = place_of(design.sample, mask)
            failures.add(key, mask.sum(), where, replaced=taken, used=count)
    return replace(design, unit=unit), outputs, failures
