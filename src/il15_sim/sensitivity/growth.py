"""Convergence: indices from growing parts of one design, without new simulations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.sensitivity.analysis import index_rows
from il15_sim.sensitivity.failed import without_failed
from il15_sim.sensitivity.outputs import Given, Outputs, as_outputs
from il15_sim.sensitivity.result import Indices, frame_of
from il15_sim.sensitivity.sampling import Design

#: Parts of the design, as shares of its blocks: those that grow, and the second half alone.
PARTS = {"1/8": (0, 8), "1/4": (0, 4), "1/2": (0, 2), "all": (0, 1), "second half": (1, 2)}


def convergence(
    found: Indices | tuple[Design, Given], *, resamples: int | None = None
) -> pd.DataFrame:
    """Indices of the first eighth, quarter and half of a design, of all, and of its second half.

    Points of Sobol nest: the first half of N is what N / 2 would have given. Blocks with failed
    rows are left out.

    Parameters
    ----------
    found : Indices, or (Design, results)
        What `sensitivity` or `analyse` returned; or a design and results in the order of its rows.
    resamples : int, optional
        Bootstraps behind the intervals. Default: as in the analysis, or 100.

    Returns
    -------
    DataFrame
        The columns of `Indices.frame`, and `part` ("1/8", "1/4", "1/2", "all", "second half") and
        `n`, its blocks. Parts of less than two blocks are not there.

    Raises
    ------
    InputError
        For methods without blocks, and indices that came from no design.
    """
    if isinstance(found, Indices):
        if found.evidence is None:
            raise InputError(f"'{found.method}' indices have no design", why="nothing can grow")
        made, given = found.evidence
        resamples = resamples or int(found.options["resamples"])
    elif isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], Design):
        made, given = found
    else:
        raise InputError(
            f"{type(found).__name__} has no design",
            fix="give what `sensitivity` returned, or a design and its results",
        )
    if not made.block or made.method == "salib":
        raise InputError(
            f"convergence of method '{made.method}'", why="only Sobol and Morris have blocks"
        )
    outputs: Outputs = as_outputs(given, len(made))
    count = len(made) // made.block
    frames = []
    for part, (first, whole) in PARTS.items():
        size = count // whole
        blocks = np.arange(first * size, first * size + size)
        if size < 2:
            continue
        frames.append(_part(made, outputs, blocks, resamples or 100).assign(part=part, n=size))
    return pd.concat(frames, ignore_index=True)


def _part(made: Design, outputs: Outputs, blocks: NDArray[np.intp], resamples: int) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    own = made.rows_of(blocks)
    few: Outputs = {key: values[own] for key, values in outputs.items()}
    for key, (part, values) in without_failed(made.part(blocks), few, "drop")[0].items():
        rows += index_rows(part, key, values, resamples)
    return frame_of(rows)


def recommended_n(grown: pd.DataFrame, width: float = 0.05) -> int:
    """The power of two at which every 95 % interval of S1 and ST is no wider than `width`.

    Widths shrink with the square root of n; they are extrapolated from the whole design, so far
    from it this is a guess.

    Parameters
    ----------
    grown : DataFrame
        From `convergence`.
    width : float
        From the lower to the upper end.

    Raises
    ------
    InputError
        For other indices than those of Sobol, and outputs that do not vary.
    """
    if not isinstance(grown, pd.DataFrame) or "part" not in grown:
        raise InputError(
            f"{type(grown).__name__} of no growing sample", fix="give convergence(...)"
        )
    whole = grown[(grown["part"] == "all") & grown["index"].isin(["S1", "ST"])]
    if whole.empty:
        raise InputError("no S1 and ST", why="n is recommended for the method of Sobol")
    if not width > 0:
        raise InputError(f"width {width!r}", why="it is positive")
    widest = float((whole["high"] - whole["low"]).max())
    if not math.isfinite(widest):
        raise InputError("no interval", why="no output varies")
    needed = float(whole["n"].iloc[0]) * (widest / width) ** 2
    return int(2 ** math.ceil(math.log2(max(needed, 2.0))))
