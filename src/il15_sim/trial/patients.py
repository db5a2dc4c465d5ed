"""Virtual patients of one arm under one hypothesis: their parameters, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import unknown
from il15_sim.model import Model
from il15_sim.model.changed import variant_values
from il15_sim.population import Population
from il15_sim.population.draws import uniforms
from il15_sim.trial.design import Hypothesis, Trial, TrialArm

Array = NDArray[np.float64]
#: Set to all or nothing where a hypothesis says which share of patients responds.
INDUCIBLE = ("il15ra_inducibility_monocyte", "il15ra_inducibility_tumour")


def check_trial(trial: Trial, model: Model) -> None:
    """Refuse names that the model does not have.

    Raises
    ------
    InputError
        With the file, the arm or rule, and the closest valid name.
    """
    where = trial.source or f"trial {trial.name}"
    drugs = {target.drug for target in model.drugs}
    given = {drug for arm in trial.arms for drug in arm.regimen.drugs}
    for arm in trial.arms:
        for drug in arm.regimen.drugs:
            if drug not in drugs:
                raise unknown("drug", drug, drugs, f"{where}: arm '{arm.name}'")
    for what, names in (("adherence", trial.adherence), ("levels", trial.levels)):
        for drug in names:
            if drug not in given:
                raise unknown("drug of this trial", drug, given, f"{where}: {what}")
    observables = {*model.observables, *model.states}
    for name in (*trial.watched, trial.marker):
        if name not in observables:
            raise unknown("observable", name, observables, where)
    for rule in trial.rules:
        if not rule.is_event and rule.when not in observables:
            raise unknown("event or observable", rule.when, observables, f"{where}: rules")
        if rule.drug and rule.drug not in given:
            raise unknown("drug of this trial", rule.drug, given, f"{where}: rules")
    both: list[TrialArm | Hypothesis] = [*trial.arms, *trial.hypotheses]
    for one in both:
        changed_values(one, model, f"{where}: '{one.name}'")


def changed_values(one: TrialArm | Hypothesis, model: Model, where: str) -> dict[str, float]:
    """Values of the typical patient that an arm or a hypothesis changes.

    Raises
    ------
    InputError
        For an unknown variant or parameter, and a value that the model refuses.
    """
    found: dict[str, float] = {}
    for name in one.variants:
        found |= variant_values(model, name, where)
    return found | model.check_values(dict(one.overrides), where)


def drawn_patients(
    model: Model, trial: Trial, arm: TrialArm, hypothesis: Hypothesis, first: int, n: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parameters and covariates of the patients from `first` on, n rows each.

    What varies between patients varies around the value of the typical one, also around a value
    that the hypothesis or the arm sets; a value of 0 is 0 in all.
    """
    where = trial.source or trial.name
    changed: Mapping[str, float] = {
        **changed_values(hypothesis, model, where),
        **changed_values(arm, model, where),
    }
    people = Population(model.with_values(changed), n=n, seed=trial.seed, first=first)
    parameters = people.parameters
    for name, value in changed.items():
        if name not in parameters:
            parameters[name] = value
    if hypothesis.responders is not None:
        lucky = uniforms(trial.seed, "responder", first, n)[:, 0] < hypothesis.responders
        for name in INDUCIBLE:
            # An arm without induction has none, whoever could respond.
            if changed.get(name) != 0:
                parameters[name] = lucky.astype(float)
    covariates = people.covariates
    return parameters, covariates


def ratio_of(model: Model, parameters: pd.DataFrame) -> Array:
    """How many toxicities lower a dose for each that is dose-limiting, shape (N,)."""
    name = "dose_reduction_ratio"
    if name in parameters:
        return parameters[name].to_numpy(float)
    return np.full(len(parameters), model.values[name])
