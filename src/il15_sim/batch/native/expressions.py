"""Expressions of typed Python as LLVM IR text."""

from __future__ import annotations

import ast

from il15_sim.batch.native.text import RANK, FunctionText, Value, literal
from il15_sim.batch.native.typed import Record

_ARITHMETIC = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
_COMPARE: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("olt", "slt"),
    ast.LtE: ("ole", "sle"),
    ast.Gt: ("ogt", "sgt"),
    ast.GtE: ("oge", "sge"),
    ast.Eq: ("oeq", "eq"),
    ast.NotEq: ("une", "ne"),
}


class Expressions(FunctionText):
    """Text of one function, with its expressions."""

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
                return literal(number)
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
                return self._either(self._flag(test), yes, no)
            case ast.Call():
                return self._call(node)
        raise self._fail(node, "no expression of typed functions")

    def _call(self, node: ast.Call) -> Value:
        """The value of a call: `native_calls` knows them."""
        raise self._fail(node, "no call of typed functions")

    def _named(self, name: str, node: ast.AST) -> Value:
        if name in self._variables:
            kind = self._variables[name]
            return self._new(kind, f"load {self._type(kind)}, ptr %{name}.at, align 8")
        if name in self._given:
            return self._given[name]
        number = self._globals.get(name)
        if isinstance(number, (int, float)):
            return literal(number)
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
        if type(op) not in _ARITHMETIC or a.kind not in RANK or b.kind not in RANK:
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
            return literal(-a.number if a.kind == "Real" else -int(a.number))
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
        if op not in _COMPARE or a.kind not in RANK:
            raise self._fail(node, "is not compared so")
        real, whole = _COMPARE[op]
        word = f"icmp {whole}" if a.kind == "Int" else f"fcmp {real}"
        kind = "Mask" if a.kind == "Vec" else "Flag"
        return self._new(kind, f"{word} {self._type(a.kind)} {self._text(a)}, {self._text(b)}")

    def _either(self, test: Value, yes: ast.expr, no: ast.expr) -> Value:
        """One of two values; the other is not worked out."""
        labels, end, before = (
            (self._label("yes"), self._label("no")),
            self._label("end"),
            self._body,
        )
        bodies: list[list[str]] = []
        values: list[Value] = []
        for node in (yes, no):
            self._body = []
            values.append(self._value(node))
            bodies.append(self._body)
        kind = max((v.kind for v in values), key=lambda k: RANK.get(k, 0))
        self._count += 1
        place = f"%.e{self._count}"
        self._allocated.append(f"  {place} = alloca {self._type(kind)}")
        self._body = before
        self._branch(test, *labels)
        for label, body, value, node in zip(labels, bodies, values, (yes, no), strict=True):
            self._start(label)
            self._body += body
            self._store(self._as(value, kind, node), place)
            self._jump(end)
        self._start(end)
        return self._new(kind, f"load {self._type(kind)}, ptr {place}, align 8")

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
