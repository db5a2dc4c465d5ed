"""Does a rise of the marker go with longer survival? In a population, and in single trials.

Patients count from the landmark on: who died, was lost or had no sample by then tells nothing of
what the rise foretells. Hazard ratios are per SD of the measure in the arm. Adjusted are those for
baseline burden and the tumour's gross growth, never for burden at the landmark, through which the
rise acts, nor for growth net of killing, which contains the effect.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.survival import cox, events_needed, landmark
from il15_sim.trial.design import Trial

Array = NDArray[np.float64]
#: How the rise may be measured; the first one is what the claim is judged by.
MEASURES = (
    "log-fold",
    "points",
    "log-fold without assay error",
    "log-fold over the untreated course",
    "log-fold of the count",
)
OUTCOMES = {"survival": ("os_days", "died"), "progression-free": ("pfs_days", "pfs_event")}
#: What the event of an outcome is called.
EVENTS = {"survival": "death", "progression-free": "progression or death"}
#: What an adjusted hazard ratio is adjusted for.
ADJUSTED = ("burden_mm", "tumour_growth")
#: Fewest patients and deaths of which a hazard ratio is told.
_LEAST = 5
_NUMBERS = ("log_hazard_ratio", "se", "hazard_ratio", "lower", "upper", "p")


def rise(table: pd.DataFrame, trial: Trial, measure: str) -> Array:
    """The rise of the marker from baseline to the landmark, shape (N,); NaN without both samples.

    Examples
    --------
    >>> from il15_sim.files.resources import experiments_dir
    >>> from il15_sim.trial import read_trial
    >>> trial = read_trial(experiments_dir() / "trials" / "romero.toml")
    >>> marker = "cd4_nkg2d_percent"
    >>> own = {f"{marker}_d0_measured": [2.0], f"{marker}_d56_measured": [3.0]}
    >>> rise(pd.DataFrame(own), trial, "points")
    array([1.])
    """
    day, marker = trial.landmark_day, trial.marker
    if measure == "log-fold of the count":
        marker = marker.replace("_percent", "_per_uL")
    measured = "" if measure == "log-fold without assay error" else "_measured"
    before = table[f"{marker}_d0{measured}"].to_numpy(float)
    after = table[f"{marker}_d{day}{measured}"].to_numpy(float)
    if measure == "points":
        return np.asarray(after - before)
    if measure == "log-fold over the untreated course":
        before = table[f"{marker}_d{day}_untreated"].to_numpy(float)
    found: Array = np.log(after / before)
    if not measured:
        # Only of those who were sampled.
        sampled = table[f"{marker}_d{day}_measured"].notna().to_numpy()
        found = np.where(sampled, found, np.nan)
    return np.asarray(found)


def measures_of(trial: Trial) -> tuple[str, ...]:
    """The measures for which the trial takes samples."""
    count = trial.marker.replace("_percent", "_per_uL")
    both = count != trial.marker and count in trial.watched
    return MEASURES if both else MEASURES[:-1]


def claim_table(table: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Hazard ratios per SD of the rise in each arm under each hypothesis, all patients together.

    Returns
    -------
    DataFrame
        One row per hypothesis, arm, outcome, measure and adjustment: patients and events after the
        landmark, mean and SD of the measure, share of risers (above `riser_fold`, of the log-fold),
        `log_hazard_ratio`, its `se`, `hazard_ratio` with its 95 % interval, `p`, and
        `events_needed` and `patients_needed` for a power of 0.8 (NaN where adjusted).
    """
    rows = []
    for (hypothesis, arm), group in table.groupby(["hypothesis", "arm"], sort=False):
        for outcome in OUTCOMES:
            for measure in measures_of(trial):
                seen = at_landmark(group, trial, measure, outcome)
                for adjusted in (False, True):
                    told = _one(seen, adjusted)
                    name = {"hypothesis": hypothesis, "arm": arm, "outcome": outcome}
                    name |= {"measure": measure, "adjusted": adjusted}
                    # Schoenfeld's formula knows no correlation of the rise with covariates.
                    slope = np.nan if adjusted else told["log_hazard_ratio"]
                    rows.append({**name, **told, **_size(seen, slope, len(group))})
    return pd.DataFrame(rows)


def at_landmark(
    group: pd.DataFrame, trial: Trial, measure: str, outcome: str = "survival"
) -> pd.DataFrame:
    """Who is at risk after the landmark and was sampled: time, event, rise, covariates.

    No rows where that is nobody.
    """
    time, event = OUTCOMES[outcome]
    value = rise(group, trial, measure)
    sampled = np.isfinite(value) & ~group["failed"].to_numpy(bool)
    # Who is at risk is decided by `landmark`; without anybody there is nothing to ask it.
    sampled &= group[time].to_numpy() > trial.landmark_day
    if not sampled.any():
        names = ("time", "event", "rise", "riser", "trial", *ADJUSTED)
        return pd.DataFrame({name: np.zeros(0) for name in names})
    group, value = group.loc[sampled], value[sampled]
    later = landmark(group[time], group[event], trial.landmark_day)
    own = group.loc[later.kept]
    columns = {
        "time": later.time,
        "event": later.event,
        "rise": value[later.kept],
        "riser": rise(own, trial, MEASURES[0]) > np.log(trial.riser_fold),
        "trial": own["trial"].to_numpy(int),
        **{name: np.log(own[name].to_numpy(float)) for name in ADJUSTED},
    }
    return pd.DataFrame(columns)


def _one(seen: pd.DataFrame, adjusted: bool) -> dict[str, Any]:
    events = int(seen["event"].sum())
    told: dict[str, Any] = {"patients": len(seen), "events": events}
    spread = float(seen["rise"].std()) if len(seen) > 1 else 0.0
    told |= {"mean": float(seen["rise"].mean()), "sd": spread}
    told |= {"risers": float(seen["riser"].mean())}
    none: dict[str, Any] = dict.fromkeys(_NUMBERS, np.nan)
    if why := _too_little(len(seen), events, spread):
        return {**told, **none, "reason": why}
    covariates = pd.DataFrame({"rise": seen["rise"] / spread})
    if adjusted:
        covariates = covariates.assign(**{name: seen[name] for name in ADJUSTED})
    try:
        found = cox(seen["time"], seen["event"], covariates).iloc[0]
    except InputError as error:
        # Few patients may leave a covariate that says nothing; the other rows stand.
        return {**told, **none, "reason": str(error)}
    return {**told, **{name: found[name] for name in _NUMBERS}, "reason": found["reason"]}


def _too_little(patients: int, events: int, spread: float) -> str:
    if not patients:
        return "nobody with samples is at risk after the landmark"
    if events < _LEAST:
        return f"{events} event{'s' * (events != 1)} after the landmark, {_LEAST} are needed"
    return "" if spread > 0 else "the measure is the same in all"


def _size(seen: pd.DataFrame, slope: float, patients: int) -> dict[str, float]:
    """Deaths, and patients of an arm at the start, that a trial needs to see it."""
    if not np.isfinite(slope) or slope == 0:
        return {"events_needed": np.nan, "patients_needed": np.nan}
    events = events_needed(slope)
    return {
        "events_needed": float(events),
        "patients_needed": float(np.ceil(events * patients / seen["event"].sum())),
    }


def replicates(table: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """The hazard ratio per SD of the log-fold in every single trial: what one trial would report.

    Returns
    -------
    DataFrame
        One row per hypothesis, arm and trial: patients and deaths after the landmark,
        `log_hazard_ratio`, `hazard_ratio`, `p`, and `reason` where there is none.
    """
    rows = []
    kept = ("patients", "events", "risers", "log_hazard_ratio", "hazard_ratio", "p", "reason")
    for (hypothesis, arm), group in table.groupby(["hypothesis", "arm"], sort=False):
        seen = at_landmark(group, trial, MEASURES[0])
        own = seen["trial"].to_numpy()
        # A trial of which nobody is left at the landmark counts as one without an answer.
        for number in group["trial"].unique():
            told = _one(seen[own == number], adjusted=False)
            name = {"hypothesis": hypothesis, "arm": arm, "trial": int(number)}
            rows.append({**name, **{k: told[k] for k in kept}})
    return pd.DataFrame(rows)


def by_rise(table: pd.DataFrame, trial: Trial) -> dict[str, pd.DataFrame]:
    """Patients of whom the rise is known: risers, by the cut set beforehand, and others."""
    value = rise(table, trial, MEASURES[0])
    known, rose = np.isfinite(value), value > np.log(trial.riser_fold)
    return {"risers": table[known & rose], "non-risers": table[known & ~rose]}


def power(found: pd.DataFrame, alpha: float = 0.05) -> pd.DataFrame:
    """What trials of that size report: how often a rise goes with longer, or shorter, survival.

    Parameters
    ----------
    found : DataFrame
        Of `replicates`.
    alpha : float
        Two-sided.
    """
    rows = []
    for (hypothesis, arm), group in found.groupby(["hypothesis", "arm"], sort=False):
        seen = group["p"] < alpha
        longer = group["log_hazard_ratio"] < 0
        low, middle, high = group["hazard_ratio"].quantile([0.025, 0.5, 0.975])
        rows.append(
            {
                "hypothesis": hypothesis,
                "arm": arm,
                "trials": len(group),
                "deaths": float(group["events"].median()),
                "hazard_ratio_2.5%": low,
                "hazard_ratio_median": middle,
                "hazard_ratio_97.5%": high,
                "hazard_ratio_lowest": group["hazard_ratio"].min(),
                "hazard_ratio_highest": group["hazard_ratio"].max(),
                "significant_longer": float((seen & longer).mean()),
                "significant_shorter": float((seen & ~longer).mean()),
                "without_estimate": float(group["p"].isna().mean()),
            }
        )
    return pd.DataFrame(rows)


def stands_for(trial: Trial) -> str:
    """What an arm on temozolomide alone is read as, beside itself."""
    alone = any(arm.regimen.drugs == ("temozolomide",) for arm in trial.arms)
    return "Temozolomide alone stands for dacarbazine, too. " if alone else ""
