"""The hazard of death: it follows burden, and nothing but burden."""

import numpy as np
import pytest

from il15_sim import Model, Regimen, simulate

ALONE = Model.load("survival")
DAYS = 24.0 * np.array([0.0, 30, 90, 180, 365])
ALIVE, BURDEN = "overall_survival", "tumour_burden_mm"


@pytest.fixture(scope="module")
def unkilled():
    """A patient whose tumour no cell kills, and which grows exponentially without drugs."""
    return Model.load().with_values({"kill_share_subset": 0.0, "kill_share_nk": 0.0})


def alive(model, regimen=None, **options):
    options = {"times_h": DAYS, "observables": [ALIVE, BURDEN], "rtol": 1e-8, **options}
    runs = simulate(model, regimen or Regimen.none(), **options)
    assert runs.status == ("ok",)
    return runs.get(0, ALIVE), runs.get(0, BURDEN)


def test_a_burden_that_stays_gives_an_exponential():
    v = ALONE.values
    for burden in (51.0, 102.0, 400.0):
        runs = simulate(
            ALONE, parameters={BURDEN: burden}, times_h=DAYS, observables=[ALIVE], rtol=1e-8
        )
        rate = (
            v["death_rate"] * (burden / v["death_burden_reference"]) ** v["death_burden_exponent"]
        )
        np.testing.assert_allclose(runs.get(0, ALIVE), np.exp(-rate * DAYS), rtol=1e-6)


def test_without_an_exponent_burden_does_not_matter(unkilled):
    survival, burden = alive(unkilled.with_values({"death_burden_exponent": 0.0}))
    assert burden[-1] > 2 * burden[0]
    np.testing.assert_allclose(survival, np.exp(-unkilled.values["death_rate"] * DAYS), rtol=1e-6)


@pytest.mark.parametrize("baseline", [40.0, 102.0, 300.0])
def test_exponential_growth_gives_the_integral(unkilled, baseline):
    v = unkilled.values
    survival, burden = alive(unkilled.with_values({"tumour_burden_baseline_mm": baseline}))
    np.testing.assert_allclose(burden, baseline * np.exp(v["tumour_growth"] * DAYS / 3), rtol=1e-6)
    power = v["death_burden_exponent"]
    rise = power * v["tumour_growth"] / 3
    start = v["death_rate"] * (baseline / v["death_burden_reference"]) ** power
    hazard = start * np.expm1(rise * DAYS) / rise
    np.testing.assert_allclose(survival, np.exp(-hazard), rtol=1e-5, atol=1e-9)


def test_survival_begins_at_one_and_only_falls():
    treated, _ = alive(Model.load(), Regimen.parse("sorafenib 400 mg q12h x 200 d"))
    untreated, _ = alive(Model.load())
    for curve in (treated, untreated):
        assert curve[0] == 1.0
        assert (np.diff(curve) < 0).all()
    assert (treated > untreated)[1:].all()  # a smaller tumour kills fewer


def test_nobody_dies_while_the_rest_is_sought():
    model = Model.load()
    patients = [{}, {"tumour_burden_baseline_mm": 800.0}, {"receptor_B_number": 600.0}]
    runs = simulate(
        model,
        [Regimen.none()] * 3,
        parameters=patients,
        times_h=[0.0],
        observables=["death_hazard", ALIVE],
    )
    np.testing.assert_array_equal(runs["death_hazard"].values, 0.0)
    np.testing.assert_array_equal(runs[ALIVE].values, 1.0)
    survival, burden = alive(model.with_values({"tumour_growth_switch": 0.0}))
    np.testing.assert_array_equal(survival, 1.0)
    np.testing.assert_allclose(burden, burden[0], rtol=1e-6)


def test_the_subset_matters_only_by_what_it_makes_of_burden(unkilled):
    regimen = Regimen.parse("sorafenib 400 mg q12h x 84 d")
    whole, same = alive(unkilled, regimen)
    for knocked_out in ({"dap10_activity": 0.0}, {"subset_source": 1e-3}, {"treg_set_point": 300}):
        survival, burden = alive(unkilled.with_values(knocked_out), regimen)
        np.testing.assert_allclose(burden, same, rtol=1e-6)
        np.testing.assert_allclose(survival, whole, rtol=1e-6)
    assert set(ALONE.values) - {n for n in ALONE.values if n.startswith("death_")} == {
        BURDEN,
        "tumour_growth_switch",
    }


@pytest.mark.parametrize("engine", ["batch", "reference"])
@pytest.mark.parametrize("fold", [1e7, 1e20])
def test_a_tumour_beyond_all_bounds_stalls_no_solver(engine, fold):
    """Eighteen months without treatment: all have died long before, and numbers stay finite."""
    hours = 24.0 * 548
    model = Model.load().with_values({"tumour_growth": np.log(fold) / hours / 0.85})
    times = np.linspace(0, hours, 19)
    runs = simulate(
        model, times_h=times, observables=[ALIVE, "death_hazard", "tumour_relative"], engine=engine
    )
    assert runs.status == ("ok",)
    assert np.isfinite(runs.values).all()
    assert runs.get(0, "tumour_relative")[-1] > 0.1 * fold
    assert (np.diff(runs.get(0, "death_hazard")) > 0).all()
    assert runs.get(0, ALIVE)[-1] < 1e-6
