"""Floating-point operations of generated code, counted in its text."""

from __future__ import annotations

import re
from functools import cache

#: What one operation counts: a fused multiply-add is two. Comparisons, selections and operations
#: on bits do no arithmetic and count nothing; a division counts one, though it takes far longer.
_WEIGHTS = {"fadd": 1, "fsub": 1, "fmul": 1, "fdiv": 1, "fneg": 1}
_INTRINSICS = {"fma": 2, "sqrt": 1}
_FUNCTION = re.compile(r"^define [^@]*@(\w+)\((.*?)^}", re.M | re.S)
_TURNS = re.compile(r"%more = icmp ult i64 %next, (\d+)")


def operations(text: str) -> dict[str, int]:
    """Operations per lane and call of every function in LLVM IR text.

    Elementary functions count with what they are made of, loops with all their turns.

    >>> text = '''define <8 x double> @v_twice(<8 x double> %x) {
    ...   %v1 = fadd <8 x double> %x, %x
    ...   ret <8 x double> %v1
    ... }
    ... define void @rates(ptr %y) {
    ...   %v1 = fmul contract <8 x double> %a, %b
    ...   %v2 = call <8 x double> @v_twice(<8 x double> %v1)
    ...   ret void
    ... }'''
    >>> operations(text)
    {'v_twice': 1, 'rates': 2}
    """
    bodies = dict(_FUNCTION.findall(text))

    @cache
    def count(name: str) -> int:
        body = bodies[name]
        total = sum(weight * len(re.findall(rf"= {op} ", body)) for op, weight in _WEIGHTS.items())
        for called in re.findall(r"= call [^@]*@([\w.]+)\(", body):
            if called.startswith("llvm."):
                total += _INTRINSICS.get(called.split(".")[1], 0)
            else:
                total += count(called)
        turns = _TURNS.search(body)
        return total * int(turns.group(1)) if turns else total

    return {name: count(name) for name in bodies}
