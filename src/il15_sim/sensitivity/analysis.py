"""From a design and results to indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.sensitivity.failed import Failures, check_choice, resampled, without_failed
from il15_sim.sensitivity.outputs import Given, Key, Outputs, as_outputs
from il15_sim.sensitivity.result import Indices, frame_of, row
from il15_sim.sensitivity.salib import called, check_resamples, child_seed, function_of, undisturbed
from il15_sim.sensitivity.sampling import Design

Array = NDArray[np.float64]


def analyse(
    design: Design,
    y: Given | Callable[[pd.DataFrame], Given],
    *,
    failures: str = "refuse",
    resamples: int = 100,
    options: Mapping[str, Any] | None = None,
) -> Indices:
    """Sensitivity indices of results.

    Parameters
    ----------
    design : Design
        Made by `design`.
    y : array (R,), Series, DataFrame, mapping of name to array, or function
        One number per row of `design.sample`, in its order; a function is given the table.
    failures : "refuse", "drop" or "resample"
        What to do where a result is NaN or infinite. "drop" leaves out the whole block of rows
        (trajectory of Morris), "resample" replaces it by a fresh one, for which y is a function.
        Both leave indices of blocks that can be simulated whole: a point counts the less the
        more of its block fails, and where the failures depend on several factors at once, the
        indices are none of a uniform sample of the rest.
    resamples : int
        Bootstraps behind the 95 % intervals.
    options : mapping, optional
        Kept in the result beside those of the design.

    Raises
    ------
    InputError
        For results that do not belong to the design, and for failed rows, as chosen.

    Examples
    --------
    >>> from il15_sim.sensitivity import Factor, analyse, design
    >>> made = design([Factor("a", 0, 1), Factor("b", 0, 1)], "sobol", 256)
    >>> analyse(made, lambda t: t["a"] + 2 * t["b"]).ranking()["factor"].tolist()
    ['b', 'a']
    """
    check_choice(failures)
    check_resamples(resamples)
    replaced: Failures | None = None
    if callable(y):
        function = y

        def evaluate(table: pd.DataFrame) -> Outputs:
            return as_outputs(function(table), len(table))

        outputs = evaluate(design.sample)
        if failures == "resample":
            design, outputs, replaced = resampled(design, outputs, evaluate)
    elif failures == "resample":
        raise InputError(
            'failures="resample" with finished results',
            why="fresh rows have to be computed",
            fix='give a function, or failures="drop"',
        )
    else:
        outputs = as_outputs(y, len(design))
    parts, left_out = without_failed(design, outputs, failures)
    rows: list[tuple[Any, ...]] = []
    for key, (part, values) in parts.items():
        rows += index_rows(part, key, values, resamples)
    made = {**design.options, "design": design.hash, "failures": failures, "resamples": resamples}
    return Indices(
        frame_of(rows),
        design.method,
        design.n,
        design.seed,
        (left_out if replaced is None else replaced).frame,
        {**made, **(options or {})},
        (design, outputs),
    )


def index_rows(design: Design, key: Key, y: Array, resamples: int) -> list[tuple[Any, ...]]:
    """The indices of one output, all finite, as rows of the frame."""
    seed = child_seed(design.seed, 2)
    with undisturbed(seed):
        if design.method == "sobol":
            return _sobol(design, key, y, resamples, seed)
        if design.method == "morris":
            return _morris(design, key, y, resamples, seed)
        return _named(design, key, y, resamples, seed)


def _sobol(design: Design, key: Key, y: Array, resamples: int, seed: int) -> list[tuple[Any, ...]]:
    from SALib.analyze import sobol

    labels, second = design.labels, bool(design.options["second_order"])
    if constant(y):
        si: dict[str, Any] = dict.fromkeys(("S1", "ST"), np.full(len(labels), np.nan))
        si["S2"] = np.full((len(labels), len(labels)), np.nan)
        si.update({f"{name}_conf": si[name] for name in ("S1", "ST", "S2")})
    else:
        si = sobol.analyze(design.problem, y, second, num_resamples=resamples, seed=seed)
    rows = [
        row(key, label, name, si[name][j], si[f"{name}_conf"][j])
        for name in ("S1", "ST")
        for j, label in enumerate(labels)
    ]
    if second:
        rows += _pairs(key, labels, "S2", si["S2"], si["S2_conf"])
    return rows


def _morris(design: Design, key: Key, y: Array, resamples: int, seed: int) -> list[tuple[Any, ...]]:
    from SALib.analyze import morris

    levels = design.options["levels"]
    si = morris.analyze(
        design.problem, design.unit, y, num_resamples=resamples, num_levels=levels, seed=seed
    )
    half = {"mu_star": np.ma.filled(si["mu_star_conf"], np.nan)}
    # Members of a group move up and down at once: its effect has a size, but no sign.
    members = Counter(f.group or f.name for f in design.factors)
    si["mu"] = np.where([members[f] > 1 for f in design.labels], np.nan, si["mu"])
    return [
        row(key, label, name, np.ma.filled(si[name], np.nan)[j], half.get(name, none)[j])
        for name in ("mu_star", "mu", "sigma")
        for none in [np.full(len(design.labels), np.nan)]
        for j, label in enumerate(design.labels)
    ]


def _named(design: Design, key: Key, y: Array, resamples: int, seed: int) -> list[tuple[Any, ...]]:
    """Any method of SALib: what it returns per factor, and per pair of factors."""
    name = design.options["analyze"]
    given = {"problem": design.problem, "X": design.unit, "Y": y, "seed": seed}
    given["num_resamples"] = resamples
    si = called(function_of("analyze", name), given, design.options["analyze_options"])
    labels = design.labels
    rows: list[tuple[Any, ...]] = []
    for index, values in si.items():
        try:
            array = np.asarray(values, np.float64)
            half = np.asarray(si.get(f"{index}_conf", np.full(array.shape, np.nan)), np.float64)
        except (TypeError, ValueError):
            continue
        if str(index).endswith("_conf") or half.shape != array.shape:
            continue
        if array.shape == (len(labels),):
            rows += [row(key, f, str(index), array[j], half[j]) for j, f in enumerate(labels)]
        elif array.shape == (len(labels), len(labels)):
            rows += _pairs(key, labels, str(index), array, half)
    if not rows:
        raise InputError(
            f"SALib's '{name}' gives no number per {'group' if design.grouped else 'factor'}",
            fix="leave groups out" if design.grouped else 'choose another one, such as "delta"',
        )
    return rows


def _pairs(
    key: Key, labels: tuple[str, ...], index: str, values: Array, half: Array
) -> list[tuple[Any, ...]]:
    return [
        row(key, labels[j], index, values[j, k], half[j, k], labels[k])
        for j in range(len(labels))
        for k in range(j + 1, len(labels))
    ]


def constant(y: Array) -> bool:
    """Whether an output varies by no more than rounding."""
    return bool(np.ptp(y) <= 1e-13 * np.abs(y).max())
