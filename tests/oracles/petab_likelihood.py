"""The likelihood of a PEtab problem of version 2, from its files alone, by libRoadRunner and SciPy.

Only what this package writes is understood: formulas in plain arithmetic, one YAML file beside its
tables.
"""

import math

import pandas as pd
import roadrunner
from scipy import stats

#: Hours after which a model without treatment rests.
LONG_H = 1e5


class Names:
    """Ids of a formula: values of the model, or of the parameter table."""

    def __init__(self, engine, others):
        self.engine, self.others = engine, others

    def __getitem__(self, name):
        return self.others[name] if name in self.others else self.engine[name]


def log_likelihood(folder, point):
    """Natural log of the density of all measurements at a point, given as values by parameter."""
    tables = {
        name: pd.read_csv(folder / f"{name}.tsv", sep="\t", keep_default_na=False)
        for name in ("parameters", "conditions", "experiments", "observables", "measurements")
    }
    values = {
        p.parameterId: float(point.get(p.parameterId, p.nominalValue))
        for p in tables["parameters"].itertuples()
    }
    engine = roadrunner.RoadRunner(str(folder / "model.xml"))
    engine.integrator.relative_tolerance = 1e-10
    engine.integrator.absolute_tolerance = 1e-14
    observables = tables["observables"].set_index("observableId")
    total = 0.0
    for name, rows in tables["measurements"].groupby("experimentId"):
        periods = tables["experiments"][tables["experiments"]["experimentId"] == name]
        total += _of_experiment(engine, values, periods, rows, tables["conditions"], observables)
    return total


def _of_experiment(engine, values, periods, rows, conditions, observables):
    engine.resetAll()
    own = {k: v for k, v in values.items() if k in engine.model.getGlobalParameterIds()}
    for name, value in own.items():
        engine[name] = value
    moments = sorted({*map(float, periods["time"]), *map(float, rows["time"])})
    now, total = 0.0, 0.0
    for moment in moments:
        if math.isinf(moment):
            _apply(engine, values, periods, "-inf", conditions)
            engine.simulate(0, LONG_H, 2)
            continue
        if moment > now:
            engine.simulate(now, moment, 2)
            now = moment
        _apply(engine, values, periods, moment, conditions)
        for row in rows[rows["time"].astype(float) == moment].itertuples():
            total += _density(engine, values, row, observables.loc[row.observableId])
    return total


def _apply(engine, values, periods, moment, conditions):
    """Set what begins at a moment: all formulas are read before the first target is set."""
    begins = periods[periods["time"].astype(float) == float(moment)]
    chosen = conditions[conditions["conditionId"].isin(begins["conditionId"])]
    names = Names(engine, values)
    found = [(c.targetId, eval(str(c.targetValue), {}, names)) for c in chosen.itertuples()]
    for target, value in found:
        engine[target] = value


def _density(engine, values, row, seen):
    given = dict(values)
    for held, told in (
        (seen.observablePlaceholders, row.observableParameters),
        (seen.noisePlaceholders, row.noiseParameters),
    ):
        if held:  # otherwise the formula says all
            given[held] = values[told] if told in values else float(told)
    names = Names(engine, given)
    predicted = eval(seen.observableFormula, {}, names)
    spread = eval(seen.noiseFormula, {}, names)
    if seen.noiseDistribution == "log-normal":
        return stats.lognorm.logpdf(row.measurement, spread, scale=predicted)
    return stats.norm.logpdf(row.measurement, predicted, spread)
