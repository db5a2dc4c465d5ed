"""The one call that fits a model to a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from il15_sim.batch.kernel import Kernel
from il15_sim.fit.estimates import Estimate, read_unknowns
from il15_sim.fit.patient_predictor import check_patients
from il15_sim.fit.priors import Prior
from il15_sim.fit.problem import Problem
from il15_sim.fit.result import Fit
from il15_sim.fit.rows import Rows
from il15_sim.fit.run import run_fit
from il15_sim.fit.tables.cells import Table
from il15_sim.fit.tables.groups import arms_of_groups, groups_of, members_of
from il15_sim.fit.tables.readings import Reader
from il15_sim.fit.tables.scales import check_scale
from il15_sim.fit.treatments import Given, read_arms, with_group_values
from il15_sim.fit.unknowns import described
from il15_sim.model import Model
from il15_sim.simulation.subject import subject_of

if TYPE_CHECKING:
    import pandas as pd


def fit_table(
    model: Model | Kernel,
    data: str | Path | pd.DataFrame,
    estimate: str | Estimate | Sequence[str | Estimate],
    *,
    arms: Given | Mapping[str, Given] | None = None,
    groups: Mapping[str, Mapping[str, float]] | None = None,
    dose_of: str | None = None,
    noise: str | Mapping[str, str] = "log-normal",
    scale: Literal["observable", "group", "plate", "group and plate"] | None = None,
    offset: bool = False,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    priors: Mapping[str, Prior | None] | None = None,
    starts: int = 8,
    seed: int = 0,
) -> Fit:
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
    estimate : sequence of str or Estimate
        Parameters; each is searched within its bounds, on a log scale where they are positive. An
        `Estimate` is one for some groups of the table only.
    arms : mapping of group to what it was given, optional
        A Regimen, a mapping of parameter to value, a `Change`, `Patients`, or a list of them.
        Values of parameters hold for good; inputs of a module, such as the ligand of a dish, are
        set at 0 h. Of an arm with `Patients` each row says in a column `statistic` what is compared
        over them: mean, median, geometric mean, SD, CV%, geometric CV%, a quantile (q25), or the
        share below or above the level in a column `threshold`.
        A table without groups takes what all were given.
    groups : mapping of group to values by parameter, optional
        What holds in all arms of a group. A table with a column `group` beside `dose` or `regimen`
        has several arms in each group, such as all doses of one type of cell; otherwise every arm
        is a group.
    dose_of : str, optional
        The input or parameter whose values the doses (or groups) of the table are.
    noise : str or mapping of observable to str
        "log-normal" or "normal".
    scale : "observable", "group", "plate" or "group and plate", optional
        Readings are relative (fluorescence): one factor for each observable, or for each in each
        group, on each plate (column `plate`) or of each group on each plate, is found with the
        parameters. Units are then not converted; each plate has errors of a size of its own.
    offset : bool
        With `scale`: what shares a factor shares a background, too (then errors are normal).
    bounds : mapping of id to (lower, upper), optional
        Instead of those of the table; by the id of an `Estimate`.
    priors : mapping of id to Prior or None, optional
        Instead of those of the table; None takes one away.
    starts, seed : int
        Searches: one from the model's own values, the others spread evenly within the bounds.

    Returns
    -------
    Fit

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
    return run_fit(
        table_problem(
            model, data, estimate, arms=arms, groups=groups, dose_of=dose_of, noise=noise,
            scale=scale, offset=offset, bounds=bounds, priors=priors, starts=starts, seed=seed,
        )
    )  # fmt: skip


def table_problem(
    model: Model | Kernel,
    data: str | Path | pd.DataFrame,
    estimate: str | Estimate | Sequence[str | Estimate],
    *,
    arms: Given | Mapping[str, Given] | None = None,
    groups: Mapping[str, Mapping[str, float]] | None = None,
    dose_of: str | None = None,
    noise: str | Mapping[str, str] = "log-normal",
    scale: str | None = None,
    offset: bool = False,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    priors: Mapping[str, Prior | None] | None = None,
    starts: int = 8,
    seed: int = 0,
    name: str = "table",
) -> Problem:
    """What `fit_table` fits, not yet fitted.

    Arguments are those of `fit_table`. Without `arms` a column of regimens says what each group was
    given.
    """
    check_scale(scale, offset)
    subject = subject_of(model)
    table = Table.of(data)
    rows = Reader(subject, noise, scale, offset).rows(table)
    named, members = groups_of(rows), members_of(rows)
    chosen = arms if arms is not None else arms_of_groups(named, dose_of, members)
    given = read_arms(chosen, subject, named, table.source)
    given = {name: replace(arm, group=members[name]) for name, arm in given.items()}
    for group, values in (groups or {}).items():
        given = with_group_values(given, group, values, subject)
    unknowns = read_unknowns(estimate, bounds or {}, subject, given, priors)
    check_patients(rows, given, unknowns)
    inputs = {
        "model": subject.hash,
        "arms": "\n".join(f"{k} {a.to_dict()}" for k, a in given.items()),
        "rows": "\n".join(repr(replace(row, where="")) for row in rows),
        "unknowns": described(unknowns),
    }
    return Problem(
        name,
        subject,
        given,
        Rows(rows, table.source),
        unknowns,
        factors="free",
        starts=starts,
        seed=seed,
        inputs=inputs,
    )
