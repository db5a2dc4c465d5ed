"""sinh, cosh and tanh over vectors of doubles."""

from __future__ import annotations

from il15_sim.batch.functions.body import Body
from il15_sim.batch.functions.powers import scaled_exp

# sinh x = x + x^3 q(x^2) for |x| <= 1, to 6.3e-23.
SINH = (
    0.16666666666666666,
    0.008333333333333333,
    0.000198412698412696,
    2.755731922411629e-06,
    2.505210834650917e-08,
    1.6059050601240097e-10,
    7.646482897130491e-13,
    2.8482329736971288e-15,
)

# tanh x = x + x^3 q(x^2) for |x| <= 9/16, to 2.9e-20.
TANH = (
    -0.3333333333333333,
    0.1333333333333291,
    -0.05396825396793566,
    0.021869488524099995,
    -0.008863235261799314,
    0.003592124230277123,
    -0.0014557982170966992,
    0.0005897916030027982,
    -0.00023806606739203376,
    9.363291861139192e-05,
    -3.2533433041930583e-05,
    7.204605510865749e-06,
)


def _odd(f: Body, x: str, coefficients: tuple[float, ...]) -> str:
    """x + x^3 q(x^2)."""
    z = f.mul(x, x)
    return f.fma(f.mul(x, z), f.polynomial(z, coefficients), x)


def _half_exp(f: Body, size: str) -> tuple[str, str, str]:
    """(m, b, q) with m b = exp(size) / 2 and q = exp(-size) / 2.

    Half of the exponential may be finite where the exponential is not.
    """
    p, a, b = scaled_exp(f, f.at_most(size, 712.0))
    m = f.mul(f.add(p, 1.0), f.mul(a, 0.5))
    return m, b, f.div(0.25, f.mul(m, b))


def sinh(f: Body, x: str) -> str:
    """sinh x: 2 ulp."""
    size = f.magnitude(x)
    m, b, quarter = _half_exp(f, size)
    large = f.fma(m, b, f.neg(quarter))
    result = f.select(f.compare("olt", size, 1.0), _odd(f, size, SINH), large)
    return f.flip(result, f.sign(x))


def cosh(f: Body, x: str) -> str:
    """cosh x: 2 ulp."""
    m, b, quarter = _half_exp(f, f.magnitude(x))
    return f.fma(m, b, quarter)


def tanh(f: Body, x: str) -> str:
    """tanh x: 2 ulp."""
    size = f.magnitude(x)
    p, a, b = scaled_exp(f, f.mul(f.at_most(size, 20.0), 2.0))
    more = f.fma(f.mul(f.add(p, 1.0), a), b, 1.0)
    large = f.sub(1.0, f.div(2.0, more))
    result = f.select(f.compare("olt", size, 0.5625), _odd(f, size, TANH), large)
    return f.flip(result, f.sign(x))
