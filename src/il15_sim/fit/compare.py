"""Fits of the same rows beside each other: which model the data prefer, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from il15_sim.errors import InputError, check_distinct

if TYPE_CHECKING:
    import pandas as pd

    from il15_sim.fit.result import Fit

_COLUMNS = (
    *("fit", "model", "parameters", "rows", "log_likelihood", "aic", "delta_aic", "akaike_weight"),
    *("bic", "delta_bic", "on_bound", "not_identified"),
)


def compare_fits(fits: Sequence[Fit], left_out: Sequence[pd.DataFrame] = ()) -> pd.DataFrame:
    """Information criteria of fits of the same rows, the best by AIC first.

    Parameters
    ----------
    fits : sequence of Fit
        Each of another model, of other unknowns or other errors.
    left_out : sequence of DataFrame, optional
        What `leave_one_out` gave for each of them.

    Returns
    -------
    DataFrame
        `fit, model, parameters, rows, log_likelihood, aic, delta_aic, akaike_weight, bic,
        delta_bic, on_bound, not_identified`, and with `left_out` its sum
        `left_out_minus_2_ln_likelihood`. A difference below 2 is none; above 10 the worse one has
        next to no support (Burnham and Anderson 2004, doi:10.1177/0049124104268644).

    Raises
    ------
    InputError
        For fewer than two fits, two of one name, and fits of other rows.
    """
    import pandas as pd

    if len(fits) < 2:
        raise InputError(f"{len(fits)} fit", why="two are needed to compare")
    check_distinct("fit", [f.problem.name for f in fits], "give each a file name of its own")
    first = _measured(fits[0])
    for other in fits[1:]:
        if _measured(other) != first:
            raise InputError(
                f"'{fits[0].problem.name}' and '{other.problem.name}' were fitted to other rows",
                why="likelihoods of different data cannot be compared",
                fix="give both the same studies or tables, and the same likelihoods of rows",
            )
    rows = []
    for fit in fits:
        told = fit.criteria
        verdicts = fit.frame["verdict"]
        rows.append(
            {
                "fit": fit.problem.name,
                "model": fit.problem.subject.name,
                "parameters": told["parameters"],
                "rows": told["rows"],
                "log_likelihood": fit.log_likelihood,
                "aic": told["aic"],
                "bic": told["bic"],
                "on_bound": int((verdicts == "on its bound").sum()),
                "not_identified": int(verdicts.str.contains("not identified").sum()),
            }
        )
    frame = pd.DataFrame(rows)
    for name in ("aic", "bic"):
        frame[f"delta_{name}"] = frame[name] - frame[name].min()
    weight = np.exp(-0.5 * frame["delta_aic"])
    frame["akaike_weight"] = weight / weight.sum()
    frame = frame[[*_COLUMNS]]
    if left_out:
        frame["left_out_minus_2_ln_likelihood"] = [
            # What failed without a study has no sum, rather than a better one.
            float(table["minus_2_ln_likelihood"].sum(skipna=False))
            for table in left_out
        ]
    return frame.sort_values("aic", ignore_index=True)


def _measured(fit: Fit) -> list[tuple[object, ...]]:
    rows = fit.objective.rows.rows
    return sorted(
        (r.observable, r.reads.quantity, r.arm, r.time_h, str(r.measured), r.kind) for r in rows
    )
