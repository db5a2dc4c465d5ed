"""Which figures a scenario gets, each with its title, caption, story and text for the blind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from il15_sim.model.observables import read_observables
from il15_sim.plots.captions import caption, story
from il15_sim.plots.chain_figure import chain, chain_steps, leading_arm
from il15_sim.plots.dose_figures import dose_exposure, dose_response, ladder_drug
from il15_sim.plots.knockout import is_knockout_set, knockouts, subset_of
from il15_sim.plots.labels import drug_name
from il15_sim.plots.panels import MAX_ARMS, MAX_PANELS, default, good_runs
from il15_sim.plots.timecourses import trajectories

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.model import Model
    from il15_sim.results import Runs

_COURSES, _ENDPOINTS = "data/trajectories.csv", "data/endpoints.csv"


@dataclass(frozen=True)
class Shown:
    """A figure and the words that go with it.

    `name` is its file name without suffix, `story` the long text behind the caption, `data` the
    tables that it shows, within the results folder.
    """

    name: str
    figure: Figure
    title: str
    alt: str
    caption: str
    story: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


def scenario_figures(runs: Runs, model: Model) -> Iterator[Shown]:
    """Draw the figures that fit the runs: each says something that no other one says.

    Parameters
    ----------
    runs : Runs
        The arms of a scenario.
    model : Model
        Says what lies upstream of each curve.
    """
    arm = leading_arm(runs)
    if arm is None:
        return
    names = ", ".join(map(str, runs.names))
    days = runs.times_h[-1] / 24.0

    def told(
        name: str,
        figure: Figure,
        title: str,
        alt: str,
        used: Sequence[str],
        what: str,
        data: str = _ENDPOINTS,
        of: Runs = runs,
    ) -> Shown:
        words = caption(of, used, model, what=what, figure=figure)
        return Shown(name, figure, title, alt, words, tuple(story(of, used, model)), (data,))

    one = runs.select(runs.names[arm])
    steps = [o.id for _, curves in chain_steps(one) for o in curves]
    shown = default(runs)[:MAX_PANELS]
    # A scenario of more arms than a panel can tell apart still gets its figure.
    few = runs.select(*runs.names[:MAX_ARMS])
    count = f"{len(few)} of {len(runs)}" if len(few) < len(runs) else str(len(runs))
    # Of a single arm the chain shows the same curves, and more.
    if len(good_runs(runs)) > 1 or not set(shown) <= set(steps):
        yield told(
            "trajectories",
            trajectories(few, shown),
            "Time courses of the arms",
            f"Line charts over {days:g} days, one panel per quantity, arms overlaid: {names}.",
            shown,
            f"{count} arms overlaid" if len(runs) > 1 else "One panel per quantity",
            _COURSES,
            few,
        )
    if is_knockout_set(runs) and days >= 56:
        yield told(
            "knockouts",
            knockouts(runs),
            "What remains of the rise without each link",
            f"Rise of the CD4+NKG2D+ subset to day 56, one row per patient: {names}.",
            subset_of(),
            "Rise from the own baseline to day 56",
        )
    drug = ladder_drug(runs)
    exposure = read_observables().one_of_role(f"exposure:{drug}")
    if drug and days >= 28.5 and exposure in runs.observables:
        yield told(
            "dose_exposure",
            dose_exposure(runs, drug),
            "Exposure against dose",
            f"AUC over 12 h and Cmax on day 28 against the dose of {drug_name(drug)}: {names}.",
            [exposure],
            "Exposure on day 28 (672-684 h)",
        )
    response = read_observables().of_role("response")
    used = [o for o in (*response, *subset_of()) if o in runs.observables]
    if drug and days >= 56 and used:
        yield told(
            "dose_response",
            dose_response(runs, drug),
            "Response against dose",
            "Folds of receptor and complex, and rise of the CD4+NKG2D+ subset, on day 56 against "
            f"the dose of {drug_name(drug)}: {names}.",
            used,
            "Levels on day 56 against baseline",
        )
    if steps:
        label = f" in arm “{runs.names[arm]}”" if len(runs) > 1 else ""
        yield told(
            "chain",
            chain(runs, runs.names[arm]),
            f"The chain from drug to tumour{label}",
            f"One panel per step of the chain over {days:g} days, arm {runs.names[arm]}.",
            steps,
            "One panel per step",
            _COURSES,
            one,
        )
