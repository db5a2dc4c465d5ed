"""Soluble MICA, NKG2D and the presenters' IL-15 against what is published of patients."""

import numpy as np
import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.behaviours.ligands import soluble_mica, untreated
from il15_sim.behaviours.patient import steady


@pytest.fixture(scope="module")
def model():
    return Model.load()


def at_rest(model, observable, patients):
    runs = simulate(
        model, Regimen.none(), times_h=[0.0], observables=[observable], parameters=patients
    )
    return runs.values[:, 0, 0]


def test_soluble_mica_is_that_of_cancer_patients_and_of_healthy_people(model):
    """Medians and means in pg/mL: 161 (doi:10.1002/ijc.21382), and 32.4 without a tumour."""
    patients = [{}, {"tumour_to_plasma_volume": 0.0}, {"mica_expression": 0.0}]
    level = at_rest(model, "smica_plasma_pg_per_mL", patients)
    assert level == pytest.approx([161, 32.4, 32.4], rel=1e-3)


#: Cancer over health in one study and kit: lung, pancreas, liver, mouth, myeloma.
PUBLISHED_FOLDS = (143.5 / 32.4, 1107 / 215, 602 / 72.3, 82.2 / 37.5, 429 / 230)


def test_cancer_over_health_is_within_the_published_folds(model):
    with_tumour, without = at_rest(
        model, "smica_plasma_pg_per_mL", [{}, {"tumour_to_plasma_volume": 0.0}]
    )
    assert min(PUBLISHED_FOLDS) < with_tumour / without < max(PUBLISHED_FOLDS)


def test_a_large_tumour_gives_less_than_in_proportion(model):
    small, usual, large = at_rest(
        model,
        "smica_plasma_pg_per_mL",
        [{"tumour_to_plasma_volume": volume} for volume in (0.002, 0.02, 0.2)],
    )
    # A tenth and ten times the volume: less than the power 0.34 of the steepest published relation.
    assert 10**0.34 > usual / small > 1
    assert 10**0.34 > large / usual > 1


def test_soluble_mica_that_grows_with_the_tumour_is_told(model):
    verdict = untreated(model.with_values({"smica_burden_exponent": 0.63}))
    assert not verdict.holds
    assert verdict.numbers["soluble MICA, power of the tumour's size"] > 0.34


def test_nkg2d_of_cancer_patients_is_a_tenth_below_that_of_the_healthy(model):
    """71.23 over 79.39 % of NK cells (doi:10.3892/ijo.2011.1315), by soluble MICA alone."""
    module = Model.load("mica_nkg2d").with_values({"tumour_contact_share": 0.0})
    cancer, healthy = at_rest(module, "nkg2d_cd4", [{}, {"tumour_to_plasma_volume": 0.0}])
    assert cancer / healthy == pytest.approx(71.23 / 79.39, rel=1e-4)


def test_without_the_hypothesis_soluble_mica_does_nothing(model):
    numbers = soluble_mica(model).numbers
    assert numbers["five times, hypothesis off: log-fold left"] == pytest.approx(1, abs=1e-6)
    off = soluble_mica(model.with_values({"smica_downmodulation_switch": 0.0}))
    assert not off.holds
    assert off.numbers["five times: surface NKG2D over the reference"] == pytest.approx(1)


def test_il15_opposes_the_loss_of_nkg2d():
    """Groh 2003 (doi:10.1073/pnas.1632807100): none under soluble MICA where IL-15 is present."""
    module = Model.load("mica_nkg2d")
    much = {"smica_other_source": 4.0}

    def loss(il15, **other):
        told = {"il15_engagement": il15, **other}
        low, high = at_rest(module, "nkg2d_cd4", [told, {**told, **much}])
        return 1 - high / low

    assert loss(1e4) < 1e-3
    assert 0.1 < loss(3.0) < loss(1.0) < loss(0.0)
    # Without the rule more IL-15 saves nothing.
    assert loss(1e4, nkg2d_il15_protection=0.0) == pytest.approx(
        loss(0.0, nkg2d_il15_protection=0.0), rel=0.1
    )


def test_the_patient_with_high_soluble_mica_has_five_times_the_usual(model):
    observable = "smica_plasma_pg_per_mL"
    (high,) = at_rest(model.with_variant("high_smica"), observable, [{}])
    assert high == pytest.approx(805, rel=1e-3)


def test_free_or_complexed_the_il15_of_plasma_is_the_published_level(model):
    """7.1 pg/mL, of which as complex: none as packaged, all in Bergamaschi 2012."""
    v = model.values
    free_loss, bound_loss = v["il15_clearance_plasma"], v["il15_shed_clearance_plasma"]
    for share in (0.0, 0.14, 1.0):
        mean_stay = (1 - share) / free_loss + share / bound_loss
        values = {
            "il15_complexed_share": share,
            "il15_production_plasma": 7.1 / v["il15_molar_mass"] / mean_stay,
            "il15_production_tumour": 0.0,
        }
        runs = simulate(
            model,
            Regimen.none(),
            times_h=[0.0],
            observables=["il15_plasma_pg_per_mL", "il15_shed_plasma", "il15_soluble_plasma"],
            parameters=values,
        )
        total, bound, free = runs.values[0, 0]
        assert total == pytest.approx(7.1, rel=0.05)
        expected = share / bound_loss / mean_stay
        # Presenters shed some complex of their own.
        assert bound / (bound + free) == pytest.approx(expected, abs=0.03)


def test_a_patient_without_a_steady_state_is_not_steady(model):
    # A loss of zero: soluble MICA rises for ever.
    verdict = steady(model.with_values({"smica_clearance": 0.0}))
    assert not verdict.holds
    assert np.isnan(verdict.numbers["largest relative drift"])


@pytest.mark.parametrize("variant", ["no_smica_downmodulation", "il15_in_complex"])
def test_each_hypothesis_has_its_own_steady_state(model, variant):
    assert steady(model.with_variant(variant)).holds


def test_plasma_il15_is_all_bound_in_its_variant(model):
    runs = simulate(
        model.with_variant("il15_in_complex"),
        Regimen.none(),
        times_h=[0.0],
        observables=["il15_plasma_pg_per_mL", "il15_soluble_plasma", "il15_shed_plasma"],
    )
    total, free, bound = runs.values[0, 0]
    assert total == pytest.approx(7.1, rel=0.1)
    assert free / (free + bound) < 0.01
