"""Outputs: the numbers of each row of a design, from simulations or from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.results import Runs
from il15_sim.results.shown import OK

Array = NDArray[np.float64]

#: Name and hour of an output; the hour is None where it is one number of a run.
Key: TypeAlias = tuple[str, float | None]
#: Values of each output, one per row.
Outputs: TypeAlias = dict[Key, Array]
#: How an output is compared with that under another regimen.
CONTRASTS = ("log_ratio", "difference")
#: What may be given as results.
Given: TypeAlias = ArrayLike | pd.Series | pd.DataFrame | Mapping[str, ArrayLike] | Outputs


def as_outputs(y: Given, count: int) -> Outputs:
    """Results of `count` rows, in their order.

    Parameters
    ----------
    y : array (R,), Series, DataFrame, or mapping of name to array
        What pandas holds is numbered from 0 on, in order: sorted or shuffled rows are refused.
    count : int
        R.
    """
    if isinstance(y, (pd.Series, pd.DataFrame)) and not y.index.equals(pd.RangeIndex(count)):
        raise InputError(
            f"results of {len(y)} rows whose index is not 0 to {count - 1} in order",
            why="each result belongs to the row of the design at its place",
            fix="give one per row of the sample, in its order",
        )
    if isinstance(y, pd.Series):
        y = {str("y" if y.name is None else y.name): y.to_numpy()}
    elif isinstance(y, pd.DataFrame):
        y = {str(name): y.iloc[:, j].to_numpy() for j, name in enumerate(y.columns)}
    elif not isinstance(y, Mapping):
        y = {"y": y}
    outputs: Outputs = {}
    for key, values in y.items():
        name = key if isinstance(key, tuple) else (str(key), None)
        try:
            array = np.asarray(values, np.float64)
        except (TypeError, ValueError):
            raise InputError(f"results '{name[0]}' are no numbers") from None
        if array.shape != (count,):
            raise InputError(
                f"results '{name[0]}' have shape {array.shape}",
                why=f"the design has {count} rows, and each needs one number",
            )
        outputs[name] = array
    if not outputs:
        raise InputError("no results to analyse")
    return outputs


def outputs_of(runs: Runs, names: Sequence[str] | None = None) -> Outputs:
    """Endpoints and time courses of runs; NaN throughout where a run failed."""
    good = np.array([status == OK for status in runs.status])
    outputs: Outputs = {}
    for name in runs.units if names is None else names:
        if name not in runs.units:
            raise unknown("output", name, runs.units)
        values = np.asarray(runs[name].values, np.float64)
        if name in runs.observables:
            for j, hour in enumerate(runs.times_h.tolist()):
                outputs[name, hour] = np.where(good, values[:, j], np.nan)
        else:
            outputs[name, None] = np.where(good, values, np.nan)
    return outputs


def contrasted(outputs: Outputs, against: Outputs, how: str | Mapping[str, str]) -> Outputs:
    """Outputs compared with those of the same rows elsewhere, in the ways of `CONTRASTS`.

    One way compares all, beside their own values; a mapping of names to ways compares these, in
    the place of their own values. The logarithm of a ratio that is not positive is NaN.
    """
    names = dict.fromkeys(name for name, _ in outputs)
    ways = dict.fromkeys(names, how) if isinstance(how, str) else dict(how)
    for name in ways:
        if name not in names:
            raise unknown("output", name, names, "contrast")
    made = dict(outputs) if isinstance(how, str) else {}
    with np.errstate(all="ignore"):
        for (name, hour), values in outputs.items():
            if name not in ways:
                made[name, hour] = values
                continue
            other = against[name, hour]
            if ways[name] == "log_ratio" and (np.isfinite(other) & (other == 0)).all():
                raise InputError(
                    f"log ratio of '{told((name, hour))}'",
                    why="it is zero in every run under the other regimen",
                    fix="compare it by its difference, or not at all",
                )
            compared = np.log(values / other) if ways[name] == "log_ratio" else values - other
            made[f"{name}_{ways[name]}", hour] = compared
    return made


def with_logarithms(outputs: Outputs, names: Sequence[str]) -> Outputs:
    """Outputs, some of them replaced by their natural logarithm, `<output>_log`.

    What is not positive has none: NaN.
    """
    for name in names:
        if all(name != key[0] for key in outputs):
            raise unknown("output", name, {key[0] for key in outputs}, "logarithms")
    with np.errstate(all="ignore"):
        return {
            (f"{key[0]}_log" if key[0] in names else key[0], key[1]): (
                np.where(values > 0, np.log(values), np.nan) if key[0] in names else values
            )
            for key, values in outputs.items()
        }


def told(key: Key) -> str:
    """An output in words."""
    return key[0] if key[1] is None else f"{key[0]} at {key[1]:g} h"


def check_asked(asked: Mapping[str, Any]) -> None:
    """Refuse what asks `simulate` for nothing that can be analysed."""
    if not asked.get("endpoints") and asked.get("times_h") is None:
        raise InputError(
            "nothing to analyse", fix="give endpoints, or observables with their times_h"
        )
    if asked.get("observables") is not None and asked.get("times_h") is None:
        raise InputError("observables without times_h", fix="say at which hours they are analysed")
    if asked.get("sample") == "both":
        raise InputError('sample="both"', why="an hour would stand there twice")
