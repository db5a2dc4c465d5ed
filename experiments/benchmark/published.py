"""Published models of others, in `models/`: what is dosed, reported and varied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import roadrunner
from sbml_facts import at_once, constants_of, states_of
from task import Array, Task

from il15_sim.model.sbml import sbml_from_antimony

FOLDER = Path(__file__).with_name("models")


@dataclass(frozen=True)
class Published:
    """A model in `models/<name>.ant`, whose header cites it, and what is done with it.

    Times are in the unit of the model. `kept` are parameters that are not varied; the others are
    lognormal around the published values with the coefficient of variation `cv`.
    """

    name: str
    observables: tuple[str, ...]
    interval: float
    segments: int
    rows: int
    cv: float
    dosed: str = ""
    dose: float = 0.0
    kept: tuple[str, ...] = ()

    def make_task(self, segments: int = 0) -> Task:
        """All of it, or so many segments only."""
        sbml = sbml_from_antimony(FOLDER / f"{self.name}.ant")
        start = states_of(sbml)
        if any(self.dosed in at_once(sbml, o) for o in self.observables):
            raise ValueError(f"an observable jumps with {self.dosed}")
        count = segments or self.segments
        end = self.interval * count
        sizes = self._largest(sbml, list(start), self.interval)
        return Task(
            model=self.name,
            sbml=sbml,
            parameters=self.varied(sbml),
            observables=self.observables,
            states=tuple(start),
            start=np.array(list(start.values())),
            sizes=sizes,
            common_size=float(sizes.min()),
            dosed=self.dosed,
            dose=self.dose,
            segments=count if self.dosed else 1,
            times=np.linspace(0.0, end, self.rows * count + 1),
        )

    def varied(self, sbml: str) -> tuple[str, ...]:
        """Parameters that are drawn."""
        return tuple(n for n in constants_of(sbml) if n not in self.kept)

    def draw(self, count: int, seed: int = 1) -> Array:
        """Parameter sets (count, P); the first is the published one.

        The first sets are the same whatever the count.
        """
        sbml = sbml_from_antimony(FOLDER / f"{self.name}.ant")
        values = constants_of(sbml)
        centre = np.array([values[n] for n in self.varied(sbml)])
        spread = np.random.default_rng(seed).standard_normal((count, len(centre)))
        spread[:1] = 0.0
        return np.asarray(centre * np.exp(np.sqrt(np.log1p(self.cv**2)) * spread))

    def _largest(self, sbml: str, states: list[str], end: float) -> Array:
        """Largest value of each state after the first dose, with the published values."""
        engine = roadrunner.RoadRunner(sbml)
        engine.setIntegrator("cvode")
        engine.integrator.setValue("absolute_tolerance", 1e-15)
        if self.dosed:
            engine.setValue(f"[{self.dosed}]", engine.getValue(f"[{self.dosed}]") + self.dose)
        engine.timeCourseSelections = [f"[{s}]" for s in states]
        return np.array(engine.simulate(0.0, end, 1001)).max(axis=0)


HUANG_FERRELL = Published(
    name="huang_ferrell",
    observables=("active_KKK", "active_KK", "active_K", "bound_KPase"),
    dosed="E1",
    dose=3e-4,
    interval=240.0,
    segments=56,
    rows=4,
    cv=0.3,
)
KHOLODENKO = Published(
    name="kholodenko",
    observables=("KKKP", "KKP", "KKPP", "KP", "KPP"),
    interval=1500.0,
    segments=6,
    rows=10,
    cv=0.1,
    kept=("n",),
)
