"""A compiled model: SBML text in, ensembles of simulations out, on plain arrays."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.compiling import CompileNote
from il15_sim.batch.crew import run_crew
from il15_sim.batch.events import Event, EventTable
from il15_sim.batch.layout import FUNCTIONS, JOB, LANES, REPORTING, STATUS
from il15_sim.batch.machine_code import MachineCode, build, key_of
from il15_sim.batch.methods import METHODS, Rosenbrock
from il15_sim.batch.program import build_program
from il15_sim.batch.reporting import outputs_program, states_in
from il15_sim.batch.runner import driver_code, run_thread
from il15_sim.batch.system import System, read_system
from il15_sim.batch.time_unit import TimeUnit, chosen_unit
from il15_sim.errors import unknown
from il15_sim.interrupts import interrupts_kept

__all__ = ["Event", "EventTable", "Kernel", "Outcome", "Reduction", "Task"]

Array = NDArray[np.float64]

#: Squared errors of all states are averaged; of so few states they are summed, so that no state
#: alone is much less exact than was asked for.
_SHARED_BY = 2.0


@dataclass(frozen=True)
class Reduction:
    """What is kept of an output over the interval [begin, end] of a run.

    `kind` is one of the codes MAXIMUM, MINIMUM, AREA, FIRST_ABOVE, FIRST_BELOW of `layout`.
    """

    kind: int
    output: str
    begin: float
    end: float
    level: float = 0.0


@dataclass(frozen=True)
class Task:
    """All that a set of simulations shares; times are in the unit of the model.

    Attributes
    ----------
    schedules : sequence of sequences of Event
        Each sorted by time; every simulation follows one of them. Many of them are better given
        as an `EventTable`.
    outputs : sequence of str
        Ids that `times` and `reductions` report.
    times, before : arrays, shape (T,)
        When outputs are read, and whether before an event of that time.
    frozen : mapping
        Parameter values while the untreated steady state is sought; None: no search.
    typical : array, shape (S,), optional
        Size below which a state counts as nearly empty.
    rtol : float
        Largest error of a step relative to the size of a state.
    max_steps : int
        Attempts after which a simulation is given up.
    shared_steps : bool
        All simulations of a lock-step group take the same steps: for differences between them.
    fixed_step : float
        Length of all steps, without control of the error; 0: steps follow the tolerance.
    max_step : float
        Largest length of a step.
    rest_horizon, rest_window, start_drift, end_drift : float
        The untreated state is sought for so long; it is steady where no state drifts by more than
        `end_drift` of its size in the window. One that drifts by less than `start_drift` to begin
        with is taken as it is.
    """

    begin: float
    end: float
    schedules: Sequence[Sequence[Event]] = ((),)
    outputs: Sequence[str] = ()
    times: Array = field(default_factory=lambda: np.zeros(0))
    before: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    reductions: Sequence[Reduction] = ()
    frozen: Mapping[str, float] | None = None
    typical: Array | None = None
    rtol: float = 1e-6
    max_steps: int = 100_000
    shared_steps: bool = False
    fixed_step: float = 0.0
    max_step: float = math.inf
    rest_horizon: float = 2.0e6
    rest_window: float = 2160.0
    start_drift: float = 1e-6
    end_drift: float = 1e-4


@dataclass(frozen=True)
class Outcome:
    """Results of N simulations; what was not asked for has no columns.

    Attributes
    ----------
    values : array, shape (N, T, O)
    reduced : array, shape (N, E)
    final : array, shape (N, S)
        States at the end, before the events of that time.
    status : array of int8, shape (N,)
        Codes of `layout.STATUS`.
    steps : array of int32, shape (N, 2)
        Accepted and rejected steps.
    """

    values: Array
    reduced: Array
    final: Array
    status: NDArray[np.int8]
    steps: NDArray[np.int32]


class Kernel:
    """One model, compiled for this processor.

    Parameters
    ----------
    sbml : str
        Text of SBML Level 2 or 3.
    method : str
        Name of the method of integration.
    name : str
        What the model is called in results and messages.
    time_unit : str, optional
        The unit in which the model counts time, for a text that says none: `"s"`, `"min"`, `"h"`,
        `"d"` or `"wk"`. Times of `run` are in the unit of the model, those of `simulate_many` in
        hours.
    progress : bool, optional
        Tell on standard error what is compiled, while it lasts. Default: on a terminal.

    Raises
    ------
    InputError
        For SBML that does not read, for elements that are not supported, by their ids, and for a
        unit of time that is none or not that of the SBML.

    Examples
    --------
    >>> from il15_sim import Model
    >>> from il15_sim.batch.kernel import Kernel, Task
    >>> kernel = Kernel(Model.load("sorafenib_pk").sbml)
    >>> task = Task(0.0, 24.0, outputs=["sorafenib_free_nM"], times=np.array([24.0]),
    ...             before=np.array([False]))
    >>> kernel.run(task, rows=10).values.shape
    (10, 1, 1)
    """

    def __init__(
        self,
        sbml: str,
        method: str = "rodas5p",
        name: str = "SBML model",
        *,
        time_unit: str | None = None,
        progress: bool | None = None,
    ) -> None:
        """Compile SBML text, or take its code from the cache."""
        self.sbml = sbml
        self.name = name
        self.method: Rosenbrock = METHODS[method]
        names = [*FUNCTIONS]
        names += [f"stage{s}" for s in range(self.method.stages)]
        key = key_of(part="model", sbml=sbml, method=method, lanes=str(LANES))
        self._progress = progress
        note = CompileNote(f"model '{name}'", progress)
        # LLVM lets go of the interpreter: two free cores compile driver and model side by side.
        with ThreadPoolExecutor(1) as pool:
            driver = pool.submit(driver_code, note.begin)
            self._model: MachineCode = build(key, names, self._write, before=note.begin)
            driver.result()
        note.end()
        about = self._model.description
        self.states: tuple[str, ...] = tuple(about["states"])
        self.parameters: tuple[str, ...] = tuple(about["parameters"])
        self.quantities: frozenset[str] = frozenset(about["quantities"])
        self.units: dict[str, str] = about["units"]
        #: Values that the SBML gives, NaN where it gives none; shape (P,).
        self.parameter_values = np.array(
            [np.nan if x is None else x for x in about["parameter_values"]]
        )
        #: True for states that are amounts though their id stands for a concentration.
        self.amounts: tuple[bool, ...] = tuple(about["amounts"])
        self.operations: dict[str, int] = about["operations"]
        #: Constants set by initial assignments, by parameters that they are set from.
        self.settled: dict[str, str] = about["settled"]
        own = TimeUnit(Fraction(about["hours"])) if about["hours"] else None
        #: The unit of all times of the model; None where nothing says which.
        self.time_unit: TimeUnit | None = chosen_unit(own, time_unit, name)
        #: Seconds spent on compiling; zero where the code came from the cache.
        self.compile_seconds = note.seconds
        self._reporting: dict[tuple[str, ...], tuple[MachineCode, int]] = {}

    @property
    def hash(self) -> str:
        """SHA-256 of the SBML text."""
        return hashlib.sha256(self.sbml.encode()).hexdigest()

    @cached_property
    def system(self) -> System:
        """The differential equations; read again where the code came from the cache."""
        return read_system(self.sbml)

    def _write(self) -> tuple[str, dict[str, Any]]:
        system = self.system
        program = build_program(system, self.method, LANES)
        return program.text, {
            "states": system.states,
            "parameters": system.parameters,
            "quantities": sorted(system.values),
            "units": dict(system.units),
            "parameter_values": [None if x != x else x for x in system.parameter_values],
            "amounts": system.amounts,
            "size": program.size,
            "prepared": program.prepared,
            "factors": program.factors,
            "switches": program.switches,
            "conditions": program.conditions,
            "rooted": program.rooted,
            "operations": program.operations,
            "settled": dict(system.settled),
            "hours": "" if system.time_unit is None else str(system.time_unit.hours),
        }

    def run(
        self,
        task: Task,
        rows: int,
        *,
        varied: Sequence[str] = (),
        table: Array | None = None,
        base: Mapping[str, float] | None = None,
        initial: Array | None = None,
        schedule: NDArray[np.intp] | None = None,
        threads: int | None = None,
        on_rows: Callable[[int], object] | None = None,
    ) -> Outcome:
        """Simulate N rows.

        An exception that passes, such as that of Ctrl-C, ends all threads between two steps.

        Parameters
        ----------
        task : Task
            What all rows share.
        rows : int
            N.
        varied, table : sequence of str and array, shape (N, V)
            Parameters that differ between rows, and their values.
        base : mapping, optional
            Values of the other parameters, where they are not those of the SBML.
        initial : array, shape (N, S) or (1, S), optional
            State variables at the start; default: as the SBML says.
        schedule : array, shape (N,), optional
            Which of the task's schedules each row follows; default: the first.
        threads : int, optional
            Default: all cores that this process may use.
        on_rows : callable, optional
            Told the number of rows that were finished since it was last told.
        """
        arrays, numbers, sizes = self._job(task, rows, varied, table, base, initial, schedule)
        results = {
            "values": np.full((rows, len(task.times), len(task.outputs)), np.nan),
            "reduced": np.full((rows, len(task.reductions)), np.nan),
            "final": np.full((rows, len(self.states)), np.nan),
            "status": np.full(rows, -1, np.int64),
            "steps": np.zeros((rows, 2), np.int64),
        }
        halt, done = np.zeros(1, np.int64), np.zeros(1, np.int64)
        counters = {"halt": halt, "done": done, "following": np.zeros(1, np.int64)}
        # The record holds addresses: the arrays must live until the last thread is done.
        alive = {**arrays, **results, **counters}
        job = np.zeros(1, JOB)
        for name, number in numbers.items():
            job[name] = number
        for name, array in alive.items():
            job[name] = array.ctypes.data

        def simulate(owned: object = alive) -> None:
            run_thread(job, sizes)

        with interrupts_kept():
            # No more threads than groups of lanes.
            crew = min(threads or available_cores(), max(-(-rows // LANES), 1))
            run_crew(simulate, crew, halt, done, on_rows)
        return Outcome(
            values=results["values"],
            reduced=results["reduced"],
            final=results["final"],
            status=results["status"].astype(np.int8),
            steps=results["steps"].astype(np.int32),
        )

    def start_states(self, base: Mapping[str, float] | None = None) -> Array:
        """State variables at the start for one set of parameters, shape (S,)."""
        task = Task(0.0, 0.0)
        return np.asarray(self.run(task, 1, base=base, threads=1).final[0])

    def _job(
        self,
        task: Task,
        rows: int,
        varied: Sequence[str],
        table: Array | None,
        base: Mapping[str, float] | None,
        initial: Array | None,
        schedule: NDArray[np.intp] | None,
    ) -> tuple[dict[str, NDArray[Any]], dict[str, float], dict[str, int]]:
        """Arrays and numbers of a job record, and the sizes that scratch memory depends on."""
        reporting, needed = self._reporting_code(tuple(task.outputs))
        about = self._model.description
        at = {**self._model.addresses, **reporting.addresses}
        values = self.parameter_values.copy()
        for name, value in (base or {}).items():
            values[self._parameter(name)] = value
        own = np.zeros((rows, 0)) if table is None else table
        if own.shape != (rows, len(varied)):
            raise ValueError(f"table of shape {own.shape} for {rows} rows of {len(varied)}")
        start = np.zeros((0, len(self.states))) if initial is None else initial
        if initial is not None and start.shape not in (
            (rows, len(self.states)),
            (1, len(self.states)),
        ):
            raise ValueError(f"start states of shape {start.shape} for {rows} rows")
        of = np.zeros(1, np.int64) if schedule is None else np.asarray(schedule)
        if schedule is not None and of.shape != (rows,):
            raise ValueError(f"schedule of shape {of.shape} for {rows} rows")
        if of.size and not (of.min() >= 0 and of.max() < len(task.schedules)):
            raise ValueError(f"schedule {of.min()}-{of.max()} of {len(task.schedules)}")
        if len(task.before) != len(task.times):
            raise ValueError(f"before of {len(task.before)} for {len(task.times)} times")
        events = EventTable.of(task.schedules)
        frozen = task.frozen or {}
        column = {name: i for i, name in enumerate(task.outputs)}
        reductions = task.reductions
        edges = sorted({x for r in reductions for x in (r.begin, r.end)})
        edges = [x for x in edges if task.begin < x < task.end]
        typical = task.typical if task.typical is not None else np.zeros(len(self.states))
        if np.shape(typical) != (len(self.states),):
            raise ValueError(f"typical of shape {np.shape(typical)}")
        stages = [at[f"stage{s}"] for s in range(self.method.stages)]
        targets = np.array([self._target(name) for name in events.targets], np.int64)
        scales = np.array([*(self._parameter(name) for name in events.scales), -1], np.int64)
        arrays = {
            "stage_code": _integers(stages),
            "rooted": _integers(about["rooted"]),
            "base": _floats(values),
            "varied": _integers([self._parameter(v) for v in varied]),
            "table": _floats(own),
            "initial": _floats(start),
            "typical": _floats(typical),
            "schedule": _integers(of),
            "offset": _integers(events.offset),
            "event_time": _floats(events.time),
            "event_amount": _floats(events.amount),
            "event_kind": _integers(events.kind),
            "event_target": targets[events.target],
            "event_scale": scales[events.scale],
            "frozen": _integers([self._parameter(name) for name in frozen]),
            "frozen_value": _floats(list(frozen.values())),
            "times": _floats(task.times),
            "before": _integers(task.before),
            "edges": _floats(edges),
            "kind": _integers([r.kind for r in reductions]),
            "column": _integers([column[r.output] for r in reductions]),
            "begin": _floats([r.begin for r in reductions]),
            "close": _floats([r.end for r in reductions]),
            "level": _floats([r.level for r in reductions]),
        }
        numbers: dict[str, float] = {
            **{name: at[name] for name in (*FUNCTIONS, *REPORTING)},
            "stages": len(stages),
            "size": about["size"],
            "states": len(self.states),
            "rows": rows,
            "parameters": len(self.parameters),
            "switch_count": about["switches"],
            "condition_count": about["conditions"],
            "prepared": about["prepared"],
            "rooted_count": sum(about["rooted"]),
            "varied_count": len(varied),
            "initial_count": len(start),
            "shared": int(task.shared_steps),
            "max_steps": task.max_steps,
            "schedule_count": len(of),
            "rest": int(task.frozen is not None),
            "frozen_count": len(frozen),
            "time_count": len(task.times),
            "output_count": len(task.outputs),
            "edge_count": len(edges),
            "reducer_count": len(reductions),
            "inverse_gamma": 1.0 / self.method.gamma,
            "exponent": -1.0 / self.method.order,
            "rtol": task.rtol,
            "weight": min(1.0, _SHARED_BY / max(len(self.states), 1)) / task.rtol**2,
            "max_step": task.max_step,
            "fixed_step": task.fixed_step,
            "t0": task.begin,
            "t1": task.end,
            "rest_horizon": task.rest_horizon,
            "rest_window": task.rest_window,
            "start_drift": task.start_drift,
            "end_drift": task.end_drift,
        }
        names = ("size", "stages", "parameters", "output_count", "reducer_count", "switch_count")
        sizes = {name: int(numbers[name]) for name in names}
        sizes |= {name: about[name] for name in ("factors", "prepared", "conditions")}
        sizes |= {"needed": needed, "dense_rows": len(self.method.h)}
        return arrays, numbers, sizes

    def _reporting_code(self, outputs: tuple[str, ...]) -> tuple[MachineCode, int]:
        for name in outputs:
            if name not in self.quantities:
                raise unknown("quantity of the model", name, self.quantities)
        if outputs not in self._reporting:
            self._reporting[outputs] = self._build_reporting(outputs)
        return self._reporting[outputs]

    def _build_reporting(self, outputs: tuple[str, ...]) -> tuple[MachineCode, int]:
        about = self._model.description
        rooted, prepared = about["rooted"], int(about["prepared"])

        def write() -> tuple[str, dict[str, Any]]:
            text = outputs_program(self.system, outputs, self.method, rooted, prepared, LANES)
            return text, {"needed": len(states_in(self.system, outputs))}

        key = key_of(
            part="outputs",
            sbml=self.sbml,
            outputs="\n".join(outputs),
            lanes=str(LANES),
            method=self.method.name,
        )
        note = CompileNote(f"outputs of model '{self.name}'", self._progress)
        code = build(key, list(REPORTING), write, before=note.begin)
        note.end()
        self.compile_seconds += note.seconds
        return code, int(code.description["needed"])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.parameters)}

    def _parameter(self, name: str) -> int:
        if name not in self._places:
            raise unknown("parameter", name, self.parameters)
        return self._places[name]

    def _target(self, name: str) -> int:
        if name in self.states:
            return self.states.index(name)
        if name not in self._places:
            raise unknown("state or parameter", name, (*self.states, *self.parameters))
        return len(self.states) + self._places[name]


def _floats(values: Any) -> Array:
    return np.ascontiguousarray(values, np.float64)


def _integers(values: Any) -> NDArray[np.int64]:
    return np.ascontiguousarray(values, np.int64)


def status_text(code: int) -> str:
    """The sentence of a status code."""
    return STATUS[code] if 0 <= code < len(STATUS) else "not run"


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
