"""Indices from ensembles that exist already, whose inputs may be correlated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.results import Runs
from il15_sim.sensitivity.analysis import constant
from il15_sim.sensitivity.failed import Failures, place_of
from il15_sim.sensitivity.outputs import Given, Key, as_outputs, outputs_of, told
from il15_sim.sensitivity.result import Indices, frame_of, row
from il15_sim.sensitivity.salib import check_resamples, check_seed, child_seed, undisturbed

Array = NDArray[np.float64]

#: Fewer rows than this make classes of too few for a distribution.
FEWEST = 100


def given_data(
    table: Runs | pd.DataFrame,
    y: Given | str | Sequence[str] | None = None,
    *,
    method: str = "delta",
    factors: Sequence[str] | str | None = None,
    seed: int = 0,
    resamples: int = 100,
) -> Indices:
    """How much each input tells about an output, in simulations that were made for another end.

    These measures need no design and no independence: of correlated inputs each is credited with
    what it tells about the others. Rows without a finite result are left out, and counted in
    `failures`.

    Parameters
    ----------
    table : Runs or DataFrame
        Finished runs, or the inputs, one row each.
    y : str or sequence of str; array, Series, DataFrame or mapping
        Of runs: names of endpoints or observables; default: all. Of a table: the results, in its
        order.
    method : "delta" or "pawn"
        Borgonovo's delta, with a 95 % interval (by chance what tells nothing has a few hundredths:
        a column of random numbers shows how many); or PAWN: the median (and minimum, mean, maximum)
        distance of Kolmogorov and Smirnov between the output in a slice of the input and
        throughout, without interval.
    factors : sequence of str, optional
        Columns. Default: all that vary.
    seed, resamples : int
        Of the bootstraps of delta.

    Raises
    ------
    InputError
        For unknown columns and outputs, inputs that do not vary or are not finite, and less than
        100 rows.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> table = pd.DataFrame(np.random.default_rng(0).normal(size=(500, 2)), columns=["a", "b"])
    >>> given_data(table, table["a"] + 0.1 * table["b"]).ranking()["factor"].tolist()
    ['a', 'b']
    """
    if method not in ("delta", "pawn"):
        raise unknown("method", method, ("delta", "pawn"))
    seed = check_seed(seed)
    check_resamples(resamples)
    if isinstance(table, Runs):
        names = [y] if isinstance(y, str) else y
        if not (names is None or isinstance(names, (list, tuple))):
            raise InputError("results beside runs", fix="name outputs of the runs")
        outputs, inputs = outputs_of(table, names), table.parameters
    elif isinstance(table, pd.DataFrame):
        if y is None or isinstance(y, str):
            raise InputError("a table without results", fix="give one number per row as y")
        inputs = table.reset_index(drop=True)
        if isinstance(y, (pd.Series, pd.DataFrame)) and y.index.equals(table.index):
            y = y.reset_index(drop=True)
        outputs = as_outputs(y, len(table))
    else:
        raise InputError(f"{table!r:.40} is no ensemble", fix="give Runs or a DataFrame")
    inputs = _inputs(inputs, factors)
    rows: list[tuple[Any, ...]] = []
    failures = Failures()
    for key, values in outputs.items():
        bad = ~np.isfinite(values)
        if len(values) - bad.sum() < FEWEST:
            raise InputError(
                f"{len(values) - bad.sum()} rows with '{told(key)}'", why=f"it takes {FEWEST}"
            )
        if bad.any():
            where, lost = place_of(inputs, bad), int(bad.sum())
            failures.add(key, lost, where, left_out=lost, used=len(values) - lost)
        rows += _rows(method, key, inputs[~bad], values[~bad], resamples, child_seed(seed, 2))
    options = {"factors": list(inputs), "resamples": resamples}
    return Indices(frame_of(rows), method, len(inputs), seed, failures.frame, options)


def _inputs(table: pd.DataFrame, names: Sequence[str] | str | None) -> pd.DataFrame:
    """The columns to analyse, all of finite numbers that vary."""
    chosen = [names] if isinstance(names, str) else names
    for name in chosen or ():
        if name not in table:
            raise unknown("factor", name, map(str, table))
        if table[name].nunique() < 2:
            raise InputError(f"factor '{name}' does not vary in the ensemble")
    if chosen is None:
        chosen = [str(name) for name in table if table[name].nunique() > 1]
    if not chosen:
        raise InputError("no factor", why="nothing varies in the ensemble")
    try:
        inputs = table[list(chosen)].astype(float)
    except (TypeError, ValueError):
        text = next(n for n in chosen if pd.to_numeric(table[n], errors="coerce").isna().any())
        raise InputError(
            f"factor '{text}' is not a number in every row",
            fix=f"name the others by factors=[...], or write '{text}' as numbers",
        ) from None
    for name in chosen:
        if not np.isfinite(inputs[name]).all():
            raise InputError(f"factor '{name}' is not a finite number in every row")
    return inputs


def _ranks(values: Array, rng: np.random.Generator) -> Array:
    """Ranks from 1 on; of equal values by chance, or a sorted table would tell its order."""
    ranks = np.empty(len(values))
    ranks[np.lexsort((rng.random(len(values)), values))] = np.arange(1, len(values) + 1)
    return ranks


def _rows(
    method: str,
    key: Key,
    inputs: pd.DataFrame,
    y: Array,
    resamples: int,
    seed: int,
) -> list[tuple[Any, ...]]:
    from SALib.analyze import delta, pawn
    from scipy.stats import norm

    names = [str(name) for name in inputs]
    if constant(y):
        index = "delta" if method == "delta" else "median"
        return [row(key, name, index, np.nan) for name in names]
    # Both measures know ranks only. SALib would cut raw values into classes of equal width, and
    # give up on skewed inputs, whose classes are empty; its densities of delta are integrated on
    # a grid that misses those of skewed outputs, and takes a class of equal outputs for one that
    # tells nothing: so outputs are told as normal scores.
    rng = np.random.default_rng(seed)
    x = np.column_stack([_ranks(column, rng) for column in inputs.to_numpy().T])
    y = norm.ppf((_ranks(y, rng) - 0.5) / len(y))
    problem = {
        "num_vars": len(names),
        "names": [f"x{j}" for j in range(len(names))],
        "bounds": [[0.0, 1.0]] * len(names),
    }
    with undisturbed(seed):
        if method == "pawn":
            si = pawn.analyze(problem, x, y, seed=seed)
            told = ("median", "mean", "minimum", "maximum")
            return [row(key, f, i, si[i][j]) for i in told for j, f in enumerate(names)]
        si = delta.analyze(problem, x, y, num_resamples=resamples, method="delta", seed=seed)
    return [
        row(key, f, "delta", si["delta_raw"][j], si["delta_raw_conf"][j])
        for j, f in enumerate(names)
    ]
