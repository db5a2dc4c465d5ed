"""Virtual patients of one arm under one hypothesis: their parameters, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError, closest, unknown
from il15_sim.model import Model
from il15_sim.model.changed import variant_values
from il15_sim.population import Population
from il15_sim.population.drawing import set_by_covariates
from il15_sim.population.draws import uniforms
from il15_sim.trial.design import Hypothesis, Trial, TrialArm

Array = NDArray[np.float64]
#: All or nothing where a hypothesis says which share of patients responds.
INDUCIBLE = ("il15ra_inducibility_monocyte", "il15ra_inducibility_tumour")


def check_trial(trial: Trial, model: Model) -> None:
    """Refuse names that the model does not have, and what patients would not follow.

    Raises
    ------
    InputError
        With the file, the arm or rule, and the closest valid name; for a marker that is not
        watched, a drug given in several ways in an arm, and a changed parameter that each patient's
        covariates set.
    """
    where = trial.source or f"trial {trial.name}"
    drugs = {target.drug for target in model.drugs}
    given = {drug for arm in trial.arms for drug in arm.regimen.drugs}
    for arm in trial.arms:
        for drug in arm.regimen.drugs:
            if drug not in drugs:
                raise unknown("drug", drug, drugs, f"{where}: arm '{arm.name}'")
        _check_kinds(arm, f"{where}: arm '{arm.name}'")
    for what, names in (("adherence", trial.adherence), ("levels", trial.levels)):
        for drug in names:
            if drug not in given:
                raise unknown("drug of this trial", drug, given, f"{where}: {what}")
    if trial.marker not in trial.watched:
        near = closest(trial.marker, trial.watched)
        why, fix = f"watched is {list(trial.watched)}", "add it to watched"
        fix += f", or did you mean '{near}'?" if near else ""
        told = f"marker '{trial.marker}' is not sampled"
        raise InputError(told, where=where, why=why, fix=fix)
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
    own = set_by_covariates(model)
    for one in both:
        place = f"{where}: '{one.name}'"
        for name in changed_values(one, model, place):
            if name in own:
                why = "each patient's own covariates set it"
                fix = "leave it out; models/covariates.tsv says how patients differ"
                raise InputError(f"'{name}' is changed", where=place, why=why, fix=fix)


def _check_kinds(arm: TrialArm, where: str) -> None:
    kinds: dict[str, set[tuple[str, str, float]]] = {}
    for dose in arm.regimen.doses():
        kinds.setdefault(dose.drug, set()).add((dose.route, dose.unit, dose.duration_h))
    for drug, own in kinds.items():
        if len(own) > 1:
            told = f"doses of {drug} by several routes, units or lengths of infusion"
            why = "rules change one dose of a drug"
            raise InputError(told, where=where, why=why, fix="give it in one way")


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
            parameters[name] = lucky * changed.get(name, 1.0)
    return parameters, people.covariates


def ratio_of(model: Model, parameters: pd.DataFrame) -> Array:
    """How many toxicities lower a dose for each that is dose-limiting, shape (N,)."""
    name = "dose_reduction_ratio"
    if name in parameters:
        return parameters[name].to_numpy(float)
    return np.full(len(parameters), model.values[name])
