"""Vector functions against arithmetic of many digits, C's special values, and each other."""

import ctypes
import functools
import math
import platform
import re

import llvmlite.binding as llvm
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim.batch.functions.elementary import FUNCTIONS, definitions

UNARY = sorted(name for name in FUNCTIONS if not name.startswith("pow"))
MANY_DIGITS = mpmath.mp.clone()
MANY_DIGITS.prec = 160
N = 400


def program(width):
    """Loops that apply each function to arrays whose length is a multiple of 8."""
    kind = "double" if width == 1 else f"<{width} x double>"
    texts = [definitions(width)]
    for name, function in FUNCTIONS.items():
        more = f", {kind} %b" if name.startswith("pow") else ""
        texts.append(f"""
define void @loop_{name}(ptr %x, ptr %y, ptr %z, i64 %n) {{
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%j, %loop]
  %px = getelementptr double, ptr %x, i64 %i
  %py = getelementptr double, ptr %y, i64 %i
  %pz = getelementptr double, ptr %z, i64 %i
  %a = load {kind}, ptr %px, align 8
  %b = load {kind}, ptr %py, align 8
  %r = call {kind} @{function}({kind} %a{more})
  store {kind} %r, ptr %pz, align 8
  %j = add i64 %i, {width}
  %go = icmp slt i64 %j, %n
  br i1 %go, label %loop, label %end
end:
  ret void
}}""")
    return "".join(texts)


@functools.cache
def engine(width, cpu=None):
    """The loops as machine code, for this processor or an older one."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(program(width))
    module.verify()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu or llvm.get_host_cpu_name(),
        features="" if cpu else llvm.get_host_cpu_features().flatten(),
        opt=3,
    )
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes.getModulePassManager().run(module, passes)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def apply(name, x, y=1.0, width=8, cpu=None):
    """The compiled function at arrays or numbers."""
    x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
    padded = -(-x.size // 8) * 8
    given = [np.ones(padded), np.ones(padded), np.empty(padded)]
    given[0][: x.size], given[1][: x.size] = x.ravel(), y.ravel()
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)
    loop = kind(engine(width, cpu).get_function_address(f"loop_{name}"))
    loop(*(array.ctypes.data for array in given), padded)
    result = given[2][: x.size].reshape(x.shape)
    return result if x.ndim else float(result)


def exact(name, *args):
    return getattr(MANY_DIGITS, {"pow": "power"}.get(name, name))(
        *(MANY_DIGITS.mpf(float(a)) for a in args)
    )


def worst_ulps(name, *args):
    """The largest distance from the exact value, in units of the last place of that value."""
    worst = 0.0
    for got, *at in zip(apply(name, *args), *args, strict=True):
        true = exact(name, *at)
        unit = math.ulp(float(true))
        error = abs(float((MANY_DIGITS.mpf(float(got)) - true) / unit))
        assert not math.isnan(error), at
        worst = max(worst, error)
    return worst


def uniform(low, high, n=N, seed=1):
    return np.random.default_rng(seed).uniform(low, high, n)


@pytest.mark.parametrize(
    ("name", "low", "high", "ulps"),
    [
        ("exp", -745.1, 709.78, 1),
        ("exp", -1, 1, 1),
        ("exp", -1e-3, 1e-3, 1),
        ("exp", -745.1, -700, 1),
        ("exp", 700, 709.78, 1),
        ("log", 0.5, 2, 1),
        ("log", 0.99, 1.01, 1),
        ("log", 0, 1e6, 1),
        ("log", 5e-324, 2e-308, 1),
        ("log", 1e307, 1.7e308, 1),
        ("sin", -10, 10, 1),
        ("sin", -1e12, 1e12, 1),
        ("cos", -10, 10, 1),
        ("cos", -1e12, 1e12, 1),
        ("tan", -10, 10, 2),
        ("tan", -1e12, 1e12, 2),
        ("asin", -1, 1, 2),
        ("asin", 0.45, 0.55, 2),
        ("acos", -1, 1, 2),
        ("acos", 0.999, 1, 2),
        ("atan", -5, 5, 2),
        ("atan", 0.41, 0.42, 2),
        ("atan", -1e6, 1e6, 2),
        ("sinh", -710.4, 710.4, 2),
        ("sinh", -3, 3, 2),
        ("cosh", -710.4, 710.4, 2),
        ("cosh", -3, 3, 2),
        ("tanh", -25, 25, 2),
        ("tanh", -1, 1, 2),
    ],
)
def test_error_in_units_of_the_last_place(name, low, high, ulps):
    assert worst_ulps(name, uniform(low, high)) <= ulps


@pytest.mark.parametrize(
    "name", ["exp", "log", "sin", "cos", "tan", "asin", "sinh", "tanh", "atan"]
)
def test_small_arguments_keep_all_their_digits(name):
    assert worst_ulps(name, 10.0 ** uniform(-300, -1)) <= 2


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_angles_beside_the_zeros(name):
    multiples = np.random.default_rng(3).integers(1, 10**11, N) * math.pi / 2
    assert worst_ulps(name, multiples) <= 2


def test_logs_around_one():
    x = 1 + np.sign(uniform(-1, 1)) * 10.0 ** uniform(-15.5, -1, seed=2)
    assert worst_ulps("log", x) <= 1


@pytest.mark.parametrize("reach", [1.0, 10.0, 50.0])
def test_powers_by_the_size_of_their_log(reach):
    x = 10.0 ** uniform(-5, 5)
    assert worst_ulps("pow", x, uniform(-reach, reach, seed=2) / np.log(x)) <= 3


def test_whole_powers():
    n = np.random.default_rng(2).integers(-12, 13, N).astype(float)
    assert worst_ulps("pow", uniform(0.01, 100), n) <= 2
    assert worst_ulps("pow", uniform(-100, -0.01), n) <= 2


def test_hill_terms():
    assert worst_ulps("pow", 10.0 ** uniform(-8, 8), uniform(0, 8, seed=2)) <= 1


@pytest.mark.parametrize(
    ("low", "high"), [(1e-300, 1e-3), (0.5, 2), (1.38, 1.4142), (0.999, 1.001)]
)
def test_powers_up_to_overflow(low, high):
    x = np.exp(uniform(math.log(low), math.log(high)))
    y = uniform(-708, 709, seed=2) / np.log(x)
    for got, *at in zip(apply("pow", x, y), x, y, strict=True):
        assert float(abs(got / exact("pow", *at) - 1)) < 2e-14


def test_powers_below_the_normal_doubles():
    x = uniform(0.5, 0.9)
    y = uniform(-744, -709, seed=2) / np.log(x)
    assert worst_ulps("pow", x, y) <= 4


SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 2.5, -2.5, math.inf, -math.inf]
SPECIAL += [
    math.nan,
    5e-324,
    -5e-324,
    1e-310,
    -1e-310,
    1e308,
    -1e308,
    1e300,
    1 - 2**-53,
    1 + 2**-52,
]
# Half, odd and even numbers where doubles begin to be whole, and to be even.
SPECIAL += [sign * (2.0**e + d) for e in (51, 52, 53) for d in (-0.5, 0, 1, 2) for sign in (1, -1)]


def agree(got, want, relative=1e-15):
    """Equal with the sign of zero, both NaN, or close."""
    same = (got == want) & (np.signbit(got) == np.signbit(want))
    with np.errstate(invalid="ignore"):
        close = np.abs(got - want) <= relative * np.abs(want) + 5e-324
    return same | (np.isnan(got) & np.isnan(want)) | (close & (want != 0) & np.isfinite(want))


@pytest.mark.parametrize("width", [1, 8])
def test_special_powers_are_those_of_c(width):
    x, y = (axis.ravel() for axis in np.meshgrid(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        want = np.power(x, y)
    right = agree(apply("pow", x, y, width=width), want)
    assert right.all(), list(zip(x[~right], y[~right], want[~right], strict=True))


@pytest.mark.parametrize("width", [1, 8])
def test_powers_of_what_is_never_negative_are_powers(width):
    bases = [x for x in SPECIAL if not np.signbit(x)] + [*10.0 ** uniform(-300, 300, 50)]
    x, y = (axis.ravel() for axis in np.meshgrid(bases, [*SPECIAL, *uniform(-5, 5, 50)]))
    want, got = (apply(name, x, y, width=width) for name in ("pow", "pow_nonnegative"))
    np.testing.assert_array_equal(got.view(np.int64), want.view(np.int64))


@pytest.mark.parametrize("width", [1, 8])
@pytest.mark.parametrize("name", UNARY)
def test_special_values(name, width):
    x = np.array(SPECIAL)
    if name in ("sin", "cos", "tan"):
        x = x[~(np.abs(x) > 2.0**40) | np.isinf(x)]
    numpy_name = re.sub("^a(?=sin|cos|tan)", "arc", name)
    with np.errstate(all="ignore"):
        want = getattr(np, numpy_name)(x)
    right = agree(apply(name, x, width=width), want)
    assert right.all(), list(zip(x[~right], want[~right], strict=True))


def test_exact_values():
    assert apply("log", 1.0) == 0
    assert apply("exp", 0.0) == 1
    assert apply("exp", 709.8) == math.inf
    assert apply("exp", 709.782712893384) < math.inf
    assert apply("exp", -745.2) == 0
    assert apply("exp", -745.1) == 5e-324
    assert apply("pow", 2.0, 1023.0) == 2.0**1023
    assert apply("pow", 2.0, -1074.0) == 5e-324
    assert apply("pow", -2.0, 3.0) == -8


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_angles_too_large_to_reduce_have_no_value(name):
    assert math.isfinite(apply(name, 2.0**40))
    for x in (2.0**40 + 1, 1e300, -1e300):
        assert math.isnan(apply(name, x))


anything = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=300, deadline=None)
@given(anything, anything)
def test_any_power(x, y):
    with np.errstate(all="ignore"):
        # Of a single exponent of a half numpy takes the root, which is -0.0 of -0.0.
        want = np.power([x, x], [y, y])[0]
    assert agree(apply("pow", x, y), want, 2e-14)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["exp", "log", "sinh", "cosh", "tanh", "asin", "acos", "atan"]), anything)
def test_any_argument(name, x):
    with np.errstate(all="ignore"):
        want = getattr(np, re.sub("^a(?=sin|cos|tan)", "arc", name))(x)
    assert agree(apply(name, x), want)


def arguments():
    """Arguments of all kinds: any bits, moderate numbers, special values."""
    rng = np.random.default_rng(7)
    bits = np.frombuffer(rng.bytes(8 * 2000), float)
    moderate = rng.uniform(-30, 30, 2000)
    x = np.concatenate([bits, moderate, np.abs(moderate), SPECIAL])
    return x, rng.permutation(x)


def same_bits(name, **other):
    x, y = arguments()
    one, two = apply(name, x, y), apply(name, x, y, **other)
    # All NaN are one value.
    one, two = (np.where(np.isnan(each), np.nan, each).view(np.int64) for each in (one, two))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("width", [1, 2, 4])
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_width_gives_the_same_bits(name, width):
    same_bits(name, width=width)


X86 = platform.machine().lower() in ("x86_64", "amd64")


@pytest.mark.skipif(not X86, reason="names processors of another kind")
@pytest.mark.parametrize("cpu", ["x86-64", "haswell", "skylake-avx512"])
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_processor_gives_the_same_bits(name, cpu):
    has = llvm.get_host_cpu_features()
    needed = {"x86-64": [], "haswell": ["avx2", "fma", "bmi2"], "skylake-avx512": ["avx512vl"]}
    if not all(has.get(feature) for feature in needed[cpu]):
        pytest.skip(f"this processor cannot run code for {cpu}")
    same_bits(name, cpu=cpu)


@pytest.mark.parametrize("width", [1, 8])
def test_text_is_free_of_what_other_compilers_refuse(width):
    text = definitions(width)
    called = set(re.findall(r"@([\w.]+)\(", text)) - set(FUNCTIONS.values())
    suffix = "f64" if width == 1 else "v8f64"
    assert called == {f"llvm.fma.{suffix}", f"llvm.sqrt.{suffix}"}
    allowed = "fadd fsub fmul fdiv fcmp icmp add sub and or xor shl lshr bitcast select call"
    assert set(re.findall(r"= (\w+) ", text)) == set(allowed.split())
    assert not re.search(r"\b(fast|nnan|ninf|nsz|arcp|contract|afn|reassoc|global|br|ptr)\b", text)


def test_no_product_feeds_a_sum_that_a_compiler_could_contract():
    for function in definitions(1).split("define ")[1:]:
        products = set(re.findall(r"(%\w+) = fmul ", function))
        assert products
        minus_zero = "0x8000000000000000"
        for first, second in re.findall(r"= f(?:add|sub) double (\S+), (\S+)", function):
            if first != minus_zero:  # a change of sign only
                assert not {first, second} & products
