"""Figures of the claim: hazard ratios of the rise in all patients, and in single trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from il15_sim.plots.interval_rows import forest
from il15_sim.plots.replicate_bars import replicate_ratios
from il15_sim.plots.scenario_figures import Shown
from il15_sim.trial.claim import MEASURES

if TYPE_CHECKING:
    import pandas as pd

    from il15_sim.trial.design import Trial

#: Rows of a forest that fit on a page; panels of single trials.
_MOST_ROWS, _MOST_PANELS = 40, 8
_END = "A simulation; research only."


def claim_figures(
    trial: Trial, tables: Mapping[str, pd.DataFrame], story: tuple[str, ...] = ()
) -> Iterator[Shown]:
    """Draw hazard ratios per SD of the rise, and how they scatter between single trials.

    Parameters
    ----------
    trial : Trial
    tables : mapping
        `claim`, `replicates` and `power`.
    story : tuple of str
        The long text of all figures.
    """
    claim = tables["claim"]
    own = claim[(claim["outcome"] == "survival") & claim["hazard_ratio"].notna()]
    if len(own) > _MOST_ROWS:
        own = own[own["measure"] == MEASURES[0]]
    if len(own) > _MOST_ROWS:
        own = own[~own["adjusted"]]
    if len(own):
        yield _forest(own.head(_MOST_ROWS), trial, story)
    found = tables["replicates"]
    found = found[found["hazard_ratio"].notna()] if len(found) else found
    if len(found) > 1 and trial.trials > 1:
        yield _scatter(tables, trial, story)


def _forest(own: pd.DataFrame, trial: Trial, story: tuple[str, ...]) -> Shown:
    several = len(trial.hypotheses) > 1
    group = own["hypothesis"] + ": " + own["arm"] if several else own["arm"]
    seen = own.groupby(["hypothesis", "arm"], sort=False)[["patients", "events"]].transform("first")
    size = seen["patients"].astype(str) + " patients, " + seen["events"].astype(str) + " deaths"
    notes = own["adjusted"].map({True: "burden and growth held", False: ""})
    label = own["measure"] + notes.where(notes == "", ", " + notes)
    rows = own.assign(label=label, estimate=own["hazard_ratio"], group=group + " (" + size + ")")
    day = trial.landmark_day
    return Shown(
        "claim",
        forest(
            rows[["label", "estimate", "lower", "upper", "group"]],
            label="Hazard ratio of death per SD of the rise (no unit)",
        ),
        "Does a rise go with longer survival?",
        "Forest plot of hazard ratios of death per SD of the rise, by arm and measure.",
        f"All trials together, deaths after day {day}. Below 1: who rises more lives longer. "
        "Judged is the first row of each arm. Burden and growth: at baseline, growth before "
        f"killing. Lines: 95 % intervals. {_END}",
        story,
        ("data/claim.csv",),
    )


def _scatter(tables: Mapping[str, pd.DataFrame], trial: Trial, story: tuple[str, ...]) -> Shown:
    found = tables["replicates"]
    several = len(trial.hypotheses) > 1
    label = found["hypothesis"] + ", " + found["arm"] if several else found["arm"]
    panels = list(dict.fromkeys(label))[:_MOST_PANELS]
    rows = found.assign(label=label)
    rows = rows[rows["label"].isin(panels)]
    powers = [
        f"{row['hypothesis']}, {row['arm']}: {100 * row['significant_longer']:.3g} % of "
        f"{row['trials']} trials report that a rise goes with longer survival."
        for row in tables["power"].to_dict("records")
    ]
    return Shown(
        "replicates",
        replicate_ratios(rows, what="Hazard ratio of death per SD of the rise"),
        "What single trials would report",
        "Histograms of the hazard ratios per SD of the rise in single trials, one panel per arm.",
        f"{trial.trials} trials of {trial.patients} patients, each with patients of its own. Full "
        f"colour: p below 0.05. {_END}",
        (*powers, *story),
        ("data/replicates.csv", "data/power.csv"),
    )
