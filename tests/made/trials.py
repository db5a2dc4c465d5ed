"""A made-up trial of two arms, and every figure of a trial drawn from it."""

import numpy as np
import pandas as pd

from il15_sim import plots

ARMS = ("sorafenib 400 mg q12h with temozolomide 150 mg/m2", "sorafenib 200 mg q12h")


def followed(rates, patients=63, seed=3):
    """Days, events and arms of patients whose events come at rates per day."""
    random = np.random.default_rng(seed)
    came = random.exponential(1 / np.repeat(rates, patients))
    left = random.uniform(200, 900, came.size)
    return np.minimum(came, left), came <= left, np.repeat(np.arange(len(rates)), patients)


def frontier_table():
    benefit, toxicity = np.array([3.0, 11, 30, 26, 41]), np.array([1.0, 5, 25, 26, 48])
    return pd.DataFrame(
        {
            "label": ["placebo", "100 mg", "400 mg q12h", "200 mg with temozolomide", "600 mg"],
            "benefit": benefit,
            "benefit_lower": 0.8 * benefit,
            "benefit_upper": 1.2 * benefit,
            "toxicity": toxicity,
            "toxicity_lower": 0.7 * toxicity,
            "toxicity_upper": 1.3 * toxicity,
        }
    )


def forest_table():
    rows = [
        ("all patients", 0.72, 0.52, 0.99, None, "88/126"),
        ("male", 0.8, 0.5, 1.2, "Sex", "44/60"),
        ("female", 0.6, 0.3, 60.0, "Sex", "44/66"),
        ("nobody died", np.nan, np.nan, np.nan, "CD4+NKG2D+ share on day 56", None),
        ("above the median", 0.21, 0.004, 0.7, "CD4+NKG2D+ share on day 56", "12/63"),
    ]
    return pd.DataFrame(rows, columns=["label", "estimate", "lower", "upper", "group", "note"])


def figures():
    """Every figure by the name of its function."""
    days, events, arm = followed([1 / 200, 1 / 330])
    four = followed([1 / 150, 1 / 250, 1 / 400, 1 / 600])
    random = np.random.default_rng(1)
    change = np.clip(random.normal(10, 60, 63), -100, None)
    best = np.select([change > 20, change <= -100, change <= -30], ["PD", "CR", "PR"], "SD")
    exposure = random.lognormal(4, 0.5, 200)
    times = np.linspace(0.0, 48.0, 49)
    levels = np.exp(-random.lognormal(-3, 0.3, (50, 1)) * times)
    read = pd.DataFrame(
        {"time_h": [2, 24, 48], "value": [0.9, 0.3, 0.1], "error": [0.2, 0.1, 0.05]}
    )
    return {
        "survival_curves": plots.survival_curves(
            days, events, [ARMS[i] for i in arm], event_name="progression"
        ),
        "four_curves": plots.survival_curves(*four, weights=random.uniform(0.5, 2, 252)),
        "tumour_waterfall": plots.tumour_waterfall(change, best, title="week 8 on"),
        "forest": plots.forest(forest_table()),
        "frontier": plots.frontier(
            frontier_table(), "Response (%)", "Hand-foot reaction (%)", width_mm=180
        ),
        "exposure_response": plots.exposure_response(
            exposure, random.random(200) < 0.3, "AUC0–12 (mg·h/L)", "Grade 3 (%)"
        ),
        "level_check": plots.level_check(times, levels, "Sorafenib (mg/L)", read),
    }
