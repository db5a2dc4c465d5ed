"""What is simulated: a model of this package, or any SBML that was compiled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.equations.time_unit import HOUR, TimeUnit
from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError
from il15_sim.model import Model


@dataclass(frozen=True, eq=False)
class Subject:
    """The model of an ensemble, whichever way it came.

    Attributes
    ----------
    name, hash : str
        Its name, and the SHA-256 of structure and values.
    states : tuple of str, length S
        In the order of start and final states.
    constants : mapping
        Value of every parameter that may vary; NaN where the SBML gives none.
    positive : frozenset of str
        Parameters that are never negative.
    quantities : frozenset of str
        Ids that can be reported.
    defaults : tuple of str
        Ids that are reported where nothing else is asked for.
    units : mapping
        Unit by id.
    settled : mapping
        Constants that are set once from a parameter, by the parameter: it cannot change in a run.
    time_unit : TimeUnit
        The unit in which it counts time.
    source : Model or Kernel
        What it was made of.
    """

    name: str
    hash: str
    states: tuple[str, ...]
    constants: Mapping[str, float]
    positive: frozenset[str]
    quantities: frozenset[str]
    defaults: tuple[str, ...]
    units: Mapping[str, str]
    settled: Mapping[str, str]
    time_unit: TimeUnit
    source: Model | Kernel

    @property
    def model(self) -> Model | None:
        """The model with its drugs, where it is one of this package."""
        return self.source if isinstance(self.source, Model) else None

    def fit(self, columns: Sequence[str], table: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Rows of a table (B, V) whose values can be simulated, shape (B,)."""
        good = np.isfinite(table)
        for j, name in enumerate(columns):
            if name in self.positive:
                good[:, j] &= table[:, j] >= 0.0
        return np.asarray(good.all(axis=1), dtype=np.bool_)


def subject_of(model: object) -> Subject:
    """A model or a compiled SBML text as the subject of an ensemble.

    Raises
    ------
    InputError
        For anything else, and for SBML that does not say in which unit it counts time.
    """
    if isinstance(model, Model):
        return Subject(
            name=model.name,
            hash=model.hash,
            states=model.states,
            constants=model.values,
            positive=frozenset(p.id for p in model.parameters.parameters if p.lower >= 0),
            quantities=frozenset({*model.states, *model.facts.assigned}),
            defaults=model.observables or model.states,
            units=model.units,
            settled={},
            time_unit=HOUR,
            source=model,
        )
    if isinstance(model, Kernel):
        if model.time_unit is None:
            raise InputError(
                f"model '{model.name}' has no unit of time",
                why="it is asked by hours, and its SBML counts no time, or does not say in what",
                fix='name it, as in Kernel(sbml, time_unit="d")',
            )
        return Subject(
            name=model.name,
            hash=model.hash,
            states=model.states,
            constants=dict(zip(model.parameters, model.parameter_values.tolist(), strict=True)),
            positive=frozenset(),
            quantities=model.quantities,
            defaults=model.states,
            units=model.units,
            settled=model.settled,
            time_unit=model.time_unit,
            source=model,
        )
    raise InputError(f"{model!r:.80} is no model", fix="give a Model, or a Kernel of SBML text")


def without_value(subject: Subject, given: Sequence[str]) -> str | None:
    """A parameter that has no value, neither in the model nor in the columns given."""
    empty = (name for name, value in subject.constants.items() if math.isnan(value))
    return next((name for name in empty if name not in given), None)
