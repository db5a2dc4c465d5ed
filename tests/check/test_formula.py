"""Formulas of derived parameters: the same numbers as Python, and nothing else than numbers."""

import contextlib
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim.check.formula import evaluate, names
from il15_sim.errors import InputError

VALUES = {"a": 0.5, "b": 3.0, "ka": 1e-3}
PYTHON = {"ln": math.log, "exp": math.exp, "sqrt": math.sqrt, "log10": math.log10, "pi": math.pi}

leaves = st.one_of(
    st.sampled_from([*VALUES, "pi"]),
    st.integers(0, 50).map(str),
    st.floats(0.001, 1000).map(repr),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(st.sampled_from(["ln", "exp", "sqrt", "log10", "-", "+"]), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
    ),
    max_leaves=8,
)


def python_value(text):
    """What Python makes of the text, with every number a float; None where it is no real one."""
    numbers = re.compile(r"(?<![\w.])\d+(?![\w.])")
    try:
        value = eval(numbers.sub(lambda m: m.group() + ".0", text), {}, {**PYTHON, **VALUES})
    except (ArithmeticError, ValueError, TypeError):
        return None  # a complex number in a function is a TypeError
    return value if isinstance(value, float) and math.isfinite(value) else None


@given(text=expressions)
def test_a_formula_has_the_value_that_python_gives_it_or_none(text):
    wanted = python_value(text)
    if wanted is None:
        with pytest.raises(InputError):
            evaluate(text, VALUES)
    else:
        assert evaluate(f"= {text}", VALUES) == wanted


@given(text=st.text(max_size=30))
def test_no_text_raises_anything_but_input_error(text):
    with contextlib.suppress(InputError):
        assert math.isfinite(evaluate(text, VALUES))


def test_known_values():
    assert evaluate("= ln(2)/ka", VALUES) == math.log(2) / 1e-3
    assert evaluate("=a*2", VALUES) == 1.0
    assert evaluate("= 2e-3 * avogadro", {}) == 2e-3 * 6.02214076e23
    assert names("= ln(2) / ka + pi * a * avogadro") == {"ka", "a"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("=", "the formula is empty"),
        ("= 1 +", "formula '1 +' does not parse"),
        ("= c * 2", "unknown parameter 'c'"),
        ("= kaa", "unknown parameter 'kaa'; did you mean 'ka'?"),
        ("= log(2)", "unknown function 'log'; did you mean 'log10'?"),
        ("= a ^ 2", "'a ^ 2' is not allowed in a formula; write ** for a power"),
        ("= __import__('os')", "unknown function '__import__'"),
        ("= a.real", "'a.real' is not allowed in a formula"),
        ("= [1][0]", "'[1][0]' is not allowed in a formula"),
        ("= 'x'", "''x'' is not allowed in a formula"),
        ("= True", "'True' is not allowed in a formula"),
        ("= 1j", "'1j' is not allowed in a formula"),
        ("= ln(2, 3)", "'ln(2, 3)' is not allowed in a formula"),
        ("= ln(0)", "formula 'ln(0)' has no value"),
        ("= 1 / 0", "formula '1 / 0' has no value"),
        ("= 9 ** 9 ** 9", "formula '9 ** 9 ** 9' has no value"),
        ("= 1e308 * 10", "formula '1e+308 * 10' has no finite value"),
        ("= (-1) ** 0.5", "a fractional power of a negative number"),
        ("= " + "1 + " * 200 + "1", "the formula is longer than 500 characters"),
    ],
)
def test_what_is_no_formula_is_refused(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        evaluate(text, VALUES)
