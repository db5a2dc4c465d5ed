"""Numbers in libSBML's trees of formulas."""

from __future__ import annotations

import math
from typing import Any

import libsbml

# Called through the class: once libSEDML is imported after libSBML, as by tellurium, the objects
# are of libSEDML's class, whose getType gives what equals no constant.
AST = libsbml.ASTNode


def number_of(tree: Any, kind: int) -> float | None:
    """The value of a number, None for what is no number."""
    if kind == libsbml.AST_INTEGER:
        return float(AST.getInteger(tree))
    if kind == libsbml.AST_REAL:
        return float(AST.getReal(tree))
    if kind == libsbml.AST_REAL_E:  # by its digits: libSBML multiplies, and rounds twice
        return float(f"{AST.getMantissa(tree)!r}e{AST.getExponent(tree)}")
    if kind == libsbml.AST_RATIONAL:
        numerator, denominator = AST.getNumerator(tree), AST.getDenominator(tree)
        return float(numerator / denominator) if denominator else math.nan
    return None
