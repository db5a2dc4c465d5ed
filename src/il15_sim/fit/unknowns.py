"""What is estimated: parameters and time shifts with bounds and priors, on the scale of search."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.files.numeric import real
from il15_sim.finite import as_list
from il15_sim.fit.priors import Prior, prior_of
from il15_sim.fit.treatments import Arm
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Unknown:
    """One parameter, searched as a share from 0 (lower bound) to 1 (upper bound).

    The share is one of the logarithm where the lower bound is positive. An unknown with a
    `shifted_arm` is no parameter of the model: it tells by how many hours the time axis of that
    arm's figure reads late.

    Examples
    --------
    >>> Unknown("ka", 1.0, 0.1, 10.0, "1/h").value_at(np.array([0.5, 0.75])).round(3)
    array([1.   , 3.162])
    """

    id: str
    start: float
    lower: float
    upper: float
    unit: str
    prior: Prior | None = None
    shifted_arm: str = ""

    @property
    def logarithmic(self) -> bool:
        """Whether it is searched on the log scale."""
        return self.lower > 0

    def value_at(self, share: Array | float) -> Array:
        """Values in the unit of the parameter."""
        u = np.asarray(share, dtype=np.float64)
        if self.logarithmic:
            found = self.lower * np.exp(u * math.log(self.upper / self.lower))
        else:
            found = self.lower + u * (self.upper - self.lower)
        return np.asarray(np.clip(found, self.lower, self.upper))

    def share_of(self, value: float) -> float:
        """The share at which a value lies."""
        if self.logarithmic:
            return math.log(value / self.lower) / math.log(self.upper / self.lower)
        return (value - self.lower) / (self.upper - self.lower)

    def slope_at(self, value: float) -> float:
        """Derivative of the value by the share."""
        if self.logarithmic:
            return value * math.log(self.upper / self.lower)
        return self.upper - self.lower


def read_unknowns(
    names: str | Sequence[str],
    bounds: Mapping[str, tuple[float, float]],
    subject: Subject,
    arms: Mapping[str, Arm],
    priors: Mapping[str, Prior | None] | None = None,
) -> tuple[Unknown, ...]:
    """The parameters to estimate; bounds, priors and first start come from the model's table.

    Parameters
    ----------
    priors : mapping of id to Prior or None, optional
        Instead of those of the table; None takes a prior away.

    Raises
    ------
    InputError
        For unknown, repeated and fixed parameters, those that an arm sets, settings without bounds
        given here, bounds that are missing or out of order, and a first start outside them.
    """
    if not isinstance(bounds, Mapping):
        raise InputError(f"bounds {bounds!r:.40}", fix="give {'id': (lower, upper)}")
    ids = [names] if isinstance(names, str) else as_list("estimate", names, "['ka', 'volume']")
    ids = [str(name) for name in ids]
    if not ids:
        raise InputError("nothing to estimate", fix="name parameters in estimate")
    given = {} if priors is None else priors
    if not isinstance(given, Mapping):
        raise InputError(f"priors {given!r:.40}", fix="give {'id': Prior(...)}")
    for name in (*ids, *bounds, *given):
        if name not in subject.constants:
            raise unknown("parameter", str(name), subject.constants, "estimate")
    check_distinct("parameter", ids, "name each once", "estimate")
    for what, told in (("bounds", bounds), ("priors", given)):
        for name in told:
            if name not in ids:
                raise unknown("parameter", name, ids, f"{what} of what is not estimated")
    return tuple(_unknown(name, bounds, subject, arms, given) for name in ids)


def _unknown(
    name: str,
    bounds: Mapping[str, tuple[float, float]],
    subject: Subject,
    arms: Mapping[str, Arm],
    priors: Mapping[str, Prior | None],
) -> Unknown:
    where = f"estimate '{name}'"
    setting = [
        group
        for group, arm in arms.items()
        if name in {*arm.values, *(c.target for c in arm.changes if c.sets)}
    ]
    if arms and len(setting) == len(arms):
        told = f"arm '{setting[0]}' sets it" if len(arms) == 1 else "every arm sets it"
        raise InputError("it is fixed", where=where, why=told)
    start = subject.constants[name]
    row = None
    if subject.model is not None and name in subject.model.parameters:
        row = subject.model.parameters[name]
    if name in bounds:
        pair = bounds[name]
        if not isinstance(pair, Sequence) or len(pair) != 2:
            raise InputError(f"bounds {pair!r:.40}", where=where, fix="give (lower, upper)")
        lower, upper = (real(end, "a bound", where) for end in pair)
    elif row is not None and row.kind == "setting":
        raise InputError(
            "it is a setting",
            where=where,
            why="it says what is given, who the patient is or which link is on",
            fix=f"set it in the arms, or estimate it with bounds of your own for '{name}'",
        )
    elif row is not None:
        lower, upper = row.lower, row.upper
    else:
        fix = f"give bounds={{'{name}': (lower, upper)}}"
        raise InputError("it has no bounds", where=where, why="no table has it", fix=fix)
    if lower == upper:
        why = f"its bounds are both {lower:g}"
        raise InputError("it is fixed", where=where, why=why, fix="give wider bounds")
    if lower > upper:
        raise InputError(f"bounds {lower:g} and {upper:g} are reversed", where=where)
    if not lower <= start <= upper:
        raise InputError(
            f"the model's value {start:g} lies outside the bounds {lower:g} to {upper:g}",
            where=where,
            fix="start elsewhere with model.with_values, or give other bounds",
        )
    prior = priors[name] if name in priors else None if row is None else prior_of(row)
    if not isinstance(prior, Prior | None):
        raise InputError(f"prior {prior!r:.40}", where=where, fix="give a Prior, or None")
    if prior is not None and prior.needs_positive and lower <= 0:
        raise InputError(
            f"a {prior.kind} prior and a lower bound of {lower:g}",
            where=where,
            why="it is a prior of positive numbers",
            fix="give a positive lower bound",
        )
    return Unknown(name, start, lower, upper, subject.units.get(name, ""), prior)


def time_shift(arm: str, lower: float, start: float, upper: float) -> Unknown:
    """By how many hours the time axis of an arm's figure reads late."""
    return Unknown(f"{arm}_time_shift", start, lower, upper, "h", shifted_arm=arm)
