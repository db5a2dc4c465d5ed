"""The batch engine against libRoadRunner all over the bounds of the parameter table.

Ten days of sorafenib 400 mg twice a day with temozolomide, all observables, every patient from its
own untreated state. The slow proof takes 20 to 40 minutes on two cores, nearly all of it for
libRoadRunner at a tolerance of 1e-10; `IL15_SIM_PATIENTS=300` takes so many of each kind.
"""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
import pytest

from il15_sim.batch.drive.layout import OK
from il15_sim.batch.kernel import available_cores
from tests.oracles.agreement import KINDS, compare, patient_values, the_patient, varied

#: Largest error that is granted, in units of the tolerance. What engines promise is the error of a
#: step; over a run it adds up, and damps out.
FACTOR = 30.0
CHUNK = 50
#: The same where libRoadRunner gives up and the arbiter decides. A known weakness: a tumour that
#: falls below 1e-150 is taken for none, and its power 0.015 is then 0 instead of some 0.001.
VANISHED = 1e-4
LIMITS = {rtol: FACTOR * rtol for rtol in (1e-6, 1e-8)}


def complaints(compared, rtol):
    """What is wrong, a line each, with the seed that repeats it."""
    return [
        str(one)
        for one in compared
        if not (one.both_fail or (one.compared and one.error < granted(one, rtol)))
    ]


def granted(one, rtol):
    """Largest error of a patient that counts as agreement."""
    return LIMITS[rtol] if one.reference == OK else max(LIMITS[rtol], VANISHED)


def test_patients_of_both_kinds_lie_in_the_bounds():
    model = the_patient()
    bounds = varied(model)
    assert len(bounds) > 100
    for kind in KINDS:
        values = [patient_values(model, kind, seed) for seed in range(5)]
        assert values[0] != values[1]
        assert values[3] == patient_values(model, kind, 3)
        assert all(bounds[i].lower <= v[i] <= bounds[i].upper for v in values for i in v)
    low = sum(v == bounds[i].lower for i, v in patient_values(model, "corner", 0).items())
    assert 0.3 < low / len(bounds) < 0.7


@pytest.mark.parametrize(("kind", "count", "fail"), [("random", 20, 0.1), ("corner", 10, 0.6)])
def test_a_sample_of_patients(kind, count, fail):
    made = compare(kind, range(count), LIMITS)
    for rtol, compared in made.items():
        assert not complaints(compared, rtol)
        assert sum(one.both_fail for one in compared) <= fail * count
    # A hundredth of the tolerance: the errors fall with it.
    rough, fine = (np.array([one.error for one in made[rtol]]) for rtol in LIMITS)
    assert np.nanmedian(fine) < 0.1 * np.nanmedian(rough)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "count"), [("random", 10_000), ("corner", 2_000)])
def test_patients_all_over_the_bounds(kind, count, capsys):
    count = int(os.environ.get("IL15_SIM_PATIENTS", count))
    chunks = [range(i, min(i + CHUNK, count)) for i in range(0, count, CHUNK)]
    wrong, done = [], {rtol: [] for rtol in LIMITS}
    # Fresh processes: neither libRoadRunner nor Numba's threads survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(available_cores(), mp_context=context) as pool:
        for job in as_completed([pool.submit(compare, kind, chunk, LIMITS) for chunk in chunks]):
            for rtol, compared in job.result().items():
                done[rtol] += compared
                wrong += [f"rtol {rtol:g}: {line}" for line in complaints(compared, rtol)]
            with capsys.disabled():
                print(f"{kind}: {told(done)}; {len(wrong)} wrong", flush=True)
    one = done[min(LIMITS)]
    assert not wrong, "\n".join(wrong)
    assert len(one) == count
    assert sum(x.both_fail for x in one) < (0.1 if kind == "random" else 0.6) * count
    assert sum(x.arbiter for x in one) < 0.1 * count


def told(done):
    """A line on all that was compared."""
    every = done[min(LIMITS)]
    top = [
        f"{max((x.error for x in compared if x.compared), default=0.0) / rtol:.2g} of {rtol:g}"
        for rtol, compared in done.items()
    ]
    return (
        f"{len(every)} patients, {sum(x.both_fail for x in every)} fail on both engines, "
        f"{sum(x.arbiter for x in every)} settled by the arbiter, largest error {', '.join(top)}"
    )
