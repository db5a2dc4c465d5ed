"""Regimens as tables: of their doses for further work, of their phases for a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from il15_sim.regimen.dose import Dose, number_text
from il15_sim.regimen.expand import Course, Track
from il15_sim.regimen.wording import change_texts

if TYPE_CHECKING:
    import pandas as pd

_HEAD = ("drug", "dose", "route", "how often", "days", "doses", "changes (days of the course)")


def doses_frame(doses: Sequence[Dose]) -> pd.DataFrame:
    """One row per dose."""
    import pandas as pd

    numbers = ("time_h", "amount", "duration_h")
    columns = ("time_h", "drug", "amount", "unit", "route", "duration_h")
    data = {c: [getattr(dose, c) for dose in doses] for c in columns}
    return pd.DataFrame(data).astype(dict.fromkeys(numbers, float))


def brief(text: str, tracks: Sequence[Track]) -> str:
    """Python code for a regimen, or where that is long, what is in it."""
    if len(text) <= 200:
        return f"Regimen.parse({text!r})"
    count = sum(len(track.doses()) for track in tracks)
    drugs = ", ".join(dict.fromkeys(track.drug for track in tracks))
    end = max(track.end_h for track in tracks) / 24
    return f"<Regimen: {count} doses of {drugs} in {end:.4g} d; {text[:60]}...>"


def html_table(tracks: Sequence[Track]) -> str:
    """A small table with a row for every phase or list."""
    if not tracks:
        return "<p>no treatment</p>"
    head = "".join(f"<th>{name}</th>" for name in _HEAD)
    rows = (cells for track in tracks for cells in _rows(track))
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>" for cells in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _rows(track: Track) -> Iterator[tuple[str, ...]]:
    route = track.route
    if route == "infusion":
        route = f"iv over {number_text(track.duration_h)} h"
    if not isinstance(track, Course):
        amounts = sorted({amount for _, amount in track.points})
        dose = "-".join(dict.fromkeys(number_text(a) for a in (amounts[0], amounts[-1])))
        days = "-".join(f"{track.points[i][0] / 24:.4g}" for i in (0, -1))
        yield track.drug, f"{dose} {track.unit}", route, "listed times", days, str(track.count), ""
        return
    changes = "; ".join(change_texts(track))
    for phase, end in zip(track.phases, track.ends, strict=True):
        first = track.start_day + end - phase.days
        often = f"every {number_text(phase.every_h)} h" + (
            f", {phase.cycle}" if phase.cycle else ""
        )
        days = f"{first:.6g}-{track.start_day + end:.6g}"
        dose = f"{number_text(phase.amount)} {phase.unit}"
        yield track.drug, dose, route, often, days, str(phase.count), changes
        changes = ""
