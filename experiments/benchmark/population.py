"""Runs that differ in twenty parameters, of which only endpoints are kept."""

from __future__ import annotations

import numpy as np
from patient_case import varied
from task import Array

from il15_sim import Model, ParameterRows, Regimen
from il15_sim.endpoints import auc, cmax, fold, max_fold, trough
from il15_sim.results.endpoint import Endpoint

DAYS = 28
DAILY_MG = 800.0
VARIED = 20
#: Relative tolerance at which no observable is off by more than about 1e-5 of its maximum.
RTOL = 3e-5
#: Rows that are drawn together, from a seed of their own: the same however the table is cut.
_DRAWN = 4096
_SPREAD = 0.2


def regimen(days: float = DAYS, every_h: float = 12.0) -> Regimen:
    """Sorafenib 800 mg a day for so many days."""
    dose = DAILY_MG * every_h / 24.0
    return Regimen.oral("sorafenib", dose_mg=dose, every_h=every_h, days=days)


def endpoints(days: float = DAYS) -> list[Endpoint]:
    """Exposure, and what follows from it."""
    return [
        cmax("sorafenib_total_mg_per_L"),
        auc("sorafenib_total_mg_per_L"),
        trough("sorafenib_free_nM", day=days),
        max_fold("il15ra_monocyte"),
        fold("cd4_nkg2d_percent", day=days),
    ]


def patients(model: Model, count: int, seed: int = 1) -> ParameterRows:
    """Parameter sets, lognormal around the packaged values and inside the bounds of the table."""
    everything = varied(model)
    places = np.linspace(0, len(everything) - 1, VARIED).round().astype(int)
    names = tuple(everything[k] for k in places)
    rows = [model.parameters[model.rows[n]] for n in names]
    centre = np.array([model.values[n] for n in names])
    lower, upper = (np.array([getattr(r, side) for r in rows]) for side in ("lower", "upper"))

    def drawn(start: int, stop: int) -> Array:
        parts = []
        for block in range(start // _DRAWN, -(-stop // _DRAWN)):
            spread = np.random.default_rng([seed, block]).normal(0.0, _SPREAD, (_DRAWN, VARIED))
            first = block * _DRAWN
            parts.append(spread[max(start - first, 0) : stop - first])
        return np.clip(centre * np.exp(np.concatenate(parts)), lower, upper)

    told = f"lognormal {_SPREAD} around the packaged values, seed {seed}, version 1"
    return ParameterRows(count, names, drawn, told)
