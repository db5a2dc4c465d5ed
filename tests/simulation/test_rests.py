"""A compiled SBML text that rests first begins where a model of this package does."""

import pickle

import numpy as np
import pandas as pd
import pytest

from il15_sim import Change, InputError, Model, simulate
from il15_sim.batch.kernel import Kernel
from tests.made.small_models import sbml_of

TEXT = "x' = inflow - rate * x; x = 1; inflow = 2; rate = 0.5;"


def test_it_rests_at_the_balance_of_each_row():
    kernel = Kernel(sbml_of(TEXT), time_unit="h", rests=True)
    rates = np.array([0.25, 0.5, 1.0])
    runs = simulate(
        kernel, parameters=pd.DataFrame({"rate": rates}), times_h=[0, 3], observables=["x"]
    )
    expected = np.repeat(2 / rates[:, None], 2, axis=1)
    np.testing.assert_allclose(runs.data["x"], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("rests", "start"), [(False, "steady_state"), (False, "model"), (True, "model")]
)
def test_without_that_it_begins_as_its_text_says(rests, start):
    kernel = Kernel(sbml_of(TEXT), time_unit="h", rests=rests)
    runs = simulate(kernel, times_h=[0, 1], observables=["x"], start=start)
    assert runs.get(0, "x")[0] == 1.0


def test_a_dish_rests_as_its_model_does():
    model = Model.load("cd4_signalling").with_values({"receptor_B_number": 300.0})
    asked = {
        "times_h": [0.25, 1, 2],
        "observables": ["pstat5_cd4"],
        "changes": Change(0, "il15_soluble", 300, sets=True),
        "rtol": 1e-6,
    }
    found = simulate(pickle.loads(pickle.dumps(Kernel(model.sbml, rests=True))), **asked)
    expected = simulate(model, **asked).get(0, "pstat5_cd4")
    np.testing.assert_allclose(found.get(0, "pstat5_cd4"), expected, rtol=1e-5)


def test_the_reference_engine_does_not_seek_it():
    kernel = Kernel(sbml_of(TEXT), name="dish", time_unit="h", rests=True)
    told = "model 'dish', which rests first, on the reference engine; .*; use engine='batch'"
    with pytest.raises(InputError, match=told):
        simulate(kernel, times_h=[0, 1], observables=["x"], engine="reference")


def test_results_of_both_are_told_apart():
    sbml = sbml_of(TEXT)
    assert Kernel(sbml, rests=True).hash != Kernel(sbml).hash
