"""What somebody asks to estimate, and the unknowns that it makes of a model and its arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.files.numeric import real
from il15_sim.finite import as_list
from il15_sim.fit.priors import Prior, prior_of
from il15_sim.fit.rows import Row
from il15_sim.fit.treatments import Arm
from il15_sim.fit.unknowns import Unknown
from il15_sim.simulation.subject import Subject


@dataclass(frozen=True)
class Estimate:
    """What is to be estimated: a parameter of the model, or one of it in some groups of arms.

    Several may set one parameter, each in groups of its own.

    Attributes
    ----------
    id : str
        What the estimate is called.
    parameter : str
        What it sets; empty: the parameter called `id`.
    groups : tuple of str
        Where; empty: everywhere.

    Examples
    --------
    >>> Estimate("turnover_naive", "pstat5_turnover", ("naive_cd4",)).parameter
    'pstat5_turnover'
    """

    id: str
    parameter: str = ""
    groups: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The parameter of the model."""
        return self.parameter or self.id


def read_unknowns(
    names: str | Estimate | Sequence[str | Estimate],
    bounds: Mapping[str, tuple[float, float]],
    subject: Subject,
    arms: Mapping[str, Arm],
    priors: Mapping[str, Prior | None] | None = None,
    starts: Mapping[str, float] | None = None,
) -> tuple[Unknown, ...]:
    """The parameters to estimate; bounds, priors and first start come from the model's table.

    Parameters
    ----------
    names : str, Estimate or a sequence of them
    bounds : mapping of id of an estimate to (lower, upper)
        Instead of those of the table.
    priors : mapping of id to Prior or None, optional
        Instead of those of the table; None takes a prior away.
    starts : mapping of id to float, optional
        Instead of the model's own values.

    Raises
    ------
    InputError
        For unknown, repeated and fixed parameters, those that an arm sets, settings without bounds
        given here, bounds that are missing or out of order, a first start outside them, unknown
        groups, and two estimates of one parameter in one group.
    """
    if not isinstance(bounds, Mapping):
        raise InputError(f"bounds {bounds!r:.40}", fix="give {'id': (lower, upper)}")
    one = isinstance(names, str | Estimate)
    listed = [names] if one else as_list("estimate", names, "['ka', 'volume']")
    asked = [e if isinstance(e, Estimate) else Estimate(str(e)) for e in listed]
    if not asked:
        raise InputError("nothing to estimate", fix="name parameters in estimate")
    given = {} if priors is None else priors
    if not isinstance(given, Mapping):
        raise InputError(f"priors {given!r:.40}", fix="give {'id': Prior(...)}")
    ids = [e.id for e in asked]
    for name in (*(e.target for e in asked), *(n for n in (*bounds, *given) if n not in ids)):
        if name not in subject.constants:
            raise unknown("parameter", str(name), subject.constants, "estimate")
    check_distinct("parameter", ids, "name each once", "estimate")
    for what, told in (("bounds", bounds), ("priors", given)):
        for name in told:
            if name not in ids:
                raise unknown("parameter", name, ids, f"{what} of what is not estimated")
    check_owners(asked, subject, arms)
    return tuple(_unknown(e, bounds, subject, arms, given, starts or {}) for e in asked)


def check_owners(asked: Sequence[Estimate], subject: Subject, arms: Mapping[str, Arm]) -> None:
    """Refuse estimates of what no arm or another estimate leaves to them.

    Raises
    ------
    InputError
        For unknown groups, two estimates of one parameter in one group, a parameter that all arms
        of its groups set, and an estimate called like another parameter.
    """
    group_of = {name: arm.group or name for name, arm in arms.items()}
    for e in asked:
        where = f"estimate '{e.id}'"
        if e.id != e.target and e.id in subject.constants:
            why = f"another parameter is called so, and it sets '{e.target}'"
            raise InputError("its id is taken", where=where, why=why, fix="choose another id")
        for group in e.groups:
            if group not in group_of.values():
                raise unknown("group", group, [g for g in group_of.values() if g], where)
        check_distinct("group", list(e.groups), "name each once", where)
        own = [a for n, a in arms.items() if not e.groups or group_of[n] in e.groups]
        setting = [
            arm for arm in own
            if e.target in {*arm.values, *(c.target for c in arm.changes if c.sets)}
        ]  # fmt: skip
        if own and len(setting) == len(own):
            first = next(n for n, arm in arms.items() if arm is setting[0])
            of = " of its groups" if e.groups else ""
            told = f"arm '{first}' sets it" if len(own) == 1 else f"every arm{of} sets it"
            raise InputError("it is fixed", where=where, why=told)
    for k, e in enumerate(asked):
        for other in asked[:k]:
            if other.target != e.target:
                continue
            every = list(dict.fromkeys(group_of.values()))
            both = [g for g in e.groups or every if g in (other.groups or every)]
            if both:
                told = f"'{other.id}' sets '{e.target}' in group '{both[0]}', too"
                fix = "give each groups of its own"
                raise InputError(told, where=f"estimate '{e.id}'", fix=fix)


def check_told(
    unknowns: Sequence[Unknown], rows: Sequence[Row], arms: Mapping[str, Arm], where: str
) -> None:
    """Refuse an unknown for groups that no fitted row is of.

    Raises
    ------
    InputError
        With the first such group.
    """
    read = {o.arm for r in rows if r.used for o in r.reads.outputs}
    told = {arms[name].group or name for name in read}
    for u in unknowns:
        for group in u.groups:
            if group not in told:
                what = f"'{u.id}' is for group '{group}', which has no fitted row"
                raise InputError(what, where=where, fix="leave the group out")


def _unknown(
    asked: Estimate,
    bounds: Mapping[str, tuple[float, float]],
    subject: Subject,
    arms: Mapping[str, Arm],
    priors: Mapping[str, Prior | None],
    starts: Mapping[str, float],
) -> Unknown:
    name, target, where = asked.id, asked.target, f"estimate '{asked.id}'"
    start = starts.get(name, subject.constants[target])
    row = None
    if subject.model is not None and target in subject.model.parameters:
        row = subject.model.parameters[target]
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
    own, unit = target if target != name else "", subject.units.get(target, "")
    return Unknown(name, start, lower, upper, unit, prior, target=own, groups=asked.groups)
