"""Whether a rise goes with longer survival in the treated arm, and not in the control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from il15_sim.trial.claim import MEASURES
from il15_sim.trial.design import Trial

#: Share of the treated arm's log hazard ratio that the control may have.
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
        `"yes"`: longer in the treated arm, and the control has at most a third of it;
        `"not specific"`: longer in the treated arm, and the control has more than a third;
        `"in the treated arm"`: longer there, and no control to compare with;
        `"no"`: the interval holds 1; `"shorter"`: a rise goes with shorter survival;
        `"undecidable"`: the log hazard ratio is below 0.1, too small to be told from its control;
        `"no estimate"`.
    treated, control : float
        Log hazard ratios per SD of the rise; NaN where there is none.
    share : float
        Size of the control's over that of the treated arm.
    of_first : float
        Size of the treated arm's over that under the first hypothesis: what a cut link leaves.
    """

    hypothesis: str
    word: str
    treated: float
    control: float
    share: float
    of_first: float


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
    first = np.nan
    found: list[Verdict] = []
    for hypothesis in (h.name for h in trial.hypotheses):
        treated = claim_row(claim, hypothesis, trial.treated)
        slope, control = float(treated["log_hazard_ratio"]), np.nan
        if trial.control:
            row = claim_row(claim, hypothesis, trial.control)
            control = float(row["log_hazard_ratio"])
        if not found:
            first = slope
        with np.errstate(divide="ignore", invalid="ignore"):
            share, of_first = abs(np.divide(control, slope)), abs(np.divide(slope, first))
        word = _word(treated, bool(trial.control), share)
        found.append(Verdict(hypothesis, word, slope, control, float(share), float(of_first)))
    return tuple(found)


def _word(treated: pd.Series, has_control: bool, share: float) -> str:
    if not np.isfinite(treated["log_hazard_ratio"]):
        return "no estimate"
    if abs(treated["log_hazard_ratio"]) < DECIDABLE:
        return "undecidable"
    if treated["lower"] > 1:
        return "shorter"
    if treated["upper"] >= 1:
        return "no"
    if not has_control or not np.isfinite(share):
        return "in the treated arm"
    return "yes" if share <= AT_MOST else "not specific"
