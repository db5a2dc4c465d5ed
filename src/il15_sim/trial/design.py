"""What a virtual trial is: arms, calendar, adherence, dose rules, hypotheses, questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod

from il15_sim.errors import InputError, check_distinct, unknown
from il15_sim.population.virtual import MOST_SEED
from il15_sim.regimen import Regimen
from il15_sim.response import RECIST, Criterion
from il15_sim.trial.policy import Rule
from il15_sim.trial.taken import Adherence
from il15_sim.trial.targets import Goal

#: More than this is a slip: a sample tells nothing, and nobody is left after a month.
_MOST_ASSAY_CV, _MOST_DROP_OUT = 5.0, 50.0
#: Patients of all arms, trials and hypotheses together: hours of computing, and files of gigabytes.
MOST_PATIENTS = 2_000_000


@dataclass(frozen=True)
class TrialArm:
    """One arm: what is planned, and what differs from the packaged patient.

    Attributes
    ----------
    name : str
    regimen : Regimen
        Over the whole follow-up: patients take it until they stop.
    variants : tuple of str
        On top of the packaged ones.
    overrides : mapping of id to value
        Of the typical patient; what varies between patients varies around it.
    """

    name: str
    regimen: Regimen
    variants: tuple[str, ...] = ()
    overrides: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Hypothesis:
    """An assumption under which all arms are simulated again.

    Attributes
    ----------
    name : str
    variants, overrides
        As of an arm.
    responders : float, optional
        Share of patients whose IL-15Rα is inducible at all: fully in them (or as much as an
        override of the inducibility says), not in others. The inducibility varies log-normally
        where it is left out.
    assay_cv : float, optional
        Instead of that of the trial, as a share.

    Raises
    ------
    InputError
        For a share that is none, and for an error of the assay that is no number from 0 to 5.
    """

    name: str
    variants: tuple[str, ...] = ()
    overrides: Mapping[str, float] = field(default_factory=dict, hash=False)
    responders: float | None = None
    assay_cv: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        where = f"hypothesis '{self.name}'"
        if self.responders is not None and not 0 <= self.responders <= 1:
            why = "a share from 0 to 1"
            raise InputError(f"responders {self.responders:g}", where=where, why=why)
        if self.assay_cv is not None:
            _check_assay(self.assay_cv, where)


def _check_assay(cv: float, where: str | None = None) -> None:
    if not 0 <= cv <= _MOST_ASSAY_CV:
        why, fix = f"a share from 0 to {_MOST_ASSAY_CV:g}", "0.15 is an error of 15 %"
        raise InputError(f"assay_cv is {cv:g}", where=where, why=why, fix=fix)


@dataclass(frozen=True)
class Calendar:
    """When patients are seen, and until when.

    Attributes
    ----------
    follow_up_days : float
        End of follow-up, a whole number of clinic visits.
    clinic_every_days : int
        Visits at which doses are decided.
    imaging_every_days : int
        Planned visits at which tumours are read.
    visit_spread_days : float
        SD of the day on which an imaging visit takes place: without it a median is a visit.
    criterion : Criterion
    sampling_days : tuple of int
        Days of blood samples, day 0 among them.
    assay_cv : float
        Log-normal error of a sample, as a share.
    drop_out_per_year : float
        Rate at which patients are lost to follow-up.
    treatment_stops_at_progression, sampling_stops_at_progression : bool
    """

    follow_up_days: int = 540
    clinic_every_days: int = 14
    imaging_every_days: int = 56
    visit_spread_days: float = 8.0
    criterion: Criterion = RECIST
    sampling_days: tuple[int, ...] = (0, 56)
    assay_cv: float = 0.15
    drop_out_per_year: float = 0.0
    treatment_stops_at_progression: bool = True
    sampling_stops_at_progression: bool = True

    @property
    def clinic_days(self) -> list[int]:
        """Days of clinic visits, from the first one after the start on."""
        step = self.clinic_every_days
        return [*range(step, self.follow_up_days, step), self.follow_up_days]

    @property
    def imaging_days(self) -> list[int]:
        """Planned days of imaging visits."""
        step = self.imaging_every_days
        return list(range(step, self.follow_up_days + 1, step))

    def __post_init__(self) -> None:
        """Refuse what cannot be a calendar.

        Raises
        ------
        InputError
            For days that are not positive, a first imaging visit or a sample after the end of
            follow-up, samples in no order, a spread of visits above the time between them, and
            errors and rates that are negative or senseless.
        """
        for name in ("follow_up_days", "clinic_every_days", "imaging_every_days"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}", why="at least one day")
        if self.imaging_every_days > self.follow_up_days:
            why = f"follow-up ends on day {self.follow_up_days}"
            raise InputError(f"first imaging visit on day {self.imaging_every_days}", why=why)
        for day in self.sampling_days:
            if not 0 <= day <= self.follow_up_days:
                why = f"follow-up ends on day {self.follow_up_days}"
                fix = "sample earlier or follow longer"
                raise InputError(f"sampling day {day}", why=why, fix=fix)
        if list(self.sampling_days) != sorted({0, *self.sampling_days}):
            why = "they increase and begin with day 0"
            raise InputError(f"sampling days {list(self.sampling_days)}", why=why)
        _check_assay(self.assay_cv)
        if not 0 <= self.visit_spread_days <= self.imaging_every_days:
            why = f"from 0 to the {self.imaging_every_days} days between two visits"
            raise InputError(f"visit_spread_days is {self.visit_spread_days:g}", why=why)
        if not 0 <= self.drop_out_per_year <= _MOST_DROP_OUT:
            why, fix = f"a rate from 0 to {_MOST_DROP_OUT:g}", "0.1 loses a tenth in a year"
            raise InputError(f"drop_out_per_year is {self.drop_out_per_year:g}", why=why, fix=fix)


@dataclass(frozen=True)
class Trial:
    """A virtual trial, many times over.

    Attributes
    ----------
    name, title, description : str
    arms : tuple of TrialArm
    hypotheses : tuple of Hypothesis
        The first one is what the packaged model says.
    patients : int
        Of each arm in one trial.
    trials : int
        How often the trial is repeated, with other patients each time.
    seed : int
    same_patients : bool
        Whether all arms have the same patients. A comparison then is patient by patient, and no
        test between arms holds, since it takes them for independent.
    calendar : Calendar
    adherence : mapping of drug to Adherence
    levels : mapping of drug to tuple of float
        Dose levels as shares of the planned dose, the planned one first. One level without it.
    rules : tuple of Rule
    targets : tuple of Goal
        Levels that a regimen should bring patients to.
    watched : tuple of str
        Observables sampled on the sampling days.
    marker : str
        The observable whose rise is asked about, one of `watched`.
    landmark_day : int
        One of the sampling days.
    riser_fold : float
        Rise of the marker above which a patient is called a riser, set beforehand.
    treated, control : str
        Arms of the question on the rise: the one that should show it, the one that should not.
    """

    name: str
    title: str
    description: str
    arms: tuple[TrialArm, ...]
    hypotheses: tuple[Hypothesis, ...] = (Hypothesis("as packaged"),)
    patients: int = 63
    trials: int = 1
    seed: int = 1
    same_patients: bool = False
    calendar: Calendar = Calendar()
    adherence: Mapping[str, Adherence] = field(default_factory=dict, hash=False)
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict, hash=False)
    rules: tuple[Rule, ...] = ()
    targets: tuple[Goal, ...] = ()
    watched: tuple[str, ...] = ("cd4_nkg2d_percent", "cd4_nkg2d_per_uL")
    marker: str = "cd4_nkg2d_percent"
    landmark_day: int = 56
    riser_fold: float = 1.25
    treated: str = ""
    control: str = ""
    source: str = field(default="", compare=False)

    @property
    def size(self) -> int:
        """Patients of one arm in all trials together."""
        return self.patients * self.trials

    def first_patient(self, arm: int) -> int:
        """Number of an arm's first patient in the population."""
        return 0 if self.same_patients else arm * self.size

    def __post_init__(self) -> None:
        """Refuse what is no trial.

        Raises
        ------
        InputError
            For an arm without patients, numbers below one, more than two million patients in all,
            names given twice or unknown, dose levels that do not fall from one, and a landmark that
            is no sampling day after the start.
        """
        if not self.arms:
            raise InputError("a trial without arms", fix="add [[arms]]")
        if self.patients < 1:
            why = "every arm has patients"
            raise InputError(f"{self.patients} patients in each arm", why=why)
        if self.trials < 1:
            raise InputError(f"{self.trials} trials", why="at least one")
        if not 0 <= self.seed <= MOST_SEED:
            raise InputError(f"seed {self.seed}", why=f"it is 0 to {MOST_SEED}")
        self._check_size()
        self._check_names()
        for drug, levels in self.levels.items():
            falls = all(0 < b < a for a, b in pairwise(levels))
            if not levels or levels[0] != 1 or not falls:
                why = "shares of the planned dose that begin with 1 and fall"
                raise InputError(f"dose levels of {drug} {list(levels)}", why=why)
        for goal in self.targets:
            if goal.observable not in self.watched:
                raise unknown("watched observable", goal.observable, self.watched, goal.name)
            if goal.day not in self.calendar.sampling_days:
                why = f"sampling days are {list(self.calendar.sampling_days)}"
                raise InputError(f"target '{goal.name}' on day {goal.day}", why=why)
        if not self.riser_fold > 0:
            raise InputError(f"riser_fold {self.riser_fold:g}", why="it is positive")
        if self.landmark_day not in self.calendar.sampling_days[1:]:
            days = list(self.calendar.sampling_days)
            why = f"sampling days are {days}, and the rise is read from day 0 to a later one"
            raise InputError(f"landmark_day {self.landmark_day}", why=why)

    def _check_size(self) -> None:
        counts = (self.patients, self.trials, len(self.arms), len(self.hypotheses))
        if (total := prod(counts)) > MOST_PATIENTS:
            words = ("patients", "trials", "arms", "hypotheses")
            each = " x ".join(f"{n} {word}" for n, word in zip(counts, words, strict=True))
            why, fix = f"at most {MOST_PATIENTS} are followed", "lower patients or trials"
            raise InputError(f"{each} = {total} patients in all", why=why, fix=fix)

    def _check_names(self) -> None:
        arms, fix = [arm.name for arm in self.arms], "give each a name of its own"
        check_distinct("arm", arms, fix)
        check_distinct("hypothesis", [h.name for h in self.hypotheses], fix)
        check_distinct("target", [goal.name for goal in self.targets], fix)
        for key in ("treated", "control"):
            if (name := getattr(self, key)) and name not in arms:
                raise unknown("arm", name, arms, key)
        if self.treated and self.treated == self.control:
            why, fix = "an arm is not compared with itself", "name another arm or leave control out"
            raise InputError(f"treated and control are both '{self.treated}'", why=why, fix=fix)
