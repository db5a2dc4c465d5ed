"""Outcomes of virtual trials beside published ones, as shares of patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number
from il15_sim.files.tsv import read_tsv
from il15_sim.progression import judged
from il15_sim.progression.told import MEDIAN_WITHIN
from il15_sim.progression.trials import Reading
from il15_sim.survival import cox, kaplan_meier
from il15_sim.survival.times import Z95

_COLUMNS = (
    *("id", "arm", "quantity", "reported", "day", "share", "n", "used"),
    *("source", "doi", "note"),
)
#: Quantities whose readings have a day.
_DATED = (
    *("survival", "progression-free", "without progression", "dose-limiting toxicity"),
    *("lymphocytes below 700", "lymphocytes below 500"),
)
#: Those that tell no share of patients, by how they are reported.
_BY_REPORT = {"dose taken": "mean", "hazard ratio by burden": "ratio"}
QUANTITIES = (*_DATED, "response", *_BY_REPORT)
_REPORTED = ("share", "median", "quartile")
#: SD of a published mean dose, as a share of the planned one: that of the fit of toxicity.
DOSE_ERROR = 0.08
#: Two of three hazard ratios by burden lie within this factor of the published one, which was read
#: in patients on another treatment (assumed).
RATIO_FOLD = 2.0
#: A dose is told of the sampling day nearest to the published one, no further away than this.
_DAYS_APART = 5.0


def read_readings(path: str | Path) -> tuple[Reading, ...]:
    """Read published outcomes.

    Returns
    -------
    tuple of Reading
        As of progression, each with a weight of 1. `quantity` is one of `QUANTITIES`; `share` is a
        share of patients, of the planned dose (`mean`), or a hazard ratio (`ratio`).

    Raises
    ------
    InputError
        With file and line, for what cannot be read, unknown words (with the closest valid one),
        shares outside 0 to 1, days and numbers of patients that are not positive.

    Examples
    --------
    >>> from il15_sim.files.resources import experiments_dir
    >>> readings = read_readings(experiments_dir() / "data" / "outcomes" / "readings.tsv")
    >>> readings[0].id, readings[0].quantity, readings[0].share
    ('middleton_os', 'survival', 0.5)
    """
    file = Path(path)
    return tuple(
        _reading(row, f"{file}: line {line}")
        for line, row in read_tsv(file, _COLUMNS, unique="id")[0]
    )


def _reading(row: dict[str, str], where: str) -> Reading:
    quantity = row["quantity"]
    for what, known in (("quantity", QUANTITIES), ("used", ("fit", "compare"))):
        if row[what] not in known:
            raise unknown(what, row[what], known, where)
    ways = (_BY_REPORT[quantity],) if quantity in _BY_REPORT else _REPORTED
    if row["reported"] not in ways:
        raise unknown(f"way to report {quantity}:", row["reported"], ways, where)
    day = float("nan")
    if quantity in _DATED or (quantity == "dose taken" and row["day"]):
        day = number(row["day"], "day", where)
    elif row["day"]:
        raise InputError(f"day {row['day']} of {quantity}", where=where, fix="leave it empty")
    share, n = (number(row[c], c, where) for c in ("share", "n"))
    if not (0 <= share <= 1 and n > 0) or day <= 0:
        told = f"share {share:g} of {n:g} patients on day {day:g}"
        why = "a share lies between 0 and 1, days and numbers of patients are positive"
        raise InputError(told, where=where, why=why)
    texts = {c: row[c] for c in ("id", "arm", "quantity", "reported", "used")}
    texts |= {c: row[c] for c in ("source", "doi", "note")}
    return Reading(day=day, share=share, n=n, weight=1.0, **texts)


def compared(
    table: pd.DataFrame, readings: Sequence[Reading], *, unmoved: float = 0.0
) -> pd.DataFrame:
    """What virtual patients did, beside what was published.

    Parameters
    ----------
    table : DataFrame
        What `run_trial` gives, of one hypothesis.
    readings : sequence of Reading
    unmoved : float
        Share of patients that reading alone calls responders: the virtual tumours are read
        without error, and their patients respond by less.

    Returns
    -------
    DataFrame
        One row per reading: `reading`, `arm`, `quantity`, `day`, `published`, `n`, `predicted`,
        `lower` and `upper`, between which a prediction agrees (95 % of Clopper and Pearson for a
        share; 0.12 around that of a median or quartile; two SDs around a mean dose; a factor of
        3.9 around a hazard ratio), `holds`, `used`.

    Raises
    ------
    InputError
        For an arm that the table does not have, a day after the end of follow-up, and a dose of
        which no sampling day tells.

    Examples
    --------
    >>> import pandas as pd
    >>> dead = pd.DataFrame({"arm": "untreated", "os_days": [100, 300], "died": [True, True]})
    >>> half = Reading("os", "untreated", "survival", "median", 200, 0.5, 40, 1, "fit", "", "", "")
    >>> compared(dead, [half])[["published", "predicted", "holds"]].values.tolist()
    [[0.5, 0.5, True]]
    """
    arms = {str(name): group for name, group in table.groupby("arm", sort=False)}
    for reading in readings:
        if reading.arm not in arms:
            raise unknown("arm", reading.arm, arms, f"reading '{reading.id}'")
    predicted = [_predicted(arms[r.arm], r, unmoved) for r in readings]
    found = judged(tuple(readings), predicted)
    for k, reading in enumerate(readings):
        share = reading.share
        if reading.reported == "ratio":
            reach = RATIO_FOLD**Z95
            found.loc[k, ["lower", "upper"]] = [share / reach, share * reach]
        elif reading.reported in ("mean", "quartile"):
            reach = MEDIAN_WITHIN if reading.reported == "quartile" else Z95 * DOSE_ERROR
            found.loc[k, ["lower", "upper"]] = [share - reach, share + reach]
    found["holds"] = found["predicted"].between(found["lower"], found["upper"])
    return found


def _predicted(group: pd.DataFrame, reading: Reading, unmoved: float) -> float:
    there = group if "failed" not in group else group[~group["failed"].to_numpy(bool)]
    find = _FOUND[reading.quantity]
    share = find(there, reading)
    if reading.quantity == "response":
        return unmoved + (1 - unmoved) * share
    return share


def _without(time: str, event: str) -> Callable[[pd.DataFrame, Reading], float]:
    def share(group: pd.DataFrame, reading: Reading) -> float:
        found = float(kaplan_meier(group[time], group[event]).at(reading.day))
        if not np.isfinite(found):
            why = f"patients of '{reading.arm}' were followed until day {group[time].max():g}"
            where = f"reading '{reading.id}'"
            raise InputError(f"{reading.quantity} on day {reading.day:g}", where=where, why=why)
        return found

    return share


def _below(level: float) -> Callable[[pd.DataFrame, Reading], float]:
    def share(group: pd.DataFrame, reading: Reading) -> float:
        # Published incidences are of those who got their cycles: others lose fewer cells.
        treated = group[group["treated_until_d"] >= reading.day]
        return float((treated["lymphocyte_nadir"] < level).mean())

    return share


def _limited(group: pd.DataFrame, reading: Reading) -> float:
    return float((group["first_dlt_d"] <= reading.day).mean())


def _response(group: pd.DataFrame, _: Reading) -> float:
    return float(group["best_response"].isin(["CR", "PR"]).mean())


def _dose(group: pd.DataFrame, reading: Reading) -> float:
    """Mean share of those still on the drug."""
    name = "dose_share_sorafenib"
    if np.isfinite(reading.day):
        columns = group.columns[group.columns.str.startswith(f"{name}_d")]
        days = [float(column.removeprefix(f"{name}_d")) for column in columns]
        near = min(days, key=lambda day: abs(day - reading.day), default=np.inf)
        if not abs(near - reading.day) <= _DAYS_APART:
            fix = f"add day {reading.day:.0f} to sampling_days"
            told = f"no dose is told of day {reading.day:g}"
            raise InputError(told, where=f"reading '{reading.id}'", fix=fix)
        name = f"{name}_d{near:g}"
    return float(group[name].mean())


def _burden_ratio(group: pd.DataFrame, _: Reading) -> float:
    small = group["burden_mm"] < group["burden_mm"].median()
    found = cox(group["os_days"], group["died"], small.to_frame("small"))
    return float(found["hazard_ratio"].iloc[0])


_FOUND: dict[str, Callable[[pd.DataFrame, Reading], float]] = {
    "survival": _without("os_days", "died"),
    "progression-free": _without("pfs_days", "pfs_event"),
    "without progression": _without("ttp_days", "progressed"),
    "dose-limiting toxicity": _limited,
    "lymphocytes below 700": _below(700.0),
    "lymphocytes below 500": _below(500.0),
    "response": _response,
    "dose taken": _dose,
    "hazard ratio by burden": _burden_ratio,
}
