"""The unit in which a model counts changes nothing: neither results, nor errors, nor steps.

All states and doses and the constants that go with them are multiplied by a number, as when moles
become picomoles. No sizes are given: they have to be those of the model.
"""

import functools
from dataclasses import dataclass, field

import pytest

from il15_sim.batch.drive.layout import ADD, OK
from il15_sim.batch.kernel import Event, Task
from tests.made.small_models import kernel_of, rows_at
from tests.oracles.dosed_courses import dosed_course

RTOL = 1e-6


@dataclass(frozen=True)
class Scaled:
    """A model in which the states are parameters or species in a compartment of any size.

    `powers` says how a constant goes with the unit of the states: 1 for a level or a rate of
    synthesis, -1 for the constant of a reaction of two partners. `amounts` are (time, id, amount).
    """

    text: str
    outputs: tuple[str, ...]
    times: tuple[float, ...]
    powers: dict[str, int] = field(default_factory=dict)
    amounts: tuple[tuple[float, str, float], ...] = ()

    def values(self, method, scale):
        """Constants in the new unit."""
        kernel = kernel_of(self.text, method)
        own = dict(zip(kernel.parameters, kernel.parameter_values.tolist(), strict=True))
        return {name: own[name] * scale**power for name, power in self.powers.items()}

    def events(self, scale):
        return [Event(time, target, ADD, scale * x) for time, target, x in self.amounts]

    def run(self, method, scale):
        """Outputs in the old unit, shape (T, O), and the steps tried."""
        kernel = kernel_of(self.text, method)
        task = Task(
            0.0, max(self.times), [self.events(scale)], self.outputs, **rows_at(*self.times),
            rtol=RTOL,
        )  # fmt: skip
        outcome = kernel.run(
            task, 1, base=self.values(method, scale), initial=scale * kernel.start_states()[None]
        )
        assert outcome.status[0] == OK
        return outcome.values[0] / scale, int(outcome.steps[0].sum())


def doses(every, count, target, amount):
    return tuple((every * n, target, amount) for n in range(count))


CHAIN = range(1, 11)
MODELS = {
    "Lotka-Volterra": Scaled(
        "x = 10; y = 5; a = 1.1; b = 0.4; c = 0.4; d = 0.1\n"
        "x' = a * x - b * x * y; y' = d * x * y - c * y",
        ("x", "y"), (1.0, 3.3, 7.0, 20.0), {"b": -1, "d": -1},
    ),
    "ten transit compartments from empty": Scaled(
        "gut = 0; k = 1.3; ke = 0.1; gut' = -k * gut; central = 0; "
        + "; ".join(f"t{n} = 0; t{n}' = k * ({f't{n - 1}' if n > 1 else 'gut'} - t{n})"
                    for n in CHAIN)
        + "; central' = k * t10 - ke * central",
        ("t1", "t5", "t10", "central"), (0.5, 2.0, 6.0, 12.0, 24.0, 30.0, 48.0),
        amounts=doses(24.0, 2, "gut", 400.0),
    ),
    "Michaelis-Menten elimination": Scaled(
        "gut = 0; x = 0; ka = 1; V = 3; K = 2; gut' = -ka * gut; x' = ka * gut - V * x / (K + x)",
        ("gut", "x"), (0.5, 2.0, 6.0, 12.0, 13.0, 24.0), {"V": 1, "K": 1},
        doses(12.0, 2, "gut", 20.0),
    ),
    "Robertson": Scaled(
        "x = 1; y = 0; z = 0; k = 0.04; fast = 3e7; back = 1e4\n"
        "x' = -k * x + back * y * z; y' = k * x - back * y * z - fast * y^2; z' = fast * y^2",
        ("x", "y", "z"), (0.4, 4.0, 40.0, 400.0, 4e3, 4e4), {"fast": -1, "back": -1},
    ),
    "a dosed compartment": Scaled(
        "compartment body = 5; species drug in body, gut in body; drug = 0; gut = 0; ka = 2\n"
        "absorbed: gut => drug; body * ka * gut; lost: drug => ; body * ke * drug; ke = 0.3",
        ("drug", "gut"), (0.5, 2.0, 6.0, 8.0, 9.0, 20.0), amounts=doses(8.0, 3, "gut", 10.0),
    ),
    "an enzyme by mass action": Scaled(
        "compartment cell = 2; species E in cell, S in cell, C in cell, P in cell\n"
        "E = 0.01; S = 1; C = 0; P = 0; kon = 1e3; koff = 1; kcat = 10\n"
        "bind: E + S -> C; cell * (kon * E * S - koff * C); turn: C => E + P; cell * kcat * C",
        ("E", "S", "C", "P"), (0.001, 0.1, 1.0, 5.0, 10.0, 20.0), {"kon": -1},
    ),
}  # fmt: skip


@functools.cache
def reference(name):
    """The solution in the old unit, shape (T, O)."""
    made = MODELS[name]
    return dosed_course(kernel_of(made.text).sbml, made.times, made.outputs, made.events(1.0))


def error(found, right):
    return float((abs(found - right) / abs(right).max(axis=0)).max())


PER_MODEL = pytest.mark.parametrize("name", MODELS)
PER_METHOD = pytest.mark.parametrize("method", ["rodas4", "rodas5p"])


@PER_METHOD
@PER_MODEL
def test_the_solution_in_the_unit_of_the_model(name, method):
    found, _ = MODELS[name].run(method, 1.0)
    assert error(found, reference(name)) < 30 * RTOL


@PER_METHOD
@pytest.mark.parametrize("scale", [1e-12, 1e12])
@PER_MODEL
def test_another_unit_changes_nothing(name, scale, method):
    plain, steps = MODELS[name].run(method, 1.0)
    found, scaled_steps = MODELS[name].run(method, scale)
    assert scaled_steps == pytest.approx(steps, rel=0.02)
    right = reference(name)
    assert error(found, plain) < 0.02 * error(plain, right) + 1e-11
    assert error(found, right) == pytest.approx(error(plain, right), rel=0.02, abs=1e-11)
