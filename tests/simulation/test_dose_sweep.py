"""Sweeps of regimens give what single simulations give."""

import numpy as np
import pytest

from il15_sim import InputError, Model, Regimen, dose_sweep, simulate
from il15_sim.endpoints import cmax, trough

TOTAL = "sorafenib_total_mg_per_L"
ASKED = [cmax(TOTAL), trough(TOTAL, day=2)]


@pytest.fixture(scope="module")
def model():
    return Model.load("sorafenib_pk")


def test_every_number_is_that_of_the_arm_simulated_alone(model):
    axes = {"dose": [400, 200], "every": [12, 24]}
    found = dose_sweep(model, "sorafenib {dose} mg q{every}h x 3 d", axes, ASKED)
    assert found[ASKED[0].name].dims == ("dose", "every")
    for dose in (400, 200):
        for every in (12, 24):
            own = found.sel(dose=dose, every=every)
            regimen = Regimen.oral("sorafenib", dose_mg=dose, every_h=every, days=3)
            alone = simulate(model, regimen, until_days=3, endpoints=ASKED)
            assert own["regimen"].item() == str(regimen)
            assert own["status"].item() == "ok"
            for endpoint in ASKED:
                assert own[endpoint.name].item() == alone[endpoint.name].item()


def test_axes_know_their_units_and_a_patient_is_used(model):
    text = "sorafenib {dose} mg q12h x {length} d; hold d{start}-d2"
    axes = {"dose": [200, 400], "length": [3, 4], "start": [0, 1]}
    one = dose_sweep(model, text, axes, ASKED[0], {"sorafenib_volume": 200.0})
    other = dose_sweep(model, text, axes, ASKED[0])
    assert [one[name].attrs.get("units") for name in axes] == ["mg", "d", None]
    assert (one[ASKED[0].name] < other[ASKED[0].name]).all()
    assert one[ASKED[0].name].attrs["units"] == "mg/L"
    np.testing.assert_array_equal(one["length"], [3.0, 4.0])


TEXT = "sorafenib {dose} mg q12h x 3 d"


@pytest.mark.parametrize(
    ("template", "axes", "told"),
    [
        ("sorafenib {dos} mg bid x 3 d", {"dose": [1, 2]}, "unknown axis 'dos'; did you mean"),
        (TEXT, {"dose": [1, 2], "every": [8, 12]}, "axis 'every' is not in the template; write {"),
        ("sorafenib 400 mg bid x 3 d", {"dose": [1, 2]}, "x 3 d' has no gap; write e.g."),
        (None, {"dose": [1, 2]}, "template None; give the text of a regimen"),
        (TEXT, {"dose": [100, 200, 100.0]}, "axis 'dose' has 100 twice; give each value once"),
        (TEXT, {"dose": [100]}, "axis 'dose' has 1 value; a sweep needs two or more; write a"),
        (TEXT, {"dose": [100, "x"]}, "'x' on axis 'dose'; it is no finite number"),
        (TEXT, [100, 200], "axes [100, 200]; give e.g. {"),
        (
            "sorafenib {status} mg bid x 3 d",
            {"status": [100, 200]},
            "an axis is called 'status'; the result has another variable of that name; choose",
        ),
        (TEXT, {"dose": "100"}, "axis 'dose' is '100'; give a list of numbers"),
        (TEXT, {"dose": [100, -5]}, "dose = -5: regimen 'sorafenib -5 mg q12h x 3 d', column"),
    ],
)
def test_bad_sweeps_are_refused(model, template, axes, told):
    with pytest.raises(InputError) as error:
        dose_sweep(model, template, axes, ASKED)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("endpoints", "asked", "told"),
    [
        ([], {}, "no endpoint; give some"),
        (cmax(TOTAL).named("dose"), {}, "an axis is called 'dose'; the result has another"),
        (ASKED, {"times_h": [1]}, "argument 'times_h'; a sweep reports endpoints of one patient"),
        (ASKED, {"parameters": [{}]}, "parameters list; a sweep is of one patient"),
    ],
)
def test_a_sweep_is_of_endpoints_of_one_patient(model, endpoints, asked, told):
    with pytest.raises(InputError, match=told):
        dose_sweep(model, TEXT, {"dose": [100, 200]}, endpoints, **asked)
