"""What becomes of patients: progression as it was measured, toxicity, the dose they go on taking.

Apart from the behaviours of one patient, since they take minutes: hundreds of virtual patients take
the doses of seven published arms.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import beta

from il15_sim.behaviours.verdict import Verdict
from il15_sim.files.resources import experiments_dir
from il15_sim.model import Model
from il15_sim.progression import judged, read_trials, virtual_shares
from il15_sim.progression.drivers import simulated, virtual_patients
from il15_sim.progression.written import read_unmoved
from il15_sim.regimen import Regimen

#: Patients with a dose-limiting toxicity in the first cycle, of how many, by mg twice daily: 49
#: cohorts of 13 phase I trials together (Ursino 2021, doi:10.1214/20-AOAS1390).
TOXICITIES = {
    100: (1, 25),
    200: (13, 97),
    300: (1, 11),
    400: (13, 130),
    600: (22, 68),
    800: (7, 18),
    1000: (3, 3),
}
#: Mean dose over the planned 800 mg a day (Lin 2017, doi:10.1007/s12072-016-9774-x), and how far
#: from it a model may be that was fitted to other patients.
DOSE_TAKEN, DOSE_WITHIN = 626 / 800, 0.1


def progression(model: Model, patients: int | None = None) -> Verdict:
    """Progression and response are those of the published arms, each read by its own calendar.

    Shares lie inside their binomial 95 % intervals, medians are half-way within 0.12. What was only
    compared is told and does not decide.
    """
    trials = read_trials(experiments_dir() / "data" / "progression")
    unmoved = read_unmoved(model.models_dir)
    table = judged(
        trials.readings, virtual_shares(model, trials, patients=patients, unmoved=unmoved)
    )
    fitted = table[table["used"] == "fit"]
    return Verdict(
        "progression",
        "published shares without progression and with response lie inside their 95 % intervals, "
        "and half have progressed by a reported median, within 0.12",
        bool(fitted["holds"].all()),
        {
            f"{row['reading']} ({row['lower']:.2f}-{row['upper']:.2f})": row["predicted"]
            for row in table.to_dict("records")
        },
    )


def toxicity(model: Model, patients: int = 128) -> Verdict:
    """Dose-limiting toxicity rises with dose as in phase I; people take less as time goes on.

    Of virtual patients: most of a steep hazard is that of the few with high levels.
    """
    regimens = {
        str(mg): Regimen.oral("sorafenib", dose_mg=float(mg), every_h=12, days=60)
        for mg in TOXICITIES
    }
    table, _ = virtual_patients(model, patients, seed=1)
    asked = ("dose_limiting_toxicity", "sorafenib_dose_taken")
    runs = simulated(model, regimens, table, np.array([28.0, 60.0]), observables=asked)
    found = np.array([runs[str(mg)][0][:, 0, 0].mean() for mg in TOXICITIES])
    numbers, holds = {}, bool((np.diff(found) > 0).all())
    for (mg, (k, n)), share in zip(TOXICITIES.items(), found, strict=True):
        low = float(beta.ppf(0.025, k, n - k + 1))
        high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
        numbers[f"{mg} mg twice daily ({low:.2f}-{high:.2f})"] = float(share)
        holds &= low <= share <= high
    taken = float(runs["400"][0][:, 1, 1].mean())
    numbers[f"dose taken on day 60 ({DOSE_TAKEN:.2f} within {DOSE_WITHIN:g})"] = taken
    return Verdict(
        "toxicity",
        "dose-limiting toxicity in 28 days rises with dose and lies inside the 95 % interval of "
        "each dose; the dose taken on day 60 is within a tenth of the mean of other patients",
        holds and abs(taken - DOSE_TAKEN) < DOSE_WITHIN,
        numbers,
    )
