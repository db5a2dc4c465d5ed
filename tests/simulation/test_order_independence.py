"""A run does not depend on what ran before it, beside it, or on what is kept from before."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim import Model, Regimen, simulate
from il15_sim.model import model_names
from il15_sim.simulation import reference_engine as engine
from il15_sim.simulation import steady_state

SORAFENIB = Regimen.parse("sorafenib 400 mg q12h x 3 d; skip dose 2")
LOW = Regimen.parse("sorafenib 100 mg q24h x 3 d")
BOTH = SORAFENIB + Regimen.parse("temozolomide 150 mg/m2 q24h x 2 d")
INFUSED = Regimen.infusion("temozolomide", dose_mg=285, duration_h=1.5, every_h=24, days=2)
INJECTED = Regimen.bolus("il15", dose_ug_per_kg=1, every_h=24, days=2)
NONE = Regimen.none()
TIMES = np.array([0.0, 1.5, 12.0, 24.0, 40.25, 72.0])
# Drug that grows without bound once there is some, and a level that is no number from the start.
OVERFLOW = {"sorafenib_clearance": 1e308}
NO_START = {"sorafenib_volume": 0.0}
#: (model, regimen, overrides, relative tolerance)
CASES = [
    ("sorafenib_pk", SORAFENIB, {}, 1e-6),
    ("sorafenib_pk", LOW, {"sorafenib_clearance": 8.0}, 1e-6),
    ("sorafenib_pk", SORAFENIB, OVERFLOW, 1e-6),
    ("sorafenib_pk", SORAFENIB, NO_START, 1e-6),
    ("temozolomide", INFUSED, {"body_surface_area": 1.5}, 1e-8),
    ("patient", BOTH, {}, 1e-6),
    ("patient", NONE, {"il15_production_plasma": 0.5}, 1e-6),
    ("patient", INJECTED, {"il15_production_plasma": 0.5}, 1e-4),
    ("patient", SORAFENIB, OVERFLOW, 1e-6),
]
#: Which fail on which engine: the drug that is cleared at once only stops CVODE.
FAIL = {"batch": {3}, "reference": {2, 3, 8}}
MODELS = {name: Model.load(name) for name in {case[0] for case in CASES}}


def forget():
    """As in a process that has simulated nothing yet."""
    engine._engines.clear()
    steady_state._cache.clear()


class Isolated(list):
    """Every case on an engine of its own."""

    def __init__(self, name):
        self.engine = name
        for case in CASES:
            forget()
            self.append(self.run(case))

    def run(self, case):
        name, regimen, overrides, rtol = case
        how = {"times_h": TIMES, "rtol": rtol, "engine": self.engine}
        return simulate(MODELS[name], regimen, overrides, **how)


@pytest.fixture(scope="module", params=["batch", "reference"])
def isolated(request):
    return Isolated(request.param)


def assert_same_bits(got, wanted):
    assert got.status == wanted.status
    assert got.values.tobytes() == wanted.values.tobytes()


def test_the_cases_that_should_fail_do_and_the_others_do_not(isolated):
    assert {i for i, runs in enumerate(isolated) if runs.status != ("ok",)} == FAIL[isolated.engine]
    reasons = {isolated[i].status[0] for i in FAIL[isolated.engine]}
    assert reasons <= {"not finite at the start", "step size too small"}
    for i in set(range(len(CASES))) - FAIL[isolated.engine]:
        assert np.isfinite(isolated[i].values).all()


@settings(max_examples=8, deadline=None)
@given(order=st.lists(st.integers(0, len(CASES) - 1), min_size=3, max_size=12))
def test_any_order_of_runs_gives_the_same_bits(isolated, order):
    for i in order:
        assert_same_bits(isolated.run(CASES[i]), isolated[i])


def test_every_run_after_every_other(isolated):
    for first in range(len(CASES)):
        for second in range(len(CASES)):
            isolated.run(CASES[first])
            assert_same_bits(isolated.run(CASES[second]), isolated[second])


@settings(max_examples=8, deadline=None)
@given(
    name=st.sampled_from(["sorafenib_pk", "patient"]),
    picks=st.lists(st.integers(0, len(CASES) - 1), min_size=1, max_size=6),
)
def test_neighbours_in_one_call_do_not_matter(isolated, name, picks):
    chosen = [i for i in picks if CASES[i][0] == name and CASES[i][3] == 1e-6]
    if chosen:
        runs = simulate(
            MODELS[name],
            [CASES[i][1] for i in chosen],
            parameters=[CASES[i][2] for i in chosen],
            times_h=TIMES,
            rtol=1e-6,
            engine=isolated.engine,
        )
        for row, i in enumerate(chosen):
            assert_same_bits(runs.select(row), isolated[i])


def test_what_is_reported_does_not_matter(isolated):
    some = ["pstat5_cd4", "cd4_per_uL", "sorafenib_gut"]
    model = MODELS["patient"]
    for observables in (some, some[::-1], None):
        runs = simulate(
            model, BOTH, times_h=TIMES, observables=observables, rtol=1e-6, engine=isolated.engine
        )
        for name in some[:2]:
            assert np.array_equal(runs.get(0, name), isolated[5].get(0, name))


def test_a_kept_steady_state_gives_the_bits_of_a_new_one(isolated):
    moved = CASES[6]
    forget()
    assert_same_bits(isolated.run(moved), isolated[6])
    kept = len(steady_state._cache)
    assert_same_bits(isolated.run(moved), isolated[6])
    # The batch engine seeks it anew for every run.
    assert len(steady_state._cache) == kept == (isolated.engine == "reference")


def test_the_kept_steady_state_cannot_be_changed_from_outside():
    model = MODELS["patient"]
    found = steady_state.steady_state(model, engine.engine_for(model))
    wanted = dict(found)
    found["pstat5_cd4"] = -1.0
    assert steady_state.steady_state(model, engine.engine_for(model)) == wanted


def test_a_model_whose_engine_was_given_up_runs_as_before(isolated):
    names = model_names()
    assert len(names) > 8  # engines that are kept
    isolated.run(CASES[0])
    for name in names:
        simulate(Model.load(name), NONE, until_days=1, engine="reference")
    assert len(engine._engines) == 8
    assert_same_bits(isolated.run(CASES[0]), isolated[0])


def test_a_new_process_gives_the_same_bits(isolated):
    code = (
        "import hashlib; from il15_sim import Model, Regimen, simulate; "
        f"r = simulate(Model.load('patient'), Regimen.parse({str(BOTH)!r}), "
        f"times_h={TIMES.tolist()}, rtol=1e-6, engine={isolated.engine!r}); "
        "print(hashlib.sha256(r.values.tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    isolated.run(CASES[8])
    again = isolated.run(CASES[5]).values.tobytes()
    assert done.stdout.strip() == hashlib.sha256(again).hexdigest()
    assert again == isolated[5].values.tobytes()
