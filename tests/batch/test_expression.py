"""Expressions: what they share, what they leave out, and that both change no value."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim.batch.equations.expression import Expressions
from tests.batch.random_terms import SMOOTH, build, terms

MEANING = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "pow": np.power,
    "min": np.minimum,
    "max": np.maximum,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
}
EVERY = terms(
    functions=[*SMOOTH, "abs", "floor", "ceil"],
    pairs=("add", "sub", "mul", "div", "pow", "min", "max"),
)
values = st.floats(-4, 4).map(lambda x: round(x, 3))


def plainly(term, states, parameters, time):
    """The value of a formula as it is written, and whether all values on the way are finite."""
    kind, *rest = term
    if kind == "constant":
        return rest[0], True
    if kind == "time":
        return time, True
    if kind in ("state", "parameter"):
        return {"state": states, "parameter": parameters}[kind][rest[0]], True
    operands, finite = zip(*(plainly(t, states, parameters, time) for t in rest), strict=True)
    with np.errstate(all="ignore"):
        value = MEANING.get(kind, getattr(np, kind, None))(*map(np.float64, operands))
    return value, all(finite) and bool(np.isfinite(value))


@given(
    EVERY,
    st.lists(values, min_size=3, max_size=3),
    st.lists(values, min_size=2, max_size=2),
    values,
)
def test_simplified_formulas_keep_their_value(term, states, parameters, time):
    expressions = Expressions()
    node = build(expressions, term)
    expected, finite = plainly(term, states, parameters, time)
    if finite:
        (found,) = expressions.evaluate([node], states, parameters, time)
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(EVERY)
def test_the_same_formula_is_the_same_node(term):
    expressions = Expressions()
    node = build(expressions, term)
    size = len(expressions)
    assert build(expressions, term) == node
    assert len(expressions) == size


@given(EVERY)
def test_operands_come_before_their_users(term):
    expressions = Expressions()
    build(expressions, term)
    for node, operands in enumerate(expressions.args):
        assert all(a < node for a in operands)


@pytest.fixture
def e():
    return Expressions()


def test_simplifications(e):
    x, y, zero, one = e.state(0), e.parameter(0), e.constant(0), e.constant(1)
    assert e.add(x, zero) == e.add(zero, x) == e.sub(x, zero) == x
    assert e.mul(x, one) == e.mul(one, x) == e.div(x, one) == x
    assert e.mul(x, zero) == e.sub(x, x) == zero
    assert e.sub(zero, x) == e.mul(x, e.constant(-1)) == e.neg(x)
    assert e.neg(e.neg(x)) == x
    assert e.add(x, e.neg(y)) == e.sub(x, y)
    assert e.add(x, y) == e.add(y, x)
    assert e.sub(x, y) != e.sub(y, x)
    assert e.pow(x, zero) == one
    assert e.pow(x, one) == x
    assert e.pow(x, e.constant(2)) == e.mul(x, x)
    assert e.pow(x, e.constant(-1)) == e.div(one, x)
    assert e.pow(x, e.constant(0.5)) == e.call("sqrt", x)
    assert e.ops[e.pow(x, e.constant(9))] == e.ops[e.pow(x, e.constant(1.5))] == "pow"
    assert e.ops[e.div(x, x)] == "div"  # at 0 it is not 1


def test_a_large_power_takes_few_multiplications(e):
    node = e.pow(e.state(0), e.constant(8))
    assert [e.ops[n] for n in e.reachable([node])] == ["state", "mul", "mul", "mul"]


def test_constants_are_told_apart_by_their_bits(e):
    assert e.constant(math.nan) == e.constant(math.nan)
    assert e.constant(0.0) != e.constant(-0.0)
    assert math.isnan(e.data[e.call("log", e.constant(-1))])
    assert e.data[e.div(e.constant(1), e.constant(0))] == math.inf
    assert e.data[e.pow(e.constant(0), e.constant(0))] == 1


def test_conditions_that_are_known_are_gone(e):
    x = e.state(0)
    less = e.compare("lt", x, e.constant(1))
    yes = e.compare("lt", e.constant(1), e.constant(2))
    no = e.logic("not", yes)
    assert e.select(yes, x, less) == e.select(no, less, x) == x
    assert e.logic("and", yes, less) == e.logic("or", less, no) == less
    assert e.logic("and", less, no) == no
    assert e.logic("or", yes, less) == yes
    assert e.logic("not", e.logic("not", less)) == less
    assert e.select(e.logic("not", less), x, yes) == e.select(less, yes, x)
    assert e.select(less, x, x) == x
    assert e.is_condition(less)
    assert e.is_condition(yes)
    assert not e.is_condition(x)
    assert not e.is_condition(e.constant(1))


def test_conditions_have_the_values_of_logic(e):
    a, b = e.state(0), e.state(1)
    low, high = e.compare("lt", a, b), e.compare("le", b, a)
    same, other = e.compare("eq", a, b), e.compare("ne", a, b)
    either = e.logic("or", same, low)
    nodes = [low, high, same, other, either, e.select(low, a, b)]
    found = e.evaluate(nodes, [[1, 2, 3], [2] * 3], [], 0)
    rows = [[1, 0, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 1, 0], [1, 2, 2]]
    for row, expected in zip(found, rows, strict=True):
        assert row.tolist() == expected


def test_what_varies(e):
    x, k, t = e.state(0), e.parameter(0), e.time()
    assert [e.varies(n) for n in (x, k, t, e.add(x, k), e.mul(k, k))] == [1, 0, 1, 1, 0]
    both = e.mul(x, t)
    assert (e.reads_state(both), e.reads_time(both)) == (True, True)
    assert (e.reads_state(t), e.reads_time(x)) == (False, False)


def test_values_broadcast(e):
    node = e.add(e.mul(e.state(1), e.parameter(0)), e.time())
    (found,) = e.evaluate([node], np.arange(6.0).reshape(2, 3), [10.0], np.zeros((4, 1)))
    assert found.tolist() == [[30.0, 40.0, 50.0]] * 4


def test_names_that_are_no_operation(e):
    with pytest.raises(KeyError, match="gamma"):
        e.call("gamma", e.state(0))
    with pytest.raises(KeyError, match="gt"):
        e.compare("gt", e.state(0), e.time())
    with pytest.raises(KeyError, match="xor"):
        e.logic("xor", e.truth(True), e.truth(False))


def test_a_located_comparison_is_a_node_of_its_own():
    e = Expressions()
    x, k = e.state(0), e.parameter(0)
    plain, located = e.compare("lt", x, k), e.located(x, k)
    assert plain != located == e.located(x, k)
    assert e.is_located(located)
    assert not e.is_located(plain)
    assert e.is_condition(located)
    for value in (1.0, 2.0, 3.0):
        found = e.evaluate([plain, located], [value], [2.0], 0)
        assert bool(found[0]) is bool(found[1]) is (value < 2)


def test_what_ends_depend_on_is_not_reached():
    e = Expressions()
    x, y, k = e.state(0), e.state(1), e.parameter(0)
    end = e.located(x, k)
    node = e.select(end, y, k)
    assert e.reachable([node]) == [x, y, k, end, node]
    assert e.reachable([node], {end}) == [y, k, end, node]
    assert e.reachable([end], {end}) == [end]
