"""The answer of a virtual trial in words; every sentence follows from a row of its tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from il15_sim.jobs.trial_words import (
    counted,
    months,
    percent,
    ratio_in_words,
    sentence,
    signed,
    size_in_words,
)
from il15_sim.trial import Trial, Verdict
from il15_sim.trial.arm_numbers import SAME_PATIENTS
from il15_sim.trial.claim import EVENTS, MEASURES
from il15_sim.trial.verdict import DECIDABLE, asked_arms, claim_row

#: What is told of one question: its title and sentences.
Section = dict[str, Any]
#: Deaths that no trial of a rare disease has.
_MANY = 10_000
#: Fewer trials have no outer twentieth.
_FEW_TRIALS = 20
#: Covariates that are named of an arm.
_NAMED = 3
_SCATTER = "How often such trials find it takes many of them: --trials 100."


def answer(
    trial: Trial,
    verdicts: Sequence[Verdict],
    tables: dict[str, pd.DataFrame],
    kinds: Mapping[str, int],
) -> list[Section]:
    """What came of a trial: `title` and `lines` of each question.

    Parameters
    ----------
    trial : Trial
    verdicts : sequence of Verdict
        Of `judged`.
    tables : mapping
        `arms`, `between`, `claim`, `power` and `factors` of the room `trial`.
    kinds : mapping
        Parameters of the model by kind.
    """
    asked = [
        {"title": "Does a rise go with longer survival?", "lines": _claim(trial, verdicts, tables)},
        {"title": "What one trial of this size sees", "lines": _one_trial(trial, tables)},
    ]
    if not trial.treated:
        asked = []
    if trial.targets:
        lines = _targets(trial, tables["targets"])
        asked.append({"title": "Who reaches the targets", "lines": lines})
    return [
        *asked,
        {"title": "The arms", "lines": _arms(trial, tables)},
        {"title": "Who lives longer", "lines": _factors(trial, tables["factors"])},
        {"title": "What it rests on", "lines": _caveats(trial, kinds)},
    ]


def _claim(trial: Trial, verdicts: Sequence[Verdict], tables: dict[str, pd.DataFrame]) -> list[str]:
    claim, lines = tables["claim"], [verdict_line(trial, verdict) for verdict in verdicts]
    for number, hypothesis in enumerate(h.name for h in trial.hypotheses):
        rows = {arm: claim_row(claim, hypothesis, arm) for arm in asked_arms(trial)}
        if number:
            # The first hypothesis is told in full, the others beside it in one line each.
            told = ", ".join(f"{arm} {ratio_in_words(row)}" for arm, row in rows.items())
            lines.append(f"{_under(trial, hypothesis)}hazard ratios per SD: {told}.")
            continue
        for arm, row in rows.items():
            adjusted = claim_row(claim, hypothesis, arm, adjusted=True)
            told = f"{_under(trial, hypothesis)}{arm}: {_ratio(row)}"
            if math.isfinite(adjusted["hazard_ratio"]):
                told += (
                    f"; with burden and gross growth at baseline held, {ratio_in_words(adjusted)}"
                )
            lines.append(f"{told}.")
    return lines


def verdict_line(trial: Trial, verdict: Verdict) -> str:
    """The verdict under one hypothesis as a sentence."""
    on = f"on {trial.treated}"
    shares = [
        f"{size_in_words(v)} on {arm}" for arm, v in verdict.shares.items() if math.isfinite(v)
    ]
    sizes = "of the size of its log hazard ratio there is, for the same rise, "
    sizes += " and ".join(shares)
    told = {
        "yes": f"Yes: {on} a rise goes with longer survival, and not elsewhere: "
        f"{sizes}; at most a third was asked.",
        "not specific": f"Not as claimed: {on} a rise goes with longer survival, but {sizes}; at "
        "most a third was asked, whatever the sign.",
        "in the treated arm": f"{sentence(on)} a rise goes with longer survival; there is no "
        "other arm to compare it with.",
        "no": f"No: {on} the 95 % interval of the hazard ratio holds 1 and lies within "
        f"{math.exp(-DECIDABLE):.2f} to {math.exp(DECIDABLE):.2f}: a rise tells next to nothing of "
        "survival.",
        "not shown": f"Not shown: {on} the 95 % interval of the hazard ratio holds 1.",
        "shorter": f"No: {on} a rise goes with shorter survival.",
        "undecidable": f"Undecidable: {on} a rise goes with longer survival, but the log hazard "
        f"ratio per SD is {signed(verdict.treated)}, below {DECIDABLE:g} in size: what a control "
        "has of it cannot be told.",
        "no estimate": f"No answer: {trial.treated} gives no hazard ratio.",
    }[verdict.word]
    return _under(trial, verdict.hypothesis) + told


def _one_trial(trial: Trial, tables: dict[str, pd.DataFrame]) -> list[str]:
    lines, claim, power = [], tables["claim"], tables["power"]
    for number, hypothesis in enumerate(h.name for h in trial.hypotheses):
        for arm in asked_arms(trial)[: 1 if number else None]:
            own = power[(power["hypothesis"] == hypothesis) & (power["arm"] == arm)].iloc[0]
            told = f"{_under(trial, hypothesis)}{arm}: "
            row = claim_row(claim, hypothesis, arm)
            if not math.isfinite(own["hazard_ratio_median"]):
                lines.append(f"{told}no single trial gives a hazard ratio.")
            elif trial.trials == 1:
                p = f"p = {row['p']:.3f}" if row["p"] >= 0.001 else "p below 0.001"
                lines.append(f"{told}{p} in the one trial that was run. {_SCATTER}")
            else:
                lines.append(f"{told}{_power(own, trial)}{_needed(row)}.")
    return lines


def _power(row: pd.Series, trial: Trial) -> str:
    few = row["trials"] < _FEW_TRIALS
    ends = ("lowest", "highest") if few else ("2.5%", "97.5%")
    low, high = (row[f"hazard_ratio_{end}"] for end in ends)
    return (
        f"of {counted(row['trials'], 'trial')} with {counted(trial.patients, 'patient')} "
        f"(median of {row['deaths']:.0f} deaths after day {trial.landmark_day}), "
        f"{percent(row['significant_longer'])} report that a rise goes with longer "
        f"survival, {percent(row['significant_shorter'])} that it goes with shorter "
        f"survival (p below 0.05); hazard ratios {low:.2f} to {high:.2f} in "
        f"{'all' if few else '95 %'} of them"
    )


def _needed(row: pd.Series) -> str:
    deaths, patients = row["events_needed"], row["patients_needed"]
    if not math.isfinite(patients):
        return ""
    if abs(row["log_hazard_ratio"]) < DECIDABLE:
        many = f"{deaths:,.0f}" if deaths <= _MANY else f"more than {_MANY:,}"
        return f". The effect is too small to plan for: a power of 80 % takes {many} deaths"
    return (
        f". A power of 80 % takes {deaths:,.0f} deaths after the landmark of patients sampled, "
        f"from {patients:,.0f} patients at the start"
    )


def _arms(trial: Trial, tables: dict[str, pd.DataFrame]) -> list[str]:
    first = trial.hypotheses[0].name
    lines = [f"{arm.name}: {_arm(tables['arms'], first, arm.name)}" for arm in trial.arms]
    between = tables["between"]
    for _, row in between[between["hypothesis"] == first].iterrows():
        if row["reason"] == SAME_PATIENTS:
            lines.append(f"{sentence(SAME_PATIENTS)}.")
            break
        what = f"{EVENTS[row['outcome']]}, {row['arm']} over {row['against']}"
        known = math.isfinite(row["hazard_ratio"])
        told = ratio_in_words(row) if known else f"none ({row['reason']})"
        lines.append(f"Hazard ratio of {what}: {told}.")
    return lines + _elsewhere(trial)


def _elsewhere(trial: Trial) -> list[str]:
    if len(trial.hypotheses) < 2:
        return []
    first = trial.hypotheses[0].name
    return [f"This is under '{first}'; the tables hold the other hypotheses."]


def _arm(arms: pd.DataFrame, hypothesis: str, arm: str) -> str:
    own = arms[(arms["hypothesis"] == hypothesis) & (arms["arm"] == arm)].set_index("quantity")

    def of(quantity: str) -> float:
        return float(own["value"].get(quantity, math.nan))

    if not of("patients") > of("failed"):
        return f"all {of('patients'):.0f} simulations failed."
    told = [
        f"{counted(of('patients'), 'patient')}, {counted(of('deaths'), 'death')}",
        f"median survival {months(of('os_median'))}, progression-free {months(of('pfs_median'))}",
        f"median time to progression {months(of('ttp_median'))} as visits see it, "
        f"{months(of('growth_median'))} by the day on which it was met",
        f"{of('best_CR') + of('best_PR'):.0f} % responses, {of('disease_control'):.0f} % disease "
        "control",
    ]
    if "dlt_by_28" in own.index:
        told.append(f"{of('dlt_by_28'):.0f} % with dose-limiting toxicity by day 28")
    if "lymphocytes_below_500" in own.index:
        told.append(f"{of('lymphocytes_below_500'):.0f} % below 500 lymphocytes per µL")
    if "risers" in own.index:
        told.append(f"{of('risers'):.0f} % risers among the {of('sampled'):.0f} % sampled")
    if of("failed"):
        told.append(f"{of('failed'):.0f} simulations failed and are left out")
    return "; ".join(told) + "."


def _targets(trial: Trial, targets: pd.DataFrame) -> list[str]:
    """A line for each target under the first hypothesis: the share of each arm."""
    lines = []
    for goal in trial.targets:
        own = targets[targets["target"] == goal.name]
        own = own[own["hypothesis"] == trial.hypotheses[0].name]
        pairs = zip(own["arm"], own["share"], strict=True)
        told = ", ".join(f"{arm} {size_in_words(share)}" for arm, share in pairs)
        lines.append(f"{sentence(goal.name)}: {told}.")
    return lines


def _factors(trial: Trial, factors: pd.DataFrame) -> list[str]:
    lines, first = [], trial.hypotheses[0].name
    for arm in (a.name for a in trial.arms):
        own = factors[(factors["hypothesis"] == first) & (factors["arm"] == arm)]
        own = own[own["together"] & own["hazard_ratio"].notna()]
        if own.empty:
            lines.append(f"{arm}: too few deaths after day {trial.landmark_day} to say.")
            continue
        clear = own[(own["upper"] < 1) | (own["lower"] > 1)]
        order = clear["log_hazard_ratio"].abs().sort_values(ascending=False).index[:_NAMED]
        told = [f"{clear.loc[i, 'words']} {ratio_in_words(clear.loc[i])}" for i in order]
        if not told:
            lines.append(f"{arm}: no covariate is told from chance.")
            continue
        more = len(own) - len(clear)
        rest = f"; {more} of {len(own)} covariates are not told from chance" if more else ""
        lines.append(
            f"{arm}, hazard ratio of death per SD, all covariates together: "
            f"{'; '.join(told)}{rest}."
        )
    return lines + _elsewhere(trial)


def _caveats(trial: Trial, kinds: Mapping[str, int]) -> list[str]:
    lines = [
        "Patients and their tumours are simulated; that a mechanism brings about an association "
        "does not show that it does so in patients.",
        f"{kinds['assumed']} of {sum(kinds.values()) - kinds['setting']} parameters, settings "
        "aside, are assumed, the sizes of the subset's rise and of its killing among them: the "
        "answer holds for these values.",
        "The hazard of death follows the tumour's burden and nothing else, so that a rise can act "
        "on survival through the tumour alone.",
    ]
    drugs = {drug for arm in trial.arms for drug in arm.regimen.drugs}
    if "temozolomide" in drugs:
        lines.append(
            "Temozolomide stands for dacarbazine, which has the same active metabolite, wherever "
            "the classical treatment is meant."
        )
    lines.append("Doses are those of the trial's file, which says where they are assumed.")
    return lines


def _under(trial: Trial, hypothesis: str) -> str:
    return f"Under '{hypothesis}': " if len(trial.hypotheses) > 1 else ""


def _ratio(row: pd.Series) -> str:
    patients, deaths = counted(row["patients"], "patient"), counted(row["events"], "death")
    seen = f"{patients}, {deaths} after the landmark"
    if not math.isfinite(row["hazard_ratio"]):
        return f"no hazard ratio ({row['reason']}; {seen})"
    return f"hazard ratio of death per SD of the {MEASURES[0]} {ratio_in_words(row)}; {seen}"


def answer_text(trial: Trial, sections: Sequence[Section], warnings: Sequence[str] = ()) -> str:
    """The answer as Markdown."""
    given = "; ".join(f"{arm.name}: {arm.regimen}" for arm in trial.arms)
    size = f"{counted(trial.trials, 'trial')} of {counted(trial.patients, 'patient')} in each arm"
    parts = [f"# {trial.title}", trial.description.strip(), f"{size}, {given}."]
    parts += [f"**Warning:** {warning}" for warning in warnings]
    for section in sections:
        parts += [f"## {section['title']}", "\n".join(f"- {line}" for line in section["lines"])]
    parts.append("A simulation; research only, not for treatment decisions.")
    return "\n\n".join(part for part in parts if part) + "\n"
