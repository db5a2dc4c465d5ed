"""Doses really taken: levels, what is forgotten, and how often."""

import numpy as np
import pytest

from il15_sim.errors import InputError
from il15_sim.regimen import Regimen
from il15_sim.trial.taken import Adherence, planned_doses, taken_regimens


def test_a_window_has_the_doses_of_its_days():
    regimen = Regimen.parse("sorafenib 400 mg q12h x 28 d + temozolomide 150 mg/m2 d1-5/28 x 28 d")
    plan = planned_doses(regimen, 14, 28)
    assert [len(plan["sorafenib"]), len(plan["temozolomide"])] == [28, 0]
    assert plan["sorafenib"][0].time_h == 14 * 24


def test_levels_and_forgotten_doses():
    plan = planned_doses(Regimen.parse("sorafenib 400 mg q12h x 2 d"), 0, 2)
    share = {"sorafenib": np.array([1.0, 0.5, 0.0, 1.0])}
    forgot = np.zeros((4, 4), bool)
    forgot[1, [0, 3]] = True
    taken = taken_regimens(plan, share, {"sorafenib": forgot})
    doses = [[(d.time_h, d.amount) for d in r.doses()] for r in taken]
    assert doses[0] == doses[3] == [(0, 400), (12, 400), (24, 400), (36, 400)]
    assert doses[1] == [(12, 200), (24, 200)]
    assert doses[2] == []


def test_two_drugs_of_one_patient():
    regimen = Regimen.parse("sorafenib 400 mg q12h x 1 d + temozolomide 150 mg/m2 q24h x 1 d")
    plan = planned_doses(regimen, 0, 1)
    share = {"sorafenib": np.array([0.5]), "temozolomide": np.array([1.0])}
    none = {drug: np.zeros((1, len(plan[drug])), bool) for drug in plan}
    (taken,) = taken_regimens(plan, share, none)
    assert taken == Regimen.parse("sorafenib 200 mg at 0, 12 h + temozolomide 150 mg/m2 at 0 h")


def test_shares_missed_have_the_mean_and_spread_asked_for():
    missed = Adherence(0.2, 0.1).shares(3, "sorafenib", 0, 20_000)
    assert np.mean(missed) == pytest.approx(0.2, abs=0.003)
    assert np.std(missed) == pytest.approx(0.1, abs=0.003)
    assert (Adherence(0.2).shares(3, "sorafenib", 0, 5) == 0.2).all()


def test_a_patient_forgets_the_same_alone():
    one = Adherence(0.2, 0.1)
    everybody = one.shares(3, "sorafenib", 0, 100)
    assert one.shares(3, "sorafenib", 41, 1)[0] == everybody[41]
    assert abs(np.corrcoef(everybody, one.shares(3, "temozolomide", 0, 100))[0, 1]) < 0.4


@pytest.mark.parametrize(
    ("missed", "spread", "text"),
    [
        (1.0, 0.0, "missed 1; a share from 0 to below 1"),
        (-0.1, 0.0, "missed -0.1"),
        (0.1, 0.4, "shares with a mean of 0.1 have an SD below 0.3"),
        (0.0, 0.1, "spread 0.1"),
    ],
)
def test_shares_that_are_none(missed, spread, text):
    with pytest.raises(InputError, match=text):
        Adherence(missed, spread)
