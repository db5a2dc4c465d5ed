"""The one way to simulate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from numpy.typing import ArrayLike

from il15_sim.batch.kernel import Kernel
from il15_sim.model import Model
from il15_sim.results.endpoint import Endpoint
from il15_sim.results.runs import Runs
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.engines import EngineName, check_engine
from il15_sim.simulation.execute import ROWS_PER_BLOCK, carry_out
from il15_sim.simulation.pairing import Parameters, Regimens, paired
from il15_sim.simulation.recipe import PlannedRecipe
from il15_sim.simulation.request import make_plan
from il15_sim.simulation.subject import subject_of

if TYPE_CHECKING:
    from distributed import Client


def simulate(
    model: Model | Kernel,
    regimens: Regimens = None,
    parameters: Parameters = None,
    *,
    cross: bool = False,
    names: Sequence[str] | str | None = None,
    until_days: float | None = None,
    times_h: ArrayLike | None = None,
    sample: Literal["post", "pre", "both"] = "post",
    observables: str | Sequence[str] | None = None,
    endpoints: Endpoint | Sequence[Endpoint] = (),
    changes: Change | Sequence[Change] | Sequence[Sequence[Change]] = (),
    start: Literal["steady_state", "model"] | ArrayLike = "steady_state",
    start_h: float = 0.0,
    final_state: bool = False,
    engine: EngineName = "auto",
    rtol: float = 1e-4,
    sizes: Mapping[str, float] | None = None,
    max_step_h: float = math.inf,
    max_steps: int = 100_000,
    threads: int | None = None,
    scheduler: str | Client | None = None,
    folder: str | Path | None = None,
    rows_per_shard: int = ROWS_PER_BLOCK,
    progress: bool | None = None,
) -> Runs:
    """Simulate patients under regimens: one, or a million.

    Parameters
    ----------
    model : Model or Kernel
        The patient or a module; or any compiled SBML model (then without regimens: give its doses
        as `changes`). Times asked for and told are hours, whatever unit of time the SBML has;
        rates of reactions stay per unit of time of the SBML. A text that says no unit is refused,
        unless its Kernel was given `time_unit`.
    regimens : Regimen, sequence of Regimen, or mapping of name to Regimen, optional
        Default: no treatment.
    parameters : DataFrame, ParameterRows, mapping or sequence of mappings, optional
        Patients: one row each, columns are parameter ids, the index names them; or mappings of id
        to value. Values hold for good: a run starts from the steady state that belongs to them.
        Default: one patient with the model's own values.
    cross : bool
        Every patient under every regimen. One of either always serves all of the other; as many
        of both are paired otherwise.
    names : sequence of str, optional
        What the runs are called, each by a name of its own. Default: by the index of `parameters`,
        or by their regimens, numbered where they are the same.
    until_days : float, optional
        End of the simulation in days. Default: the end of the longest regimen or the last time.
    times_h : array-like, shape (T,), optional
        Hours to report, increasing. Default: every hour, and just before and just after every
        dose of any run; nothing where only endpoints are asked for.
    sample : "post", "pre" or "both"
        Whether one of `times_h` at which a dose is given is reported after it, before it, or twice.
        The default times hold both sides.
    observables : sequence of str, optional
        Ids reported at these times: observables, states or fluxes. Default: all observables of the
        model, or its states where it has none.
    endpoints : sequence of Endpoint
        Numbers to keep of each run, from `il15_sim.endpoints`; memory does not grow with the
        horizon.
    changes : sequence of Change, or one such sequence per run
        Further changes of states or parameters at given times: the same for all runs, or for each
        run its own.
    start : "steady_state", "model" or array, shape (S,) or (N, S)
        Where runs begin: each row's own untreated steady state; the start values of the model; or
        given states, such as the `final_state` of an earlier call; none is below zero.
    start_h : float
        Hour at which the runs begin; doses before it are over, infusions go on.
    final_state : bool
        Report the states at the end, before doses of that moment: a run continues from there.
    engine : "auto", "batch" or "reference"
        "auto" takes the batch engine wherever the model compiles. "reference" is libRoadRunner, one
        row after another: slow, and a second opinion on any model, a Kernel too.
    rtol : float
        Largest error of the results, relative to the largest value of each in its run. What is
        reached lies between 0.01 and 1 times it on the patient model: about 1e-5 by default,
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
        Threads of the batch engine. Default: all cores that this process may use; on a cluster
        one for each piece of work.
    scheduler : str or Client, optional
        Simulate on a Dask cluster, given by the address of its scheduler ("tcp://host:8786") or by
        a `distributed.Client`. A folder is written by this process. Numbers are those of this
        machine, to the bit, where the processors are of one kind. A killed worker costs the pieces
        it had; those of a lost scheduler are handed out again when it is back within a minute.
    folder : path, optional
        Where results are stored shard by shard; a run that was stopped, by Ctrl-C or SIGTERM or a
        crash, continues from there under the same names. The arrays are then read from disk as
        they are used.
    rows_per_shard : int
        Rows of one stored shard, a multiple of 8.
    progress : bool, optional
        Show compiling, and progress with rate and remaining time. Default: on a terminal.

    Returns
    -------
    Runs
        A run that failed keeps its place, with the reason in `status`: NaN from there on.

    Raises
    ------
    InputError
        For unknown ids, bad times, and tables that do not fit; for SBML without a unit of time; for
        a change of a parameter that an initial assignment reads; for what libRoadRunner cannot
        read or report, on the reference engine; for a scheduler that cannot be reached, and for
        workers of another version.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import Model, Regimen, simulate
    >>> from il15_sim.endpoints import cmax
    >>> table = pd.DataFrame({"sorafenib_volume": [150.0, 200.0]}, index=["Ann", "Bob"])
    >>> runs = simulate(
    ...     Model.load("sorafenib_pk"),
    ...     Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=28),
    ...     table,
    ...     endpoints=[cmax("sorafenib_total_mg_per_L")],
    ... )
    >>> runs.names, runs["cmax_sorafenib_total_mg_per_L"].dims
    (('Ann', 'Bob'), ('run',))
    """
    check_engine(engine, threads)
    subject = subject_of(model)
    plan = make_plan(
        subject,
        paired(subject, regimens, parameters, cross=cross, names=names),
        until_days=until_days,
        times_h=times_h,
        sample=sample,
        observables=observables,
        endpoints=endpoints,
        changes=changes,
        start=start,
        start_h=start_h,
        final_state=final_state,
        rtol=rtol,
        sizes=sizes,
        max_step_h=max_step_h,
        max_steps=max_steps,
    )
    data = carry_out(
        plan,
        engine,
        threads,
        scheduler=scheduler,
        folder=folder,
        rows_per_shard=rows_per_shard,
        progress=progress,
    )
    return Runs(data, PlannedRecipe(plan, engine, threads))
