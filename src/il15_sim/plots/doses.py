"""Doses as ticks: a thin strip above the panels, one row per arm (or per drug)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from il15_sim.model.observables import read_observables
from il15_sim.plots.labels import drug_name

if TYPE_CHECKING:
    from il15_sim.regimen import Regimen

HOURS_PER_DAY = 24.0
ROW_MM = 2.4

# A drug has one mark and colour in every figure, by its place in `models/drugs.tsv`: a tick for
# tablets taken twice a day, shapes for the rest.
_MARKS = (("|", 4.5), ("v", 3.0), ("D", 2.6), ("s", 2.6), ("^", 3.0), ("P", 3.0), ("X", 3.0))
_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_SHARED = "#333333"


def _place(drug: str) -> int:
    known = list(read_observables().drugs)
    # A drug of somebody's own table keeps one place, whichever else is drawn.
    return known.index(drug) if drug in known else len(known) + sum(map(ord, drug)) % 4


def mark_of(drug: str) -> tuple[str, float]:
    """Marker and size of a drug."""
    return _MARKS[_place(drug) % len(_MARKS)]


def drug_colour(drug: str) -> str:
    """Colour of a drug where a strip shows one run only."""
    return _COLOURS[_place(drug) % len(_COLOURS)]


def dose_days(regimen: Regimen, drug: str, horizon_days: float) -> list[float]:
    """Days on which `drug` is given within the horizon."""
    return [
        dose.time_h / HOURS_PER_DAY
        for dose in regimen.doses()
        if dose.drug == drug and dose.time_h <= horizon_days * HOURS_PER_DAY
    ]


def drugs_of(regimens: Sequence[Regimen]) -> list[str]:
    """Every drug given in any of the regimens, in order of first appearance."""
    return list(dict.fromkeys(dose.drug for regimen in regimens for dose in regimen.doses()))


def strip_rows(
    regimens: Sequence[Regimen], colours: Sequence[str]
) -> list[tuple[Regimen, str, str]]:
    """Rows of a strip, (regimen, drug, colour): one per arm and drug.

    Where all arms take a drug at the same doses, they share one grey row.
    """
    shared = {}
    for drug in drugs_of(regimens) if len(regimens) > 1 else []:
        courses = {tuple(d for d in r.doses() if d.drug == drug) for r in regimens}
        if len(courses) == 1:
            shared[drug] = (regimens[0], drug, _SHARED)
    own = [
        (regimen, drug, colour)
        for regimen, colour in zip(regimens, colours, strict=True)
        for drug in drugs_of([regimen])
        if drug not in shared
    ]
    return [*shared.values(), *own]


def draw_strip(axes: Any, rows: Sequence[tuple[Regimen, str, str]], horizon_days: float) -> None:
    """Draw dose ticks into a bare axes.

    Parameters
    ----------
    axes : matplotlib Axes
    rows : sequence of (regimen, drug, colour)
        Drawn from the top down.
    horizon_days : float
        Last day shown.
    """
    for row, (regimen, drug, tint) in enumerate(rows):
        days = dose_days(regimen, drug, horizon_days)
        mark, size = mark_of(drug)
        axes.plot(
            days,
            [-row] * len(days),
            linestyle="none",
            marker=mark,
            markersize=size,
            markeredgewidth=0.5,
            color=tint,
            clip_on=False,
        )
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_axis_off()


def drug_handles(drugs: Sequence[str], *, coloured: bool) -> list[Any]:
    """Legend entries that explain the dose marks."""
    from matplotlib.lines import Line2D

    handles = []
    for drug in drugs:
        mark, size = mark_of(drug)
        tint = drug_colour(drug) if coloured else _SHARED
        handles.append(
            Line2D(
                [],
                [],
                linestyle="none",
                marker=mark,
                markersize=size + 1,
                color=tint,
                label=f"dose of {drug_name(drug)}",
            )
        )
    return handles
