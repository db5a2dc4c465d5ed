"""The arms of a scenario as rows of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from il15_sim.errors import InputError
from il15_sim.model import Model, changed, variant_names
from il15_sim.scenario import Scenario
from il15_sim.simulation.schedules import checked_changes
from il15_sim.simulation.subject import subject_of


def with_settings(scenario: Scenario, settings: Mapping[str, float], model: Model) -> Scenario:
    """The scenario with some parameters set in all of its arms, whatever its file says.

    Raises
    ------
    InputError
        For an id that the model does not have, with the closest one, and for a value it refuses.
    """
    checked = model.check_values(settings, "--set")
    arms = tuple(replace(arm, overrides={**arm.overrides, **checked}) for arm in scenario.arms)
    return replace(scenario, arms=arms)


def variant_values(scenario: Scenario, model: Model) -> dict[str, dict[str, float]]:
    """What every variant that the scenario names changes in the model, by name of the variant.

    Raises
    ------
    InputError
        For an id that the model does not have, with file, arm and the closest one; for a variant
        that does not read.
    """
    scenario.check(
        observables={*model.observables, *model.states},
        parameters=model.values,
        drugs={target.drug for target in model.drugs},
        variants=variant_names(model.models_dir),
    )
    names = sorted({name for arm in scenario.arms for name in arm.variants})
    where = scenario.source or f"scenario {scenario.name}"
    return {name: changed.variant_values(model, name, where) for name in names}


def arm_parameters(
    scenario: Scenario, model: Model, variants: Mapping[str, Mapping[str, float]]
) -> list[dict[str, float]]:
    """The parameters that each arm sets: those of its variants in order, then its overrides.

    Raises
    ------
    InputError
        For a value that the model refuses, with file and arm.
    """
    rows = []
    for arm in scenario.arms:
        own = model.check_values(arm.overrides, f"{scenario.source}: arm '{arm.name}'")
        together: dict[str, float] = {}
        for name in arm.variants:
            together |= variants[name]
        rows.append(together | own)
    return rows


def check_changes(scenario: Scenario, model: Model) -> None:
    """Refuse a change that does not fit the model, told with file and arm.

    Raises
    ------
    InputError
        For an unknown target and a unit that does not fit.
    """
    subject = subject_of(model)
    for arm in scenario.arms:
        try:
            checked_changes(arm.changes, subject)
        except InputError as error:
            place = scenario.source or f"scenario {scenario.name}"
            raise error.at(f"{place}: arm '{arm.name}'") from None
