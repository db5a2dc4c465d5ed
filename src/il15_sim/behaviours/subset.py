"""What becomes of blood CD4+NKG2D+ cells on sorafenib, and what each link of the chain adds to it.

The rise is judged against the same patient without sorafenib: same tumour, same temozolomide. What
that patient does untreated is reported beside it and is no part of the rise. Romero 2014
(doi:10.1158/0008-5472.CAN-13-1186) gives signs; the sizes asked for are assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from il15_sim.behaviours.courses import DAY, SORAFENIB, TEMOZOLOMIDE
from il15_sim.behaviours.verdict import Verdict
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate

if TYPE_CHECKING:
    import pandas as pd

#: Sorafenib, and what is given beside it. The trial's own schedule is that of its registry record:
#: sorafenib from day 8 of the first cycle, temozolomide one week in two.
SCHEDULES: Mapping[str, tuple[Regimen, Regimen]] = {
    "alone": (SORAFENIB, Regimen.none()),
    "with temozolomide d1-5/28": (
        SORAFENIB,
        TEMOZOLOMIDE,
    ),
    "as in the trial": (
        Regimen.parse("sorafenib 400 mg q12h x 49 d from d7"),
        Regimen.parse("temozolomide 150 mg/m2 q24h d1-7/14 x 56 d"),
    ),
}
#: Knock-outs hold for good: each patient starts from the steady state that belongs to it.
KNOCK_OUTS: Mapping[str, Mapping[str, float]] = {
    "no IL-15Rα induction": {
        "il15ra_inducibility_monocyte": 0.0,
        "il15ra_inducibility_tumour": 0.0,
    },
    "no MICA/B": {"mica_expression": 0.0},
    "no NKG2D signal": {"dap10_activity": 0.0},
}
#: Least fold over the same patient without sorafenib, and what a knock-out may leave: assumed.
LEAST_FOLD, MOST_LEFT = 1.25, 0.25
_PERCENT, _COUNT = "cd4_nkg2d_percent", "cd4_nkg2d_per_uL"


@dataclass(frozen=True)
class Rise:
    """What sorafenib adds to the subset by day 56, over the same patient without it.

    Attributes
    ----------
    points, log_fold, count : float
        Of its share of CD4 cells in percentage points and as a logarithm; of its number per µL.
    drift : float
        Fold of its share in the patient without sorafenib since day 0; no part of the rise.
    """

    points: float
    log_fold: float
    count: float
    drift: float

    @property
    def fold(self) -> float:
        """Share with over share without sorafenib."""
        return float(np.exp(self.log_fold))


def table_of(model: Model, patients: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Patients as a table, one row each; what a patient does not tell is the model's own."""
    import pandas as pd

    names = sorted({name for values in patients.values() for name in values})
    names = names or [next(iter(model.values))]
    rows = [[values.get(n, model.values[n]) for n in names] for values in patients.values()]
    return pd.DataFrame(rows, index=list(patients), columns=names)


def rises(
    model: Model,
    patients: Mapping[str, Mapping[str, float]] | None = None,
    schedules: Mapping[str, tuple[Regimen, Regimen]] = SCHEDULES,
) -> dict[tuple[str, str], Rise]:
    """The rise in the reference patient and in others, under every schedule.

    Every patient starts from its own untreated steady state.

    Parameters
    ----------
    patients : mapping of name to values, optional
        Default: `"reference"` and the knock-outs.
    schedules : mapping of name to (sorafenib, what is given beside it)

    Returns
    -------
    dict
        By patient and schedule.
    """
    patients = {"reference": {}, **KNOCK_OUTS} if patients is None else patients
    cases = [(p, s) for p in patients for s in schedules]
    regimens = [r for _, s in cases for r in (schedules[s][0] + schedules[s][1], schedules[s][1])]
    rows = {f"{p}, {s}, {w}": patients[p] for p, s in cases for w in ("with sorafenib", "without")}
    runs = simulate(
        model,
        regimens,
        times_h=[0.0, 24 * DAY],
        observables=[_PERCENT, _COUNT],
        parameters=table_of(model, rows),
    )
    found = {}
    for i, case in enumerate(cases):
        share, count = (runs[o].values[2 * i : 2 * i + 2] for o in (_PERCENT, _COUNT))
        found[case] = Rise(
            points=float(share[0, 1] - share[1, 1]),
            log_fold=float(np.log(share[0, 1] / share[1, 1])),
            count=float(count[0, 1] - count[1, 1]),
            drift=float(share[1, 1] / share[1, 0]),
        )
    return found


def subset(model: Model) -> Verdict:
    """On sorafenib the subset exceeds that of the same patient without, by every link."""
    found = rises(model)
    numbers: dict[str, float] = {}
    holds = True
    for schedule in SCHEDULES:
        reference = found["reference", schedule]
        numbers[f"fold over the same patient without sorafenib, {schedule}"] = reference.fold
        numbers[f"drift without sorafenib, {schedule}"] = reference.drift
        holds &= reference.fold >= LEAST_FOLD and reference.count > 0
        for patient in KNOCK_OUTS:
            left = found[patient, schedule]
            by = {"count": left.count / reference.count}
            # Under weeks of temozolomide the share of a small subset is no measure of a link.
            if schedule != "as in the trial":
                by["points"] = left.points / reference.points
                by["log-fold"] = left.log_fold / reference.log_fold
            for measure, share in by.items():
                numbers[f"share of the rise left by {measure}, {patient}, {schedule}"] = share
                holds &= share <= MOST_LEFT
    return Verdict(
        "subset",
        "on day 56 the subset's share is at least 1.25 times that of the same patient without "
        "sorafenib, and at most a quarter of the rise is left without any link (sizes assumed)",
        bool(holds),
        numbers,
    )


def only(hypothesis: str) -> dict[str, float]:
    """Switches with one hypothesis of the rise on: "expansion", "conversion", "redistribution"."""
    names = ("expansion", "conversion", "redistribution")
    return {f"{name}_switch": float(name == hypothesis) for name in names}
