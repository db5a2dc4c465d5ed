"""The tables of a virtual trial: curves of Kaplan and Meier step by step, and all of it as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from il15_sim.survival import kaplan_meier, landmark
from il15_sim.trial import Trial
from il15_sim.trial.claim import OUTCOMES, by_rise


def survival_table(table: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Every step of the curves of Kaplan and Meier.

    Returns
    -------
    DataFrame
        Columns hypothesis, arm, outcome, group ("all" from the start; "risers" and "non-risers"
        from the landmark on), day (from the start), share without the event with its 95 %
        interval `lower` to `upper`, and patients `at_risk`.
    """
    parts = []
    for (hypothesis, arm), group in table.groupby(["hypothesis", "arm"], sort=False):
        good = group[~group["failed"].astype(bool)]
        for outcome, (time, event) in OUTCOMES.items():
            for name, times, events, start in _groups(good, trial, time, event):
                curve = kaplan_meier(times, events)
                steps: dict[str, Any] = {"hypothesis": hypothesis, "arm": arm, "outcome": outcome}
                steps |= {"group": name, "day": start + curve.time, "share": curve.share}
                steps |= {"lower": curve.lower, "upper": curve.upper}
                parts.append(pd.DataFrame({**steps, "at_risk": curve.at_risk(curve.time)}))
    columns = ["hypothesis", "arm", "outcome", "group", "day", "share", "lower", "upper", "at_risk"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _groups(
    good: pd.DataFrame, trial: Trial, time: str, event: str
) -> Iterator[tuple[str, Any, Any, int]]:
    if len(good):
        yield "all", good[time], good[event], 0
    for name, own in by_rise(good, trial).items():
        if (own[time] > trial.landmark_day).any():
            later = landmark(own[time], own[event], trial.landmark_day)
            yield name, later.time, later.event, trial.landmark_day


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON takes them: what is no finite number is null.

    >>> records(pd.DataFrame({"a": [1.5, float("inf")], "b": [1, 2], "c": ["x", ""]}))
    [{'a': 1.5, 'b': 1, 'c': 'x'}, {'a': None, 'b': 2, 'c': ''}]
    """
    return [plain(row) for row in frame.to_dict("records")]


def plain(value: Any) -> Any:
    """A value, or those of a mapping, as JSON takes them."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
