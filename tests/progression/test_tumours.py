"""Log volumes against closed forms, and smeared shares against those read patient by patient."""

import numpy as np
import pytest
from scipy.stats import norm

from il15_sim.files.resources import experiments_dir
from il15_sim.population import cv_percent, log_sd
from il15_sim.progression.drivers import Drivers, Population
from il15_sim.progression.trials import read_trials
from il15_sim.progression.tumours import Effects, log_volumes, shares
from il15_sim.response import progression_free, read_course

DAYS = np.array([56.0, 84, 112, 168, 224])
N = 4000
EFFECTS = Effects(
    {
        "tumour_growth": 8e-4,
        "sorafenib_growth_ic50": 20.0,
        "temozolomide_tumour_kill": 4e-4,
    },
    {
        "tumour_growth": 0.5,
        "sorafenib_growth_ic50": 0.8,
        "temozolomide_tumour_kill": 0.7,
    },
    inhibition=0.7,
    unmoved=0.0,
)


def numbers():
    rng = np.random.default_rng(3)
    return {name: rng.standard_normal(N) for name in EFFECTS.values}


def driven(free=0.0, tmz_per_day=0.0, killed=0.0):
    ones = np.ones((N, 1))
    return Drivers(DAYS, free * np.ones((N, 32)), ones * tmz_per_day * DAYS, ones * killed * DAYS)


def test_effects_add_in_rate():
    z = {name: np.zeros(N) for name in EFFECTS.values}
    log = log_volumes(driven(free=20.0, tmz_per_day=5.0, killed=4.8), EFFECTS, z)
    # Half of 0.7 of growth inhibited, a fifth of 24 h undone by cells.
    rate = 8e-4 * 24 * (1 - 0.35 - 0.2) - 4e-4 * 5.0
    assert log[0] == pytest.approx(rate * DAYS, rel=1e-12)


def test_untreated_progression_is_that_of_log_normal_growth():
    trials = read_trials(experiments_dir() / "data" / "progression")
    reading = next(r for r in trials.readings if r.id == "placebo_median")
    arms = {"untreated": trials.arms["untreated"]}
    patients = Population(None, numbers(), {"untreated": driven()}, DAYS)
    (share,) = shares((reading,), arms, patients, EFFECTS, 8.0)
    # A tumour has progressed by a visit where its growth times the days is ln 1.2^3.
    grown = [norm.sf(np.log(3 * np.log(1.2) / (8e-4 * 24 * d)) / 0.5) for d in (56, 112)]
    visits = norm.cdf((63.9 - np.array([56, 112])) / 8)
    exact = 1 - grown[0] * visits[0] - (grown[1] - grown[0]) * visits[1]
    assert share == pytest.approx(exact, abs=0.02)


def test_smeared_shares_are_those_of_the_trials_reading():
    trials = read_trials(experiments_dir() / "data" / "progression")
    z = numbers()
    names = ("patel2011", "eisen2006")
    drivers = {
        "patel2011": driven(tmz_per_day=13.4, killed=4.8),
        "eisen2006": driven(free=18.0, killed=4.8),
    }
    readings = tuple(r for r in trials.readings if r.arm in names)
    arms = {name: trials.arms[name] for name in names}
    found = shares(readings, arms, Population(None, z, drivers, DAYS), EFFECTS, 8.0)
    for reading, share in zip(readings, found, strict=True):
        arm = arms[reading.arm]
        log = log_volumes(drivers[reading.arm], EFFECTS, z)[:, np.searchsorted(DAYS, arm.visits_d)]
        diameters = np.exp(np.column_stack([np.zeros(N), log]) / 3)
        course = read_course(diameters, arm.visits_d, arm.criterion)
        exact = {
            "progression-free": lambda c=course, r=reading: progression_free(c, r.day, 8.0),
            "response": lambda c=course: c.responded.mean(),
            "grown": lambda d=diameters, a=arm: (d[:, 1] >= 1 + a.criterion.rise).mean(),
            "shrunk": lambda d=diameters, a=arm: (d[:, 1] <= 1 - a.criterion.fall).mean(),
        }[reading.quantity]()
        assert share == pytest.approx(exact, abs=0.01), reading.id


def test_a_spread_and_its_cv():
    assert cv_percent(log_sd(60.0)) == pytest.approx(60.0)
    sample = np.exp(log_sd(60.0) * np.random.default_rng(1).standard_normal(400_000))
    assert sample.std() / sample.mean() == pytest.approx(0.6, rel=0.01)
