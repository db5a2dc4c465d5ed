"""Figures of the claim: hazard ratios of the rise in all patients, and in single trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from il15_sim.plots.interval_rows import forest
from il15_sim.plots.replicate_bars import replicate_ratios
from il15_sim.plots.scenario_figures import Shown
from il15_sim.trial.claim import MEASURES
from il15_sim.trial.verdict import asked_arms

if TYPE_CHECKING:
    import pandas as pd

    from il15_sim.trial.design import Trial

#: Rows of a forest that fit on a page; panels of single trials.
_MOST_ROWS, _MOST_PANELS = 40, 8
_FOREST = ("label", "estimate", "lower", "upper", "group")
_LABEL = "Hazard ratio of death per SD of the rise (no unit)"
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
    claim, first = tables["claim"], trial.hypotheses[0].name
    asked = claim[claim["arm"].isin(asked_arms(trial)) & claim["hazard_ratio"].notna()]
    own = asked[(asked["outcome"] == "survival") & (asked["hypothesis"] == first)]
    if len(own) > _MOST_ROWS:
        own = own[own["measure"] == MEASURES[0]]
    if len(own):
        yield _measures(own.head(_MOST_ROWS), trial, story)
    judged = asked[asked["outcome"].eq("survival") & asked["measure"].eq(MEASURES[0])]
    judged = judged[~judged["adjusted"].astype(bool)]
    if len(trial.hypotheses) > 1 and len(judged):
        yield _hypotheses(judged.head(_MOST_ROWS), trial, story)
    if trial.trials > 1 and tables["replicates"]["hazard_ratio"].notna().any():
        yield _scatter(tables, trial, story)


def _measures(own: pd.DataFrame, trial: Trial, story: tuple[str, ...]) -> Shown:
    seen = own.groupby("arm", sort=False)[["patients", "events"]].transform("first")
    size = seen["patients"].astype(str) + " patients, " + seen["events"].astype(str) + " deaths"
    held = own["adjusted"].map({True: ", burden and growth held", False: ""})
    rows = own.assign(
        label=own["measure"] + held,
        estimate=own["hazard_ratio"],
        group=own["arm"] + " (" + size + ")",
    )
    return Shown(
        "claim",
        forest(rows[[*_FOREST]], label=_LABEL),
        "Does a rise go with longer survival?",
        "Forest plot of hazard ratios of death per SD of the rise, by arm and measure.",
        f"All trials together, deaths after day {trial.landmark_day}. Below 1: who rises more "
        "lives longer. Judged is the first row of each arm. Burden and growth: at baseline, "
        f"growth before killing. Lines: 95 % intervals. {_END}",
        story,
        ("data/claim.csv",),
    )


def _hypotheses(judged: pd.DataFrame, trial: Trial, story: tuple[str, ...]) -> Shown:
    rows = judged.assign(
        label=judged["arm"], estimate=judged["hazard_ratio"], group=judged["hypothesis"]
    )
    return Shown(
        "hypotheses",
        forest(rows[[*_FOREST]], label=_LABEL),
        "Under which assumptions a rise goes with longer survival",
        "Forest plot of hazard ratios of death per SD of the rise, by hypothesis and arm.",
        f"The same trial under one assumption after the other: deaths after day "
        f"{trial.landmark_day} per SD of the {MEASURES[0]} as measured, nothing held. Below 1: who "
        f"rises more lives longer. Lines: 95 % intervals. {_END}",
        story,
        ("data/claim.csv",),
    )


def _scatter(tables: Mapping[str, pd.DataFrame], trial: Trial, story: tuple[str, ...]) -> Shown:
    found, first = tables["replicates"], trial.hypotheses[0].name
    asked = asked_arms(trial)
    # All arms of the first hypothesis, and of the others the one that should show it.
    shown = found["arm"].isin(asked) & (found["hypothesis"] == first) | (found["arm"] == asked[0])
    found = found[shown]
    several = len(trial.hypotheses) > 1
    label = found["hypothesis"] + ", " + found["arm"] if several else found["arm"]
    panels = list(dict.fromkeys(label))[:_MOST_PANELS]
    rows = found.assign(label=label)
    powers = [
        f"{row['hypothesis']}, {row['arm']}: {100 * row['significant_longer']:.3g} % of "
        f"{row['trials']} trials report that a rise goes with longer survival."
        for row in tables["power"].to_dict("records")
    ]
    return Shown(
        "replicates",
        replicate_ratios(rows[label.isin(panels)], what="Hazard ratio of death per SD of the rise"),
        "What single trials would report",
        "Histograms of the hazard ratios per SD of the rise in single trials, one panel per arm.",
        f"{trial.trials} trials of {trial.patients} patients, each with patients of its own. Full "
        f"colour: p below 0.05. {_END}",
        (*powers, *story),
        ("data/replicates.csv", "data/power.csv"),
    )
