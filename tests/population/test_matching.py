"""Published summaries beside a population: groups, weights, intervals, faults of the table."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from il15_sim import InputError, Model, Population, Regimen, simulate
from il15_sim.endpoints import auc
from il15_sim.population import Summary, Target, match, read_summaries
from il15_sim.population.matching import COLUMNS
from il15_sim.population.statistics import STATISTICS, scattered

PEOPLE = Population(Model.load(), n=600, seed=1)
EVEN = np.ones(4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", 3.75),
        ("geometric mean", 2.0**1.5),
        ("median", 2.0),
        ("quartile width", 3.0),
        ("lowest", 1.0),
        ("highest", 8.0),
        # Logarithms 0, 1, 2, 3 times ln 2 have a variance of 5/4 of its square.
        ("log CV percent", 100 * math.sqrt(math.expm1(1.25 * math.log(2) ** 2))),
    ],
)
def test_statistics_of_four_numbers(name, value):
    assert STATISTICS[name](np.array([8.0, 1.0, 4.0, 2.0]), EVEN) == pytest.approx(value)


@pytest.mark.parametrize("name", [n for n in STATISTICS if n not in ("lowest", "highest")])
def test_a_weight_of_two_is_two_people(name):
    x = np.array([5.0, 1.0, 3.0, 2.0])
    twice = np.array([5.0, 5.0, 1.0, 3.0, 2.0, 2.0])
    weights = np.array([2.0, 1.0, 1.0, 2.0])
    assert STATISTICS[name](x, weights) == pytest.approx(STATISTICS[name](twice, np.ones(6)))


def test_the_interval_of_a_share_is_binomial():
    x = (np.arange(1000) < 640).astype(float)
    value, low, high = scattered("share", x, np.ones(1000), 23, seed=1)
    assert value == pytest.approx(0.64)
    assert (low, high) == pytest.approx(binom.interval(0.95, 23, 0.64) / np.array(23), abs=1 / 23)


def test_the_interval_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(1).normal(10, 2, 5000)
    _, low, high = scattered("mean", x, np.ones(5000), 40, seed=1)
    assert (high - low) / 2 == pytest.approx(1.96 * x.std() / math.sqrt(40), rel=0.1)


def test_exposure_is_that_of_the_cohort_under_the_regimen():
    text = "sorafenib 400 mg q12h x 3 d"
    one = Summary(
        id="auc",
        quantity="sorafenib_total_mg_per_L",
        statistic="mean",
        value=50,
        n=9,
        measure="auc",
        hours=(48.0, 60.0),
        regimen=text,
        variant="cohort_awada2005_400mg",
    )
    few = PEOPLE[:25]
    found = match(few, (one,)).loc["auc"]
    model = Model.load().with_variant("cohort_awada2005_400mg")
    table = few.parameters
    # The cohort scales every patient's exposure.
    name = "sorafenib_exposure_factor"
    table[name] *= model.values[name] / Model.load().values[name]
    area = auc("sorafenib_total_mg_per_L", hours=(48, 60))
    runs = simulate(model, Regimen.parse(text), table, endpoints=[area])
    assert found["population"] == pytest.approx(runs[area.name].values.mean(), rel=1e-6)
    assert found["quantity"] == "auc of sorafenib_total_mg_per_L"


def test_weights_and_groups_count():
    one = Summary("old", "age_years", "mean", 60, 50, among="sex == 'female'")
    women = (PEOPLE.covariates["sex"] == "female").to_numpy()
    ages = PEOPLE.covariates["age_years"].to_numpy()
    plain = match(PEOPLE, (one,)).loc["old"]
    assert plain["population"] == pytest.approx(ages[women].mean())
    assert plain["patients"] == women.sum()
    new = PEOPLE.weighted(Target.mean("age_years", 60))
    w = new.weights.to_numpy()
    told = match(new, (one,)).loc["old", "population"]
    assert told == pytest.approx((w * ages)[women].sum() / w[women].sum())


def test_verdicts_follow_the_interval():
    base = Summary("a", "age_years", "mean", 57, 50)
    far = replace(base, id="b", value=70)
    rare = replace(base, id="c", among="age_years > 85")
    found = match(PEOPLE, (base, far, rare))
    assert found["verdict"].tolist() == ["inside", "missed", "too few patients"]
    assert found.loc["a", "lower95"] < 57 < found.loc["a", "upper95"] < 70
    assert math.isnan(found.loc["c", "population"])


def test_what_the_tables_were_set_from_is_shown_by_the_population():
    """Where a table was set from a number, most patients' groups show it; the match tells which."""
    asked = tuple(s for s in read_summaries() if s.used == "fit" and not s.measure)
    found = match(Population(Model.load(), n=4000, seed=2), asked)
    for name in ("smica", "lymphocytes", "burden", "surface_men", "surface_women", "subset_young"):
        assert found.loc[name, "verdict"] == "inside", name


ROW = {"id": "a", "quantity": "age_years", "statistic": "mean", "value": "5", "n": "9"}
ROW |= {"used": "fit", "source": "made up"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"statistic": "mode"}, "line 2: unknown statistic 'mode'"),
        ({"measure": "tmax"}, "line 2: unknown measure 'tmax'"),
        ({"used": "fitted"}, "line 2: unknown used 'fitted'; did you mean 'fit'"),
        ({"value": "x"}, "line 2: value is not a number: 'x'"),
        ({"n": "0"}, "line 2: n 0 is not a whole number from 1 on"),
        ({"measure": "auc", "fromH": "soon"}, "line 2: fromH is not a number: 'soon'"),
    ],
)
def test_faults_of_the_table_are_told(tmp_path, change, text):
    path = tmp_path / "summaries.tsv"
    cells = [(ROW | change).get(c, "") for c in COLUMNS]
    path.write_text("\t".join(COLUMNS) + "\n" + "\t".join(cells) + "\n")
    with pytest.raises(InputError, match=text):
        read_summaries(path)


def test_a_regimen_that_cannot_be_read_is_told_with_its_summary():
    one = Summary("x", "sorafenib_total_mg_per_L", "mean", 1, 9, measure="auc", regimen="much")
    with pytest.raises(InputError, match="summary 'x': regimen 'much'"):
        match(PEOPLE, (replace(one, hours=(0.0, 12.0)),))


def test_patients_without_a_steady_state_are_counted(monkeypatch):
    """A patient that fails has no numbers, is told, meets no condition and weighs nothing."""
    table = PEOPLE[:50].baseline.copy()
    table.iloc[3, :-1] = np.nan
    table.iloc[3, -1] = "no steady state"
    monkeypatch.setattr("il15_sim.population.virtual.untreated", lambda *_, **__: table)
    people = Population(Model.load(), n=50, seed=1)
    with pytest.warns(UserWarning, match="1 of 50 patients have no untreated steady state"):
        assert people.failures.to_dict() == {3: "no steady state"}
    assert not people.truth("nk_per_uL > 0")[3]
    assert not people.truth("not nk_per_uL > 0").any()
    assert people.truth("age_years > 0")[3]
    weights = people.weighted(Target.mean("nk_per_uL", float(table["nk_per_uL"].mean()))).weights
    assert weights[3] == 0
    assert people.select("status == 'ok'", "who can be simulated").numbers.size == 49
