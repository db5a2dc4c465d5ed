"""What the reactions of a model do to the amounts of its species."""

from __future__ import annotations

import math

from il15_sim.batch.equations.elements import Elements, Part, Reaction
from il15_sim.batch.equations.epoch import Epoch
from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.equations.mathml import Steps, finish
from il15_sim.batch.equations.sbml_document import Unsupported
from il15_sim.errors import InputError


def net_rates(elements: Elements, now: Epoch, expressions: Expressions) -> dict[str, int]:
    """d(amount)/dt of each species that reactions change, by id.

    Raises
    ------
    Unsupported
        For a stoichiometry or a conversion factor without a value.
    """
    e = expressions
    net: dict[str, int] = {}
    for reaction in elements.reactions.values():
        rate = finish(now.symbol(reaction.id, f"reaction '{reaction.id}'"))
        for name, stoichiometry in _stoichiometries(elements, reaction, now, e).items():
            change = e.mul(stoichiometry, rate)
            net[name] = e.add(net[name], change) if name in net else change
    for name in net:
        factor = elements.species(name).conversion
        if factor is not None:
            where = f"conversion factor of species '{name}'"
            if factor not in elements.quantities:
                raise InputError(f"'{factor}' is not known", where=where)
            net[name] = e.mul(finish(now.symbol(factor, where)), net[name])
    return net


def _stoichiometries(
    elements: Elements, reaction: Reaction, now: Epoch, e: Expressions
) -> dict[str, int]:
    """How much of each species a reaction makes, less what it takes, by id."""
    made: dict[str, int] = {}
    for part in reaction.parts:
        if elements.species(part.species).boundary:
            continue
        here = finish(_stoichiometry(part, reaction, now, e))
        before = made.get(part.species, e.constant(0.0))
        made[part.species] = e.add(before, here) if part.sign > 0 else e.sub(before, here)
    return made


def _stoichiometry(part: Part, reaction: Reaction, now: Epoch, e: Expressions) -> Steps:
    where = f"stoichiometry of '{part.species}' in reaction '{reaction.id}'"
    if part.formula is not None:
        return (yield now.formula(part.formula, where))
    if part.id is not None:
        return (yield now.symbol(part.id, where))
    if math.isnan(part.number):
        raise Unsupported("it has no value", where=where)
    return e.constant(part.number)
