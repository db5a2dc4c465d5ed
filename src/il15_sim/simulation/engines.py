"""The engines that an ensemble runs on, and which of them is taken."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Literal, Protocol

import numpy as np

from il15_sim.batch.equations.sbml_document import Unsupported
from il15_sim.batch.kernel import Kernel, Outcome
from il15_sim.errors import InputError, unknown
from il15_sim.simulation.batch_rows import batch_rows
from il15_sim.simulation.foreign_rows import foreign_course
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.reference_rows import ReferenceRows, patient_course

EngineName = Literal["auto", "batch", "reference"]


class Rows(Protocol):
    """A plan on an engine, simulated block by block."""

    @property
    def name(self) -> Literal["batch", "reference"]:
        """Name of the engine."""
        ...

    @property
    def compile_seconds(self) -> float:
        """Seconds that compiling took."""
        ...

    def block(
        self, start: int, stop: int, on_rows: Callable[[float], object] | None = None
    ) -> Outcome:
        """Simulate the rows [start, stop); `on_rows` is told how many more are finished."""
        ...


def check_engine(engine: str, threads: int | None) -> None:
    """Refuse an engine that is none, and bad numbers of threads."""
    if engine not in ("auto", "batch", "reference"):
        raise unknown("engine", str(engine), ("auto", "batch", "reference"))
    if threads is not None and (not isinstance(threads, (int, np.integer)) or threads < 1):
        raise InputError(f"threads {threads!r}", why="it is a whole number, at least one")


def rows_on(
    plan: Plan, wanted: EngineName, threads: int | None, progress: bool | None = None
) -> Rows:
    """A plan on the engine that is wanted; "auto" warns where it cannot be the batch engine."""
    if wanted == "reference":
        return _reference(plan)
    try:
        return batch_rows(plan, threads, progress)
    except Unsupported as error:
        if wanted == "batch":
            raise
        # Told at the line that called simulate.
        warnings.warn(f"the reference engine is used, which is slow: {error}", stacklevel=4)
        return _reference(plan)


def _reference(plan: Plan) -> Rows:
    source = plan.subject.source
    if isinstance(source, Kernel):
        if plan.task.frozen is not None:
            what = f"model '{source.name}', which rests first, on the reference engine"
            raise InputError(what, why="it begins as its text says", fix="use engine='batch'")
        return ReferenceRows(plan, partial(foreign_course, plan, source))
    return ReferenceRows(plan, partial(patient_course, plan, source))
