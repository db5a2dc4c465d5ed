"""Both engines on the same patients: drawn from the parameter table's bounds, each from a seed.

A patient is repeated from its kind and seed alone, whatever else was run:

    values = patient_values(model, "random", 17)    # inside the bounds
    values = patient_values(model, "corner", 17)    # every parameter at one of its bounds
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.batch.drive.layout import OK, STATUS
from il15_sim.simulation.reference_engine import TYPICAL_SIZE, engine_for
from il15_sim.simulation.steady_state import steady_state
from tests.oracles.sbml_rhs import integrate, read_system
from tests.oracles.single_doses import dose_changes

#: libRoadRunner integrates at a tenth of it.
REFERENCE_RTOL = 1e-9
DAYS = 10
#: At doses (0 and 12 h), soon after them, and in between.
TIMES_H = np.unique(np.add.outer(np.arange(0.0, 24.0 * DAYS, 24.0), [0, 1, 3, 6, 12, 13, 18, 24]))
REGIMEN = f"sorafenib 400 mg q12h x {DAYS} d + temozolomide 150 mg/m2 d1-5/28 x {DAYS} d"
TUMOUR = "tumour_relative"
KINDS = {"random": 1, "corner": 2}


@functools.cache
def the_patient():
    """The packaged patient."""
    return Model.load("patient")


def varied(model):
    """Parameters whose bounds differ; the rate of an infusion is set by regimens, not drawn."""
    inputs = {d.target for d in model.drugs}
    rows = {i: model.parameters[row] for i, row in model.rows.items()}
    return {i: r for i, r in rows.items() if r.lower < r.upper and i not in inputs}


def patient_values(model, kind, seed):
    """Values by id: log-uniform where the lower bound is positive, or one bound of each."""
    random = np.random.default_rng([KINDS[kind], seed])
    values = {}
    for name, row in varied(model).items():
        share = random.random()
        if kind == "corner":
            values[name] = row.lower if share < 0.5 else row.upper
        elif row.lower > 0:
            values[name] = row.lower * (row.upper / row.lower) ** share
        else:
            values[name] = row.lower + share * (row.upper - row.lower)
    return values


def patients(kind, seeds):
    """A parameter table, one row per seed."""
    model = the_patient()
    return pd.DataFrame([patient_values(model, kind, seed) for seed in seeds])


def run(kind, seeds, engine, rtol):
    """All observables of the patients, and how their runs ended."""
    return simulate(
        the_patient(), Regimen.parse(REGIMEN), patients(kind, seeds), times_h=TIMES_H,
        until_days=DAYS, engine=engine, rtol=rtol, threads=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """How one patient fared on both engines, by codes of `layout.STATUS`.

    `error` is the largest of all observables, NaN where there is none to be had. It is against
    the arbiter where the reference gave up alone, or is far from the batch engine.
    """

    kind: str
    seed: int
    batch: int
    reference: int
    error: float
    observable: str
    arbiter: bool

    @property
    def compared(self):
        """Whether there are two courses."""
        return bool(np.isfinite(self.error))

    @property
    def both_fail(self):
        return self.batch != OK and self.reference != OK

    def __str__(self):
        told = f"{self.kind} seed {self.seed}: batch '{STATUS[self.batch]}'"
        told += f", reference '{STATUS[self.reference]}'" + ", arbiter" * self.arbiter
        return f"{told}, {self.observable} {self.error:.2g}" if self.compared else told


def _courses(data, model):
    return np.stack([_comparable(o, data[o].values) for o in model.observables], -1)


def _comparable(name, values):
    """Lengths as volumes: where a tumour vanishes, the slope of the cube root is infinite."""
    return values**3 if name == "tumour_burden_mm" else values


def errors(found, right, model):
    """Largest error of every observable, shape (N, O), from courses (N, T, O).

    Relative to the largest value of the observable in that run. Where that lies below what counts
    as empty for its unit, of which states are kept to an absolute tolerance only, to that size.
    """
    units = [model.units[o] for o in model.observables]
    empty = np.array([0.1 * TYPICAL_SIZE.get(unit, 0.0) for unit in units])
    size = np.maximum(np.abs(right).max(axis=1), empty)
    return np.abs(found - right).max(axis=1) / np.where(size > 0, size, 1.0)


def arbiter(kind, seed):
    """A course (T, O) by scipy, from the second reading of the SBML; NaN without a start.

    For tumours that vanish: a share of patients have rates of killing at which nothing is left of
    one within a day, and its fractional power still counts (1e-60 ^ 0.02 is 0.06). An integrator
    that keeps it to an absolute tolerance steps below zero, where the power is no number, and gives
    up: libRoadRunner does. Here the state is its logarithm, which is never empty; the others are no
    less than zero in the rates.
    """
    model = the_patient()
    patient = model.with_values(patient_values(model, kind, seed))
    try:
        start = steady_state(patient, engine_for(patient))
    except InputError:
        return np.full((len(TIMES_H), len(model.observables)), np.nan)
    system = read_system(patient.sbml)
    tumour = system.states.index(TUMOUR)

    def plain(y):
        states = [max(x, 0.0) for x in y]
        states[tumour] = math.exp(max(y[tumour], -690.0))
        return states

    def bind(constants):
        rates, observe = system.bind(constants)

        def slopes(t, y):
            states = plain(y)
            made = rates(t, states)
            made[tumour] /= states[tumour]
            return made

        return slopes, lambda y: observe(plain(y))

    doses = dose_changes(patient, Regimen.parse(REGIMEN))
    changes = [(c.time_h, c.target, c.amount) for c in doses]
    rows = integrate(
        system._replace(bind=bind), changes, TIMES_H, ["post"] * len(TIMES_H),
        start={**start, TUMOUR: math.log(start[TUMOUR])}, rtol=1e-9, atol=1e-11,
    )  # fmt: skip
    names = [*system.states, *system.assigned]
    return np.stack([_comparable(o, rows[:, names.index(o)]) for o in model.observables], -1)


def compare(kind, seeds, limits):
    """What becomes of the patients on both engines, one `Compared` each, by tolerance.

    `limits` are the errors that are granted, by tolerance: the arbiter is asked beyond them too.
    """
    model = the_patient()
    reference = run(kind, seeds, "reference", REFERENCE_RTOL)
    right, told = _courses(reference, model), reference["status"].values
    right[told != OK] = np.nan  # what a run that failed did before
    asked = np.zeros(len(seeds), bool)
    made = {}
    for rtol, limit in limits.items():
        data = run(kind, seeds, "batch", rtol)
        found, status = _courses(data, model), data["status"].values
        fine = (errors(found, right, model) < limit).all(axis=1)
        for i in np.flatnonzero((status == OK) & ~fine & ~asked):
            right[i], asked[i] = arbiter(kind, seeds[i]), True
        worst = errors(found, right, model)
        place = np.argmax(np.where(np.isnan(worst), -1.0, worst), axis=1)
        made[rtol] = [
            Compared(
                kind, seed, int(status[i]), int(told[i]), float(worst[i, place[i]]),
                model.observables[place[i]], bool(asked[i]),
            )
            for i, seed in enumerate(seeds)
        ]  # fmt: skip
    return made
