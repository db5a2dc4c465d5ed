"""How strong killing and the rise would have to be for the claim: a map.

    python experiments/claim_region.py --patients 3000

Patients on sorafenib and temozolomide under growing shares of growth that the subset's cells undo,
and growing induction of IL-15Rα, everything else as packaged. Shown is the hazard ratio of death
per SD of the log-fold from the landmark on, adjusted for baseline burden and gross growth, beside
the one that a trial of 63 patients would see with a power of 0.8. Writes `docs/claim_region.png`
and `experiments/claim_region.tsv`; 10 minutes on two cores.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.optimize import brentq

from il15_sim import Model
from il15_sim.survival import power_of
from il15_sim.trial import Hypothesis, Trial, read_trial, run_trial
from il15_sim.trial.claim import MEASURES, claim_table

HERE = Path(__file__).resolve().parent
#: Shares of growth that the resting subset undoes. Progression is fitted worse with each: twice the
#: log likelihood falls by 3 at 0.1, 5 at 0.15 and 13 at 0.25; 0.3 is the table's bound.
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5)
#: Largest induction of IL-15Rα over the packaged one.
INDUCTIONS = (1.0, 2.0, 4.0)
_CELLS = ("monocyte", "tumour")


def crossed(model: Model, trial: Trial) -> dict[str, tuple[float, float, Trial]]:
    """A trial of one arm for each combination of share and induction."""
    found = {}
    for induction in INDUCTIONS:
        for share in SHARES:
            values = {"kill_share_subset": share}
            for cell in _CELLS:
                name = f"il15ra_induction_max_{cell}"
                values[name] = induction * model.values[name]
            told = f"share {share:g}, induction x {induction:g}"
            one = replace(trial, hypotheses=(Hypothesis(told, overrides=values),))
            found[told] = (share, induction, one)
    return found


def judged(model: Model, patients: int) -> pd.DataFrame:
    """Hazard ratios of all combinations."""
    read = read_trial(HERE / "trials" / "romero.toml")
    arm = next(a for a in read.arms if a.name == read.treated)
    # Values beyond the table's bounds are what is asked about.
    trial = replace(read, arms=(arm,), patients=patients, trials=1, treated="", control="")
    rows = []
    for told, (share, induction, one) in crossed(model, trial).items():
        table = claim_table(run_trial(one, model, progress=print), one)
        keep = (table["outcome"] == "survival") & (table["measure"] == MEASURES[0])
        rows.append(table[keep].assign(share=share, induction=induction, hypothesis=told))
    return pd.concat(rows, ignore_index=True)


def figure(table: pd.DataFrame, arm_size: int = 63) -> plt.Figure:
    """Hazard ratio against the share of growth that is undone, one line for each induction."""
    shown = table[table["adjusted"]]
    fig, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
    marks = zip(INDUCTIONS, ("#0072b2", "#d55e00", "#009e73"), ("o", "s", "^"), strict=True)
    for k, (induction, colour, mark) in enumerate(marks):
        one = shown[shown["induction"] == induction]
        x = one["share"] + 0.006 * (k - 1)
        rise = np.exp(one["mean"].mean())
        label = f"induction x {induction:g} (mean rise {rise:.2f}-fold)"
        low, high = one["hazard_ratio"] - one["lower"], one["upper"] - one["hazard_ratio"]
        ax.errorbar(
            x,
            one["hazard_ratio"],
            (low, high),
            fmt=f"{mark}-",
            color=colour,
            label=label,
            markersize=5,
            linewidth=1.2,
            capsize=2,
        )
    deaths = arm_size * (shown["events"] / shown["patients"]).mean()
    needed = np.exp(brentq(lambda slope: power_of(slope, deaths) - 0.8, -3.0, 0.0))
    ax.axhline(1, color="black", linewidth=0.8)
    ax.axhline(needed, color="#6b6b6b", linestyle="--", linewidth=1)
    told = f"what {arm_size} patients at the landmark ({deaths:.0f} deaths) see with power 0.8"
    ax.annotate(
        told,
        (0.5, needed),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color="#6b6b6b",
    )
    ax.axvline(0.1, color="#6b6b6b", linestyle=":", linewidth=1)
    ax.annotate(
        "packaged", (0.1, 1), xytext=(4, 6), textcoords="offset points", fontsize=8, color="#6b6b6b"
    )
    ax.set_yscale("log")
    ax.set_yticks(
        [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1], ["0.5", "0.6", "0.7", "0.8", "0.9", "1", "1.1"]
    )
    ax.minorticks_off()
    ax.set_xlabel("share of growth that the resting subset undoes (no unit)")
    ax.set_ylabel("hazard ratio of death per SD of the log-fold")
    ax.legend(fontsize=8, loc="lower left")
    return fig


def main() -> None:
    """Follow, judge, write."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--patients", type=int, default=3000)
    given = options.parse_args()
    table = judged(Model.load(), given.patients)
    columns = [
        *("share", "induction", "adjusted", "patients", "events", "mean", "sd", "risers"),
        *("hazard_ratio", "lower", "upper", "p"),
    ]
    path = HERE / "claim_region.tsv"
    table[columns].to_csv(path, sep="\t", float_format="%.4g", index=False)
    figure(table).savefig(HERE.parent / "docs" / "claim_region.png", dpi=130)
    print(table[columns].to_string(index=False, float_format="{:.3g}".format))


if __name__ == "__main__":
    main()
