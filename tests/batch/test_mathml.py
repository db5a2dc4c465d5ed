"""The elements of MathML: against mpmath, and by the tables of logic."""

import math
from fractions import Fraction

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.equations.functions import OF_MANY, OF_ONE, OF_TWO
from il15_sim.batch.equations.system import read_system
from tests.batch.sbml_text import model, parameter, rule

ORACLES = {
    "abs": abs,
    "ceiling": mpmath.ceil,
    "floor": mpmath.floor,
    "ln": mpmath.log,
    "minus": lambda x: -x,
    "exp": mpmath.exp,
}
# The inverse functions of mpmath have shorter names.
ORACLES |= {
    name: getattr(mpmath, name.replace("arc", "a"))
    for name in OF_ONE
    if hasattr(mpmath, name.replace("arc", "a"))
}
FRACTIONS = {
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "log": lambda base, a: mpmath.log(a) / mpmath.log(base),
    "root": lambda degree, a: a ** (1 / degree),
    "minus": lambda a, b: a - b,
}
WHOLE = {"quotient": lambda a, b: math.trunc(Fraction(a, b)), "rem": math.fmod}
# Values of all sizes: an inverse function made of logarithms loses its digits at small ones.
sizes = st.builds(
    lambda s, x, e: s * x * 10.0**e, st.sampled_from([-1, 1]), st.floats(1, 10), st.integers(-12, 2)
)


def exact(function, *x):
    """The value by mpmath with 50 digits, NaN outside the real numbers."""
    with mpmath.workdps(50):
        try:
            value = function(*map(mpmath.mpf, x))
        except (ValueError, ZeroDivisionError, OverflowError):
            return math.nan
        return math.nan if isinstance(value, mpmath.mpc) else float(value)


def test_every_function_has_an_oracle():
    assert set(ORACLES) == set(OF_ONE)
    assert {*FRACTIONS, *WHOLE} == set(OF_TWO)


@pytest.mark.parametrize("name", OF_ONE)
@given(x=sizes)
def test_functions_of_one_number(name, x):
    e = Expressions()
    (found,) = e.evaluate([OF_ONE[name](e, e.state(0))], [x], [], 0)
    expected = exact(ORACLES[name], x)
    # What a rounding of the argument alone does: next to a pole nothing can be better.
    near = [exact(ORACLES[name], x * (1 + s * 2**-50)) for s in (-1, 1)]
    slack = max([abs(n - expected) for n in near if math.isfinite(n)], default=0)
    assert found == pytest.approx(expected, rel=1e-14, abs=slack + 1e-300, nan_ok=True)


@pytest.mark.parametrize("name", FRACTIONS)
@given(a=st.floats(0.1, 50), b=st.floats(0.1, 5))
def test_functions_of_two_numbers(name, a, b):
    e = Expressions()
    (found,) = e.evaluate([OF_TWO[name](e, e.state(0), e.state(1))], [a, b], [], 0)
    expected = exact(FRACTIONS[name], a, b)
    assume(math.isfinite(expected))  # no logarithm has the base 1
    near = [exact(FRACTIONS[name], a * (1 + s * 2**-50), b) for s in (-1, 1)]
    slack = max([abs(n - expected) for n in near if math.isfinite(n)], default=0)
    assert found == pytest.approx(expected, rel=1e-13, abs=slack, nan_ok=True)


@pytest.mark.parametrize("name", WHOLE)
@given(a=st.integers(-500, 500), b=st.integers(-50, 50).filter(bool))
def test_functions_of_two_whole_numbers(name, a, b):
    e = Expressions()
    (found,) = e.evaluate([OF_TWO[name](e, e.state(0), e.state(1))], [a, b], [], 0)
    assert found == WHOLE[name](a, b)


def test_functions_of_any_number_of_numbers():
    assert set(OF_MANY) == {"plus", "times", "min", "max"}
    assert value("plus() + times()") == 1
    assert value("plus(4) + times(5)") == 9
    assert value("plus(1, 2, 3) * times(2, 3, 4)") == 144
    assert value("min(3, 1, 2) * max(3, 1, 2)") == 3


@pytest.mark.parametrize(
    ("a", "b", "quotient", "rest"),
    [(7, 2, 3, 1), (-7, 2, -3, -1), (7, -2, -3, 1), (-7, -2, 3, -1), (6, 2, 3, 0)],
)
def test_division_of_whole_numbers_goes_towards_zero(a, b, quotient, rest):
    assert value(f"quotient({a}, {b})") == quotient
    assert value(f"rem({a}, {b})") == rest


def value(formula, at=0.0, **parameters):
    """The value of a formula of parameters as an assignment rule has it."""
    made = [parameter(name, number) for name, number in parameters.items()]
    system = read_system(model(*made, parameter("it", constant=False), rule("it", formula)))
    (found,) = system.expressions.evaluate(
        [system.values["it"]], [], list(system.parameter_values), at
    )
    return float(found)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("log10(1000)", 3),
        ("log(2, 8)", 3),
        ("ln(exponentiale)", 1),
        ("cos(pi)", -1),
        ("avogadro", 6.02214179e23),
        ("factorial(5)", 120),
        ("1.5e-9", 1.5e-9),
        ("(1/3)", 1 / 3),
        ("root(3, 8)", 2),
        ("infinity", math.inf),
        ("notanumber", math.nan),
        ("<cn type='e-notation'> 1.5 <sep/> -9 </cn>", 1.5e-9),
        ("<cn type='rational'> 1 <sep/> 3 </cn>", 1 / 3),
        ("<cn type='rational'> 1 <sep/> 0 </cn>", math.nan),
        ("<cn type='integer'> -12 </cn>", -12),
        ("<semantics><cn>3</cn><annotation encoding='x'>y</annotation></semantics>", 3),
        ("<apply><minus/><cn>3</cn></apply>", -3),
        ("<apply><root/><cn>9</cn></apply>", 3),
        ("<apply><log/><cn>100</cn></apply>", 2),
    ],
)
def test_numbers_and_constants(formula, expected):
    assert value(formula) == pytest.approx(expected, rel=4e-16, abs=0, nan_ok=True)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("x < 2 && 2 <= 2", 1),
        ("x > 2 || 2 >= 3", 0),
        ("!(x == 1)", 0),
        ("x != 1", 0),
        ("0 < x < 2", 1),
        ("0 < x < 1", 0),
        ("3 >= 3 >= x", 1),
        ("eq(1, x, 1)", 1),
        ("eq(1, x, 2)", 0),
        ("xor(true, x > 0, x > 0)", 1),
        ("xor(x > 0, x > 0)", 0),
        ("xor()", 0),
        ("and()", 1),
        ("or()", 0),
        ("and(x)", 1),
        ("implies(x > 0, x > 5)", 0),
        ("implies(x > 5, x > 7)", 1),
        ("true + true", 2),  # as a number, what holds is 1
        ("x == true", 1),
        ("piecewise(4, 3, 5)", 4),  # as a condition, a number that is not 0 holds
        ("piecewise(4, x - 1, 5)", 5),
        ("piecewise(4, x > 2, 5, x > 0, 6)", 5),
        ("piecewise(4, x > 2, 5, x > 1, 6)", 6),
        ("piecewise(4, x > 2)", math.nan),
        ("piecewise(7)", 7),
        ("piecewise(x > 0, x > 2, x < 5)", 1),
        ("piecewise(3, piecewise(x > 2, true, x > 0), 4)", 4),
        ("<piecewise/>", math.nan),
    ],
)
def test_conditions(formula, expected):
    assert value(formula, x=1) == pytest.approx(expected, nan_ok=True)
