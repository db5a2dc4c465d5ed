"""When an untreated state counts as steady: by the drift asked for, against its own size."""

import numpy as np
import pytest

from il15_sim.batch.drive.layout import BELOW_ZERO, DRIFTING, OK
from il15_sim.batch.kernel import Task
from tests.made.small_models import kernel_of

#: x drifts by `share` of its size in a window of one.
DRIFT = "x = 1000; share = 0; x' = 1000 * share"


def rested(text, column, values, **asked):
    """Status of rows that seek rest for one unit of time, judged over a window of one."""
    task = Task(
        *(0.0, 0.1), frozen={}, typical=np.array([0.1]), rtol=1e-6, rest_horizon=1.0,
        rest_window=1.0, **asked,
    )  # fmt: skip
    table = np.array(values)[:, None]
    return kernel_of(text).run(task, len(values), varied=[column], table=table).status.tolist()


def test_the_drift_counts_against_the_size_of_a_state():
    """Both signs, on either side of the limit; no size but that of the state makes it smaller."""
    drifts = [0.9e-4, 1.1e-4, 3e-4, -0.9e-4, -1.1e-4]
    right = [OK, DRIFTING, DRIFTING, OK, DRIFTING]
    assert rested(DRIFT, "share", drifts, start_drift=0.0, end_drift=1e-4) == right


def test_a_start_that_hardly_drifts_is_taken_as_it_is():
    """At rest from the start: no search, so that x is where it began."""
    kernel = kernel_of(DRIFT)
    task = Task(
        *(0.0, 0.0), frozen={}, typical=np.array([0.1]), rest_horizon=1e4, rest_window=1.0,
        start_drift=1e-6, end_drift=1e-4,
    )  # fmt: skip
    table = np.array([[0.9e-6], [2e-6]])
    outcome = kernel.run(task, 2, varied=["share"], table=table)
    assert outcome.status.tolist() == [OK, OK]
    assert outcome.final[:, 0] == pytest.approx([1000.0, 1000.0 + 1e4 * 2e-3], rel=1e-9)


def test_a_state_that_rests_below_zero_is_told():
    """However large it was before."""
    text = "x = 1e6; low = 0; x' = -1000 * (x - low)"
    found = rested(text, "low", [1.0, 0.0, -1e-9, -1e-3], start_drift=0.0, end_drift=1e-4)
    assert found == [OK, OK, OK, BELOW_ZERO]
