import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from il15_sim import Model
from il15_sim.batch.kernel import Kernel
from il15_sim.batch.layout import LANES
from il15_sim.batch.program import build_program

FOLDER = Path(__file__).resolve().parent.parent / "experiments" / "benchmark"


@pytest.fixture(scope="module", autouse=True)
def helpers():
    """The modules of the benchmark, which is no package, can be imported in here."""
    before = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path[:] = before


@pytest.fixture(scope="module")
def patient():
    return Model.load("patient")


def quick(program, out):
    """What a benchmark prints; its results are in `out`."""
    command = [sys.executable, str(FOLDER / program), "--quick", *out]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
    return list(rows)


# --- every program runs --------------------------------------------------------------------------


def test_throughput_writes_its_tables(tmp_path):
    quick("throughput.py", ["--out", str(tmp_path)])
    rows = read(tmp_path / "work_precision.tsv")
    assert {row["engine"] for row in rows} == {"il15-sim", "libRoadRunner"}
    for row in rows:
        assert (row["failed"], row["sets"], row["trusted"]) == ("0", "2", "2")
        # A loose tolerance and different equations would both show here.
        assert 0 < float(row["error_max"]) < 1e-3
        assert float(row["ms"]) > 0
    equal = {row["engine"]: row for row in read(tmp_path / "at_equal_error.tsv")}
    assert set(equal) == {"il15-sim", "libRoadRunner"}
    told = json.loads((tmp_path / "machine.json").read_text(encoding="utf-8"))
    assert set(told["tools"]) == {"il15-sim", "libRoadRunner"}
    assert 5_000 < (tmp_path / "work_precision.png").stat().st_size < 300_000
    assert not (tmp_path / "parts.jsonl").exists()


def test_arithmetic_accounts_for_the_whole_simulation(tmp_path):
    quick("arithmetic.py", ["--out", str(tmp_path)])
    rows = {row["part"]: row for row in read(tmp_path / "arithmetic.tsv")}
    parts = [float(row["us_per_simulation"]) for name, row in rows.items() if name != "simulation"]
    assert sum(parts) == pytest.approx(float(rows["simulation"]["us_per_simulation"]), rel=1e-2)
    assert 0 < float(rows["simulation"]["share_of_peak"]) < 1
    assert float(rows["solve"]["calls"]) == pytest.approx(6 * float(rows["factor"]["calls"]), 1e-3)


def test_scale_writes_curves_and_runs_into_shards(tmp_path):
    quick("scale.py", ["--out", str(tmp_path)])
    rows = read(tmp_path / "scale.tsv")
    assert {row["curve"] for row in rows} == {"simulations", "doses", "days"}
    assert {row["failed"] for row in rows} == {"0"}
    (many,) = read(tmp_path / "shards.tsv")
    assert (many["simulations"], many["failed"]) == ("64", "0")
    assert 50 < float(many["peak_memory_mib"]) < float(many["allowed_memory_mib"])
    assert (tmp_path / "scale.png").stat().st_size < 300_000


def test_latency_tells_its_figures(tmp_path):
    quick("latency.py", ["--json", str(tmp_path / "latency.json")])
    told = json.loads((tmp_path / "latency.json").read_text(encoding="utf-8"))
    assert all(figure["value"] > 0 for figure in told["figures"])


# --- what is compared ----------------------------------------------------------------------------


def test_draws_fill_the_bounds_and_do_not_depend_on_their_number(patient):
    from task import draw, varied

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


def test_error_is_relative_to_the_largest_value_of_a_run():
    from task import errors

    reference = np.zeros((2, 3, 2))
    reference[:, 1, 0] = [10.0, 20.0]
    values = reference.copy()
    values[0, 2, 0] += 1.0
    values[1, 0, 1] += 0.3  # an observable that is zero throughout
    np.testing.assert_allclose(errors(values, reference), [0.1, 0.3])
    values[1, 0, 0] = np.nan
    assert np.isnan(errors(values, reference)[1])


def row(engine, configuration, ms, error, p99=None, cores=1):
    from tables import Row

    p99 = error if p99 is None else p99
    return Row(engine, configuration, cores, 0.0, 9, 9, 0, ms, ms, error, p99, error)


def test_fastest_configuration_wins_and_nothing_is_extrapolated():
    from tables import best

    rows = [
        *(row("a", "slow", 10.0, 1e-4), row("a", "slow", 1000.0, 1e-6)),
        *(row("a", "fast", 1.0, 1e-4), row("a", "fast", 9.0, 1e-6)),
        *(row("b", "too loose", 1e-3, 1e-2), row("b", "too loose", 1e-2, 1e-4)),
    ]
    first, second = best(rows)
    assert (first.engine, first.configuration) == ("a", "fast")
    assert first.ms == pytest.approx(3.0)
    assert first.per_second == pytest.approx(1000 / 3)
    assert second.engine == "b"
    assert np.isnan(second.ms)


def test_comparison_is_by_the_largest_error_and_per_core():
    from tables import best

    rows = [
        *(row("il15-sim", "-", 1.0, 1e-4), row("il15-sim", "-", 4.0, 1e-6)),
        # 99 % of the sets reach the error at the loose tolerance already.
        *(row("x", "-", 40.0, 1e-5, 1e-6, cores=2), row("x", "-", 80.0, 1e-7, 1e-8, cores=2)),
        row("x", "-", 20.0, 1e-3, 1e-5, cores=2),
    ]
    ours, other = best(rows)
    assert ours.times_slower_than_il15_sim_per_core == pytest.approx(1.0)
    assert other.ms == pytest.approx(40.0)
    assert other.times_slower_than_il15_sim_per_core == pytest.approx(2 * 40.0 / 2.0)
    assert other.ms_p99 == pytest.approx(20.0)
    assert other.times_slower_than_il15_sim_per_core_p99 == pytest.approx(2 * 20.0 / 2.0)


def test_quantiles_of_errors_that_are_known():
    from tables import quantiles

    assert quantiles(np.arange(101.0)) == (50.0, 99.0, 100.0)
    assert np.isnan(quantiles(np.zeros(0))).all()


def test_journal_gives_back_what_was_finished_and_forgets_other_measurements(tmp_path):
    from journal import Journal, Part, identity_of

    path = tmp_path / "parts.jsonl"
    part = Part(0, 2, 1.5, 1.0, [1e-6, float("nan")])
    Journal(path, "a").add("x", part)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"key": "y", "fir')  # the power failed here
    again = Journal(path, "a").parts
    assert set(again) == {"x"}
    assert again["x"].wall_s == 1.5
    assert np.isnan(again["x"].errors[1])
    assert Journal(path, "b").parts == {}
    values = np.arange(6.0).reshape(2, 3)
    assert identity_of(values, "task") == identity_of(values.copy(), "task")
    assert identity_of(values, "task") != identity_of(values + 1e-9, "task")


def test_jobs_cover_their_sets_once_or_in_every_round():
    from contestants import PEERS
    from throughput import ROUNDS, Job

    class Stub:
        def __init__(self, peer):
            self.peer = peer

    for peer in PEERS:
        blocks = [b for _, b in Job(Stub(peer), "-", 1e-6, 1.0).parts(1000)]
        seen = np.concatenate([np.arange(1000)[block] for block in blocks])
        times = ROUNDS if peer.together else 1
        expected = np.tile(np.arange(min(1000, peer.at_most)), times)
        assert np.array_equal(seen, expected), peer


def test_tool_that_is_not_installed_is_told(patient):
    from peer import Peer, Setting
    from task import draw, make_task
    from throughput import start

    nothing = Peer("nothing", "by no means", "no_such_tool", (Setting(1.0, (1e-6,)),))
    teams, absent = start([nothing], draw(patient, 1), make_task(days=2))
    assert teams == []
    assert absent == ["nothing, by no means (No module named 'peers.no_such_tool')"]


# --- equations written by other code -------------------------------------------------------------


def test_equations_agree_with_the_reference_engine_and_their_jacobian(patient):
    import roadrunner
    from compiled import python_functions
    from formulas import read_formulas
    from task import draw, make_task

    made = make_task(days=2)
    formulas = read_formulas(made.sbml, made.parameters, made.observables)
    assert formulas.states == made.states
    functions = python_functions(formulas, made.sizes)
    engine = roadrunner.RoadRunner(made.sbml)
    generator = np.random.default_rng(3)
    count = len(made.states)
    for values in draw(patient, 2):
        constants = np.empty(len(formulas.parameters) + len(formulas.constants))
        functions["prepare"](values, constants)
        y = made.start / made.sizes * generator.uniform(0.5, 2.0, count) + 1e-3
        rates, outputs = np.empty(count), np.empty(len(made.observables))
        functions["rates"](0.0, y, constants, rates)
        functions["outputs"](y, constants, outputs)
        for name, value in zip(made.parameters, values, strict=True):
            engine.setValue(name, value)
        for name, value in zip(made.states, y * made.sizes, strict=True):
            engine.setValue(name, value)
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


# --- arithmetic ----------------------------------------------------------------------------------


def test_operations_are_those_of_the_method(patient):
    from operations import operations

    kernel = Kernel(patient.structure, name=patient.name)
    size = int(kernel._model.description["size"])
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

    # One piece of eight: the longest one holds the others.
    assert group_attempts([1] * 7 + [10]) == 10
    # Two pieces.
    assert group_attempts([3] * 8 + [5] * 8) == 8
