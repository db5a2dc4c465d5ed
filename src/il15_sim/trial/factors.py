"""Who lives longer: hazard ratios of what is known of patients at the landmark."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.survival import cox, landmark
from il15_sim.trial.design import Trial

_NUMBERS = ("log_hazard_ratio", "se", "hazard_ratio", "lower", "upper", "p")
#: Fewest deaths for each covariate of a regression.
_DEATHS_EACH = 5


def covariates_of(table: pd.DataFrame, trial: Trial) -> dict[str, str]:
    """Columns that may tell who lives longer, with what they are called.

    All are known at the landmark and none lies between treatment and the tumour's course.
    """
    names = {f"{trial.marker}_d0": "subset at baseline"}
    names |= {c: "soluble MICA at baseline" for c in map(str, table) if _is_smica(c)}
    names |= {
        "tumour_growth": "gross growth of the tumour",
        "burden_mm": "tumour burden at baseline",
        "mica_expression": "MICA/B made by the tumour",
        "il15ra_inducibility_monocyte": "inducibility of IL-15Rα",
        "mean_level_mg_per_L": f"level of sorafenib to day {trial.landmark_day}",
        "age_years": "age",
        "lymphocytes_per_uL": "lymphocytes at baseline",
    }
    return {name: words for name, words in names.items() if name in table}


def _is_smica(column: str) -> bool:
    return "smica" in column and column.endswith("_d0")


def survival_factors(table: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Hazard ratio of death after the landmark per SD of the log of each covariate.

    Parameters
    ----------
    table : DataFrame
        Of `run_trial`.
    trial : Trial

    Returns
    -------
    DataFrame
        One row per hypothesis, arm and covariate, `together` with all others and not: its `words`,
        patients, deaths, `log_hazard_ratio`, `se`, `hazard_ratio` with its 95 % interval, `p`, and
        `reason` where there is none. A covariate that is 0 in somebody counts as it is, without the
        logarithm; one that does not vary in an arm is left out.
    """
    rows: list[dict[str, Any]] = []
    for (hypothesis, arm), group in table.groupby(["hypothesis", "arm"], sort=False):
        good = group[~group["failed"].astype(bool)]
        good = good[good["os_days"] > trial.landmark_day]
        scaled = _scaled(good, trial)
        if not len(scaled.columns):
            continue
        later = landmark(good["os_days"], good["died"], trial.landmark_day)
        words = covariates_of(table, trial)
        for together in (False, True):
            parts = [scaled] if together else [scaled[[name]] for name in scaled]
            for part in parts:
                for told in _rows(later.time, later.event, part):
                    name = {"hypothesis": hypothesis, "arm": arm, "covariate": told["covariate"]}
                    name |= {"words": words[str(told["covariate"])], "together": together}
                    rows.append(name | told)
    columns = ("hypothesis", "arm", "covariate", "words", "together", "patients", "deaths")
    return pd.DataFrame(rows, columns=[*columns, *_NUMBERS, "reason"])


def _scaled(good: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    found = {}
    for name in covariates_of(good, trial):
        values = good[name].to_numpy(float)
        if not np.isfinite(values).all() or len(values) < 2:
            continue
        values = np.log(values) if (values > 0).all() else values
        spread = values.std(ddof=1)
        if spread > 1e-9 * max(1.0, np.abs(values).max()):
            found[name] = (values - values.mean()) / spread
    return pd.DataFrame(found, index=good.index)


def _rows(
    time: NDArray[np.float64], event: NDArray[np.bool_], part: pd.DataFrame
) -> list[dict[str, Any]]:
    deaths = int(event.sum())
    seen: dict[str, Any] = {"patients": len(part), "deaths": deaths}
    least, why = _DEATHS_EACH * len(part.columns), ""
    if deaths < least:
        why = f"{deaths} death{'s' * (deaths != 1)} after the landmark, {least} are needed"
    else:
        try:
            found = cox(time, event, part)
            told = found[["covariate", *_NUMBERS, "reason"]].to_dict("records")
            return [seen | {str(k): v for k, v in row.items()} for row in told]
        except InputError as error:
            why = str(error)
    none = dict.fromkeys(_NUMBERS, np.nan)
    return [{"covariate": name, **seen, **none, "reason": why} for name in part]
