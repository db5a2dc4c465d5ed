"""Expressions that share what they have in common."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il15_sim.batch.equations.operations import COMMUTATIVE, COMPARISONS, LOGIC, MEANING, UNARY

_ON_STATE, _ON_TIME = 1, 2
_Data = float | int | None
_LOCATED = "located"
_LARGEST_UNROLLED_POWER = 8


class Expressions:
    """Shared (hash-consed) expressions; a node is an int, operands come before their users.

    Asking twice for the same operation on the same operands gives the same node. Terms are
    simplified only where the result is the same for all finite operands.

    Attributes
    ----------
    ops : list of str
        Operation of each node: `const`, `state`, `parameter`, `time`, `add`, `sub`, `mul`, `div`,
        `neg`, `pow`, `min`, `max`, `select`, or a name in `UNARY`, `COMPARISONS` or `LOGIC`.
    args : list of tuple of int
        Operand nodes. A `select` has a condition, the node taken where it holds, and the other.
    data : list of float, int or None
        Value of a `const` (a `bool` for a condition that is known), index of a `state` or
        `parameter`, None otherwise.

    Examples
    --------
    >>> e = Expressions()
    >>> x, k = e.state(0), e.parameter(0)
    >>> e.mul(x, k) == e.mul(k, x)
    True
    >>> float(e.evaluate([e.mul(x, k)], states=[3.0], parameters=[2.0], time=0)[0])
    6.0
    """

    def __init__(self) -> None:
        self.ops: list[str] = []
        self.args: list[tuple[int, ...]] = []
        self.data: list[float | int | None] = []
        self._reads: list[int] = []  # bits: depends on a state, depends on time
        self._known: dict[tuple[Any, ...], int] = {}
        self._located: set[int] = set()

    def __len__(self) -> int:
        """Number of nodes."""
        return len(self.ops)

    def constant(self, x: float) -> int:
        """A number."""
        # By its bits: NaN equals nothing, and minus zero is not zero.
        return self._node("const", (), float(x), key=struct.pack("d", x))

    def truth(self, x: bool) -> int:
        """A condition that is known; it is gone once `logic` or `select` has used it."""
        return self._node("const", (), x, key=x)

    def state(self, i: int) -> int:
        """State variable i."""
        return self._node("state", (), i, reads=_ON_STATE)

    def parameter(self, i: int) -> int:
        """Parameter i."""
        return self._node("parameter", (), i)

    def time(self) -> int:
        """Model time."""
        return self._node("time", (), None, reads=_ON_TIME)

    def add(self, a: int, b: int) -> int:
        """The sum a + b."""
        if self._is(a, 0.0):
            return b
        if self._is(b, 0.0):
            return a
        if self.ops[b] == "neg":
            return self.sub(a, self.args[b][0])
        if self.ops[a] == "neg":
            return self.sub(b, self.args[a][0])
        return self._operation("add", a, b)

    def sub(self, a: int, b: int) -> int:
        """The difference a - b."""
        if self._is(b, 0.0):
            return a
        if self._is(a, 0.0):
            return self.neg(b)
        if a == b:
            return self.constant(0.0)
        if self.ops[b] == "neg":
            return self.add(a, self.args[b][0])
        return self._operation("sub", a, b)

    def mul(self, a: int, b: int) -> int:
        """The product a * b."""
        for one, other in ((a, b), (b, a)):
            if self._is(one, 0.0):
                return self.constant(0.0)
            if self._is(one, 1.0):
                return other
            if self._is(one, -1.0):
                return self.neg(other)
        if self.ops[a] == self.ops[b] == "neg":
            return self.mul(self.args[a][0], self.args[b][0])
        return self._operation("mul", a, b)

    def div(self, a: int, b: int) -> int:
        """The quotient a / b."""
        if self._is(b, 1.0):
            return a
        if self._is(b, -1.0):
            return self.neg(a)
        if self.ops[a] == self.ops[b] == "neg":
            return self.div(self.args[a][0], self.args[b][0])
        return self._operation("div", a, b)

    def neg(self, a: int) -> int:
        """The negative of a."""
        if self.ops[a] == "neg":
            return self.args[a][0]
        return self._operation("neg", a)

    def pow(self, a: int, b: int) -> int:
        """The power a ** b as in C: pow(x, 0) is 1, a broken power of a negative number is NaN."""
        exponent = self.data[b] if self.ops[b] == "const" else None
        if exponent is not None and self.ops[a] != "const":
            if exponent == 0.5:
                return self.call("sqrt", a)
            if abs(exponent) <= _LARGEST_UNROLLED_POWER and exponent == int(exponent):
                power = self._unrolled(a, abs(int(exponent)))
                return power if exponent >= 0 else self.div(self.constant(1.0), power)
        return self._operation("pow", a, b)

    def _unrolled(self, a: int, exponent: int) -> int:
        """The power as multiplications: x^5 is (x^2)^2 * x."""
        power = self.constant(1.0)
        for digit in f"{exponent:b}":
            power = self.mul(power, power)
            if digit == "1":
                power = self.mul(power, a)
        return power

    def min(self, a: int, b: int) -> int:
        """The smaller of a and b."""
        return a if a == b else self._operation("min", a, b)

    def max(self, a: int, b: int) -> int:
        """The larger of a and b."""
        return a if a == b else self._operation("max", a, b)

    def call(self, name: str, a: int) -> int:
        """A function of one operand, by its name in `UNARY`."""
        if name not in UNARY:
            raise KeyError(name)
        return self._operation(name, a)

    def compare(self, name: str, a: int, b: int) -> int:
        """The condition a < b (`lt`), a <= b (`le`), a == b (`eq`) or a != b (`ne`)."""
        if name not in COMPARISONS:
            raise KeyError(name)
        return self._operation(name, a, b)

    def located(self, a: int, b: int) -> int:
        """The condition a < b as a node of its own, whose truth stays as it is inside a step.

        It is never the node of an equal comparison that a function is made of.
        """
        return self._node("lt", (a, b), None, key=_LOCATED)

    def is_located(self, node: int) -> bool:
        """Whether the node comes from `located`."""
        return node in self._located

    def logic(self, name: str, *a: int) -> int:
        """The condition `and` or `or` of two conditions, or `not` of one."""
        if name == "not":
            (inner,) = a
            if self.ops[inner] == "not":
                return self.args[inner][0]
        elif name not in LOGIC:
            raise KeyError(name)
        else:
            one, other = a
            if one == other:
                return one
            for known, rest in ((one, other), (other, one)):
                if self.ops[known] == "const":
                    return known if bool(self.data[known]) == (name == "or") else rest
        return self._operation(name, *a)

    def select(self, condition: int, a: int, b: int) -> int:
        """`a` where the condition holds, otherwise `b`."""
        if self.ops[condition] == "const":
            return a if self.data[condition] else b
        if self.ops[condition] == "not":
            condition, a, b = self.args[condition][0], b, a
        return a if a == b else self._node("select", (condition, a, b), None)

    def varies(self, node: int) -> bool:
        """Whether the node depends on a state or on time."""
        return self._reads[node] != 0

    def reads_state(self, node: int) -> bool:
        """Whether the node depends on a state."""
        return bool(self._reads[node] & _ON_STATE)

    def reads_time(self, node: int) -> bool:
        """Whether the node depends on time other than through the states."""
        return bool(self._reads[node] & _ON_TIME)

    def is_condition(self, node: int) -> bool:
        """Whether the node is true or false and not a number."""
        op = self.ops[node]
        return op in COMPARISONS or op in LOGIC or isinstance(self.data[node], bool)

    def reachable(self, nodes: Iterable[int], ends: Set[int] = frozenset()) -> list[int]:
        """The nodes and all that they depend on, operands before their users.

        What the nodes in `ends` depend on does not count.
        """
        seen = set(nodes)
        todo = list(seen)
        while todo:
            node = todo.pop()
            for operand in self.args[node] if node not in ends else ():
                if operand not in seen:
                    seen.add(operand)
                    todo.append(operand)
        return sorted(seen)

    def evaluate(
        self, nodes: Sequence[int], states: ArrayLike, parameters: ArrayLike, time: ArrayLike
    ) -> list[NDArray[Any]]:
        """Values of the nodes, worked out by numpy.

        Parameters
        ----------
        nodes : sequence of int
            What to evaluate.
        states, parameters : array_like, shape (number, ...)
            Value of each state variable and parameter; the further axes broadcast.
        time : array_like
            Model time.
        """
        given = {"state": np.asarray(states, float), "parameter": np.asarray(parameters, float)}
        values: dict[int, Any] = {}
        with np.errstate(all="ignore"):
            for node in self.reachable(nodes):
                op, data = self.ops[node], self.data[node]
                if op == "const":
                    values[node] = np.asarray(data)
                elif op == "time":
                    values[node] = np.asarray(time, float)
                elif op in given:
                    assert isinstance(data, int)
                    values[node] = given[op][data]
                else:
                    values[node] = MEANING[op](*(values[a] for a in self.args[node]))
        return [np.asarray(values[node]) for node in nodes]

    def _is(self, node: int, x: float) -> bool:
        return self.ops[node] == "const" and self.data[node] == x

    def _operation(self, op: str, *args: int) -> int:
        """The node of an operation, worked out at once where all operands are known."""
        if all(self.ops[a] == "const" for a in args):
            with np.errstate(all="ignore"):
                result = MEANING[op](*(self.data[a] for a in args))
            if op in COMPARISONS or op in LOGIC:
                return self.truth(bool(result))
            return self.constant(float(result))
        return self._node(op, tuple(sorted(args)) if op in COMMUTATIVE else args, None)

    def _node(
        self, op: str, args: tuple[int, ...], data: _Data, *, key: Any = None, reads: int = 0
    ) -> int:
        identity = (op, args, data if key is None else key)
        node = self._known.get(identity)
        if node is None:
            for operand in args:
                reads |= self._reads[operand]
            node = self._known[identity] = len(self.ops)
            self.ops.append(op)
            self.args.append(args)
            self.data.append(data)
            self._reads.append(reads)
            if key is _LOCATED:
                self._located.add(node)
        return node
