"""A run from change to change on a started reference engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import BAD_DOSE, BAD_START
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.reference_engine import IntegrationFailed, ReferenceEngine

Array = NDArray[np.float64]


def run_segments(
    engine: ReferenceEngine,
    values: Mapping[str, float],
    changes: Sequence[Change],
    times: Array,
    sample: NDArray[np.str_],
    out: Array,
    *,
    begin: float = 0.0,
) -> None:
    """Run a started engine from `begin` through changes; fills `out` (T, O) as far as it goes.

    All times are as the engine counts them. `values` are those of the parameters before the
    changes; `sample` is "pre" where a time is read before the changes of that time.

    Raises
    ------
    IntegrationFailed
        When it cannot go on; its `code` tells what became of the run.
    """
    changes = [c for c in changes if c.time_h <= times[-1]]
    breaks = sorted({begin, *(c.time_h for c in changes)})
    infusions = {c.target: values[c.target] for c in changes if c.target in values}
    first = 0
    for k, now in enumerate(breaks):
        end = breaks[k + 1] if k + 1 < len(breaks) else np.inf
        # Rows before the doses of this moment: at the begin they are the untreated state.
        while first < len(times) and times[first] == now and sample[first] == "pre":
            out[first] = engine.now()
            first += 1
        for change in changes:
            if change.time_h == now:
                _apply(engine, change, infusions)
        if not engine.is_finite(rates=k == 0):
            where = "at the start" if k == 0 else f"after the dose at {now:g} h"
            raise IntegrationFailed(f"values are not finite {where}", BAD_DOSE if k else BAD_START)
        last = first
        while last < len(times) and (
            times[last] < end or (times[last] == end and sample[last] == "pre")
        ):
            last += 1
        stops = times[first:last]
        grid = np.unique(np.concatenate([[now], stops, [end] if np.isfinite(end) else []]))
        if len(grid) > 1:
            try:
                rows = engine.advance(grid)
            except IntegrationFailed as error:
                message = f"integration failed after {now:g} h: {error}"
                raise IntegrationFailed(message, error.code) from None
            out[first:last] = rows[np.searchsorted(grid, stops)]
        elif last > first:
            out[first:last] = engine.now()
        first = last


def _apply(engine: ReferenceEngine, change: Change, infusions: dict[str, float]) -> None:
    if change.sets:
        infusions[change.target] = change.amount
        engine.set(change.target, change.amount)
    elif change.target in infusions:
        rate = infusions[change.target] + change.amount
        # Rates are taken away again at the end of an infusion: no rounding may stay behind.
        infusions[change.target] = 0.0 if abs(rate) < 1e-9 * abs(change.amount) else rate
        engine.set(change.target, infusions[change.target])
    else:
        engine.set(change.target, engine.get(change.target) + change.amount)
