"""What the model says of the patients of an arm, and how that depends on the unknowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.fit.patient_statistics import check_threshold, fault, over_patients
from il15_sim.fit.patients import Patients
from il15_sim.fit.predictor import Predictor
from il15_sim.fit.rows import Row, Rows
from il15_sim.fit.simulator import Failed
from il15_sim.fit.treatments import Arm
from il15_sim.fit.unknowns import Unknown
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


def check_patients(
    rows: Sequence[Row], arms: Mapping[str, Arm], unknowns: Sequence[Unknown]
) -> None:
    """Refuse rows that do not fit the patients of their arms, and patients without a meaning.

    Raises
    ------
    InputError
        For a statistic without patients and the other way round, for two arms with other patients
        in one quantity, and for what varies log-normally and is searched below zero.
    """
    for row in rows:
        own = arms[row.arm].patients
        if own is None and row.statistic:
            raise InputError(
                f"statistic '{row.statistic}'",
                where=row.where,
                why=f"arm '{row.arm}' is one patient",
                fix="give it patients, or leave the statistic out",
            )
        if own is not None and not row.statistic:
            raise InputError(
                "no statistic",
                where=row.where,
                why=f"arm '{row.arm}' has {own.n} patients",
                fix="say in a column 'statistic' what is compared, e.g. mean or median",
            )
        check_threshold(row)
        for output in row.reads.outputs[1:]:
            if arms[output.arm].patients != own:
                told = f"arms '{row.arm}' and '{output.arm}' have other patients"
                why = f"{row.reads.quantity} is taken patient by patient"
                fix = "give both the same n, seed and vary"
                raise InputError(told, where=row.where, why=why, fix=fix)
    for u in unknowns:
        for name, arm in arms.items():
            if arm.patients is None or not u.serves(name, arm) or u.lower >= 0:
                continue
            if u.parameter in arm.patients.factors:
                told = f"'{u.parameter}' varies between the patients of '{name}'"
                why = f"a log-normal number is positive, and its lower bound is {u.lower:g}"
                raise InputError(told, where=f"estimate '{u.id}'", why=why, fix="give other bounds")


def predictor_of(
    subject: Subject,
    rows: Rows,
    arms: Mapping[str, Arm],
    unknowns: tuple[Unknown, ...],
    threads: int | None = None,
) -> Predictor:
    """The predictor of a fit: of single patients, or of arms some of which are many."""
    if all(arm.patients is None for arm in arms.values()):
        return Predictor(subject, rows, arms, unknowns, threads)
    return PatientsPredictor(subject, rows, arms, unknowns, threads)


@dataclass(frozen=True, eq=False)
class _Part:
    """Rows whose arms have the same patients, or none, and what predicts them of each."""

    at: Indices
    each: Predictor

    @property
    def patients(self) -> Patients | None:
        return self.each.patients

    def copies(self, points: Array) -> Array:
        return points if self.patients is None else np.repeat(points, self.patients.n, axis=0)

    def apart(self, found: Array) -> Array:
        """Of every point and patient: (K * n, ...) as (K, n, ...)."""
        assert self.patients is not None
        return found.reshape(-1, self.patients.n, *found.shape[1:])

    def fault(self, quantities: Array) -> str:
        """Why the statistics cannot be had from the quantities (n, N) of the patients."""
        for row, q in zip(self.each.rows.rows, quantities.T, strict=True):
            patient, told = fault(row, q)
            if told:
                of = f", patient {patient + 1}" if patient >= 0 else ""
                return f"{told} ({row.where}{of})"
        return ""


@dataclass(frozen=True, eq=False)
class PatientsPredictor(Predictor):
    """Arms of patients beside arms of one: all patients of all points in one ensemble."""

    def predict(self, points: Array) -> tuple[Array, list[str]]:
        """As `Predictor.predict`; a patient who fails makes the point fail, told by number."""
        predicted, why = np.empty((len(points), len(self.rows))), [""] * len(points)
        for part in self._parts:
            found, told = part.each.predict(part.copies(points))
            if part.patients is None:
                predicted[:, part.at] = found
            else:
                n, every = part.patients.n, part.apart(found)
                told = [next(filter(None, told[k * n : (k + 1) * n]), "") for k in range(len(why))]
                told = [w or part.fault(q) for w, q in zip(told, every, strict=True)]
                good = np.array([not w for w in told])
                for j, (i, row) in enumerate(zip(part.at, part.each.rows.rows, strict=True)):
                    predicted[good, i] = over_patients(row, every[good, :, j])[0]
            why = [first or other for first, other in zip(why, told, strict=True)]
        predicted[[bool(w) for w in why]] = np.nan
        return predicted, why

    def slopes_at(self, points: Array) -> tuple[Array, Array]:
        """As `Predictor.slopes_at`, by the chain rule from the slopes of every patient."""
        predicted = np.empty((len(points), len(self.rows)))
        slopes = np.empty((*predicted.shape, len(self.unknowns)))
        for part in self._parts:
            found, by = part.each.slopes_at(part.copies(points))
            if part.patients is None:
                predicted[:, part.at], slopes[:, part.at] = found, by
                continue
            found, by = part.apart(found), part.apart(by)
            if told := next(filter(None, map(part.fault, found)), ""):
                raise Failed(told)
            for j, (i, row) in enumerate(zip(part.at, part.each.rows.rows, strict=True)):
                predicted[:, i], outer = over_patients(row, found[:, :, j])
                slopes[:, i] = np.einsum("kn,knp->kp", outer, by[:, :, j])
        return predicted, slopes

    def courses(self, points: Array, count: int = 200) -> tuple[pd.DataFrame, Array]:
        """As `Predictor.courses`; of an arm with patients the median over them at each time."""
        tables, found = zip(*(p.each.courses(points, count) for p in self._parts), strict=True)
        return pd.concat(tables, ignore_index=True), np.concatenate(found, axis=1)

    @cached_property
    def _parts(self) -> tuple[_Part, ...]:
        own = [self.arms[row.arm].patients for row in self.rows.rows]
        distinct = [p for i, p in enumerate(own) if p not in own[:i]]
        parts = []
        for patients in distinct:
            keep = [p == patients for p in own]
            each = Predictor(
                self.subject,
                self.rows.chosen(keep),
                self.arms,
                self.unknowns,
                self.threads,
                patients,
            )
            parts.append(_Part(np.flatnonzero(keep), each))
        return tuple(parts)
