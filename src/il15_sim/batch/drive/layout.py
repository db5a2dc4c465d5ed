"""Records that the driver shares with the Python around it, and the codes that both know."""

from __future__ import annotations

from il15_sim.batch.native.typed import Code, Int, Ints, Lanes, Real, Reals, Record

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
    "a condition switches on and off without end",
)
OK, TOO_MANY_STEPS, STEP_TOO_SMALL, BAD_START, BAD_DOSE, DRIFTING, BELOW_ZERO, CHATTERING = range(8)

#: What an event does to its target.
ADD, SET = range(2)

#: What a reducer keeps of an output over its interval.
MAXIMUM, MINIMUM, AREA, FIRST_ABOVE, FIRST_BELOW = range(5)
TIME_ABOVE, TIME_BELOW, LAST_ABOVE, LAST_BELOW = range(5, 9)

#: Points of a step at which outputs are kept: five of the step, five of a piece of it, one more.
NODES = 11

#: What a lane is doing; numbers that vectors can hold.
EMPTY, RESTING, RUNNING = 0.0, 1.0, 2.0

#: Functions of the compiled model, by name.
FUNCTIONS = (
    *("prepare", "start", "switches", "slope", "factor", "solve", "error", "accept"),
    *("compare", "roots", "interior"),
)
REPORTING = ("outputs", "inside", "dense")


class Job(Record):
    """A set of simulations, the same for all threads."""

    # Functions of the model, and of the chosen outputs.
    prepare: Code
    start: Code
    switches: Code
    slope: Code
    factor: Code
    solve: Code
    error: Code
    accept: Code
    compare: Code
    roots: Code
    interior: Code
    outputs: Code
    inside: Code
    dense: Code
    stage_code: Ints  # addresses of the functions of the stages
    stages: Int
    # The model. `size` counts time as a state where rates depend on it.
    size: Int
    states: Int
    parameters: Int
    switch_count: Int
    condition_count: Int  # conditions on states
    prepared: Int
    rooted: Ints  # per state: whether its root or a fractional power of it is taken
    rooted_count: Int  # how many are
    # Rows. Threads take them from `following`; `done` are finished.
    rows: Int
    following: Ints
    done: Ints
    base: Reals  # (parameters,)
    varied: Ints  # (varied_count,) which parameters the table holds
    varied_count: Int
    table: Reals  # (rows, varied_count)
    initial: Reals  # (initial_count, states)
    initial_count: Int
    typical: Reals  # (states,) size below which a state counts as nearly empty, 0 where unknown
    # Events: schedule r owns offset[r] ... offset[r + 1].
    schedule: Ints  # (schedule_count,)
    schedule_count: Int
    offset: Ints
    event_time: Reals
    event_amount: Reals
    event_kind: Ints
    event_target: Ints  # states, then parameters
    event_scale: Ints  # a parameter, or -1
    # The search for rest: parameters that are set meanwhile.
    rest: Int
    frozen: Ints
    frozen_value: Reals
    frozen_count: Int
    rest_horizon: Real
    rest_window: Real
    start_drift: Real
    end_drift: Real
    # What is reported: rows of outputs, times at which steps end, and reducers.
    times: Reals
    before: Ints
    time_count: Int
    output_count: Int
    edges: Reals
    edge_count: Int
    kind: Ints
    column: Ints
    begin: Reals
    close: Reals
    level: Reals
    relative: Ints  # not 0: the level is told from the value at the start
    reducer_count: Int
    # Integration: error control, and the span.
    shared: Int
    max_steps: Int
    inverse_gamma: Real
    exponent: Real  # -1 / order
    rtol: Real
    weight: Real  # of the sum of squared relative errors: 1 where they just meet the tolerance
    fixed_step: Real
    max_step: Real
    t0: Real
    t1: Real
    halt: Ints  # not 0: give up what is not finished
    # Results, a row each.
    values: Reals  # (rows, time_count, output_count)
    reduced: Reals  # (rows, reducer_count)
    final: Reals  # (rows, states)
    status: Ints  # (rows,)
    steps: Ints  # (rows, 2)


class Work(Record):
    """Scratch memory of one thread."""

    # Arrays of the model's functions, (..., LANES).
    y: Lanes
    z: Lanes
    k: Lanes  # (stages * size,)
    m: Lanes  # factors of the matrix
    q: Lanes  # what is prepared from the parameters, then the modes of conditions: 1 holds, 0 not
    p: Lanes
    peak: Lanes
    typical: Lanes
    hair: Lanes  # how far below zero a state under a root still is zero
    d: Lanes  # dense output
    out: Lanes
    nodes: Lanes  # outputs at NODES points of a step
    best: Lanes  # reducers
    seen: Lanes  # how large their outputs have been
    level: Lanes  # their levels
    switch: Lanes
    w: Lanes  # states inside a step
    roots: Lanes  # root function of every condition
    modes: Lanes  # modes that are kept meanwhile
    # One number for every lane.
    r: Reals  # 1 / step
    g: Reals  # 1 / (gamma step)
    s: Reals  # share of a step
    time: Reals
    squares: Reals
    phase: Reals
    accept: Reals  # 1 where the attempt was accepted
    begun: Reals  # 1 where a row was just begun
    jumped: Reals  # 1 where a dose was just given
    after_dose: Reals  # 1 until a step is accepted
    t: Reals
    h: Reals
    used: Reals
    stop: Reals
    end: Reals
    dose_h: Reals  # the first step that was right after the last dose
    room: Reals  # factor of the last accepted step
    last_h: Reals
    accepted: Reals
    rejected: Reals
    cut: Reals  # share of the attempted step that is taken: up to a condition that switches
    flips: Reals  # 1 where a condition switches at the end of the step
    stalls: Reals  # conditions that have switched one after the other without any time between
    due_time: Reals  # when the next row of outputs is due
    low: Reals  # a crossing lies between `low` and `high`; how far beyond the level they are
    high: Reals
    below: Reals
    above: Reals
    row: Ints
    cursor: Ints  # next event
    edge: Ints  # next edge
    due: Ints  # next row of outputs


JOB, WORK = Job.dtype(), Work.dtype()
