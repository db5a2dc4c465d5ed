"""Loss and recovery of lymphocytes against closed forms: the reserve, the pools, their size."""

import numpy as np
import pytest

from il15_sim import Change, Model, Regimen, simulate

INFUSION = Regimen.parse("temozolomide 2400 mg iv over 240 h at 0 h")


def test_what_exposure_takes_from_the_reserve_is_exponential_in_its_area():
    model = Model.load("temozolomide").with_values({"reserve_recovery": 0.0})
    values = model.values
    runs = simulate(model, INFUSION, times_h=[0.0, 400.0], observables=["lymphocyte_reserve"])
    clearance = values["temozolomide_clearance_per_m2"] * values["body_surface_area"]
    # Washed out by 400 h: the area is the dose over the clearance.
    left = np.exp(-values["reserve_kill"] * 2400 / clearance)
    assert runs.get(0, "lymphocyte_reserve")[1] == pytest.approx(left, rel=1e-5)


def test_progenitors_fill_up_to_the_reserve_and_production_follows():
    model = Model.load("temozolomide").with_values({"reserve_recovery": 0.0})
    names = ["lymphocyte_reserve", "lymphocyte_progenitors", "lymphocyte_production"]
    runs = simulate(model, INFUSION, times_h=[240.0, 9000.0], observables=names)
    (_, reserve), (early, progenitors), (_, production) = (runs.get(0, n) for n in names)
    assert early < 0.5 * progenitors
    assert progenitors == pytest.approx(reserve, rel=1e-5)
    assert production == pytest.approx(reserve, rel=1e-5)


def test_the_reserve_comes_back_at_its_own_rate():
    model = Model.load("temozolomide")
    rate = model.values["reserve_recovery"]
    times = [1000.0, 1000.0 + 8766.0]
    runs = simulate(model, INFUSION, times_h=times, observables=["lymphocyte_reserve"])
    before, after = 1 - runs.get(0, "lymphocyte_reserve")
    assert after / before == pytest.approx(np.exp(-rate * 8766.0), rel=1e-5)


def test_sensitivity_counts_like_exposure():
    """Twice the sensitivity and half the dose: the same lymphocytes, for the patient's life."""
    model = Model.load("temozolomide")
    names = ["lymphocyte_reserve", "lymphocyte_progenitors", "temozolomide_cell_loss"]
    half = Regimen.parse("temozolomide 1200 mg iv over 240 h at 0 h")
    runs = simulate(
        model,
        [INFUSION, half],
        [{}, {"lymphocyte_sensitivity": 2.0}],
        times_h=[100.0, 800.0],
        observables=names,
        rtol=1e-9,
    )
    assert runs.values[1] == pytest.approx(runs.values[0], rel=1e-6, abs=1e-12)


def test_size_scales_every_pool_and_its_course():
    model = Model.load("cd4_populations")
    pools = ["cd4_negative_blood", "treg_per_uL", "nk_per_uL", "cd8_per_uL", "b_cells_per_uL"]
    # The niche of the subset is no set point: without its limit the subset scales as well.
    wide = model.with_values({"subset_niche": 1e12})
    hit = {"lymphocyte_production": 0.3, "temozolomide_cell_loss": 1e-4}
    courses = []
    for size in (1.0, 0.5):
        runs = simulate(
            wide,
            Regimen.none(),
            {"lymphocyte_size": size},
            times_h=[0.0, 500.0],
            observables=[*pools, "subset_blood"],
            changes=[Change(0.0, k, v, sets=True) for k, v in hit.items()],
        )
        courses.append(runs.values[0])
    assert courses[1] == pytest.approx(0.5 * courses[0], rel=1e-4)
    assert np.all(courses[0][1] < courses[0][0])


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_a_pool_settles_where_production_meets_loss(exponent):
    """At production p and no other loss a pool of exponent h ends at p^(1 / (1 + h))."""
    model = Model.load("cd4_populations").with_values({"homeostasis_exponent": exponent})
    pools = {"treg_per_uL": "treg_set_point", "b_cells_per_uL": "b_cell_set_point"}
    runs = simulate(
        model,
        Regimen.none(),
        times_h=[0.0, 60_000.0],
        observables=[*pools],
        changes=[Change(0.0, "lymphocyte_production", 0.3, sets=True)],
    )
    for name, set_point in pools.items():
        start, end = runs.get(0, name) / model.values[set_point]
        assert start == pytest.approx(1.0, rel=1e-6)
        assert end == pytest.approx(0.3 ** (1 / (1 + exponent)), rel=1e-4)
