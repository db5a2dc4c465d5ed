"""Species whose ids stand for concentrations: what is added to them counts as an amount here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError
from il15_sim.exchange.petab_sbml import SbmlText
from il15_sim.fit.treatments import Arm
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.subject import Subject


def sizes_of(
    subject: Subject, sbml: SbmlText, arms: Iterable[Arm], unknowns: Collection[str], where: str
) -> dict[str, float]:
    """Sizes of the compartments of those species that a change of some arm concerns.

    Raises
    ------
    InputError
        Where such a size is not one number for all arms and times.
    """
    source, found = subject.source, {}
    if not isinstance(source, Kernel):
        return {}
    listed = list(arms)
    changed = {c.target for arm in listed for c in arm.changes}
    for species, is_amount in zip(source.states, source.amounts, strict=True):
        if not is_amount or species not in changed:
            continue
        home = sbml.home(species)
        varied = home in unknowns or home in changed or any(home in a.values for a in listed)
        if varied or home not in subject.constants:
            raise InputError(
                f"a change of '{species}'",
                where=where,
                why=f"it is a concentration in '{home}', whose size is not one number",
            )
        found[species] = subject.constants[home]
    return found


def as_amounts(changes: Iterable[Change], sizes: Mapping[str, float]) -> tuple[Change, ...]:
    """Changes of concentrations as changes of amounts."""
    return tuple(replace(c, amount=c.amount * sizes.get(c.target, 1.0)) for c in changes)


def as_levels(changes: Iterable[Change], sizes: Mapping[str, float]) -> tuple[Change, ...]:
    """Changes of amounts as changes of concentrations."""
    return tuple(replace(c, amount=c.amount / sizes.get(c.target, 1.0)) for c in changes)
