"""Reduced values of one simulation, in one line."""

import math

from il15_sim.batch.drive.layout import (
    AREA,
    FIRST_ABOVE,
    FIRST_BELOW,
    LAST_ABOVE,
    LAST_BELOW,
    MAXIMUM,
    MINIMUM,
    OK,
    TIME_ABOVE,
    TIME_BELOW,
)
from il15_sim.batch.kernel import Reduction, Task
from tests.made.small_models import kernel_of

KINDS = (MAXIMUM, MINIMUM, AREA, FIRST_ABOVE, FIRST_BELOW)
SPANS = (TIME_ABOVE, TIME_BELOW, LAST_ABOVE, LAST_BELOW)


def fast(output):
    """The compiled model of an output of x = t: steps are as long as they may be."""
    return kernel_of(f"x = 0; w = 1; x' = 1; fast := {output}")


def over(begin, end, *kinds, output="central", level=0.0):
    """Reductions of several kinds over one interval."""
    return [Reduction(kind, output, begin, end, level) for kind in kinds]


def relative(level, *kinds, output="x", begin=0.0, end=math.inf):
    """Reductions of several kinds at a level relative to the start."""
    return [Reduction(kind, output, begin, end, level, relative=True) for kind in kinds]


def reduce(kernel, end, reductions, *, events=(), base=None, **options):
    """Reduced values of one simulation from 0 to `end`, shape (E,)."""
    outputs = list(dict.fromkeys(r.output for r in reductions))
    task = Task(0.0, end, [list(events)], outputs, reductions=reductions, **options)
    outcome = kernel.run(task, 1, base=base)
    assert outcome.status[0] == OK
    return outcome.reduced[0]
