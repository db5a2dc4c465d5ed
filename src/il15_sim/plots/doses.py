"""Doses as ticks: a thin strip above the panels, one row per arm (or per drug)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from il15_sim.regimen import Regimen

HOURS_PER_DAY = 24.0
ROW_MM = 2.4

# One mark per drug, the same in every figure: a tick for tablets taken twice a day, shapes for
# the rest.
_MARKS: dict[str, tuple[str, float]] = {
    "sorafenib": ("|", 4.5),
    "temozolomide": ("v", 3.0),
    "il15": ("D", 2.6),
}
_SPARE_MARKS = (("s", 2.6), ("^", 3.0), ("P", 3.0), ("X", 3.0))
_DRUG_COLOURS = {"sorafenib": "#D55E00", "temozolomide": "#0072B2", "il15": "#009E73"}


def drug_name(drug: str) -> str:
    """A drug id as people write it."""
    return {"il15": "IL-15 agonist"}.get(drug, drug.replace("_", " "))


def mark_of(drug: str, drugs: Sequence[str]) -> tuple[str, float]:
    """Marker and size of a drug; drugs without a mark of their own share the spare ones."""
    if drug in _MARKS:
        return _MARKS[drug]
    others = [d for d in drugs if d not in _MARKS]
    return _SPARE_MARKS[others.index(drug) % len(_SPARE_MARKS)]


def drug_colour(drug: str) -> str:
    """Colour of a drug where a strip shows one run only."""
    return _DRUG_COLOURS.get(drug, "#CC79A7")


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
    drugs = list(dict.fromkeys(drug for _, drug, _ in rows))
    for row, (regimen, drug, tint) in enumerate(rows):
        days = dose_days(regimen, drug, horizon_days)
        mark, size = mark_of(drug, drugs)
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
        mark, size = mark_of(drug, drugs)
        tint = drug_colour(drug) if coloured else "#333333"
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
