"""Killing of tumour cells: whatever the size of the tumour, and under each hypothesis."""

import numpy as np
import pytest

from il15_sim import Model, Regimen
from il15_sim.model.frozen_model import SHIPPED_VARIANTS
from il15_sim.simulation import simulate

KILL = "tumour_kill_by_cells"


@pytest.fixture(scope="module")
def patient():
    return Model.load()


def resting(model, **values):
    """Killing by cells before any treatment, per hour."""
    runs = simulate(model, parameters=values or None, times_h=[0.0], observables=[KILL])
    return float(runs.get(0, KILL)[0])


def test_killing_of_a_tumour_cell_does_not_grow_with_the_tumour(patient):
    # A larger tumour sheds more MICA and draws more cells: only the latter counts here.
    alone = patient.with_values({"nkg2d_downmodulation_max": 0.0, "tumour_growth": 1.5e-3})
    told = [KILL, "tumour_relative", "subset_in_tumour", "killers_in_tumour"]
    runs = simulate(alone, Regimen.none(), times_h=[0.0, 24 * 84.0], observables=told)
    kill, size, cells, killers = (np.divide(*runs.get(0, o)[::-1]) for o in told)
    assert size > 5
    assert cells > 1.2
    v = patient.values
    by_subset = v["kill_share_subset"] / (v["kill_share_subset"] + v["kill_share_nk"])
    assert kill == pytest.approx(1 + by_subset * (killers - 1), rel=1e-3)
    assert killers == pytest.approx(cells / size**0.33, rel=1e-3)
    # The subset itself may have changed; as the tumour did, killing would have.
    assert kill < 0.8 * size**0.33


def test_killing_at_rest_is_its_share_of_growth(patient):
    v = patient.values
    share = v["kill_share_subset"] + v["kill_share_nk"]
    assert resting(patient) == pytest.approx(share * v["tumour_growth"], rel=2e-3)


def test_fast_tumours_are_killed_faster_unless_killing_is_the_same_in_all(patient):
    fast = 2 * patient.values["tumour_growth"]
    usual = resting(patient)
    assert resting(patient, tumour_growth=fast) == pytest.approx(2 * usual, rel=1e-6)
    same = Model.load(variants=(*SHIPPED_VARIANTS, "kill_same_rate"))
    assert resting(same) == pytest.approx(usual, rel=1e-6)
    assert resting(same, tumour_growth=fast) == pytest.approx(usual, rel=1e-6)


def test_a_larger_subset_at_rest_kills_more_only_where_the_hypothesis_is_on(patient):
    more = 2 * patient.values["subset_source"]
    assert resting(patient, subset_source=more) == pytest.approx(resting(patient), rel=2e-3)
    own = Model.load(variants=(*SHIPPED_VARIANTS, "kill_by_own_subset"))
    # The reference patient is the same under both, as far as killers_typical is its level.
    assert resting(own) == pytest.approx(resting(patient), rel=0.02)
    assert resting(own, subset_source=more) > 1.4 * resting(patient)


def test_nothing_is_killed_without_mica(patient):
    assert resting(patient, mica_expression=0.0) == pytest.approx(0, abs=1e-12)
    assert resting(patient, mica_expression=0.5) < resting(patient)


def test_soluble_mica_leaves_nkg2d_alone_where_the_hypothesis_is_off():
    off = Model.load(variants=(*SHIPPED_VARIANTS, "no_smica_downmodulation"))
    more = 10 * off.values["smica_other_source"]
    levels = [
        simulate(off, parameters=p, times_h=[0.0], observables=["nkg2d_cd4"]).get(0, "nkg2d_cd4")[0]
        for p in (None, {"smica_other_source": more})
    ]
    assert levels[1] == pytest.approx(levels[0], rel=1e-3)


def test_toxicity_is_a_cumulative_hazard_of_the_level():
    model = Model.load("toxicity")
    v = model.values
    level = 3.0
    runs = simulate(
        model,
        parameters={"sorafenib_total_mg_per_L": level},
        times_h=[0.0, 672.0],
        observables=["dose_limiting_toxicity", "sorafenib_dose_taken"],
        start="model",
    )
    steep = v["toxicity_rate"] * (level / v["toxicity_level"]) ** v["toxicity_exponent"]
    hazard = 672 * (steep + v["toxicity_common"] * level / (level + v["toxicity_common_level"]))
    assert runs.get(0, "dose_limiting_toxicity")[1] == pytest.approx(1 - np.exp(-hazard), rel=1e-4)
    given_up = v["dose_reduction_max"] * (1 - np.exp(-v["dose_reduction_ratio"] * hazard))
    assert runs.get(0, "sorafenib_dose_taken")[1] == pytest.approx(1 - given_up, rel=1e-4)
