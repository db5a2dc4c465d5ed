"""Calls in typed Python as LLVM IR text: other compiled functions, and the words of `typed`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from il15_sim.batch.native.expressions import Expressions
from il15_sim.batch.native.text import Value, signature, tree_of


class Calls(Expressions):
    """Text of one function, with its calls."""

    def _call(self, node: ast.Call) -> Value:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self._fail(node, "no call of typed functions")
        name, given = node.func.id, [self._value(a) for a in node.args]
        function = self._globals.get(name)
        if callable(function) and getattr(function, "is_native", False):
            return self._call_own(function, given, node)
        return self._builtin(name, given, node)

    def _call_own(self, function: Callable[..., Any], given: list[Value], node: ast.Call) -> Value:
        name = function.__name__
        self.called[name] = function
        returns, parameters = signature(tree_of(function))
        if len(parameters) != len(given):
            raise self._fail(node, f"'{name}' takes {len(parameters)} arguments")
        values = [self._as(v, k, node) for v, (_, k) in zip(given, parameters, strict=True)]
        told = ", ".join(f"{self._type(v.kind)} {self._text(v)}" for v in values)
        operation = f"call {self._type(returns)} @{name}({told})"
        if returns == "None":
            self._emit(operation)
            return Value("None", "")
        return self._new(returns, operation)

    def _builtin(self, name: str, given: list[Value], node: ast.Call) -> Value:
        kinds, wide = [v.kind for v in given], f"v{self._lanes}f64"
        if name == "call":
            code = given[0].text
            if kinds[0] == "Int":
                code = self._new("ptr", f"inttoptr i64 {code} to ptr").text
            told = ", ".join(f"ptr {v.text}" for v in given[1:])
            self._emit(f"call void {code}({told})")
            return Value("None", "")
        if name == "at":
            count = self._as(given[1], "Int", node)
            count = self._scaled(count) if kinds[0] == "Lanes" else count
            at = f"getelementptr inbounds double, ptr {given[0].text}, i64 {count.text}"
            return self._new(kinds[0], at)
        if name == "take":
            count = self._as(given[1], "Int", node)
            told = f"ptr {given[0].text}, i64 {count.text} monotonic, align 8"
            return self._new("Int", f"atomicrmw add {told}")
        if name == "some":
            bits = f"bitcast {self._type('Mask')} {given[0].text} to i{self._lanes}"
            return self._new("Flag", f"icmp ne i{self._lanes} {self._new('bits', bits).text}, 0")
        if name == "where":
            a, b = (self._as(v, "Vec", node) for v in given[1:])
            return self._select("Mask", given[0], a, b)
        if name in ("lowest", "highest"):
            word = "fmin" if name == "lowest" else "fmax"
            called = f"@llvm.vector.reduce.{word}.{wide}({self._type('Vec')} {given[0].text})"
            return self._new("Real", f"call double {called}")
        if name == "power":
            a, b = (self._as(v, "Vec", node) for v in given)
            vec = self._type("Vec")
            told = f"{vec} {self._text(a)}, {vec} {self._text(b)}"
            return self._new("Vec", f"call {vec} @v_pow({told})")
        if name == "root" or (name == "abs" and kinds[0] in ("Real", "Vec")):
            kind, suffix = self._type(kinds[0]), wide if kinds[0] == "Vec" else "f64"
            word = "sqrt" if name == "root" else "fabs"
            return self._new(kinds[0], f"call {kind} @llvm.{word}.{suffix}({kind} {given[0].text})")
        if name in ("min", "max", "smaller", "larger"):
            # The first of two where they are equal or cannot be compared, as in Python.
            a, b = self._alike(*given)
            less = name in ("min", "smaller")
            if name in ("min", "max"):
                test = self._compare(ast.Lt if less else ast.Gt, b, a, node)
                return self._select(test.kind, test, b, a)
            test = self._compare(ast.Lt if less else ast.Gt, a, b, node)
            return self._select(test.kind, test, a, b)
        if name == "int" and kinds == ["Real"]:
            return self._new("Int", f"fptosi double {self._text(given[0])} to i64")
        if name in ("float", "vector"):
            return self._as(given[0], "Real" if name == "float" else "Vec", node)
        raise self._fail(node, f"'{name}' is not known to typed functions")
