"""Covariates by their distributions, their effects, and the faults of both tables."""

import math
import re
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, Model, Population
from il15_sim.files.resources import models_dir
from il15_sim.files.tsv import read_tsv
from il15_sim.population import effects
from il15_sim.population.conditions import names_in, truth_of
from il15_sim.population.covariates import COLUMNS, Distribution, read_covariates

MODEL = Model.load()
MATHS = {name: getattr(math, name) for name in ("sqrt", "exp", "asinh")} | {"ln": math.log}


def rows(name, columns):
    return [row for _, row in read_tsv(models_dir() / name, columns)[0]]


@pytest.mark.parametrize("row", rows("covariates.tsv", COLUMNS))
def test_derived_distributions_are_what_their_formula_says(row):
    if row["kind"] == "derived":
        value = eval(row["fact"].removeprefix("="), {"__builtins__": {}}, MATHS)
        assert float(row["centre"]) == pytest.approx(value, rel=1e-12)
    assert row["kind"] in ("derived", "assumed")
    assert row["note"]


@pytest.mark.parametrize("row", rows("covariate_effects.tsv", effects.COLUMNS))
def test_derived_effects_are_what_their_formulas_say(row):
    for part in filter(None, row["fact"].split("; ")):
        column, formula = part.split(" = ")
        value = eval(formula, {"__builtins__": {}}, MATHS)
        assert float(row[column]) == pytest.approx(value, rel=1e-12)


def test_the_quartiles_of_a_log_normal_give_its_spread_back():
    """Half their distance over the median is the hyperbolic sine of 0.674 log SDs."""
    row = next(r for r in rows("covariate_effects.tsv", effects.COLUMNS) if r["form"] == "spread")
    middle, slope = float(row["atReference"]), float(row["coefficient"])
    for age, median, width in ((30, 1.4, 1.7), (75, 5.3, 8.74)):
        log = NormalDist(math.log(median), middle + slope * (age - float(row["reference"])))
        found = math.exp(log.inv_cdf(0.75)) - math.exp(log.inv_cdf(0.25))
        assert found == pytest.approx(width, rel=1e-9)


def test_the_source_of_the_subset_follows_age():
    people = Population(MODEL, n=40_000, seed=1)
    source = np.log(people.parameters["subset_source"] / MODEL.values["subset_source"])
    slope = math.log(5.3 / 1.4) / 45
    left = source - slope * (people.covariates["age_years"] - 52.5)
    assert left.mean() == pytest.approx(0, abs=4 / 200)
    for low, high in ((25, 35), (70, 80)):
        own = people.truth(f"{low} <= age_years <= {high}")
        sd = math.asinh((1.7 / 2.8) if low == 25 else (8.74 / 10.6)) / NormalDist().inv_cdf(0.75)
        assert left[own].std() == pytest.approx(sd, rel=4 / math.sqrt(2 * own.sum()) + 0.01)


def test_a_distribution_is_cut_and_not_piled_up():
    z = np.random.default_rng(1).normal(size=100_000)
    x = Distribution("age_years", "both", "normal", 57, 14, 40, 70).values(z)
    assert 40 < x.min() < 40.01
    assert 69.99 < x.max() < 70
    law = NormalDist(57, 14)
    share = (law.cdf(50) - law.cdf(40)) / (law.cdf(70) - law.cdf(40))
    assert (x < 50).mean() == pytest.approx(share, abs=4 * 0.5 / math.sqrt(len(x)))
    y = Distribution("weight_kg", "male", "log-normal", 80, 15, 1, 1e4).values(z)
    assert np.median(y) == pytest.approx(80, rel=0.005)
    assert y.std() / y.mean() == pytest.approx(0.15, rel=0.02)


def test_a_stated_cv_stands_alone():
    """Age does nothing to a parameter whose variability the user states."""
    people = Population(MODEL, n=20_000, seed=1, vary={"subset_source": 50.0})
    assert [*people.parameters] == ["subset_source"]
    logs = np.log(people.parameters["subset_source"])
    assert logs.std() == pytest.approx(math.sqrt(math.log(1.25)), rel=0.02)
    assert abs(np.corrcoef(logs, people.covariates["age_years"])[0, 1]) < 4 / math.sqrt(20_000)


def test_a_module_takes_what_it_has():
    people = Population(Model.load("sorafenib_pk"), n=50, seed=1)
    whole = Population(MODEL, n=50, seed=1)
    assert "body_weight" not in people.parameters
    pd.testing.assert_frame_equal(people.covariates, whole.covariates)
    names = [*people.parameters]
    pd.testing.assert_frame_equal(people.parameters, whole.parameters[names])


def written(path, columns, *given):
    lines = [[row.get(c, "") for c in columns] for row in given]
    path.write_text("\n".join("\t".join(cells) for cells in (columns, *lines)) + "\n")
    return path


AGE = {
    **{"covariateId": "age_years", "sex": "both", "distribution": "normal", "centre": "50"},
    **{"spread": "10", "lower": "18", "upper": "90", "kind": "assumed"},
}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sex": "men"}, r"line 2: unknown sex 'men'"),
        ({"distribution": "gamma"}, r"line 2: unknown distribution 'gamma'"),
        (
            {"distribution": "share"},
            r"line 2: distribution 'share' of 'age_years'; share: sex",
        ),
        ({"spread": "0"}, r"line 2: spread 0 of 'age_years'; it is positive"),
        ({"centre": "95"}, r"line 2: centre 95 of 'age_years'; it lies between 18 and 90"),
        ({"sex": "male"}, r"rows of 'age_years': male; each covariate has one row for both sexes"),
        ({}, r"sex, height_cm and weight_kg have to be there"),
        (
            {"covariateId": "sex", "distribution": "share", "centre": "1.5"},
            r"line 2: share of women 1.5; it is 0 to 1",
        ),
    ],
)
def test_faults_of_covariates_are_told(tmp_path, change, text):
    path = written(tmp_path / "covariates.tsv", COLUMNS, AGE | change)
    with pytest.raises(InputError, match=text):
        read_covariates(path)


POWER = {
    **{"parameterId": "volume", "covariateId": "weight_kg", "form": "power", "reference": "80"},
    **{"atReference": "1", "coefficient": "1", "kind": "measured"},
}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"parameterId": "volum"}, "line 2: unknown parameter 'volum'; did you mean 'volume'"),
        ({"covariateId": "weight"}, "line 2: unknown covariate 'weight'; did you mean 'weight_kg'"),
        ({"form": "linear"}, "line 2: unknown form 'linear'"),
        ({"form": "female"}, "line 2: form 'female' of 'weight_kg'; female is for the sex"),
        ({"covariateId": "sex"}, "line 2: form 'power' of 'sex'; female is for the sex"),
        ({"coefficient": "x"}, "line 2: coefficient is not a number: 'x'"),
        ({"reference": "-1"}, "line 2: reference is not positive; it is divided by"),
    ],
)
def test_faults_of_effects_are_told(tmp_path, change, text):
    path = written(tmp_path / "effects.tsv", effects.COLUMNS, POWER | change)
    with pytest.raises(InputError, match=text):
        effects.read_effects(path, ["volume"], ["weight_kg", "sex"])


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("age_years <", "condition 'age_years <' cannot be read; write it like"),
        ("1 < 2", "condition '1 < 2' names nothing"),
        ("age_years + 1", "it is not true or false of each patient"),
        ("sex < 3", "condition 'sex < 3'; "),
    ],
)
def test_conditions_that_are_none_are_told(condition, text):
    table = pd.DataFrame({"age_years": [40.0, 60.0], "sex": ["male", "female"]})

    def read():
        names_in(condition)
        return truth_of(condition, table)

    with pytest.raises(InputError, match=re.escape(text)):
        read()


def test_who_is_selected_keeps_number_and_draws():
    people = Population(MODEL, n=200, seed=1)
    old = people.select("age_years >= 60 and sex == 'female'", "the older women")
    own = people.covariates.query("age_years >= 60 and sex == 'female'")
    assert old.numbers.tolist() == own.index.tolist()
    pd.testing.assert_frame_equal(old.parameters, people.parameters.loc[old.numbers])
    same = people.select((people.covariates["age_years"] > 60).to_numpy(), "by hand")
    assert same.steps == (f"by hand: kept {len(same)} of 200",)
    assert "by hand" in repr(same)


def test_selections_that_are_none_are_told():
    people = Population(MODEL, n=20, seed=1)
    for which, why, text in (
        ("age_years > 60", " ", "a selection without a reason; say why"),
        ("age_years > 160", "very old", "nobody is left: very old; widen the condition"),
        ([1.0] * 20, "numbers", "type float64; give 20 of True and False"),
        ([True], "one", "shape"),
        ("age > 60", "old", "unknown covariate, parameter or biomarker 'age'"),
    ):
        with pytest.raises(InputError, match=text):
            people.select(which, why)
