"""Indices: what came of an analysis."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from il15_sim.errors import InputError, unknown
from il15_sim.files.atomic import write_atomic
from il15_sim.sensitivity.outputs import Key

COLUMNS = ("output", "time_h", "factor", "other", "index", "value", "low", "high")
#: The index by which factors are ranked: the first of these that there is.
RANKED_BY = ("ST", "mu_star", "delta", "median", "log_slope", "S1")


@dataclass(frozen=True, eq=False)
class Indices:
    """Sensitivity indices of one or more outputs.

    Attributes
    ----------
    frame : DataFrame
        One row per index: output, time_h (NaN for an endpoint), factor or group, other (the second
        factor of S2), index ("S1", "ST", "S2", "mu", "mu_star", "sigma", "delta", ...), value, and
        low and high (95 % interval; NaN where the method has none). An output that does not vary
        has no share of variance: NaN.
    method : str
        "sobol", "morris", "salib", "delta", "pawn" or "local".
    n, seed : int
        Size and seed of the design.
    failures : DataFrame
        One row per output with failed simulations: how many rows failed, how many blocks were left
        out, replaced and used, and where they lie; of simulations also the `reasons` of all runs.
    options : mapping
        How it was made.
    evidence : object
        What `convergence` computes from: the design and the outputs. None where there is no design.
    """

    frame: pd.DataFrame
    method: str
    n: int
    seed: int
    failures: pd.DataFrame
    options: Mapping[str, Any] = field(default_factory=dict)
    evidence: Any = field(default=None, repr=False)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return tuple(dict.fromkeys(self.frame["output"]))

    def ranking(
        self, output: str | None = None, *, time_h: float | None = None, index: str | None = None
    ) -> pd.DataFrame:
        """Factors of one output, the most important first: factor, value, low, high.

        Parameters
        ----------
        output : str, optional
            Default: the only one.
        time_h : float, optional
            One of the times of a time course.
        index : str, optional
            Default: ST, mu_star, delta, the median of PAWN or log_slope, by its size.
        """
        if output is None and len(self.outputs) == 1:
            output = self.outputs[0]
        if output is None:
            raise InputError("which output?", fix=f"choose one of: {', '.join(self.outputs)}")
        if output not in self.outputs:
            raise unknown("output", output, self.outputs)
        rows = self.frame[self.frame["output"] == output]
        times = rows["time_h"].dropna().unique().tolist()
        if times:
            if time_h not in times:
                shown = ", ".join(f"{t:g}" for t in times[:8])
                raise InputError(f"time_h {time_h} of '{output}'", fix=f"choose one of: {shown}")
            rows = rows[rows["time_h"] == time_h]
        found = rows.loc[rows["other"] == "", "index"].unique().tolist()
        if index is None:
            index = next((name for name in RANKED_BY if name in found), found[0])
        if index not in found:
            raise unknown("index", index, found)
        rows = rows[(rows["index"] == index) & (rows["other"] == "")]
        order = rows["value"].abs().sort_values(ascending=False, kind="stable").index
        ranked: pd.DataFrame = rows.loc[order, ["factor", "value", "low", "high"]]
        return ranked.reset_index(drop=True)

    def to_json(self) -> str:
        """Everything but the evidence as JSON; what is NaN is null."""
        told = {
            "method": self.method,
            "n": self.n,
            "seed": self.seed,
            "options": dict(self.options),
            "indices": _records(self.frame),
            "failures": _records(self.failures),
        }
        return json.dumps(told, indent=1, allow_nan=False, default=str) + "\n"

    def save(self, path: str | Path) -> Path:
        """Write `to_json` to a file, whole or not at all."""
        return write_atomic(path, self.to_json())

    def __repr__(self) -> str:
        """A few lines on what there is."""
        count = self.frame["factor"].nunique()
        lines = [f"{self.method} indices, n {self.n}, seed {self.seed}: {count} factors"]
        for output in self.outputs[:4]:
            times = self.frame.loc[self.frame["output"] == output, "time_h"].dropna()
            last = None if times.empty else float(times.max())
            top = self.ranking(output, time_h=last).head(3)
            best = ", ".join(
                f"{f} {v:.3g}" for f, v in zip(top["factor"], top["value"], strict=True)
            )
            lines.append(f"{output}{'' if last is None else f' at {last:g} h'}: {best}")
        if len(self.outputs) > 4:
            lines.append(f"and {len(self.outputs) - 4} more outputs")
        if len(self.failures):
            lines.append(f"failed rows: up to {int(self.failures['failed'].max())}; see failures")
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        """The same and the first rows, for a notebook."""
        from html import escape

        table: str = self.frame.to_html(max_rows=20, float_format="{:.4g}".format, index=False)
        return f"<pre>{escape(repr(self))}</pre>{table}"


def row(
    key: Key,
    factor: str,
    index: str,
    value: float,
    half: float = math.nan,
    other: str = "",
) -> tuple[Any, ...]:
    """A row of the frame; `half` is half the width of the interval."""
    hour = math.nan if key[1] is None else key[1]
    v, h = float(value), float(half)
    return (key[0], hour, factor, other, index, v, v - h, v + h)


def frame_of(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """The frame of rows."""
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    records = frame.to_dict("records")
    return [
        {str(k): None if isinstance(v, float) and not math.isfinite(v) else v for k, v in r.items()}
        for r in records
    ]
