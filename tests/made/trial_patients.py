"""A virtual trial that is followed in a second, and made-up patients of a trial."""

import numpy as np
import pandas as pd

MARKER = "cd4_nkg2d_percent"
TINY = """title = "Two small arms"
patients = 6
trials = 2
seed = 3
treated = "both"
control = "TMZ"
landmark_day = 28

[calendar]
follow_up_days = 84
clinic_every_days = 42
imaging_every_days = 28
sampling_days = [0, 28]

[adherence.sorafenib]
missed = 0.1
spread = 0.1

[[arms]]
name = "both"
regimen = "sorafenib 400 mg q12h x 84 d + temozolomide 150 mg/m2 q24h d1-5/28 x 84 d"

[[arms]]
name = "TMZ"
regimen = "temozolomide 150 mg/m2 q24h d1-5/28 x 84 d"
"""


def made_patients(
    n, effect, *, arm="one", seed=1, per_trial=63, end=546.0, error=0.0, hypothesis="as packaged"
):
    """Patients whose hazard after day 56 is exp(effect * rise in SD); 16 columns of `run_trial`."""
    rng = np.random.default_rng(seed)
    log_fold = 0.3 * rng.standard_normal(n) + 0.4
    before = np.exp(rng.standard_normal(n))
    after = before * np.exp(log_fold)
    hazard = np.exp(effect * (log_fold - 0.4) / 0.3) / 250
    time = 56 + rng.exponential(1 / hazard)
    noise = [np.exp(error * rng.standard_normal(n)) for _ in range(2)]
    table = pd.DataFrame({"hypothesis": hypothesis, "arm": arm, "trial": np.arange(n) // per_trial})
    for name in (MARKER, "cd4_nkg2d_per_uL"):
        table[f"{name}_d0"], table[f"{name}_d56"] = before, after
        table[f"{name}_d0_measured"] = before * noise[0]
        table[f"{name}_d56_measured"] = after * noise[1]
    table[f"{MARKER}_d56_untreated"] = before
    table["os_days"], table["died"] = np.minimum(np.ceil(time), end), time < end
    table["pfs_days"], table["pfs_event"] = table["os_days"], table["died"]
    table["burden_mm"], table["tumour_growth"] = np.exp(rng.standard_normal((2, n)))
    table["failed"] = False
    return table


def made_outcomes(n, effect, **how):
    """The same with all that `outcomes` tells, worked out by hand where a test asks for it."""
    table = made_patients(n, effect, **how)
    table["ttp_days"], table["progressed"] = table["os_days"], False
    table["growth_days"] = np.inf
    table["best_response"] = np.resize(["PR", "SD", "SD", "PD"], n)
    table["best_change_percent"] = np.resize([-50.0, 0.0, 10.0, 40.0], n)
    table["first_dlt_d"] = np.resize([20.0, 40.0, np.inf, np.inf], n)
    table["dose_share_sorafenib"] = np.resize([1.0, 0.5], n)
    table["dose_share_sorafenib_d56"] = np.resize([0.5, 0.25], n)
    table["lymphocytes_per_uL"] = np.exp(np.random.default_rng(9).normal(7, 0.3, n))
    table["lymphocyte_nadir"] = np.resize([150.0, 450.0, 650.0, 900.0], n)
    table["mean_level_mg_per_L"] = np.linspace(1.0, 5.0, n)
    table["age_years"] = np.resize([40.0, 50.0, 60.0, 70.0, 80.0], n)
    return table
