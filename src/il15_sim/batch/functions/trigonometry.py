"""sin, cos, tan and their inverses over vectors of doubles."""

from __future__ import annotations

import math

from il15_sim.batch.functions.body import SIGN, Body

# pi / 2 = HALF_PI + HALF_PI_TAIL + HALF_PI_REST to 160 bits.
HALF_PI = 1.5707963267948966
HALF_PI_TAIL = 6.123233995736766e-17
HALF_PI_REST = -1.4973849048591833e-33
ROUNDER = 1.5 * 2.0**52

# Beyond this |x| (doubles stand 2e-4 apart there) pi / 2 would be needed to more bits.
LARGEST_ANGLE = 2.0**40

# sin x = x + x^3 q(x^2) and cos x = 1 - x^2/2 + x^4 q(x^2) for |x| <= pi/4, to 3.7e-18.
SIN = (
    -0.1666666666666663,
    0.00833333333332209,
    -0.00019841269829566733,
    2.755731361317199e-06,
    -2.5050746432786623e-08,
    1.5896150664982297e-10,
)
COS = (
    0.041666666666666595,
    -0.0013888888888873019,
    2.4801587288827153e-05,
    -2.7557314171990054e-07,
    2.0875699820734965e-09,
    -1.1358482249072947e-11,
)

# atan x = x + x^3 q(x^2) for |x| <= tan(pi/8), to 4.7e-20.
ATAN = (
    -0.33333333333333326,
    0.1999999999999765,
    -0.14285714285385973,
    0.11111111088070488,
    -0.09090908141280918,
    0.07692282697801732,
    -0.06666226025062984,
    0.05877016094889068,
    -0.052183762288336655,
    0.04503466541531778,
    -0.03347319953341485,
    0.015194502425532079,
)

# asin x = x + x^3 q(x^2) for |x| <= 1/2, to 9.6e-19.
ASIN = (
    0.1666666666666676,
    0.07499999999970801,
    0.04464285717461033,
    0.030381942707864852,
    0.022372214985214536,
    0.017351612059318868,
    0.013980819982439061,
    0.011398916930426663,
    0.010780226262882888,
    0.003706508763813122,
    0.021707204842444545,
    -0.020998721527936953,
    0.032628411631113886,
)


def _reduced(f: Body, size: str) -> tuple[str, str, str]:
    """(quarters, sin r, cos r) with size = r + n pi/2; `quarters` ends in the bits of n."""
    size = f.select(f.compare("ole", size, LARGEST_ANGLE), size, math.nan)
    rounded = f.fma(size, 1 / HALF_PI, ROUNDER)
    n = f.sub(rounded, ROUNDER)
    first = f.fma(n, -HALF_PI, size)  # exact
    # n HALF_PI_TAIL as two doubles; + 0, or a contraction could take the product into `r`.
    second = f.fma(n, HALF_PI_TAIL, 0.0)
    second_tail = f.fma(n, HALF_PI_TAIL, f.neg(second))
    # r = first - second without loss, as r + tail.
    r = f.sub(first, second)
    moved = f.sub(r, first)
    tail = f.sub(f.sub(first, f.sub(r, moved)), f.add(second, moved))
    tail = f.fma(n, -HALF_PI_REST, f.sub(tail, second_tail))
    z = f.mul(r, r)
    # 1 - z/2 and what its rounding leaves.
    main = f.fma(z, -0.5, 1.0)
    left = f.fma(z, -0.5, f.sub(1.0, main))
    sine = f.fma(f.mul(r, z), f.polynomial(z, SIN), f.mul(tail, main))
    cosine = f.fma(f.mul(z, z), f.polynomial(z, COS), f.fma(f.neg(r), tail, left))
    return f.bits(rounded), f.add(r, sine), f.add(main, cosine)


def sin(f: Body, x: str) -> str:
    """sin x: 2 ulp; NaN beyond `LARGEST_ANGLE`."""
    quarters, sine, cosine = _reduced(f, f.magnitude(x))
    result = f.select(f.has_bits(quarters, 1), cosine, sine)
    negative = f.integers("and", f.integers("shl", quarters, 62), SIGN)
    return f.flip(result, f.integers("xor", negative, f.sign(x)))


def cos(f: Body, x: str) -> str:
    """cos x: 2 ulp; NaN beyond `LARGEST_ANGLE`."""
    quarters, sine, cosine = _reduced(f, f.magnitude(x))
    result = f.select(f.has_bits(quarters, 1), sine, cosine)
    ahead = f.integers("add", quarters, 1)
    return f.flip(result, f.integers("and", f.integers("shl", ahead, 62), SIGN))


def tan(f: Body, x: str) -> str:
    """tan x: 3 ulp; NaN beyond `LARGEST_ANGLE`."""
    quarters, sine, cosine = _reduced(f, f.magnitude(x))
    odd = f.has_bits(quarters, 1)
    result = f.div(f.select(odd, cosine, sine), f.select(odd, sine, cosine))
    return f.flip(result, f.integers("xor", f.integers("shl", quarters, 63), f.sign(x)))


def atan(f: Body, x: str) -> str:
    """atan x: 3 ulp."""
    size = f.magnitude(x)
    # Past tan(pi/8) the angle is taken from pi/4, past its inverse from pi/2.
    middle = f.compare("ogt", size, math.sqrt(2) - 1)
    far = f.compare("ogt", size, math.sqrt(2) + 1)
    above = f.select(far, -1.0, f.select(middle, f.sub(size, 1.0), size))
    below = f.select(far, size, f.select(middle, f.add(size, 1.0), 1.0))
    base = f.select(far, HALF_PI, f.select(middle, HALF_PI / 2, 0.0))
    base_tail = f.select(far, HALF_PI_TAIL, f.select(middle, HALF_PI_TAIL / 2, 0.0))
    t = f.div(above, below)
    z = f.mul(t, t)
    small = f.fma(f.mul(t, z), f.polynomial(z, ATAN), base_tail)
    return f.flip(f.add(base, f.add(t, small)), f.sign(x))


def _arc(f: Body, size: str) -> tuple[str, str, str]:
    """(near, r, s): asin(r) = r + s; r = size if near (up to 1/2), else sqrt((1 - size) / 2)."""
    near = f.compare("ole", size, 0.5)
    half = f.fma(size, -0.5, 0.5)  # exact for size > 1/2; below 0 for sizes above 1: NaN
    r = f.select(near, size, f.sqrt(half))
    z = f.mul(r, r)
    return near, r, f.fma(f.mul(r, z), f.polynomial(z, ASIN), 0.0)


def asin(f: Body, x: str) -> str:
    """asin x: 2 ulp."""
    size = f.magnitude(x)
    near, r, s = _arc(f, size)
    # asin x = pi/2 - 2 asin(sqrt((1 - x) / 2))
    far = f.fma(r, -2.0, f.fma(s, -2.0, HALF_PI_TAIL))
    result = f.select(near, f.add(r, s), f.add(far, HALF_PI))
    return f.flip(result, f.sign(x))


def acos(f: Body, x: str) -> str:
    """acos x: 2 ulp."""
    near, r, s = _arc(f, f.magnitude(x))
    negative = f.compare("olt", x, 0.0)
    # pi/2 - asin x; near 1 twice the arc of r, and near -1 what is left of pi.
    signed = f.from_bits(f.integers("xor", f.bits(r), f.sign(x)))
    signed_s = f.from_bits(f.integers("xor", f.bits(s), f.sign(x)))
    central = f.sub(HALF_PI, f.sub(signed, f.sub(HALF_PI_TAIL, signed_s)))
    arc = f.fma(s, 2.0, f.fma(r, 2.0, 0.0))
    rest = f.fma(r, -2.0, f.fma(s, -2.0, 2 * HALF_PI_TAIL))
    outer = f.select(negative, f.add(rest, 2 * HALF_PI), arc)
    return f.select(near, central, outer)
