"""An SBML model as a system of differential equations of shared expressions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from il15_sim.batch.equations.elements import Elements, Quantity, Species, read_elements
from il15_sim.batch.equations.epoch import Epoch
from il15_sim.batch.equations.expression import Expressions
from il15_sim.batch.equations.mathml import Formulas, Steps, finish
from il15_sim.batch.equations.reactions import net_rates
from il15_sim.batch.equations.sbml_document import Unsupported as Unsupported
from il15_sim.batch.equations.sbml_document import open_document
from il15_sim.batch.equations.time_unit import TimeUnit, time_unit_of


@dataclass(frozen=True, eq=False)
class System:
    """An SBML model as a system of differential equations.

    Attributes
    ----------
    expressions : Expressions
        Where the nodes below live.
    states : tuple of str
        Ids of what changes by itself, in the order of the document.
    amounts : tuple of bool
        True where the state variable is an amount though the id stands for a concentration.
    rates : tuple of int
        d(state variable)/dt per unit of model time.
    start : tuple of int
        Start value of each state variable, from parameters alone.
    parameters : tuple of str
        Ids of independent constants, which a simulation may replace.
    parameter_values : tuple of float
        Their values in the document, NaN where it gives none.
    values : mapping of str to int
        Value of every id: states, species, parameters, compartments, assigned quantities, named
        stoichiometries, and reactions (their rate).
    switch_times : tuple of int
        Times at which a condition on time switches, from parameters alone. One that is negative,
        infinite or NaN means that nothing switches.
    conditions : tuple of int
        Comparisons a < b with a state in them on which rates or values depend, each once. Those
        of parameters or time alone are not among them.
    units : mapping of str to str
        Unit of every id as the document has it (of a species: of its amount), "" where it has none.
    still : mapping of str to (str, int, bool)
        Species that nothing changes, which are parameters: compartment, and the power of its size
        in the value of the id (-1 for the concentration of a given amount, 1 for the amount of a
        given concentration, 0 where it is as given); True where the id stands for an amount.
    settled : mapping of str to str
        Constants that are set once, by an initial assignment, by a parameter each is set from:
        here they follow that parameter, and would follow a change of it later on.
    time_unit : TimeUnit or None
        The unit of all times, and of rates per time; None where the document has none.
    """

    expressions: Expressions
    states: tuple[str, ...]
    amounts: tuple[bool, ...]
    rates: tuple[int, ...]
    start: tuple[int, ...]
    parameters: tuple[str, ...]
    parameter_values: tuple[float, ...]
    values: Mapping[str, int]
    switch_times: tuple[int, ...]
    conditions: tuple[int, ...]
    units: Mapping[str, str]
    settled: Mapping[str, str]
    still: Mapping[str, tuple[str, int, bool]]
    time_unit: TimeUnit | None


def read_system(sbml: str) -> System:
    """The system of differential equations that an SBML text of Level 2 or 3 describes.

    Parameters
    ----------
    sbml : str
        The text of the document.

    Raises
    ------
    InputError
        When the text is no valid SBML.
    Unsupported
        For what is not simulated: events, delays, algebraic rules, constraints, fast reactions,
        random numbers, packages that change the meaning, rounded times, conditions on time whose
        switching time is not known, equalities of states, values rounded from states where rates
        or conditions depend on them, and values that are used and missing. It names the element.
    """
    document = open_document(sbml)  # kept until the end: libSBML's trees die with their document
    model = document.getModel()
    return _Reader(read_elements(model)).system(time_unit_of(model))


class _Reader:
    """Puts the elements of a document together."""

    def __init__(self, elements: Elements) -> None:
        self._elements = elements
        self._e = Expressions()
        self._formulas = Formulas(self._e, elements.functions)
        self._changed = {
            part.species
            for reaction in elements.reactions.values()
            for part in reaction.parts
            if not elements.species(part.species).boundary
        }
        quantities = elements.quantities.values()
        states = [q.id for q in quantities if self._is_state(q)]
        self._states = {name: i for i, name in enumerate(states)}
        parameters = [q.id for q in quantities if self._is_parameter(q)]
        self._parameters = {name: i for i, name in enumerate(parameters)}
        zero, time = self._e.constant(0.0), self._e.time()
        self._start = Epoch(elements, self._formulas, zero, elements.initial, self._given)
        self._now = Epoch(elements, self._formulas, time, {}, self._running)

    def system(self, time_unit: TimeUnit | None) -> System:
        """The whole system."""
        quantities = self._elements.quantities
        net = net_rates(self._elements, self._now, self._e)
        rates = tuple(finish(self._rate(name, net)) for name in self._states)
        start = tuple(finish(self._start_value(quantities[name])) for name in self._states)
        values = self._values()
        return System(
            expressions=self._e,
            states=tuple(self._states),
            amounts=tuple(self._held_as_amount(quantities[name]) for name in self._states),
            rates=rates,
            start=start,
            parameters=tuple(self._parameters),
            parameter_values=tuple(self._number(quantities[name]) for name in self._parameters),
            values=MappingProxyType(values),
            switch_times=tuple(self._formulas.switches.times),
            conditions=self._formulas.conditions.located(rates, values.values()),
            units=MappingProxyType({q.id: q.units for q in quantities.values()}),
            settled=MappingProxyType(self._settled(values)),
            still=MappingProxyType(dict(self._still())),
            time_unit=time_unit,
        )

    def _still(self) -> Iterator[tuple[str, tuple[str, int, bool]]]:
        for name in self._parameters:
            quantity = self._elements.quantities[name]
            if isinstance(quantity, Species):
                power = (1 if quantity.as_amount else -1) if quantity.needs_size else 0
                yield name, (quantity.compartment, power, quantity.as_amount)

    def _settled(self, values: Mapping[str, int]) -> dict[str, str]:
        parameters, e = tuple(self._parameters), self._e
        found: dict[str, str] = {}
        for name in self._elements.initial:
            if name not in self._states:
                below = (n for n in e.reachable([values[name]]) if e.ops[n] == "parameter")
                found.update((parameters[int(e.data[n] or 0)], name) for n in below)
        return found

    # Which part a quantity plays

    def _is_state(self, quantity: Quantity) -> bool:
        name, elements = quantity.id, self._elements
        if name in elements.assignments:
            return False
        return name in elements.rates or name in self._changed or self._is_diluted(quantity)

    def _is_diluted(self, quantity: Quantity) -> bool:
        """Whether the id stands for a concentration that follows the size of the compartment."""
        if not isinstance(quantity, Species) or quantity.as_amount:
            return False
        return self._elements.ruled(quantity.compartment)

    def _is_parameter(self, quantity: Quantity) -> bool:
        name, elements = quantity.id, self._elements
        if name in self._states or name in elements.assignments or name in elements.initial:
            return False
        if isinstance(quantity, Species) and quantity.needs_size:
            home = quantity.compartment
            return not (elements.ruled(home) or home in elements.initial)
        return quantity.kind != "species reference"

    def _held_as_amount(self, quantity: Quantity) -> bool:
        """Whether a state's variable is an amount though the id stands for a concentration."""
        is_concentration = isinstance(quantity, Species) and not quantity.as_amount
        return is_concentration and quantity.id not in self._elements.rates

    # What an id stands for

    def _given(self, quantity: Quantity, where: str) -> Steps:
        """The value at the start of a quantity that no formula sets."""
        e, name = self._e, quantity.id
        value = self._number(quantity) if name in self._parameters else quantity.value
        if math.isnan(value) and quantity.kind != "parameter":
            raise _missing(quantity, where)
        if name in self._parameters:
            return e.parameter(self._parameters[name])
        if isinstance(quantity, Species) and quantity.needs_size:
            size = yield self._start.symbol(quantity.compartment, f"species '{name}'")
            convert = e.mul if quantity.as_amount else e.div
            return convert(e.constant(value), size)
        return e.constant(value)

    def _running(self, quantity: Quantity, where: str) -> Steps:
        """The value at any time of a quantity that no assignment rule sets."""
        name = quantity.id
        if name not in self._states:
            return (yield self._start.symbol(name, where))
        state = self._e.state(self._states[name])
        if isinstance(quantity, Species) and self._held_as_amount(quantity):
            size = yield self._now.symbol(quantity.compartment, f"species '{name}'")
            return self._e.div(state, size)
        return state

    def _number(self, quantity: Quantity) -> float:
        """The value of an independent constant in the document; NaN where there is none."""
        value = quantity.value
        if isinstance(quantity, Species) and quantity.needs_size:
            size = self._elements.quantities[quantity.compartment].value
            if quantity.as_amount:
                return value * size
            return value / size if size else math.nan
        return value

    def _values(self) -> dict[str, int]:
        """The node of every id."""
        values = {}
        for name, quantity in self._elements.quantities.items():
            if name in self._parameters:  # unlike `symbol`, passes what has no value and no use
                values[name] = self._e.parameter(self._parameters[name])
            else:
                values[name] = finish(self._now.symbol(name, f"{quantity.kind} '{name}'"))
        for name in self._elements.reactions:
            values[name] = finish(self._now.symbol(name, f"reaction '{name}'"))
        return values

    # What the states do

    def _rate(self, name: str, net: Mapping[str, int]) -> Steps:
        """d(state variable)/dt."""
        if name in self._elements.rates:
            where = f"rate rule for '{name}'"
            return (yield self._now.formula(self._elements.rates[name], where))
        return net.get(name, self._e.constant(0.0))

    def _start_value(self, quantity: Quantity) -> Steps:
        """The state variable at the start."""
        e, where = self._e, f"{quantity.kind} '{quantity.id}'"
        if not isinstance(quantity, Species) or not self._held_as_amount(quantity):
            return (yield self._start.symbol(quantity.id, where))
        if not quantity.given_concentration and quantity.id not in self._elements.initial:
            if math.isnan(quantity.value):
                raise _missing(quantity, where)
            return e.constant(quantity.value)
        concentration = yield self._start.symbol(quantity.id, where)
        return e.mul(concentration, (yield self._start.symbol(quantity.compartment, where)))


def _missing(quantity: Quantity, where: str) -> Unsupported:
    """The error for a value that `where` needs."""
    name = f"{quantity.kind} '{quantity.id}'"
    return Unsupported(f"{name} has no value", where=None if where == name else where)
