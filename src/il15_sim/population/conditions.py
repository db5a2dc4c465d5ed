"""Conditions of patients, such as "age_years < 70 and sex == 'female'"."""

from __future__ import annotations

import ast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError

_WHERE = "population"
_FIX = "write it like \"age_years < 70 and sex == 'female'\""


def names_in(condition: str) -> tuple[str, ...]:
    """Names that a condition uses, each once.

    >>> names_in("age_years < 70 and (nk_per_uL > 200 or age_years < 30)")
    ('age_years', 'nk_per_uL')
    """
    told = f"condition {condition!r:.80}"
    try:
        tree = ast.parse(str(condition).strip(), mode="eval")
    except (SyntaxError, ValueError):
        raise InputError(f"{told} cannot be read", where=_WHERE, fix=_FIX) from None
    nodes = sorted(
        (n for n in ast.walk(tree) if isinstance(n, ast.Name)), key=lambda n: n.col_offset
    )
    if not nodes:
        raise InputError(f"{told} names nothing", where=_WHERE, fix=_FIX)
    return tuple(dict.fromkeys(node.id for node in nodes))


def truth_of(condition: str, table: pd.DataFrame) -> NDArray[np.bool_]:
    """Of every row of a table whether a condition on its columns holds, shape (N,).

    Raises
    ------
    InputError
        For what pandas cannot evaluate, and for what is not true or false.
    """
    told = f"condition {condition!r:.80}"
    try:
        found = table.eval(condition.strip(), engine="python")
    except Exception as error:  # pandas raises what it meets: TypeError, NotImplementedError, ...
        why = str(error) or type(error).__name__
        raise InputError(told, where=_WHERE, why=f"{why:.200}", fix=_FIX) from None
    values = np.asarray(found)
    if values.dtype != bool or values.shape != (len(table),):
        why = "it is not true or false of each patient"
        raise InputError(told, where=_WHERE, why=why, fix=_FIX)
    return values
