"""The functions of MathML in terms of the few operations of `Expressions`.

All take and give nodes that are numbers. Outside its domain a function is NaN or infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from il15_sim.batch.equations.expression import Expressions


def _called(name: str) -> Callable[[Expressions, int], int]:
    return lambda e, a: e.call(name, a)


def _reciprocal(function: Callable[[Expressions, int], int]) -> Callable[[Expressions, int], int]:
    """1 / f(x), such as the secant of the cosine."""
    return lambda e, a: e.div(e.constant(1.0), function(e, a))


def _of_reciprocal(
    function: Callable[[Expressions, int], int],
) -> Callable[[Expressions, int], int]:
    """f(1 / x), such as the inverse secant of the inverse cosine."""
    return lambda e, a: function(e, e.div(e.constant(1.0), a))


def _log1p(e: Expressions, a: int) -> int:
    """log(1 + a), as precise for a small `a`: the error of 1 + a cancels in the quotient."""
    one = e.constant(1.0)
    above = e.add(one, a)
    corrected = e.mul(e.call("log", above), e.div(a, e.sub(above, one)))
    return e.select(e.compare("eq", above, one), a, corrected)


def arcsinh(e: Expressions, a: int) -> int:
    """The inverse hyperbolic sine: odd, so that it is worked out for |a|."""
    one, size = e.constant(1.0), e.call("abs", a)
    square = e.mul(size, size)
    more = e.div(square, e.add(one, e.call("sqrt", e.add(square, one))))
    positive = _log1p(e, e.add(size, more))
    return e.select(e.compare("lt", a, e.constant(0.0)), e.neg(positive), positive)


def arccosh(e: Expressions, a: int) -> int:
    """The inverse hyperbolic cosine."""
    above = e.sub(a, e.constant(1.0))
    root = e.mul(e.call("sqrt", above), e.call("sqrt", e.add(a, e.constant(1.0))))
    return _log1p(e, e.add(above, root))


def arctanh(e: Expressions, a: int) -> int:
    """The inverse hyperbolic tangent."""
    return e.mul(e.constant(0.5), e.sub(_log1p(e, a), _log1p(e, e.neg(a))))


def truncated_quotient(e: Expressions, a: int, b: int) -> int:
    """a / b without its fraction."""
    quotient = e.div(a, b)
    below = e.compare("lt", quotient, e.constant(0.0))
    return e.select(below, e.call("ceil", quotient), e.call("floor", quotient))


def remainder(e: Expressions, a: int, b: int) -> int:
    """What a / b leaves, with the sign of `a`."""
    return e.sub(a, e.mul(b, truncated_quotient(e, a, b)))


def logarithm(e: Expressions, base: int, a: int) -> int:
    """The logarithm of `a` to a base."""
    if e.ops[base] == e.ops[a] == "const" and e.data[base] == 10 and (e.data[a] or 0) > 0:
        return e.constant(math.log10(e.data[a] or 0))  # exact for powers of ten
    return e.div(e.call("log", a), e.call("log", base))


def root(e: Expressions, degree: int, a: int) -> int:
    """The principal root of `a`: NaN for a negative one."""
    return e.pow(a, e.div(e.constant(1.0), degree))


_sin, _cos, _tan = _called("sin"), _called("cos"), _called("tan")
_sinh, _cosh, _tanh = _called("sinh"), _called("cosh"), _called("tanh")

#: Functions of one number by their name in MathML.
OF_ONE: dict[str, Callable[[Expressions, int], int]] = {
    "abs": _called("abs"),
    "floor": _called("floor"),
    "ceiling": _called("ceil"),
    "exp": _called("exp"),
    "ln": _called("log"),
    "minus": Expressions.neg,
    "sin": _sin,
    "cos": _cos,
    "tan": _tan,
    "sec": _reciprocal(_cos),
    "csc": _reciprocal(_sin),
    "cot": _reciprocal(_tan),
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": _tanh,
    "sech": _reciprocal(_cosh),
    "csch": _reciprocal(_sinh),
    "coth": _reciprocal(_tanh),
    "arcsin": _called("asin"),
    "arccos": _called("acos"),
    "arctan": _called("atan"),
    "arcsec": _of_reciprocal(_called("acos")),
    "arccsc": _of_reciprocal(_called("asin")),
    "arccot": _of_reciprocal(_called("atan")),
    "arcsinh": arcsinh,
    "arccosh": arccosh,
    "arctanh": arctanh,
    "arcsech": _of_reciprocal(arccosh),
    "arccsch": _of_reciprocal(arcsinh),
    "arccoth": _of_reciprocal(arctanh),
}
#: Functions of two numbers; `log` has its base first and `root` its degree.
OF_TWO: dict[str, Callable[[Expressions, int, int], int]] = {
    "minus": Expressions.sub,
    "divide": Expressions.div,
    "power": Expressions.pow,
    "log": logarithm,
    "root": root,
    "quotient": truncated_quotient,
    "rem": remainder,
}
#: Functions of any number of numbers, from left to right, with what they are of none.
OF_MANY: dict[str, tuple[Callable[[Expressions, int, int], int], float | None]] = {
    "plus": (Expressions.add, 0.0),
    "times": (Expressions.mul, 1.0),
    "min": (Expressions.min, None),
    "max": (Expressions.max, None),
}


def logic(e: Expressions, name: str, conditions: list[int]) -> int | None:
    """`and`, `or`, `xor`, `not` and `implies` of conditions; None for a wrong number of them."""
    if name == "not":
        return e.logic("not", conditions[0]) if len(conditions) == 1 else None
    if name == "implies":
        if len(conditions) != 2:
            return None
        return e.logic("or", e.logic("not", conditions[0]), conditions[1])
    result = e.truth(name == "and")
    for condition in conditions:
        if name == "xor":
            either = e.logic("or", result, condition)
            both = e.logic("and", result, condition)
            result = e.logic("and", either, e.logic("not", both))
        else:
            result = e.logic(name, result, condition)
    return result
