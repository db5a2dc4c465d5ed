"""Compiled conditions on states: what holds, where it changes, and what their modes decide."""

import functools

import numpy as np
import pytest

from il15_sim.batch.compile.methods import METHODS
from il15_sim.batch.drive.layout import LANES
from il15_sim.batch.equations.system import read_system
from tests.batch.compiled_calls import Compiled
from tests.batch.sbml_text import (
    compartment,
    function,
    model,
    parameter,
    rate,
    reaction,
    rule,
    species,
)


def with_rule(formula, *more):
    """x' = p, y' = 1, with p by a formula of x, y, time and the parameter k."""
    changing = [parameter(name, 1, constant=False) for name in "xy"]
    ruled = [parameter("p", constant=False), rule("p", formula)]
    return model(*changing, rate("x", "p"), rate("y", "1"), parameter("k", 2), *ruled, *more)


FLAG = [parameter("r", constant=False), rule("r", "piecewise(1, x > k, 0)")]
LARGER = function("larger", "lambda(a, b, piecewise(a, a > b, b))")

#: A model; for each condition, by the order of the formula, the function that is negative where
#: it holds; and p. Both of x, y, time t and k at a point v, and the truth m of the conditions.
CASES = {
    "one": (
        with_rule("piecewise(2, x > k, 5)"),
        [lambda v, m: v.k - v.x],
        lambda v, m: np.where(m[0], 2, 5),
    ),
    "and": (
        with_rule("piecewise(2, x > k && y^2 < 3, 5)"),
        [lambda v, m: v.k - v.x, lambda v, m: v.y**2 - 3],
        lambda v, m: np.where(m[0] & m[1], 2, 5),
    ),
    "or, not": (
        with_rule("piecewise(2, !(x > k || y <= x), 5)"),
        [lambda v, m: v.k - v.x, lambda v, m: v.x - v.y],
        lambda v, m: np.where(~m[0] & m[1], 2, 5),
    ),
    "xor": (
        with_rule("piecewise(x, xor(x > k, y > 1), y)"),
        [lambda v, m: v.k - v.x, lambda v, m: 1 - v.y],
        lambda v, m: np.where(m[0] ^ m[1], v.x, v.y),
    ),
    "implies": (
        with_rule("piecewise(2, implies(x > k, y > 1), 5)"),
        [lambda v, m: v.k - v.x, lambda v, m: 1 - v.y],
        lambda v, m: np.where(~m[0] | m[1], 2, 5),
    ),
    "a chain": (
        with_rule("piecewise(2, 1 < x < k, 5)"),
        [lambda v, m: 1 - v.x, lambda v, m: v.x - v.k],
        lambda v, m: np.where(m[0] & m[1], 2, 5),
    ),
    "a piecewise in a piecewise": (
        with_rule("piecewise(piecewise(1, y > 1, x), x > k, 3*k)"),
        [lambda v, m: 1 - v.y, lambda v, m: v.k - v.x],
        lambda v, m: np.where(m[1], np.where(m[0], 1, v.x), 3 * v.k),
    ),
    "a piecewise in a comparison": (
        with_rule("piecewise(1, piecewise(x, y > 1, k*x) < 3, 0)"),
        [lambda v, m: 1 - v.y, lambda v, m: np.where(m[0], v.x, v.k * v.x) - 3],
        lambda v, m: np.where(m[1], 1, 0),
    ),
    "both sides of one boundary": (
        with_rule("piecewise(1, x < k, 2, x >= k)"),
        [lambda v, m: v.x - v.k],
        lambda v, m: np.where(m[0], 1, 2),
    ),
    "a function": (
        with_rule("larger(x, larger(k, y))", LARGER),
        [lambda v, m: v.y - v.k, lambda v, m: np.where(m[0], v.k, v.y) - v.x],
        lambda v, m: np.where(m[1], v.x, np.where(m[0], v.k, v.y)),
    ),
    "a flag by another rule": (
        with_rule("piecewise(2*x, r == 1 && r != 0, 3)", *FLAG),
        [lambda v, m: v.k - v.x],
        lambda v, m: np.where(m[0], 2 * v.x, 3),
    ),
    "a flag as a condition": (
        with_rule("piecewise(2, r, 3) + piecewise(0, r > 0.5, 4)", *FLAG),
        [lambda v, m: v.k - v.x],
        lambda v, m: np.where(m[0], 2, 7),
    ),
    "numbers": (
        with_rule("(x > k) + 2*(y > 1)"),
        [lambda v, m: v.k - v.x, lambda v, m: 1 - v.y],
        lambda v, m: 1.0 * m[0] + 2.0 * m[1],
    ),
    "time and a state": (
        with_rule("piecewise(1, x > 3*time - k, 0)"),
        [lambda v, m: 3 * v.t - v.k - v.x],
        lambda v, m: np.where(m[0], 1, 0),
    ),
    "beside time and parameters": (
        with_rule("piecewise(1, k > 2 && time < 1 && x > 1, 0)"),
        [lambda v, m: 1 - v.x],
        lambda v, m: np.where((v.k > 2) & (v.t < 1) & m[0], 1, 0),
    ),
    "a prepared side": (
        with_rule("piecewise(1, exp(k)/3 < x*y, 0)"),
        [lambda v, m: np.exp(v.k) / 3 - v.x * v.y],
        lambda v, m: np.where(m[0], 1, 0),
    ),
    "a function with a condition inside": (  # of no state's comparison: arcsinh is made of some
        with_rule("arcsinh(x - 1) + piecewise(1, x - 1 < 0, 2)"),
        [lambda v, m: v.x - 1],
        lambda v, m: np.arcsinh(v.x - 1) + np.where(m[0], 1, 2),
    ),
    "a concentration": (
        model(
            *(compartment("c", 4), species("x", "c", amount=3), species("y", "c", amount=1)),
            *(parameter("k", 2), parameter("p", constant=False)),
            rule("p", "piecewise(x, x > k, y)"),
            reaction("J", "c * p", [], ["x", "y"]),
        ),
        [lambda v, m: v.k - v.x / 4],
        lambda v, m: np.where(m[0], v.x / 4, v.y / 4),
    ),
}


class Point:
    """Random values of x, y, t and k, one per lane."""

    def __init__(self, rng):
        self.x, self.y, self.k = rng.uniform(0, 3, (3, LANES))
        self.t = rng.uniform(0, 2, LANES)

    def arrays(self, compiled):
        """States with time, parameters and time as the compiled functions take them."""
        given = {"x": self.x, "y": self.y, "k": self.k, "c": np.full(LANES, 4.0)}
        y = [given[s] for s in compiled.system.states]
        if compiled.program.size > len(y):
            y.append(self.t)
        p = [given[s] for s in compiled.system.parameters]
        return np.array(y), np.array(p), self.t[None].copy()


@functools.cache
def compiled_case(name):
    return Compiled(read_system(CASES[name][0]), ["p"])


@pytest.mark.parametrize("name", CASES)
def test_what_holds_and_where_it_changes(name):
    _, roots, value = CASES[name]
    compiled = compiled_case(name)
    assert compiled.program.conditions == len(roots)
    rng = np.random.default_rng(1)
    seen = np.zeros((len(roots), 2), bool)
    for _ in range(20):
        v = Point(rng)
        y, p, t = v.arrays(compiled)
        q = compiled.prepared(p)
        compiled.compare(y, p, q)
        truth = []
        for root in roots:  # those that others depend on come first
            truth.append(root(v, truth) < 0)
        assert (compiled.modes(q) == np.array(truth, float)).all()
        seen[:, 0] |= np.any(truth, axis=1)
        seen[:, 1] |= ~np.all(truth, axis=1)

        gaps, out = np.full((len(roots), LANES), np.nan), np.full((1, LANES), np.nan)
        compiled.roots(y, p, q, gaps)
        expected = np.array([root(v, truth) for root in roots])
        assert gaps == pytest.approx(expected, rel=1e-12, abs=1e-13)
        compiled.outputs(y, p, q, t, out)
        assert out[0] == pytest.approx(value(v, truth), rel=1e-12)
    assert seen.all()  # every condition was seen to hold and not to hold


@pytest.mark.parametrize("name", CASES)
def test_modes_decide_and_not_the_states(name):
    """With any modes: rates, reported values and the root functions of other conditions."""
    _, roots, value = CASES[name]
    compiled = compiled_case(name)
    rng = np.random.default_rng(2)
    for _ in range(20):
        v = Point(rng)
        y, p, t = v.arrays(compiled)
        q = compiled.prepared(p)
        truth = rng.random((len(roots), LANES)) < 0.5
        compiled.modes(q)[:] = truth
        given = q.copy()
        f, out = np.zeros_like(y), np.full((1, LANES), np.nan)
        compiled.slope(y, p, q, f)
        compiled.outputs(y, p, q, t, out)
        expected = value(v, truth)
        scale = 4.0 if name == "a concentration" else 1.0
        assert f[0] == pytest.approx(scale * expected, rel=1e-12, abs=1e-14)
        assert out[0] == pytest.approx(expected, rel=1e-12, abs=1e-14)

        gaps = np.full((len(roots), LANES), np.nan)
        compiled.roots(y, p, q, gaps)
        right = np.array([root(v, truth) for root in roots])
        assert gaps == pytest.approx(right, rel=1e-12, abs=1e-13)

        # Inside a step that begins and ends at y, with stages of zero, everything stays.
        d, share = np.zeros((3 * 3, LANES)), rng.random((1, LANES))
        compiled.inside(y, y, d, share, p, q, np.zeros_like(y), t, out)
        assert out[0] == pytest.approx(expected, rel=1e-12, abs=1e-14)
        assert np.array_equal(q, given)


@pytest.mark.parametrize("mode", [0.0, 1.0])
def test_the_jacobian_is_that_of_the_branch(mode):
    """x' = -k1 x above a level and -k2 x^2 below: the states are on both sides, the mode on one."""
    parts = [parameter("x", 1, constant=False), parameter("k1", 3), parameter("k2", 5)]
    law = "piecewise(-k1*x, x > 1, -k2*x^2)"
    compiled = Compiled(read_system(model(*parts, rate("x", law))))
    x = np.linspace(0.5, 1.5, LANES)
    y, p = x[None].copy(), np.repeat([[3.0], [5.0]], LANES, axis=1)
    q = compiled.prepared(p)
    compiled.modes(q)[:] = mode
    g, f, m = np.full((1, LANES), 7.0), np.zeros((1, LANES)), np.zeros((1, LANES))
    compiled.factor(y, p, q, g, f, m)
    slope, jacobian = (-3 * x, -3 + 0 * x) if mode else (-5 * x**2, -10 * x)
    assert f[0] == pytest.approx(slope, rel=1e-14)
    compiled.solve(m, f)
    assert f[0] == pytest.approx(slope / (7 - jacobian), rel=1e-14)


def test_a_root_below_an_empty_state_is_zero_and_no_comparison_with_nothing():
    parts = [parameter("x", 1, constant=False), rate("x", "piecewise(1, sqrt(x) < 1, 2)")]
    compiled = Compiled(read_system(model(*parts)))
    y = np.full((1, LANES), -1e-18)
    p = np.zeros((0, LANES))
    q, gap = compiled.prepared(p), np.full((1, LANES), np.nan)
    compiled.compare(y, p, q)
    compiled.roots(y, p, q, gap)
    assert (compiled.modes(q) == 1).all()
    assert (gap == -1).all()


# Points inside a step


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("states", [1, 2, 7])
def test_points_inside_a_step_are_those_of_the_dense_output(method, states):
    """(1 - s) y + s (z + (1 - s) (d_1 + s (d_2 + s d_3))), with d_r = sum_j h_rj k_j."""
    made = [parameter(f"x{i}", 1, constant=False) for i in range(states)]
    rates = [rate(f"x{i}", f"-x{(i + 1) % states}") for i in range(states)]
    compiled = Compiled(read_system(model(*made, *rates)), method=METHODS[method])
    assert compiled.program.size == states
    rng = np.random.default_rng(3)
    y, z, w = rng.normal(size=(3, states, LANES))
    k = rng.normal(size=(METHODS[method].stages * states, LANES))
    s = rng.random((1, LANES))
    s[0, :2] = 0, 1
    compiled.interior(y, z, k, s, w)
    stages = k.reshape(METHODS[method].stages, states, LANES)
    inner = sum(
        s**r * np.einsum("j,jil->il", np.array(row), stages)
        for r, row in enumerate(METHODS[method].h)
    )
    assert w == pytest.approx((1 - s) * y + s * (z + (1 - s) * inner), rel=1e-12, abs=1e-12)
    assert np.array_equal(w[:, 0], y[:, 0])
    assert np.array_equal(w[:, 1], z[:, 1])


@pytest.mark.parametrize("method", METHODS)
def test_points_inside_a_step_of_a_model_with_time(method):
    """The time of conditions is the last entry: it runs evenly through the step."""
    parts = [parameter("x", 0, constant=False), parameter("z", 0, constant=False)]
    laws = [rate("x", "cos(time)"), rate("z", "piecewise(1, x > time, 0)")]
    compiled = Compiled(read_system(model(*parts, *laws)), method=METHODS[method])
    assert compiled.program.size == 3
    p = np.zeros((0, LANES))
    t0, h = np.linspace(0, 5, LANES), 0.01
    y = np.array([np.sin(t0), 0 * t0, t0])
    q = compiled.prepared(p)
    compiled.compare(y, p, q)
    z, k = compiled.step(y, p, q, h)
    for share in (0.0, 0.3, 0.9, 1.0):
        s, w = np.full((1, LANES), share), np.full_like(y, np.nan)
        compiled.interior(y, z, k, s, w)
        # The coefficients of the dense output are large and cancel for an even course.
        assert w[2] == pytest.approx(t0 + share * h, rel=4e-16, abs=1e-13 * h)
        assert w[0] == pytest.approx(np.sin(t0 + share * h), abs=1e-10)


def test_a_condition_on_time_and_a_state_makes_time_a_state():
    """Also where only a reported value depends on it."""
    with_time = read_system(
        model(
            *(parameter("x", 1, constant=False), rate("x", "-x")),
            *(parameter("p", constant=False), rule("p", "piecewise(1, x < time, 0)")),
        )
    )
    without = read_system(
        model(
            *(parameter("x", 1, constant=False), rate("x", "-x")),
            *(parameter("p", constant=False), rule("p", "piecewise(1, x < 0.5, 0) + time")),
        )
    )
    assert Compiled(with_time).program.size == 2
    assert Compiled(without).program.size == 1
