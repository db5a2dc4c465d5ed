"""Fit growth, sorafenib's and temozolomide's effect on tumours and their spread between patients.

    python experiments/fits/progression.py            # fit, check with virtual patients; 5 minutes
    python experiments/fits/progression.py --write    # and write models/variants, spreads, values
    python experiments/fits/progression.py --profile  # other largest inhibitions, shares of killing
    python experiments/fits/progression.py --hypotheses  # other hypotheses of killing

Reads `experiments/data/progression`: published progression and responses, each trial by its own
calendar and criterion. The likelihood is binomial in shares of patients; a median says that half
have progressed by its day. What is written: the values of the typical patient into the variant
`progression_fit`, the CV between patients into the column iivCvPercent of `parameters.tsv`.
"""

import argparse
from pathlib import Path

import pandas as pd

from il15_sim import Model
from il15_sim.check import sync_models
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.model.frozen_model import SHIPPED_VARIANTS
from il15_sim.progression import (
    ProgressionFit,
    Trials,
    fit_progression,
    judged,
    read_trials,
    virtual_shares,
)
from il15_sim.progression.written import write_fit

OUT = Path("results/progression")
#: What the fit is repeated under.
OTHER_SHARES = (
    {"kill_share_subset": 0.0, "kill_share_nk": 0.0},
    {"kill_share_subset": 0.05},
    {"kill_share_subset": 0.15},
    {"kill_share_subset": 0.25},
)
OTHER_INHIBITIONS = (0.4, 0.5, 0.85, 1.0)
#: Variants under which the packaged fit is read again, without fitting.
HYPOTHESES = ("kill_by_own_subset", "kill_same_rate", "no_smica_downmodulation")


def main() -> None:
    """Fit, judge, and write what was asked for."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--write", action="store_true", help="write variant, spreads and values")
    options.add_argument("--profile", action="store_true", help="fit under other assumptions, too")
    options.add_argument("--starts", type=int, help="searches")
    options.add_argument("--hypotheses", action="store_true", help="read other hypotheses, too")
    given = options.parse_args()

    trials = read_trials(experiments_dir() / "data" / "progression")
    model = Model.load()
    fit = fit_progression(model, trials, starts=given.starts, progress=print)
    OUT.mkdir(parents=True, exist_ok=True)
    tell(fit.frame, "estimates")
    if given.write:
        print(write_fit(fit, models_dir()))
        sync_models(models_dir())
        model = Model.load()
        print("reading the model's own virtual patients")
        unmoved = fit.effects.unmoved
        virtual = virtual_shares(model, trials, unmoved=unmoved)
    table = judged(trials.readings, fit.predicted)
    if given.write:
        own = judged(trials.readings, virtual)
        table["virtual"], table["holds"] = own["predicted"], own["holds"]
    tell(table, "readings")
    if given.profile:
        profile(model, trials, fit)
    if given.hypotheses:
        hypotheses(trials, fit)


def profile(model: Model, trials: Trials, fit: ProgressionFit) -> None:
    """Fit again under other assumptions."""
    rows = [("as packaged", fit)]
    for most in OTHER_INHIBITIONS:
        other = fit_progression(model, trials, inhibition=most, patients=fit.patients, starts=1)
        rows.append((f"largest inhibition {most:g}", other))
    for shares in OTHER_SHARES:
        other = fit_progression(model.with_values(shares), trials, starts=1)
        rows.append((", ".join(f"{k} {v:g}" for k, v in shares.items()), other))
    found = [
        {"assumption": told, "deviance": f.deviance, "objective": f.objective, **f.effects.values}
        for told, f in rows
    ]
    tell(pd.DataFrame(found), "profile")


def hypotheses(trials: Trials, fit: ProgressionFit) -> None:
    """What the packaged values give in virtual patients under each hypothesis."""
    readings = [r.id for r in trials.readings]
    table = pd.DataFrame({"reading": readings, "published": [r.share for r in trials.readings]})
    for name in (None, *HYPOTHESES):
        variants = (*SHIPPED_VARIANTS, name) if name else None
        model = Model.load(variants=variants)
        table[name or "as packaged"] = virtual_shares(model, trials, unmoved=fit.effects.unmoved)
    tell(table, "hypotheses")


def tell(table: pd.DataFrame, name: str) -> None:
    """Write and print a table."""
    table.to_csv(OUT / f"{name}.csv", index=False)
    print(table.to_string(index=False, float_format="{:.3g}".format))


if __name__ == "__main__":
    main()
