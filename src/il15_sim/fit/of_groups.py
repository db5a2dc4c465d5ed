"""What a fit found in groups of arms, and what keeps its value in which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from il15_sim.errors import InputError, unknown
from il15_sim.fit.problem import Problem
from il15_sim.fit.treatments import groups_in
from il15_sim.fit.unknowns import owners

if TYPE_CHECKING:
    from il15_sim.fit.result import Fit
    from il15_sim.model import Model


@dataclass(frozen=True)
class Kept:
    """A parameter that is estimated elsewhere, its value, and the groups in which it has it."""

    parameter: str
    value: float
    unit: str
    groups: tuple[str, ...]

    def __str__(self) -> str:
        """In words."""
        told = f"{self.parameter} of {', '.join(self.groups)}: {self.value:.4g} {self.unit}"
        return f"{told.rstrip()}, not estimated there"


def kept(problem: Problem) -> tuple[Kept, ...]:
    """The parameters that keep the model's own value in groups for which no estimate is.

    Groups that set the parameter themselves are left out.
    """
    found = []
    for parameter in dict.fromkeys(u.parameter for u in problem.unknowns if u.groups):
        groups = [
            arm.group or name
            for name, arm in problem.arms.items()
            if parameter not in {*arm.values, *owners(problem.unknowns, name, arm)}
        ]
        if groups:
            value = problem.subject.constants[parameter]
            unit = problem.subject.units.get(parameter, "")
            found.append(Kept(parameter, value, unit, tuple(dict.fromkeys(groups))))
    return tuple(found)


def group_values(fit: Fit, group: str) -> dict[str, float]:
    """What holds in all arms of a group and is its own: estimates, then values that were given.

    Raises
    ------
    InputError
        For a group that no arm is of.
    """
    problem = fit.problem
    given = shared_values(problem, group)
    arms = problem.arms.items()
    name, first = next((n, a) for n, a in arms if (a.group or n) == group)
    found = {
        parameter: fit.values[problem.unknowns[j].id]
        for parameter, j in owners(problem.unknowns, name, first).items()
        if problem.unknowns[j].groups
    }
    return {**found, **given}


def shared_values(problem: Problem, group: str) -> dict[str, float]:
    """The values that all arms of a group were given.

    Raises
    ------
    InputError
        For a group that no arm is of.
    """
    every = [a.values.items() for n, a in problem.arms.items() if (a.group or n) == group]
    if not every:
        raise unknown("group", group, filter(None, groups_in(problem.arms)))
    return {k: v for k, v in every[0] if all((k, v) in own for own in every)}


def fitted_model(fit: Fit, group: str | None = None) -> Model:
    """The model with the estimates for all arms, and with those and the values of a group.

    Raises
    ------
    InputError
        For an unknown group, and for compiled SBML, which has no values of its own.
    """
    model = fit.problem.subject.model
    if model is None:
        raise InputError("a compiled SBML model takes no values", fix="use result.values")
    shared = [u for u in fit.problem.unknowns if not u.shifted_arm and not u.groups]
    own = {} if group is None else group_values(fit, group)
    return model.with_values({**{u.parameter: fit.values[u.id] for u in shared}, **own})
