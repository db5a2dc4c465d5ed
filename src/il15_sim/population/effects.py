"""What covariates do to parameters: set them, multiply them, or say how much they vary."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number
from il15_sim.files.tsv import read_tsv

Array = NDArray[np.float64]
COLUMNS = (
    *("parameterId", "covariateId", "form", "reference", "atReference", "coefficient"),
    *("kind", "source", "fact", "note"),
)
#: Forms, and which numbers each needs.
_FORMS = {
    "equals": (),
    "female": ("atReference", "coefficient"),
    "power": ("reference", "atReference", "coefficient"),
    "exponential": ("reference", "atReference", "coefficient"),
    "spread": ("reference", "atReference", "coefficient"),
}


@dataclass(frozen=True)
class Effect:
    """One row: what a covariate x does to a parameter.

    `equals`: it is x. `power`: at_reference (x / reference)^coefficient, `exponential`:
    at_reference exp(coefficient (x - reference)), and `female`: coefficient in women and
    at_reference in men, multiply the model's value. `spread`: its log SD is at_reference +
    coefficient (x - reference).
    """

    parameter: str
    covariate: str
    form: str
    reference: float = 1.0
    at_reference: float = 1.0
    coefficient: float = 0.0

    def of(self, covariates: pd.DataFrame) -> Array:
        """Value, factor or log SD of every patient, shape (n,)."""
        if self.form == "female":
            female = covariates[self.covariate].to_numpy() == "female"
            return np.where(female, self.coefficient, self.at_reference)
        x = covariates[self.covariate].to_numpy(float)
        if self.form == "equals":
            return x
        if self.form == "power":
            return np.asarray(self.at_reference * (x / self.reference) ** self.coefficient)
        if self.form == "exponential":
            return np.asarray(self.at_reference * np.exp(self.coefficient * (x - self.reference)))
        return np.asarray(
            np.maximum(self.at_reference + self.coefficient * (x - self.reference), 0.0)
        )


def read_effects(
    path: Path, parameters: Collection[str], covariates: Collection[str]
) -> tuple[Effect, ...]:
    """The rows of a table such as `models/covariate_effects.tsv`.

    Raises
    ------
    InputError
        With file and line, for unknown ids and forms, numbers that are none, and a form that is
        not for its covariate.
    """
    found = []
    for n, row in read_tsv(path, COLUMNS)[0]:
        where = f"{path}: line {n}"
        if row["parameterId"] not in parameters:
            raise unknown("parameter", row["parameterId"], parameters, where)
        if row["covariateId"] not in covariates:
            raise unknown("covariate", row["covariateId"], covariates, where)
        if row["form"] not in _FORMS:
            raise unknown("form", row["form"], _FORMS, where)
        if (row["form"] == "female") != (row["covariateId"] == "sex"):
            why = "female is for the sex, and the other forms are for numbers"
            told = f"form '{row['form']}' of '{row['covariateId']}'"
            raise InputError(told, where=where, why=why)
        needed = _FORMS[row["form"]]
        numbers = {c: number(row[c], c, where) for c in needed}
        if row["form"] == "power" and not numbers["reference"] > 0:
            raise InputError("reference is not positive", where=where, why="it is divided by")
        found.append(
            Effect(
                row["parameterId"],
                row["covariateId"],
                row["form"],
                numbers.get("reference", 1.0),
                numbers.get("atReference", 1.0),
                numbers.get("coefficient", 0.0),
            )
        )
    return tuple(found)
