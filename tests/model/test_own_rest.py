"""What IL-15 engages is counted against the same patient at rest."""

import numpy as np
import pytest

from il15_sim import Change, Model, Regimen, simulate
from il15_sim.model.frozen_model import SHIPPED_VARIANTS

SORAFENIB = Regimen.parse("sorafenib 400 mg q12h x 28 d")
PATIENTS = {
    "packaged": {},
    "twice the receptors": {"receptor_B_number": 296.0},
    "twice the contact": {"trans_contact_share": 0.002},
    "no MICA": {"mica_expression": 0.0},
    "more IL-15": {"il15_production_plasma": 3.0},
}


@pytest.mark.parametrize("engine", ["batch", "reference"])
@pytest.mark.parametrize("patient", PATIENTS)
def test_at_rest_every_patient_has_an_engagement_of_one(engine, patient):
    runs = simulate(
        Model.load(),
        [SORAFENIB, Regimen.none()],
        parameters=PATIENTS[patient],
        times_h=[0.0, 24 * 28],
        observables=["il15_engagement", "engaged_share", "engaged_at_rest"],
        engine=engine,
    )
    assert runs.status == ("ok", "ok")
    engagement = runs["il15_engagement"].values
    np.testing.assert_allclose(engagement[:, 0], 1.0, rtol=1e-4)
    share, rest = runs["engaged_share"].values, runs["engaged_at_rest"].values
    np.testing.assert_allclose(rest, np.broadcast_to(rest[:, :1], rest.shape), rtol=1e-9)
    np.testing.assert_allclose(engagement, share / rest, rtol=1e-9)
    assert engagement[0, 1] > 1.2


def test_patients_whose_shares_differ_rest_alike():
    """More contact engages more, which cells that are used to it do not take for a signal."""
    runs = simulate(
        Model.load(),
        [Regimen.none()] * 2,
        parameters=[{}, {"trans_contact_share": 0.002}],
        times_h=[0.0],
        observables=["engaged_share", "nkg2d_cd4", "th1_percent_of_cd4_nkg2d"],
    )
    share, nkg2d, th1 = (runs[o].values[:, 0] for o in runs.observables)
    assert share[1] > 1.5 * share[0]
    assert nkg2d[1] == pytest.approx(nkg2d[0], rel=1e-4)
    assert th1[1] == pytest.approx(th1[0], rel=1e-4)


def test_variants_rest_at_one():
    for variant in ("il15_in_complex", "no_mica", "n803"):
        model = Model.load(variants=(*SHIPPED_VARIANTS, variant))
        found = simulate(model, times_h=[0.0], observables=["il15_engagement"])
        assert found.get(0, "il15_engagement")[0] == pytest.approx(1.0, rel=1e-4), variant


def test_without_any_il15_engagement_is_nothing_and_finite():
    alone = Model.load("own_rest")
    asked = {"times_h": [0.0, 24.0], "observables": ["il15_engagement"]}
    none = simulate(alone, parameters={"engaged_share": 0.0}, **asked).get(0, "il15_engagement")
    np.testing.assert_allclose(none, 0.0, atol=1e-9)
    rise = Change(0, "engaged_share", 0.008, sets=True)
    risen = simulate(alone, changes=rise, **asked).get(0, "il15_engagement")
    np.testing.assert_allclose(risen, 0.008 / alone.values["engaged_share"], rtol=1e-6)


def test_a_cell_in_a_dish_has_no_patient_to_be_compared_with():
    dish = Model.load("cd4_signalling")
    assert "engaged_share" in dish.facts.assigned
    assert "il15_engagement" not in {*dish.observables, *dish.values, *dish.facts.assigned}
