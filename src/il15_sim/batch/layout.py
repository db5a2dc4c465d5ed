"""Records that the driver, written for Numba, shares with the Python around it.

Arrays are told by the address of their data: a record of numbers is one argument, and functions
that take it compile in a fraction of the time that tuples of arrays need.
"""

from __future__ import annotations

import numpy as np

#: Simulations side by side: what one vector register of a wide processor holds.
LANES = 8

#: How a simulation ended; the code is stored with its results.
STATUS = (
    "ok",
    "too many steps",
    "step size too small",
    "not finite at the start",
    "not finite after a dose",
    "no steady state: not at rest when the search ended",
    "no steady state: rests below zero",
)
OK, TOO_MANY_STEPS, STEP_TOO_SMALL, BAD_START, BAD_DOSE, DRIFTING, BELOW_ZERO = range(7)

#: What an event does to its target.
ADD, SET = range(2)

#: What a reducer keeps of an output over its interval.
MAXIMUM, MINIMUM, AREA, FIRST_ABOVE, FIRST_BELOW = range(5)

#: What a lane is doing.
EMPTY, RESTING, RUNNING = range(3)

#: Functions of the compiled model, by address.
FUNCTIONS = ("prepare", "start", "switches", "slope", "factor", "solve", "error", "accept")
REPORTING = ("outputs", "inside", "dense")


def _record(integers: str, floats: str = "") -> np.dtype[np.void]:
    fields = [(name, np.int64) for name in integers.split()]
    return np.dtype(fields + [(name, np.float64) for name in floats.split()], align=True)


#: A set of simulations. Arrays (float64 unless said otherwise) by address:
#: - `stage_code` (stages,) addresses of functions, `rooted` (states,) flags: both int64;
#: - `base` (parameters,), `varied` (varied_count,) int64, `table` (count, varied_count),
#:   `initial` (initial_count, states), `typical` (states,);
#: - `schedule` (schedule_count,) and `offset` int64: schedule r owns events offset[r] ...
#:   offset[r + 1]; `event_time`, `event_amount`, and int64 `event_kind`, `event_target` (states,
#:   then parameters), `event_scale` (a parameter or -1);
#: - `frozen` (frozen_count,) int64 and `frozen_value`: parameters while rest is sought;
#: - `times`, `before` (time_count,), flags int64; `edges` (edge_count,) times at which steps end;
#: - `kind`, `column` (reducer_count,) int64, `begin`, `close`, `level`;
#: - results, a row each: `values` (count, time_count, output_count), `reduced`
#:   (count, reducer_count), `final` (count, states); `status` (count,), `steps` (count, 2): int64.
JOB = _record(
    " ".join((*FUNCTIONS, *REPORTING))
    + " stage_code stages size states parameters prepared factors switch_count rooted"
    " count base varied varied_count table initial initial_count typical shared max_steps"
    " schedule schedule_count offset event_time event_amount event_kind event_target event_scale"
    " rest frozen frozen_count frozen_value"
    " times before time_count output_count needed edges edge_count"
    " kind column begin close level reducer_count"
    " values reduced final status steps",
    "gamma order rtol fixed_step t0 t1 rest_horizon rest_window start_drift end_drift",
)

#: Where one lane stands. `due` is the next row of outputs, `edge` the next edge, `cursor` the next
#: event; `room` and `last_h` are the step factor and the length of the last accepted step, `dose_h`
#: the first step that was right after the last dose. Flags: `after_dose` until a step is accepted,
#: `jumped` where a dose was just given, `begun` where a row was just begun.
LANE = _record(
    "row phase accept begun jumped after_dose cursor edge due accepted rejected",
    "t h used stop end dose_h room last_h norm",
)

#: Scratch arrays of shape (..., LANES) by address.
WORK = _record("y z p q k m d out nodes r g s time peak switch typical squares yes")
