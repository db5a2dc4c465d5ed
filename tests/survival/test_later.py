"""A landmark on cases worked out by hand, and on the exponential, which has no memory."""

import numpy as np
import pytest
from scipy.stats import kstest

from il15_sim import InputError
from il15_sim.survival import landmark


def test_who_is_at_risk_after_the_landmark():
    later = landmark([55, 56, 56, 57, 90], [1, 1, 0, 1, 0], day=56)
    assert later.kept.tolist() == [False, False, False, True, True]
    assert later.time.tolist() == [1, 34]
    assert later.event.tolist() == [True, False]


def test_from_day_0_on_all_are_kept_who_lived_through_it():
    assert landmark([0, 2], [1, 1], day=0).kept.tolist() == [False, True]


def test_an_exponential_from_a_landmark_is_the_same_exponential():
    time = np.random.default_rng(1).exponential(10.0, 4000)
    later = landmark(time, np.ones(4000), day=7)
    assert kstest(later.time, "expon", args=(0, 10)).pvalue > 1e-3


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (9, "nobody is left after 9; the last patient was followed until 9; take an earlier"),
        (-1, "landmark -1; it is a number, 0 or later"),
        (np.nan, "landmark nan; it is a number, 0 or later"),
    ],
)
def test_a_landmark_that_leaves_nobody_is_told(day, message):
    with pytest.raises(InputError, match=message):
        landmark([4, 9], [1, 0], day)
