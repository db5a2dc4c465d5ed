"""Formulas of derived parameters: read through `ast`, never through `eval`."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

from il15_sim.errors import InputError, unknown

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "ln": math.log,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log10": math.log10,
}
#: `avogadro` is the number of items in a mole, exact since the SI of 2019.
CONSTANTS = {"pi": math.pi, "avogadro": 6.02214076e23}

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[float], float]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_MAX_LENGTH = 500


def _parse(formula: str) -> ast.expr:
    text = formula.strip().removeprefix("=").strip()
    if not text:
        raise InputError("the formula is empty", fix="write it like = ln(2) / half_life")
    if len(text) > _MAX_LENGTH:
        raise InputError(f"the formula is longer than {_MAX_LENGTH} characters")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(f"formula '{text}' does not parse") from None


def names(formula: str) -> frozenset[str]:
    """The parameter ids a formula mentions.

    Examples
    --------
    >>> sorted(names("= ln(2) * volume / clearance"))
    ['clearance', 'volume']
    """
    found = {node.id for node in ast.walk(_parse(formula)) if isinstance(node, ast.Name)}
    return frozenset(found - set(FUNCTIONS) - set(CONSTANTS))


def evaluate(formula: str, values: Mapping[str, float]) -> float:
    """The value of a formula such as `= ln(2)/thalf_x` or `= il15_mw * 2`.

    Parameters
    ----------
    formula : str
        Numbers, parameter ids, `pi`, `avogadro`, `+ - * / **`, parentheses and the functions `ln`,
        `exp`, `sqrt`, `log10`; a leading `=` is left out.
    values : mapping
        Value of every parameter by id.

    Raises
    ------
    InputError
        For anything else in the formula, an unknown id, or a result that is not a finite number.

    Examples
    --------
    >>> evaluate("= 2 * k + sqrt(9)", {"k": 0.5})
    4.0
    """
    node = _parse(formula)
    try:
        result = _value(node, values)
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"formula '{ast.unparse(node)}' has no value: {error}") from None
    if not math.isfinite(result):
        raise InputError(f"formula '{ast.unparse(node)}' has no finite value")
    return result


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)  # floats overflow at once, where integers would grow
        case ast.Name(id=name):
            if name in CONSTANTS:
                return CONSTANTS[name]
            if name not in values:
                raise unknown("parameter", name, values)
            return float(values[name])
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand, values))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            result = _BINARY[type(op)](_value(left, values), _value(right, values))
            if isinstance(result, complex):
                raise InputError("a fractional power of a negative number")
            return result
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
            if name not in FUNCTIONS:
                raise unknown("function", name, FUNCTIONS)
            return FUNCTIONS[name](_value(argument, values))
    power = isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor)
    fix = "write ** for a power" if power else None
    raise InputError(f"'{ast.unparse(node)}' is not allowed in a formula", fix=fix)
