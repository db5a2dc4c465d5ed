"""The same shares from the model's own virtual patients, doses and all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from il15_sim.model import Model
from il15_sim.progression.drivers import reading_days, simulated, virtual_patients
from il15_sim.progression.trials import Trials
from il15_sim.regimen import Regimen
from il15_sim.response import progression_free, read_course

Array = NDArray[np.float64]


def virtual_shares(
    model: Model,
    trials: Trials,
    *,
    patients: int | None = None,
    seed: int | None = None,
    unmoved: float = 0.0,
) -> Array:
    """What each reading would be in virtual patients of the model, shape (R,).

    Every parameter varies as the table says; each arm takes its doses and is read at its visits by
    its criterion.

    Parameters
    ----------
    model : Model
    trials : Trials
    patients, seed : int, optional
        Instead of what the trials say.
    unmoved : float
        Share of patients that reading alone calls responders.
    """
    n = trials.patients if patients is None else patients
    table, _ = virtual_patients(model, n, trials.seed if seed is None else seed)
    days = reading_days(trials)
    regimens: dict[str, Regimen] = {name: arm.regimen for name, arm in trials.arms.items()}
    runs = simulated(model, regimens, table, days)
    found = []
    for reading in trials.readings:
        arm, volume = trials.arms[reading.arm], runs[reading.arm][0][..., 0]
        if reading.quantity == "doubling below":
            doubling = days[0] * np.log(2) / np.log(volume[:, 0])
            found.append(float(((doubling > 0) & (doubling < reading.day)).mean()))
            continue
        # Baseline 1: only ratios of diameters count.
        at = np.searchsorted(days, arm.visits_d)
        diameters = np.cbrt(np.column_stack([np.ones(n), volume[:, at]]))
        course = read_course(diameters, arm.visits_d, arm.criterion)
        if reading.quantity == "progression-free":
            found.append(progression_free(course, reading.day, trials.visit_spread_d))
        elif reading.quantity == "response":
            found.append(unmoved + (1 - unmoved) * float(course.responded.mean()))
        else:
            now = diameters[:, 1 + arm.visits_d.index(reading.day)]
            if reading.quantity == "grown":
                found.append(float((now >= 1 + arm.criterion.rise).mean()))
            else:
                shrunk = float((now <= 1 - arm.criterion.fall).mean())
                found.append(unmoved + (1 - unmoved) * shrunk)
    return np.array(found)
