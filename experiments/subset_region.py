"""Where the rise of the subset holds: a map, and the share of plausible draws.

    python experiments/subset_region.py --draws 400

What decides the rise is drawn log-uniformly over its plausible range, every draw with its own
untreated steady state and counted against its own rest; all other values are packaged. Writes
`docs/subset_region.png` and `experiments/subset_region.tsv`.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from il15_sim import Model
from il15_sim.behaviours.subset import KNOCK_OUTS, LEAST_FOLD, MOST_LEFT, SCHEDULES, rises

HERE = Path(__file__).resolve().parent
#: What decides the rise, and between what it is drawn: published numbers, or what is plausible.
RANGES = {
    "receptor_B_number": (50.0, 2600.0),  # two counts on CD4 cells
    "tumour_extraction": (0.01, 0.1),  # one to ten per cent of what passes the tumour
    "division_half_engagement": (1.8, 16.0),  # three to half a division of a primed cell at rest
    "pstat5_half_share": (0.1, 0.6),  # all types of cells that were fitted
    "il15ra_induction_max": (1.0, 6.0),  # on monocytes and on the tumour alike
    "trans_contact_share": (0.0003, 0.003),
    "nkg2d_il15_max": (0.25, 4.0),
}
DIVISIONS = 8.5


def draw(number: int, seed: int) -> dict[str, float]:
    """One draw; the same alone and in any number of them."""
    rng = np.random.default_rng([seed, number])
    values = {k: float(np.exp(rng.uniform(*np.log(ends)))) for k, ends in RANGES.items()}
    induction = values.pop("il15ra_induction_max")
    cells = ("monocyte", "tumour")
    return values | {f"il15ra_induction_max_{cell}": induction for cell in cells}


def judged(model: Model, draws: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Fold and what is left without each link, alone and with temozolomide, of every draw."""
    schedules = {name: SCHEDULES[name] for name in ("alone", "with temozolomide d1-5/28")}
    patients = {
        f"{name}|{patient}": values | cut
        for name, values in draws.items()
        for patient, cut in {"reference": {}, **KNOCK_OUTS}.items()
    }
    found = rises(model, patients, schedules)
    rows = []
    for name, values in draws.items():
        logs = {
            (p, s): found[f"{name}|{p}", s].log_fold
            for p in ("reference", *KNOCK_OUTS)
            for s in schedules
        }
        least = min(logs["reference", s] for s in schedules)
        left = max(logs[p, s] / logs["reference", s] for p in KNOCK_OUTS for s in schedules)
        rises_enough = least >= np.log(LEAST_FOLD)
        rows.append(
            values
            | {"fold": float(np.exp(least)), "most_left": left, "rises": rises_enough}
            | {"holds": rises_enough and left <= MOST_LEFT}
        )
    return pd.DataFrame(rows, index=list(draws))


def mapped(model: Model, steps: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fold over extraction and divisions at rest, everything else packaged."""
    extraction = np.geomspace(0.01, 0.1, steps)
    at_rest = np.linspace(0.5, 3.0, steps)
    patients = {
        f"{e}, {n}": {"tumour_extraction": e, "division_half_engagement": DIVISIONS / n - 1}
        for n in at_rest
        for e in extraction
    }
    found = rises(model, patients, {"alone": SCHEDULES["alone"]})
    folds = np.array([r.fold for r in found.values()]).reshape(steps, steps)
    return extraction, at_rest, folds


def figure(model: Model, table: pd.DataFrame) -> plt.Figure:
    """The map with its border, and the draws that hold and that do not."""
    extraction, at_rest, folds = mapped(model)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
    drawn = left.contourf(100 * extraction, at_rest, folds, levels=10, cmap="cividis")
    fig.colorbar(drawn, ax=left, format="%.1f", label="fold")
    lines = left.contour(100 * extraction, at_rest, folds, levels=[LEAST_FOLD], colors="white")
    left.clabel(lines, fmt="%.2f-fold")
    own = DIVISIONS / (1 + model.values["division_half_engagement"])
    left.plot(100 * model.values["tumour_extraction"], own, "o", color="black", label="packaged")
    left.legend(loc="lower left", framealpha=0.9)
    left.set_title("fold on day 56 over the untreated patient")
    rest = DIVISIONS / (1 + table["division_half_engagement"])
    rises_enough, holds = table["rises"], table["holds"]
    for told, chosen, colour, mark in (
        ("less than 1.25-fold", ~rises_enough, "#bbbbbb", "."),
        ("1.25-fold, but a link leaves over a quarter", rises_enough & ~holds, "#e69f00", "^"),
        ("holds", holds, "#0072b2", "o"),
    ):
        share = f"{told}: {chosen.mean():.0%}"
        x = 100 * table["tumour_extraction"][chosen]
        right.plot(x, rest[chosen], mark, color=colour, markersize=4, label=share)
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), fontsize=8, framealpha=0.9)
    right.set_title("seven uncertain sizes drawn")
    for ax in (left, right):
        ax.set_xscale("log")
        ax.set_xticks([1, 2, 5, 10], ["1", "2", "5", "10"])
        ax.set_xlabel("held back by the tumour per passage, %")
    right.tick_params(labelleft=True)
    for ax in (left, right):
        ax.set_ylabel("divisions of a primed cell at rest")
    return fig


def main() -> None:
    """Draw, judge, write."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--draws", type=int, default=400)
    options.add_argument("--seed", type=int, default=2014)
    given = options.parse_args()
    model = Model.load()
    table = judged(model, {f"{n}": draw(n, given.seed) for n in range(given.draws)})
    table.to_csv(HERE / "subset_region.tsv", sep="\t", float_format="%.4g", index_label="draw")
    figure(model, table).savefig(HERE.parent / "docs" / "subset_region.png", dpi=130)
    print(table[["rises", "holds"]].mean().round(3).to_string())
    logs = np.log(table[[c for c in table if c in model.parameters]])
    driven = logs.corrwith(np.log(table["fold"]), method="spearman")
    print(driven.sort_values(key=abs, ascending=False).round(2).to_string())


if __name__ == "__main__":
    main()
