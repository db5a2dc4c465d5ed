"""From expressions to LLVM IR text over vectors: lane l of every value belongs to simulation l.

For width 1 the values are plain doubles and the text holds nothing but arithmetic, selects and the
functions of `vector_math`, so that a compiler for graphics processors can take the same text.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence

from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.functions.elementary import FUNCTIONS

_ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARE = {"lt": "olt", "le": "ole", "eq": "oeq", "ne": "une"}
_INTRINSIC = {"sqrt": "sqrt", "abs": "fabs", "floor": "floor", "ceil": "ceil"}


class Function:
    """Text of one LLVM function whose arguments are pointers to lanes of doubles."""

    def __init__(self, name: str, arguments: Sequence[str], width: int) -> None:
        """Arguments are named; each points to entries of `width` neighbouring doubles."""
        self.width = width
        self.type = "double" if width == 1 else f"<{width} x double>"
        self.bool = "i1" if width == 1 else f"<{width} x i1>"
        told = ", ".join(f"ptr noalias nocapture %{a}" for a in arguments)
        self._lines = [f"define void @{name}({told}) nounwind alignstack(64) {{", "entry:"]
        self._count = 0

    def line(self, operation: str) -> str:
        """Append an operation with a result; returns the result's name."""
        self._count += 1
        self._lines.append(f"  %v{self._count} = {operation}")
        return f"%v{self._count}"

    def load(self, array: str, index: int) -> str:
        """Entry of an array, one value per lane."""
        return self.line(f"load {self.type}, ptr {self._address(array, index)}, align 8")

    def store(self, value: str, array: str, index: int) -> None:
        """Write an entry of an array."""
        place = self._address(array, index)
        self._lines.append(f"  store {self.type} {value}, ptr {place}, align 8")

    def binary(self, operation: str, a: str, b: str) -> str:
        """Arithmetic that may be contracted to fused multiply-adds."""
        return self.line(f"{operation} contract {self.type} {a}, {b}")

    def call(self, name: str, *values: str) -> str:
        """Call of a function over values."""
        given = ", ".join(f"{self.type} {v}" for v in values)
        return self.line(f"call {self.type} @{name}({given})")

    def select(self, condition: str, yes: str, no: str) -> str:
        """One of two values, lane by lane."""
        return self.line(f"select {self.bool} {condition}, {self.type} {yes}, {self.type} {no}")

    def constant(self, x: float) -> str:
        """A number in every lane, exact to the bit."""
        bits = "0x" + struct.pack(">d", x).hex().upper()
        if self.width == 1:
            return bits
        return "<" + ", ".join([f"double {bits}"] * self.width) + ">"

    def block(self, text: str) -> None:
        """Append text as it is: an operation without a result, a label."""
        self._lines.append(f"  {text}")

    def text(self) -> str:
        """The finished function."""
        return "\n".join([*self._lines, "  ret void", "}", ""])

    def _address(self, array: str, index: int) -> str:
        if index == 0:
            return f"%{array}"
        return self.line(f"getelementptr inbounds double, ptr %{array}, i64 {index * self.width}")


class Emitter:
    """Writes expressions into a function, each shared one once."""

    def __init__(
        self,
        expressions: Expressions,
        function: Function,
        load: Callable[[int], str | None],
        *,
        extended: bool = False,
    ) -> None:
        """Start with nothing written.

        Parameters
        ----------
        load : callable
            Gives the name of a value that stands ready for a node (a state, a parameter, a
            precomputed value), or None.
        extended : bool
            Roots and fractional powers of numbers below zero are zero, not NaN. Only for points
            inside a step: a stage may reach a hair below an empty state.
        """
        self._ex = expressions
        self._f = function
        self._load = load
        self._extended = extended
        self._done: dict[int, str] = {}

    def value(self, node: int) -> str:
        """Name of the value of a node; writes what is still missing, operands first."""
        stack = [node]
        while stack:
            top = stack[-1]
            if top in self._done:
                stack.pop()
                continue
            ready = self._load(top)
            if ready is not None:
                self._done[top] = ready
                continue
            missing = [a for a in self._ex.args[top] if a not in self._done]
            if missing:
                stack.extend(reversed(missing))
            else:
                self._done[top] = self._write(top)
        return self._done[node]

    def _write(self, node: int) -> str:
        op, f = self._ex.ops[node], self._f
        if op == "const":
            return f.constant(float(self._ex.data[node] or 0.0))
        values = [self._done[a] for a in self._ex.args[node]]
        if op in _ARITHMETIC:
            return f.binary(_ARITHMETIC[op], *values)
        if op == "neg":
            return f.line(f"fneg {f.type} {values[0]}")
        if op in _COMPARE:
            return f.line(f"fcmp {_COMPARE[op]} {f.type} {values[0]}, {values[1]}")
        if op in ("and", "or"):
            return f.line(f"{op} {f.bool} {values[0]}, {values[1]}")
        if op == "not":
            yes = "true" if f.width == 1 else "<" + ", ".join(["i1 true"] * f.width) + ">"
            return f.line(f"xor {f.bool} {values[0]}, {yes}")
        if op == "select":
            return f.select(*values)
        if op in ("min", "max"):
            # NaN in either operand comes through, as in numpy.
            order = "olt" if op == "min" else "ogt"
            first = f.line(f"fcmp {order} {f.type} {values[0]}, {values[1]}")
            nan = f.line(f"fcmp uno {f.type} {values[0]}, {values[0]}")
            either = f.line(f"or {f.bool} {first}, {nan}")
            return f.select(either, *values)
        if op in _INTRINSIC:
            x = self._not_below_zero(values[0]) if op == "sqrt" and self._extended else values[0]
            return f.call(intrinsic(_INTRINSIC[op], f.width), x)
        if op == "pow" and never_negative(self._ex, self._ex.args[node][0]):
            return f.call(FUNCTIONS["pow_nonnegative"], *values)
        if op == "pow" and self._extended:
            values[0] = self._base_in_domain(*values)
        return f.call(FUNCTIONS[op], *values)

    def _not_below_zero(self, x: str) -> str:
        zero = self._f.constant(0.0)
        below = self._f.line(f"fcmp olt {self._f.type} {x}, {zero}")
        return self._f.select(below, zero, x)

    def _base_in_domain(self, base: str, exponent: str) -> str:
        f = self._f
        whole = f.call(intrinsic("floor", f.width), exponent)
        fractional = f.line(f"fcmp une {f.type} {whole}, {exponent}")
        return f.select(fractional, self._not_below_zero(base), base)


def never_negative(ex: Expressions, node: int) -> bool:
    """Whether the form of a node shows that its value is not below zero; NaN it may be.

    A quotient shows nothing: by a zero with a sign it is minus infinity.
    """
    known: dict[int, bool] = {}
    for n in ex.reachable([node]):  # operands first: sums of a thousand terms are no deep calls
        op, of_args = ex.ops[n], [known[a] for a in ex.args[n]]
        if op == "const":
            known[n] = float(ex.data[n] or 0.0) >= 0.0
        elif op == "max":
            known[n] = any(of_args)
        elif op in ("add", "mul", "min"):
            known[n] = all(of_args)
        else:
            known[n] = op in ("abs", "exp", "sqrt")
    return known[node]


def intrinsic(name: str, width: int) -> str:
    """Name of an LLVM intrinsic over doubles."""
    return f"llvm.{name}.f64" if width == 1 else f"llvm.{name}.v{width}f64"


def declarations(width: int) -> str:
    """Declarations of the intrinsics that expressions use."""
    kind = "double" if width == 1 else f"<{width} x double>"
    # The square root is declared by the definitions of the elementary functions.
    names = [n for n in _INTRINSIC.values() if n != "sqrt"]
    return "\n".join(f"declare {kind} @{intrinsic(n, width)}({kind})" for n in names) + "\n"


def load_from(places: Iterable[tuple[int, str, int]], f: Function) -> Callable[[int], str | None]:
    """A loader: node -> (array, index), each loaded where it is first needed."""
    where = {node: (array, index) for node, array, index in places}

    def load(node: int) -> str | None:
        if node not in where:
            return None
        return f.load(*where[node])

    return load
