"""Calls of generated functions in a loop of machine code, so that what is timed is the function."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import Any

from il15_sim.batch.compile.machine_code import compile_text, load_code


def run(function: int, arguments: Sequence[int], times: int = 1) -> None:
    """Call the function at an address, which takes so many addresses, a number of times."""
    call, _ = _loop(len(arguments))
    call(function, *arguments, times)


@cache
def _loop(count: int) -> tuple[Any, Any]:
    """The loop for functions of so many arguments, and what owns its code."""
    addresses, owner = load_code(compile_text(_text(count)), ["repeat"])
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (1 + count), ctypes.c_int64)
    return kind(addresses["repeat"]), owner


def _text(count: int) -> str:
    names = [f"ptr %a{k}" for k in range(count)]
    lines = [
        f"define void @repeat(ptr %f, {', '.join(names)}, i64 %times) nounwind {{",
        "entry:",
        "  br label %loop",
        "loop:",
        "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
        f"  call void %f({', '.join(names)})",
        "  %next = add nuw nsw i64 %i, 1",
        "  %more = icmp ult i64 %next, %times",
        "  br i1 %more, label %loop, label %done",
        "done:",
        "  ret void",
        "}",
    ]
    return "\n".join(lines) + "\n"
