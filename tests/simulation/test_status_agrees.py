"""A simulation that fails has the same status on both engines."""

import shutil

import numpy as np
import pandas as pd
import pytest

from il15_sim import Change, InputError, Model, Regimen, endpoints, simulate
from il15_sim.files.resources import models_dir as packaged_models_dir
from il15_sim.simulation.block import STATUS
from il15_sim.simulation.reference_engine import engine_for
from il15_sim.simulation.steady_state import MAX_DRIFT_90_DAYS, drift, frozen_values

RESTLESS = "no steady state: not at rest when the search ended"

#: The rate of x, of y, and what becomes of a run that begins at the untreated steady state.
RATES = {
    "at rest": ("0", "0", "ok"),
    "comes to rest": ("1 - x", "x - y", "ok"),
    "to infinity within an hour": ("x^2", "0", RESTLESS),
    "exponential growth": ("0.01 * x", "0", RESTLESS),
    "growth that overflows": ("x", "0", RESTLESS),
    "steady growth": ("1", "0", RESTLESS),
    "an oscillator": ("y", "-x", RESTLESS),
    "rests below zero": ("-1 - x", "0", "no steady state: rests below zero"),
    "falls for ever": ("-1", "0", RESTLESS),
    "no rate to begin with": ("1 / (x - 1)", "0", "not finite at the start"),
    "a logarithm of a negative number": ("ln(x - 2)", "0", "not finite at the start"),
    "a root of a negative number": ("(x - 2)^0.5", "0", "not finite at the start"),
}  # fmt: skip


def made_model(folder, x_rate, y_rate, unit="3600 second"):
    """A model of two states that begin at one, in a folder of models."""
    shutil.copytree(packaged_models_dir(), folder)
    (folder / "modules" / "made.ant").write_text(
        f"""module made()
  unit time_unit = {unit};
  unit ratio = dimensionless;
  var x, y;
  x has ratio;
  y has ratio;
  x = 1;
  y = 1;
  x' = {x_rate};
  y' = {y_rate};
end
"""
    )
    return Model.load("made", models_dir=folder, variants=())


def told(model, engine, **asked):
    runs = simulate(model, until_days=1, engine=engine, observables="x", **asked)
    return STATUS[int(runs["status"][0])]


@pytest.mark.parametrize("name", RATES)
def test_a_search_for_rest_ends_under_one_name(tmp_path, name):
    x_rate, y_rate, status = RATES[name]
    model = made_model(tmp_path / "m", x_rate, y_rate)
    assert {engine: told(model, engine) for engine in ("batch", "reference")} == {
        "batch": status,
        "reference": status,
    }


@pytest.mark.parametrize(
    ("amount", "status"),
    [
        (-0.5, "ok"),
        (2.0, "step size too small"),
        (1.7e308, "not finite after a dose"),
    ],
)
def test_a_run_that_fails_later_fails_under_one_name(tmp_path, amount, status):
    model = made_model(tmp_path / "m", "x^2 - x", "0")  # steady at one, and for no other size
    changes = [Change(1.0, "x", amount), Change(1.0, "x", amount / 2)]
    for engine in ("batch", "reference"):
        assert told(model, engine, changes=changes) == status


def far_out(model, seed, decades, rows):
    """All constants far out of their bounds, but exponents: CVODE meets roots of what is empty."""
    exponents = ("hill", "slope", "exponent", "divisions")
    names = [n for n, v in model.values.items() if v > 0 and not any(e in n for e in exponents)]
    rng = np.random.default_rng(seed)
    own = np.array([model.values[n] for n in names])
    factors = 10.0 ** rng.uniform(-decades, decades, (rows, len(names)))
    return pd.DataFrame(own * factors, columns=names)


@pytest.fixture(scope="module")
def patients():
    model = Model.load("patient")
    draws = ((5, 1), (8, 1), (11, 1), (12, 1.5), (6, 2), (13, 2))
    return model, pd.concat([far_out(model, *draw, 8) for draw in draws], ignore_index=True)


def test_patients_far_out_of_bounds_fail_alike(patients):
    model, table = patients
    regimen = Regimen.parse("sorafenib 400 mg q12h x 2 d")
    batch, reference = (
        simulate(
            model, regimen, table, engine=engine, until_days=2,
            endpoints=endpoints.cmax("sorafenib_total_mg_per_L"),
        )["status"].values
        for engine in ("batch", "reference")
    )  # fmt: skip
    assert (batch == 0).sum() >= 8
    assert (batch != 0).sum() >= 8
    # CVODE does not get to the end of every search: then, and only then, may it be told apart.
    gave_up = reference == STATUS.index(RESTLESS)
    assert np.array_equal(batch[~gave_up], reference[~gave_up])
    assert (batch == reference).mean() >= 0.85


def test_what_the_batch_engine_calls_rest_is_rest_by_the_rates_of_the_reference(patients):
    model, table = patients
    # So short that tumours, which grow from then on, are where they rested.
    runs = simulate(model, parameters=table, until_days=1e-10, final_state=True)
    rested = np.flatnonzero(runs["status"].values == 0)
    assert len(rested) >= 8
    for i in rested:
        patient, engine = model.with_values(table.loc[i].to_dict()), engine_for(model)
        states = dict(zip(model.states, runs["final_state"].values[i].tolist(), strict=True))
        engine.start(frozen_values(patient), states, 1e-8, model.states)
        assert drift(engine, states)[0] < 2 * MAX_DRIFT_90_DAYS


def test_a_model_in_other_units_of_time_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"model 'made' counts time in min; .* count hours; write"):
        made_model(tmp_path / "m", "0", "0", unit="60 second")
