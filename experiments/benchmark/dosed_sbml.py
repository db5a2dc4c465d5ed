"""The model with its doses written into it as events, for engines that handle events."""

from __future__ import annotations

from typing import Any

import libsbml
from task import Task

#: State of the model that says when the next dose is due.
NEXT = "next_dose_time"


def with_periodic_doses(task: Task) -> str:
    """One event that doses and arms itself again; the dose at time zero is left to the caller.

    The model as it is where there are no doses.
    """
    if not task.dosed:
        return task.sbml
    document, model = _read(task)
    due = model.createParameter()
    due.setId(NEXT)
    due.setValue(task.interval)
    due.setConstant(False)
    event = _event(model, "dosing", f"time >= {NEXT}")
    _assign(event, task.dosed, f"{task.dosed} + {task.dose!r}")
    _assign(event, NEXT, f"{NEXT} + {task.interval!r}")
    return str(libsbml.writeSBMLToString(document))


def with_dose_list(task: Task) -> str:
    """One event per dose after time zero, each at a fixed time."""
    document, model = _read(task)
    for k, time in enumerate(task.dose_times[1:]):
        event = _event(model, f"dosing_{k}", f"time >= {float(time)!r}")
        _assign(event, task.dosed, f"{task.dosed} + {task.dose!r}")
    return str(libsbml.writeSBMLToString(document))


def _read(task: Task) -> tuple[Any, Any]:
    document = libsbml.readSBMLFromString(task.sbml)
    return document, document.getModel()


def _event(model: Any, name: str, condition: str) -> Any:
    event = model.createEvent()
    event.setId(name)
    event.setUseValuesFromTriggerTime(True)
    trigger = event.createTrigger()
    trigger.setInitialValue(False)
    trigger.setPersistent(True)
    trigger.setMath(libsbml.parseL3Formula(condition))
    return event


def _assign(event: Any, name: str, formula: str) -> None:
    assignment = event.createEventAssignment()
    assignment.setVariable(name)
    assignment.setMath(libsbml.parseL3Formula(formula))
