"""The patient model under sorafenib: the first model of the comparison."""

from __future__ import annotations

import numpy as np
from sbml_facts import at_once
from task import Array, Task

from il15_sim import Model, Regimen
from il15_sim.simulation.dosing import entry_of
from il15_sim.simulation.reference_engine import TYPICAL_SIZE

NAME = "patient"
DAYS = 56
EVERY_H = 12.0
DOSE_MG = 400.0


def regimen(days: float) -> Regimen:
    """Sorafenib 400 mg every 12 h for so many days."""
    return Regimen.oral("sorafenib", dose_mg=DOSE_MG, every_h=EVERY_H, days=days)


def make_task(days: int = DAYS) -> Task:
    """This regimen, all observables once a day."""
    model = Model.load("patient")
    entry = entry_of(model, "sorafenib", "oral", "mg")
    dosed = entry.target
    # A row at the time of a dose means the same before and after it only where this holds.
    if any(dosed in at_once(model.sbml, o) for o in model.observables):
        raise ValueError(f"an observable jumps with {dosed}: say which side of a dose is meant")
    start = np.array([model.initial[s] for s in model.states])
    typical = np.array([TYPICAL_SIZE.get(model.units[s], 1.0) for s in model.states])
    return Task(
        model=NAME,
        sbml=model.sbml,
        parameters=varied(model),
        # Of the agonist, which is not given, there is rounding alone.
        observables=tuple(o for o in model.observables if o != "agonist_pM"),
        states=model.states,
        start=start,
        # `0.1 * rtol * size` is what this package gives to CVODE.
        sizes=np.maximum(np.abs(start), typical),
        common_size=1.0,
        dosed=dosed,
        dose=DOSE_MG * entry.times / entry.over,
        segments=len(regimen(days).doses()),
        times=np.arange(0.0, 24.0 * days + 1.0, 24.0),
    )


def varied(model: Model) -> tuple[str, ...]:
    """Parameters that are drawn: all whose bounds differ, but for the rates of infusions.

    An infusion's rate is an input that a regimen sets, and no property of a patient.
    """
    inputs = {d.target for d in model.drugs}
    rows = {i: model.parameters[row] for i, row in model.rows.items()}
    return tuple(i for i, row in rows.items() if row.lower < row.upper and i not in inputs)


def draw(model: Model, count: int, seed: int = 1) -> Array:
    """Parameter sets (count, P) from the table's bounds; the first is the packaged patient.

    Log-uniform where the lower bound is positive, uniform where it is zero. The first sets are the
    same whatever the count.
    """
    names = varied(model)
    rows = [model.parameters[model.rows[i]] for i in names]
    lower, upper = (np.array([getattr(r, side) for r in rows]) for side in ("lower", "upper"))
    share = np.random.default_rng(seed).random((count, len(rows)))
    positive = lower > 0
    floor = np.where(positive, lower, 1.0)
    values = np.where(positive, floor * (upper / floor) ** share, lower + share * (upper - lower))
    values[:1] = [model.values[i] for i in names]
    return values
