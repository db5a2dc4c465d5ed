"""From a model and its tables to covariates and parameters of patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.model import Model
from il15_sim.model.parameters import ParameterTable
from il15_sim.population.correlations import (
    Correlations,
    Pairs,
    factored,
    read_correlations,
    stated_pairs,
)
from il15_sim.population.covariates import Distribution, drawn_covariates, read_covariates
from il15_sim.population.draws import normals
from il15_sim.population.effects import Effect, read_effects
from il15_sim.population.variability import Vary, chosen_cvs, log_sd
from il15_sim.simulation.subject import subject_of

Array = NDArray[np.float64]
#: Tables of a models folder that patients are drawn by.
TABLES = ("parameters.tsv", "covariates.tsv", "covariate_effects.tsv", "correlations.tsv")
_WHERE = "population"


@dataclass(frozen=True)
class Drawing:
    """What is drawn for a patient, and from what.

    Attributes
    ----------
    typical : mapping of id to float
        Value of every parameter that varies in the typical patient.
    cvs : mapping of id to float
        CV in percent of those that vary beside their covariates.
    """

    typical: dict[str, float]
    cvs: dict[str, float]
    distributions: tuple[Distribution, ...]
    effects: tuple[Effect, ...]
    correlations: Correlations

    def draw(self, seed: int, numbers: NDArray[np.intp]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Covariates and parameters of the patients of some numbers, one row each."""
        names = {d.covariate for d in self.distributions} | {*self.cvs, *self.correlations.ids}
        first, last = int(numbers.min()), int(numbers.max()) + 1
        scores = {
            name: normals(seed, name, first, last - first)[numbers - first, 0]
            for name in sorted(names)
        }
        scores = self.correlations.applied(scores)
        covariates = drawn_covariates(self.distributions, scores)
        columns = {}
        for name, value in self.typical.items():
            own = [e for e in self.effects if e.parameter == name]
            set_by = [e for e in own if e.form == "equals"]
            if set_by:
                columns[name] = set_by[0].of(covariates)
                continue
            spread = [e.of(covariates) for e in own if e.form == "spread"]
            sd = spread[0] if spread else log_sd(self.cvs[name]) if name in self.cvs else 0.0
            drawn = (
                value * np.exp(sd * scores[name])
                if name in self.cvs
                else np.full(len(numbers), value)
            )
            for effect in own:
                if effect.form != "spread":
                    drawn = drawn * effect.of(covariates)
            columns[name] = drawn
        index = pd.Index(numbers, name="patient")
        return covariates.set_index(index), pd.DataFrame(columns, index=index)


def set_by_covariates(model: Model) -> tuple[str, ...]:
    """Parameters that are a covariate of each patient, whatever value the model has.

    >>> set_by_covariates(Model.load())
    ('body_weight', 'body_surface_area')
    """
    effects = drawing_of(model, None, None).effects
    return tuple(e.parameter for e in effects if e.form == "equals")


def drawing_of(model: Model, vary: Vary, correlations: Pairs | None) -> Drawing:
    """What a population draws, by the model's tables and what the user states.

    Raises
    ------
    InputError
        For a table with a fault, ids that are unknown or do not vary, parameters that are not
        positive, impossible correlations, and where nothing is left to vary.
    """
    subject, folder = subject_of(model), model.models_dir
    cvs = chosen_cvs(subject, vary, _WHERE)
    if vary is None:
        # A factor leaves what a variant has switched off as it is.
        cvs = {name: cv for name, cv in cvs.items() if model.values[name] > 0}
    for name in cvs:
        if not model.values[name] > 0:
            told = f"'{name}' is {model.values[name]:g} and varies between patients"
            why, fix = "a log-normal number is positive", "leave it out of vary"
            raise InputError(told, where=_WHERE, why=why, fix=fix)
    distributions = read_covariates(folder / "covariates.tsv")
    ids = [*dict.fromkeys(d.covariate for d in distributions)]
    table = ParameterTable.read(folder / "parameters.tsv")
    stated = read_effects(folder / "covariate_effects.tsv", [*table], [*ids, "body_surface_m2"])
    # What a user gives a CV of their own has no other variability.
    own = vary if isinstance(vary, Mapping) else {}
    reached = cvs if vary is not None else {**dict.fromkeys(subject.constants), **cvs}
    effects = tuple(e for e in stated if e.parameter in reached and e.parameter not in own)
    varies = [n for n in model.values if n in cvs or any(e.parameter == n for e in effects)]
    if not varies:
        fix = "state it: vary = {'id': CV in percent}"
        why = f"no parameter of '{model.name}' has a variability in the table"
        raise InputError("nothing varies between patients", where=_WHERE, why=why, fix=fix)
    drawn = {*cvs, *ids} - {e.parameter for e in effects if e.form == "equals"}
    where: str | Path = folder / "correlations.tsv"
    if correlations is None:
        # All of them, so that patients stay who they are where one of a pair is switched off.
        pairs: Pairs = read_correlations(folder / "correlations.tsv", [*table, *ids])
    else:
        where = "correlations"
        pairs = stated_pairs(correlations, [*subject.constants, *ids], drawn)
    typical = {name: float(model.values[name]) for name in varies}
    return Drawing(typical, cvs, distributions, effects, factored(pairs, where))
