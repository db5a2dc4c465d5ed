"""Local sensitivities of models whose slopes are known."""

import math

import numpy as np
import pytest

from il15_sim import InputError, Model, Regimen
from il15_sim.endpoints import auc, value_at
from il15_sim.sensitivity import Factor, factors, local
from tests.sensitivity.known_functions import model_of, value

ASKED = {"start": "model", "until_days": 0.5, "rtol": 1e-9, "progress": False}
END = value_at("y", hour=12).named("end")


@pytest.fixture(scope="module")
def power():
    """Rises towards the square of a over b."""
    return model_of("a = 2; b = 3; c = 1; zero = 0; y = 0; y' = 5*(a^2/b - y)")


FACTORS = (
    Factor("a", 1.0, 5.0),
    Factor("b", 0.3, 30.0, "log-uniform"),
    Factor("c", 0.0, 1.0),
)


@pytest.mark.parametrize("at", [None, {"a": 3.0, "b": 0.7}])
def test_slopes_of_a_power_are_its_exponents(power, at):
    frame = local(power, factors=FACTORS, endpoints=END, at=at, **ASKED).frame
    exponents = [value(frame, name, "log_slope") for name in "abc"]
    assert exponents == pytest.approx([2.0, -1.0, 0.0], abs=1e-5)
    a = 2.0 if at is None else 3.0
    over = [value(frame, name, "over_range") for name in "abc"]
    assert over == pytest.approx([2.0 * 4.0 / a, -math.log(100), 0.0], abs=1e-4)


def test_intervals_hold_the_slopes_and_are_narrow(power):
    frame = local(power, factors=FACTORS, endpoints=END, **ASKED).frame
    assert (frame["low"] <= frame["value"]).all()
    assert (frame["high"] - frame["low"] < 1e-2).all()


def test_every_hour_has_its_slopes(power):
    # y follows a^2 / b at any time; at the start it is zero.
    found = local(power, factors=FACTORS, observables="y", times_h=[0.0, 0.25, 12.0], **ASKED)
    rows = found.frame[(found.frame["factor"] == "a") & (found.frame["index"] == "log_slope")]
    assert rows["time_h"].tolist() == [0.0, 0.25, 12.0]
    assert np.isnan(rows["value"].iloc[0])
    assert rows["value"].tolist()[1:] == pytest.approx([2.0, 2.0], abs=1e-5)
    (told,) = found.failures.to_dict("records")
    assert (told["output"], told["time_h"], told["failed"]) == ("y", 0.0, 3)
    assert told["where"] == "the value is zero"


def test_the_area_of_an_agonist_is_dose_over_clearance():
    model = Model.load("il15_agonist")
    dose = Regimen.parse("il15 1 ug/kg iv at 0 h")
    named = factors(model, ["agonist_clearance_per_kg", "agonist_volume_per_kg"])
    central = "il15_agonist_central"
    found = local(
        model, dose, named, endpoints=auc(central).named("area"), until_days=30, rtol=1e-8
    )
    # The area of the amount: dose times volume over clearance.
    slopes = found.ranking("area", index="log_slope").set_index("factor")["value"]
    assert slopes["agonist_clearance_per_kg"] == pytest.approx(-1.0, abs=1e-4)
    assert slopes["agonist_volume_per_kg"] == pytest.approx(1.0, abs=1e-4)


def test_by_default_all_that_is_not_zero_is_varied():
    model = Model.load("sorafenib_pk")
    found = local(
        model,
        Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=1),
        endpoints=value_at("sorafenib_total_mg_per_L", hour=24),
    )
    free = {f.name for f in factors(model) if model.values[f.name] != 0}
    assert set(found.frame["factor"]) == free
    assert found.method == "local"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "nothing to analyse; give endpoints, or observables with their times_h"),
        ({"observables": "y"}, "nothing to analyse"),
        ({"times_h": [1.0], "sample": "both"}, "an hour would stand there twice"),
        ({"endpoints": END, "factors": [Factor("zero", 0, 1)]}, "parameter 'zero' is zero"),
        ({"endpoints": END, "factors": [Factor("d", 0, 1)]}, "unknown parameter 'd'"),
        (
            {"endpoints": END, "factors": ["a"]},
            r"'a' where factors stand; .*; make them by factors\(model, \[...\]\)",
        ),
        ({"endpoints": END, "factors": Factor("a", 0, 1)}, "Factor where factors stand"),
        ({"endpoints": END, "factors": []}, "no parameter to differentiate by"),
        ({"endpoints": END, "at": {"a": math.nan}}, "the point cannot be simulated: "),
        ({"endpoints": END, "at": {"e": 1.0}}, "unknown parameter 'e'"),
    ],
)
def test_bad_questions_are_told(power, asked, told):
    with pytest.raises(InputError, match=told):
        local(power, **{"factors": FACTORS, **ASKED, **asked})
