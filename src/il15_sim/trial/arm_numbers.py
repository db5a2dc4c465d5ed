"""What became of the arms: one number per arm and quantity, and arms against each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.survival import cox, kaplan_meier, log_rank
from il15_sim.trial.claim import MEASURES, OUTCOMES, at_landmark
from il15_sim.trial.design import Trial
from il15_sim.trial.outcome import LYMPHOPENIA, NADIR_DAYS

Array = NDArray[np.float64]
#: Days of half a year and of a year.
HALF_YEAR_D, YEAR_D = 182.625, 365.25
#: Days by which dose-limiting toxicity is counted.
TOXICITY_DAYS = (28, 56)
RESPONSES = {
    "CR": "complete response",
    "PR": "partial response",
    "SD": "stable disease",
    "PD": "progression as best response",
    "NE": "no imaging visit",
}
#: Why arms of the same patients are not compared.
SAME_PATIENTS = "the arms have the same patients: no test between them holds"
_Row = tuple[str, str, str, float, float, float]


def arm_table(table: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Numbers of every arm under every hypothesis.

    Patients whose simulation failed are counted and left out of all else.

    Parameters
    ----------
    table : DataFrame
        Of `run_trial`.
    trial : Trial

    Returns
    -------
    DataFrame
        One row per hypothesis, arm and `quantity`: its `words`, `unit`, `value`, and a 95 %
        interval `lower` to `upper` where there is one (Wilson's of a share; NaN otherwise). A
        median that is not reached is infinite. What is counted up to a day after the end of
        follow-up has no row.
    """
    rows = []
    for (hypothesis, arm), group in table.groupby(["hypothesis", "arm"], sort=False):
        for quantity, words, unit, value, lower, upper in _numbers(group, trial):
            told = {"quantity": quantity, "words": words, "unit": unit}
            ends = {"value": value, "lower": lower, "upper": upper}
            rows.append({"hypothesis": hypothesis, "arm": arm, **told, **ends})
    return pd.DataFrame(rows)


def _numbers(every: pd.DataFrame, trial: Trial) -> Iterator[_Row]:
    group = every[~every["failed"].astype(bool)]
    yield "patients", "patients", "", float(len(every)), np.nan, np.nan
    yield "failed", "simulations that failed", "", float(len(every) - len(group)), np.nan, np.nan
    if not len(group):
        return
    yield "deaths", "deaths", "", float(group["died"].sum()), np.nan, np.nan
    yield from _times(group)
    best = group["best_response"].to_numpy()
    for name, words in RESPONSES.items():
        yield _share(f"best_{name}", words, best == name)
    yield _share("disease_control", "disease control", np.isin(best, ("CR", "PR", "SD")))
    end = trial.calendar.follow_up_days
    for day in (day for day in TOXICITY_DAYS if day <= end):
        words = f"dose-limiting toxicity by day {day}"
        yield _share(f"dlt_by_{day}", words, (group["first_dlt_d"] <= day).to_numpy())
    # Of the whole course; columns of single days end in theirs.
    for name in group.filter(regex=r"^dose_share_(?!.*_d\d+$)").columns:
        taken = group[name].dropna()
        if len(taken):
            words = f"dose of {name.removeprefix('dose_share_')} taken while on treatment, mean"
            yield str(name), words, "%", 100 * float(taken.mean()), np.nan, np.nan
    nadir = group["lymphocyte_nadir"].to_numpy()
    for level in reversed(LYMPHOPENIA if end >= NADIR_DAYS else ()):
        words = f"lymphocytes below {level} per µL within {NADIR_DAYS} days"
        yield _share(f"lymphocytes_below_{level}", words, nadir < level)
    seen = at_landmark(group, trial, MEASURES[0])
    words = f"sampled and at risk after day {trial.landmark_day}"
    yield _share("sampled", words, np.arange(len(group)) < len(seen))
    if len(seen):
        words = f"risers (above {trial.riser_fold:g}-fold) among these"
        yield _share("risers", words, seen["riser"].to_numpy(bool))


def _times(group: pd.DataFrame) -> Iterator[_Row]:
    met = np.minimum(group["growth_days"], group["os_days"])
    growth = (met, group["growth_days"] <= group["os_days"])
    for name, words, time, event, day in (
        ("os", "overall survival", group["os_days"], group["died"], YEAR_D),
        ("pfs", "progression-free survival", group["pfs_days"], group["pfs_event"], HALF_YEAR_D),
        ("ttp", "time to progression, seen at visits", group["ttp_days"], group["progressed"], 0),
        ("growth", "time to progression, on the day it was met", *growth, 0),
    ):
        curve = kaplan_meier(time, event)
        low, high = curve.median_interval
        yield f"{name}_median", f"median {words}", "d", curve.median, low, high
        if day:
            after = "1 year" if day == YEAR_D else "6 months"
            k = max(int(np.searchsorted(curve.time, day, "right")) - 1, 0)
            value = 100 * float(curve.at(day))
            known = np.isfinite(value)
            ends = (100 * float(e[k]) if known else np.nan for e in (curve.lower, curve.upper))
            yield f"{name}_{after.replace(' ', '_')}", f"{words} at {after}", "%", value, *ends  # type: ignore[misc]


def _share(name: str, words: str, which: NDArray[np.bool_]) -> _Row:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(int(which.sum()), len(which), method="wilson")
    value = 100 * float(which.mean())
    # At 0 and 1 rounding must not move an end past the share.
    return name, words, "%", value, min(100 * float(low), value), max(100 * float(high), value)


def reference_arm(trial: Trial) -> str:
    """The arm that others are compared with: the control, or the first one."""
    return trial.control or trial.arms[0].name


def between_arms(table: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Every other arm against the control (or the first arm), under every hypothesis.

    Returns
    -------
    DataFrame
        One row per hypothesis, arm and outcome: `hazard_ratio` over the arm `against` with its
        95 % interval, `p` of the log-rank test, and `reason` where there is none. All trials
        together count, so that p falls with their number; the hazard ratio does not.
    """
    reference, rows = reference_arm(trial), []
    for hypothesis, every in table.groupby("hypothesis", sort=False):
        good = every[~every["failed"].astype(bool)]
        for arm in (a.name for a in trial.arms if a.name != reference):
            pair = good[good["arm"].isin((reference, arm))]
            for outcome, (time, event) in OUTCOMES.items():
                told = {"hypothesis": hypothesis, "arm": arm, "against": reference}
                compared = _compared(pair, arm, time, event, trial)
                rows.append({**told, "outcome": outcome, **compared})
    columns = ("hypothesis", "arm", "against", "outcome", *_COMPARED, "reason")
    return pd.DataFrame(rows, columns=columns)


_COMPARED = ("log_hazard_ratio", "se", "hazard_ratio", "lower", "upper", "p")


def _compared(pair: pd.DataFrame, arm: str, time: str, event: str, trial: Trial) -> dict[str, Any]:
    none: dict[str, Any] = dict.fromkeys(_COMPARED, np.nan)
    if trial.same_patients:
        return {**none, "reason": SAME_PATIENTS}
    own = (pair["arm"] == arm).to_numpy(float)
    try:
        test = log_rank(pair[time], pair[event], own)
        found = cox(pair[time], pair[event], pd.DataFrame({"arm": own})).iloc[0]
    except InputError as error:
        return {**none, "reason": str(error)}
    told = {name: found[name] for name in _COMPARED}
    return {**told, "p": test.p, "reason": found["reason"]}
