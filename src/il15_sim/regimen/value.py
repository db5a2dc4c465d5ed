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

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from il15_sim.errors import InputError
from il15_sim.regimen.dose import Dose
from il15_sim.regimen.edited import Edited
from il15_sim.regimen.made import Made
from il15_sim.regimen.show import brief, doses_frame, html_table
from il15_sim.regimen.text import parse_tracks
from il15_sim.regimen.wording import track_text

if TYPE_CHECKING:
    import pandas as pd

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
        """Python code for the regimen; a long one is told by its number of doses."""
        return brief(str(self), self.tracks)

    def _repr_html_(self) -> str:
        """What a notebook shows: a row for every phase."""
        return html_table(self.tracks)

    def to_frame(self) -> pd.DataFrame:
        """The doses as a table, one row for each, sorted by time.

        Returns
        -------
        pandas.DataFrame
            With columns `time_h`, `drug`, `amount`, `unit`, `route`, `duration_h`. A column `ID`
            added to it makes it one that `from_events` reads.

        Examples
        --------
        >>> Regimen.parse("sorafenib 400 mg bid x 1 d").to_frame()[["time_h", "drug", "amount"]]
           time_h       drug  amount
        0     0.0  sorafenib   400.0
        1    12.0  sorafenib   400.0
        """
        return doses_frame(self.doses())

    @classmethod
    def from_events(
        cls,
        events: pd.DataFrame | str | Path,
        compartments: Mapping[int | str, tuple[str, str, str]] | None = None,
    ) -> dict[int | str, Regimen]:
        """The regimen of every patient in a table of dosing events, such as a NONMEM data set.

        Parameters
        ----------
        events : DataFrame or path
            A table, or a CSV file, with the columns `TIME` (hours since time zero) and `AMT`, and
            where needed `ID`, `RATE` (amount per hour, makes an infusion), `ADDL` and `II` (that
            many more doses, hours apart), `EVID` and `SS`; further columns are left alone. Names
            may be in any case; `time_h`, `amount` and `duration_h` are read as `to_frame` writes
            them. Empty cells and `.` are missing values.
        compartments : mapping, optional
            Drug, route and unit of the doses into each compartment (column `CMT`). Without it the
            table must have columns `drug`, `route` and `unit`.

        Returns
        -------
        dict
            Regimens by ID, in the order of the table; all rows belong to ID 1 where there is no
            such column. Rows with `EVID` 0, or without `EVID` and amount, are observations and
            skipped; who has no other rows has no treatment. Rows with `ADDL` become courses, which
            end one interval after their last dose, other rows listed doses.

        Raises
        ------
        InputError
            With row and column: for a cell that is no number, a missing or misspelt column, an
            unknown compartment, resets and other events (`EVID` 2, 3, 4), a steady state (`SS`),
            a rate that is a parameter (`RATE` -1, -2), clock times, and impossible doses.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame(
        ...     {"ID": [1, 2], "TIME": 0, "AMT": [400, 200], "ADDL": 3, "II": 12, "CMT": 1}
        ... )
        >>> for patient, regimen in Regimen.from_events(
        ...     table, {1: ("sorafenib", "oral", "mg")}
        ... ).items():
        ...     print(patient, regimen)
        1 sorafenib 400 mg q12h x 2 d
        2 sorafenib 200 mg q12h x 2 d
        """
        from il15_sim.regimen.events import courses_and_doses

        out: dict[int | str, Regimen] = {}
        for patient, (courses, doses) in courses_and_doses(events, compartments).items():
            try:
                out[patient] = cls(tuple(courses)) + cls.taken(doses)
            except InputError as error:
                raise error.at(f"ID {patient}") from None
        return out
