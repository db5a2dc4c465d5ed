"""`gradients` against the forward sensitivities of AMICI, where that is installed.

AMICI compiles each model, about a minute for the patient: a slow proof. It is no dependency;
CONTRIBUTING.md says how to install it.
"""

import numpy as np
import pytest

from il15_sim import Model, Regimen, gradients

#: Largest error relative to the largest value of a derivative in the run.
LIMIT = 1e-5

DOSES = "sorafenib 400 mg q12h x 3 d"
CASES = {
    "sorafenib_pk": (
        DOSES,
        ("sorafenib_uptake_max", "sorafenib_uptake_km", "sorafenib_gut_loss", "sorafenib_clearance",
         "sorafenib_volume", "sorafenib_biliary_share", "sorafenib_exposure_loss_max"),
        ("sorafenib_total_mg_per_L", "sorafenib_free_nM"),
    ),
    "patient": (
        # A dose per body surface depends on a parameter itself; a flat one is diluted by it.
        f"{DOSES} + temozolomide 150 mg/m2 at 30 h + temozolomide 250 mg at 54 h",
        ("sorafenib_clearance", "sorafenib_volume", "body_surface_area", "lymphocyte_kill",
         "temozolomide_clearance_per_m2", "mica_shedding", "nkg2d_turnover",
         "il15ra_induction_ec50", "il15ra_induction_hill", "tumour_kill_by_subset"),
        ("sorafenib_total_mg_per_L", "temozolomide_mg_per_L", "il15_complex_tumour",
         "smica_plasma_pg_per_mL", "nkg2d_cd4", "pstat5_cd4", "cd4_nkg2d_percent",
         "lymphocytes_per_uL", "tumour_burden_mm"),
    ),
}  # fmt: skip
TIMES_H = (2.0, 7.0, 13.0, 23.0, 31.0, 40.0, 55.0, 71.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_amici(name, tmp_path):
    pytest.importorskip("amici", reason="AMICI is not installed: see CONTRIBUTING.md")
    from amici_sensitivities import sensitivities

    text, wrt, observables = CASES[name]
    model, regimen = Model.load(name), Regimen.parse(text)
    values, right = sensitivities(model, regimen, wrt, observables, TIMES_H, tmp_path)
    found = gradients(
        model, regimen, wrt=wrt, observables=observables, times_h=TIMES_H, start="model",
        rtol=1e-9,
    )  # fmt: skip
    assert not found["status"].values.any()
    slopes = np.stack([found[o].values[0] for o in observables], -1)
    # A derivative that is nothing but rounding against its observable has no digits.
    own = np.array([model.values[p] for p in wrt])[:, None]
    least = 1e-9 * np.abs(values).max(axis=0) / own
    size = np.maximum(np.abs(right).max(axis=1), least)
    error = np.abs(slopes - right).max(axis=1) / size
    moved = np.abs(right).max(axis=1) > 1e3 * least
    assert moved.mean() > 0.4  # a comparison of zeros would prove nothing
    assert moved.any(axis=0).all()
    assert moved.any(axis=1).all()
    wrong = [
        f"d {observables[o]} / d {wrt[p]}: {error[p, o]:.2g}"
        for p, o in np.argwhere(~(error < LIMIT))
    ]
    assert not wrong, "\n".join(wrong)
