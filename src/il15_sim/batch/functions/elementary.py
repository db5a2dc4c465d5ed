"""Elementary functions over vectors of doubles, as LLVM IR text.

Every lane of every width gives the same bits: the functions use only IEEE additions,
multiplications, divisions, roots, fused multiply-adds, comparisons, selections and integer
operations on the bits; no branch, no table, no call to a library. They carry no fast-math flags,
and no product feeds a sum outside a fused multiply-add, so a compiler that contracts changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from il15_sim.batch.functions.body import Body
from il15_sim.batch.functions.hyperbolic import cosh, sinh, tanh
from il15_sim.batch.functions.powers import exp, log, pow_, pow_nonnegative
from il15_sim.batch.functions.trigonometry import acos, asin, atan, cos, sin, tan

_BODIES: Mapping[str, Callable[..., str]] = {
    "exp": exp,
    "log": log,
    "pow": pow_,
    "pow_nonnegative": pow_nonnegative,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "asin": asin,
    "acos": acos,
    "atan": atan,
}

FUNCTIONS: Mapping[str, str] = MappingProxyType({name: f"v_{name}" for name in _BODIES})
"""LLVM function (without its `@`) of each operation; powers take two operands, the others one."""


def definitions(width: int) -> str:
    """LLVM IR text that defines every function of `FUNCTIONS` over `<width x double>`.

    For width 1 the functions are over plain doubles. The text declares the intrinsics it calls
    (`@llvm.fma` and `@llvm.sqrt` of this type), which must not be declared again beside it.

    Examples
    --------
    >>> "define internal <8 x double> @v_exp(<8 x double> %x)" in definitions(8)
    True
    """
    texts = []
    for name, write in _BODIES.items():
        names = ("%x", "%y") if name.startswith("pow") else ("%x",)
        body = Body(width)
        result = write(body, *names)
        given = ", ".join(f"{body.double} {each}" for each in names)
        head = f"define internal {body.double} @{FUNCTIONS[name]}({given}) alwaysinline nounwind {{"
        texts.append("\n".join([head, *body.lines, f"  ret {body.double} {result}", "}"]))
    body = Body(width)
    three = ", ".join([body.double] * 3)
    texts.append(f"declare {body.double} @llvm.fma.{body.suffix}({three})")
    texts.append(f"declare {body.double} @llvm.sqrt.{body.suffix}({body.double})")
    return "\n\n".join(texts) + "\n"
