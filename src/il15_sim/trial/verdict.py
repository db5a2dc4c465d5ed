"""Whether a rise goes with longer survival in the treated arm, and not in the control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from il15_sim.trial.claim import MEASURES
from il15_sim.trial.design import Trial

#: Share of the treated arm's log hazard ratio that control and cut links may have.
AT_MOST = 1 / 3
#: Log hazard ratio below which a share of it decides nothing.
DECIDABLE = 0.1


@dataclass(frozen=True)
class Verdict:
    """What all patients of a trial say under one hypothesis.

    Attributes
    ----------
    hypothesis : str
    word : str
        `"yes"`: longer in the treated arm, and no other arm of the question has more than a third
        of it; `"not specific"`: longer in the treated arm, and another one has more than a third,
        whatever its sign; `"in the treated arm"`: longer there, and nothing to compare with;
        `"no"`: the interval holds 1 and nothing as far from it as 0.1 in the logarithm, on either
        side; `"not shown"`: it holds 1 and more; `"shorter"`: a rise goes with shorter survival;
        `"undecidable"`: longer, but by a log hazard ratio below 0.1, of which a third is too little
        to be told from others;
        `"no estimate"`.
    treated : float
        Log hazard ratio per SD of the rise in the treated arm; NaN where there is none.
    shares : mapping of arm to float
        Size of each other arm's log hazard ratio over that of the treated arm, both for the same
        rise: per SD of each arm's own, an arm with little spread would seem to have little.
    """

    hypothesis: str
    word: str
    treated: float
    shares: Mapping[str, float]


def asked_arms(trial: Trial) -> list[str]:
    """Arms of the question on the rise: treated, control, and those whose patients are changed.

    A variant or an override makes an arm one in which a link is cut. All arms where the trial
    names no treated one.
    """
    if not trial.treated:
        return [arm.name for arm in trial.arms]
    changed = [arm.name for arm in trial.arms if arm.variants or arm.overrides]
    return list(dict.fromkeys(name for name in (trial.treated, trial.control, *changed) if name))


def claim_row(claim: pd.DataFrame, hypothesis: str, arm: str, adjusted: bool = False) -> pd.Series:
    """The row of a claim table that is judged: death, log-fold as measured.

    Raises
    ------
    KeyError
        Where the arm has none.
    """
    own = (claim["hypothesis"] == hypothesis) & (claim["arm"] == arm)
    own &= (claim["outcome"] == "survival") & (claim["measure"] == MEASURES[0])
    rows = claim[own & (claim["adjusted"] == adjusted)]
    if rows.empty:
        raise KeyError((hypothesis, arm))
    return rows.iloc[0]


def judged(claim: pd.DataFrame, trial: Trial) -> tuple[Verdict, ...]:
    """A verdict for every hypothesis; none where the trial names no treated arm.

    Parameters
    ----------
    claim : DataFrame
        Of `claim_table`.
    trial : Trial
    """
    if not trial.treated:
        return ()
    found = []
    for hypothesis in (h.name for h in trial.hypotheses):
        treated = claim_row(claim, hypothesis, trial.treated)
        slope, shares = float(treated["log_hazard_ratio"]), {}
        for arm in asked_arms(trial)[1:]:
            row = claim_row(claim, hypothesis, arm)
            # Without a spread there is no slope either.
            other = float(row["log_hazard_ratio"] * treated["sd"] / (row["sd"] or np.nan))
            shares[arm] = abs(other / slope) if slope else np.nan
        found.append(Verdict(hypothesis, _word(treated, shares), slope, shares))
    return tuple(found)


def _word(treated: pd.Series, shares: Mapping[str, float]) -> str:
    if not np.isfinite(treated["log_hazard_ratio"]):
        return "no estimate"
    if treated["lower"] > 1:
        return "shorter"
    if treated["upper"] >= 1:
        inside = treated["lower"] > np.exp(-DECIDABLE) and treated["upper"] < np.exp(DECIDABLE)
        return "no" if inside else "not shown"
    if abs(treated["log_hazard_ratio"]) < DECIDABLE:
        return "undecidable"
    known = [share for share in shares.values() if np.isfinite(share)]
    if not known:
        return "in the treated arm"
    return "yes" if max(known) <= AT_MOST else "not specific"
