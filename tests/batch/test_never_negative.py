"""What the form of an expression tells of its sign."""

import pytest

from il15_sim.batch.compile.emit import never_negative
from il15_sim.batch.equations.expression import Expressions


@pytest.fixture
def e():
    return Expressions()


def test_forms_that_show_it(e):
    x, two = e.state(0), e.constant(2.0)
    cut = e.max(e.constant(0.0), x)
    for node in (two, cut, e.add(cut, two), e.mul(cut, two), e.min(cut, two), e.call("exp", x)):
        assert never_negative(e, node)


def test_forms_that_do_not(e):
    x, cut = e.state(0), e.max(e.constant(0.0), e.state(0))
    for node in (
        x,
        e.constant(-1.0),
        e.add(cut, x),
        e.min(cut, x),
        e.neg(cut),
        e.div(e.constant(1.0), cut),
    ):
        assert not never_negative(e, node)


def test_long_sums_and_repeated_squares_take_no_time(e):
    total, power = e.call("abs", e.state(0)), e.call("abs", e.state(1))
    for i in range(3000):
        total = e.add(total, e.call("abs", e.state(i)))
        power = e.mul(power, power) if i < 60 else power
    assert never_negative(e, e.mul(total, power))
