"""An arm of patients instead of one: which parameters differ between them, and by how much.

A patient's value is that of the arm times exp(sd z), with sd the log SD that belongs to the CV and
z a standard normal number. The numbers of all patients are drawn once (scrambled Sobol points of
the seed) and are the same at every point of a fit: so its objective is smooth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.frozen import Frozen
from il15_sim.population.variability import chosen_cvs, log_sd
from il15_sim.simulation.subject import Subject

Array = NDArray[np.float64]

#: More patients than this in one arm are a slip: a thousand are smooth enough.
_MOST = 100_000


@dataclass(frozen=True)
class Patients:
    """Virtual patients of an arm, with the variability of the parameter table.

    Attributes
    ----------
    n : int
        How many, from 2 on. About 100 tell a mean or a share; the statistic of so few has an
        error of its own, which another seed shows.
    seed : int
        Of their normal numbers. Arms with the same `n`, `seed` and `vary` have the same patients,
        and can be compared patient by patient.
    vary : sequence of id, or mapping of id to CV in percent, optional
        What differs between them. Default: every parameter of the model to which the table gives
        a variability (`iivCvPercent`). A mapping states the CV instead of the table.

    Examples
    --------
    >>> from il15_sim.fit import Patients
    >>> patients = Patients(100, seed=1, vary={"sorafenib_clearance": 30.0})
    >>> patients.factors["sorafenib_clearance"].shape
    (100,)
    """

    n: int
    seed: int = 0
    vary: str | Sequence[str] | Mapping[str, float] | None = None

    def of(self, subject: Subject, values: Mapping[str, float], where: str) -> Patients:
        """The same with the CV in percent of everything that varies, in an arm with its values.

        Raises
        ------
        InputError
            For numbers that are none, parameters that are unknown or have no variability, and
            those that are not positive: a log-normal number is.
        """
        for what, number, least in (("n", self.n, 2), ("seed", self.seed, 0)):
            if isinstance(number, bool) or not isinstance(number, int | np.integer):
                raise InputError(
                    f"{what} of patients {number!r:.40} is no whole number", where=where
                )
            if not least <= number <= (_MOST if what == "n" else math.inf):
                why = f"from {least} on" if what == "seed" else f"{least} to {_MOST}"
                raise InputError(f"{what} of patients {number}", where=where, why=why)
        cvs = chosen_cvs(subject, self.vary, where)
        given = {**subject.constants, **values}
        if self.vary is None:
            # A factor leaves what a variant has switched off as it is.
            cvs = {name: cv for name, cv in cvs.items() if given[name] > 0}
        if not cvs:
            raise InputError(
                "nothing varies between patients",
                where=where,
                why=f"no parameter of '{subject.name}' has a variability in the table",
                fix="state it: vary = {'id': CV in percent}",
            )
        for name in cvs:
            if not given[name] > 0:
                why = "a log-normal number is positive"
                told = f"'{name}' is {given[name]:g} and varies between patients"
                raise InputError(told, where=where, why=why, fix="leave it out of vary")
        return replace(self, vary=Frozen({name: cvs[name] for name in sorted(cvs)}))

    @cached_property
    def factors(self) -> Mapping[str, Array]:
        """Of every parameter that varies the factors of all patients, each of shape (n,)."""
        from scipy.special import ndtri
        from scipy.stats import qmc

        assert isinstance(self.vary, Mapping)
        sobol = qmc.Sobol(len(self.vary), seed=self.seed)
        # Whole powers of two keep the sequence even.
        points = sobol.random_base2(math.ceil(math.log2(self.n)))[: self.n]
        z = ndtri(np.clip(points, 1e-12, 1 - 1e-12))
        logs = [log_sd(cv) for cv in self.vary.values()]
        columns = zip(self.vary, logs, z.T, strict=True)
        return Frozen({name: np.exp(sd * own) for name, sd, own in columns})

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        assert isinstance(self.vary, Mapping)
        return {"n": int(self.n), "seed": int(self.seed), "vary": dict(self.vary)}
