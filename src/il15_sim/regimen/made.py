"""How regimens are made in code: a course by one of four routes, listed doses, taken doses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, Unpack

from il15_sim.errors import InputError
from il15_sim.finite import as_list
from il15_sim.regimen.dose import Dose, check_kind
from il15_sim.regimen.expand import Course, Listed
from il15_sim.regimen.keywords import DoseKeyword, DosesKeyword, one_dose, to_cycle
from il15_sim.regimen.phase import Cycle, Phase
from il15_sim.regimen.tracks import Tracks


@dataclass(frozen=True, repr=False)
class Made(Tracks):
    """The constructors of a regimen."""

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
    ) -> Self:
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
        >>> from il15_sim import Regimen
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
    ) -> Self:
        """Intravenous bolus injections; arguments as for `oral`.

        >>> from il15_sim import Regimen
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
    ) -> Self:
        """Subcutaneous injections; arguments as for `oral`.

        >>> from il15_sim import Regimen
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
    ) -> Self:
        """Intravenous infusions over `duration_h` hours each; other arguments as for `oral`.

        An infusion that has started runs to its end, also into a hold.

        >>> from il15_sim import Regimen
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
    ) -> Self:
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
    ) -> Self:
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
        >>> from il15_sim import Regimen
        >>> print(Regimen.from_doses("sorafenib", times_h=[0, 12, 25.5], dose_mg=400))
        sorafenib 400 mg at 0, 12, 25.5 h
        """
        amount, unit = one_dose(dose)
        times = as_list("times_h", times_h, "times_h=[0, 12]")
        many = isinstance(amount, Iterable) and getattr(amount, "shape", None) != ()
        amounts = as_list("dose", amount, "400 or [400, 200]") if many else [amount] * len(times)
        if len(amounts) != len(times):
            text = f"{len(amounts)} doses of {drug} at {len(times)} times"
            raise InputError(text, fix="give one dose for all times or as many doses as times")
        points: Any = tuple(zip(times, amounts, strict=True))
        return cls((Listed(drug, route, unit, points, duration_h),))

    @classmethod
    def taken(cls, doses: Iterable[Dose]) -> Self:
        """The regimen that consists of exactly these doses, such as a patient's own record.

        >>> from il15_sim import Regimen
        >>> plan = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2)
        >>> from il15_sim import Regimen
        >>> print(Regimen.taken(plan.doses()[:3]))
        sorafenib 400 mg at 0, 12, 24 h
        """
        points: dict[tuple[str, str, str, float], list[tuple[float, float]]] = {}
        for d in as_list("doses", doses, "plan.doses()[:3]"):
            if not isinstance(d, Dose):
                raise InputError(f"{d!r:.40} is no dose", fix="give il15_sim.Dose(time_h, ...)")
            kind = (d.drug, d.route, d.unit, d.duration_h)
            points.setdefault(kind, []).append((d.time_h, d.amount))
        return cls(
            tuple(
                Listed(drug, route, unit, tuple(pairs), duration_h)
                for (drug, route, unit, duration_h), pairs in points.items()
            )
        )
