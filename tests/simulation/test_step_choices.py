"""What a caller may say about steps: the tolerance, sizes of states, the longest step."""

import math

import numpy as np
import pytest

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.batch.kernel import Kernel
from tests.made.small_models import sbml_of

ENGINES = ("batch", "reference")
#: A pulse of a hundredth of an hour, six days after all that happens.
PULSE = "x = 1; y = 0; x' = -x; y' = exp(-((time - 150) / 0.01)^2)"
AREA = 0.01 * math.sqrt(math.pi)


def hourly(text):
    return Kernel(sbml_of(text), time_unit="h")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pulse_between_two_steps_is_seen_with_a_largest_step(engine):
    runs = simulate(
        hourly(PULSE), times_h=[200.0], observables=["y"], max_step_h=0.005, engine=engine
    )
    assert runs["status"].item() == 0
    assert runs["y"].item() == pytest.approx(AREA, rel=5e-4)


def test_no_step_is_longer_than_the_largest():
    runs = simulate(hourly("x = 1; x' = -0.001 * x"), times_h=[100.0], max_step_h=0.25)
    assert runs["steps_accepted"].item() >= 400


@pytest.mark.parametrize("engine", ENGINES)
def test_a_state_that_is_nearly_empty_costs_no_steps(engine):
    """y follows x at 1e-9 of it, with oscillations that nobody looks at."""
    kernel = hourly("x = 1; u = 1e-9; v = 0; x' = -0.01 * x; u' = 50 * v - u; v' = -50 * u - v")
    asked = {"times_h": [1.0, 5.0, 50.0], "observables": ["x"], "engine": engine}
    plain = simulate(kernel, **asked)
    quick = simulate(kernel, sizes={"u": 1.0, "v": 1.0}, **asked)
    right = np.exp(-0.01 * np.array([1.0, 5.0, 50.0]))
    for runs in (plain, quick):
        assert runs["x"].values[0] == pytest.approx(right, rel=1e-4)
    if engine == "batch":
        assert quick["steps_accepted"].item() < 0.2 * plain["steps_accepted"].item()


#: The tolerances of a curve of work against error.
RTOLS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)


@pytest.mark.parametrize("treated", [False, True])
def test_the_tolerance_is_the_error_of_the_patient(treated):
    """Between 0.01 and 1 times what is asked for: users get what they pay for, and no less."""
    model = Model.load("patient")
    regimen = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56) if treated else None
    asked = {"until_days": 56, "times_h": np.arange(0, 56 * 24 + 1, 12.0), "progress": False}
    exact = simulate(model, regimen, rtol=1e-11, max_steps=1_000_000, **asked)
    for rtol in RTOLS:
        runs = simulate(model, regimen, rtol=rtol, **asked)
        found = [
            abs(runs[o].values - exact[o].values).max() / exact[o].values.max()
            for o in model.observables
            if exact[o].values.max() > 0
        ]
        assert len(found) >= 20
        print(rtol, max(found) / rtol)
        assert 0.01 * rtol < max(found) < rtol, rtol


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"sizes": {"z": 1.0}}, "unknown state 'z'; choose one of: x, y"),
        ({"sizes": {"x": 0.0}}, "size 0.0 of state 'x'; it is a number above 0"),
        ({"sizes": {"x": math.inf}}, "size inf of state 'x'; it is a number above 0"),
        ({"sizes": {"x": "big"}}, "size 'big' of state 'x'; it is a number above 0"),
        ({"sizes": [1.0, 1.0]}, "sizes [1.0, 1.0]; give a mapping of state ids to sizes"),
        ({"max_step_h": 0}, "max_step_h 0; it is a number of hours above 0"),
        ({"max_step_h": math.nan}, "max_step_h nan; it is a number of hours above 0"),
        ({"max_step_h": True}, "max_step_h True; it is a number of hours above 0"),
    ],
)
def test_what_is_no_size_and_no_step_is_refused(asked, text):
    with pytest.raises(InputError) as caught:
        simulate(hourly(PULSE), times_h=[1.0], **asked)
    assert str(caught.value) == text
