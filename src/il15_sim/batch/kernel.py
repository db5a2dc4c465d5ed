"""A compiled model: SBML text in, ensembles of simulations out, on plain arrays."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.compile.compiling import CompileNote
from il15_sim.batch.compile.machine_code import MachineCode, build, key_of
from il15_sim.batch.compile.methods import METHODS, Rosenbrock
from il15_sim.batch.compile.program import build_program
from il15_sim.batch.compile.reporting import outputs_program, states_in
from il15_sim.batch.crew import run_crew
from il15_sim.batch.drive.layout import FUNCTIONS, JOB, LANES, REPORTING
from il15_sim.batch.equations.system import System, read_system
from il15_sim.batch.equations.time_unit import TimeUnit, chosen_unit
from il15_sim.batch.events import Event, EventTable
from il15_sim.batch.job import lay_out
from il15_sim.batch.runner import driver_code, run_thread
from il15_sim.batch.task import Array, Outcome, Reduction, Task
from il15_sim.errors import unknown
from il15_sim.interrupts import interrupts_kept

__all__ = ["Event", "EventTable", "Kernel", "Outcome", "Reduction", "Task"]


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
        `"d"` or `"wk"`. Times of `run` are in the unit of the model, those of `simulate` in
        hours.
    rests : bool
        Whether runs of `simulate` begin at the steady state that belongs to their parameters,
        sought from the start values of the SBML, and not at these.
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
        rests: bool = False,
        progress: bool | None = None,
    ) -> None:
        """Compile SBML text, or take its code from the cache."""
        self.sbml = sbml
        self.name = name
        self.rests = rests
        self.method: Rosenbrock = METHODS[method]
        names = [*FUNCTIONS]
        names += [f"stage{s}" for s in range(self.method.stages)]
        key = key_of(part="model", sbml=sbml, method=method, lanes=str(LANES))
        self._progress = progress
        note = CompileNote(f"model '{name}'", progress)
        # LLVM lets go of the interpreter: two free cores compile driver and model side by side.
        with ThreadPoolExecutor(1) as pool:
            driver = pool.submit(driver_code, note.begin)
            #: Functions of the model.
            self.code: MachineCode = build(key, names, self._write, before=note.begin)
            driver.result()
        note.end()
        about = self.code.description
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
        #: Compartment of species that nothing changes (they are parameters), the power of its size
        #: in the value of their ids, and whether these stand for amounts.
        self.still: dict[str, tuple[str, int, bool]] = {
            name: (home, power, is_amount)
            for name, (home, power, is_amount) in about["still"].items()
        }
        #: Constants set by initial assignments, by parameters that they are set from.
        self.settled: dict[str, str] = about["settled"]
        own = TimeUnit(Fraction(about["hours"])) if about["hours"] else None
        #: The unit of all times of the model; None where nothing says which.
        self.time_unit: TimeUnit | None = chosen_unit(own, time_unit, name)
        self._asked_unit = time_unit
        #: Seconds spent on compiling; zero where the code came from the cache.
        self.compile_seconds = note.seconds
        self._reporting: dict[tuple[str, ...], tuple[MachineCode, int]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, or one in another process, takes its code from the cache."""
        unit, progress = self._asked_unit, self._progress
        return _rebuilt, (self.sbml, self.method.name, self.name, unit, self.rests, progress)

    @property
    def hash(self) -> str:
        """SHA-256 of the SBML text, and of whether it rests first."""
        return hashlib.sha256((self.sbml + "rests" * self.rests).encode()).hexdigest()

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
            "still": dict(system.still),
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
        arrays, numbers, sizes = lay_out(self, task, rows, varied, table, base, initial, schedule)
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

    def reporting(self, outputs: tuple[str, ...]) -> tuple[MachineCode, int]:
        """Code that reports some ids, and how many states they need."""
        for name in outputs:
            if name not in self.quantities:
                raise unknown("quantity of the model", name, self.quantities)
        if outputs not in self._reporting:
            self._reporting[outputs] = self._build_reporting(outputs)
        return self._reporting[outputs]

    def _build_reporting(self, outputs: tuple[str, ...]) -> tuple[MachineCode, int]:
        about = self.code.description
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

    def place_of(self, name: str) -> int:
        """Index of a parameter."""
        if name not in self._places:
            raise unknown("parameter", name, self.parameters)
        return self._places[name]

    def target_of(self, name: str) -> int:
        """Index of what an event changes: states, then parameters."""
        if name in self.states:
            return self.states.index(name)
        if name not in self._places:
            raise unknown("state or parameter", name, (*self.states, *self.parameters))
        return len(self.states) + self._places[name]


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _rebuilt(
    sbml: str, method: str, name: str, time_unit: str | None, rests: bool, progress: bool | None
) -> Kernel:
    return Kernel(sbml, method, name, time_unit=time_unit, rests=rests, progress=progress)
