"""Regimens: who gets which drug, how much and when, as frozen values.

A regimen is built by a constructor (`oral`, `bolus`, `infusion`, `subcutaneous`, `from_doses`) or
read from text, changed by methods that return a new regimen, and added up with `+`:

>>> full = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
>>> holiday = full.hold(days=(14, 21)).then(dose_mg=200, every_h=12, days=28)
>>> print(holiday)
sorafenib 400 mg q12h x 56 d; hold d14-d21; then 200 mg q12h x 28 d
>>> tmz = Regimen.oral("temozolomide", dose_mg_per_m2=150, days=56, cycle="d1-5/28")
>>> len((holiday + tmz).doses())
164

Day d is 24 d hours after the course starts, and windows are half-open: `hold d14-d21` removes the
doses at 336 <= t < 504 h, which are 14 of 112 doses twice a day. Only the days of a cycle count
from one. A hold moves no dose and lengthens nothing: the phase ends on its planned day, and `then`
starts there, whatever was held. How the parts act on each other: `il15_sim.regimen.expand`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Unpack

from il15_sim.errors import InputError, unknown
from il15_sim.regimen.dose import Dose, check_count, check_kind
from il15_sim.regimen.expand import Course, Listed, Track
from il15_sim.regimen.keywords import DoseKeyword, DosesKeyword, one_dose, to_cycle, to_window
from il15_sim.regimen.phase import Cycle, Phase
from il15_sim.regimen.text import parse_tracks, track_text

__all__ = ["Dose", "Regimen"]


@dataclass(frozen=True, repr=False)
class Regimen:
    """Doses of one or several drugs, equal to and hashed like any regimen told the same way.

    Parameters
    ----------
    tracks : tuple of Course or Listed
        One for every drug and route; kept in one canonical order, so `a + b == b + a`.

    Raises
    ------
    InputError
        Where there are more than 100,000 doses.

    Examples
    --------
    >>> r = Regimen.parse("sorafenib 400 mg bid x 2 d + temozolomide 150 mg/m2 d1-5/28 x 56 d")
    >>> r.drugs, r.end_h
    (('sorafenib', 'temozolomide'), 1344.0)
    >>> r == Regimen.parse(str(r))
    True
    """

    tracks: tuple[Track, ...] = ()

    def __post_init__(self) -> None:
        """Bring the tracks into one order and count the doses."""
        ordered = sorted(self.tracks, key=lambda track: (track.drug, track_text(track)))
        object.__setattr__(self, "tracks", tuple(ordered))
        check_count("the regimen", sum(track.count for track in ordered))

    @classmethod
    def none(cls) -> Regimen:
        """No treatment.

        >>> Regimen.none().doses(), str(Regimen.none())
        ((), 'none')
        """
        return cls()

    @classmethod
    def parse(cls, text: str) -> Regimen:
        """The regimen that a text tells; the grammar stands in `il15_sim.regimen.text`.

        Raises
        ------
        InputError
            With the column of the fault and the closest valid word.

        Examples
        --------
        >>> len(Regimen.parse("sorafenib 400 mg q12h x 56 d; hold d14-d21").doses())
        98
        """
        return cls(tuple(parse_tracks(text)))

    @classmethod
    def oral(
        cls,
        drug: str,
        *,
        days: float,
        every_h: float | None = None,
        cycle: str | Cycle | None = None,
        start_day: float = 0.0,
        **dose: Unpack[DoseKeyword],
    ) -> Regimen:
        """Tablets or capsules at a fixed interval.

        Parameters
        ----------
        drug : str
        days : float
            Length of the course; doses fall at 0 <= t < 24 * days hours after it starts.
        every_h : float, optional
            Interval in hours; may be left out with a cycle, which is then dosed daily.
        cycle : str, optional
            Days with doses, counted from one: `d1-5/28` is five of every 28 days.
        start_day : float
            Day on which the course starts.
        dose_mg, dose_mg_per_m2, dose_mg_per_kg, dose_ug, dose_ug_per_m2, dose_ug_per_kg : float
            The single dose, by exactly one of these.

        Raises
        ------
        InputError
            For a number that is not positive and finite, and for more than 100,000 doses.

        Examples
        --------
        >>> tmz = Regimen.oral("temozolomide", dose_mg_per_m2=150, days=56, cycle="d1-5/28")
        >>> [d.time_h for d in tmz.doses()][:6]
        [0.0, 24.0, 48.0, 72.0, 96.0, 672.0]
        """
        return cls._course(drug, "oral", every_h, days, cycle, start_day, 0.0, dose)

    @classmethod
    def bolus(
        cls,
        drug: str,
        *,
        days: float,
        every_h: float | None = None,
        cycle: str | Cycle | None = None,
        start_day: float = 0.0,
        **dose: Unpack[DoseKeyword],
    ) -> Regimen:
        """Intravenous bolus injections; arguments as for `oral`.

        >>> print(Regimen.bolus("il15", dose_ug_per_kg=1, every_h=24, days=12))
        il15 1 ug/kg iv q24h x 12 d
        """
        return cls._course(drug, "iv", every_h, days, cycle, start_day, 0.0, dose)

    @classmethod
    def subcutaneous(
        cls,
        drug: str,
        *,
        days: float,
        every_h: float | None = None,
        cycle: str | Cycle | None = None,
        start_day: float = 0.0,
        **dose: Unpack[DoseKeyword],
    ) -> Regimen:
        """Subcutaneous injections; arguments as for `oral`.

        >>> print(Regimen.subcutaneous("n803", dose_ug_per_kg=15, every_h=168, days=28))
        n803 15 ug/kg sc q168h x 28 d
        """
        return cls._course(drug, "sc", every_h, days, cycle, start_day, 0.0, dose)

    @classmethod
    def infusion(
        cls,
        drug: str,
        *,
        duration_h: float,
        days: float,
        every_h: float | None = None,
        cycle: str | Cycle | None = None,
        start_day: float = 0.0,
        **dose: Unpack[DoseKeyword],
    ) -> Regimen:
        """Intravenous infusions over `duration_h` hours each; other arguments as for `oral`.

        An infusion that has started runs to its end, also into a hold.

        >>> print(Regimen.infusion("il15", dose_ug_per_kg=2, duration_h=24, every_h=24, days=10))
        il15 2 ug/kg iv over 24 h q24h x 10 d
        """
        return cls._course(drug, "infusion", every_h, days, cycle, start_day, duration_h, dose)

    @classmethod
    def _course(
        cls,
        drug: str,
        route: str,
        every_h: float | None,
        days: float,
        cycle: str | Cycle | None,
        start_day: float,
        duration_h: float,
        dose: Mapping[str, object],
    ) -> Regimen:
        check_kind(drug, route, duration_h)
        amount, unit = one_dose(dose)
        of_days = to_cycle(cycle)
        if every_h is None:
            if of_days is None:
                raise InputError(f"no interval for {drug}", fix="give every_h or a cycle")
            every_h = 24.0
        phase = Phase(amount, unit, every_h, days, of_days)
        return cls((Course(drug, route, (phase,), start_day, duration_h),))

    @classmethod
    def from_doses(
        cls,
        drug: str,
        *,
        times_h: Iterable[float],
        route: str = "oral",
        duration_h: float = 0.0,
        **dose: Unpack[DosesKeyword],
    ) -> Regimen:
        """An arbitrary schedule: doses at listed times.

        Parameters
        ----------
        drug : str
        times_h : iterable of float
            Hours since time zero, in any order.
        route : str
            One of oral, iv, infusion, sc.
        duration_h : float
            Infusion time of every dose in hours, with route infusion only.
        dose_mg, dose_mg_per_m2, ... : float or iterable of float
            One dose for all times, or one for each, by exactly one keyword.

        Examples
        --------
        >>> print(Regimen.from_doses("sorafenib", times_h=[0, 12, 25.5], dose_mg=400))
        sorafenib 400 mg at 0, 12, 25.5 h
        """
        amount, unit = one_dose(dose)
        times = list(times_h)
        many = isinstance(amount, Iterable) and not isinstance(amount, str)
        amounts = list(amount) if many else [amount] * len(times)
        if len(amounts) != len(times):
            text = f"{len(amounts)} doses of {drug} at {len(times)} times"
            raise InputError(text, fix="give one dose for all times or as many doses as times")
        points = tuple(zip(times, amounts, strict=True))
        return cls((Listed(drug, route, unit, points, duration_h),))

    @classmethod
    def taken(cls, doses: Iterable[Dose]) -> Regimen:
        """The regimen that consists of exactly these doses, such as a patient's own record.

        >>> plan = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2)
        >>> print(Regimen.taken(plan.doses()[:3]))
        sorafenib 400 mg at 0, 12, 24 h
        """
        points: dict[tuple[str, str, str, float], list[tuple[float, float]]] = {}
        for d in doses:
            kind = (d.drug, d.route, d.unit, d.duration_h)
            points.setdefault(kind, []).append((d.time_h, d.amount))
        return cls(
            tuple(
                Listed(drug, route, unit, tuple(pairs), duration_h)
                for (drug, route, unit, duration_h), pairs in points.items()
            )
        )

    def hold(self, *, days: tuple[float, float], drug: str | None = None) -> Regimen:
        """Without the doses from the first day up to, not including, the last one.

        Days count from the start of the course. No dose is moved or made up, and the course ends
        when it would have ended. Without `drug`, all drugs are held.

        >>> full = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
        >>> len(full.doses()) - len(full.hold(days=(14, 21)).doses())
        14
        """
        window = to_window(days)
        return self._edit(drug, lambda c: replace(c, holds=(*c.holds, window)), several=True)

    def reduce(
        self, *, days: tuple[float, float], drug: str | None = None, **dose: Unpack[DoseKeyword]
    ) -> Regimen:
        """With a lower dose from the first day up to, not including, the last one.

        The planned dose comes back afterwards; use `then` for one that stays, or for a higher one.

        >>> full = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
        >>> print(full.reduce(days=(28, 42), dose_mg=200))
        sorafenib 400 mg q12h x 56 d; reduce d28-d42 to 200 mg
        """
        window = to_window(days, *one_dose(dose))
        return self._edit(drug, lambda c: replace(c, reductions=(*c.reductions, window)))

    def then(
        self,
        *,
        days: float,
        every_h: float | None = None,
        cycle: str | Cycle | None = None,
        drug: str | None = None,
        **dose: Unpack[DoseKeyword],
    ) -> Regimen:
        """With one more phase of the same drug and route, starting where the last phase ends.

        Without `every_h`, the last interval and cycle go on. Arguments as for `oral`.

        >>> low = Regimen.oral("sorafenib", dose_mg=200, every_h=12, days=14)
        >>> low.then(dose_mg=400, days=42).end_h
        1344.0
        """
        amount, unit = one_dose(dose)
        of_days = to_cycle(cycle)
        return self._edit(
            drug, lambda c: c.then(amount, unit, days=days, every_h=every_h, cycle=of_days)
        )

    def skip(
        self,
        *doses: int,
        every: int | None = None,
        times_h: Iterable[float] = (),
        drug: str | None = None,
    ) -> Regimen:
        """Without some doses, told by number (the first planned dose is 1) or planned time.

        Parameters
        ----------
        *doses : int
            Numbers in the plan; holds and skips do not renumber it.
        every : int, optional
            Skip every nth dose of the course as it stands.
        times_h : iterable of float
            Planned times in hours since time zero.
        drug : str, optional
            Needed where the regimen has several drugs.

        Examples
        --------
        >>> full = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=3)
        >>> [d.time_h for d in full.skip(2, times_h=[36]).doses()]
        [0.0, 24.0, 48.0, 60.0]
        """
        times = tuple(times_h)

        def change(course: Course) -> Course:
            nth = () if every is None else course.every(every)
            at = tuple(course.number_at(time) for time in times)
            return replace(course, skips=(*course.skips, *doses, *nth, *at))

        return self._edit(drug, change)

    def late(self, dose: int, *, by_h: float, drug: str | None = None) -> Regimen:
        """With one dose taken late; it is told by its number, the first planned dose is 1.

        >>> full = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2)
        >>> [d.time_h for d in full.late(2, by_h=3).doses()]
        [0.0, 15.0, 24.0, 36.0]
        """
        return self._edit(drug, lambda c: replace(c, lates=(*c.lates, (dose, by_h))))

    def _edit(
        self, drug: str | None, change: Callable[[Course], Course], *, several: bool = False
    ) -> Regimen:
        if drug is not None and drug not in self.drugs:
            raise unknown("drug of this regimen", drug, self.drugs)
        chosen = [track for track in self.tracks if drug in (None, track.drug)]
        if not chosen:
            raise InputError("no treatment to change", fix="start from e.g. Regimen.oral(...)")
        names = ", ".join(track.drug for track in chosen)
        if len(chosen) > 1 and not several:
            fix = "name one with drug=..., or change each regimen before adding them up"
            raise InputError(f"several courses to change ({names})", fix=fix)
        courses = [track for track in chosen if isinstance(track, Course)]
        if len(courses) < len(chosen):
            fix = "leave the dose out of the list, or change its time or amount there"
            raise InputError(f"the doses of {names} are a list of times", fix=fix)
        if len({course.start_day for course in courses}) > 1:
            # A day would mean a different date for each drug.
            fix = "hold each drug before adding them up"
            raise InputError(f"the courses of {names} start on different days", fix=fix)
        kept = [track for track in self.tracks if track not in chosen]
        return Regimen((*kept, *map(change, courses)))

    def __add__(self, other: Regimen) -> Regimen:
        """Both regimens at once; doses of the same time, drug and route add up."""
        if not isinstance(other, Regimen):
            return NotImplemented
        return Regimen((*self.tracks, *other.tracks))

    def doses(self) -> tuple[Dose, ...]:
        """Every dose as taken, sorted by time; those at the same time stand side by side."""
        return tuple(sorted(dose for track in self.tracks for dose in track.doses()))

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs, in alphabetical order."""
        return tuple(dict.fromkeys(track.drug for track in self.tracks))

    @property
    def end_h(self) -> float:
        """End of the schedule in hours: of the last phase, list or infusion, not its last dose."""
        return max((track.end_h for track in self.tracks), default=0.0)

    @property
    def until_h(self) -> float:
        """Same as `end_h`."""
        return self.end_h

    def __str__(self) -> str:
        """The canonical text, which `parse` reads back as an equal regimen."""
        return " + ".join(map(track_text, self.tracks)) or "none"

    def __repr__(self) -> str:
        """Python code for the regimen."""
        return f"Regimen.parse({str(self)!r})"
