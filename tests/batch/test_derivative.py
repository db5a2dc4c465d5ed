"""Derivatives: against sympy, and by hand where a function is not smooth."""

import cmath
import math
import time

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim.batch.equations.derivative import TIME, gradients
from il15_sim.batch.equations.expression import Expressions
from tests.batch.random_terms import build, terms

X = sympy.symbols("x0:3")
K = sympy.symbols("k0:2")
T = sympy.Symbol("t")
SYMPY = {
    "add": sympy.Add,
    "mul": sympy.Mul,
    "pow": sympy.Pow,
    "sub": lambda a, b: a - b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
}
inside = st.floats(0.1, 3).map(lambda x: round(x, 2))


def symbolic(term):
    kind, *rest = term
    if kind == "constant":
        return sympy.Rational(rest[0])
    if kind == "time":
        return T
    if kind in ("state", "parameter"):
        return (X if kind == "state" else K)[rest[0]]
    operands = [symbolic(t) for t in rest]
    return SYMPY.get(kind, getattr(sympy, kind, None))(*operands)


def value(expressions, node, states=(), parameters=(), at=0.0):
    return float(expressions.evaluate([node], states, parameters, at)[0])


@settings(max_examples=80, deadline=None)
@given(
    terms(),
    st.lists(inside, min_size=3, max_size=3),
    st.lists(inside, min_size=2, max_size=2),
    inside,
)
def test_derivatives_are_those_of_sympy(term, states, parameters, at):
    expressions = Expressions()
    (gradient,) = gradients(expressions, [build(expressions, term)])
    formula = symbolic(term)
    point = dict(zip([*X, *K, T], [*states, *parameters, at], strict=True))
    for index, variable in [*enumerate(X), (TIME, T)]:
        told = sympy.diff(formula, variable).evalf(30, subs=point)
        if not told.is_number or told.has(sympy.zoo, sympy.nan):
            continue  # a power of nothing, which has no derivative
        expected = complex(told)
        if not cmath.isfinite(expected) or expected.imag or abs(expected) > 1e8:
            continue
        if not sympy.im(formula.evalf(subs=point)).is_zero:
            continue
        node = gradient.get(index)
        found = 0.0 if node is None else value(expressions, node, states, parameters, at)
        if math.isfinite(found):  # sympy knows limits, such as of 0 / 0
            assert found == pytest.approx(expected.real, rel=1e-8, abs=1e-8)


@pytest.fixture
def e():
    return Expressions()


def slope(e, node, x, *parameters):
    """d(node)/d(state 0) at a value of state 0."""
    (gradient,) = gradients(e, [node])
    return value(e, gradient.get(0, e.constant(0)), [x, 2.0], parameters)


@pytest.mark.parametrize(
    ("exponent", "at_zero"), [(1.0, 1.0), (1.5, 0.0), (2.0, 0.0), (3.0, 0.0), (9.5, 0.0)]
)
@pytest.mark.parametrize("given_as", ["number", "parameter"])
def test_a_hill_law_has_its_slope_at_zero(e, exponent, at_zero, given_as):
    x = e.state(0)
    n = e.constant(exponent) if given_as == "number" else e.parameter(0)
    top = e.pow(x, n)
    law = e.div(top, e.add(e.constant(1.0), top))
    # x^n / (1 + x^n) has the slope n x^(n-1) / (1 + x^n)^2.
    assert slope(e, law, 0.0, exponent) == pytest.approx(at_zero, abs=1e-12)
    expected = exponent * 0.7 ** (exponent - 1) / (1 + 0.7**exponent) ** 2
    assert slope(e, law, 0.7, exponent) == pytest.approx(expected)


@pytest.mark.parametrize("exponent", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("given_as", ["number", "parameter"])
def test_a_root_has_a_large_but_finite_slope_at_zero(e, exponent, given_as):
    n = e.constant(exponent) if given_as == "number" else e.parameter(0)
    root = e.pow(e.state(0), n)
    at_zero = slope(e, root, 0.0, exponent)
    assert at_zero == pytest.approx(exponent * 1e-30 ** (exponent - 1))
    assert slope(e, root, 4.0, exponent) == pytest.approx(exponent * 4 ** (exponent - 1))


def test_an_even_power_by_parameter_keeps_its_sign_below_zero(e):
    assert slope(e, e.pow(e.state(0), e.parameter(0)), -3.0, 2.0) == pytest.approx(-6.0)


def test_a_varying_exponent_has_no_logarithm_to_take_at_zero(e):
    power = e.pow(e.parameter(0), e.state(0))
    assert slope(e, power, 2.0, 3.0) == pytest.approx(9 * math.log(3))
    assert slope(e, power, 2.0, 0.0) == 0


def test_the_branch_that_is_taken_counts(e):
    x, y, one = e.state(0), e.state(1), e.constant(1)
    square = e.mul(x, x)
    assert [slope(e, e.call("abs", x), at) for at in (-2, 3)] == [-1, 1]
    assert [slope(e, e.min(square, y), at) for at in (1, 3)] == [2, 0]
    assert [slope(e, e.max(square, y), at) for at in (1, 3)] == [0, 6]
    piece = e.select(e.compare("lt", x, one), square, y)
    assert [slope(e, piece, at) for at in (0.5, 3)] == [1, 0]
    guarded = e.select(e.compare("lt", e.constant(0), x), e.call("log", x), y)
    assert [slope(e, guarded, at) for at in (0.5, 0.0)] == [2, 0]  # not 0 times infinity


@pytest.mark.parametrize("name", ["floor", "ceil"])
def test_steps_are_flat(e, name):
    assert gradients(e, [e.mul(e.call(name, e.state(0)), e.state(1))]) == [
        {1: e.call(name, e.state(0))}
    ]


def test_only_what_is_not_zero_is_there(e):
    x, k, t = e.state(0), e.parameter(0), e.time()
    found = gradients(e, [k, e.add(e.mul(k, x), t), e.compare("lt", x, k)])
    assert found == [{}, {0: k, TIME: e.constant(1)}, {}]


def test_a_long_sum_is_no_deep_recursion(e):
    total = e.constant(0)
    for i in range(5000):
        total = e.mul(e.add(total, e.state(0)), e.parameter(i % 2))
    begin = time.perf_counter()
    (gradient,) = gradients(e, [total])
    assert time.perf_counter() - begin < 5
    assert list(gradient) == [0]
