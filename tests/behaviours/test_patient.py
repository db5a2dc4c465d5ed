"""What the packaged patient must do; each demand with the tolerance it is stated with."""

import numpy as np
import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.behaviours.patient import (
    BEHAVIOURS,
    DAY,
    KNOCK_OUTS,
    SORAFENIB,
    TEMOZOLOMIDE,
    exposure,
    rise,
    steady,
    subset,
    subset_rises,
)


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


def test_without_a_link_the_subset_does_not_count_as_risen(model):
    assert not subset(model.with_values({"dap10_activity": 0.0})).holds


#: Schedules of temozolomide in trials of melanoma: the usual ones, one week in two, low and long.
SCHEDULES = {
    "150 mg/m2 d1-5/28": TEMOZOLOMIDE,
    "200 mg/m2 d1-5/28": Regimen.parse("temozolomide 200 mg/m2 q24h d1-5/28 x 56 d"),
    "150 mg/m2 d1-7/14": Regimen.parse("temozolomide 150 mg/m2 q24h d1-7/14 x 56 d"),
    "75 mg/m2 d1-42/56": Regimen.parse("temozolomide 75 mg/m2 q24h d1-42/56 x 56 d"),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_by_count_a_quarter_of_the_rise_at_most_is_left_at_every_schedule(model, schedule):
    other = SCHEDULES[schedule]
    patients = [{}, *KNOCK_OUTS.values()]
    regimens = [SORAFENIB + other] * len(patients) + [other]
    runs = simulate(
        model, regimens, times_h=[0.0, 24 * DAY], parameters=[*patients, {}], names=None
    )
    reference, *left = (rise(runs, i).count for i in range(len(regimens)))
    assert reference > 0
    assert max(left) <= 0.25 * reference


def test_the_knock_outs_are_those_of_the_packaged_variants(model):
    names = ("no_il15ra_induction", "no_mica", "no_nkg2d_signal")
    for name, values in zip(names, KNOCK_OUTS.values(), strict=True):
        changed = {k: v for k, v in model.with_variant(name).values.items() if v != model.values[k]}
        assert changed == values


def test_each_knock_out_has_its_own_baseline(model):
    runs = simulate(
        model,
        [Regimen.none()] * 4,
        times_h=[0.0],
        parameters=[{}, *KNOCK_OUTS.values()],
    )
    percent = runs.values[:, 0, runs.observables.index("cd4_nkg2d_percent")]
    assert percent[0] == pytest.approx(percent[1], rel=1e-9)  # no drug, no induction
    assert percent[2] < percent[0]
    assert percent[3] < percent[0]


def test_mica_and_dap10_cut_the_same_route(model):
    both = {**KNOCK_OUTS["no MICA/B"], **KNOCK_OUTS["no NKG2D signal"]}
    rises = subset_rises(model.with_values(both), knock_outs=False)
    assert abs(rises["reference, alone"].fold - 1) < 0.1


def test_hypotheses_are_separate_switches(model):
    """Each hypothesis alone; expansion is the packaged one."""
    off = dict.fromkeys(("expansion_switch", "conversion_switch", "redistribution_switch"), 0.0)
    assert [model.values[k] for k in off] == [1.0, 0.0, 0.0]
    folds = {}
    for name in off:
        rises = subset_rises(model.with_values({**off, name: 1.0}), knock_outs=False)
        folds[name] = rises["reference, alone"].fold
    none = subset_rises(model.with_values(off), knock_outs=False)["reference, alone"].fold
    assert len({round(f, 6) for f in folds.values()} | {round(none, 6)}) == 4
    assert folds["expansion_switch"] > 1.25 > none


def test_a_moderate_dose_difference_matters_less_than_any_dose(model):
    runs = simulate(
        model,
        [Regimen.oral("sorafenib", dose_mg=mg, every_h=12, days=56) for mg in (200, 400, 800)],
        times_h=[0.0, 24 * DAY],
    )
    low, middle, high = (rise(runs, i).points for i in range(3))
    assert 0 < low < middle
    assert high < 1.5 * middle


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
