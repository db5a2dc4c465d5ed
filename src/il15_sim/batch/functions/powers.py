"""exp, log and pow over vectors of doubles.

The polynomials are minimax fits (exchange algorithm, 66 digits) of the relative error.
"""

from __future__ import annotations

import math
import struct

from il15_sim.batch.functions.body import MANTISSA, Body

# log 2 = LN2 + LN2_TAIL. LN2_SHORT ends in zeros, so that its product with an exponent is exact.
LN2 = 0.6931471805599453
LN2_TAIL = 2.3190468138462996e-17
LN2_SHORT = 0.6931471803691238
LN2_SHORT_TAIL = 1.9082149292705877e-10

# exp r = 1 + r + r^2 q(r) for |r| <= log(2) / 2, to 3.7e-18.
EXP = (
    0.5000000000000011,
    0.16666666666666413,
    0.04166666666653026,
    0.008333333333494272,
    0.001388888894359897,
    0.00019841269506887564,
    2.48014931347648e-05,
    2.7557586184728476e-06,
    2.7630234469294017e-07,
    2.5000094946185154e-08,
)

# log m = s + s^3 p(s^2) with s = 2 (m - 1) / (m + 1), for m in [sqrt(1/2), sqrt(2)], to 1.3e-18.
LOG = (
    0.08333333333333418,
    0.012499999999817091,
    0.0022321428704988795,
    0.0004340273158839595,
    8.878693519661434e-05,
    1.8693909123530308e-05,
    4.515366519448348e-06,
)


INF = math.inf
# A sum with 1.5 * 2^52 rounds to an integer that then stands in the low bits. The 2046 makes both
# halves of it the biased exponents of two powers of two.
ROUNDER = 1.5 * 2.0**52 + 2046


def scaled_exp(f: Body, x: str, tail: str | None = None) -> tuple[str, str, str]:
    """Parts p, a, b with exp(x + tail) = (1 + p) a b, where a and b are powers of two.

    |x| <= 1000, so that neither power leaves the range of doubles; |tail| <= 1.
    """
    rounded = f.fma(x, 1 / LN2, ROUNDER)
    n = f.sub(rounded, ROUNDER)
    r = f.fma(n, -LN2, x)  # exact
    r = f.fma(n, -LN2_TAIL, r) if tail is None else f.add(r, f.fma(n, -LN2_TAIL, tail))
    p = f.fma(f.mul(r, r), f.polynomial(r, EXP), r)
    exponents = f.bits(rounded)
    half = f.integers("lshr", exponents, 1)
    a = f.from_bits(f.integers("shl", half, 52))
    b = f.from_bits(f.integers("shl", f.integers("sub", exponents, half), 52))
    return p, a, b


def exp(f: Body, x: str) -> str:
    """exp x: 1 ulp, with gradual underflow."""
    # Beyond these bounds the result is infinite or zero anyway.
    p, a, b = scaled_exp(f, f.at_least(f.at_most(x, 710.0), -746.0))
    return f.mul(f.mul(f.add(p, 1.0), a), b)


def _mantissa(f: Body, x: str) -> tuple[str, str]:
    """(m, k) with x = m 2^k and m in [sqrt(1/2), sqrt(2)), for x > 0 and finite."""
    small = f.compare("olt", x, 2.0**-1022)
    bits = f.bits(f.select(small, f.mul(x, 2.0**54), x))
    low = struct.unpack(">q", struct.pack(">d", math.sqrt(0.5)))[0]
    moved = f.integers("add", bits, (1023 << 52) - low)
    # The biased exponent as a double: as low bits of 2^52 + exponent.
    exponent = f.integers("or", f.integers("lshr", moved, 52), 1075 << 52)
    bias = f.select(small, 2.0**52 + 1023 + 54, 2.0**52 + 1023)
    k = f.sub(f.from_bits(exponent), bias)
    m = f.from_bits(f.integers("add", f.integers("and", moved, MANTISSA), low))
    return m, k


def log(f: Body, x: str) -> str:
    """log x: 1 ulp, subnormal x too."""
    m, k = _mantissa(f, x)
    r = f.sub(m, 1.0)
    s = f.div(f.mul(r, 2.0), f.add(m, 1.0))
    w = f.mul(s, s)
    # log m = r - s (r / 2 - w p(w)): r is exact, and the rest is small beside it.
    rest = f.fma(w, f.polynomial(w, LOG), f.mul(r, -0.5))
    rest = f.fma(s, rest, f.mul(k, LN2_SHORT_TAIL))
    result = f.fma(k, LN2_SHORT, f.add(r, rest))
    result = f.select(f.compare("olt", x, INF), result, x)  # infinity and NaN stay
    result = f.select(f.compare("olt", x, 0.0), math.nan, result)
    return f.select(f.compare("oeq", x, 0.0), -INF, result)


def _precise_log(f: Body, x: str) -> tuple[str, str]:
    """log x as an unevaluated sum high + low (about 60 bits), for x > 0 and finite."""
    m, k = _mantissa(f, x)
    # s = 2 (m - 1) / (m + 1), with what its rounding and that of m + 1 leave.
    twice = f.fma(m, 2.0, -2.0)
    d = f.add(m, 1.0)
    d_tail = f.sub(m, f.sub(d, 1.0))
    inverse = f.div(1.0, d)
    s = f.fma(twice, inverse, 0.0)  # no bare product: `error` below needs it rounded
    minus_s = f.neg(s)
    left = f.fma(minus_s, d_tail, f.fma(minus_s, d, twice))
    s_tail = f.mul(left, inverse)
    w = f.mul(s, s)
    # k log 2 + s exactly, as sum + error.
    total = f.fma(k, LN2_SHORT, s)
    error = f.sub(s, f.fma(k, -LN2_SHORT, total))
    rest = f.fma(k, LN2_SHORT_TAIL, s_tail)
    rest = f.fma(f.mul(s, w), f.polynomial(w, LOG), rest)
    rest = f.add(rest, error)
    high = f.add(total, rest)
    return high, f.sub(rest, f.sub(high, total))


def pow_nonnegative(f: Body, size: str, y: str) -> str:
    """x to the power of y for x >= 0: the bits of `pow_` without what signs take.

    About 1 ulp for |y log x| < 10, 3 ulp for < 50; 2e-14 relative up to overflow.
    """
    finite = f.compare("olt", size, INF)
    high, low = _precise_log(f, size)
    high = f.select(finite, high, size)  # infinity and NaN stay
    high = f.select(f.compare("oeq", size, 0.0), -INF, high)
    product = f.mul(y, high)
    tail = f.fma(y, low, f.fma(y, high, f.neg(product)))
    # Where the product is beyond all bounds the tail is anything, NaN too: any small one will do.
    tail = f.select(f.compare("ogt", tail, -1.0), tail, -1.0)
    tail = f.select(f.compare("olt", tail, 1.0), tail, 1.0)
    p, a, b = scaled_exp(f, f.at_least(f.at_most(product, 760.0), -760.0), tail)
    result = f.mul(f.mul(f.add(p, 1.0), a), b)
    one = f.logic("or", f.compare("oeq", size, 1.0), f.compare("oeq", y, 0.0))
    return f.select(one, 1.0, result)


def pow_(f: Body, x: str, y: str) -> str:
    """x to the power of y, with the special values of C."""
    size = f.magnitude(x)
    result = pow_nonnegative(f, size, y)
    # |y| less the nearest even integer: 0 or 1 for whole y. Doubles from 2^53 on are even.
    steps = f.at_most(f.magnitude(y), 2.0**53)
    pairs = f.sub(2.0**53, f.fma(steps, -0.5, 2.0**53))
    parity = f.magnitude(f.fma(pairs, -2.0, steps))
    odd = f.compare("oeq", parity, 1.0)
    whole = f.logic("or", odd, f.compare("oeq", parity, 0.0))
    result = f.flip(result, f.select_bits(odd, f.sign(x), 0))
    real = f.logic("or", whole, f.compare("oeq", size, INF))
    return f.select(f.compare("olt", x, 0.0), f.select(real, result, math.nan), result)
