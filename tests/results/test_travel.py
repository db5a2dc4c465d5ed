"""Models, regimens and runs go to other processes and come back, and show themselves in brief."""

import copy
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, Model, Regimen, gradients, simulate
from il15_sim.batch.kernel import Kernel
from il15_sim.endpoints import cmax, fold

TOTAL = "sorafenib_total_mg_per_L"
PK = Model.load("sorafenib_pk")
REGIMEN = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=2)
TABLE = pd.DataFrame({"sorafenib_volume": [80.0, 120.0]}, index=["Ann", "Bob"])


def copies(thing):
    return [pickle.loads(pickle.dumps(thing)), copy.deepcopy(thing), copy.copy(thing)]


def test_a_model_is_the_same_after_travelling():
    for other in copies(PK):
        assert other.hash == PK.hash
        assert other.values == PK.values
        assert other.with_values({"sorafenib_volume": 50.0}).hash != PK.hash
        with pytest.raises(TypeError):
            other.values["sorafenib_volume"] = 1.0


def test_runs_keep_their_recipe():
    runs = simulate(PK, REGIMEN, TABLE)
    wanted = runs.endpoints(cmax(TOTAL))
    for other in copies(runs):
        pd.testing.assert_frame_equal(other.endpoints(cmax(TOTAL)), wanted)
        assert other.names == ("Ann", "Bob")
        assert np.array_equal(other.values, runs.values)
        pd.testing.assert_frame_equal(other.parameters, TABLE.rename_axis("run"))


def test_compiled_sbml_travels():
    kernel = Kernel(PK.sbml, name="theirs")
    runs = simulate(kernel, until_days=1, endpoints=cmax("sorafenib_gut"), start=[1.0] * 5)
    for other in copies(kernel):
        assert other.name == "theirs"
        again = simulate(other, until_days=1, endpoints=cmax("sorafenib_gut"), start=[1.0] * 5)
        assert float(again["cmax_sorafenib_gut"][0]) == float(runs["cmax_sorafenib_gut"][0])


def in_a_process(job):
    model, regimen, volume = job
    return simulate(model, regimen, {"sorafenib_volume": volume}, threads=1)


def test_a_pool_of_processes_gives_the_numbers_of_one_call():
    volumes = TABLE["sorafenib_volume"].tolist()
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        apart = list(pool.map(in_a_process, [(PK, REGIMEN, v) for v in volumes]))
    together = simulate(PK, REGIMEN, TABLE)
    for i, runs in enumerate(apart):
        assert runs.values[0].tobytes() == together.values[i].tobytes()
        assert len(runs.endpoints(cmax(TOTAL))) == 1


# --- what they show


def test_everything_shows_itself_in_a_few_lines():
    patient = Model.load()
    runs = simulate(PK, REGIMEN, TABLE, observables=[TOTAL], endpoints=cmax(TOTAL))
    for thing in (patient, patient.parameters, REGIMEN, runs):
        assert len(repr(thing)) < 500
    assert "61 states" in repr(patient)
    assert "Ann, Bob" in repr(runs)
    assert "endpoints: cmax_sorafenib_total_mg_per_L" in repr(runs)
    for thing in (patient, patient.parameters, runs):
        html = thing._repr_html_()
        assert len(html) < 20_000
    assert "<table" in patient.parameters._repr_html_()


def test_a_scenario_shows_its_arms():
    from il15_sim import Scenario
    from il15_sim.files.resources import shipped

    html = Scenario.read(shipped("doses")["knockouts"])._repr_html_()
    assert html.count("<tr>") == 1 + len(Scenario.read(shipped("doses")["knockouts"]).arms)
    assert "no_mica" in html


def test_parameters_are_those_that_are_simulated():
    changed = PK.with_values({"sorafenib_volume": 77.0})
    for model in (Model.load(), PK, changed, Model.load("trans_presentation")):
        told = model.parameters.to_frame()["value"]
        assert dict(told) == {i: model.values[i] for i in model.parameters}
    assert changed.parameters["sorafenib_volume"].value == 77.0


# --- names, crossing, quantiles


def test_the_index_of_the_table_names_the_runs():
    assert simulate(PK, REGIMEN, TABLE, endpoints=cmax(TOTAL)).names == ("Ann", "Bob")
    numbered = simulate(PK, REGIMEN, TABLE.reset_index(drop=True), endpoints=cmax(TOTAL))
    assert numbered.names == (0, 1)
    both = {"full": REGIMEN, "half": REGIMEN.reduce(days=(0, 2), dose_mg=200)}
    assert simulate(PK, both, endpoints=cmax(TOTAL)).names == ("full", "half")


def test_patients_and_regimens_are_crossed():
    half = Regimen.oral("sorafenib", dose_mg=200, every_h=12, days=2)
    both = {"full": REGIMEN, "half": half}
    crossed = simulate(PK, both, TABLE, cross=True, endpoints=cmax(TOTAL))
    assert crossed.names == ("Ann: full", "Ann: half", "Bob: full", "Bob: half")
    assert crossed.regimens == (REGIMEN, half, REGIMEN, half)
    each = [simulate(PK, r, TABLE, endpoints=cmax(TOTAL)) for r in both.values()]
    peaks = np.array([runs["cmax_sorafenib_total_mg_per_L"].values for runs in each])
    assert np.array_equal(crossed["cmax_sorafenib_total_mg_per_L"].values, peaks.T.ravel())
    paired = simulate(PK, both, TABLE, endpoints=cmax(TOTAL))
    assert paired["cmax_sorafenib_total_mg_per_L"].values.tolist() == [peaks[0, 0], peaks[1, 1]]
    assert crossed.parameters["sorafenib_volume"].tolist() == [80.0, 80.0, 120.0, 120.0]


def test_the_table_of_runs_with_endpoints_alone():
    runs = simulate(PK, REGIMEN, TABLE, endpoints=[cmax(TOTAL), fold(TOTAL, day=1)])
    frame = runs.to_frame()
    assert list(frame.columns) == ["run", "endpoint", "value", "unit"]
    assert frame["run"].tolist() == ["Ann", "Bob"] * 2
    peaks = frame[frame["endpoint"] == f"cmax_{TOTAL}"]
    assert peaks["value"].tolist() == runs[f"cmax_{TOTAL}"].values.tolist()
    assert set(peaks["unit"]) == {"mg/L"}
    with pytest.raises(InputError, match="no time courses; only endpoints were asked for"):
        _ = runs.values


def test_stored_runs_keep_the_order_that_was_asked_for(tmp_path):
    asked = {"observables": ["sorafenib_total_mg_per_L", "sorafenib_gut", "sorafenib_bile"]}
    memory = simulate(PK, REGIMEN, TABLE, **asked)
    stored = simulate(PK, REGIMEN, TABLE, folder=tmp_path, progress=False, **asked)
    assert stored.observables == memory.observables == tuple(asked["observables"])
    assert np.array_equal(stored.values, memory.values)
    pd.testing.assert_frame_equal(stored.to_frame(), memory.to_frame())


def test_quantiles_leave_failed_runs_out():
    table = pd.DataFrame({"sorafenib_volume": [80.0, 100.0, 120.0, np.nan]})
    runs = simulate(PK, REGIMEN, table, observables=[TOTAL], endpoints=cmax(TOTAL))
    assert runs.failures["run"].tolist() == [3]
    found = runs.quantiles(0.0, 0.5, 1.0)
    good = runs["cmax_sorafenib_total_mg_per_L"].values[:3]
    told = found["cmax_sorafenib_total_mg_per_L"].values
    assert told.tolist() == [good.min(), np.median(good), good.max()]
    assert found[TOTAL].dims == ("quantile", "time_h")
    assert found[TOTAL].attrs["units"] == "mg/L"
    assert runs.quantiles([0.0, 1.0])["quantile"].values.tolist() == [0.0, 1.0]
    with pytest.raises(InputError, match=r"quantiles \[2\]; they lie between 0 and 1"):
        runs.quantiles(2)


def test_every_run_has_a_name_of_its_own():
    table = TABLE.set_axis(["a", "a: b"])
    runs = simulate(PK, {"b: c": REGIMEN, "c": REGIMEN}, table, cross=True, endpoints=cmax(TOTAL))
    assert runs.names == ("a: b: c", "a: c", "a: b: b: c", "a: b: c (2)")
    numbered = simulate(PK, [REGIMEN] * 2, until_days=1, names=[1, 0])
    assert numbered.names == (1, 0)
    assert numbered.select(0).names == (0,)
    assert numbered.select([1, 0]).names == (1, 0)
    with pytest.raises(InputError, match="no run to select; name some"):
        numbered.select()
    with pytest.raises(InputError, match=r"runs\[0\]; choose a run by runs.select\(0\)"):
        _ = numbered[0]


YEAR = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=365)


def test_a_result_that_is_larger_than_the_memory_is_refused():
    table = pd.DataFrame({"sorafenib_volume": np.full(10_000_000, 100.0)})
    with pytest.raises(InputError, match=r"results of .* GB for 10000000 runs; this machine has"):
        simulate(PK, YEAR, table)
    with pytest.raises(InputError, match=r"results of .* GB for 1000000 runs; this machine has"):
        gradients(PK, YEAR, table[:1_000_000], wrt=["sorafenib_volume", "sorafenib_clearance"])


def test_fold_of_a_selected_run_is_that_of_the_run():
    runs = simulate(Model.load(), [REGIMEN, Regimen.none()], until_days=3, names=["a", "b"])
    whole = runs.endpoints(fold("il15ra_monocyte", day=2))
    assert runs.select("b").endpoints(fold("il15ra_monocyte", day=2)).iloc[0, 0] == whole.iloc[1, 0]


# --- progress


class ZMQInteractiveShell:
    """What a notebook's kernel calls itself."""


@pytest.mark.parametrize("notebook", [True, False])
def test_progress_is_shown_in_a_notebook_and_not_to_nobody(monkeypatch, capsys, notebook):
    from types import SimpleNamespace

    from il15_sim.progress import row_bar, watched

    shell = ZMQInteractiveShell() if notebook else None
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    # Without ipywidgets, whose bars need more of IPython than this.
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert watched() is notebook
    assert row_bar(10, None).disable is not notebook
    simulate(PK, REGIMEN, TABLE, endpoints=cmax(TOTAL), progress=True)
    assert "2.00/2.00" in capsys.readouterr().err
