"""Instructions over vectors of doubles, written as LLVM IR text."""

from __future__ import annotations

import struct
from collections.abc import Sequence

# An operand: the name of a value, or a number that every lane gets.
Operand = str | float

# Bits of a double, as 64-bit integers.
SIGN = -(2**63)
MAGNITUDE = 2**63 - 1
MANTISSA = 2**52 - 1


class Body:
    """Instructions of one function over `<width x double>`; each method gives a new value."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[str] = []
        self.double = "double" if width == 1 else f"<{width} x double>"
        self.integer = "i64" if width == 1 else f"<{width} x i64>"
        self.boolean = "i1" if width == 1 else f"<{width} x i1>"
        self.suffix = "f64" if width == 1 else f"v{width}f64"

    def _value(self, instruction: str) -> str:
        name = f"%t{len(self.lines)}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def _lanes(self, kind: str, text: str) -> str:
        return text if self.width == 1 else f"<{', '.join([f'{kind} {text}'] * self.width)}>"

    def _number(self, x: Operand) -> str:
        if isinstance(x, str):
            return x
        return self._lanes("double", f"0x{struct.pack('>d', x).hex().upper()}")

    def _bits(self, x: str | int) -> str:
        return x if isinstance(x, str) else self._lanes("i64", str(x))

    def _float(self, operation: str, a: Operand, b: Operand) -> str:
        return self._value(f"{operation} {self.double} {self._number(a)}, {self._number(b)}")

    def add(self, a: Operand, b: Operand) -> str:
        """a + b."""
        return self._float("fadd", a, b)

    def sub(self, a: Operand, b: Operand) -> str:
        """a - b."""
        return self._float("fsub", a, b)

    def mul(self, a: Operand, b: Operand) -> str:
        """a b."""
        return self._float("fmul", a, b)

    def div(self, a: Operand, b: Operand) -> str:
        """a / b."""
        return self._float("fdiv", a, b)

    def neg(self, a: Operand) -> str:
        """-a (older readers of LLVM IR know no `fneg`)."""
        return self._float("fsub", -0.0, a)

    def fma(self, a: Operand, b: Operand, c: Operand) -> str:
        """a b + c, rounded once."""
        given = ", ".join(f"{self.double} {self._number(x)}" for x in (a, b, c))
        return self._value(f"call {self.double} @llvm.fma.{self.suffix}({given})")

    def sqrt(self, a: Operand) -> str:
        """The root of a."""
        given = f"{self.double} {self._number(a)}"
        return self._value(f"call {self.double} @llvm.sqrt.{self.suffix}({given})")

    def bits(self, a: Operand) -> str:
        """The bits of a double as integers."""
        return self._value(f"bitcast {self.double} {self._number(a)} to {self.integer}")

    def from_bits(self, a: str) -> str:
        """The double that has these bits."""
        return self._value(f"bitcast {self.integer} {a} to {self.double}")

    def integers(self, operation: str, a: str | int, b: str | int) -> str:
        """An operation on integers: add, sub, and, or, xor, shl, lshr."""
        return self._value(f"{operation} {self.integer} {self._bits(a)}, {self._bits(b)}")

    def compare(self, relation: str, a: Operand, b: Operand) -> str:
        """An ordered comparison (false for NaN): oeq, olt, ole, ogt."""
        return self._value(f"fcmp {relation} {self.double} {self._number(a)}, {self._number(b)}")

    def logic(self, operation: str, a: str, b: str) -> str:
        """An operation on conditions: and, or."""
        return self._value(f"{operation} {self.boolean} {a}, {b}")

    def select(self, condition: str, a: Operand, b: Operand) -> str:
        """a where the condition holds, else b."""
        chosen = f"{self.double} {self._number(a)}, {self.double} {self._number(b)}"
        return self._value(f"select {self.boolean} {condition}, {chosen}")

    def has_bits(self, a: str, mask: int) -> str:
        """Whether any bit of the mask is set in an integer."""
        left = self.integers("and", a, mask)
        return self._value(f"icmp ne {self.integer} {left}, {self._bits(0)}")

    def select_bits(self, condition: str, a: str | int, b: str | int) -> str:
        """The same on integers."""
        chosen = f"{self.integer} {self._bits(a)}, {self.integer} {self._bits(b)}"
        return self._value(f"select {self.boolean} {condition}, {chosen}")

    def at_most(self, a: Operand, bound: float) -> str:
        """The smaller of both; NaN stays NaN."""
        return self.select(self.compare("ogt", a, bound), bound, a)

    def at_least(self, a: Operand, bound: float) -> str:
        """The larger of both; NaN stays NaN."""
        return self.select(self.compare("olt", a, bound), bound, a)

    def magnitude(self, a: Operand) -> str:
        """The absolute value."""
        return self.from_bits(self.integers("and", self.bits(a), MAGNITUDE))

    def sign(self, a: Operand) -> str:
        """The sign bit, as an integer."""
        return self.integers("and", self.bits(a), SIGN)

    def flip(self, a: Operand, sign: str) -> str:
        """`a`, negated where the sign bit is set."""
        return self.from_bits(self.integers("xor", self.bits(a), sign))

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """Sum of coefficients[i] x^i, in pairs (a short chain of dependent operations)."""
        terms: list[Operand] = list(coefficients)
        while len(terms) > 1:
            pairs = zip(terms[1::2], terms[::2], strict=False)
            last = terms[-1:] if len(terms) % 2 else []
            terms = [*(self.fma(x, high, low) for high, low in pairs), *last]
            if len(terms) > 1:
                x = self.mul(x, x)
        return self._number(terms[0])
