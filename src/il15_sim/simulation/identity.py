"""What the stored results of an ensemble depend on."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from il15_sim._version import __version__
from il15_sim.batch.kernel import Kernel
from il15_sim.files.record import digest
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.stencil import Stencil


def stored_inputs(plan: Plan, engine: str, stencil: Stencil | None) -> dict[str, Any]:
    """All inputs of an ensemble, as JSON can tell them: long ones by their hash.

    The threads are not among them: no number depends on how many there are.
    """
    source = plan.subject.source
    task, events = plan.task, plan.schedules
    columns = (events.offset, events.time, events.amount, events.kind, events.target, events.scale)
    own = {} if stencil is None else {"derivatives": stencil.identity}
    return own | {
        "model": plan.subject.hash,
        "hours_per_unit_of_time": str(plan.subject.time_unit.hours),
        "parameters": [list(plan.rows.columns), plan.rows.identity],
        "schedules": [_of_array(column) for column in columns],
        "schedule_names": [list(events.targets), list(events.scales)],
        "schedule_of_row": _of_array(plan.schedule_of),
        "span_h": [task.begin, task.end],
        "columns": list(task.outputs),
        "courses": plan.courses,
        "times_h": task.times.tolist(),
        "before_dose": task.before.tolist(),
        "course_rows": plan.course_rows.tolist(),
        "endpoints": [repr(e) for e in plan.endpoints],
        "start": [_of_array(plan.initial), task.frozen is not None],
        "rtol": float(task.rtol),
        "sizes": dict(sorted(plan.sizes.items())),
        "max_step_h": repr(task.max_step),
        "max_steps": int(task.max_steps),
        "final_state": bool(plan.final),
        "engine": engine,
        "method": source.method.name if isinstance(source, Kernel) else "",
        "il15_sim": __version__,
    }


def _of_array(array: NDArray[Any] | None) -> str:
    return "" if array is None else digest(str(array.shape).encode() + array.tobytes())
