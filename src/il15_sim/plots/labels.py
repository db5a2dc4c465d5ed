"""Observables, states, parameters and units as people write them on an axis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from il15_sim.files.resources import models_dir
from il15_sim.model.observables import read_observables
from il15_sim.model.parameters import ParameterTable

# Units are spelled as in the tables (`cell/uL`); states of a model have SBML's ids of units
# (`cells_per_uL`). Both are brought to one spelling before they are written.
_SPELLING = (
    (r"^per_", "1/"),
    (r"_per_", "/"),
    (r"\blitre\b", "L"),
    (r"\bhours?\b", "h"),
    (r"\bcells?/uL", "cells/uL"),
    (r"\bmolecules?/cell\b", "molecules per cell"),
    (r"molecules per cell/h", "molecules per cell per h"),
    (r"^1/uL$", "cells/uL"),
    (r"\*\*2", "²"),
    (r"\*", "·"),
    (r"\bu(?=[Lg]\b)", "µ"),
    (r"^percent$", "%"),
    (r"^(dimensionless|ratio|1)$", ""),
)


def name_of(quantity: str) -> str:
    """Short name of an observable, a state or a parameter; an unknown one is shown by its id.

    >>> name_of("sorafenib_free_nM"), name_of("sorafenib_gut")
    ('Sorafenib, free', 'sorafenib gut')
    """
    row = read_observables().observables.get(quantity)
    if row is not None:
        return row.label
    return _parameter_names().get(quantity) or quantity.replace("_", " ")


@cache
def _parameter_names() -> dict[str, str]:
    return {p.id: p.name for p in ParameterTable.read(models_dir() / "parameters.tsv").parameters}


def drug_name(drug: str) -> str:
    """A drug as people write it.

    >>> drug_name("il15")
    'IL-15 agonist'
    """
    return read_observables().drugs.get(drug, drug.replace("_", " "))


def unit_text(unit: str) -> str:
    """A unit as it is written on an axis.

    >>> unit_text("cell/uL"), unit_text("cells_per_uL"), unit_text("percent"), unit_text("mg*h/L")
    ('cells/µL', 'cells/µL', '%', 'mg·h/L')
    """
    for pattern, text in _SPELLING:
        unit = re.sub(pattern, text, unit)
    return unit


def axis_label(observable: str, units: Mapping[str, str], *, lines: bool = False) -> str:
    """Name and unit for an axis, on one line or on two.

    >>> axis_label("cd4_per_uL", {"cd4_per_uL": "cell/uL"})
    'CD4+ cells (cells/µL)'
    """
    unit = unit_text(units.get(observable, "")) or "relative"
    return f"{name_of(observable)}{chr(10) if lines else ' '}({unit})"


def change_unit(unit: str) -> str:
    """Unit of a difference: that of two percentages is in percentage points.

    >>> change_unit("percent"), change_unit("cell/uL")
    ('percentage points', 'cells/µL')
    """
    text = unit_text(unit)
    return "percentage points" if text == "%" else text
