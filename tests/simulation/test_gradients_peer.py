"""`gradients` against the forward sensitivities of AMICI, where that is installed.

AMICI compiles each model, which takes about a minute: a slow proof. From the start values of the
model, and from the untreated state, whose own derivatives are part of the answer then. It is no
dependency; CONTRIBUTING.md says how to install it.
"""

import numpy as np
import pytest

from il15_sim import Model, Regimen, gradients
from il15_sim.simulation.steady_state import FROZEN

#: Largest error relative to the largest value of a derivative in the run.
LIMIT = 1e-6

DOSES = " + ".join(f"sorafenib 400 mg at {hours} h" for hours in (1, 13, 25, 37, 49, 61))
CASES = {
    "sorafenib_pk": (
        DOSES,
        ("sorafenib_gut_limit", "sorafenib_absorption_rate", "sorafenib_clearance",
         "sorafenib_volume", "sorafenib_biliary_share", "sorafenib_exposure_loss_max"),
        ("sorafenib_total_mg_per_L", "sorafenib_free_nM"),
    ),
    "patient": (
        # A dose per body surface depends on a parameter itself; a flat one is diluted by it.
        f"{DOSES} + temozolomide 150 mg/m2 at 30 h + temozolomide 250 mg at 54 h",
        ("sorafenib_clearance", "sorafenib_volume", "body_surface_area", "lymphocyte_kill",
         "temozolomide_clearance_per_m2", "mica_shedding", "nkg2d_turnover",
         "il15ra_induction_ec50", "il15ra_induction_hill", "kill_share_subset"),
        ("sorafenib_total_mg_per_L", "temozolomide_mg_per_L", "il15_complex_tumour",
         "smica_plasma_pg_per_mL", "nkg2d_cd4", "pstat5_cd4", "cd4_nkg2d_percent",
         "lymphocytes_per_uL", "tumour_burden_mm"),
    ),
}  # fmt: skip
TIMES_H = (2.0, 7.0, 14.0, 23.0, 31.0, 40.0, 55.0, 71.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_amici(name, tmp_path):
    pytest.importorskip("amici", reason="AMICI is not installed: see CONTRIBUTING.md")
    from tests.oracles.amici_sensitivities import Sensitivities

    text, wrt, observables = CASES[name]
    model, regimen = Model.load(name), Regimen.parse(text)
    peer = Sensitivities(model, regimen, wrt, observables, tmp_path)
    frozen = {k: v for k, v in FROZEN.items() if k in model.values}
    for start, given in (("model", None), ("steady_state", frozen)):
        if given is None or given:
            values, right = peer.run(TIMES_H, given)
            found = gradients(
                model, regimen, wrt=wrt, observables=observables, times_h=TIMES_H, start=start,
                rtol=1e-9,
            )  # fmt: skip
            assert not found["status"].values.any()
            slopes = np.stack([found[o].values[0] for o in observables], -1)
            own = np.array([model.values[p] for p in wrt])
            assert not wrong_slopes(slopes, right, values, own, wrt, observables), start


def wrong_slopes(slopes, right, values, own, wrt, observables):
    """Derivatives (K, T, O) that differ, a line each."""
    # A derivative that is nothing but rounding against its observable has no digits.
    least = 1e-9 * np.abs(values).max(axis=0) / own[:, None]
    largest = np.abs(right).max(axis=1)
    error = np.abs(slopes - right).max(axis=1) / np.maximum(largest, least)
    moved = largest > 1e3 * least
    assert moved.mean() > 0.4  # a comparison of zeros would prove nothing
    assert moved.any(axis=0).all()
    assert moved.any(axis=1).all()
    return [
        f"d {observables[o]} / d {wrt[p]}: {error[p, o]:.2g}"
        for p, o in np.argwhere(~(error < LIMIT))
    ]
