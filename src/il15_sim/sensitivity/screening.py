"""Screening: the few factors that are worth a closer look."""

from __future__ import annotations

import pandas as pd

from il15_sim.sensitivity.result import Indices


def relative_effects(screen: Indices) -> pd.Series:
    """Each factor's largest mean effect on any output, the strongest factor first.

    Effects (`mu_star`) are told as shares of the largest one on the same output, so that outputs
    of any unit count alike: the first factor of every output has 1.

    Parameters
    ----------
    screen : Indices
        From the method of Morris.
    """
    rows = screen.frame[screen.frame["index"] == "mu_star"]
    largest = rows.groupby(["output", "time_h"], dropna=False)["value"].transform("max")
    shares = (rows["value"] / largest.where(largest > 0)).fillna(0.0)
    found = shares.groupby(rows["factor"], sort=False).max()
    return found.sort_values(ascending=False, kind="stable")


def survivors(screen: Indices, keep: float) -> tuple[str, ...]:
    """The factors, or groups, that a screen leaves, the strongest first.

    Parameters
    ----------
    screen : Indices
        From the method of Morris.
    keep : int or float
        How many; below 1, all whose effect on some output is at least this share of the largest.

    Examples
    --------
    >>> from il15_sim.sensitivity import Factor, analyse, design
    >>> made = design([Factor(name, 0, 1) for name in "abc"], "morris", 8)
    >>> screen = analyse(made, lambda table: 5 * table["a"] + table["b"] + 3 * table["c"])
    >>> survivors(screen, 2), survivors(screen, 0.1)
    (('a', 'c'), ('a', 'c', 'b'))
    """
    effects = relative_effects(screen)
    kept = effects[effects >= keep] if keep < 1 else effects.head(int(keep))
    return tuple(str(name) for name in kept.index)
