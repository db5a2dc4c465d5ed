"""Virtual trials of published arms beside what was published of them.

    python experiments/published.py                  # table and figure; two minutes
    python experiments/published.py --patients 2000  # of each arm

Runs `experiments/trials/published.toml`, `sorafenib_phase_one.toml` and `sorafenib_doses.toml` and
holds the outcomes against `experiments/data/outcomes/readings.tsv`, those that a fit has read told
apart from those kept aside. Writes `results/published/readings.csv` and `readings.png`.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import pandas as pd

from il15_sim import Model, plots
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.progression.trials import Reading
from il15_sim.progression.written import read_unmoved
from il15_sim.trial import read_trial, run_trial
from il15_sim.trial.published import compared, read_readings

OUT = Path("results/published")
TRIALS = ("published", "sorafenib_phase_one", "sorafenib_doses")
#: Headings of the figure by quantity; a hazard ratio is no share and stands in the table only.
GROUPS = {
    "survival": "Alive",
    "progression-free": "Progression-free",
    "without progression": "Without progression",
    "response": "Response",
    "lymphocytes below 700": "Lymphopenia",
    "lymphocytes below 500": "Lymphopenia",
    "dose-limiting toxicity": "Dose-limiting toxicity, day 28",
    "dose taken": "Mean dose taken, over that at the start",
}


def main() -> None:
    """Run, compare, draw."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--patients", type=int, help="of each arm")
    given = options.parse_args()

    model, tables = Model.load(), []
    for name in TRIALS:
        trial = read_trial(experiments_dir() / "trials" / f"{name}.toml")
        if given.patients:
            trial = replace(trial, patients=given.patients)
        tables.append(run_trial(trial, model, progress=print))
    readings = read_readings(experiments_dir() / "data" / "outcomes" / "readings.tsv")
    unmoved = read_unmoved(models_dir())
    found = compared(pd.concat(tables, ignore_index=True), readings, unmoved=unmoved)
    OUT.mkdir(parents=True, exist_ok=True)
    found.to_csv(OUT / "readings.csv", index=False)
    print(found.to_string(index=False, float_format="{:.3g}".format))
    for used, own in found.groupby("used"):
        print(f"{used}: {own['holds'].sum()} of {len(own)} agree")
    figure = plots.agreement(shown(found, readings), label="Share (%)")
    plots.save(figure, OUT / "readings.png")


def shown(found: pd.DataFrame, readings: tuple[Reading, ...]) -> pd.DataFrame:
    """Rows of the figure."""
    rows = found.assign(
        group=found["quantity"].map(GROUPS),
        label=[_label(reading) for reading in readings],
    ).dropna(subset="group")
    order = {group: k for k, group in enumerate(GROUPS.values())}
    rows = rows.sort_values("group", key=lambda g: g.map(order), kind="stable")
    return rows[["group", "label", "published", "lower", "upper", "predicted", "used"]]


def _label(reading: Reading) -> str:
    who = reading.source.split(",")[0].split(" series")[0]
    day = f", day {reading.day:.0f}" if reading.day == reading.day else ""
    if reading.quantity == "dose-limiting toxicity":
        return reading.arm
    if reading.quantity == "dose taken":
        start = reading.arm.removeprefix("starts on ").removesuffix(" a day")
        organ = reading.id.split("_")[0] if day else "liver, all along"
        return f"{who.split()[0]}, {start}, {organ}{day}"
    drug = "dacarbazine" if "dacarbazine" in reading.note else reading.arm
    dated = not reading.quantity.startswith("lymphocytes")
    return f"{who}, {drug.replace('sorafenib + TMZ', 'both,')}{day if dated else ''}"


if __name__ == "__main__":
    main()
