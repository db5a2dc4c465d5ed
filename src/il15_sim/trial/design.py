"""What a virtual trial is: arms, calendar, adherence, dose rules, hypotheses, questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from il15_sim.errors import InputError, unknown
from il15_sim.regimen import Regimen
from il15_sim.response import RECIST, Criterion
from il15_sim.trial.policy import Rule
from il15_sim.trial.taken import Adherence
from il15_sim.trial.targets import Goal


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
        Share of patients whose IL-15Rα is inducible at all: fully in them, not in others. The
        inducibility varies log-normally where it is left out.
    assay_cv : float, optional
        Instead of that of the trial, as a share.
    """

    name: str
    variants: tuple[str, ...] = ()
    overrides: Mapping[str, float] = field(default_factory=dict, hash=False)
    responders: float | None = None
    assay_cv: float | None = None


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
            follow-up, samples in no order, and errors and rates that are negative.
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
        for name in ("visit_spread_days", "assay_cv", "drop_out_per_year"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} is {getattr(self, name):g}", why="it is not negative")


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
            For an arm without patients, numbers below one, names given twice or unknown, dose
            levels that do not fall from one, and a landmark that is no sampling day.
        """
        if not self.arms:
            raise InputError("a trial without arms", fix="add [[arms]]")
        if self.patients < 1:
            why = "every arm has patients"
            raise InputError(f"{self.patients} patients in each arm", why=why)
        if self.trials < 1:
            raise InputError(f"{self.trials} trials", why="at least one")
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
        if self.landmark_day not in self.calendar.sampling_days:
            why = f"sampling days are {list(self.calendar.sampling_days)}"
            raise InputError(f"landmark_day {self.landmark_day}", why=why)
