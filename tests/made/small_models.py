"""Small SBML models from Antimony text, and what the tests of the batch engine share."""

import functools

import antimony
import numpy as np

from il15_sim.batch.kernel import Kernel, Task


def sbml_of(text):
    """SBML text of the body of an Antimony model."""
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(f"model made\n{text}\nend") < 0:
        raise ValueError(antimony.getLastError())
    sbml = antimony.getSBMLString("made")
    antimony.clearPreviousLoads()
    return sbml


@functools.cache
def kernel_of(text, method="rodas5p"):
    """The compiled model of an Antimony text."""
    return Kernel(sbml_of(text), method=method)


def rows_at(*times, before=()):
    """Arguments of a Task: output rows at these times; `before` holds places of early rows."""
    early = np.zeros(len(times), bool)
    early[list(before)] = True
    return {"times": np.array(times, float), "before": early}


def course(kernel, times, outputs, *, begin=0.0, **options):
    """Outputs of one simulation, shape (T, O)."""
    task = Task(begin, max(times), outputs=outputs, **rows_at(*times), **options)
    outcome = kernel.run(task, 1)
    assert outcome.status[0] == 0
    return outcome.values[0]


def same_bits(a, b):
    """Whether two arrays of doubles agree to the bit, NaN included."""
    a, b = np.ascontiguousarray(a, float), np.ascontiguousarray(b, float)
    return a.shape == b.shape and bool((a.view(np.int64) == b.view(np.int64)).all())
