"""A task laid out as the record of arrays and numbers that the driver reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.drive.layout import ADD, FUNCTIONS, REPORTING
from il15_sim.batch.events import EventTable
from il15_sim.batch.task import Array, Task
from il15_sim.errors import InputError

if TYPE_CHECKING:
    from il15_sim.batch.kernel import Kernel

#: Squared errors of all states are averaged; of so few states they are summed, so that no state
#: alone is much less exact than was asked for.
_SHARED_BY = 4.0
#: Share of the tolerance that a step may use: over a run errors add up. On 192 patients from the
#: whole bounds of the parameters the largest error was 1.4 times what a step may use.
_OF_STEP = 0.65


def lay_out(
    kernel: Kernel,
    task: Task,
    rows: int,
    varied: Sequence[str],
    table: Array | None,
    base: Mapping[str, float] | None,
    initial: Array | None,
    schedule: NDArray[np.intp] | None,
) -> tuple[dict[str, NDArray[Any]], dict[str, float], dict[str, int]]:
    """Arrays and numbers of a job record, and the sizes that scratch memory depends on."""
    reporting, needed = kernel.reporting(tuple(task.outputs))
    about = kernel.code.description
    at = {**kernel.code.addresses, **reporting.addresses}
    values = kernel.parameter_values.copy()
    for name, value in (base or {}).items():
        values[kernel.place_of(name)] = value
    own = np.zeros((rows, 0)) if table is None else table
    if own.shape != (rows, len(varied)):
        raise ValueError(f"table of shape {own.shape} for {rows} rows of {len(varied)}")
    varied, own = _with_sizes(kernel, values, {*(base or {}), *varied}, tuple(varied), own)
    start = np.zeros((0, len(kernel.states))) if initial is None else initial
    if initial is not None and start.shape not in (
        (rows, len(kernel.states)),
        (1, len(kernel.states)),
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
    _check_targets(kernel, events)
    frozen = task.frozen or {}
    column = {name: i for i, name in enumerate(task.outputs)}
    reductions = task.reductions
    edges = sorted({x for r in reductions for x in (r.begin, r.end)})
    edges = [x for x in edges if task.begin < x < task.end]
    typical = task.typical if task.typical is not None else np.zeros(len(kernel.states))
    if np.shape(typical) != (len(kernel.states),):
        raise ValueError(f"typical of shape {np.shape(typical)}")
    stages = [at[f"stage{s}"] for s in range(kernel.method.stages)]
    targets = np.array([kernel.target_of(name) for name in events.targets], np.int64)
    scales = np.array([*(kernel.place_of(name) for name in events.scales), -1], np.int64)
    arrays = {
        "stage_code": _integers(stages),
        "rooted": _integers(about["rooted"]),
        "base": _floats(values),
        "varied": _integers([kernel.place_of(v) for v in varied]),
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
        "frozen": _integers([kernel.place_of(name) for name in frozen]),
        "frozen_value": _floats(list(frozen.values())),
        "times": _floats(task.times),
        "before": _integers(task.before),
        "edges": _floats(edges),
        "kind": _integers([r.kind for r in reductions]),
        "column": _integers([column[r.output] for r in reductions]),
        "begin": _floats([r.begin for r in reductions]),
        "close": _floats([r.end for r in reductions]),
        "level": _floats([r.level for r in reductions]),
        "relative": _integers([r.relative for r in reductions]),
    }
    numbers: dict[str, float] = {
        **{name: at[name] for name in (*FUNCTIONS, *REPORTING)},
        "stages": len(stages),
        "size": about["size"],
        "states": len(kernel.states),
        "rows": rows,
        "parameters": len(kernel.parameters),
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
        "inverse_gamma": 1.0 / kernel.method.gamma,
        "exponent": -1.0 / kernel.method.order,
        "rtol": task.rtol,
        "weight": min(1.0, _SHARED_BY / max(len(kernel.states), 1)) / (_OF_STEP * task.rtol) ** 2,
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
    sizes |= {"needed": needed, "dense_rows": len(kernel.method.h)}
    return arrays, numbers, sizes


def _check_targets(kernel: Kernel, events: EventTable) -> None:
    """Refuse changes that would not mean what SBML says."""
    for name in events.targets:
        if name in kernel.settled:
            raise InputError(
                f"change of '{name}'",
                why=f"'{kernel.settled[name]}' is set from it once, by an initial assignment, and "
                "would change with it",
                fix="vary it by rows of the parameter table",
            )
    for name, (home, _, is_amount) in kernel.still.items():
        if home in events.targets and not is_amount:
            raise InputError(
                f"change of compartment '{home}' during a run",
                why=f"nothing changes species '{name}' in it, which is held at its concentration",
                fix="vary it by rows of the parameter table",
            )
    for name in {events.targets[i] for i in set(events.target[events.kind == ADD].tolist())}:
        if name in kernel.still:
            raise InputError(
                f"an amount of species '{name}' is added during a run",
                why="nothing changes it, so that it is held as a parameter",
                fix="set its value, which is that of its id",
            )


def _with_sizes(
    kernel: Kernel, values: Array, given: set[str], varied: tuple[str, ...], own: Array
) -> tuple[tuple[str, ...], Array]:
    """Values of species that nothing changes, in compartments of the sizes that rows have.

    The document gives one of amount and concentration; what the id stands for follows the size.
    `values` are changed where all rows share a size; else columns are added to the table.
    """
    for name, home, document, power in followers(kernel, given):
        value = kernel.parameter_values[kernel.place_of(name)]
        if home in varied:
            sizes = own[:, varied.index(home)]
            own = np.column_stack([own, value * (sizes / document) ** power])
            varied = (*varied, name)
        else:
            size = values[kernel.place_of(home)]
            values[kernel.place_of(name)] = value * (size / document) ** power
    return varied, own


def followers(kernel: Kernel, given: Collection[str]) -> Iterator[tuple[str, str, float, int]]:
    """Species that nothing changes and nobody gave, in compartments whose size was given.

    With the compartment, its size in the document, and the power of the size in their values.
    """
    for name, (home, power, _) in kernel.still.items():
        if power != 0 and home in given and name not in given:
            yield name, home, float(kernel.parameter_values[kernel.place_of(home)]), power


def _floats(values: Any) -> Array:
    return np.ascontiguousarray(values, np.float64)


def _integers(values: Any) -> NDArray[np.int64]:
    return np.ascontiguousarray(values, np.int64)
