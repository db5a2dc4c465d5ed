"""The models that are compared: how their task is made and their parameter sets are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import patient_case
from published import HUANG_FERRELL, KHOLODENKO, Published
from task import Array, Task

from il15_sim import Model


@dataclass(frozen=True)
class Case:
    """A model of the comparison, with `sets` parameter sets in a full run.

    `make` gives the task, short or whole; `draw` gives parameter sets (count, P) by seed, the
    first of them the published ones. `about` stands over a table.
    """

    name: str
    title: str
    about: str
    make: Callable[[bool], Task]
    draw: Callable[[int, int], Array]
    sets: int = 48

    def heading(self, task: Task) -> str:
        """Name and size, as over a panel of a figure."""
        doses = f"{len(task.dose_times)} doses" if task.dosed else "no doses"
        return f"{self.title}: {len(task.states)} states, {doses}"


def _published(model: Published, title: str, about: str) -> Case:
    short = 2 if model.dosed else 1
    return Case(
        *(model.name, title, about),
        make=lambda quick: model.make_task(short if quick else 0),
        draw=model.draw,
    )


CASES = {
    case.name: case
    for case in (
        Case(
            patient_case.NAME,
            "Patient",
            "The patient model of this package under sorafenib 400 mg every 12 hours for 56 days, "
            "all observables once a day; parameters from their whole bounds.",
            make=lambda quick: patient_case.make_task(4 if quick else patient_case.DAYS),
            draw=lambda count, seed: patient_case.draw(Model.load("patient"), count, seed),
            # From its whole bounds the sets differ by much: the largest error of fewer is chance,
            # and so is how many lanes stand idle while the last sets end.
            sets=192,
        ),
        _published(
            HUANG_FERRELL,
            "Huang & Ferrell 1996",
            "The MAPK cascade in mass action of C.-Y. F. Huang & J. E. Ferrell (1996), Proc. "
            "Natl. Acad. Sci. USA 93, 10078, doi:10.1073/pnas.93.19.10078, with pulses of its "
            "activator; rate constants lognormal around the published values, CV 30 %.",
        ),
        _published(
            KHOLODENKO,
            "Kholodenko 2000",
            "The oscillating MAPK cascade of B. N. Kholodenko (2000), Eur. J. Biochem. 267, 1583, "
            "doi:10.1046/j.1432-1327.2000.01197.x, 2.5 hours without any dose: no restarts, which "
            "favours multistep methods; constants lognormal around the published values, CV 10 %.",
        ),
    )
}
