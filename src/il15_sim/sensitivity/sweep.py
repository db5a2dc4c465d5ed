"""Sweeps: which parameters are varied, how they are looked at, and what is asked of each run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.sensitivity.factor import Factor, factors
from il15_sim.sensitivity.sampling import check_power, check_size
from il15_sim.sensitivity.sweep_endpoints import Asked, Course
from il15_sim.simulation.subject import subject_of


@dataclass(frozen=True)
class Screen:
    """A first look by the method of Morris: its trajectories, and what goes on to `[quantify]`."""

    trajectories: int = 32
    keep: float = 12


@dataclass(frozen=True)
class Quantify:
    """Shares of variance by the method of Sobol: base points, and whether pairs are told, too."""

    n: int = 1024
    second_order: bool = False


@dataclass(frozen=True)
class Sweep:
    """A sweep as its file tells it.

    Attributes
    ----------
    name : str
        Lower-case name that results are filed under.
    title, description : str
        What a reader sees.
    model : str
        "patient" or a module.
    regimen : Regimen
    against : Regimen or None
        What the same patients are also given; endpoints with `compare` are told relative to it.
    horizon_days : float
    endpoints : tuple of Asked
    which : mapping
        Arguments of `il15_sim.sensitivity.factors`, and `without`: ids that stay as they are.
    screen : Screen or None
    quantify : Quantify or None
        At least one of the two is asked for.
    failures : "refuse", "drop" or "resample"
    seed : int
    courses : tuple of Course
        Time courses whose indices `quantify` tells, too.
    source : str
        The file; told in errors, no part of the value.

    Examples
    --------
    >>> from il15_sim.files.resources import shipped
    >>> from il15_sim.sensitivity.sweep_file import read_sweep
    >>> sweep = read_sweep(shipped("sweeps")["sorafenib_exposure"])
    >>> sweep.model, sweep.with_size(64).quantify
    ('sorafenib_pk', Quantify(n=64, second_order=True))
    """

    name: str
    title: str
    description: str
    model: str
    regimen: Regimen
    against: Regimen | None
    horizon_days: float
    endpoints: tuple[Asked, ...]
    which: Mapping[str, Any] = field(hash=False)
    screen: Screen | None
    quantify: Quantify | None
    failures: str
    seed: int
    courses: tuple[Course, ...] = ()
    source: str = field(default="", compare=False)

    def with_size(self, n: int) -> Sweep:
        """The same with another number of base points or, without `[quantify]`, trajectories.

        Raises
        ------
        InputError
            For a number of base points that is no power of two.
        """
        if self.quantify is not None:
            check_size("n", n)
            check_power(n)
            return replace(self, quantify=replace(self.quantify, n=n))
        assert self.screen is not None
        check_size("trajectories", n)
        return replace(self, screen=replace(self.screen, trajectories=n))

    def factors(self, model: Model) -> tuple[Factor, ...]:
        """What varies.

        Raises
        ------
        InputError
            With the file, as `il15_sim.sensitivity.factors`.
        """
        which = {key: value for key, value in self.which.items() if key != "without"}
        try:
            found = factors(model, **which)
            left = {factor.name for factor in found}
            for id_ in self.which.get("without", ()):
                if id_ not in left:
                    raise unknown("factor", id_, left, "without")
        except InputError as error:
            raise error.at(f"{self.source}: [factors]") from None
        return tuple(f for f in found if f.name not in self.which.get("without", ()))

    def check(self, model: Model) -> None:
        """Raise InputError for the first drug or observable that is not the model's, with file."""
        regimens = (self.regimen, self.against or Regimen.none())
        check_ids(self.source, regimens, self.endpoints, model)
        for course in self.courses:
            if course.observable not in subject_of(model).quantities:
                known = subject_of(model).quantities
                raise unknown("observable", course.observable, known, f"{self.source}: courses")


def check_ids(
    source: str, regimens: Iterable[Regimen], endpoints: Iterable[Asked], model: Model
) -> None:
    """Raise InputError for the first drug or observable that is not the model's, with `source`."""
    drugs = {target.drug for target in model.drugs}
    for drug in [drug for regimen in regimens for drug in regimen.drugs]:
        if drug not in drugs:
            raise unknown("drug", drug, drugs, source)
    known = subject_of(model).quantities
    for one in (asked.endpoint for asked in endpoints):
        if one.observable not in known:
            where = f"{source}: endpoint '{one.name}'"
            raise unknown("observable", one.observable, known, where)
