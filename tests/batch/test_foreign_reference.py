"""Any SBML on both engines: libRoadRunner is a second opinion on every batch result."""

import numpy as np
import pandas as pd
import pytest

from il15_sim import Change, endpoints, simulate
from il15_sim.batch.kernel import Kernel
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
    unit,
)

HOURS = ' timeUnits="hour"'
HOUR = unit("hour", multiplier=3600)
DAYS = ' timeUnits="day"'
DAY = unit("day", multiplier=86_400)


def hourly(*parts, more=""):
    return model(HOUR, *parts, more=HOURS + more)


def changing(name, value=None):
    return parameter(name, value, constant=False)


#: A model, the parameter that rows vary, an id that endpoints are read of, and changes of a run.
MODELS = {
    "concentrations in a volume": (
        hourly(
            *(compartment("c", 2.5), species("A", "c", concentration=3)),
            *(species("B", "c", amount=0), parameter("k", 0.4)),
            reaction("J", "k * A * c", ["A"], ["B"]),
        ),
        *("k", "B", [Change(1.5, "A", 2.0), Change(3.0, "k", 0.1, sets=True)]),
    ),
    "concentrations in a volume that rows vary": (
        hourly(
            *(compartment("c", 2.5), species("A", "c", concentration=3)),
            species("B", "c", amount=4),
            species("F", "c", concentration=2, boundary=True, only_amount=True),
            reaction("J", "0.4 * A * c", ["A"], ["B"]),
            reaction("K", "0.1 * F * B * c", ["B", "F"]),
        ),
        *("c", "B", [Change(2.0, "c", 5.0, sets=True)]),
    ),
    "what nothing changes, in a volume that rows vary": (
        hourly(
            *(compartment("c", 2.5), species("A", "c", concentration=3)),
            species("F", "c", amount=5, boundary=True),
            reaction("J", "0.4 * A * F * c", ["A"]),
        ),
        *("c", "A", [Change(2.0, "A", 1.0)]),
    ),
    "amounts": (
        hourly(
            compartment("c", 2.5),
            species("A", "c", concentration=3, only_amount=True),
            species("B", "c", amount=1, only_amount=True),
            parameter("k", 0.4),
            *(reaction("J", "k * A", ["A"], [part("B", 2)]), reaction("L", "0.3 * B", ["B"])),
        ),
        *("k", "B", [Change(2.0, "B", 3.0)]),
    ),
    "amounts and concentrations in a small volume": (
        hourly(
            *(compartment("c", 1e-4), compartment("d", 2)),
            *(species("A", "c", concentration=3), species("B", "d", amount=0, only_amount=True)),
            parameter("k", 5e-5),
            reaction("J", "k * A", ["A"], ["B"]),
        ),
        *("k", "A", [Change(1.0, "A", 2e-4)]),
    ),
    "initial assignments": (
        hourly(
            *(compartment("c"), species("A", "c"), species("B", "c", amount=1)),
            *(parameter("k", 0.4), parameter("q"), parameter("twice"), parameter("s", 3)),
            *(initial("c", "k + 1"), initial("q", "2 * k"), initial("A", "s + q")),
            initial("twice", "2 * A"),
            *(reaction("J", "q * A * c", ["A"], ["B"]), reaction("L", "B / twice", ["B"])),
        ),
        *("k", "B", [Change(1.0, "B", 0.5), Change(2.0, "A", -1.0)]),
    ),
    "rules that follow parameters and states": (
        hourly(
            *(changing("x", 2), changing("y", 0), changing("v"), parameter("k", 0.5)),
            *(parameter("top", 4), function("hill", "lambda(u, w, u^2 / (u^2 + w^2))")),
            *(rule("v", "top * hill(x, k)"), rate("x", "v - x"), rate("y", "x - k * y")),
        ),
        *("k", "y", [Change(2.5, "top", 9.0, sets=True), Change(3.5, "top", -2.0)]),
    ),
    "rate rules for species and volumes": (
        hourly(
            *(compartment("c", 2, constant=False), parameter("k", 0.3)),
            species("A", "c", concentration=3),
            species("R", "c", concentration=3, boundary=True),
            *(species("N", "c", amount=3, only_amount=True, boundary=True), rate("R", "-k * R")),
            *(rate("c", "0.2 * c"), reaction("J", "0.2 * A * c", ["A"], ["N"])),
        ),
        *("k", "A", [Change(1.0, "R", 1.0), Change(2.0, "A", 1.0), Change(3.0, "c", 0.5)]),
    ),
    "a boundary species that is a constant": (
        hourly(
            *(compartment("c", 4), species("F", "c", concentration=5, boundary=True)),
            *(species("A", "c", amount=0), species("Z", "c", amount=8, boundary=True)),
            *(reaction("J", "0.1 * F * c", ["F"], ["A"]), reaction("L", "A * Z", ["A"])),
        ),
        *("F", "A", [Change(1.0, "F", 6.0, sets=True), Change(2.0, "Z", 0.5, sets=True)]),
    ),
    "time in the formulas": (
        hourly(
            *(changing("x", 0), parameter("k", 2), changing("pulse")),
            rule("pulse", "piecewise(5, (time > 1.2) && (time < 1.3), 0)"),
            rate("x", "sin(k * time) + pulse - 0.5 * x"),
        ),
        *("k", "x", [Change(4.0, "x", -1.0)]),
    ),
    "an oscillator in days": (
        model(
            *(DAY, changing("prey", 1e-12), changing("hunter", 1e-12), parameter("k", 60)),
            rate("prey", "k * prey - 4e13 * prey * hunter"),
            rate("hunter", "3e13 * prey * hunter - 50 * hunter"),
            more=DAYS,
        ),
        *("k", "hunter", [Change(2.0, "prey", 2e-12)]),
    ),
    "stiff kinetics from empty states": (
        hourly(
            *(changing("a", 1), changing("b", 0), changing("e", 0), parameter("k", 0.04)),
            rate("a", "-k * a + 1e4 * b * e"),
            rate("b", "k * a - 1e4 * b * e - 3e7 * b^2"),
            rate("e", "3e7 * b^2"),
        ),
        *("k", "b", [Change(2.0, "a", 0.5)]),
    ),
}  # fmt: skip


def on_both(name, **asked):
    """Results of rows of a model on either engine, and the value that they vary."""
    sbml, varied, _, _ = MODELS[name]
    kernel = Kernel(sbml, name=name)
    own = kernel.parameter_values[kernel.parameters.index(varied)]
    table = pd.DataFrame({varied: own * np.array([0.8, 1.0, 1.3])})
    for engine in ("batch", "reference"):
        runs = simulate(kernel, None, table, engine=engine, rtol=1e-10, **asked)
        assert runs.data.attrs["engine"] == engine
        assert not runs["status"].any()
        yield runs


def assert_close(one, other, within):
    for name in set(one.data.data_vars) - {"status", "steps_accepted", "steps_rejected"}:
        x, y = one[name].values, other[name].values
        axes = 0 if name == "final_state" else None
        size = np.nanmax(np.abs(y), axis=axes, initial=0.0)
        assert np.array_equal(np.isnan(x), np.isnan(y)), name
        assert np.nanmax(np.abs(x - y) - within * size, initial=0.0) <= 1e-300, name


@pytest.mark.parametrize("name", MODELS)
def test_courses_of_all_ids_agree(name):
    sbml, _, _, changes = MODELS[name]
    ids = sorted(Kernel(sbml).quantities)
    times = [0.0, 0.3, 1.0, 1.5, 2.0, 3.0, 3.3, 5.0]
    for sample in ("pre", "post"):
        one, other = on_both(
            name, times_h=times, observables=ids, changes=changes, sample=sample, final_state=True
        )
        assert_close(one, other, 1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_readouts_agree(name):
    _, _, seen, changes = MODELS[name]
    level = {"an oscillator in days": 1.3e-12, "stiff kinetics from empty states": 3e-5}.get(name)
    wanted = [
        *(endpoints.cmax(seen), endpoints.cmin(seen, hours=(1.0, 4.0))),
        *(endpoints.auc(seen), endpoints.auc(seen, hours=(0.5, 2.0))),
        *(endpoints.value_at(seen, day=0.125), endpoints.trough(seen, day=0.125)),
        *(endpoints.baseline(seen), endpoints.change(seen, day=0.2), endpoints.fold(seen, day=0.2)),
        *(endpoints.max_fold(seen), endpoints.time_to_above(seen, level or 1.0)),
        endpoints.time_to_below(seen, 0.8 * (level or 1.0), hours=(1.5, None)),
    ]
    assert_close(*on_both(name, endpoints=wanted, changes=changes, until_days=0.25), 1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_a_run_goes_on_from_its_final_state_on_either_engine(name):
    sbml, _, seen, changes = MODELS[name]
    ids = sorted(Kernel(sbml).quantities)
    first, _ = on_both(name, until_days=0.1, observables=seen, changes=changes, final_state=True)
    one, other = on_both(
        name, start=first["final_state"].values, start_h=2.4, times_h=[2.4, 3.0, 5.0],
        observables=ids, changes=changes, final_state=True,
    )  # fmt: skip
    assert_close(one, other, 1e-6)


def test_the_rows_of_the_reference_do_not_depend_on_each_other():
    name = "initial assignments"
    sbml, varied, _, changes = MODELS[name]
    kernel, values = Kernel(sbml), [0.3, 0.4, 0.3, 0.5, 0.3]
    asked = {"times_h": [1.0, 4.0], "changes": changes, "engine": "reference"}
    together = simulate(kernel, None, pd.DataFrame({varied: values}), **asked)
    for i, value in enumerate(values):
        alone = simulate(kernel, None, pd.DataFrame({varied: [value]}), **asked)
        assert np.array_equal(alone["A"].values[0], together["A"].values[i])


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_tolerances_follow_the_sizes_of_states(scale):
    # Both states begin at nothing, and are of sizes that no single number serves.
    kernel = Kernel(
        hourly(
            *(changing("big", 0), changing("small", 0), parameter("k", scale)),
            *(rate("big", "k - 0.5 * big"), rate("small", "1e-9 * big - small")),
        )
    )
    runs = simulate(
        kernel, times_h=[0.5, 2.0, 8.0], engine="reference", rtol=1e-9, observables=["big", "small"]
    )
    t = np.array([0.5, 2.0, 8.0])
    right = 2e-9 * scale * (1 - 2 * np.exp(-t / 2) + np.exp(-t))
    assert runs["big"].values[0] == pytest.approx(2 * scale * (1 - np.exp(-t / 2)), rel=1e-6)
    assert runs["small"].values[0] == pytest.approx(right, rel=1e-6)


def test_tolerances_follow_amounts_in_a_tiny_volume():
    kernel = Kernel(
        hourly(
            *(compartment("c", 1e-15), species("A", "c", concentration=3), species("B", "c")),
            *(initial("B", "0"), reaction("J", "2e-15 * A", ["A"], ["B"])),
        )
    )
    runs = simulate(kernel, times_h=[0.5, 3.0], engine="reference", rtol=1e-9)
    right = 3 * np.exp(-2 * np.array([0.5, 3.0]))
    assert runs["A"].values[0] == pytest.approx(right, rel=1e-6)
    assert runs["B"].values[0] == pytest.approx(3 - right, rel=1e-6)
