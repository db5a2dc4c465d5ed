"""Which figures a virtual trial gets, each with its title, caption, story and alt text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.plots.benefit_plane import frontier
from il15_sim.plots.claim_figures import claim_figures
from il15_sim.plots.exposure_bins import exposure_response
from il15_sim.plots.interval_rows import forest
from il15_sim.plots.response_bars import RESPONSES, tumour_waterfall
from il15_sim.plots.scenario_figures import Shown
from il15_sim.plots.target_rows import target_shares
from il15_sim.plots.trial_curves import MONTH_D, survival_curves
from il15_sim.survival import landmark
from il15_sim.trial.claim import EVENTS, OUTCOMES, by_rise, stands_for
from il15_sim.trial.design import Trial
from il15_sim.trial.verdict import asked_arms

if TYPE_CHECKING:
    import pandas as pd

#: Curves that can be told apart, and arms that get figures of their own.
_MOST_CURVES, _MOST_ARMS = 7, 4
_END = "A simulation; research only."
_EXPOSURE = "mean_level_mg_per_L"
_GROUPS = 4


def trial_figures(
    patients: pd.DataFrame, trial: Trial, tables: Mapping[str, pd.DataFrame]
) -> Iterator[Shown]:
    """Draw the figures of a trial, those of single arms under its first hypothesis.

    Parameters
    ----------
    patients : DataFrame
        Of `run_trial`.
    trial : Trial
    tables : mapping
        `arms`, `claim`, `replicates`, `power`, `factors` and `targets` of the room `trial`.
    """
    first = trial.hypotheses[0].name
    good = patients[(patients["hypothesis"] == first) & ~patients["failed"].astype(bool)]
    story = _story(trial)
    if trial.treated:
        yield from claim_figures(trial, tables, story)
    if not len(good):
        return
    if trial.targets:
        yield from _reached(tables["targets"], trial, story)
    yield from _curves(good, trial, story)
    for k, arm in shown_arms(trial):
        yield from _of_arm(good[good["arm"] == arm], trial, k, arm, tables["factors"], story)
    yield from _exposed(good, trial, story)
    if len(trial.arms) >= 3:
        yield from _benefit(tables["arms"], trial, story)


def shown_arms(trial: Trial) -> list[tuple[int, str]]:
    """Arms that get figures of their own, with their places: the first ones of the question."""
    names = [arm.name for arm in trial.arms]
    return [(names.index(name) + 1, name) for name in asked_arms(trial)[:_MOST_ARMS]]


def _story(trial: Trial) -> tuple[str, ...]:
    calendar = trial.calendar
    size = f"{trial.trials} x {trial.patients} patients in each arm"
    lines = [f"{arm.name}: {arm.regimen}." for arm in trial.arms]
    lines.append(
        f"{size}, followed for {calendar.follow_up_days} days; clinic every "
        f"{calendar.clinic_every_days} days, imaging every {calendar.imaging_every_days} days "
        f"(SD {calendar.visit_spread_days:g}), progression by {calendar.criterion.name}."
    )
    if len(trial.hypotheses) > 1:
        told = ", ".join(h.name for h in trial.hypotheses)
        lines.append(f"Hypotheses: {told}. Figures of single arms show the first one.")
    return tuple(lines)


def _curves(good: pd.DataFrame, trial: Trial, story: tuple[str, ...]) -> Iterator[Shown]:
    names = [arm.name for arm in trial.arms][:_MOST_CURVES]
    own = good[good["arm"].isin(names)]
    # Of patients at will, or of the same ones, no test between arms says anything.
    tested = trial.trials == 1 and not trial.same_patients
    for outcome, (time, event) in OUTCOMES.items():
        what = EVENTS[outcome]
        figure = survival_curves(
            own[time],
            own[event],
            own["arm"],
            weights=None if tested else np.ones(len(own)),
            event_name=what,
            horizon_months=trial.calendar.follow_up_days / MONTH_D,
        )
        told = "survival" if outcome == "survival" else "progression-free survival"
        yield Shown(
            f"curves_{time.removesuffix('_days')}",
            figure,
            f"{told.capitalize()} of the arms",
            f"Kaplan-Meier curves of {told} for {', '.join(names)}, with numbers at risk below.",
            f"Share without {what} by Kaplan and Meier; bands: 95 % intervals; upright marks, "
            f"where they are few: censored patients. {stands_for(trial)}{_END}",
            story,
            ("data/survival.csv", "data/arms.csv"),
        )


def _reached(targets: pd.DataFrame, trial: Trial, story: tuple[str, ...]) -> Iterator[Shown]:
    own = targets[targets["hypothesis"] == trial.hypotheses[0].name]
    figure = target_shares(own[["target", "arm", "share", "lower", "upper", "followed"]])
    yield Shown(
        "targets",
        figure,
        "Who reaches the targets",
        f"Share of patients who reach each of {len(trial.targets)} targets, by arm.",
        "Share of those still followed on the day of the target, read without assay error; bars: "
        f"95 % intervals by Wilson. {_END}",
        story,
        ("data/targets.csv",),
    )


def _of_arm(
    own: pd.DataFrame,
    trial: Trial,
    number: int,
    arm: str,
    factors: pd.DataFrame,
    story: tuple[str, ...],
) -> Iterator[Shown]:
    yield from _landmark(own, trial, number, arm, story)
    yield from _waterfall(own, number, arm, story)
    yield from _factors(factors, trial, number, arm, story)


def _landmark(
    own: pd.DataFrame, trial: Trial, number: int, arm: str, story: tuple[str, ...]
) -> Iterator[Shown]:
    day, times, events, labels = trial.landmark_day, [], [], []
    for name, group in by_rise(own, trial).items():
        if (group["os_days"] > day).any():
            later = landmark(group["os_days"], group["died"], day)
            times.append(later.time)
            events.append(later.event)
            labels += [name] * len(later.time)
    if not times:
        return
    figure = survival_curves(
        np.concatenate(times),
        np.concatenate(events),
        labels,
        weights=None if trial.trials == 1 else np.ones(len(labels)),
        event_name=f"death after day {day}",
    )
    yield Shown(
        f"landmark_{number}",
        figure,
        f"Risers and others: {arm}",
        f"Kaplan-Meier curves of survival after day {day} on {arm}: patients whose marker rose "
        "against the others.",
        f"{arm}. Risers: above {trial.riser_fold:g}-fold on day {day}, as measured, a cut set "
        f"beforehand. Time counts from day {day}; who died or was lost by then, or had no sample, "
        f"is left out. {_END}",
        story,
        ("data/survival.csv", "data/patients.csv"),
    )


def _waterfall(own: pd.DataFrame, number: int, arm: str, story: tuple[str, ...]) -> Iterator[Shown]:
    one = own[own["trial"] == own["trial"].min()]
    read = one[one["best_response"].isin(RESPONSES) & one["best_change_percent"].notna()]
    if read.empty:
        return
    figure = tumour_waterfall(
        read["best_change_percent"], read["best_response"].to_list(), title=arm, width_mm=120.0
    )
    yield Shown(
        f"waterfall_{number}",
        figure,
        f"Best change of tumours: {arm}",
        f"Bars of the best change of the sum of diameters of {len(read)} patients on {arm}, "
        "sorted from growth to shrinkage.",
        f"{arm}, the patients of one trial with a visit for imaging ({len(read)} of {len(one)}). "
        "Every reading counts, the one that showed progression included. Colour: best response. "
        f"{_END}",
        story,
        ("data/patients.csv",),
    )


def _factors(
    factors: pd.DataFrame, trial: Trial, number: int, arm: str, story: tuple[str, ...]
) -> Iterator[Shown]:
    first = trial.hypotheses[0].name
    own = factors[(factors["hypothesis"] == first) & (factors["arm"] == arm)]
    if not own["hazard_ratio"].notna().any():
        return
    rows = own.assign(
        label=own["words"],
        estimate=own["hazard_ratio"],
        group=np.where(own["together"], "All together", "Each alone"),
    )
    label = "Hazard ratio of death per SD of the logarithm (no unit)"
    yield Shown(
        f"factors_{number}",
        forest(rows[["label", "estimate", "lower", "upper", "group"]], label=label),
        f"Who lives longer: {arm}",
        f"Forest plot of hazard ratios of death on {arm} by covariate, alone and all together.",
        f"{arm}, deaths after day {trial.landmark_day} ({own['deaths'].iloc[0]} of "
        f"{own['patients'].iloc[0]} patients). Below 1: who has more lives longer. Lines: 95 % "
        f"intervals. {_END}",
        story,
        ("data/factors.csv",),
    )


def _exposed(good: pd.DataFrame, trial: Trial, story: tuple[str, ...]) -> Iterator[Shown]:
    for number, arm in shown_arms(trial):
        own = good[(good["arm"] == arm) & (good[_EXPOSURE] > 0)]
        own = own[own["best_response"].isin(RESPONSES)]
        if len(own) < 2 * _GROUPS or own[_EXPOSURE].nunique() < 2 * _GROUPS:
            continue
        controlled = own["best_response"] != "PD"
        label = f"Mean level of sorafenib to day {trial.landmark_day} (mg/L)"
        yield Shown(
            f"exposure_{number}",
            exposure_response(
                own[_EXPOSURE], controlled, label, "Disease control (%)", width_mm=120.0
            ),
            f"Exposure and disease control: {arm}",
            f"Share of patients with disease control on {arm} in four groups by their level of "
            "sorafenib.",
            f"{arm}: four groups of the same size by level, with patients whose disease was "
            "controlled over all. Bars: range of levels; upright: 95 % intervals. It shows what "
            f"goes together: who progresses early stops treatment. {_END}",
            story,
            ("data/patients.csv",),
        )


def _benefit(arms: pd.DataFrame, trial: Trial, story: tuple[str, ...]) -> Iterator[Shown]:
    own = arms[arms["hypothesis"] == trial.hypotheses[0].name]
    wide: dict[str, Any] = {}
    for what, quantity in (("benefit", "pfs_6_months"), ("toxicity", "dlt_by_56")):
        rows = own[own["quantity"] == quantity].set_index("arm")
        ends = {"value": what, "lower": f"{what}_lower", "upper": f"{what}_upper"}
        wide |= {name: rows[column] for column, name in ends.items()}
    import pandas as pd

    table = pd.DataFrame(wide).dropna().rename_axis("label").reset_index()
    if len(table) < 3:
        return
    benefit, toxicity = "Progression-free at 6 months (%)", "Dose-limiting toxicity by day 56 (%)"
    yield Shown(
        "benefit",
        frontier(table, benefit, toxicity),
        "Benefit and toxicity of the arms",
        "Share progression-free at six months against share with dose-limiting toxicity, one point "
        "an arm.",
        f"Filled and joined: no other arm has as much benefit with less toxicity. Bars: 95 % "
        f"intervals. {_END}",
        story,
        ("data/arms.csv",),
    )
