"""The arithmetic limit of one core: fused multiply-adds, as many as it can do."""

from __future__ import annotations

import ctypes
import time

import numpy as np

from il15_sim.batch.compile.machine_code import compile_text, load_code
from il15_sim.batch.drive.layout import LANES

#: Independent sums: more than latency times throughput of any processor of today, fewer than the
#: vector registers of one.
_SUMS = 12
_TURNS = 1_000_000


def peak_gflops(repeats: int = 10) -> float:
    """Largest rate of fused multiply-adds on vectors of doubles (two operations each)."""
    addresses, engine = load_code(compile_text(_text()), ["multiply"])
    multiply = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(addresses["multiply"])
    room = np.full(_SUMS * LANES, 1e-9)
    best = np.inf
    multiply(room.ctypes.data)
    for _ in range(repeats):
        begin = time.perf_counter()
        multiply(room.ctypes.data)
        best = min(best, time.perf_counter() - begin)
    del engine  # until here it owned the code
    return 2 * LANES * _SUMS * _TURNS / best / 1e9


def _text() -> str:
    kind = f"<{LANES} x double>"
    sums = range(_SUMS)
    fma = f"@llvm.fma.v{LANES}f64"
    lines = [
        f"declare {kind} {fma}({kind}, {kind}, {kind})",
        "define void @multiply(ptr %x) nounwind {",
        "entry:",
        # A place for each sum: of equal ones a compiler keeps one.
        *(f"  %p{k} = getelementptr double, ptr %x, i64 {k * LANES}" for k in sums),
        *(f"  %a{k} = load {kind}, ptr %p{k}, align 8" for k in sums),
        "  br label %loop",
        "loop:",
        "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
        *(f"  %s{k} = phi {kind} [ %a{k}, %entry ], [ %t{k}, %loop ]" for k in sums),
        *(f"  %t{k} = call {kind} {fma}({kind} %s{k}, {kind} %a0, {kind} %s{k})" for k in sums),
        "  %next = add nuw nsw i64 %i, 1",
        f"  %more = icmp ult i64 %next, {_TURNS}",
        "  br i1 %more, label %loop, label %done",
        "done:",
        *(f"  store {kind} %t{k}, ptr %p{k}, align 8" for k in sums),
        "  ret void",
        "}",
    ]
    return "\n".join(lines) + "\n"
