"""What the packaged patient must do; each demand with the tolerance it is stated with."""

import numpy as np
import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.behaviours.courses import DAY, SORAFENIB, TEMOZOLOMIDE
from il15_sim.behaviours.patient import BEHAVIOURS, exposure, steady


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_packaged_patient_shows_it(model, name):
    verdict = BEHAVIOURS[name](model)
    assert verdict.holds, f"{verdict.sentence}: {dict(verdict.numbers)}"


@pytest.mark.parametrize("variant", ["no_mica", "no_nkg2d_signal", "high_smica", "conversion"])
def test_every_patient_type_has_its_own_steady_state(model, variant):
    assert steady(model.with_variant(variant)).holds


def test_a_patient_that_is_not_at_rest_is_told_apart(model):
    # The tumour's growth, when it is left on, is a drift that the measure must see.
    still = model.with_values({"tumour_growth_switch": 0.0})
    runs = simulate(model, Regimen.none(), times_h=[0.0, 2160.0], observables=["tumour_burden_mm"])
    held = simulate(still, Regimen.none(), times_h=[0.0, 2160.0], observables=["tumour_burden_mm"])
    assert runs.values[0, 1, 0] > 1.2 * runs.values[0, 0, 0]
    assert held.values[0, 1, 0] == pytest.approx(held.values[0, 0, 0], rel=1e-6)


def test_exposure_is_judged_not_assumed(model):
    assert not exposure(model.with_values({"sorafenib_exposure_factor": 1.5})).holds


def test_temozolomide_levels_are_those_of_the_label(model):
    """Cmax 7.5 mg/L and AUC 23.4 mg*h/L after 150 mg/m2: geometric means, within 1.25-fold."""
    times = np.linspace(0, 24, 961)
    runs = simulate(model, Regimen.parse("temozolomide 150 mg/m2 q24h x 1 d"), times_h=times)
    level = runs.get(0, "temozolomide_mg_per_L")
    assert 7.5 / 1.25 < level.max() < 7.5 * 1.25
    assert 23.4 / 1.25 < np.trapezoid(level, times) < 23.4 * 1.25
    assert times[level.argmax()] == pytest.approx(1.0, abs=0.15)


def test_plasma_il15_hardly_moves_while_surface_complexes_double(model):
    """Sorafenib acts through local surface density: plasma IL-15 stays some pg/mL."""
    runs = simulate(model, SORAFENIB + TEMOZOLOMIDE, times_h=[0.0, 24 * DAY])
    plasma = runs.get(0, "il15_plasma_pg_per_mL")
    complexes = runs.get(0, "il15_complex_monocyte")
    assert 5.5 < plasma[0] < 8.7
    assert plasma[1] / plasma[0] < 1.3
    assert complexes[1] / complexes[0] > 1.5


def test_baselines_are_those_of_the_evidence(model):
    start = simulate(model, Regimen.none(), times_h=[0.0]).to_frame().set_index("observable")
    value = start["value"]
    assert value["cd4_nkg2d_percent"] == pytest.approx((1.4 * 5.3) ** 0.5, rel=0.02)
    assert value["th1_percent_of_cd4_nkg2d"] == pytest.approx(40.6, rel=0.02)
    # Healthy counts times 1783 / 2252, the lymphocytes in metastatic over disease-free melanoma.
    assert value["lymphocytes_per_uL"] == pytest.approx(1783, rel=0.02)
    assert value["cd4_per_uL"] == pytest.approx(838 * 1783 / 2252, rel=0.02)
    assert 100 < value["smica_plasma_pg_per_mL"] < 250
    assert value["nk_per_uL"] == pytest.approx(424 * 1783 / 2252, rel=0.02)
    assert value["cd8_per_uL"] == pytest.approx(644 * 1783 / 2252, rel=0.02)


def test_il15_expands_nk_most_and_cd4_least(model):
    """Order of expansion under recombinant IL-15 (Conlon 2015, Miller 2018)."""
    for text in ("il15 2 ug/kg iv over 24 h q24h x 10 d", "il15 2 ug/kg sc q24h x 10 d"):
        runs = simulate(model, Regimen.parse(text), until_days=28)
        nk, cd8, cd4 = (
            runs.get(0, o).max() / runs.get(0, o)[0]
            for o in ("nk_per_uL", "cd8_per_uL", "cd4_per_uL")
        )
        assert nk > cd8 > cd4
        assert cd4 < 3
