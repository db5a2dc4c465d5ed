"""A fit as a value: a model, what its arms were given, what was measured, and what is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from il15_sim.errors import InputError, unknown
from il15_sim.files.record import hash_inputs
from il15_sim.fit.density import Factors
from il15_sim.fit.objective import Objective
from il15_sim.fit.patient_predictor import predictor_of
from il15_sim.fit.rows import Row, Rows
from il15_sim.fit.settle import first_sizes
from il15_sim.fit.treatments import Arm
from il15_sim.fit.unknowns import Unknown
from il15_sim.simulation.subject import Subject


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything that a fit depends on.

    Attributes
    ----------
    name, title, description : str
    subject : Subject
        The model, with the values of what is not estimated.
    arms : mapping of name to Arm
    rows : Rows
        What was measured; rows that are not `used` are only compared with the fit.
    unknowns : tuple of Unknown
    factors : "random" or "free"
        What the factors of rows are: those of cohorts, around 1, or the scales of relative rows.
    omega : float
        Log SD between random factors at the start; it is estimated at the end.
    factor_parameter, reference_arm : str
        The parameter of the model that such a factor is, and the arm whose factor is shipped.
    starts, seed : int
    inputs : mapping
        Content of everything that it depends on, by name, for the record and the hash.
    """

    name: str
    subject: Subject
    arms: Mapping[str, Arm]
    rows: Rows
    unknowns: tuple[Unknown, ...]
    title: str = ""
    description: str = ""
    factors: Factors = "random"
    omega: float = 0.35
    factor_parameter: str = ""
    reference_arm: str = ""
    starts: int = 8
    seed: int = 0
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """SHA-256 of all inputs and the seed."""
        return hash_inputs(self.inputs, self.seed)

    @property
    def studies(self) -> tuple[str, ...]:
        """The studies of its arms."""
        return tuple(dict.fromkeys(a.study for a in self.arms.values() if a.study))

    def objective(self, *, every_row: bool = False, threads: int | None = None) -> Objective:
        """The rows as a function of the unknowns: those of the fit, or all."""
        rows = self.rows if every_row else self.rows.chosen([r.used for r in self.rows.rows])
        named = {r.arm for r in rows.rows}
        named |= {o.arm for r in rows.rows for o in r.reads.outputs}
        arms = {name: arm for name, arm in self.arms.items() if name in named}
        predictor = predictor_of(self.subject, rows, arms, self.unknowns, threads)
        sizes = np.ones(len(rows.sizes))
        return first_sizes(Objective(predictor, sizes, self.factors, self.omega))

    def label(self, row: Row, by: Literal["study", "arm"]) -> str:
        """The study or the arm that a row belongs to."""
        return row.arm if by == "arm" else self.arms[row.arm].study

    def without(self, labels: Sequence[str], by: Literal["study", "arm"] = "study") -> Problem:
        """The same fit without some studies or arms.

        Their rows are no longer used, but still compared with it; a time shift of their arms goes,
        and so does an estimate for groups that are left out as a whole.

        Raises
        ------
        InputError
            For an unknown label, and where nothing is left to fit.
        """
        known = list(dict.fromkeys(self.label(r, by) for r in self.rows.rows))
        for label in labels:
            if label not in known:
                raise unknown(by, label, known, self.name)
        gone = [self.label(r, by) in labels for r in self.rows.rows]
        rows = tuple(
            replace(r, used=r.used and not g) for r, g in zip(self.rows.rows, gone, strict=True)
        )
        if not any(r.used for r in rows):
            raise InputError(f"no row is left without {', '.join(labels)}", where=self.name)
        kept = {r.arm for r in rows if r.used}
        read = {o.arm for r in rows if r.used for o in r.reads.outputs}
        told = {self.arms[name].group or name for name in read}
        unknowns = tuple(
            u
            for u in self.unknowns
            if (not u.shifted_arm or u.shifted_arm in kept)
            and (not u.groups or not told.isdisjoint(u.groups))
        )
        left = {"without": " ".join(labels)}
        return replace(
            self,
            rows=Rows(rows, self.rows.source),
            unknowns=unknowns,
            inputs={**self.inputs, **left},
        )

    def check_enough(self) -> None:
        """Refuse more unknowns than rows tell.

        Raises
        ------
        InputError
            With both numbers.
        """
        objective = self.objective()
        rows, factors = objective.rows, objective.factor_count
        count, parameters = len(rows), len(self.unknowns)
        told = f"{count} readings for {parameters} parameters"
        if factors:
            told += f" and {factors} factors of scale"
        asked = parameters + factors
        if count < asked:
            raise InputError(told, where=rows.source, fix="estimate fewer")
        if count == asked and rows.sizes:
            why = "nothing is left to tell the size of their errors by"
            fix = "estimate fewer, or give a column 'error'"
            raise InputError(told, where=rows.source, why=why, fix=fix)
