"""Which figures a scenario gets, each with its title, caption and text for the blind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from il15_sim.plots import doses as dose_marks
from il15_sim.plots import timecourses
from il15_sim.plots.captions import BAND, caption
from il15_sim.plots.chain import chain, shown_observables
from il15_sim.plots.dose_figures import dose_exposure, dose_response, is_dose_ladder
from il15_sim.plots.knockout import is_knockout_set, knockouts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.model import Model
    from il15_sim.results import Runs

_EXPOSURE = ("sorafenib_total_mg_per_L",)
_RESPONSE = ("il15ra_monocyte", "il15_complex_monocyte", "cd4_nkg2d_percent")


@dataclass(frozen=True)
class Shown:
    """A figure and the words that go with it; `name` is its file name without suffix."""

    name: str
    figure: Figure
    title: str
    alt: str
    caption: str


def scenario_figures(runs: Runs, model: Model) -> Iterator[Shown]:
    """Draw the figures that fit the runs: time courses always, the rest where the arms allow it.

    Parameters
    ----------
    runs : Runs
        The arms of a scenario.
    model : Model
        Says what lies upstream of each curve.
    """
    ok = [i for i, status in enumerate(runs.status) if status == "ok"]
    if not ok:
        return
    names = ", ".join(map(str, runs.names))
    days = runs.times_h[-1] / 24.0
    shown = timecourses.present(runs, None, timecourses.DEFAULT)
    yield Shown(
        "trajectories",
        timecourses.trajectories(runs, shown),
        "Time courses of the arms",
        f"Line charts over {days:g} days, one panel per quantity, arms overlaid: {names}.",
        caption(runs, shown, model, what="Time courses", note=BAND),
    )
    if is_knockout_set(runs) and days >= 56:
        used = ("cd4_nkg2d_percent", "cd4_nkg2d_per_uL")
        yield Shown(
            "knockouts",
            knockouts(runs),
            "What remains of the rise without each link",
            f"Rise of the CD4+NKG2D+ subset to day 56, one row per patient: {names}.",
            caption(runs, used, model, what="Rise from the own baseline to day 56"),
        )
    ladder = is_dose_ladder(runs)
    if ladder and days >= 28.5 and _EXPOSURE[0] in runs.observables:
        yield Shown(
            "dose_exposure",
            dose_exposure(runs),
            "Exposure against dose",
            f"AUC over 12 h and Cmax on day 28 against the dose of sorafenib, for {names}.",
            caption(runs, _EXPOSURE, model, what="Exposure on day 28 (672-684 h)"),
        )
    if ladder and days >= 56 and set(_RESPONSE) <= set(runs.observables):
        yield Shown(
            "dose_response",
            dose_response(runs),
            "Response against dose",
            "Fold of IL-15Rα and of its complex, and rise of the CD4+NKG2D+ subset, "
            f"on day 56 against the dose of sorafenib, for {names}.",
            caption(runs, _RESPONSE, model, what="Levels on day 56 against baseline"),
        )
    # The arm with most drugs shows most of the chain: of a dose ladder the middle, else the first.
    given = [len(dose_marks.drugs_of([runs.regimens[i]])) for i in ok]
    fullest = [i for i, count in zip(ok, given, strict=True) if count == max(given)]
    arm = fullest[len(fullest) // 2 if ladder else 0]
    steps = shown_observables(runs)
    if steps:
        one = runs.select(arm)
        yield Shown(
            "chain",
            chain(runs, arm),
            f"The chain from drug to tumour in arm “{runs.names[arm]}”",
            f"One panel per step of the chain over {days:g} days, arm {runs.names[arm]}.",
            caption(one, steps, model, what="The chain", note=BAND),
        )
