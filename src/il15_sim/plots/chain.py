"""The whole chain of one run, from free drug to tumour burden, one panel per step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from il15_sim.plots import doses as dose_marks
from il15_sim.plots.axes import add_legend, day_axis, frame_y, frame_y_log
from il15_sim.plots.labels import unit_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.results import Runs

# Each step: heading, and its curves as (observable, name within the panel).
STEPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Sorafenib, free", (("sorafenib_free_nM", ""),)),
    ("Temozolomide", (("temozolomide_mg_per_L", ""),)),
    ("IL-15Rα", (("il15ra_monocyte", "monocyte"), ("il15ra_tumour", "tumour cell"))),
    (
        "IL-15:IL-15Rα on the surface",
        (("il15_complex_monocyte", "monocyte"), ("il15_complex_tumour", "tumour cell")),
    ),
    ("MICA/B on tumour cells", (("mica_tumour", ""),)),
    ("Soluble MICA", (("smica_plasma_pg_per_mL", ""),)),
    ("NKG2D on CD4+NKG2D+", (("nkg2d_cd4", "surface"), ("nkg2d_engaged", "engaged"))),
    ("pSTAT5 in CD4+NKG2D+", (("pstat5_cd4", ""),)),
    ("CD4+ cells", (("cd4_per_uL", ""),)),
    (
        "CD4+NKG2D+ cells",
        (("cd4_nkg2d_per_uL", "gated"), ("cd4_nkg2d_lineage_per_uL", "lineage")),
    ),
    (
        "CD4+NKG2D+ of CD4+",
        (("cd4_nkg2d_percent", "gated"), ("cd4_nkg2d_lineage_percent", "lineage")),
    ),
    ("Th1 of CD4+NKG2D+", (("th1_percent_of_cd4_nkg2d", ""),)),
    ("IFN-γ in plasma", (("ifng_plasma_pg_per_mL", ""),)),
    ("Tumour burden", (("tumour_burden_mm", ""),)),
)

_COLUMNS = 3
_PANEL_MM = 29.0
# Two curves further apart than this share no linear axis.
_LOG_FROM = 12.0


def _steps_present(runs: Runs) -> list[tuple[str, list[tuple[str, str]]]]:
    found = []
    for heading, curves in STEPS:
        here = [(o, label) for o, label in curves if o in runs.observables]
        drug = heading.lower()
        idle = drug == "temozolomide" and drug not in dose_marks.drugs_of(runs.regimens)
        if here and not idle:
            found.append((heading, here))
    return found


def shown_observables(runs: Runs) -> list[str]:
    """Ids that `chain` would draw from these runs."""
    return [o for _, curves in _steps_present(runs) for o, _ in curves]


def chain(runs: Runs, run: str | int = 0) -> Figure:
    """Every step of the chain in one run, on one time axis, doses marked above.

    Parameters
    ----------
    runs : Runs
    run : str or int
        Name or position of the run.

    Returns
    -------
    matplotlib Figure
        180 mm wide. Steps whose observables the runs do not hold are left out.

    Raises
    ------
    InputError
        For an unknown run, or one that failed.
    """
    from il15_sim.errors import InputError
    from il15_sim.plots import figure as look

    one = runs.select(run)
    if one.status[0] != "ok":
        raise InputError(f"run '{one.names[0]}' failed", why=one.status[0])
    steps = _steps_present(one)
    if not steps:
        raise InputError(
            "no step of the chain to draw", fix="simulate the observables of the chain"
        )
    horizon = float(one.times_h[-1]) / 24.0
    drugs = dose_marks.drugs_of(one.regimens)
    strip = [(one.regimens[0], drug, dose_marks.drug_colour(drug)) for drug in drugs]
    n_rows = -(-len(steps) // _COLUMNS)
    strip_mm = 1.0 + dose_marks.ROW_MM * len(strip)
    with look.themed():
        figure = look.new_figure(look.DOUBLE_MM, strip_mm + _PANEL_MM * n_rows + 8)
        ratios = ([strip_mm / _PANEL_MM] if strip else []) + [1.0] * n_rows
        grid = figure.add_gridspec(len(ratios), _COLUMNS, height_ratios=ratios)
        first = 1 if strip else 0
        for position, (heading, curves) in enumerate(steps):
            row, column = divmod(position, _COLUMNS)
            axes = figure.add_subplot(grid[first + row, column])
            _draw_step(axes, one, heading, curves, letter=chr(ord("a") + position))
            day_axis(axes, horizon, label=position + _COLUMNS >= len(steps))
            if strip and row == 0:
                above = figure.add_subplot(grid[0, column], sharex=axes)
                dose_marks.draw_strip(above, strip, horizon)
        add_legend(figure, dose_marks.drug_handles(drugs, coloured=True), look.DOUBLE_MM)
    return figure


def _draw_step(
    axes: Any, runs: Runs, heading: str, curves: Sequence[tuple[str, str]], letter: str
) -> None:
    import numpy as np

    from il15_sim.plots import figure as look
    from il15_sim.plots.series import draw

    peaks = []
    for index, (observable, label) in enumerate(curves):
        values = runs.get(0, observable)
        style = {"color": look.colour(index), "linestyle": look.dash(index)}
        draw(axes, runs.times_h, values, **style, label=label)
        peaks.append(float(np.median(values)))
    unit = unit_text(runs.units[curves[0][0]])
    axes.set_ylabel(unit or "relative")
    axes.set_title(f"{letter}  {heading}", loc="left", pad=3)
    # Room above the curves, so that the key covers none of them.
    headroom = 0.35 if len(curves) > 1 else 0.06
    if len(peaks) > 1 and min(peaks) > 0 and max(peaks) > _LOG_FROM * min(peaks):
        frame_y_log(axes, headroom=headroom)
    else:
        frame_y(axes, headroom=headroom)
    if len(curves) > 1:
        axes.legend(loc="upper left", ncols=len(curves), handlelength=1.4, columnspacing=0.8)
