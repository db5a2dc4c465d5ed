"""What temozolomide must do to the lymphocytes of the patient, and of virtual patients.

The numbers are those of abstracts; `experiments/data/<study>/readings.csv` tells how each is read
and what is wrong with it. Incidences are of virtual patients, who differ in the size of all their
pools and in the sensitivity of their lymphocytes; they are judged by the study's binomial error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il15_sim.behaviours.verdict import Verdict
from il15_sim.endpoints import cmin, value_at
from il15_sim.fit import Patients
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate
from il15_sim.simulation.subject import subject_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: What differs between the virtual patients, with the variability of the parameter table.
VARY = ("lymphocyte_size", "lymphocyte_sensitivity")
#: How many; their seed is not that of the fit.
PATIENTS, SEED = 200, 2014
LYMPHOCYTES = "lymphocytes_per_uL"
#: One week in two, for as long as in Kulke 2006 (doi:10.1200/JCO.2005.03.6046): median 7.3 months.
ALTERNATE_WEEKS = Regimen.parse("temozolomide 150 mg/m2 q24h d1-7/14 x 222 d")
#: Day 365 after the last of it.
YEAR_AFTER = 222 + 365
#: 75 mg/m2 but not more than 100 mg a day, which is what people above 1.33 m2 have.
LOW_DOSE = Regimen.parse("temozolomide 100 mg q24h x 14 d")
FIVE_DAYS = Regimen.parse("temozolomide 150 mg/m2 q24h d1-5/28 x 84 d")


def patients_of(model: Model, n: int = PATIENTS, seed: int = SEED) -> pd.DataFrame:
    """Parameters of n virtual patients, a row each.

    Examples
    --------
    >>> from il15_sim import Model
    >>> patients_of(Model.load(), n=8).shape
    (8, 2)
    """
    import pandas as pd

    drawn = Patients(n, seed, VARY).of(subject_of(model), {}, "virtual patients")
    return pd.DataFrame({k: model.values[k] * drawn.factors[k] for k in VARY})


def incidence(model: Model) -> Verdict:
    """As many virtual patients become lymphopenic as did in two studies, and stay so for a year."""
    from scipy.stats import binomtest

    runs = simulate(
        model,
        ALTERNATE_WEEKS,
        patients_of(model),
        times_h=[0.0, 24.0 * YEAR_AFTER],
        observables=[LYMPHOCYTES],
    )
    lowest, fourth_month, year = (
        runs.endpoints(
            cmin(LYMPHOCYTES, days=(0, 100)),
            cmin(LYMPHOCYTES, days=(94, 122)),
            value_at(LYMPHOCYTES, day=YEAR_AFTER),
        )
        .to_numpy()
        .T
    )
    grade2, grade3 = float(np.mean(lowest < 700)), float(np.mean(fourth_month < 500))
    left = float(np.mean(year < 500))
    # 71 % (17 of 24 assumed) and 46 % of 39.
    told = [binomtest(k, n).proportion_ci(0.95, method="exact") for k, n in ((17, 24), (18, 39))]
    inside = [t.low <= x <= t.high for t, x in zip(told, (grade2, grade3), strict=True)]
    return Verdict(
        "lymphopenia",
        "on 150 mg/m2 7 days on, 7 off the share below 700/µL by day 100 lies within the 95 % "
        "interval of 17 of 24, that below 500/µL in the fourth month within that of 18 of 39, and "
        "at least 30 % are below 500/µL a year after the last dose",
        all(inside) and left >= 0.30,
        {
            "below 700/µL by day 100": grade2,
            "lower end of 17 of 24": float(told[0].low),
            "upper end of 17 of 24": float(told[0].high),
            "below 500/µL in the fourth month": grade3,
            "lower end of 18 of 39": float(told[1].low),
            "upper end of 18 of 39": float(told[1].high),
            "below 500/µL a year after the last dose": left,
        },
    )


def low_dose(model: Model) -> Verdict:
    """Fourteen days at a low dose take few lymphocytes and most Treg (Ridolfi 2013)."""
    observables = [LYMPHOCYTES, "treg_per_uL"]
    runs = simulate(
        model, LOW_DOSE, patients_of(model), times_h=[0.0, 336.0], observables=observables
    )
    start, end = runs.values[:, 0], runs.values[:, 1]
    falls = np.exp(np.mean(np.log(end / start), axis=0)) - 1
    published = np.array([-0.14, -0.60])
    return Verdict(
        "low dose",
        "after 14 days of 100 mg lymphocytes have fallen by 14 % and Treg by 60 %, each within a "
        "quarter",
        bool(np.all(np.abs(falls / published - 1) <= 0.25)),
        {"change of lymphocytes": float(falls[0]), "change of Treg": float(falls[1])},
    )


def nadir(model: Model) -> Verdict:
    """The lowest count of a cycle of 28 days lies in its third or fourth week, and deepens."""
    days, levels = _by_cycle(model, [LYMPHOCYTES])
    count = levels[:, :, 0]
    lowest, when = count.min(axis=1), days[count.argmin(axis=1)]
    numbers = {f"day of the lowest count, cycle {k + 1}": float(d) for k, d in enumerate(when)}
    numbers |= {
        f"lowest count over baseline, cycle {k + 1}": float(x / count[0, 0])
        for k, x in enumerate(lowest)
    }
    return Verdict(
        "nadir",
        "on 150 mg/m2 d1-5/28 lymphocytes are lowest in the third or fourth week of every cycle, "
        "and each of three cycles goes deeper",
        bool(np.all((when >= 14) & (when < 28)) and np.all(np.diff(lowest) < 0)),
        numbers,
    )


def order(model: Model) -> Verdict:
    """Treg fall deeper than conventional CD4 cells, and these at least as deep as CD8 cells."""
    pools = ["treg_per_uL", "cd4_negative_blood", "cd8_per_uL"]
    _, levels = _by_cycle(model, pools)
    left = levels.min(axis=(0, 1)) / levels[0, 0]
    return Verdict(
        "order of subsets",
        "over three cycles of 150 mg/m2 d1-5/28 Treg fall deeper than conventional CD4 cells, and "
        "these at least as deep as CD8 cells",
        bool(left[0] < left[1] <= left[2]),
        {f"lowest over baseline, {p}": float(x) for p, x in zip(pools, left, strict=True)},
    )


def _by_cycle(model: Model, observables: list[str]) -> tuple[Array, Array]:
    """Days (D,) of a cycle, and levels (3, D, N) of the typical patient."""
    times = np.arange(0.0, 84 * 24, 6.0)
    runs = simulate(model, FIVE_DAYS, times_h=times, sample="pre", observables=observables)
    values = np.stack([runs.get(0, o) for o in observables], axis=-1)
    return times[: len(times) // 3] / 24, values.reshape(3, -1, len(observables))


#: Behaviours under temozolomide, by name.
LYMPHOPENIA: dict[str, Callable[[Model], Verdict]] = {
    "lymphopenia": incidence,
    "low dose": low_dose,
    "nadir": nadir,
    "order of subsets": order,
}
