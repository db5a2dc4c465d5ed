"""Random small SBML models with doses: from a seed, with all their states of one magnitude.

Rate laws vanish with what they consume, so that states stay positive; what may still grow without
end is made slow. Numbers span 1e-12 ... 1e12 between models, four decades within one.
"""

from dataclasses import dataclass

import numpy as np

from il15_sim.batch.drive.layout import ADD, SET
from il15_sim.batch.kernel import Event
from tests.batch.sbml_text import (
    compartment,
    function,
    initial,
    model,
    parameter,
    part,
    rate,
    reaction,
    rule,
    species,
)

TIMES = (0.0, 0.1, 0.4, 1.0, 2.0, 3.5, 5.0, 7.0, 8.5, 10.0)


def functions(x):
    """Definitions of rate laws; powers are taken of `x`."""
    return (
        function("saturated", "lambda(x, v, k, v * x / (k + x))"),
        function("hill", f"lambda(x, v, k, n, v * {x}^n / (k^n + {x}^n))"),
        function("held", f"lambda(x, k, n, 1 / (1 + ({x} / k)^n))"),
    )


@dataclass(frozen=True)
class RandomModel:
    """`scale` is the amount that its states are of; `ids` are all that can be seen.

    `flagged` is the same model for integrators that neither stop where a condition on time switches
    nor bear a state that is a hair below zero in a power: conditions are on parameters there, which
    `switches` sets at these times, and powers are taken of zero at least.
    """

    sbml: str
    flagged: str
    ids: tuple[str, ...]
    events: tuple[Event, ...]
    switches: tuple[Event, ...]
    scale: float

    @property
    def flagged_events(self):
        return sorted([*self.events, *self.switches], key=lambda e: e.time)


def random_model(seed):
    """The model of a seed."""
    plain, flagged = (_Writer(np.random.default_rng([15, seed]), flags) for flags in (0, 1))
    sbml, events = plain.write()
    return RandomModel(
        sbml, flagged.write()[0], tuple(plain.ids), events, tuple(flagged.switches), plain.scale
    )


class _Writer:
    def __init__(self, random, flags):
        self.random, self.flags, self.switches = random, flags, []
        self.scale = 10.0 ** random.uniform(-12, 12)
        self.parts, self.constants, self.ids = [], 0, []
        self.levels = {}  # what the id of a state is of: amount or concentration
        self.homes, self.boundary, self.changed = {}, set(), set()

    def chance(self, share):
        return self.random.random() < share

    def spread(self, low=-1.0, high=1.0):
        """A number of decades around one."""
        return float(10.0 ** self.random.uniform(low, high))

    def pick(self, names):
        return str(self.random.choice(list(names)))

    def constant(self, value):
        """The id of a new parameter; some get their value by an initial assignment."""
        self.constants += 1
        name = f"p{self.constants}"
        if self.chance(0.15):
            self.parts += [parameter(name, 777.0), initial(name, f"{value / 3!r} * (1 + 2)")]
        else:
            self.parts.append(parameter(name, value, constant=False))
        return name

    def write(self):
        x = "piecewise(x, x > 0, 0)" if self.flags else "x"
        homes = {"c1": self.spread()} | ({"c2": self.spread()} if self.chance(0.5) else {})
        self.parts += [*functions(x), *(compartment(home, size) for home, size in homes.items())]
        for n in range(self.random.integers(2, 7)):
            self.species(f"S{n}", self.pick(homes), homes)
        if self.chance(0.4):
            self.driven("X")
        if self.chance(0.5):
            total = " + ".join(f"{s} / {self.levels[s]!r}" for s in self.levels)
            self.parts += [parameter("total", constant=False), rule("total", total)]
            self.ids.append("total")
        for n in range(self.random.integers(2, 2 * len(self.homes) + 1)):
            self.reaction(f"J{n}")
        return model(*self.parts), self.doses()

    def species(self, name, home, sizes):
        only_amount = self.chance(0.3)
        boundary = self.chance(0.15)
        amount = 0.0 if self.chance(0.25) else self.scale * self.spread()
        given = {"amount": amount} if self.chance(0.5) else {"concentration": amount / sizes[home]}
        self.parts.append(species(name, home, only_amount=only_amount, boundary=boundary, **given))
        self.levels[name] = self.scale * (1.0 if only_amount else 1.0 / sizes[home])
        self.homes[name] = home
        self.ids.append(name)
        if boundary:
            self.boundary.add(name)
            if self.chance(0.6):
                self.parts.append(rate(name, self.relaxation(name)))
        elif self.chance(0.15):
            self.parts.append(initial(name, f"{amount / 4!r} * 4 / {self.size(name)}"))

    def size(self, name):
        """What an amount is divided by to be what the id stands for."""
        return "1" if self.levels[name] == self.scale else self.homes[name]

    def relaxation(self, name):
        """A rate rule: towards a level, which may follow a species or the time."""
        level = self.constant(self.levels[name] * self.spread())
        speed = self.constant(self.spread(-1, 0.5))
        kind = self.random.integers(3)
        if kind == 0:
            return f"{speed} * ({level} - {name})"
        if kind == 1:
            return f"{speed} * ({level} * piecewise(1, {self.until()}, 0.2) - {name})"
        other = self.pick(self.homes)
        return f"{speed} * (saturated({other}, {level}, {self.levels[other]!r}) - {name})"

    def driven(self, name):
        """A parameter with a rate rule, that laws may read."""
        self.levels[name] = self.scale
        self.parts.append(parameter(name, self.scale * self.spread(), constant=False))
        self.parts.append(rate(name, self.relaxation(name)))
        self.ids.append(name)

    def until(self):
        """A condition that holds up to a time."""
        moment = self.moment()
        if not self.flags:
            return f"time < {moment!r}"
        name = f"over{len(self.switches)}"
        self.parts.append(parameter(name, 0.0, constant=False))
        self.switches.append(Event(moment, name, SET, 1.0))
        return f"{name} < 0.5"

    def moment(self):
        return float(np.round(self.random.uniform(0.5, 9.0), 3))

    def reaction(self, name):
        free = list(self.homes)
        taken = self.pick(free) if self.chance(0.9) else None
        made = [self.pick(free)] if self.chance(0.8) else []
        made = [s for s in made if s != taken]
        local, takes = "", [taken] if taken else []
        law, local, second = self.law(taken, made)
        takes += second
        self.changed |= {*takes, *made} - self.boundary
        if self.chance(0.3):
            other = self.pick(self.levels)
            level = self.constant(self.levels[other] * self.spread())
            law = f"{law} * held({other}, {level}, {self.random.uniform(1.1, 3.5):.2f})"
        if self.chance(0.15):
            law = f"({law}) * piecewise(1, {self.until()}, 2, {self.until()}, 0.3)"
        if taken and self.size(taken) != "1":
            # Rates are amounts per time, whatever the laws are made of.
            law = f"{self.homes[taken]} * ({law})"
        halves = [part(s, 0.5 if self.chance(0.1) else 1) for s in made]
        self.parts.append(reaction(name, law, takes, halves, local=local))
        self.ids.append(name)

    def law(self, taken, made):
        """A rate that vanishes with what is taken; local parameters; a second reactant."""
        speed = self.spread(-1.5, 0.7)
        if taken is None:
            return self.constant(self.scale * speed * 0.3), "", []
        level = self.levels[taken]
        kind = self.pick(["first", "local", "second", "saturated", "hill", "reversible", "own"])
        if kind == "first":
            return f"{self.constant(speed)} * {taken}", "", []
        if kind == "local":
            # Hides whatever else has the name.
            return f"k * {taken}", f'<localParameter id="k" value="{speed!r}"/>', []
        if kind == "second":
            other = self.pick(self.homes)
            k = self.constant(speed / self.levels[other])
            return f"{k} * {taken} * {other}", "", [other]
        if kind == "reversible" and made:
            back = self.constant(speed * self.spread() * level / self.levels[made[0]])
            return f"{self.constant(speed)} * {taken} - {back} * {made[0]}", "", []
        most, half = self.constant(level * speed), self.constant(level * self.spread())
        if kind == "hill":
            power = self.constant(self.random.uniform(1.1, 4.0))
            return f"hill({taken}, {most}, {half}, {power})", "", []
        if kind == "own":
            return f"{most} * {taken} / ({half} + {taken})", "", []
        return f"saturated({taken}, {most}, {half})", "", []

    def doses(self):
        """Amounts that are added, and constants that are set, from time zero on."""
        events = []
        for _ in range(self.random.integers(0, 5)):
            time = 0.0 if self.chance(0.3) else self.moment()
            if self.changed:
                target = self.pick(sorted(self.changed))
                events.append(Event(time, target, ADD, self.scale * self.spread()))
        if "X" in self.levels and self.chance(0.5):
            events.append(Event(self.moment(), "X", SET, self.scale * self.spread()))
        return tuple(sorted(events, key=lambda e: e.time))
