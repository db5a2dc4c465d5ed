"""The published arms read as they stand, and every fault is told with its place."""

import shutil

import numpy as np
import pytest
from scipy.stats import binomtest

from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir
from il15_sim.progression import judged, read_trials
from il15_sim.progression.search import deviance

FOLDER = experiments_dir() / "data" / "progression"


@pytest.fixture(scope="module")
def trials():
    return read_trials(FOLDER)


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "data")
    return tmp_path / "data"


def changed(folder, name, old, new):
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_each_trial_has_its_own_calendar(trials):
    arm = trials.arms["eisen2006"]
    assert arm.visits_d == (84, 168)
    assert 1 + arm.criterion.rise == pytest.approx(1.25**0.5)
    assert trials.arms["patel2011"].visits_d == (56, 112, 168, 224)
    assert "assumed" in trials.arms["patel2011"].calendar
    patel = trials.arms["patel2011"].regimen.doses()
    assert [d.time_h / 24 for d in patel[:8]] == [0, 1, 2, 3, 4, 5, 6, 14]


def test_every_reading_that_is_fitted_names_its_source(trials):
    assert all(r.source for r in trials.readings)
    months = {r.id: r.day / 30.4375 for r in trials.readings if r.reported == "median"}
    assert months["b_median"] == pytest.approx(4.2, abs=0.01)
    assert months["middleton_median"] == pytest.approx(1.9, abs=0.01)


def test_intervals_are_those_of_clopper_and_pearson(trials):
    table = judged(trials.readings, [r.share for r in trials.readings]).set_index("reading")
    exact = binomtest(27, 34).proportion_ci(0.95, "exact")
    row = table.loc["eisen_grown"]
    assert (row["lower"], row["upper"]) == pytest.approx((exact.low, exact.high), abs=2e-3)
    assert (table.loc["patel_median", "lower"], table.loc["patel_median", "upper"]) == (0.38, 0.62)
    assert table["holds"].all()


def test_a_deviance_is_twice_the_log_likelihood_below_the_best(trials):
    readings = tuple(r for r in trials.readings if r.id in ("eisen_grown", "patel_response"))
    predicted = {"patel_response": 0.2, "eisen_grown": 0.7}
    told = deviance(readings, np.array([predicted[r.id] for r in readings]), 100)
    weighs = {"patel_response": 100, "eisen_grown": 34}  # 430 patients weigh as 100
    for reading, found in zip(readings, told, strict=True):
        s, p, n = reading.share, predicted[reading.id], weighs[reading.id]
        exact = 2 * n * (s * np.log(s / p) + (1 - s) * np.log((1 - s) / (1 - p)))
        assert found == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("fit.toml", '"RECIST"', '"RECIS"', "unknown criterion 'RECIS'; did you mean 'RECIST'"),
        ("fit.toml", "[56, 112", "[112, 56", "visits_d are in no order; they are days after 0"),
        ("fit.toml", "[84, 168]", "84", "visits_d is a number; it must be a list of days"),
        ("fit.toml", "seed = 1186\n", "", "seed is missing"),
        ("fit.toml", "400 mg q12h", "400 mgs q12h", r"fit.toml:\d+"),
        ("fit.toml", "prior_fold = 1.4", "", "prior_fold is missing"),
        ("readings.tsv", "amaravadi2009_a", "amaravadi2009", "unknown arm 'amaravadi2009'"),
        ("readings.tsv", "\tresponse\t", "\trespons\t", "unknown quantity 'respons'; did you"),
        ("readings.tsv", "\t0.794\t", "\t79.4\t", "share 79.4 of 34 patients, weight 1; a share"),
        ("readings.tsv", "\t84\t", "\t80\t", "day 80 of 'eisen_grown'; it is read at a visit"),
    ],
)
def test_a_fault_is_told_with_its_place(copy, file, old, new, message):
    changed(copy, file, old, new)
    with pytest.raises(InputError, match=message):
        read_trials(copy)
