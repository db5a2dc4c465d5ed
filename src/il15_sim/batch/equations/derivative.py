"""Derivatives of expressions with respect to the states and to time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from il15_sim.batch.equations.expression import Expressions

#: Index that stands for time among those of the states.
TIME = -1
#: Below this size the base of a root counts as this size: the slope of a root at zero is infinite.
_SMALLEST_BASE = 1e-30

Gradient = dict[int, int]


def gradients(expressions: Expressions, nodes: Iterable[int]) -> list[Gradient]:
    """The non-zero partial derivatives of each node.

    Parameters
    ----------
    expressions : Expressions
        The nodes' home, which the derivatives are added to.
    nodes : iterable of int
        What to differentiate.

    Returns
    -------
    list of dict
        For each node {index of a state: derivative}; index -1 is time. Where a function has a
        kink, the derivative is that of the branch taken; steps have derivative 0.

    Examples
    --------
    >>> e = Expressions()
    >>> x, k = e.state(0), e.parameter(0)
    >>> gradients(e, [e.mul(k, x)]) == [{0: k}]
    True
    """
    nodes = list(nodes)
    known: dict[int, Gradient] = {}
    for node in expressions.reachable(nodes):
        known[node] = _gradient(expressions, node, known) if expressions.varies(node) else {}
    return [known[node] for node in nodes]


def _gradient(e: Expressions, node: int, known: dict[int, Gradient]) -> Gradient:
    """Derivatives of a node whose operands' derivatives are known."""
    op, args, data = e.ops[node], e.args[node], e.data[node]
    inner = [known[a] for a in args]
    match op:
        case "state":
            assert isinstance(data, int)
            return {data: e.constant(1.0)}
        case "time":
            return {TIME: e.constant(1.0)}
        case "add":
            return _joined(e, inner[0], inner[1], e.add)
        case "sub":
            return _joined(e, inner[0], inner[1], e.sub)
        case "neg":
            return {i: e.neg(d) for i, d in inner[0].items()}
        case "mul" if args[0] == args[1]:
            return _scaled(e, e.mul(e.constant(2.0), args[0]), inner[0])
        case "mul":
            left, right = _scaled(e, args[1], inner[0]), _scaled(e, args[0], inner[1])
            return _joined(e, left, right, e.add)
        case "div":
            # (a' - (a/b) b') / b needs the quotient that is there already.
            top = _joined(e, inner[0], _scaled(e, node, inner[1]), e.sub)
            return {i: e.div(d, args[1]) for i, d in top.items()}
        case "pow":
            by_base = _scaled(e, _power_by_base(e, *args), inner[0]) if inner[0] else {}
            by_exponent = _scaled(e, _power_by_exponent(e, node), inner[1]) if inner[1] else {}
            return _joined(e, by_base, by_exponent, e.add)
        case "min":
            return _chosen(e, e.compare("lt", args[1], args[0]), inner[1], inner[0])
        case "max":
            return _chosen(e, e.compare("lt", args[0], args[1]), inner[1], inner[0])
        case "select":
            return _chosen(e, args[0], inner[1], inner[2])
        case "log":
            return {i: e.div(d, args[0]) for i, d in inner[0].items()}
        case _ if op in _SLOPES:
            return _scaled(e, _SLOPES[op](e, args[0], node), inner[0]) if inner[0] else {}
    return {}  # conditions, floor and ceil: steps


def _joined(
    e: Expressions, left: Gradient, right: Gradient, join: Callable[[int, int], int]
) -> Gradient:
    """`join` of both derivatives, 0 where one is missing."""
    zero = e.constant(0.0)
    both = {i: join(left.get(i, zero), right.get(i, zero)) for i in {**left, **right}}
    return _without_zeros(e, both)


def _chosen(e: Expressions, condition: int, yes: Gradient, no: Gradient) -> Gradient:
    return _joined(e, yes, no, lambda a, b: e.select(condition, a, b))


def _scaled(e: Expressions, factor: int, gradient: Gradient) -> Gradient:
    return _without_zeros(e, {i: e.mul(factor, d) for i, d in gradient.items()})


def _without_zeros(e: Expressions, gradient: Gradient) -> Gradient:
    return {i: d for i, d in gradient.items() if e.ops[d] != "const" or e.data[d] != 0}


def _power_by_base(e: Expressions, base: int, exponent: int) -> int:
    """n x^(n-1), without a division by x, so that x^n has its slope at zero for n >= 1.

    For n < 1 that slope is infinite; it is the one at 1e-30 instead.
    """
    less = e.sub(exponent, e.constant(1.0))
    power = e.pow(base, less)
    value = e.data[exponent] if e.ops[exponent] == "const" else None
    if value is None or 0 < value < 1:
        # The guard leaves the base of the power as it is: both powers share its logarithm.
        small = e.compare("lt", e.call("abs", base), e.constant(_SMALLEST_BASE))
        power = e.select(small, e.pow(e.constant(_SMALLEST_BASE), less), power)
    return e.mul(exponent, power)


def _power_by_exponent(e: Expressions, node: int) -> int:
    """x^n log(x), and 0 where there is no logarithm."""
    base, zero = e.args[node][0], e.constant(0.0)
    positive = e.compare("lt", zero, base)
    return e.select(positive, e.mul(node, e.call("log", base)), zero)


def _square(e: Expressions, a: int) -> int:
    return e.mul(a, a)


def _one_minus_square(e: Expressions, a: int) -> int:
    return e.sub(e.constant(1.0), _square(e, a))


def _one_plus_square(e: Expressions, a: int) -> int:
    return e.add(e.constant(1.0), _square(e, a))


def _arcsine_slope(e: Expressions, a: int) -> int:
    return e.div(e.constant(1.0), e.call("sqrt", _one_minus_square(e, a)))


def _root_slope(e: Expressions, root: int) -> int:
    smallest = e.constant(_SMALLEST_BASE**0.5)
    return e.div(e.constant(0.5), e.max(root, smallest))


#: Slope of a function, from its operand and its value.
_SLOPES: dict[str, Callable[[Expressions, int, int], int]] = {
    "exp": lambda e, a, value: value,
    "sqrt": lambda e, a, value: _root_slope(e, value),
    "abs": lambda e, a, value: e.select(
        e.compare("lt", a, e.constant(0.0)), e.constant(-1.0), e.constant(1.0)
    ),
    "sin": lambda e, a, value: e.call("cos", a),
    "cos": lambda e, a, value: e.neg(e.call("sin", a)),
    "tan": lambda e, a, value: _one_plus_square(e, value),
    "asin": lambda e, a, value: _arcsine_slope(e, a),
    "acos": lambda e, a, value: e.neg(_arcsine_slope(e, a)),
    "atan": lambda e, a, value: e.div(e.constant(1.0), _one_plus_square(e, a)),
    "sinh": lambda e, a, value: e.call("cosh", a),
    "cosh": lambda e, a, value: e.call("sinh", a),
    "tanh": lambda e, a, value: _one_minus_square(e, value),
}
