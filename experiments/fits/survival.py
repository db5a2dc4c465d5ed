"""Fit the hazard of death to published survival.

    python experiments/fits/survival.py            # fit, tell what is known of it; 3 minutes
    python experiments/fits/survival.py --write    # and write models/variants/survival_fit.tsv

Reads `experiments/data/outcomes/readings.tsv`: the readings of survival that are to be fitted, and
the hazard ratio by baseline burden, a wide prior. The arms of `experiments/trials/published.toml`
are followed once with nobody dying; since the hazard acts on nothing else, every rate and exponent
is tried on the same tumours.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from il15_sim import Model
from il15_sim.check import sync_models
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.trial import follow, read_trial
from il15_sim.trial.followed import BURDEN
from il15_sim.trial.hazard_fit import Burdens, fit_hazard
from il15_sim.trial.patients import drawn_patients
from il15_sim.trial.published import read_readings
from il15_sim.trial.written import write_hazard

OUT = Path("results/survival")
#: Long enough for every reading that is fitted, and for the hazard ratio.
DAYS = 546


def main() -> None:
    """Fit, judge, and write what was asked for."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--write", action="store_true", help="write the variant")
    options.add_argument("--patients", type=int, default=2000, help="of each arm")
    given = options.parse_args()

    readings = read_readings(experiments_dir() / "data" / "outcomes" / "readings.tsv")
    wanted = ("survival", "hazard ratio by burden")
    used = [r for r in readings if r.used == "fit" and r.quantity in wanted]
    model = Model.load()
    fit = fit_hazard(tumours(model, {r.arm for r in used}, given.patients), used)
    OUT.mkdir(parents=True, exist_ok=True)
    tell(fit.frame, "estimates")
    tell(fit.profile.iloc[::4], "profile")
    if given.write:
        print(write_hazard(fit, models_dir(), patients=given.patients))
        sync_models(models_dir())


def tumours(model: Model, arms: set[str], patients: int) -> dict[str, Burdens]:
    """Burdens of patients who cannot die, by arm."""
    trial = read_trial(experiments_dir() / "trials" / "published.toml")
    calendar = replace(trial.calendar, follow_up_days=DAYS)
    trial = replace(trial, calendar=calendar, patients=patients, trials=1, watched=(trial.marker,))
    reference = model.values["death_burden_reference"]
    found = {}
    for number, arm in enumerate(trial.arms):
        if arm.name not in arms:
            continue
        print(f"following {patients} patients: {arm.name}")
        first = trial.first_patient(number)
        people, _ = drawn_patients(model, trial, arm, trial.hypotheses[0], first, patients)
        people["death_rate"] = 0.0
        daily = follow(model, people, arm, trial, first=first).daily[BURDEN]
        there = np.isfinite(daily).all(axis=1)
        if not there.all():
            print(f"{(~there).sum()} patients could not be simulated")
        found[arm.name] = Burdens(daily[there] / reference)
    return found


def tell(table: pd.DataFrame, name: str) -> None:
    """Write and print a table."""
    table.to_csv(OUT / f"{name}.csv", index=False)
    print(table.to_string(index=False, float_format="{:.3g}".format))


if __name__ == "__main__":
    main()
