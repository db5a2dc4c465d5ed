"""IL-15 agonists: what the verdict must refuse, and what was not fitted."""

import numpy as np
import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.behaviours.agonists import TRIALS, agonists
from il15_sim.data import read_study
from il15_sim.files.resources import models_dir
from il15_sim.model.variant import Variant

WEEKLY = Regimen.parse("il15 10 ug/kg sc q168h x 28 d")


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.fixture(scope="module")
def n803(model):
    return model.with_variant("n803")


def levels(model, regimen, times_h, observable="agonist_pM"):
    return simulate(model, regimen, times_h=times_h, observables=[observable]).get(0, observable)


def test_the_arms_of_n803_are_the_variant():
    variant = Variant.read(models_dir() / "variants" / "n803.tsv").values()
    for name in ("romee2018", "margolin2018", "rubinstein2022"):
        for arm in read_study(name).experiments.values():
            assert dict(arm.overrides) == dict(variant)


def test_the_trials_are_those_that_were_fitted():
    used = {m.used for name in TRIALS for m in read_study(name).measurements}
    assert used == {"fit"}


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"nk_division_max": 0.005}, "fold of NK cells"),
        ({"cd8_division_max": 0.04}, "fold of CD8 cells"),
        ({"agonist_uptake_per_kg": 0.00005}, "half-life"),
    ],
)
def test_a_model_that_misses_a_trial_is_told_apart(model, changed, wrong):
    told, usual = agonists(model.with_values(changed)), agonists(model)
    assert usual.holds
    assert not told.holds
    name = next(n for n in told.numbers if wrong in n)
    assert abs(np.log(told.numbers[name] / usual.numbers[name])) > 0.2


def test_the_sink_grows_with_the_cells(model, n803):
    """A week-long course: N-803 leaves faster after each dose than after the one before."""
    hours = [24.0, 72.0]
    after = [t + 168 * k for k in range(4) for t in hours]
    found = levels(n803, WEEKLY, after).reshape(4, 2)
    half = 48 * np.log(2) / np.log(found[:, 0] / found[:, 1])
    assert np.all(np.diff(half) < 0)
    without = n803.with_values({"agonist_uptake_per_kg": 0.0, "agonist_clearance_per_kg": 0.001})
    found = levels(without, WEEKLY, after).reshape(4, 2)
    half = 48 * np.log(2) / np.log(found[:, 0] / found[:, 1])
    assert half == pytest.approx(half[0], rel=1e-3)


def test_cells_take_up_less_per_cell_of_a_saturating_level(model):
    """At rest one cell's worth of the clearance; at a thousand times the EC50 next to nothing."""
    uptake = model.values["agonist_uptake_per_kg"]
    regimens = [Regimen.parse(f"il15 {ug:g} ug iv at 0 h") for ug in (1e-6, 1e6)]
    with pytest.warns(UserWarning, match="usual"):
        runs = simulate(model, regimens, times_h=[0.0], observables=["agonist_cell_clearance"])
    low, high = (float(runs.get(i, "agonist_cell_clearance")[0]) for i in range(2))
    ratio = model.values["agonist_uptake_cd8_ratio"]
    assert low == pytest.approx(uptake * (1 + ratio), rel=0.02)
    assert high < 1e-3 * low


def test_n803_is_there_for_four_days_and_gone_within_the_week(n803):
    """Romee 2018, Blood 131:2515: after a dose under the skin until 96 h, gone by 168 h."""
    hours = np.arange(0, 169, 1.0)
    found = levels(n803, Regimen.parse("il15 10 ug/kg sc at 0 h"), hours)
    peak = found.max()
    assert found[96] > 0.02 * peak
    assert found[168] < 0.002 * peak


def test_troughs_fall_in_the_second_week(n803):
    """Conlon 2021 (J Immunother Cancer 9:e003388), three doses a week: lower in week 2."""
    doses = (0, 48, 96, 168, 216, 264)
    regimen = Regimen.parse(" + ".join(f"il15 2 ug/kg sc at {t} h" for t in doses))
    found = levels(n803, regimen, [t + 47.9 for t in doses])
    assert np.all(found[3:] < 0.75 * found[:3])


def test_the_peak_of_twice_the_dose_is_one_and_a_half_times_as_high(n803):
    """Rubinstein 2022 (doi:10.4049/jimmunol.2100066), 20 over 10 ug/kg under the skin: 1.5."""
    hours = np.arange(0, 30, 0.25)
    low, high = (
        levels(n803, Regimen.parse(f"il15 {dose} ug/kg sc at 0 h"), hours).max()
        for dose in (10, 20)
    )
    assert 1.4 < high / low < 1.6


def test_nk_cells_desensitise_while_they_see_much_il15(model):
    regimen = Regimen.parse("il15 2 ug/kg iv over 24 h q24h x 10 d")
    hours = [0.0, 120.0, 240.0, 1200.0]
    start, middle, end, late = levels(model, regimen, hours, "nk_desensitisation")
    assert start < 0.02 < middle < end < 1.0
    assert late == pytest.approx(start, abs=0.01)
    blunt = model.with_values({"nk_desensitisation_max": 0.0})
    usual, never = (levels(m, regimen, [240.0], "nk_per_uL")[0] for m in (model, blunt))
    assert usual < 0.7 * never
