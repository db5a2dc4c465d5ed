"""What the benchmark compares: parameter sets, doses, equations written by other code."""

import numpy as np
import pytest

from il15_sim import Model
from il15_sim.batch.compile.program import build_program
from il15_sim.batch.drive.layout import LANES
from il15_sim.batch.kernel import Kernel
from tests.benchmark.programs import helpers

__all__ = ["helpers"]  # pytest takes the fixture from here


@pytest.fixture(scope="module")
def patient():
    return Model.load("patient")


def test_draws_fill_the_bounds_and_do_not_depend_on_their_number(patient):
    from patient_case import draw, varied

    names = varied(patient)
    values = draw(patient, 200)
    assert values.shape == (200, len(names))
    assert np.array_equal(values[:7], draw(patient, 7))
    assert np.array_equal(values[0], [patient.values[n] for n in names])
    rows = [patient.parameters[patient.rows[n]] for n in names]
    lower, upper = (np.array([getattr(r, b) for r in rows]) for b in ("lower", "upper"))
    drawn = values[1:]
    assert (drawn >= lower * (1 - 1e-12)).all()
    assert (drawn <= upper * (1 + 1e-12)).all()
    # Log-uniform: half of the draws lie below the geometric mean of the bounds.
    wide = lower > 0
    below = (drawn[:, wide] < np.sqrt(lower[wide] * upper[wide])).mean()
    assert below == pytest.approx(0.5, abs=0.02)
    assert not {"sorafenib_infusion_rate", "agonist_infusion_rate"} & set(names)


def test_patients_are_the_same_however_their_table_is_cut(patient):
    from population import patients

    table = patients(patient, 10_000)
    whole = table.block(0, 10_000)
    assert whole.shape == (10_000, 20)
    assert len(set(table.columns)) == 20
    parts = [table.block(*cut) for cut in ((0, 4095), (4095, 4097), (4097, 10_000))]
    assert np.array_equal(np.concatenate(parts), whole)
    centre = np.array([patient.values[name] for name in table.columns])
    spread = np.log(whole / centre)[:, centre > 0]
    # Bounds cut some of the spread off.
    assert (np.abs(np.median(spread, axis=0)) < 0.02).all()


@pytest.mark.parametrize("name", ["huang_ferrell", "kholodenko"])
def test_published_sets_are_lognormal_around_the_published_values(name):
    import published
    from cases import CASES

    model = {p.name: p for p in (published.HUANG_FERRELL, published.KHOLODENKO)}[name]
    case = CASES[name]
    task, values = case.make(True), case.draw(4000, 1)
    assert values.shape == (4000, len(task.parameters))
    assert np.array_equal(values[:7], case.draw(7, 1))
    assert not np.array_equal(values[1:7], case.draw(7, 2)[1:])
    ratio = values[1:] / values[0]
    assert np.median(ratio, axis=0) == pytest.approx(1.0, abs=0.05)
    assert ratio.std(axis=0) / ratio.mean(axis=0) == pytest.approx(model.cv, rel=0.15)


def test_totals_of_the_cascade_are_those_of_the_paper():
    """What its authors' code starts from, and the number of species."""
    from cases import CASES

    task = CASES["huang_ferrell"].make(True)
    start = dict(zip(task.states, task.start.tolist(), strict=True))
    assert len(start) == 22
    assert {k: v for k, v in start.items() if v} == {
        **{"E2": 3e-4, "KKK": 0.003, "KK": 1.2, "K": 1.2, "KKPase": 3e-4, "KPase": 0.12}
    }
    values = dict(zip(task.parameters, CASES["huang_ferrell"].draw(1, 1)[0].tolist(), strict=True))
    for k in range(1, 11):
        assert (values[f"a{k}"], values[f"d{k}"], values[f"k{k}"]) == (1000.0, 150.0, 150.0)
    assert len(values) == 31


def test_the_oscillator_is_that_of_the_known_models():
    """Two writings of the paper, by reactions each: the same course."""
    import roadrunner
    from cases import CASES

    from tests.batch.test_known_models import MAPK
    from tests.made.small_models import sbml_of

    task = CASES["kholodenko"].make(True)
    courses = []
    for sbml, name in ((task.sbml, "KPP"), (sbml_of(MAPK), "K1pp")):
        engine = roadrunner.RoadRunner(sbml)
        engine.integrator.setValue("relative_tolerance", 1e-10)
        courses.append(np.array(engine.simulate(0, 4000, 41, ["time", f"[{name}]"]))[:, 1])
    assert courses[0] == pytest.approx(courses[1], rel=1e-5)


def test_rows_of_a_task_stand_where_its_segments_end():
    from dataclasses import replace

    from cases import CASES

    task = CASES["huang_ferrell"].make(True)
    assert (task.segments, task.interval, len(task.times)) == (2, 240.0, 9)
    assert task.offsets.tolist() == [60.0, 120.0, 180.0, 240.0]
    seen = [list(range(*task.rows_after(k).indices(99))) for k in range(2)]
    assert seen == [[1, 2, 3, 4], [5, 6, 7, 8]]
    # Two doses from one row to the next, as in the patient model.
    rare = replace(task, segments=4, times=np.array([0.0, 240.0, 480.0]))
    assert (rare.segments_per_row, rare.offsets.tolist()) == (2, [120.0])
    seen = [list(range(*rare.rows_after(k).indices(99))) for k in range(4)]
    assert seen == [[], [1], [], [2]]
    none = CASES["kholodenko"].make(True)
    assert (none.segments, len(none.dose_times)) == (1, 0)
    assert none.times[none.rows_after(0)].tolist() == none.offsets.tolist()
    with pytest.raises(ValueError, match="do not go with"):
        replace(task, segments=3)


@pytest.mark.parametrize("name", ["patient", "huang_ferrell", "kholodenko"])
def test_equations_agree_with_the_reference_engine_and_their_jacobian(name):
    import roadrunner
    from cases import CASES
    from compiled import python_functions
    from formulas import read_formulas

    case = CASES[name]
    made = case.make(True)
    formulas = read_formulas(made.sbml, made.parameters, made.observables)
    assert formulas.states == made.states
    functions = python_functions(formulas, made.sizes)
    engine = roadrunner.RoadRunner(made.sbml)
    species = set(engine.model.getFloatingSpeciesIds())
    generator = np.random.default_rng(3)
    count = len(made.states)
    for values in case.draw(2, 1):
        constants = np.empty(len(formulas.parameters) + len(formulas.constants))
        functions["prepare"](values, constants)
        y = made.start / made.sizes * generator.uniform(0.5, 2.0, count) + 1e-3
        rates, outputs = np.empty(count), np.empty(len(made.observables))
        functions["rates"](0.0, y, constants, rates)
        functions["outputs"](y, constants, outputs)
        for parameter, value in zip(made.parameters, values, strict=True):
            engine.setValue(parameter, value)
        for state, value in zip(made.states, y * made.sizes, strict=True):
            engine.setValue(f"[{state}]" if state in species else state, value)
        wanted = np.array([engine.getValue(f"{s}'") for s in made.states]) / made.sizes
        np.testing.assert_allclose(rates, wanted, rtol=1e-9, atol=1e-12 * np.abs(wanted).max())
        np.testing.assert_allclose(
            outputs, [engine.getValue(o) for o in made.observables], rtol=1e-12
        )
        exact, above, below = np.empty((count, count)), np.empty(count), np.empty(count)
        functions["jacobian"](0.0, y, constants, exact)
        for j in range(count):
            step = np.zeros(count)
            step[j] = 1e-6 * y[j]
            functions["rates"](0.0, y + step, constants, above)
            functions["rates"](0.0, y - step, constants, below)
            slope = (above - below) / (2 * step[j])
            noise = 1e-15 * np.abs(rates).max() / step[j]
            np.testing.assert_allclose(exact[:, j], slope, rtol=1e-5, atol=noise + 1e-9)


def test_operations_are_those_of_the_method(patient):
    from operations import operations

    kernel = Kernel(patient.structure, name=patient.name)
    size = int(kernel.code.description["size"])
    counted = operations(build_program(kernel.system, kernel.method, LANES).text)
    # Straight-line code without elementary functions: as the package counts it.
    assert counted["solve"] == kernel.operations["solve"]
    # z = z + k for every state; a product and a sum per coefficient, and the division by h.
    assert counted["stage0"] == size
    assert counted["stage2"] == size * (2 * 2 + 3 + 1)
    # Powers are made of many operations.
    assert counted["slope"] > kernel.operations["slope"]


def test_lanes_take_the_next_simulation_when_they_are_done():
    from arithmetic import group_attempts

    # The longest one holds the others.
    assert group_attempts([1] * 7 + [10]) == 10
    # Whoever is done takes the next.
    assert group_attempts([3] * 8 + [5] * 8) == 8
