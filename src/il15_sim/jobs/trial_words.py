"""Numbers of a trial in the words of its answer."""

from __future__ import annotations

import math

import pandas as pd

from il15_sim.plots.trial_curves import MONTH_D


def ratio_in_words(row: pd.Series) -> str:
    """A hazard ratio with its interval."""
    if not math.isfinite(row["hazard_ratio"]):
        return "none"
    return f"{row['hazard_ratio']:.2f} (95 % {row['lower']:.2f} to {row['upper']:.2f})"


def size_in_words(share: float) -> str:
    """A share of a whole, which may be many times it.

    >>> size_in_words(0.2)
    '20 %'
    """
    return f"{100 * share:.0f} %" if share < 10 else f"{share:.0f} times"


def signed(number: float) -> str:
    """A number with its sign, as it is printed.

    >>> signed(-0.25)
    '−0.250'
    """
    return f"{number:+.3f}".replace("-", "−")


def percent(share: float) -> str:
    """A share in percent.

    >>> percent(0.5)
    '50 %'
    """
    return f"{100 * share:.3g} %"


def counted(number: float, what: str) -> str:
    """How many of what.

    >>> counted(1200, "patient")
    '1,200 patients'
    """
    return f"{number:,.0f} {what}{'' if number == 1 else 's'}"


def months(days: float) -> str:
    """Days as months.

    >>> months(365.25)
    '12.0 months'
    """
    return f"{days / MONTH_D:.1f} months" if math.isfinite(days) else "not reached"


def sentence(text: str) -> str:
    """A text with a capital.

    >>> sentence("on both")
    'On both'
    """
    return text[:1].upper() + text[1:]
