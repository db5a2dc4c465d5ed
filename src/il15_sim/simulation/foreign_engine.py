"""The reference engine for SBML that is not of this package: libRoadRunner, told what ids mean."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.equations.elements import Elements, Quantity, Species, read_elements
from il15_sim.batch.equations.sbml_document import open_document
from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError
from il15_sim.model.sbml import set_sbml_quantities
from il15_sim.simulation.reference_engine import ReferenceEngine

Array = NDArray[np.float64]

#: Rows that libRoadRunner may keep of its own steps.
_MOST_STEPS = 1_000_000


class ForeignEngine(ReferenceEngine):
    """libRoadRunner on an SBML text with one set of values.

    States are those of the batch engine: amounts where `Kernel.amounts` says so, though the id
    stands for a concentration. Values stand in the text, so that libRoadRunner itself evaluates
    what follows from them at the start.
    """

    def __init__(self, kernel: Kernel, values: Mapping[str, float]) -> None:
        """Compile a text with the values of all its parameters."""
        quantities, initial = _quantities_of(kernel.sbml)
        species = {q.id for q in quantities.values() if isinstance(q, Species)}
        # What libRoadRunner calls the value of an id: the name of a species is its amount.
        self._values = {name: name for name in kernel.quantities}
        for quantity in quantities.values():
            if isinstance(quantity, Species) and not quantity.as_amount:
                self._values[quantity.id] = f"[{quantity.id}]"
        # What it calls that which a change changes, and a start gives: state variables.
        self._held = {name: self._values[name] for name in kernel.parameters}
        for name, is_amount in zip(kernel.states, kernel.amounts, strict=True):
            self._held[name] = name if is_amount else self._values[name]
        try:
            super().__init__(set_sbml_quantities(kernel.sbml, values), kernel.states, {})
        except RuntimeError as error:
            raise InputError(
                f"model '{kernel.name}' on the reference engine",
                why=f"libRoadRunner says: {str(error).splitlines()[0]:.200}",
                fix="use engine='batch'",
            ) from None
        self._rr.integrator.setValue("max_output_rows", _MOST_STEPS)
        # Nothing but what is set may move: libRoadRunner evaluates initial assignments again, and
        # keeps amounts where a volume changes.
        once = [n for n in sorted(initial) if quantities[n].kind != "species reference"]
        own = [self._values[name] for name in once if name not in kernel.states]
        self._still = (*self._held.values(), *own)
        integrated = [f"[{s}]" for s in self._state_order if s in species]
        self._watched = (*self._state_order, *integrated)
        #: Whether `advance` keeps the steps that CVODE takes.
        self.exploring = False
        self._steps: list[Array] = []

    def shown(self, name: str) -> str:
        """Selection of the value of an id.

        Raises
        ------
        InputError
            Where libRoadRunner has none.
        """
        try:
            self._rr.getValue(self._values[name])
        except RuntimeError:
            raise InputError(
                f"'{name}' on the reference engine",
                why="libRoadRunner does not tell its value",
                fix="use engine='batch'",
            ) from None
        return self._values[name]

    def held(self, name: str) -> str:
        """Selection of a state variable."""
        return self._held[name]

    def own_states(self) -> dict[str, float]:
        """State variables at the start, as the text has them."""
        self._rr.resetToOrigin()
        return {s: self.get(s) for s in self.states}

    def begin(self, time: float, longest: float) -> None:
        """Set the time of a started engine, and the length of its longest step."""
        self._rr.model.setTime(time)
        # A pulse in a quiet model would be stepped over.
        self._rr.integrator.setValue("maximum_time_step", longest)
        self._steps = []

    def sizes(self) -> dict[str, float]:
        """Present size of all that is integrated, by libRoadRunner's names."""
        return self._smaller([abs(float(self._rr.getValue(name))) for name in self._watched])

    def peaks(self) -> dict[str, float]:
        """Largest size of all that is integrated, in the steps taken while exploring."""
        first = 1 + len(self._selected)
        tops = [np.abs(steps[:, first:]).max(axis=0) for steps in self._steps]
        return self._smaller(np.max(tops, axis=0).tolist())

    def times(self) -> Array:
        """Times of all steps taken while exploring, increasing."""
        return np.unique(np.concatenate([steps[:, 0] for steps in self._steps]))

    def _smaller(self, sizes: Sequence[float]) -> dict[str, float]:
        # A species is integrated as an amount or as a concentration: the smaller size serves both.
        by_name = dict(zip(self._watched, sizes, strict=True))
        return {s: min(by_name[s], by_name.get(f"[{s}]", by_name[s])) for s in self._state_order}

    def get(self, name: str) -> float:
        """Present value of a state variable or a parameter."""
        return float(self._rr.getValue(self._held[name]))

    def set(self, name: str, value: float) -> None:
        """Set a state variable or a parameter now, and nothing else."""
        target = self._held[name]
        before = {other: self._rr.getValue(other) for other in self._still if other != target}
        self._rr.setValue(target, value)
        for other, number in before.items():
            if self._rr.getValue(other) != number:
                self._rr.setValue(other, number)

    def is_finite(self, *, rates: bool = False) -> bool:
        """Whether all states (and rates) are finite now."""
        values = [self.get(s) for s in self.states]
        return bool(np.isfinite([*values, *(self._rr.getRatesOfChange() if rates else ())]).all())

    def advance(self, times: Array) -> Array:
        """As the engine does, in the unit of the model; an exploring one keeps its own steps."""
        if not self.exploring:
            return super().advance(times)
        rows, count = [self.now()], len(self._selected)
        self._rr.integrator.setValue("variable_step_size", True)
        self._rr.timeCourseSelections = ["time", *self._selected, *self._watched]
        try:
            for begin, end in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
                steps = self._rows(start=begin, end=end)
                self._steps.append(steps)
                rows.append(steps[-1, 1 : count + 1])
        finally:
            self._rr.timeCourseSelections = ["time", *self._selected]
            self._rr.integrator.setValue("variable_step_size", False)
        return np.array(rows)


_engines: OrderedDict[str, ForeignEngine] = OrderedDict()


def foreign_engine(kernel: Kernel, values: Mapping[str, float]) -> ForeignEngine:
    """The engine of a text with the values of all its parameters (eight are kept per process)."""
    key = "\n".join([kernel.hash, *(f"{name}={value!r}" for name, value in values.items())])
    if key not in _engines:
        _engines[key] = ForeignEngine(kernel, values)
        while len(_engines) > 8:
            _engines.popitem(last=False)
    _engines.move_to_end(key)
    return _engines[key]


@lru_cache(maxsize=8)
def _quantities_of(sbml: str) -> tuple[Mapping[str, Quantity], frozenset[str]]:
    """Quantities by id, and which of them have an initial assignment."""
    # The formulas of the elements die with their document: they may not leave this function.
    document = open_document(sbml)
    elements = read_elements(document.getModel())
    _refuse_what_it_gets_wrong(elements)
    return elements.quantities, frozenset(elements.initial)


def _refuse_what_it_gets_wrong(elements: Elements) -> None:
    """Two constructs of which libRoadRunner is known to make something else than SBML says."""
    for reaction in elements.reactions.values():
        for part in reaction.parts:
            twins = [(p.species, p.sign) == (part.species, part.sign) for p in reaction.parts]
            if sum(twins) > 1 and (part.id is not None or part.formula is not None):
                raise _wrong(
                    f"reaction '{reaction.id}'",
                    f"it takes a named stoichiometry of '{part.species}', twice on one side",
                )
    for name in elements.rates:
        quantity = elements.quantities[name]
        if isinstance(quantity, Species) and not quantity.as_amount:
            home = quantity.compartment
            if home in elements.assignments:
                raise _wrong(
                    f"the rate rule for '{name}'",
                    f"it takes a concentration in '{home}', whose size has a rule",
                )


def _wrong(what: str, why: str) -> InputError:
    return InputError(
        f"{what} on the reference engine",
        why=f"{why}, for something else than SBML does",
        fix="use engine='batch'",
    )
