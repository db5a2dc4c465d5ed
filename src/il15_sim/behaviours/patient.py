"""The behaviours that the patient model must show, each measured on a model and judged.

They come from what is published: Romero 2014 (doi:10.1158/0008-5472.CAN-13-1186) gives signs and
orders, the sorafenib studies give exposure. Sizes that no paper gives are assumptions, and said to
be. The same functions serve the tests, the report, and the question over how large a region of the
assumed parameters a behaviour holds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from il15_sim.behaviours.agonists import agonists
from il15_sim.behaviours.courses import DAY, SORAFENIB, TEMOZOLOMIDE
from il15_sim.behaviours.ligands import soluble_mica, untreated
from il15_sim.behaviours.lymphopenia import LYMPHOPENIA
from il15_sim.behaviours.subset import SCHEDULES, rises, subset
from il15_sim.behaviours.verdict import Verdict
from il15_sim.endpoints import accumulation, auc_0_12, fold, half_life, time_to_baseline
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate


def steady(model: Model) -> Verdict:
    """Untreated and without tumour growth no state drifts by more than 0.1 % in 90 days."""
    still = model.with_values({"tumour_growth_switch": 0.0})
    runs = simulate(still, Regimen.none(), times_h=[0.0, 2160.0], observables=model.states)
    start, end = np.array([runs.get(0, state) for state in model.states]).T
    # A state that is empty (a drug before its first dose) has no relative drift; one that is not
    # finite (no steady state was found) has none that is small.
    filled = ~(np.abs(start) <= 1e-9)
    drift = float(np.max(np.abs(end[filled] / start[filled] - 1), initial=0.0))
    empty = float(np.max(np.abs(end[~filled]), initial=0.0))
    return Verdict(
        "steady",
        "without drugs and tumour growth no state drifts by more than 0.1 % in 90 days",
        drift < 1e-3 and empty < 1e-9,
        {"largest relative drift": drift},
    )


def exposure(model: Model) -> Verdict:
    """Sorafenib levels are those of the melanoma cohort and follow the label."""
    total = "sorafenib_total_mg_per_L"
    doses = [Regimen.oral("sorafenib", dose_mg=mg, every_h=12, days=56) for mg in (400.0, 800.0)]
    runs = simulate(model, doses, until_days=61, observables=[total])
    area, week, half = (
        runs.endpoints(
            auc_0_12(total, day=28),
            accumulation(total, day=7, every_h=12),
            half_life(total, drug="sorafenib"),
        )
        .to_numpy()
        .T
    )
    numbers = {
        "AUC0-12 on day 28 at 400 mg bid, mg*h/L": float(area[0]),
        "accumulation, day 7 over first dose": float(week[0]),
        "half-life after the last dose, h": float(half[0]),
        "AUC at 800 mg over 400 mg bid": float(area[1] / area[0]),
    }
    auc, accumulated, halved, ratio = numbers.values()
    return Verdict(
        "exposure",
        "AUC0-12 within 1.2-fold of 38.1 mg*h/L, accumulation 2.5-7, half-life 25-48 h, "
        "and less than 1.6 times the exposure for twice the dose",
        38.1 / 1.2 < auc < 38.1 * 1.2
        and 2.5 < accumulated < 7
        and 25 < halved < 48
        and 1 < ratio < 1.6,
        numbers,
    )


def induction(model: Model) -> Verdict:
    """IL-15Ra rises with dose, saturates, and returns to baseline after the drug stops."""
    receptors = ["il15ra_monocyte", "il15ra_tumour"]
    doses = [
        Regimen.oral("sorafenib", dose_mg=mg, every_h=12, days=56) for mg in (100.0, 400.0, 800.0)
    ]
    runs = simulate(model, doses, until_days=84, observables=receptors)
    numbers, holds = {}, True
    for receptor in receptors:
        folds, hours = (
            runs.endpoints(fold(receptor, day=DAY), time_to_baseline(receptor, after_day=DAY))
            .to_numpy()
            .T
        )
        (low, middle, high), back = folds, hours[1] / 24
        name = receptor.removeprefix("il15ra_")
        numbers[f"{name}: fold at 100 mg bid"] = float(low)
        numbers[f"{name}: fold at 400 mg bid"] = float(middle)
        numbers[f"{name}: fold at 800 mg bid"] = float(high)
        numbers[f"{name}: days back to 5 % of baseline"] = float(back)
        # Saturating: each further mg adds less.
        holds &= 1.05 < low < middle < high and (high - middle) / 400 < (middle - low) / 300
        holds &= bool(back < 21)
    return Verdict(
        "induction",
        "IL-15Rα rises with dose, saturates, and is back within 21 days of the last dose",
        bool(holds),
        numbers,
    )


def denominator(model: Model) -> Verdict:
    """Under temozolomide CD4 cells fall while the share of the subset rises."""
    observables = ["cd4_per_uL", "cd4_nkg2d_per_uL", "cd4_nkg2d_percent"]
    runs = simulate(
        model, SORAFENIB + TEMOZOLOMIDE, times_h=[0.0, 24 * DAY], observables=observables
    )
    cd4, count, percent = (
        float(end / start) for start, end in (runs.get(0, o) for o in observables)
    )
    return Verdict(
        "denominator",
        "on sorafenib and temozolomide CD4 cells fall by at least 3 % while the share rises",
        cd4 < 0.97 and percent > 1 and abs(percent * cd4 / count - 1) < 1e-9,
        {"fold of CD4 cells": cd4, "fold of the count": count, "fold of the share": percent},
    )


#: Rates of an infusion that imposes free levels from clinical ones to far above.
IMPOSED_MG_PER_H = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


#: Exposures of patients over those of the typical one.
EXPOSURES = (0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.4)


def bell(model: Model) -> Verdict:
    """Very high free sorafenib lowers the net expansion of the subset."""
    regimens = [
        Regimen.infusion("sorafenib", dose_mg=24 * rate, duration_h=24, every_h=24, days=DAY)
        for rate in IMPOSED_MG_PER_H
    ]
    runs = simulate(
        model,
        regimens,
        times_h=[0.0, 24 * DAY],
        observables=["sorafenib_free_nM", "cd4_nkg2d_lineage_per_uL"],
    )
    free = runs["sorafenib_free_nM"].values[:, 1]
    start, end = runs["cd4_nkg2d_lineage_per_uL"].values.T
    growth = np.log(end / start)
    peak = int(np.argmax(growth))
    own = model.values["sorafenib_exposure_factor"]
    patients = {f"{x:g}": {"sorafenib_exposure_factor": own * x} for x in EXPOSURES}
    found = rises(model, patients, {"alone": SCHEDULES["alone"]})
    seen = np.array([r.log_fold for r in found.values()])
    fall = float(np.max(1 - seen / np.maximum.accumulate(seen)))
    return Verdict(
        "bell",
        "the rise of the subset peaks at a middle free level and is less than half at the highest; "
        "within the exposures of patients (0.4 to 2.4 times) it falls by no more than a tenth",
        bool(
            0 < peak < len(free) - 1
            and growth[peak] > 0
            and growth[-1] < growth[peak] / 2
            and fall <= 0.1
        ),
        {
            "largest fall of the log-fold within the exposures of patients": fall,
            "free level at the peak, nM": float(free[peak]),
            "log fold at the peak": float(growth[peak]),
            "highest free level, nM": float(free[-1]),
            "log fold at the highest level": float(growth[-1]),
        },
    )


BEHAVIOURS: dict[str, Callable[[Model], Verdict]] = {
    "steady": steady,
    "exposure": exposure,
    "induction": induction,
    "subset": subset,
    "denominator": denominator,
    "soluble MICA": soluble_mica,
    "untreated": untreated,
    "bell": bell,
    "IL-15 agonists": agonists,
}


def assess(model: Model) -> tuple[Verdict, ...]:
    """All behaviours of a model, those under temozolomide among them.

    Examples
    --------
    >>> from il15_sim import Model
    >>> steady(Model.load()).holds
    True
    """
    return tuple(measure(model) for measure in (BEHAVIOURS | LYMPHOPENIA).values())
