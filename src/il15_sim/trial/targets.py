"""Probability of target attainment: which share of patients a regimen brings to a level.

Read off the true values on a sampling day, without the assay's error, of those who are still
followed on that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from il15_sim.errors import InputError

if TYPE_CHECKING:
    from il15_sim.trial.design import Trial

_COLUMNS = ["hypothesis", "arm", "target", "followed", "reached", "share", "lower", "upper"]


@dataclass(frozen=True)
class Goal:
    """A level, or a fold of baseline, that patients should reach on a day.

    Attributes
    ----------
    name : str
        What a reader sees.
    observable : str
        One that the trial watches.
    day : int
        One of its sampling days.
    above, below : float, optional
        The level. Exactly one of both.
    fold : bool
        Whether the level is one over baseline.

    Raises
    ------
    InputError
        Where neither or both are given.
    """

    name: str
    observable: str
    day: int
    above: float | None = None
    below: float | None = None
    fold: bool = False

    def __post_init__(self) -> None:
        """Check the bounds."""
        if (self.above is None) == (self.below is None):
            why = "a target is reached above or below one level"
            raise InputError(f"target '{self.name}'", why=why, fix="give either above or below")

    def reached(self, table: pd.DataFrame) -> pd.Series:
        """Who has reached it; missing where a patient was no longer followed."""
        value = table[f"{self.observable}_d{self.day}"]
        if self.fold:
            value = value / table[f"{self.observable}_d0"]
        met = value > self.above if self.above is not None else value < self.below
        return met.astype("boolean").mask(value.isna())


def attainment(table: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Share of patients who reach each target, by hypothesis and arm; failed ones are left out.

    Returns
    -------
    DataFrame
        `hypothesis, arm, target, followed` (patients on that day), `reached`, `share` with its
        95 % interval by Wilson, doi:10.1080/01621459.1927.10502953.
    """
    from statsmodels.stats.proportion import proportion_confint

    rows = []
    for (hypothesis, arm), every in table.groupby(["hypothesis", "arm"], sort=False):
        group = every[~every["failed"].astype(bool)]
        for goal in trial.targets:
            met = goal.reached(group).dropna()
            count, reached = len(met), int(met.sum())
            share, low, high = np.nan, np.nan, np.nan
            if count:
                share = reached / count
                low, high = proportion_confint(reached, count, method="wilson")
            name = {"hypothesis": hypothesis, "arm": arm, "target": goal.name}
            rows.append(
                {
                    **name,
                    "followed": count,
                    "reached": reached,
                    "share": share,
                    "lower": low,
                    "upper": high,
                }
            )
    return pd.DataFrame(rows, columns=_COLUMNS)
