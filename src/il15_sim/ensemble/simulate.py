"""Many simulations of one model at once, as one labelled dataset."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from il15_sim.batch.kernel import Kernel
from il15_sim.dosing import Change
from il15_sim.ensemble.block import to_dataset
from il15_sim.ensemble.engines import EngineName, check_engine, rows_on
from il15_sim.ensemble.execute import ROWS_PER_BLOCK, execute
from il15_sim.ensemble.identity import stored_inputs
from il15_sim.ensemble.request import Request, make_plan
from il15_sim.ensemble.rows import ParameterRows
from il15_sim.ensemble.subject import subject_of
from il15_sim.model import Model
from il15_sim.readouts import Readout
from il15_sim.regimen import Regimen


def simulate_many(
    model: Model | Kernel,
    regimens: Regimen | Iterable[Regimen] | None = None,
    parameters: pd.DataFrame | ParameterRows | None = None,
    *,
    until_days: float | None = None,
    times_h: ArrayLike | None = None,
    sample: Literal["post", "pre"] = "post",
    observables: str | Sequence[str] | None = None,
    readouts: Readout | Sequence[Readout] = (),
    changes: Change | Sequence[Change] = (),
    start: Literal["steady_state", "model"] | ArrayLike = "steady_state",
    start_h: float = 0.0,
    final_state: bool = False,
    engine: EngineName = "auto",
    rtol: float = 1e-4,
    sizes: Mapping[str, float] | None = None,
    max_step_h: float = math.inf,
    max_steps: int = 100_000,
    threads: int | None = None,
    folder: str | Path | None = None,
    rows_per_shard: int = ROWS_PER_BLOCK,
    progress: bool | None = None,
) -> xr.Dataset:
    """Simulate a model for every row of a parameter table.

    Parameters
    ----------
    model : Model or Kernel
        The patient or a module; or any compiled SBML model (then without regimens: give its doses
        as `changes`). Times asked for and told are hours, whatever unit of time the SBML has;
        rates of reactions stay per unit of time of the SBML. A text that says no unit is refused,
        unless its Kernel was given `time_unit`.
    regimens : Regimen or sequence of Regimen, optional
        One for all rows, or one per row. Default: no treatment.
    parameters : DataFrame or ParameterRows, optional
        One row per simulation, columns are parameter ids. Default: the model's own values, one
        simulation per regimen.
    until_days : float, optional
        End of the simulation in days. Default: the end of the longest regimen or the last time.
    times_h : array-like, shape (T,), optional
        Hours to report, increasing. Default: every day, unless readouts are given.
    sample : "post" or "pre"
        Whether a row at the time of a dose is the value after it (as in `simulate`) or before it.
    observables : sequence of str, optional
        Ids reported at `times_h`. Default: all observables of the model.
    readouts : sequence of Readout
        Endpoints to keep, from `il15_sim.readouts`; memory does not grow with the horizon.
    changes : sequence of Change
        Further changes of states or parameters at given times, the same for all rows.
    start : "steady_state", "model" or array, shape (S,) or (N, S)
        Where runs begin: each row's own untreated steady state; the start values of the model; or
        given states, such as the `final_state` of an earlier call.
    start_h : float
        Hour at which the runs begin; doses before it are over, infusions go on.
    final_state : bool
        Report the states at the end, before doses of that moment: a run continues from there.
    engine : "auto", "batch" or "reference"
        "auto" takes the batch engine wherever the model compiles. "reference" is libRoadRunner, one
        row after another: slow, and a second opinion on any model, a Kernel too.
    rtol : float
        Largest error of the results, relative to the largest value of each in its run. What is
        reached lies between 0.03 and 1 times it on the patient model: about 1e-5 by default,
        finer than a plot shows and a fit needs.
    sizes : mapping, optional
        By state, the size below which it counts as nearly empty and its digits do not matter.
        Default: what its unit suggests for the models of this package; for other SBML what the
        run shows, from start values, doses, peaks so far and what flows towards an empty state.
    max_step_h : float
        Longest step. Doses, switches of time, and conditions on states are met without it; it is
        for what happens between two steps unseen, such as a brief pulse of a rate.
    max_steps : int
        Attempts after which a simulation is given up; its status tells so.
    threads : int, optional
        Threads of the batch engine. Default: all cores that this process may use.
    folder : path, optional
        Where results are stored shard by shard; a run that was stopped, by Ctrl-C or SIGTERM or a
        crash, continues from there. The dataset is then read from disk as it is used.
    rows_per_shard : int
        Rows of one stored shard, a multiple of 8.
    progress : bool, optional
        Show compiling, and progress with rate and remaining time. Default: on a terminal.

    Returns
    -------
    Dataset
        Dimension `run`; one variable per observable (run, time_h) and per readout (run), with
        units; `status` (0 is ok; its attributes tell the others), and the steps taken.

    Raises
    ------
    InputError
        For unknown ids, bad times, and tables that do not fit; for SBML without a unit of time; for
        a change of a parameter that an initial assignment reads; for what libRoadRunner cannot
        read or report, on the reference engine.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import Model, Regimen, readouts, simulate_many
    >>> table = pd.DataFrame({"sorafenib_volume": [150.0, 200.0, 250.0]})
    >>> runs = simulate_many(
    ...     Model.load("sorafenib_pk"),
    ...     Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=28),
    ...     table,
    ...     readouts=[readouts.cmax("sorafenib_total_mg_per_L")],
    ... )
    >>> runs["cmax_sorafenib_total_mg_per_L"].dims
    ('run',)
    """
    check_engine(engine, threads)
    asked = Request(
        until_days=until_days,
        times_h=times_h,
        sample=sample,
        observables=observables,
        readouts=readouts,
        changes=changes,
        start=start,
        start_h=start_h,
        final_state=final_state,
        rtol=rtol,
        sizes=sizes,
        max_step_h=max_step_h,
        max_steps=max_steps,
    )
    plan = make_plan(subject_of(model), regimens, parameters, asked)
    rows = rows_on(plan, engine, threads, progress)

    def compute(
        first: int, last: int, on_rows: Callable[[float], object] | None = None
    ) -> xr.Dataset:
        return to_dataset(rows.block(first, last, on_rows), plan, first, rows.name)

    data = execute(
        compute,
        plan.rows.count,
        simulation_bytes=plan.row_bytes,
        row_bytes=plan.row_bytes,
        inputs=lambda: stored_inputs(plan, rows.name),
        folder=folder,
        rows_per_shard=rows_per_shard,
        progress=progress,
    )
    # Not stored: it differs from one call to the next.
    data.attrs["compile_seconds"] = rows.compile_seconds
    return data
