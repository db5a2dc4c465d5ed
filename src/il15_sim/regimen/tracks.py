"""What a regimen is made of: courses and lists of doses, in one canonical order."""

from __future__ import annotations

from dataclasses import dataclass

from il15_sim.errors import InputError
from il15_sim.finite import as_list
from il15_sim.regimen.dose import Dose, check_count
from il15_sim.regimen.expand import Course, Listed, Track
from il15_sim.regimen.wording import track_text


@dataclass(frozen=True, repr=False)
class Tracks:
    """Courses and lists, one for every drug and route."""

    tracks: tuple[Track, ...] = ()

    def __post_init__(self) -> None:
        """Bring the tracks into one order and count the doses."""
        ordered: list[Track] = []
        for track in as_list("tracks", self.tracks, "Regimen.parse(text).tracks"):
            if not isinstance(track, Course | Listed):
                fix = "make it with Regimen.oral(...), Regimen.parse(...) or Regimen.taken(...)"
                raise InputError(f"{track!r:.40} is no course", fix=fix)
            ordered.append(track)
        ordered.sort(key=lambda track: (track.drug, track_text(track)))
        object.__setattr__(self, "tracks", tuple(ordered))
        check_count("the regimen", sum(track.count for track in ordered))

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
