"""Biomarkers of patients before treatment, each at its own untreated steady state."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd

from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate
from il15_sim.simulation.subject import subject_of

#: What is told of a patient before treatment, as far as the model has it.
BIOMARKERS = (
    *("cd4_nkg2d_percent", "cd4_nkg2d_per_uL", "cd4_per_uL", "lymphocytes_per_uL", "nk_per_uL"),
    *("smica_plasma_pg_per_mL", "mica_tumour", "nkg2d_cd4", "il15ra_monocyte"),
    "tumour_burden_mm",
)
#: Those that a figure shows where nothing is asked for.
SHOWN = (
    *("cd4_nkg2d_percent", "lymphocytes_per_uL", "nk_per_uL", "smica_plasma_pg_per_mL"),
    *("mica_tumour", "il15ra_monocyte", "tumour_burden_mm", "doubling_days"),
)
_GROWTH = ("tumour_growth_now", "tumour_kill")
DOUBLING = "doubling_days"


def untreated(model: Model, parameters: pd.DataFrame, progress: bool | None) -> pd.DataFrame:
    """One row per patient: the biomarkers that the model has, `doubling_days`, and `status`.

    The volume of the tumour doubles in ln 2 over its growth net of killing; infinite where it does
    not grow. A patient without a steady state has NaN, and the reason as its status.
    """
    known = subject_of(model).quantities
    asked = [name for name in (*BIOMARKERS, *_GROWTH) if name in known]
    with warnings.catch_warnings():
        # Log-normal patients leave the bounds of the table, which are those of a typical one.
        warnings.filterwarnings("ignore", message=".*outside the table's bounds.*")
        runs = simulate(
            model,
            Regimen.none(),
            parameters,
            times_h=[0.0],
            observables=asked,
            progress=progress,
        )
    table = pd.DataFrame({n: runs[n].values[:, 0] for n in asked}, index=parameters.index)
    if set(_GROWTH) <= set(asked):
        net = table.pop(_GROWTH[0]) - table.pop(_GROWTH[1])
        days = np.where(net > 0, math.log(2) / net.where(net > 0, 1.0) / 24, np.inf)
        table[DOUBLING] = np.where(net.isna(), np.nan, days)
    table["status"] = list(runs.status)
    table.attrs["units"] = {n: u for n, u in runs.units.items() if n in table}
    table.attrs["units"][DOUBLING] = "d"
    return table
