"""The untreated steady state: found by integration, verified by its residual, reused."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np

from il15_sim.batch.drive.layout import BAD_START, BELOW_ZERO, DRIFTING
from il15_sim.errors import InputError
from il15_sim.model import Model
from il15_sim.simulation.reference_engine import IntegrationFailed, ReferenceEngine

#: Growth is switched off while the steady state is sought: a growing tumour has none.
FROZEN = {"tumour_growth_switch": 0.0}

#: Largest relative drift over 90 days that still counts as steady.
MAX_DRIFT_90_DAYS = 1e-4
#: Drift at which start values are taken as they are: the packaged ones were found by this search.
STEADY_START = 1e-6
#: Window of both: 90 days.
WINDOW_H = 2160.0
#: Some hundred lifetimes of the slowest cells: memory T cells live for months.
HORIZON_H = 2.0e6
#: Steps from one time of the search to the next: a search takes some hundred in all.
_MOST_STEPS = 20_000
#: Relative tolerances at which it is sought, until one is met.
_TOLERANCES = (1e-10, 1e-8, 1e-6)

_cache: OrderedDict[tuple[str, str], dict[str, float]] = OrderedDict()


class NoSteadyState(InputError):
    """The untreated patient does not come to rest for these parameter values."""

    #: Status of a run that cannot begin for it.
    code = DRIFTING


class BelowZero(NoSteadyState):
    """The untreated patient comes to rest at a negative state."""

    code = BELOW_ZERO


class NotFinite(NoSteadyState):
    """The untreated patient has no finite rates to begin with."""

    code = BAD_START


def frozen_values(model: Model) -> dict[str, float]:
    """The model's values with tumour growth switched off."""
    return {**model.values, **{k: v for k, v in FROZEN.items() if k in model.values}}


def drift(engine: ReferenceEngine, states: Mapping[str, float]) -> tuple[float, str]:
    """Largest change over 90 days relative to the state's size, and the state it belongs to."""
    rates = engine.rates()
    sizes = engine.tolerances(10.0, states)  # ten times a tenth: the size itself
    worst = max(rates, key=lambda s: abs(rates[s]) / sizes[s] if np.isfinite(rates[s]) else np.inf)
    return abs(rates[worst]) * WINDOW_H / sizes[worst], worst


def steady_state(model: Model, engine: ReferenceEngine) -> dict[str, float]:
    """Start value of every state for the untreated patient.

    The model's own start values are used where they are steady already; otherwise the model is
    integrated without drugs and without tumour growth until it rests.

    Raises
    ------
    NoSteadyState
        When it does not rest, or rests at a negative state.
    """
    key = (model.structure_hash, model.hash)
    if key in _cache:
        _cache.move_to_end(key)
        return dict(_cache[key])
    states = dict(model.initial)
    engine.start(frozen_values(model), states, _TOLERANCES[0], model.states)
    if not engine.is_finite(rates=True):
        raise NotFinite(
            f"no untreated steady state of model '{model.name}'",
            why="its rates are not finite at the start",
        )
    change, worst = drift(engine, states)
    if not change < STEADY_START:
        states = _rested(model, engine)
        change, worst = drift(engine, states)
    if not change < MAX_DRIFT_90_DAYS:
        raise NoSteadyState(
            f"no untreated steady state of model '{model.name}'",
            why=f"'{worst}' still drifts by {100 * change:.3g} % in 90 days",
        )
    lowest = min(states, key=lambda s: states[s])
    if states[lowest] < -1e-6:
        raise BelowZero(
            f"no untreated steady state of model '{model.name}'",
            why=f"'{lowest}' comes to rest at {states[lowest]:.3g}, below zero",
        )
    _cache[key] = dict(states)
    while len(_cache) > 256:
        _cache.popitem(last=False)
    return dict(states)


def _rested(model: Model, engine: ReferenceEngine) -> dict[str, float]:
    """The states at the end of the search; the engine is left there.

    Far from the usual values CVODE may drown in rounding at the tightest tolerance. A looser one
    does where it can: whether the end is steady is judged apart from it.
    """
    for rtol in _TOLERANCES:
        start = frozen_values(model), model.initial, rtol, model.states
        engine.start(*start, most_steps=_MOST_STEPS)
        try:
            rows = engine.advance(np.array([0.0, 1.0e4, 1.0e5, HORIZON_H]))
        except IntegrationFailed as error:
            told = str(error)
        else:
            return dict(zip(model.states, (float(x) for x in rows[-1]), strict=True))
    raise NoSteadyState(f"no untreated steady state of model '{model.name}'", why=told)
