"""The parts of a Rosenbrock step that are the same for every state, as loops in LLVM IR."""

from __future__ import annotations

from collections.abc import Sequence

from il15_sim.batch.compile.emit import Function, intrinsic
from il15_sim.batch.compile.methods import Rosenbrock


def stage_loops(method: Rosenbrock, size: int, width: int) -> list[str]:
    """Functions `stage1` ... of (y, k, r, z): argument z and right side k_s of every stage.

    z = y + sum_j a_sj k_j and k_s = r sum_j c_sj k_j, with r = 1/h for every lane. `stage0`
    closes the step: z = (argument of the last stage) + (last k), the solution at its end.
    """
    texts = []
    for s in range(1, method.stages):
        texts.append(_stage(f"stage{s}", method.a[s], method.c[s], _grown(method, s), size, width))
    texts.append(_stage("stage0", (), (), True, size, width, method.stages))
    return texts


def error_loop(size: int, width: int, memory: float, least: float) -> str:
    """Function `error(y, z, e, typical, peak, norm)`: squared norm of the error of every lane.

    An error counts relative to the size of its state: the larger of its values at both ends of the
    step, of its typical size, and of a share of the largest value it has had
    (`memory`). What is smaller than `least` is nothing.
    """
    f = Function("error", ("y", "z", "e", "typical", "peak", "norm"), width)
    body = _Loop(f, size, width, carried=f.constant(0.0))
    size_of = _larger(f, _absolute(f, body.load("y", 0)), _absolute(f, body.load("z", 0)))
    past = f.binary("fmul", f.constant(memory), body.load("peak", 0))
    size_of = _larger(f, size_of, _larger(f, body.load("typical", 0), past))
    size_of = _larger(f, size_of, f.constant(least))
    ratio = f.binary("fdiv", body.load("e", 0), size_of)
    total = f.binary("fadd", "%carried", f.binary("fmul", ratio, ratio))
    return body.close(total, "norm")


def accept_loop(size: int, width: int, nothing: float) -> str:
    """Function `accept(y, z, peak, yes)`: y becomes z in the lanes where yes is 1.

    What is smaller than `nothing` becomes zero: arithmetic on the smallest doubles is slow.
    """
    f = Function("accept", ("y", "z", "peak", "yes"), width)
    yes = f.line(f"fcmp ogt {f.type} {f.load('yes', 0)}, {f.constant(0.5)}")
    body = _Loop(f, size, width)
    z = body.load("z", 0)
    some = f.line(f"fcmp oge {f.type} {_absolute(f, z)}, {f.constant(nothing)}")
    z = f.select(some, z, f.constant(0.0))
    y = f.select(yes, z, body.load("y", 0))
    body.store(y, "y", 0)
    body.store(_larger(f, body.load("peak", 0), _absolute(f, y)), "peak", 0)
    return body.close()


def interior_loop(method: Rosenbrock, size: int, width: int) -> str:
    """Function `interior(y, z, k, s, w)`: all integrated quantities inside a step, into w.

    Every lane at its own share s of the step from y to z with the stages k, by the dense output of
    the method.
    """
    f = Function("interior", ("y", "z", "k", "s", "w"), width)
    s = f.load("s", 0)
    rest = f.binary("fsub", f.constant(1.0), s)
    body = _Loop(f, size, width)
    stages = [body.load("k", j * size) for j in range(method.stages)]
    rows = [weighted_sum(f, row, stages) for row in method.h]
    inner = rows.pop()
    while rows:
        inner = f.binary("fadd", rows.pop(), f.binary("fmul", s, inner))
    end = f.binary("fadd", body.load("z", 0), f.binary("fmul", rest, inner))
    begin = f.binary("fmul", rest, body.load("y", 0))
    body.store(f.binary("fadd", begin, f.binary("fmul", s, end)), "w", 0)
    return body.close()


def _absolute(f: Function, x: str) -> str:
    return f.call(intrinsic("fabs", f.width), x)


def _larger(f: Function, a: str, b: str) -> str:
    return f.select(f.line(f"fcmp ogt {f.type} {a}, {b}"), a, b)


def _grown(method: Rosenbrock, s: int) -> bool:
    """True where a stage's argument is the one before plus the k before."""
    return s > 1 and method.a[s] == (*method.a[s - 1], 1.0)


def _stage(
    name: str,
    a: Sequence[float],
    c: Sequence[float],
    grown: bool,
    size: int,
    width: int,
    stages: int = 0,
) -> str:
    f = Function(name, ("y", "k", "r", "z"), width)
    r = f.load("r", 0)
    body = _Loop(f, size, width)
    s = stages or len(a)
    if grown:
        ks = [""] * (s - 1) + [body.load("k", (s - 1) * size)]
        body.store(f.binary("fadd", body.load("z", 0), ks[-1]), "z", 0)
    else:
        ks = [body.load("k", j * size) for j in range(s)]
        body.store(weighted_sum(f, a, ks, body.load("y", 0)), "z", 0)
    if c:
        ks = [k or body.load("k", j * size) for j, k in enumerate(ks)]
        body.store(f.binary("fmul", r, weighted_sum(f, c, ks)), "k", s * size)
    return body.close()


def weighted_sum(
    f: Function, weights: Sequence[float], values: Sequence[str], start: str = ""
) -> str:
    """Sum of values times numbers; terms of weight zero are left out."""
    total = start
    for weight, value in zip(weights, values, strict=True):
        if weight != 0.0:
            term = f.binary("fmul", f.constant(weight), value)
            total = f.binary("fadd", total, term) if total else term
    return total


class _Loop:
    """A loop over the entries of arrays, `width` doubles at a time."""

    def __init__(self, f: Function, size: int, width: int, carried: str = "") -> None:
        """`carried` is the start of a value that passes from turn to turn as %carried."""
        self._f, self._size, self._width = f, size, width
        f.block("br label %loop\nloop:")
        f.block("%i = phi i64 [ 0, %entry ], [ %next, %loop ]")
        if carried:
            f.block(f"%carried = phi {f.type} [ {carried}, %entry ], [ %carry, %loop ]")
        f.block(f"%o = mul nuw nsw i64 %i, {width}")

    def _address(self, array: str, entry: int) -> str:
        base = self._f.line(f"getelementptr inbounds double, ptr %{array}, i64 %o")
        if entry == 0:
            return base
        return self._f.line(f"getelementptr inbounds double, ptr {base}, i64 {entry * self._width}")

    def load(self, array: str, entry: int) -> str:
        """Entry `entry + i`."""
        return self._f.line(f"load {self._f.type}, ptr {self._address(array, entry)}, align 8")

    def store(self, value: str, array: str, entry: int) -> None:
        """Write entry `entry + i`."""
        place = self._address(array, entry)
        self._f.block(f"store {self._f.type} {value}, ptr {place}, align 8")

    def close(self, carry: str = "", array: str = "") -> str:
        """The finished function; what was carried goes to the first entry of an array."""
        if carry:
            zero = self._f.constant(-0.0)
            self._f.block(f"%carry = fadd {self._f.type} {carry}, {zero}")
        self._f.block("%next = add nuw nsw i64 %i, 1")
        self._f.block(f"%more = icmp ult i64 %next, {self._size}")
        self._f.block("br i1 %more, label %loop, label %done\ndone:")
        if carry:
            self._f.store("%carry", array, 0)
        return self._f.text()
