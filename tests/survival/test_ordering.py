"""Harrell's C against all pairs one by one, and against the value of an exponential model."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from il15_sim import InputError
from il15_sim.survival import concordance, ordering


def one_by_one(patients):
    told = ordered = 0.0
    for (t, e, r), (u, f, s) in itertools.permutations(patients, 2):
        if e and (t < u or (t == u and not f)):
            told += 1
            ordered += 1.0 if r > s else 0.5 if r == s else 0.0
    return ordered / told if told else None


PATIENTS = st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 4))


@given(st.lists(PATIENTS, min_size=2, max_size=25), st.sampled_from([1, 40, 4_000_000]))
@settings(deadline=None)
def test_all_pairs_one_by_one(patients, block):
    expected = one_by_one(patients)
    time, event, risk = zip(*patients, strict=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "_BLOCK", block)  # ends of blocks anywhere
        if expected is None:
            with pytest.raises(InputError, match=r"no event; all|no pair to compare; nobody was"):
                concordance(time, event, risk)
        else:
            assert concordance(time, event, risk) == pytest.approx(expected)


def test_a_normal_covariate_of_an_exponential_hazard():
    slope = 0.8
    # Of two patients whose risks differ by d, the one at higher risk dies first with the
    # probability 1 / (1 + exp(-slope d)); d is normal with the variance 2.
    expected, _ = quad(lambda d: 2 * norm.pdf(d, scale=np.sqrt(2)) / (1 + np.exp(-slope * d)), 0, 9)
    random = np.random.default_rng(8)
    x = random.normal(size=6000)
    died = random.exponential(np.exp(-slope * x))
    assert concordance(died, np.ones(6000), x) == pytest.approx(expected, abs=0.012)
    assert concordance(died, np.ones(6000), -x) == pytest.approx(1 - expected, abs=0.012)


@pytest.mark.parametrize(
    ("event", "risk", "message"),
    [
        ([1, 1], [1], "1 risks for 2 times; give one per patient"),
        ([1, 1], [1, np.nan], "risk nan of patient 1; a risk is a number"),
        ([0, 0], [1, 2], "no event; all 2 patients are censored"),
        ([0, 1], [1, 2], "no pair to compare; nobody was followed past an event of another"),
    ],
)
def test_risks_that_cannot_be_compared_are_told(event, risk, message):
    with pytest.raises(InputError, match=message):
        concordance([1, 2], event, risk)
