"""The log-rank test against published numbers and its formula."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, kstest

from il15_sim import InputError
from il15_sim.survival import log_rank
from tests.survival.remission import EVENT, ON_PLACEBO, TIME


def test_remission_gives_the_published_chi2():
    test = log_rank(TIME, EVENT, ON_PLACEBO)
    assert test.chi2 == pytest.approx(16.79, abs=5e-3)
    assert test.degrees == 1
    assert test.p == pytest.approx(chi2.sf(test.chi2, 1))


def test_two_groups_by_hand():
    # At 1, two of six are in a; at 2, one of five: 0.533 events expected, variance 0.382.
    test = log_rank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0], list("aabbbb"))
    assert test.chi2 == pytest.approx((2 - 8 / 15) ** 2 / (2 / 9 + 4 / 25))


def test_under_the_null_every_p_comes_as_often_as_the_other():
    random = np.random.default_rng(5)
    found = []
    for _ in range(400):
        died, left = random.exponential(1.0, 150), random.exponential(2.0, 150)
        found.append(log_rank(np.minimum(died, left), died <= left, np.arange(150) % 3))
    assert {test.degrees for test in found} == {2}
    assert kstest([test.p for test in found], "uniform").pvalue > 1e-3


GONE = pd.Categorical(["a", "a"], categories=["a", "b"])


@pytest.mark.parametrize(
    ("time", "event", "group", "message"),
    [
        ([1, 2], [1, 1], ["a"], "1 labels of groups for 2 times; give one per patient"),
        ([1, 2], [1, 1], ["a", None], "patient 1 has no group; give every patient a label"),
        ([1, 2], [1, 1], ["a", "a"], "one group; all patients are in group 'a'; give two groups"),
        ([1, 2], [1, 1], GONE, "group 'b' has no patients; leave it out of the categories"),
        ([1, 2], [1, 1], pd.Series(GONE), "group 'b' has no patients"),
        (
            [1, 2],
            [0, 0],
            ["a", "b"],
            "no event; all 2 patients are censored, there is nothing to compare; follow the",
        ),
        (
            [1, 2, 3],
            [0, 1, 1],
            ["a", "b", "b"],
            "group 'a' cannot be compared; none of its patients was followed until the first ev",
        ),
    ],
)
def test_groups_that_cannot_be_compared_are_told(time, event, group, message):
    with pytest.raises(InputError, match=message):
        log_rank(time, event, group)


def test_events_of_all_at_once_compare_nothing():
    with pytest.raises(InputError, match="at every event all who are at risk have it"):
        log_rank([20] * 6, [1] * 6, list("aaabbb"))
