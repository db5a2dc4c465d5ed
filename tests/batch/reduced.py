"""Reduced values of one simulation, in one line."""

from il15_sim.batch.kernel import Reduction, Task
from il15_sim.batch.layout import AREA, FIRST_ABOVE, FIRST_BELOW, MAXIMUM, MINIMUM, OK

KINDS = (MAXIMUM, MINIMUM, AREA, FIRST_ABOVE, FIRST_BELOW)


def over(begin, end, *kinds, output="central", level=0.0):
    """Reductions of several kinds over one interval."""
    return [Reduction(kind, output, begin, end, level) for kind in kinds]


def reduce(kernel, end, reductions, *, events=(), base=None, **options):
    """Reduced values of one simulation from 0 to `end`, shape (E,)."""
    outputs = list(dict.fromkeys(r.output for r in reductions))
    task = Task(0.0, end, [list(events)], outputs, reductions=reductions, **options)
    outcome = kernel.run(task, 1, base=base)
    assert outcome.status[0] == OK
    return outcome.reduced[0]
