"""Readings of two groups of arms, y = size * more * exp(-rate * time).

`rate` is a group's own, `size` is shared, and `more` is the dose, so that each has several arms.
"""

import numpy as np
import pandas as pd

from il15_sim.fit import Estimate, fit_table
from il15_sim.fit.tables.entrance import table_problem
from tests.made.own_tables import decay, table

TIMES, DOSES = np.array([0.5, 1.0, 2.0, 4.0]), np.array([1.0, 3.0])
RATES, SIZE, ERROR = {"fast": 0.9, "slow": 0.3}, 2.0, 0.05
BOUNDS = {"rate_fast": (0.01, 10.0), "rate_slow": (0.01, 10.0), "size": (0.1, 20.0)}
OWN = [Estimate(f"rate_{group}", "rate", (group,)) for group in RATES]


def readings(rates=RATES, size=SIZE):
    rng = np.random.default_rng(8)
    parts = []
    for group, rate in rates.items():
        dose, time = (a.ravel() for a in np.meshgrid(DOSES, TIMES))
        value = size * dose * np.exp(-rate * time) * np.exp(ERROR * rng.normal(size=time.size))
        parts.append(table(time, value, group=group, dose=dose))
    return pd.concat(parts, ignore_index=True).assign(error=lambda t: ERROR * t["value"])


def asked(told=None, estimate=(*OWN, "size"), **options):
    names = [e if isinstance(e, str) else e.id for e in estimate]
    bounds = {name: BOUNDS.get(name, (0.01, 10.0)) for name in names}
    how = {"dose_of": "more", "bounds": bounds, "starts": 2, **options}
    return decay(), readings() if told is None else told, list(estimate), how


def problem_of(*args, **options):
    model, told, estimate, how = asked(*args, **options)
    return table_problem(model, told, estimate, **how)


def fitted(*args, **options):
    model, told, estimate, how = asked(*args, **options)
    return fit_table(model, told, estimate, **how)


def shape(problem):
    """Time, dose and group of every row."""
    rows = problem.rows.rows
    doses = np.array([float(r.arm.removeprefix(f"{r.group}, ")) for r in rows])
    return np.array([r.time_h for r in rows]), doses, np.array([r.group for r in rows])
