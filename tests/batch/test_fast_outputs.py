"""Endpoints of outputs that change much faster than the states that steps follow.

x = t, so that steps are as long as they may be, and every output is known in closed form.
"""

import math

import numpy as np
import pytest
from scipy.special import hyp2f1

from il15_sim.batch.drive.layout import AREA, FIRST_ABOVE, FIRST_BELOW, MAXIMUM, MINIMUM, OK
from il15_sim.batch.kernel import Reduction, Task
from tests.batch.reduced import KINDS, over, reduce
from tests.made.small_models import kernel_of, same_bits

TOLERANCES = [1e-3, 1e-5, 1e-8]


def fast(output):
    return kernel_of(f"x = 0; w = 1; x' = 1; fast := {output}")


def endpoint(output, kind, *, begin=0.0, end=1.0, level=0.0, **options):
    """One endpoint of an output of x = t."""
    found = reduce(fast(output), end, over(begin, end, kind, output="fast", level=level), **options)
    return found[0]


def hill_time(n, k, level):
    """When x^n / (k^n + x^n) is at a level."""
    return k * (level / (1 - level)) ** (1 / n)


def hill_area(n, k):
    """Integral of x^n / (k^n + x^n) from 0 to 1."""
    return hyp2f1(1, 1 + 1 / n, 2 + 1 / n, -(k**-n)) / ((n + 1) * k**n)


#: Output, kind, level, right value.
KNOWN = [
    ("sin(50 * x)", AREA, 0.0, (1 - math.cos(50.0)) / 50),
    ("sin(50 * x)", MAXIMUM, 0.0, 1.0),
    ("sin(50 * x)", MINIMUM, 0.0, -1.0),
    ("sin(50 * x)", FIRST_ABOVE, 0.99, math.asin(0.99) / 50),
    ("sin(50 * x)", FIRST_BELOW, -0.99, (math.pi + math.asin(0.99)) / 50),
    ("1 + 0.01 * sin(500 * x)", MAXIMUM, 0.0, 1.01),
    ("1 + 0.01 * sin(500 * x)", FIRST_ABOVE, 1.0099, math.asin(0.99) / 500),
    ("exp(40 * x)", AREA, 0.0, math.expm1(40.0) / 40),
    ("exp(40 * x)", MAXIMUM, 0.0, math.exp(40.0)),
    ("exp(40 * x)", FIRST_ABOVE, 1e9, math.log(1e9) / 40),
    ("exp(-40 * x)", AREA, 0.0, -math.expm1(-40.0) / 40),
    ("exp(-40 * x)", MINIMUM, 0.0, math.exp(-40.0)),
    ("exp(-40 * x)", FIRST_BELOW, 1e-9, math.log(1e9) / 40),
    ("x^60 / (0.6^60 + x^60)", AREA, 0.0, hill_area(60, 0.6)),
    ("x^60 / (0.6^60 + x^60)", FIRST_ABOVE, 0.1, hill_time(60, 0.6, 0.1)),
    # h (1 - h) of the same h: a quarter where x = 0.6, and 0.2499 where h = 0.49.
    ("x^60 * 0.6^60 / (0.6^60 + x^60)^2", MAXIMUM, 0.0, 0.25),
    ("x^60 * 0.6^60 / (0.6^60 + x^60)^2", FIRST_ABOVE, 0.2499, hill_time(60, 0.6, 0.49)),
]


@pytest.mark.parametrize("rtol", TOLERANCES)
@pytest.mark.parametrize(("output", "kind", "level", "right"), KNOWN)
def test_an_output_that_changes_faster_than_the_states(output, kind, level, right, rtol):
    found = endpoint(output, kind, level=level, rtol=rtol)
    # What the halves of a wave leave of each other is small against their areas.
    size = 2 / math.pi if output.startswith("sin") and kind == AREA else abs(right)
    assert found == pytest.approx(right, rel=0, abs=3 * rtol * size)


@pytest.mark.parametrize("scale", [1e-25, 1e-12, 1e12, 1e23])
def test_the_unit_of_an_output_does_not_matter(scale):
    plain = [endpoint("sin(50 * x)", kind, rtol=1e-4) for kind in (AREA, MAXIMUM, MINIMUM)]
    output = f"{scale!r} * sin(50 * x)"
    scaled = [endpoint(output, kind, rtol=1e-4) for kind in (AREA, MAXIMUM, MINIMUM)]
    assert scaled == pytest.approx(scale * np.array(plain), rel=1e-9)


def test_an_interval_inside_a_run():
    inside = {"begin": 0.3, "end": 0.7, "rtol": 1e-6}
    area = (math.cos(15.0) - math.cos(35.0)) / 50
    assert endpoint("sin(50 * x)", AREA, **inside) == pytest.approx(area, abs=1e-6)
    turn = math.asin(0.95)
    first = (2 * math.pi * 3 + turn) / 50  # the third wave began before 0.3
    assert endpoint("sin(50 * x)", FIRST_ABOVE, level=0.95, **inside) == pytest.approx(first)


def test_a_reported_value_that_is_not_smooth():
    """Steps do not end where a rounded value jumps, or an absolute value turns."""
    assert endpoint("floor(7 * x)", AREA, rtol=1e-6) == pytest.approx(3.0, rel=1e-5)
    assert endpoint("floor(7 * x)", FIRST_ABOVE, level=2.5) == pytest.approx(3 / 7, abs=1e-9)
    assert endpoint("abs(x - 0.3)", AREA, rtol=1e-6) == pytest.approx(0.29, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wave_that_cannot_be_followed_ends(kind):
    """Pieces do not become endlessly small."""
    endpoint("sin(1e9 * x)", kind, level=0.5)


def test_steps_do_not_depend_on_what_is_reduced():
    kernel = fast("sin(w * x)")
    table = np.linspace(1.0, 400.0, 20)[:, None]

    def run(*reductions):
        task = Task(0.0, 1.0, outputs=["fast", "x"], reductions=reductions)
        return kernel.run(task, 20, varied=["w"], table=table)

    bare = run(Reduction(MAXIMUM, "x", 0.0, 1.0))
    full = run(*over(0.0, 1.0, *KINDS, output="fast", level=0.5))
    assert (full.steps == bare.steps).all()
    assert same_bits(full.final, bare.final)


def test_a_row_does_not_depend_on_its_company_nor_an_endpoint_on_others():
    kernel = fast("sin(w * x)")
    table = np.linspace(1.0, 400.0, 20)[:, None]
    reductions = over(0.0, 1.0, *KINDS, output="fast", level=0.5)

    def run(reductions, table):
        task = Task(0.0, 1.0, outputs=["fast"], reductions=reductions)
        return kernel.run(task, len(table), varied=["w"], table=table)

    together = run(reductions, table)
    assert (together.status == OK).all()
    for i in (0, 7, 19):
        assert same_bits(run(reductions, table[i : i + 1]).reduced, together.reduced[i : i + 1])
    for e, one in enumerate(reductions):
        assert same_bits(run([one], table).reduced[:, 0], together.reduced[:, e])
