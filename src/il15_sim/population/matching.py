"""Published summaries of groups beside those of a virtual population."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim import endpoints
from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number, whole
from il15_sim.files.resources import experiments_dir
from il15_sim.files.tsv import read_tsv
from il15_sim.population.statistics import STATISTICS, scattered
from il15_sim.population.virtual import Population
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate

Array = NDArray[np.float64]
COLUMNS = (
    *("id", "quantity", "measure", "fromH", "toH", "regimen", "variant", "among"),
    *("statistic", "value", "n", "used", "source", "doi", "note"),
)
_TOLD = (
    *("quantity", "among", "statistic", "published", "n", "population", "lower95", "upper95"),
    *("verdict", "patients", "used", "source", "doi", "note"),
)
_MEASURES = {"auc": endpoints.auc, "cmax": endpoints.cmax}
#: Fewer patients of a group than this tell nothing of it.
_FEWEST = 20


@dataclass(frozen=True)
class Summary:
    """One published number: a statistic of a group of n people.

    `quantity` is a covariate or biomarker, a condition (of a share), or, with a `measure`, an
    observable between two hours of a `regimen` in the cohort of a `variant`.
    """

    id: str
    quantity: str
    statistic: str
    value: float
    n: int
    among: str = ""
    measure: str = ""
    hours: tuple[float, float] = (0.0, 0.0)
    regimen: str = ""
    variant: str = ""
    used: str = "compare"
    source: str = "-"
    doi: str = ""
    note: str = ""


def read_summaries(path: str | Path | None = None) -> tuple[Summary, ...]:
    """The rows of a table such as `experiments/data/population/summaries.tsv`, the default.

    Raises
    ------
    InputError
        With file and line, for unknown statistics, measures and uses, and numbers that are none.

    Examples
    --------
    >>> {s.used for s in read_summaries()} == {"fit", "compare"}
    True
    """
    file = experiments_dir() / "data" / "population" / "summaries.tsv" if path is None else path
    found = []
    for line, row in read_tsv(Path(file), COLUMNS, unique="id")[0]:
        where = f"{file}: line {line}"
        for what, known in (
            ("statistic", STATISTICS),
            ("measure", ("", *_MEASURES)),
            ("used", ("fit", "compare")),
        ):
            if row[what] not in known:
                raise unknown(what, row[what], known, where)
        hours = (0.0, 0.0)
        if row["measure"]:
            hours = (number(row["fromH"], "fromH", where), number(row["toH"], "toH", where))
        found.append(
            Summary(
                hours=hours,
                value=number(row["value"], "value", where),
                n=whole(row["n"], "n", where),
                **{c: row[c] for c in COLUMNS if c not in ("value", "n", "fromH", "toH")},
            )
        )
    return tuple(found)


def match(
    population: Population,
    summaries: tuple[Summary, ...] | None = None,
    *,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Published summaries beside the population's, with its weights.

    Parameters
    ----------
    population : Population
    summaries : sequence of Summary, optional
        Default: those of `experiments/data/population/summaries.tsv`.
    progress : bool, optional
        Show the progress of simulated doses. Default: on a terminal.

    Returns
    -------
    DataFrame
        One row per summary, its index the ids: `quantity, among, statistic, published, n,
        population, lower95, upper95, verdict, patients, used, source, doi, note`. 95 % of groups
        of n people of this population have a statistic between `lower95` and `upper95` (a little
        wider for a small population, which is a sample, too). `verdict` is `"inside"` where the
        published one is there, else `"missed"`; `"too few patients"` where fewer than 20 are of
        the group.

    Examples
    --------
    >>> from il15_sim import Model, Population
    >>> from il15_sim.population import match, read_summaries
    >>> asked = tuple(s for s in read_summaries() if s.id == "burden")
    >>> match(Population(Model.load(), n=500), asked).loc["burden", "verdict"]
    'inside'
    """
    asked = read_summaries() if summaries is None else tuple(summaries)
    measured = _measured(population, asked, progress)
    rows = {}
    for k, one in enumerate(asked):
        x = measured[one.id] if one.measure else _values(population, one)
        weights = np.asarray(population.weights, np.float64)
        own = ~np.isnan(x) & (weights > 0)
        if one.among:
            own &= population.truth(one.among)
        told: dict[str, object] = {
            "quantity": f"{one.measure} of {one.quantity}" if one.measure else one.quantity,
            "among": one.among or "all",
            "statistic": one.statistic,
            "published": one.value,
            "n": one.n,
        }
        if own.sum() < _FEWEST:
            value = low = high = np.nan
            verdict = "too few patients"
        else:
            value, low, high = scattered(one.statistic, x[own], weights[own], one.n, seed=k)
            verdict = "inside" if low <= one.value <= high else "missed"
        told |= {"population": value, "lower95": low, "upper95": high, "verdict": verdict}
        told |= {"patients": int(own.sum()), "used": one.used, "source": one.source}
        rows[one.id] = told | {"doi": one.doi, "note": one.note}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=_TOLD)
    return frame.rename_axis("summary")


def _values(population: Population, one: Summary) -> Array:
    """Of every patient the quantity of a summary; NaN where it is not known."""
    if one.statistic == "share":
        return population.truth(one.quantity).astype(float)
    return population.table(one.quantity)[one.quantity].to_numpy(float)


def _measured(
    population: Population, asked: tuple[Summary, ...], progress: bool | None
) -> Mapping[str, Array]:
    """What is measured under doses, by id; patients of one cohort and regimen simulated once."""
    found: dict[str, Array] = {}
    todo = [one for one in asked if one.measure]
    for variant, text in dict.fromkeys((one.variant, one.regimen) for one in todo):
        own = [one for one in todo if (one.variant, one.regimen) == (variant, text)]
        model = population.model
        if variant:
            model = model.with_variant(variant)
        same = replace(population, model=model)
        ends = {one.id: _MEASURES[one.measure](one.quantity, hours=one.hours) for one in own}
        with warnings.catch_warnings():
            # Log-normal patients leave the bounds of the table, which are those of a typical one.
            warnings.filterwarnings("ignore", message=".*outside the table's bounds.*")
            try:
                runs = simulate(
                    model,
                    Regimen.parse(text),
                    same.parameters,
                    until_days=max(one.hours[1] for one in own) / 24,
                    endpoints=list(dict.fromkeys(ends.values())),
                    progress=progress,
                )
            except InputError as error:
                raise error.at(f"summary '{own[0].id}'") from None
        found |= {name: runs[end.name].values.astype(float) for name, end in ends.items()}
    return found
