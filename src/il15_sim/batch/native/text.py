"""A function as LLVM IR text: lines, jumps, and values of a few kinds."""

from __future__ import annotations

import ast
import inspect
import math
import struct
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

#: Order in which kinds of numbers widen.
RANK = {"Int": 0, "Real": 1, "Vec": 2}


class NotTypedError(TypeError):
    """A function marked `native` holds what is not translated."""


@dataclass(frozen=True)
class Value:
    """A value in the text: its kind and its name (of a literal number: the number)."""

    kind: str
    text: str
    number: float | None = None


class FunctionText:
    """Text of one function, as it is written."""

    def __init__(self, function: Callable[..., Any], lanes: int, *, visible: bool) -> None:
        self._tree, self._globals, self._lanes = tree_of(function), function.__globals__, lanes
        self._line = function.__code__.co_firstlineno
        self._file = inspect.getsourcefile(function)
        self._visible = visible
        self.called: dict[str, Callable[..., Any]] = {}
        self._types = {
            "Int": "i64",
            "Real": "double",
            "Flag": "i1",
            "Vec": f"<{lanes} x double>",
            "Mask": f"<{lanes} x i1>",
        }
        self._allocated: list[str] = []
        self._body: list[str] = []
        self._count = 0
        self._variables: dict[str, str] = {}
        self._given: dict[str, Value] = {}
        self._loops: list[tuple[str, str]] = []
        self._open = True

    def _type(self, kind: str) -> str:
        return "void" if kind == "None" else self._types.get(kind, "ptr")

    def _fail(self, node: ast.AST, why: str) -> NotTypedError:
        line = self._line + getattr(node, "lineno", 1) - 1
        return NotTypedError(f"{self._file}:{line}: {why}: {ast.unparse(node)}")

    # Lines

    def _emit(self, text: str) -> None:
        self._body.append(f"  {text}")

    def _new(self, kind: str, operation: str) -> Value:
        self._count += 1
        self._emit(f"%.{self._count} = {operation}")
        return Value(kind, f"%.{self._count}")

    def _label(self, hint: str) -> str:
        self._count += 1
        return f".{hint}{self._count}"

    def _start(self, label: str) -> None:
        self._body.append(f"{label}:")
        self._open = True

    def _jump(self, label: str) -> None:
        if self._open:
            self._emit(f"br label %{label}")
        self._open = False

    def _branch(self, test: Value, yes: str, no: str) -> None:
        self._emit(f"br i1 {test.text}, label %{yes}, label %{no}")
        self._open = False

    def _store(self, value: Value, place: str) -> None:
        self._emit(f"store {self._type(value.kind)} {self._text(value)}, ptr {place}, align 8")

    def _select(self, test_kind: str, test: Value, a: Value, b: Value) -> Value:
        kind = self._type(a.kind)
        told = f"{kind} {self._text(a)}, {kind} {self._text(b)}"
        return self._new(a.kind, f"select {self._type(test_kind)} {test.text}, {told}")

    # Kinds

    def _alike(self, a: Value, b: Value) -> tuple[Value, Value]:
        """Both as the wider kind of the two."""
        if a.kind == b.kind or a.kind not in RANK or b.kind not in RANK:
            return a, b
        kind = max(a.kind, b.kind, key=lambda k: RANK[k])
        return self._as(a, kind, None), self._as(b, kind, None)

    def _as(self, value: Value, kind: str, node: ast.AST | None) -> Value:
        """A value as a wider kind."""
        if value.kind == kind:
            return value
        if value.number is not None and kind in ("Real", "Vec"):
            return Value(kind, "", float(value.number))
        if value.kind == "Int" and kind == "Real":
            return self._new("Real", f"sitofp i64 {value.text} to double")
        if value.kind == "Int" and kind == "Vec":
            return self._as(self._as(value, "Real", node), "Vec", node)
        if (value.kind, kind) in (("Real", "Vec"), ("Flag", "Mask")):
            one, many = self._type(value.kind), self._type(kind)
            first = f"insertelement {many} poison, {one} {self._text(value)}, i32 0"
            spread = f"{many} poison, <{self._lanes} x i32> zeroinitializer"
            first = self._new(kind, first).text
            return self._new(kind, f"shufflevector {many} {first}, {spread}")
        raise self._fail(node or self._tree, f"a {value.kind} is no {kind}")

    def _text(self, value: Value) -> str:
        """How a value is written as an operand."""
        if value.number is None or value.kind == "Int":
            return value.text
        bits = "0x" + struct.pack(">d", value.number).hex().upper()
        if value.kind == "Real":
            return bits
        return "<" + ", ".join([f"double {bits}"] * self._lanes) + ">"


@cache
def tree_of(function: Callable[..., Any]) -> ast.FunctionDef:
    """The syntax of a function."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise NotTypedError(f"{function!r} is no plain function")
    return tree


def literal(number: float) -> Value:
    """A number that stands in the source."""
    if isinstance(number, int):
        return Value("Int", str(int(number)), number)
    return Value("Real", "", math.nan if number != number else number)


def signature(tree: ast.FunctionDef) -> tuple[str, list[tuple[str, str]]]:
    """Kind of what a function returns, and names and kinds of its arguments."""
    returns = ast.unparse(tree.returns) if tree.returns is not None else "None"
    return returns, [(a.arg, ast.unparse(a.annotation)) for a in tree.args.args if a.annotation]
