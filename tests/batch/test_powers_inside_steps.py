"""Fractional powers of a state that has decayed to nothing, where outputs are read inside steps."""

import numpy as np
import pytest

from il15_sim.batch.drive.layout import OK
from il15_sim.batch.kernel import Task
from tests.made.small_models import kernel_of, rows_at


@pytest.mark.parametrize("method", ["rodas4", "rodas5p"])
def test_a_run_that_is_ok_has_numbers(method):
    """x decays to nothing; y follows its power, which is no number for -1e-30."""
    kernel = kernel_of("x = 1; y = 0; x' = -3 * x; drive := x^1.5; y' = drive - y", method)
    times = np.linspace(0.0, 60.0, 601)
    task = Task(0.0, 60.0, outputs=["x", "y", "drive"], **rows_at(*times), rtol=1e-6)
    outcome = kernel.run(task, 1)
    assert outcome.status[0] == OK
    assert np.isfinite(outcome.values).all()
    drive = np.exp(-4.5 * times)
    assert outcome.values[0, :, 2] == pytest.approx(drive, abs=1e-6)
