"""What `simulate` returns: grids, names, overrides, runs that fail, closed forms."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim import Model, Regimen, simulate
from il15_sim.batch.equations.sbml_document import Unsupported
from il15_sim.errors import InputError

PK = Model.load("sorafenib_pk")
TMZ = Model.load("temozolomide")
IL15 = Model.load("il15_agonist")
DAY = Regimen.parse("sorafenib 400 mg q12h x 1 d")
GUT = "temozolomide_gut"
LEVEL = "temozolomide_mg_per_L"


def tablets(times, doses, **unit):
    return Regimen.from_doses("temozolomide", times_h=times, **(unit or {"dose_mg": doses}))


# --- what comes back


def test_the_frame():
    runs = simulate(TMZ, [tablets([0, 1], 100.0), Regimen.none()], observables=[LEVEL, GUT])
    frame = runs.to_frame()
    assert list(frame.columns) == ["run", "time_h", "sample", "observable", "value", "unit"]
    assert len(frame) == 2 * 4 * 2
    assert list(frame["run"]) == [runs.names[0]] * 8 + ["none"] * 8
    assert list(frame["time_h"]) == [0, 0, 0, 0, 1, 1, 1, 1] * 2
    assert list(frame["observable"]) == [LEVEL, GUT] * 8
    assert list(frame["unit"]) == ["mg/L", "mg"] * 8
    for i, name in enumerate(runs.names):
        for j, observable in enumerate((LEVEL, GUT)):
            chosen = frame[(frame["run"] == name) & (frame["observable"] == observable)]
            np.testing.assert_array_equal(chosen["value"], runs.values[i, :, j])
    np.testing.assert_array_equal(frame["value"][:4], [0, 0, 0, 100])  # before, then after


def test_the_arrays():
    runs = simulate(TMZ, [tablets([0], 100.0), Regimen.none()], until_days=1, names=["a", "b"])
    data = runs.to_xarray()
    assert data.sizes == {"run": 2, "time_h": len(runs.times_h)}
    counts = {"status", "steps_accepted", "steps_rejected"}
    assert set(data.data_vars) == {*TMZ.observables, *counts}
    assert set(data.coords) == {"run", "time_h", "sample"}
    assert list(data["run"].values) == ["a", "b"]
    assert list(data["status"].values) == [0, 0]
    assert runs.status == ("ok", "ok")
    np.testing.assert_array_equal(data["time_h"], runs.times_h)
    np.testing.assert_array_equal(data["sample"], runs.sample)
    assert data["time_h"].attrs["units"] == "h"
    assert data.attrs["model_hash"] == TMZ.hash
    for name in TMZ.observables:
        assert data[name].dims == ("run", "time_h")
        assert data[name].attrs["units"] == TMZ.units[name]
        np.testing.assert_array_equal(data[name].sel(run="a"), runs.get("a", name))


def test_observables_default_to_those_of_the_model_and_keep_their_order():
    assert simulate(PK, DAY).observables == PK.observables
    asked = ("sorafenib_uptake", "sorafenib_gut", "sorafenib_free_nM")
    runs = simulate(PK, DAY, observables=[*asked, "sorafenib_gut"])
    assert runs.observables == asked
    assert runs.units == {
        "sorafenib_uptake": "mg/h",
        "sorafenib_gut": "mg",
        "sorafenib_free_nM": "nM",
    }
    assert simulate(PK, DAY, observables="sorafenib_gut").observables == ("sorafenib_gut",)


def test_what_a_result_remembers():
    given = [{"sorafenib_volume": 50.0}, {}]
    runs = simulate(PK, [DAY, DAY], parameters=given, rtol=1e-7)
    assert runs.regimens == (DAY, DAY)
    assert runs.overrides == tuple(given)
    assert runs.model_hash == PK.hash
    assert runs.data.attrs["rtol"] == 1e-7
    assert runs.parameters["sorafenib_volume"].tolist()[0] == 50.0
    assert runs.failures.empty
    assert len(runs) == 2


def test_names():
    assert simulate(PK, DAY).names == (str(DAY),)
    assert simulate(PK, DAY, names="one").names == ("one",)
    # Nobody chose these names.
    assert simulate(PK, [DAY] * 3).names == (str(DAY), f"{DAY} (2)", f"{DAY} (3)")


# --- the grid


def grid(runs):
    return list(zip(runs.times_h.tolist(), runs.sample.tolist(), strict=True))


def test_the_default_grid_is_every_hour_and_both_sides_of_every_dose_of_any_run():
    runs = simulate(TMZ, [tablets([0, 1.5], 100.0), tablets([2], 50.0)], until_days=0.15)
    assert grid(runs) == [
        *[(0.0, "pre"), (0.0, "post"), (1.0, "grid"), (1.5, "pre"), (1.5, "post")],
        *[(2.0, "pre"), (2.0, "post"), (3.0, "grid"), (3.6, "grid")],
    ]
    jumps = np.diff(runs.values[:, :, 0], axis=1)
    assert runs.sample[1] == "post"
    one, two = simulate(TMZ, runs.regimens, until_days=0.15, observables=[GUT]).values[:, :, 0]
    assert one[0] == two[0] == two[1] == 0
    assert one[1] == 100
    assert one[4] - one[3] == pytest.approx(100)
    assert one[6] == one[5]  # the other run's dose is not given here
    assert two[6] == 50
    assert np.isfinite(jumps).all()


def test_the_default_horizon_is_the_longest_regimen():
    runs = simulate(PK, [DAY, Regimen.parse("sorafenib 200 mg q24h x 3 d"), Regimen.none()])
    assert runs.times_h[-1] == 72
    assert simulate(PK, DAY, until_days=30).times_h[-1] == 720
    assert grid(simulate(PK, DAY, until_days=0.5))[-2:] == [(12.0, "pre"), (12.0, "post")]


def test_chosen_times_hold_the_values_after_a_dose():
    regimen = tablets([0, 12], 100.0)
    full = simulate(TMZ, regimen, until_days=1, observables=[GUT])
    runs = simulate(TMZ, regimen, times_h=[0, 3.25, 12, 24], observables=[GUT])
    assert grid(runs) == [*[(0.0, "post"), (3.25, "grid"), (12.0, "post"), (24.0, "grid")]]
    after = full.get(0, GUT)[(full.times_h == 12) & (full.sample == "post")]
    np.testing.assert_allclose(runs.get(0, GUT)[2], after[0], rtol=1e-4)
    assert runs.get(0, GUT)[0] == 100


def test_times_are_compared_as_finely_as_doses_are():
    runs = simulate(TMZ, tablets([0.3], 100.0), times_h=[0.1 * 3], observables=[GUT])
    assert runs.get(0, GUT)[0] == pytest.approx(100)


# --- closed forms


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 96).map(lambda q: q / 4), st.integers(1, 500)),
        min_size=1,
        max_size=5,
    )
)
def test_doses_add_up(doses):
    times, amounts = zip(*doses, strict=True)
    regimen = tablets(times, None, dose_mg=[float(a) for a in amounts])
    runs = simulate(TMZ, regimen, until_days=1.5, observables=[GUT, LEVEL], rtol=1e-8)
    k, v = TMZ.values["temozolomide_absorption"], TMZ.values["temozolomide_volume_per_m2"]
    k_out = TMZ.values["temozolomide_clearance_per_m2"] / v
    gut, level = np.zeros_like(runs.times_h), np.zeros_like(runs.times_h)
    for time, amount in doses:
        t = runs.times_h - time
        given = (t > 0) | ((t == 0) & (runs.sample == "post"))
        t = t.clip(0)
        gut += given * amount * np.exp(-k * t)
        level += given * amount * k / (k - k_out) * (np.exp(-k_out * t) - np.exp(-k * t))
    np.testing.assert_allclose(runs.get(0, GUT), gut, rtol=1e-4, atol=1e-4)
    level /= v * TMZ.values["body_surface_area"]
    np.testing.assert_allclose(runs.get(0, LEVEL), level, rtol=1e-4, atol=1e-5)


def test_a_dose_per_area_follows_the_area_of_the_run():
    regimen = Regimen.from_doses("temozolomide", times_h=[0], dose_mg_per_m2=150)
    areas = [1.5, 1.9, 2.2]
    given = [{"body_surface_area": a} for a in areas]
    runs = simulate(TMZ, [regimen] * 3, parameters=given, times_h=[0, 2], observables=[GUT, LEVEL])
    np.testing.assert_allclose(runs.values[:, 0, 0], [150 * a for a in areas])
    # volume and clearance are per area too: the level is the same for all
    np.testing.assert_allclose(runs.values[:, 1, 1], runs.values[0, 1, 1], rtol=1e-4)


def test_back_to_back_infusions_end_where_they_end():
    regimen = Regimen.from_doses(
        "il15", times_h=[0, 0.7], route="infusion", duration_h=0.7, dose_ug=7.0
    )
    hours = np.array([0, 0.35, 0.7, 1.0, 1.4, 2.0, 10.0])
    runs = simulate(IL15, regimen, times_h=hours, observables=["il15_agonist_central"], rtol=1e-8)
    k = IL15.values["agonist_clearance_per_kg"] / IL15.values["agonist_volume_per_kg"]
    during = 10 / k * (1 - np.exp(-k * hours.clip(0, 1.4)))
    expected = during * np.exp(-k * (hours - 1.4).clip(0))
    np.testing.assert_allclose(runs.values[0, :, 0], expected, rtol=1e-5, atol=1e-6)


def test_no_treatment_stays_at_rest_unless_the_tumour_grows():
    frozen = {"tumour_growth_switch": 0.0}
    patient = Model.load()
    runs = simulate(patient, [Regimen.none()] * 2, until_days=90, parameters=[frozen, {}])
    assert runs.names == ("none", "none (2)")
    assert set(runs.sample) == {"grid"}
    for name in runs.observables:
        values = runs.get(0, name)
        np.testing.assert_allclose(values, values[0], rtol=1e-4, atol=1e-9, err_msg=name)
        assert runs.get(1, name)[0] == pytest.approx(values[0], rel=1e-6), name
    burden = runs.get(1, "tumour_burden_mm")
    assert burden[0] == pytest.approx(patient.values["tumour_burden_baseline_mm"])
    assert (np.diff(burden) > 0).all()


# --- overrides


def test_overrides_hold_for_one_run_or_for_all():
    given = [{}, {"sorafenib_volume": 2 * PK.values["sorafenib_volume"]}, {}]
    each = simulate(PK, [DAY] * 3, parameters=given)
    np.testing.assert_array_equal(each.values[0], each.values[2])
    assert not np.allclose(each.values[0], each.values[1], rtol=0.1)
    both = simulate(PK, [DAY] * 2, parameters=given[1])
    for i in range(2):
        np.testing.assert_array_equal(both.values[i], each.values[1])
    again = simulate(PK.with_values(given[1]), DAY)
    np.testing.assert_array_equal(again.values[0], each.values[1])


@settings(max_examples=8, deadline=None)
@given(st.floats(0, 200))
def test_an_input_of_a_module_moves_its_start(free):
    model = Model.load("il15ra_induction")
    ids = ["il15ra_synthesis_fold", "il15ra_precursor_fold"]
    given = {"sorafenib_free_nM": free}
    runs = simulate(model, Regimen.none(), until_days=2, observables=ids, parameters=given)
    v = model.values
    x = (free / v["il15ra_induction_ec50"]) ** v["il15ra_induction_hill"]
    effect = v["il15ra_inducibility"] * v["il15ra_induction_max"] * x / (1 + x)
    assert runs.status == ("ok",)
    np.testing.assert_allclose(runs.values, 1 + effect, rtol=1e-5)


@pytest.mark.parametrize(
    ("bad", "why", "before", "engine"),
    [
        ({"sorafenib_volume": 0.0}, "not finite at the start", 0, "batch"),
        ({"sorafenib_clearance": 1e308}, "step size too small", 13, "reference"),
    ],
)
def test_a_run_that_fails_keeps_its_place_and_harms_no_other(bad, why, before, engine):
    how = {"until_days": 30, "engine": engine}
    alone = simulate(PK, DAY, names=["x"], **how)
    runs = simulate(PK, [DAY] * 3, [{}, bad, {}], **how)
    assert [s == "ok" for s in runs.status] == [True, False, True]
    assert why in runs.status[1]
    assert "\n" not in runs.status[1]
    for i in (0, 2):
        np.testing.assert_array_equal(runs.values[i], alone.values[0])
    late = runs.times_h > 12
    assert np.isnan(runs.values[1, late]).all()
    assert np.isfinite(runs.values[1]).all(axis=1).sum() >= before
    frame = runs.to_frame()
    assert set(frame[frame["value"].isna()]["run"]) == {runs.names[1]}
    np.testing.assert_array_equal(simulate(PK, DAY, **how).values, alone.values)


def test_a_steady_state_below_zero_is_none():
    # An input of a module has no bounds: less than nothing is made here.
    model = Model.load("trans_presentation")
    runs = simulate(model, Regimen.none(), times_h=[0], parameters={"il15ra_synthesis": -640.0})
    assert runs.status == ("no steady state: rests below zero",)
    assert np.isnan(runs.values).all()


def test_a_negative_value_is_refused_where_the_table_has_none():
    line = "value -5.0 of 'sorafenib_volume' is negative; the table's bounds are 30 to 420 L"
    with pytest.raises(InputError, match=re.escape(line)):
        PK.with_values({"sorafenib_volume": -5.0})


def test_a_model_that_does_not_compile_is_told_at_the_line_that_simulates_it(monkeypatch):
    def refuses(*_):
        raise Unsupported("a delay")

    monkeypatch.setattr("il15_sim.simulation.engines.batch_rows", refuses)
    words = "the reference engine is used, which is slow: a delay"
    with pytest.warns(UserWarning, match=words) as w:
        runs = simulate(PK, DAY, times_h=[24.0])
    assert runs.data.attrs["engine"] == "reference"
    assert w[0].filename == __file__
    with pytest.raises(Unsupported, match="a delay"):
        simulate(PK, DAY, times_h=[24.0], engine="batch")
