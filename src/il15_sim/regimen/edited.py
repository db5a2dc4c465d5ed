"""How a regimen is changed: held, reduced, continued; doses skipped or late."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Self, Unpack

from il15_sim.errors import InputError, unknown
from il15_sim.finite import as_list
from il15_sim.regimen.expand import Course
from il15_sim.regimen.keywords import DoseKeyword, one_dose, to_cycle, to_window
from il15_sim.regimen.phase import Cycle
from il15_sim.regimen.tracks import Tracks


@dataclass(frozen=True, repr=False)
class Edited(Tracks):
    """The changes that can be made to a regimen; each gives another one."""

    def hold(self, *, days: tuple[float, float], drug: str | None = None) -> Self:
        """Without the doses from the first day up to, not including, the last one.

        Days count from the start of the course. No dose is moved or made up, and the course ends
        when it would have ended. Without `drug`, all drugs are held.

        >>> from il15_sim import Regimen
        >>> full = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
        >>> len(full.doses()) - len(full.hold(days=(14, 21)).doses())
        14
        """
        window = to_window(days)
        return self._edit(drug, lambda c: replace(c, holds=(*c.holds, window)), several=True)

    def reduce(
        self, *, days: tuple[float, float], drug: str | None = None, **dose: Unpack[DoseKeyword]
    ) -> Self:
        """With a lower dose from the first day up to, not including, the last one.

        The planned dose comes back afterwards; use `then` for one that stays, or for a higher one.

        >>> from il15_sim import Regimen
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
    ) -> Self:
        """With one more phase of the same drug and route, starting where the last phase ends.

        Without `every_h`, the last interval and cycle go on. Arguments as for `oral`.

        >>> from il15_sim import Regimen
        >>> low = Regimen.oral("sorafenib", dose_mg=200, every_h=12, days=14)
        >>> from il15_sim import Regimen
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
    ) -> Self:
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
        >>> from il15_sim import Regimen
        >>> full = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=3)
        >>> [d.time_h for d in full.skip(2, times_h=[36]).doses()]
        [0.0, 24.0, 48.0, 60.0]
        """
        times = as_list("times_h", times_h, "times_h=[36]")

        def change(course: Course) -> Course:
            nth = () if every is None else course.every(every)
            at = tuple(course.number_at(time) for time in times)
            return replace(course, skips=(*course.skips, *doses, *nth, *at))

        return self._edit(drug, change)

    def late(self, dose: int, *, by_h: float, drug: str | None = None) -> Self:
        """With one dose taken late; it is told by its number, the first planned dose is 1.

        >>> from il15_sim import Regimen
        >>> full = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2)
        >>> [d.time_h for d in full.late(2, by_h=3).doses()]
        [0.0, 15.0, 24.0, 36.0]
        """
        return self._edit(drug, lambda c: replace(c, lates=(*c.lates, (dose, by_h))))

    def _edit(
        self, drug: str | None, change: Callable[[Course], Course], *, several: bool = False
    ) -> Self:
        if drug is not None and not (isinstance(drug, str) and drug in self.drugs):
            raise unknown("drug of this regimen", f"{drug!s:.40}", self.drugs)
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
        return replace(self, tracks=(*kept, *map(change, courses)))
