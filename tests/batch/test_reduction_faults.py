"""Endpoints that are hard to reduce while a simulation runs, with their right values."""

import math

import numpy as np
import pytest

from il15_sim.batch.drive.layout import AREA, FIRST_ABOVE, FIRST_BELOW, MAXIMUM, MINIMUM
from il15_sim.batch.kernel import Reduction, Task
from tests.batch.reduced import over, reduce
from tests.made.small_models import kernel_of
from tests.oracles import compartment
from tests.oracles.compartment import doses

OSCILLATOR = "x = 0; y = 1; w = 1; x' = w * y; y' = -w * x"


@pytest.mark.parametrize(("kind", "sign"), [(FIRST_ABOVE, 1.0), (FIRST_BELOW, -1.0)])
def test_a_peak_that_just_reaches_a_level(kind, sign):
    """The course exceeds the level by many times its error, once in every period."""
    speed, near = np.linspace(0.9, 1.1, 40), 1e-4
    task = Task(
        *(0.0, 30.0), outputs=["x"], typical=np.ones(2),
        reductions=[Reduction(kind, "x", 3.0, 30.0, sign * (1 - near))],
    )  # fmt: skip
    found = kernel_of(OSCILLATOR).run(task, 40, varied=["w"], table=speed[:, None]).reduced[:, 0]
    turn = 2.5 * math.pi if sign > 0 else 1.5 * math.pi
    assert found == pytest.approx((turn - math.acos(1 - near)) / speed, abs=1e-2)


def test_what_has_a_maximum_above_a_level_reaches_it():
    """One oral dose; the level is 0.01 % below Cmax."""
    base = {"ka": 1.0, "ke": 0.2}
    (whole,) = compartment.course(0.0, 100.0, doses([0.0]), **base)
    level = (1 - 1e-4) * compartment.maximum([whole])
    high, time = reduce(
        kernel_of(compartment.MODEL), 100.0, over(0.0, 100.0, MAXIMUM, FIRST_ABOVE, level=level),
        events=doses([0.0]), base=base,
    )  # fmt: skip
    assert high > level
    assert time == pytest.approx(whole.first(level, 1.0), abs=1e-2)


@pytest.mark.parametrize("kind", [MAXIMUM, MINIMUM])
def test_an_output_that_is_not_a_number_for_a_while(kind):
    """The logarithm of what is below zero: like the area, an extreme of it is not a number."""
    kernel = kernel_of(OSCILLATOR + "; depth := ln(x + 0.1)")
    found = reduce(kernel, 7.0, over(0.0, 7.0, kind, AREA, output="depth"))
    assert np.isnan(found).all()


@pytest.mark.parametrize("level", [0.5, 0.01])
def test_the_time_of_an_output_that_jumps(level):
    """x = t passes 0.4321; the time of the flag does not depend on the level."""
    kernel = kernel_of("x = 0; x' = 1; flag := piecewise(1, x > 0.4321, 0)")
    found = reduce(kernel, 1.0, over(0.0, 1.0, FIRST_ABOVE, output="flag", level=level))
    assert found[0] == pytest.approx(0.4321, abs=1e-5)
