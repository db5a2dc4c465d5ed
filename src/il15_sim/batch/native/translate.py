"""Functions of typed Python (`typed.py`) as LLVM IR text.

The driver of the batch engine is a thousand statements of loops and arithmetic. A general compiler
for Python takes a quarter of a minute for it, most of it for what it does not use; these few types
need no inference, and LLVM alone takes a second.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeGuard

from il15_sim.batch.functions.elementary import definitions
from il15_sim.batch.native.calls import Calls
from il15_sim.batch.native.text import NotTypedError, Value, signature


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


class _Function(Calls):
    """Text of one function, with its statements."""

    def text(self) -> str:
        """The function."""
        returns, given = signature(self._tree)
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
        kind = signature(self._tree)[0]
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


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
