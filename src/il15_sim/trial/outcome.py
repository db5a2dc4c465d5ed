"""From what was followed to a table: one row per patient, times to events, samples, toxicity."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.trial import toxicity
from il15_sim.trial.design import Trial
from il15_sim.trial.followed import BURDEN, LYMPHOCYTES, Followed
from il15_sim.trial.visits import read_visits

Array = NDArray[np.float64]
#: Lymphopenia in cells/uL: grade 4, and what the published incidences count.
LYMPHOPENIA = (200, 500, 700)
#: Days over which lymphocytes are searched for their nadir, as in the published series.
NADIR_DAYS = 100


def outcomes(
    found: Followed, trial: Trial, ratio: Array, assay_cv: float | None = None
) -> pd.DataFrame:
    """One row per patient.

    Parameters
    ----------
    found : Followed
    trial : Trial
    ratio : array, shape (N,)
        How many toxicities there are for each that limits the dose.
    assay_cv : float, optional
        Instead of that of the calendar.

    Returns
    -------
    DataFrame
        Days from the start, and whether the event was seen: `os_days`, `died` (death of any
        cause), `pfs_days`, `pfs_event` (progression read at a visit, or death), `ttp_days`,
        `progressed` (progression alone), `growth_days` (day on which the criterion was met,
        whether or not a visit was near; infinite where it never was). A death after the last
        imaging visit of the calendar ends survival alone. Patients without the event
        are censored at the end of follow-up, at drop-out, or, of progression, at the last imaging
        visit. `best_response`, `best_change_percent` (of the sum of diameters), burdens,
        `<observable>_d<day>` as it was and `..._measured` with the assay's error (NaN where no
        sample was taken), `treated_until_d`, `dose_share_<drug>` (taken over planned while on
        treatment; `..._d<day>` in the window that a sampling day lies in or ends), `first_dlt_d`,
        `toxicities`, `lymphocyte_nadir`, `mean_level_mg_per_L` of sorafenib while it is followed,
        up to the landmark, and `failed`.
    """
    calendar = trial.calendar
    # Dates are whole days, as in any trial.
    end = np.ceil(np.minimum(found.end_d, calendar.follow_up_days))
    table = pd.DataFrame({"os_days": end, "died": found.died})
    burden, days, course = read_visits(found, calendar, calendar.follow_up_days)
    row = np.arange(len(end))
    seen = course.at < days.shape[1]
    read = days[row, np.minimum(course.at, days.shape[1] - 1)].astype(float)
    # The end itself, not its date: who dies in the morning has no visit on that day.
    seen_until = np.minimum(found.end_d, calendar.follow_up_days)[:, None]
    last = np.where(days <= seen_until, days, 0).max(axis=1).astype(float)
    table["progressed"] = seen
    table["ttp_days"] = np.where(seen, read, last)
    # A death after the last visit of the calendar is not counted: who lives on is censored there,
    # and the few deaths alone would pull the end of the curve to nought.
    final = np.where(days <= calendar.follow_up_days, days, 0).max(axis=1)
    died = found.died & ~seen & (end <= final)
    table["pfs_event"] = seen | died
    table["pfs_days"] = np.where(seen, read, np.where(died, end, last))
    table["growth_days"] = _growth_days(found, trial)
    # Nothing was read of those without a visit.
    table["best_response"] = np.where(last > 0, course.best, "NE")
    best = 100 * (_deepest(burden, course.at) - 1)
    table["best_change_percent"] = np.where(last > 0, best, np.nan)
    table["burden_mm"] = burden[:, 0]
    table[f"burden_mm_d{trial.landmark_day}"] = found.daily[BURDEN][:, trial.landmark_day]
    progression = np.where(seen, read, np.inf)
    cv = trial.calendar.assay_cv if assay_cv is None else assay_cv
    for name, values in _samples(found, trial, progression, cv).items():
        table[name] = values
    table["treated_until_d"] = found.treated_until_d
    on = found.windows_d[:-1] < found.treated_until_d[:, None]
    for drug, taken in found.taken.items():
        share = np.where(on, taken, np.nan)
        table[f"dose_share_{drug}"] = _mean(share)
        for day in calendar.sampling_days[1:]:
            window = np.searchsorted(found.windows_d, day, "left") - 1
            table[f"dose_share_{drug}_d{day}"] = share[:, window]
    table["first_dlt_d"], table["toxicities"] = toxicity.told(found, ratio)
    lymphocytes = found.daily[LYMPHOCYTES][:, : NADIR_DAYS + 1]
    table["lymphocytes_per_uL"] = lymphocytes[:, 0]
    table["lymphocyte_nadir"] = np.fmin.reduce(lymphocytes, axis=1)
    early = found.windows_d[1:] <= trial.landmark_day
    table["mean_level_mg_per_L"] = _mean(found.exposure[:, early])
    table["failed"] = found.failed
    return table


def _deepest(burden: Array, at: NDArray[np.int64]) -> Array:
    """Smallest burden over baseline up to the visit that showed progression, that one included."""
    visits = np.arange(burden.shape[1] - 1)
    there = visits <= at[:, None]
    least = np.where(there, burden[:, 1:], np.inf).min(axis=1)
    return np.asarray(least / burden[:, 0])


def _growth_days(found: Followed, trial: Trial) -> Array:
    """Day on which the tumour met the criterion of progression, shape (N,)."""
    daily, criterion = found.daily[BURDEN], trial.calendar.criterion
    nadir = np.fmin.accumulate(daily, axis=1) if criterion.over_nadir else daily[:, :1]
    met = (daily >= nadir * (1 + criterion.rise)) & (daily - nadir >= criterion.rise_mm)
    return np.where(met.any(axis=1), met.argmax(axis=1), np.inf)


def _samples(
    found: Followed, trial: Trial, progression: Array, assay_cv: float
) -> dict[str, Array]:
    calendar, out = trial.calendar, {}
    spread = np.sqrt(np.log1p(assay_cv**2))
    for s, day in enumerate(calendar.sampling_days):
        taken = found.end_d > day
        if calendar.sampling_stops_at_progression:
            # The sample of the visit that shows progression is still taken.
            taken &= progression >= day
        for o, name in enumerate(trial.watched):
            true = found.daily[name][:, day]
            error = np.exp(spread * found.luck.assay[:, s, o])
            out[f"{name}_d{day}"] = true
            out[f"{name}_d{day}_measured"] = np.where(taken, true * error, np.nan)
    return out


def _mean(values: Array) -> Array:
    """Mean of what is there in each row; NaN where nothing is."""
    there = np.isfinite(values)
    total = np.where(there, values, 0.0).sum(axis=1)
    number = there.sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
