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
from il15_sim.behaviours.lymphopenia import LYMPHOPENIA
from il15_sim.behaviours.verdict import Rise, Verdict, rise
from il15_sim.endpoints import accumulation, auc_0_12, fold, half_life, time_to_baseline
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.results import Runs
from il15_sim.simulation import simulate

SORAFENIB = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
TEMOZOLOMIDE = Regimen.parse("temozolomide 150 mg/m2 q24h d1-5/28 x 56 d")
#: Two cycles of 28 days.
DAY = 56.0

#: Knock-outs hold for good: each patient starts from the steady state that belongs to it.
KNOCK_OUTS: dict[str, dict[str, float]] = {
    "no IL-15Rα induction": {
        "il15ra_inducibility_monocyte": 0.0,
        "il15ra_inducibility_tumour": 0.0,
    },
    "no MICA/B": {"mica_expression": 0.0},
    "no NKG2D signal": {"dap10_activity": 0.0},
}
NO_SORAFENIB = "no sorafenib"


def steady(model: Model) -> Verdict:
    """Untreated and without tumour growth no state drifts by more than 0.1 % in 90 days."""
    still = model.with_values({"tumour_growth_switch": 0.0})
    runs = simulate(still, Regimen.none(), times_h=[0.0, 2160.0], observables=model.states)
    start, end = np.array([runs.get(0, state) for state in model.states]).T
    # A state that is empty (a drug before its first dose) has no relative drift.
    filled = np.abs(start) > 1e-9
    drift = float(np.max(np.abs(end[filled] / start[filled] - 1)))
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


def subset_rises(model: Model, knock_outs: bool = True) -> dict[str, Rise]:
    """Rise of the subset in the reference and in every knock-out, with and without temozolomide.

    Keys are `"<patient>, with temozolomide"` and `"<patient>, alone"`.
    """
    patients: dict[str, dict[str, float]] = {"reference": {}}
    if knock_outs:
        patients |= KNOCK_OUTS
    cases = [(p, v, SORAFENIB) for p, v in patients.items()]
    if knock_outs:
        cases.append((NO_SORAFENIB, {}, Regimen.none()))
    names, regimens, overrides = [], [], []
    for patient, values, sorafenib in cases:
        for told, other in (("with temozolomide", TEMOZOLOMIDE), ("alone", Regimen.none())):
            names.append(f"{patient}, {told}")
            regimens.append(sorafenib + other)
            overrides.append(values)
    runs = simulate(
        model,
        regimens,
        times_h=[0.0, 24 * DAY],
        observables=["cd4_nkg2d_percent", "cd4_nkg2d_per_uL"],
        parameters=overrides,
        names=names,
    )
    return {name: rise(runs, i) for i, name in enumerate(names)}


def subset(model: Model) -> Verdict:
    """The subset rises on sorafenib, and each link of the chain is needed."""
    rises = subset_rises(model)
    numbers: dict[str, float] = {}
    holds = True
    for told in ("with temozolomide", "alone"):
        reference = rises[f"reference, {told}"]
        numbers[f"fold, {told}"] = reference.fold
        holds &= reference.fold >= 1.25 and reference.points > 0 and reference.count > 0
        for patient in (*KNOCK_OUTS, NO_SORAFENIB):
            left = rises[f"{patient}, {told}"]
            share = left.points / reference.points
            numbers[f"share of the rise left, {patient}, {told}"] = share
            holds &= share <= 0.25 and left.count / reference.count <= 0.25
    return Verdict(
        "subset",
        "the subset's share is at least 1.25 times its baseline on day 56, and at most a quarter "
        "of the rise is left without any link (size assumed)",
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


def soluble_mica(model: Model) -> Verdict:
    """High soluble MICA at baseline lowers surface NKG2D and the response."""
    observables = ["smica_plasma_pg_per_mL", "nkg2d_cd4", "cd4_nkg2d_percent", "cd4_nkg2d_per_uL"]
    # Five times the reference, as in the upper part of advanced cancer.
    usual = simulate(model, SORAFENIB, times_h=[0.0, 24 * DAY], observables=observables)
    clearance = model.values["smica_clearance"]
    level_pM = usual.get(0, observables[0])[0] / model.values["smica_molar_mass"]
    more = model.values["smica_other_source"] + 4 * level_pM * clearance
    high = simulate(
        model,
        SORAFENIB,
        times_h=[0.0, 24 * DAY],
        observables=observables,
        parameters={"smica_other_source": more},
    )
    numbers = {
        "soluble MICA, fold of the reference": _start_ratio(high, usual, observables[0]),
        "surface NKG2D, fold of the reference": _start_ratio(high, usual, observables[1]),
        "rise in points, fold of the reference": rise(high, 0).points / rise(usual, 0).points,
        "rise in count, fold of the reference": rise(high, 0).count / rise(usual, 0).count,
    }
    _, surface, points, count = numbers.values()
    return Verdict(
        "soluble MICA",
        "five times the soluble MICA lowers surface NKG2D by at least a tenth, and the rise",
        bool(surface < 0.9 and 0 < points < 1 and 0 < count < 1),
        {k: float(v) for k, v in numbers.items()},
    )


def _start_ratio(one: Runs, other: Runs, observable: str) -> float:
    return float(one.get(0, observable)[0] / other.get(0, observable)[0])


#: Rates of an infusion that imposes free levels from clinical ones to far above.
IMPOSED_MG_PER_H = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


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
    return Verdict(
        "bell",
        "the rise of the subset peaks at a middle free level and is less than half at the highest",
        bool(0 < peak < len(free) - 1 and growth[peak] > 0 and growth[-1] < growth[peak] / 2),
        {
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
