"""Age, sex, height, weight and body surface of patients, drawn from a table of distributions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import number
from il15_sim.files.tsv import read_tsv
from il15_sim.population.variability import log_sd

Array = NDArray[np.float64]
COLUMNS = (
    *("covariateId", "sex", "distribution", "centre", "spread", "lower", "upper"),
    *("unit", "kind", "source", "fact", "note"),
)
#: The two sexes of the table, in the order of `female` being 0 and 1.
SEXES = ("male", "female")
_DISTRIBUTIONS = ("normal", "log-normal", "share")


@dataclass(frozen=True)
class Distribution:
    """How one covariate is distributed in one sex, or both.

    `centre` and `spread` are mean and SD (`normal`), median and CV in percent (`log-normal`), or
    the share of women (`share`, of the sex itself); values lie between `lower` and `upper`.
    """

    covariate: str
    sex: str
    form: str
    centre: float
    spread: float = 0.0
    lower: float = -np.inf
    upper: float = np.inf

    def values(self, scores: Array) -> Array:
        """Values that belong to normal scores, shape (n,): cut at the bounds, not piled up."""
        from scipy.special import ndtr, ndtri

        log = self.form == "log-normal"
        middle = np.log(self.centre) if log else self.centre
        spread = log_sd(self.spread) if log else self.spread
        low, high = (np.log(b) if log else b for b in (self.lower, self.upper))
        p, q = ndtr((low - middle) / spread), ndtr((high - middle) / spread)
        found = middle + spread * ndtri(p + (q - p) * ndtr(scores))
        return np.asarray(np.exp(found) if log else found, np.float64)


def read_covariates(path: Path) -> tuple[Distribution, ...]:
    """The rows of a table such as `models/covariates.tsv`.

    Raises
    ------
    InputError
        With file and line, for an unknown sex or distribution, numbers that are none, a centre
        outside its bounds, a spread that is not positive, and a covariate that is missing for a
        sex or stands twice.
    """
    found: list[Distribution] = []
    for n, row in read_tsv(path, COLUMNS)[0]:
        where = f"{path}: line {n}"
        if row["sex"] not in ("both", *SEXES):
            raise unknown("sex", row["sex"], ("both", *SEXES), where)
        if row["distribution"] not in _DISTRIBUTIONS:
            raise unknown("distribution", row["distribution"], _DISTRIBUTIONS, where)
        name, form = row["covariateId"], row["distribution"]
        centre = number(row["centre"], "centre", where)
        if (form == "share") != (name == "sex"):
            raise InputError(
                f"distribution '{form}' of '{name}'", where=where, why="share: sex only"
            )
        if form == "share":
            if not 0 <= centre <= 1:
                raise InputError(f"share of women {centre:g}", where=where, why="it is 0 to 1")
            found.append(Distribution(name, "both", form, centre))
            continue
        spread, low, high = (number(row[c], c, where) for c in ("spread", "lower", "upper"))
        if not spread > 0:
            raise InputError(f"spread {spread:g} of '{name}'", where=where, why="it is positive")
        if not low < centre < high or (form == "log-normal" and low <= 0):
            why = f"it lies between {low:g} and {high:g}, and a log-normal one above zero"
            raise InputError(f"centre {centre:g} of '{name}'", where=where, why=why)
        found.append(Distribution(name, row["sex"], form, centre, spread, low, high))
    for name in dict.fromkeys(d.covariate for d in found):
        sexes = sorted(d.sex for d in found if d.covariate == name)
        if sexes not in (["both"], sorted(SEXES)):
            why = "each covariate has one row for both sexes, or one for each"
            raise InputError(f"rows of '{name}': {', '.join(sexes)}", where=path, why=why)
    if not {"sex", "height_cm", "weight_kg"} <= {d.covariate for d in found}:
        raise InputError("sex, height_cm and weight_kg have to be there", where=path)
    return tuple(found)


def drawn_covariates(
    distributions: tuple[Distribution, ...], scores: Mapping[str, Array]
) -> pd.DataFrame:
    """Covariates of n patients, one row each, from the normal scores of each covariate.

    Body surface is that of Mosteller 1987, doi:10.1056/NEJM198710223171717.
    """
    share = next(d.centre for d in distributions if d.covariate == "sex")
    from scipy.special import ndtr

    female = ndtr(scores["sex"]) < share
    table = pd.DataFrame({"sex": np.where(female, SEXES[1], SEXES[0])})
    for one in distributions:
        if one.covariate == "sex":
            continue
        values = one.values(scores[one.covariate])
        if one.sex == "both":
            table[one.covariate] = values
        else:
            own = female == (one.sex == SEXES[1])
            before = table[one.covariate].to_numpy() if one.covariate in table else values
            table[one.covariate] = np.where(own, values, before)
    table["body_surface_m2"] = np.sqrt(table["height_cm"] * table["weight_kg"] / 3600)
    return table
