"""The one call that fits a model to a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError, unknown
from il15_sim.fit.own.estimated import read_estimated
from il15_sim.fit.own.misfit import Misfit, ScaleOf
from il15_sim.fit.own.predicted import Predictor
from il15_sim.fit.own.readings import Readings, read_readings
from il15_sim.fit.own.search import begins, first_spread, search, settled
from il15_sim.fit.own.table_fit import TableFit
from il15_sim.fit.own.treatments import Arm, read_arms
from il15_sim.model import Model
from il15_sim.simulation.subject import subject_of

if TYPE_CHECKING:
    import pandas as pd


def fit_table(
    model: Model | Kernel,
    data: str | Path | pd.DataFrame,
    estimate: str | Sequence[str],
    *,
    arms: Arm | Mapping[str, Arm] | None = None,
    noise: str | Mapping[str, str] = "log-normal",
    scale: ScaleOf = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    starts: int = 8,
    seed: int = 0,
) -> TableFit:
    """Fit parameters of a model to a table of readings, by least squares from several starts.

    Parameters
    ----------
    model : Model or Kernel
        The patient or a module; or any compiled SBML (then give `bounds` for all).
    data : path or DataFrame
        One reading a row. Columns `time_h`, `time_min` or `time_d`, `observable` and `value`;
        optional `unit` (converted to that of the model), `group`, `error` (the standard error of
        the value in its unit, or the SD of single readings where `n` of them were averaged), `n`,
        `likelihood` (overrides `noise`) and `replicate`. Without `error` the size of errors is
        estimated from the residuals, one per observable. A reading at the time of a dose is one
        before it.
    estimate : sequence of str
        Parameters; each is searched within its bounds, on a log scale where they are positive.
    arms : mapping of group to what it was given, optional
        A Regimen, a mapping of parameter to value, a `Change`, or a list of them. Values of
        parameters hold for good; inputs of a module, such as the ligand of a dish, are set at 0 h.
        A table without groups takes what all were given.
    noise : str or mapping of observable to str
        "log-normal" or "normal".
    scale : "observable" or "group", optional
        Readings are relative (fluorescence): one factor for each observable, or for each in each
        group, is found with the parameters. Units are then not converted.
    bounds : mapping of id to (lower, upper), optional
        Instead of those of the table.
    starts, seed : int
        Searches: one from the model's own values, the others spread evenly within the bounds.

    Returns
    -------
    TableFit

    Raises
    ------
    InputError
        In one line with file and row, for whatever cannot be used; where there are too few
        readings; where every search failed, with the reason of the first.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import Model, Regimen
    >>> from il15_sim.fit import fit_table
    >>> table = pd.DataFrame({"time_h": [2, 6, 12, 24], "value": [0.9, 1.3, 1.1, 0.7]})
    >>> result = fit_table(
    ...     Model.load("sorafenib_pk"),
    ...     table.assign(observable="sorafenib_total_mg_per_L"),
    ...     estimate=["sorafenib_clearance"],
    ...     arms=Regimen.parse("sorafenib 400 mg at 0 h"),
    ...     starts=1,
    ... )
    >>> result.frame["verdict"].tolist()
    ['identified']
    """
    for what, number in (("starts", starts), ("seed", seed)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 0:
            raise InputError(f"{what} {number!r:.40}", why="it is a whole number")
    if starts < 1:
        raise InputError(f"starts {starts}", why="at least one is needed")
    if scale not in (None, "observable", "group"):
        raise unknown("scale", str(scale), ("observable", "group"))
    subject = subject_of(model)
    readings = read_readings(data, subject, noise, scale is not None)
    treatments = read_arms(arms, subject, readings)
    unknowns = read_estimated(estimate, bounds or {}, subject, treatments)
    predictor = Predictor(subject, readings, treatments, unknowns)
    misfit = first_spread(Misfit(predictor, readings.spread, scale))
    _check_enough(readings, len(unknowns), misfit.factors)
    found = tuple(search(misfit, begin) for begin in begins(misfit, int(starts), int(seed)))
    best = min(found, key=lambda one: one.objective)
    if not np.isfinite(best.objective):
        raise InputError(
            f"all {len(found)} searches failed",
            where=readings.source,
            why=f"the first: {found[0].status}",
            fix='narrower bounds may help, or noise="normal" for what may be zero',
        )
    misfit, best = settled(misfit, best)
    return TableFit(misfit, best, found, int(seed))


def _check_enough(readings: Readings, parameters: int, factors: int) -> None:
    count, asked = len(readings.value), parameters + factors
    told = f"{count} readings for {parameters} parameters"
    if factors:
        told += f" and {factors} factors of scale"
    if count < asked:
        raise InputError(told, where=readings.source, fix="estimate fewer")
    if count == asked and any(readings.spread_of):
        why = "nothing is left to tell the size of their errors by"
        fix = "estimate fewer, or give a column 'error'"
        raise InputError(told, where=readings.source, why=why, fix=fix)
