"""Functions of typed Python (`typed.py`) as LLVM IR text.

The driver of the batch engine is a thousand statements of loops and arithmetic. A general compiler
for Python takes a quarter of a minute for it, most of it for what it does not use; these few types
need no inference, and LLVM alone takes a second.
"""

from __future__ import annotations

import ast
import inspect
import math
import struct
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeGuard

from il15_sim.batch.typed import Record
from il15_sim.batch.vector_math import definitions

_ARITHMETIC = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
_COMPARE: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("olt", "slt"),
    ast.LtE: ("ole", "sle"),
    ast.Gt: ("ogt", "sgt"),
    ast.GtE: ("oge", "sge"),
    ast.Eq: ("oeq", "eq"),
    ast.NotEq: ("une", "ne"),
}
#: Order in which kinds of numbers widen.
_RANK = {"Int": 0, "Real": 1, "Vec": 2}


class NotTypedError(TypeError):
    """A function marked `native` holds what is not translated."""


@dataclass(frozen=True)
class Value:
    """A value in the text: its kind and its name (of a literal number: the number)."""

    kind: str
    text: str
    number: float | None = None


def translate(entry: Callable[..., Any], lanes: int) -> str:
    """LLVM IR text of a function marked `native`, and of those it calls.

    Only `entry` can be called from outside.

    Raises
    ------
    NotTypedError
        For a statement or expression that is not translated, with its file and line.
    """
    parts: list[str] = []
    known = {entry.__name__: entry}
    waiting = [entry]
    while waiting:
        function = _Function(waiting.pop(), lanes, visible=not parts)
        parts.append(function.text())
        for name, called in function.called.items():
            if name not in known:
                waiting.append(called)
            if known.setdefault(name, called) is not called:
                raise NotTypedError(f"two compiled functions are called '{name}'")
    wide = f"<{lanes} x double>"
    parts += [
        f"declare {wide} @llvm.fabs.v{lanes}f64({wide})",
        f"declare double @llvm.vector.reduce.fmin.v{lanes}f64({wide})",
        f"declare double @llvm.vector.reduce.fmax.v{lanes}f64({wide})",
        "declare double @llvm.fabs.f64(double)",
        "!0 = !{}",
    ]
    return "\n".join([definitions(lanes), *parts]) + "\n"


class _Function:
    """Text of one function."""

    def __init__(self, function: Callable[..., Any], lanes: int, *, visible: bool) -> None:
        self._tree, self._globals, self._lanes = _tree_of(function), function.__globals__, lanes
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

    # The whole

    def text(self) -> str:
        """The function."""
        returns, given = _signature(self._tree)
        told = ", ".join(f"{self._type(kind)} %{name}" for name, kind in given)
        changed = {n.id for n in ast.walk(self._tree) if _is_stored(n)}
        for name, kind in given:
            self._given[name] = Value(kind, f"%{name}")
            if name in changed:
                self._assign(ast.Name(name), self._given[name])
        self._statements(self._tree.body)
        if self._open:
            self._emit("ret void" if returns == "None" else "unreachable")
        link = "" if self._visible else "internal "
        head = f"define {link}{self._type(returns)} @{self._tree.name}({told}) nounwind {{\nentry:"
        return "\n".join([head, *self._allocated, *self._body, "}"])

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

    # Statements

    def _statements(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if not self._open:  # what stands behind a jump is never reached
                self._start(self._label("dead"))
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(ast.Call() as call):
                self._call(call)
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(sources)):
                values = [self._value(source) for source in sources]
                for one, given in zip(targets, values, strict=True):
                    self._assign(one, given)
            case ast.Assign([target], value):
                self._assign(target, self._value(value))
            case ast.AnnAssign(target, ast.Name(kind), value) if value is not None:
                self._assign(target, self._as(self._value(value), kind, node))
            case ast.AugAssign(target, op, value):
                now = self._value(target)  # a target reads like an expression
                self._assign(target, self._binary(op, now, self._value(value), node))
            case ast.If():
                self._if(node)
            case ast.While(test, body, []):
                self._while(test, body)
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"), bounds), body, []):
                self._for(name, [self._as(self._value(b), "Int", b) for b in bounds], body)
            case ast.Return(value):
                self._return(value, node)
            case ast.Break() | ast.Continue():
                self._jump(self._loops[-1][isinstance(node, ast.Continue)])
            case _:
                raise self._fail(node, "no statement of typed functions")

    def _return(self, value: ast.expr | None, node: ast.stmt) -> None:
        kind = _signature(self._tree)[0]
        if value is None:
            self._emit("ret void")
        else:
            given = self._as(self._value(value), kind, node)
            self._emit(f"ret {self._type(kind)} {self._text(given)}")
        self._open = False

    def _assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Subscript):
            kind, place = self._place(target)
            self._store(self._as(value, kind, target), place)
        elif isinstance(target, ast.Name):
            if target.id not in self._variables:
                self._variables[target.id] = value.kind
                self._allocated.append(f"  %{target.id}.at = alloca {self._type(value.kind)}")
            known = self._variables[target.id]
            self._store(self._as(value, known, target), f"%{target.id}.at")
        else:
            raise self._fail(target, "nothing to assign to")

    def _store(self, value: Value, place: str) -> None:
        self._emit(f"store {self._type(value.kind)} {self._text(value)}, ptr {place}, align 8")

    def _if(self, node: ast.If) -> None:
        yes, no, end = self._label("yes"), self._label("no"), self._label("end")
        self._branch(self._flag(node.test), yes, no)
        for label, body in ((yes, node.body), (no, node.orelse)):
            self._start(label)
            self._statements(body)
            self._jump(end)
        self._start(end)

    def _while(self, test: ast.expr, body: list[ast.stmt]) -> None:
        again, inside, end = self._label("again"), self._label("inside"), self._label("end")
        self._jump(again)
        self._start(again)
        self._branch(self._flag(test), inside, end)
        self._start(inside)
        self._loops.append((end, again))
        self._statements(body)
        self._loops.pop()
        self._jump(again)
        self._start(end)

    def _for(self, name: str, bounds: list[Value], body: list[ast.stmt]) -> None:
        first, last = (Value("Int", "0"), *bounds) if len(bounds) == 1 else bounds
        again, inside = self._label("again"), self._label("inside")
        following, end = self._label("next"), self._label("end")
        counter = ast.Name(name)
        self._assign(counter, first)
        self._jump(again)
        self._start(again)
        now = self._value(counter)
        self._branch(self._new("Flag", f"icmp slt i64 {now.text}, {last.text}"), inside, end)
        self._start(inside)
        self._loops.append((end, following))
        self._statements(body)
        self._loops.pop()
        self._jump(following)
        self._start(following)
        self._assign(counter, self._new("Int", f"add nsw i64 {self._value(counter).text}, 1"))
        self._jump(again)
        self._start(end)

    # Expressions

    def _flag(self, node: ast.expr) -> Value:
        value = self._value(node)
        if value.kind == "Int":
            return self._new("Flag", f"icmp ne i64 {value.text}, 0")
        if value.kind != "Flag":
            raise self._fail(node, f"a {value.kind} is no condition")
        return value

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(bool() as truth):
                return Value("Flag", "true" if truth else "false")
            case ast.Constant(int() | float() as number):
                return _literal(number)
            case ast.Name(name):
                return self._named(name, node)
            case ast.Attribute(ast.Name(name), field):
                return self._field(self._named(name, node), field, node)
            case ast.Subscript():
                kind, place = self._place(node)
                return self._new(kind, f"load {self._type(kind)}, ptr {place}, align 8")
            case ast.BinOp(left, op, right):
                return self._binary(op, self._value(left), self._value(right), node)
            case ast.UnaryOp(op, operand):
                return self._unary(op, self._value(operand), node)
            case ast.Compare(left, ops, others):
                return self._comparison(left, ops, others, node)
            case ast.BoolOp(op, operands):
                return self._shortcut(op, operands)
            case ast.IfExp(test, yes, no):
                a, b = self._alike(self._value(yes), self._value(no))
                test_text = self._flag(test).text
                kind = self._type(a.kind)
                return self._new(
                    a.kind, f"select i1 {test_text}, {kind} {self._text(a)}, {kind} {self._text(b)}"
                )
            case ast.Call():
                return self._call(node)
        raise self._fail(node, "no expression of typed functions")

    def _named(self, name: str, node: ast.AST) -> Value:
        if name in self._variables:
            kind = self._variables[name]
            return self._new(kind, f"load {self._type(kind)}, ptr %{name}.at, align 8")
        if name in self._given:
            return self._given[name]
        number = self._globals.get(name)
        if isinstance(number, (int, float)):
            return _literal(number)
        raise self._fail(node, f"'{name}' is no variable and no number")

    def _field(self, owner: Value, field: str, node: ast.AST) -> Value:
        record = self._globals.get(owner.kind)
        if not (isinstance(record, type) and issubclass(record, Record)):
            raise self._fail(node, f"a {owner.kind} has no fields")
        fields = record.fields()
        if field not in fields:
            raise self._fail(node, f"{owner.kind} has no field '{field}'")
        place = f"getelementptr inbounds i64, ptr {owner.text}, i64 {list(fields).index(field)}"
        at = self._new("ptr", place).text
        # Records do not change while compiled code runs: what is loaded once may be kept.
        load = f"load {self._type(fields[field])}, ptr {at}, align 8, !invariant.load !0"
        return self._new(fields[field], load)

    def _place(self, node: ast.Subscript) -> tuple[str, str]:
        """Kind and address of an entry of a view."""
        view, index = self._value(node.value), node.slice
        row, lane = index.elts if isinstance(index, ast.Tuple) else (index, None)
        whole = isinstance(row if lane is None else lane, ast.Slice)
        if view.kind == "Lanes" and lane is not None:
            place = self._scaled(self._as(self._value(row), "Int", node))
            if not whole:
                entry = self._as(self._value(lane), "Int", node)
                place = self._new("Int", f"add nsw i64 {place.text}, {entry.text}")
            kind = "Vec" if whole else "Real"
        elif view.kind in ("Reals", "Ints") and lane is None:
            if whole and view.kind == "Reals":
                return "Vec", view.text
            place = self._as(self._value(row), "Int", node)
            kind = "Real" if view.kind == "Reals" else "Int"
        else:
            raise self._fail(node, f"a {view.kind} is not read so")
        at = f"getelementptr inbounds double, ptr {view.text}, i64 {place.text}"
        return kind, self._new("ptr", at).text

    def _scaled(self, row: Value) -> Value:
        return self._new("Int", f"mul nsw i64 {row.text}, {self._lanes}")

    def _binary(self, op: ast.operator, a: Value, b: Value, node: ast.AST) -> Value:
        if isinstance(op, (ast.BitAnd, ast.BitOr)):
            word = "and" if isinstance(op, ast.BitAnd) else "or"
            if {a.kind, b.kind} == {"Flag"}:
                return self._new("Flag", f"{word} i1 {a.text}, {b.text}")
            a, b = self._as(a, "Mask", node), self._as(b, "Mask", node)
            return self._new("Mask", f"{word} {self._type('Mask')} {a.text}, {b.text}")
        if type(op) not in _ARITHMETIC or a.kind not in _RANK or b.kind not in _RANK:
            raise self._fail(node, f"no arithmetic of {a.kind} and {b.kind}")
        word = _ARITHMETIC[type(op)]
        a, b = self._alike(a, b)
        if a.kind == "Int":
            if word == "div":
                raise self._fail(node, "whole numbers are not divided")
            return self._new("Int", f"{word} nsw i64 {a.text}, {b.text}")
        kind = self._type(a.kind)
        return self._new(a.kind, f"f{word} contract nsz {kind} {self._text(a)}, {self._text(b)}")

    def _unary(self, op: ast.unaryop, a: Value, node: ast.AST) -> Value:
        if isinstance(op, ast.USub) and a.number is not None:
            return _literal(-a.number if a.kind == "Real" else -int(a.number))
        if isinstance(op, ast.USub) and a.kind in ("Real", "Vec"):
            return self._new(a.kind, f"fneg {self._type(a.kind)} {self._text(a)}")
        if isinstance(op, ast.USub) and a.kind == "Int":
            return self._new("Int", f"sub nsw i64 0, {a.text}")
        if isinstance(op, ast.Not) and a.kind == "Flag":
            return self._new("Flag", f"xor i1 {a.text}, true")
        if isinstance(op, ast.Not) and a.kind == "Int":
            return self._new("Flag", f"icmp eq i64 {a.text}, 0")
        if isinstance(op, ast.Invert) and a.kind == "Mask":
            ones = self._text(self._as(Value("Flag", "true"), "Mask", node))
            return self._new("Mask", f"xor {self._type('Mask')} {a.text}, {ones}")
        raise self._fail(node, f"not of a {a.kind}")

    def _comparison(
        self, left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr], node: ast.AST
    ) -> Value:
        values = [self._value(n) for n in (left, *others)]
        found: Value | None = None
        for a, op, b in zip(values, ops, values[1:], strict=False):
            one = self._compare(type(op), *self._alike(a, b), node)
            found = one if found is None else self._binary(ast.BitAnd(), found, one, node)
        if found is None:
            raise self._fail(node, "nothing is compared")
        return found

    def _compare(self, op: type[ast.cmpop], a: Value, b: Value, node: ast.AST) -> Value:
        if op not in _COMPARE or a.kind not in _RANK:
            raise self._fail(node, "is not compared so")
        real, whole = _COMPARE[op]
        word = f"icmp {whole}" if a.kind == "Int" else f"fcmp {real}"
        kind = "Mask" if a.kind == "Vec" else "Flag"
        return self._new(kind, f"{word} {self._type(a.kind)} {self._text(a)}, {self._text(b)}")

    def _shortcut(self, op: ast.boolop, operands: list[ast.expr]) -> Value:
        """`and` and `or` of conditions: the later ones are looked at only where they count."""
        end, passes = self._label("end"), isinstance(op, ast.And)
        self._count += 1
        place = f"%.b{self._count}"
        self._allocated.append(f"  {place} = alloca i1")
        for n, operand in enumerate(operands):
            test = self._flag(operand)
            self._emit(f"store i1 {test.text}, ptr {place}, align 8")
            if n + 1 < len(operands):
                more = self._label("more")
                self._branch(test, more if passes else end, end if passes else more)
                self._start(more)
        self._jump(end)
        self._start(end)
        return self._new("Flag", f"load i1, ptr {place}, align 8")

    # Calls

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
        returns, parameters = _signature(_tree_of(function))
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

    def _select(self, test_kind: str, test: Value, a: Value, b: Value) -> Value:
        kind = self._type(a.kind)
        told = f"{kind} {self._text(a)}, {kind} {self._text(b)}"
        return self._new(a.kind, f"select {self._type(test_kind)} {test.text}, {told}")

    # Kinds

    def _alike(self, a: Value, b: Value) -> tuple[Value, Value]:
        """Both as the wider kind of the two."""
        if a.kind == b.kind or a.kind not in _RANK or b.kind not in _RANK:
            return a, b
        kind = max(a.kind, b.kind, key=lambda k: _RANK[k])
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
def _tree_of(function: Callable[..., Any]) -> ast.FunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise NotTypedError(f"{function!r} is no plain function")
    return tree


def _literal(number: float) -> Value:
    if isinstance(number, int):
        return Value("Int", str(int(number)), number)
    return Value("Real", "", math.nan if number != number else number)


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _signature(tree: ast.FunctionDef) -> tuple[str, list[tuple[str, str]]]:
    """Kind of what a function returns, and names and kinds of its arguments."""
    returns = ast.unparse(tree.returns) if tree.returns is not None else "None"
    return returns, [(a.arg, ast.unparse(a.annotation)) for a in tree.args.args if a.annotation]
