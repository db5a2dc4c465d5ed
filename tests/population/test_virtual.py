"""Virtual patients: each is one person, whoever else is drawn; moments against closed forms."""

import pickle

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, Model, Population, Regimen, simulate
from il15_sim.population import cv_percent, log_sd

MODEL = Model.load()


@pytest.fixture(scope="module")
def many():
    return Population(MODEL, n=20_000, seed=3)


def test_a_patient_is_the_same_alone_in_a_batch_and_in_a_larger_population(many):
    frames = [many.parameters, many.covariates]
    for other in (
        Population(MODEL, n=1, seed=3, first=17),
        Population(MODEL, n=30, seed=3).patient(17),
        Population(MODEL, n=30, seed=3, first=10)[7:8],
        pickle.loads(pickle.dumps(Population(MODEL, n=30, seed=3)))[10:20].patient(17),
    ):
        assert other.numbers.tolist() == [17]
        for frame, whole in zip((other.parameters, other.covariates), frames, strict=True):
            pd.testing.assert_frame_equal(frame, whole.loc[[17]], check_exact=True)


def test_what_else_varies_changes_no_number():
    whole = Population(MODEL, n=50, seed=3).parameters
    few = Population(MODEL, n=50, seed=3, vary=["nk_set_point", "subset_source"]).parameters
    assert [*few] == ["subset_source", "nk_set_point"]
    for name in few:
        assert (few[name] == whole[name]).all()


def test_a_patient_stays_the_same_where_a_link_is_cut():
    """A variant switches one of two correlated parameters off; the other one keeps its number."""
    whole = Population(MODEL, n=40, seed=3).parameters
    cut = MODEL.with_values({"il15ra_inducibility_monocyte": 0.0, "mica_expression": 0.0})
    left = Population(cut, n=40, seed=3).parameters
    gone = {"il15ra_inducibility_monocyte", "mica_expression"}
    assert {*whole} - {*left} == gone
    assert (whole.drop(columns=[*gone]) == left).all(axis=None)
    one = Population(MODEL, n=40, seed=3, vary="il15ra_inducibility_tumour").parameters
    assert (one["il15ra_inducibility_tumour"] == whole["il15ra_inducibility_tumour"]).all()


def test_seeds_and_parameters_are_independent():
    a, b = (np.log(Population(MODEL, n=4000, seed=s).parameters["nk_set_point"]) for s in (1, 2))
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(4000)
    logs = np.log(Population(MODEL, n=4000, seed=1).parameters[["nk_set_point", "treg_set_point"]])
    assert abs(logs.corr().iloc[0, 1]) < 4 / np.sqrt(4000)


@pytest.mark.parametrize("name", ["nk_set_point", "tumour_growth", "sorafenib_clearance"])
def test_parameters_are_log_normal_with_the_cv_of_the_table(many, name):
    x, n = many.parameters[name].to_numpy(), len(many)
    sd = log_sd(MODEL.parameters[name].iiv_cv_percent)
    middle = np.log(MODEL.values[name])
    assert np.log(x).mean() == pytest.approx(middle, abs=4 * sd / np.sqrt(n))
    assert np.log(x).std() == pytest.approx(sd, rel=4 / np.sqrt(2 * n))
    assert cv_percent(sd) == pytest.approx(MODEL.parameters[name].iiv_cv_percent)


def test_body_size_sets_what_a_dose_is_counted_by(many):
    people, values = many.covariates, many.parameters
    assert (values["body_weight"] == people["weight_kg"]).all()
    # Mosteller 1987
    surface = np.sqrt(people["height_cm"] * people["weight_kg"] / 3600)
    np.testing.assert_allclose(values["body_surface_area"], surface, rtol=1e-12)
    by_sex = values["body_surface_area"].groupby(people["sex"]).median()
    assert by_sex["male"] == pytest.approx(2.0, abs=0.02)
    assert by_sex["female"] == pytest.approx(1.7, abs=0.02)


def test_temozolomide_is_cleared_as_in_men_and_women(many):
    # Jen 2000: 11.2 L/h at 2.0 m2 in men, 8.8 L/h at 1.7 m2 in women
    by_sex = many.parameters["temozolomide_clearance_per_m2"].groupby(many.covariates["sex"])
    assert by_sex.median()["male"] == pytest.approx(11.2 / 2.0, rel=0.01)
    assert by_sex.median()["female"] == pytest.approx(8.8 / 1.7, rel=0.01)


def test_patients_are_simulated_under_their_numbers():
    population = Population(MODEL, n=3, seed=1, first=5)
    runs = simulate(MODEL, Regimen.none(), population.parameters, times_h=[0.0])
    assert runs.names == (5, 6, 7)
    assert list(runs.status) == ["ok"] * 3


def test_the_baseline_is_that_of_a_simulation_of_the_same_patients():
    population = Population(MODEL, n=8, seed=1)
    asked = ["cd4_nkg2d_percent", "tumour_burden_mm", "tumour_relative"]
    runs = simulate(MODEL, None, population.parameters, times_h=[0.0, 1.0], observables=asked)
    base = population.baseline
    np.testing.assert_allclose(base["cd4_nkg2d_percent"], runs[asked[0]][:, 0], rtol=1e-6)
    np.testing.assert_allclose(
        base["tumour_burden_mm"], population.parameters["tumour_burden_baseline_mm"], rtol=1e-9
    )
    # The volume of the first hour tells the doubling time.
    days = np.log(2) / np.log(runs["tumour_relative"][:, 1]) / 24
    np.testing.assert_allclose(base["doubling_days"], days, rtol=1e-3)
    assert (population[2:5].baseline == base.iloc[2:5]).all(axis=None)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"n": 0}, "population: n 0; it is 1 to"),
        ({"n": 2.5}, "population: n 2.5 is no whole number"),
        ({"seed": -1}, "population: seed -1; it is 0 to"),
        ({"vary": ["nk_setpoint"]}, "unknown parameter 'nk_setpoint'; did you mean 'nk_set_point'"),
        ({"vary": ["mica_number"]}, "'mica_number' varies between patients; the table gives it no"),
        ({"vary": {"mica_number": -3}}, "CV of 'mica_number' is -3; it is positive, in percent"),
        ({"vary": {"cis_A_number": 30}}, "'cis_A_number' is 0 and varies .*; a log-normal number"),
        ({"vary": []}, "nothing varies between patients"),
    ],
)
def test_what_cannot_be_drawn_is_told(given, text):
    with pytest.raises(InputError, match=text):
        Population(MODEL, **given)


def test_a_seed_may_have_many_digits():
    people = Population(MODEL, n=2, seed=2**63)
    assert not people.parameters.equals(Population(MODEL, n=2, seed=2**63 - 1).parameters)
    with pytest.raises(InputError, match=rf"seed {2**63 + 1}; it is 0 to {2**63}"):
        Population(MODEL, n=2, seed=2**63 + 1)


def test_other_than_a_model_is_told():
    with pytest.raises(InputError, match="'patient' is no Model"):
        Population("patient")


def test_parts_that_are_not_there_are_told(many):
    with pytest.raises(InputError, match=r"population\[3\] is no slice"):
        many[3]
    with pytest.raises(InputError, match="no patient 20000; there are 20000, from 0 to 19999"):
        many.patient(20_000)
    with pytest.raises(InputError, match="no patients; there are 20000"):
        many[5:5]
