"""Typed Python as machine code: it does what Python does, and refuses what it does not know."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest

from il15_sim.batch.compile.machine_code import compile_text, load_code
from il15_sim.batch.drive.layout import JOB, WORK, Job, Work
from il15_sim.batch.native.text import NotTypedError
from il15_sim.batch.native.translate import translate
from il15_sim.batch.native.typed import (
    Flag,
    Int,
    Ints,
    Lanes,
    Mask,
    Real,
    Reals,
    Record,
    Vec,
    at,
    call,
    highest,
    larger,
    lowest,
    native,
    power,
    root,
    smaller,
    some,
    take,
    vector,
    where,
)

LANES, SEVEN, HALF = 8, 7, 0.5
_alive = []


def compiled(function, *kinds):
    """A native function of addresses and numbers, callable from here."""
    addresses, engine = load_code(compile_text(translate(function, LANES)), [function.__name__])
    _alive.append(engine)
    return ctypes.CFUNCTYPE(None, *kinds)(addresses[function.__name__])


REALS = ctypes.c_void_p


@native
def collatz(out: Ints, start: Int) -> None:
    steps, n = 0, start
    while True:
        if n == 1:
            break
        half, twice = 0, 0
        while twice < n:
            half, twice = half + 1, twice + 2
        n = half if twice == n else 3 * n + 1
        steps += 1
        if steps > 1000:
            return
    out[0] = steps


def test_loops_branches_and_jumps():
    out = np.zeros(1, np.int64)
    run = compiled(collatz, REALS, ctypes.c_int64)
    for start, steps in ((1, 0), (6, 8), (27, 111)):
        run(out.ctypes.data, start)
        assert out[0] == steps


@native
def changes_argument(out: Reals, x: Real, n: Int) -> None:
    for i in range(n):
        out[i] = x
        x = x * 2.0
        if i == 3:
            continue
        x += 1


def test_an_argument_that_is_assigned_to_in_a_loop():
    out = np.zeros(6)
    compiled(changes_argument, REALS, ctypes.c_double, ctypes.c_int64)(out.ctypes.data, 1.0, 6)
    assert out.tolist() == [1.0, 3.0, 7.0, 15.0, 30.0, 61.0]


@native
def is_small(seen: Ints, x: Real) -> Flag:
    seen[0] += 1
    return x < HALF


@native
def shortcuts(out: Ints, x: Real) -> None:
    seen = at(out, 4)
    out[0] = 1 if x > 0.0 and is_small(seen, x) else 0
    out[1] = 1 if x > 0.0 or not is_small(seen, x) else 0
    out[2] = 1 if -1.0 < x <= SEVEN else 0


def test_conditions_look_no_further_than_they_must():
    run = compiled(shortcuts, REALS, ctypes.c_double)
    for x, right in ((0.25, [1, 1, 1, 0, 1]), (-2.0, [0, 0, 0, 0, 1]), (9.0, [0, 1, 0, 0, 1])):
        out = np.zeros(5, np.int64)
        run(out.ctypes.data, x)
        assert out.tolist() == right


@native
def counted(counter: Ints, out: Reals, x: Real) -> None:
    out[0] = float(take(counter, 1)) if x > 0.0 else -1.0
    out[1] = 2 if x < 0.0 else (x if x > 5.0 else 0.5 * x)


def test_only_the_chosen_value_is_worked_out():
    run = compiled(counted, REALS, REALS, ctypes.c_double)
    counter, out = np.array([7]), np.zeros(2)
    for x, right, left in ((1.0, [7.0, 0.5], 8), (-1.0, [-1.0, 2.0], 8), (6.0, [8.0, 6.0], 9)):
        run(counter.ctypes.data, out.ctypes.data, x)
        assert (out.tolist(), counter[0]) == (right, left)


@native
def vectors(x: Lanes, out: Lanes, flags: Ints) -> None:
    a, b = x[0, :], x[1, :]
    out[0, :] = where((a < b) & ~(b > 2.0), a * 2.0 - b, a / b)
    out[1, :] = larger(a, b) + smaller(a, 0.25)
    out[2, :] = power(larger(abs(a), 0.1), -0.2)
    out[3, :] = root(abs(b))
    out[4, :] = vector(lowest(a)) - highest(a)
    out[5, 2] = x[0, 3] + SEVEN
    out[6, :] = max(a, b) - min(a, 0.0)
    none: Mask = (a < -9.0) | (b != b)
    flags[0] = 1 if some(a < b) else 0
    flags[1] = 1 if some(none) else 0


def test_arithmetic_of_all_lanes():
    rng = np.random.default_rng(5)
    x, out, flags = rng.normal(size=(2, LANES)), np.zeros((7, LANES)), np.zeros(2, np.int64)
    compiled(vectors, REALS, REALS, REALS)(x.ctypes.data, out.ctypes.data, flags.ctypes.data)
    a, b = x
    right = np.array([
        np.where((a < b) & ~(b > 2.0), a * 2.0 - b, a / b),
        np.maximum(a, b) + np.minimum(a, 0.25),
        np.maximum(abs(a), 0.1) ** -0.2,
        np.sqrt(abs(b)),
        np.full(LANES, a.min() - a.max()),
        np.where(np.arange(LANES) == 2, a[3] + 7, 0.0),
        np.maximum(a, b) - np.minimum(a, 0.0),
    ])  # fmt: skip
    assert out == pytest.approx(right, rel=1e-14)
    assert flags.tolist() == [1, 0]


@native
def comparing_nan(x: Reals, out: Reals) -> None:
    out[0] = max(x[0], 1.0)
    out[1] = max(1.0, x[0])
    out[2] = min(x[0], 1.0)
    out[3] = 1.0 if x[0] == x[0] else 0.0
    out[4] = 1.0 if x[0] != x[0] else 0.0
    out[5] = 1.0 if not x[0] < 1.0 else 0.0


def test_nan_is_compared_as_python_does():
    x, out = np.array([math.nan]), np.zeros(6)
    compiled(comparing_nan, REALS, REALS)(x.ctypes.data, out.ctypes.data)
    right = [max(math.nan, 1.0), max(1.0, math.nan), min(math.nan, 1.0), 0.0, 1.0, 1.0]
    assert out == pytest.approx(right, nan_ok=True)


class Pair(Record):
    count: Int
    scale: Real
    values: Reals


@native
def scaled(pair: Pair) -> None:
    for i in range(pair.count):
        pair.values[i] = pair.scale * float(int(pair.values[i]))


def test_records_hold_what_python_wrote():
    values, pair = np.array([1.9, -2.9, 3.0]), np.zeros(1, Pair.dtype())
    pair["count"], pair["scale"], pair["values"] = 2, 10.0, values.ctypes.data
    compiled(scaled, REALS)(pair.ctypes.data)
    assert values.tolist() == [10.0, -20.0, 3.0]


@pytest.mark.parametrize(("record", "dtype"), [(Job, JOB), (Work, WORK)])
def test_fields_of_the_records_take_eight_bytes_each(record, dtype):
    assert dtype.itemsize == 8 * len(record.fields())
    assert dtype.names == tuple(record.fields())
    assert set(record.fields().values()) <= {"Int", "Real", "Ints", "Reals", "Lanes", "Code"}


@native
def divides(out: Ints, x: Int) -> None:
    out[0] = x / 2


@native
def unknown_name(out: Reals) -> None:
    out[0] = nothing_of_that_name  # noqa: F821


@native
def narrows(out: Ints, x: Real) -> None:
    out[0] = x


@native
def unknown_statement(out: Reals) -> None:
    with out:
        pass


@native
def unknown_call(out: Reals) -> None:
    out[0] = sorted(out)


@native
def no_condition(x: Lanes) -> None:
    if x[0, :] > 1.0:
        call(0, x)


@native
def too_many(out: Ints) -> None:
    out[0] = 1 if is_small(out, 1.0, 2.0) else 0


@native
def no_field(pair: Pair) -> None:
    pair.values[0] = pair.size


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (divides, "whole numbers are not divided: x / 2"),
        (unknown_name, "'nothing_of_that_name' is no variable and no number"),
        (narrows, "a Real is no Int"),
        (unknown_statement, "no statement of typed functions"),
        (unknown_call, "'sorted' is not known to typed functions"),
        (no_condition, "a Mask is no condition"),
        (too_many, "'is_small' takes 2 arguments"),
        (no_field, "Pair has no field 'size'"),
    ],
)
def test_what_is_not_translated_is_told_with_its_line(function, text):
    with pytest.raises(NotTypedError, match=r"test_translate.py:[0-9]+: ") as caught:
        translate(function, LANES)
    assert text in str(caught.value)
    line = int(str(caught.value).split(":")[1])
    first = function.__code__.co_firstlineno
    assert first < line < first + 6


def test_words_of_typed_functions_do_nothing_in_python():
    with pytest.raises(TypeError, match="only compiled functions use this"):
        some(None)


@native
def returns_vector(x: Lanes) -> Vec:
    return x[0, :] * 2.0


@native
def calls_code(code: Ints, x: Lanes) -> None:
    x[1, :] = returns_vector(x)
    call(code[0], x)


@native
def negate(x: Lanes) -> None:
    x[0, :] = -x[0, :]


def test_calls_by_address():
    addresses, engine = load_code(compile_text(translate(negate, LANES)), ["negate"])
    _alive.append(engine)
    code, x = np.array([addresses["negate"]]), np.ones((2, LANES))
    compiled(calls_code, REALS, REALS)(code.ctypes.data, x.ctypes.data)
    assert x.tolist() == [[-1.0] * LANES, [2.0] * LANES]
