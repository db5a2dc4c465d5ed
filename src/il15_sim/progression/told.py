"""Whether predicted shares are those that were published."""

from __future__ import annotations

import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import beta

from il15_sim.progression.trials import Reading

#: A reported median says that half have progressed by its day, give or take this share.
MEDIAN_WITHIN = 0.12


def interval(reading: Reading) -> tuple[float, float]:
    """Where a predicted share may lie: 95 % of Clopper and Pearson, or around the half of a median.

    Examples
    --------
    >>> from il15_sim.files.resources import experiments_dir
    >>> from il15_sim.progression import read_trials
    >>> first = read_trials(experiments_dir() / "data" / "progression").readings[0]
    >>> tuple(round(x, 2) for x in interval(first))
    (0.34, 0.66)
    """
    if reading.reported == "median":
        return 0.5 - MEDIAN_WITHIN, 0.5 + MEDIAN_WITHIN
    k = reading.share * reading.n
    low = float(beta.ppf(0.025, k, reading.n - k + 1)) if k > 0 else 0.0
    high = float(beta.ppf(0.975, k + 1, reading.n - k)) if k < reading.n else 1.0
    return low, high


def judged(readings: tuple[Reading, ...], predicted: ArrayLike) -> pd.DataFrame:
    """One row per reading: what was published, predicted, where it may lie, whether it does."""
    import numpy as np

    rows = []
    for reading, share in zip(readings, np.asarray(predicted, float), strict=True):
        low, high = interval(reading)
        rows.append(
            {
                "reading": reading.id,
                "arm": reading.arm,
                "quantity": reading.quantity,
                "day": reading.day,
                "published": reading.share,
                "n": reading.n,
                "predicted": float(share),
                "lower": low,
                "upper": high,
                "holds": bool(low <= share <= high),
                "used": reading.used,
            }
        )
    return pd.DataFrame(rows)
