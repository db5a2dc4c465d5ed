"""The model as a frozen value: Antimony and tables in, SBML and numbers out.

Names bring in what they need when they are first used: the tables alone need no numbers and no
SBML.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from il15_sim.model.drugs import DrugTarget
    from il15_sim.model.frozen_model import SHIPPED_VARIANTS, Model
    from il15_sim.model.packaged import OBSERVABLE_COLUMNS, model_names, variant_names

__all__ = [
    "OBSERVABLE_COLUMNS",
    "SHIPPED_VARIANTS",
    "DrugTarget",
    "Model",
    "model_names",
    "variant_names",
]

_HOME = {
    **dict.fromkeys(("OBSERVABLE_COLUMNS", "model_names", "variant_names"), "packaged"),
    **dict.fromkeys(("SHIPPED_VARIANTS", "Model"), "frozen_model"),
    "DrugTarget": "drugs",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
