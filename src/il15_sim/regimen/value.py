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

from dataclasses import dataclass

from il15_sim.regimen.dose import Dose
from il15_sim.regimen.edited import Edited
from il15_sim.regimen.made import Made
from il15_sim.regimen.text import parse_tracks
from il15_sim.regimen.wording import track_text

__all__ = ["Dose", "Regimen"]


@dataclass(frozen=True, repr=False)
class Regimen(Made, Edited):
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

    def __add__(self, other: Regimen) -> Regimen:
        """Both regimens at once; doses of the same time, drug and route add up."""
        if not isinstance(other, Regimen):
            return NotImplemented
        return Regimen((*self.tracks, *other.tracks))

    def __str__(self) -> str:
        """The canonical text, which `parse` reads back as an equal regimen."""
        return " + ".join(map(track_text, self.tracks)) or "none"

    def __repr__(self) -> str:
        """Python code for the regimen."""
        return f"Regimen.parse({str(self)!r})"
