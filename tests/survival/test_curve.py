"""Curves of Kaplan and Meier against published numbers, statsmodels and the exponential."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.datasets import heart
from statsmodels.duration.survfunc import SurvfuncRight

from il15_sim import InputError
from il15_sim.survival import kaplan_meier
from tests.survival.remission import EVENT, ON_PLACEBO, TIME

TREATED = kaplan_meier(TIME[ON_PLACEBO == 0], EVENT[ON_PLACEBO == 0])
PLACEBO = kaplan_meier(TIME[ON_PLACEBO == 1], EVENT[ON_PLACEBO == 1])


def reach(share, error):
    """Ends of the log-log interval, from the share and its own standard error."""
    width = 1.959964 * error / (share * np.log(share))
    return sorted((share ** np.exp(width), share ** np.exp(-width)))


def test_shares_and_medians_in_remission_are_the_published_ones():
    assert TREATED.at([6, 7, 10, 13, 16, 22, 23]) == pytest.approx(
        [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=5e-5
    )
    assert (TREATED.median, PLACEBO.median) == (23.0, 8.0)
    # R 4: survfit(..., conf.type = "log-log") has 13 to no end, and 4 to 11.
    assert TREATED.median_interval == (13.0, np.inf)
    assert PLACEBO.median_interval == (4.0, 11.0)
    at_ten = np.searchsorted(TREATED.time, 10)
    low, high = TREATED.lower[at_ten], TREATED.upper[at_ten]
    assert [low, high] == pytest.approx(reach(0.7529, 0.0963), abs=2e-4)


def test_a_share_counts_the_events_at_its_time():
    assert TREATED.at([0, 5.999, 6]) == pytest.approx([1, 1, 18 / 21])
    # At the same time, the censored outlive those with the event.
    assert TREATED.at_risk([0, 6, 6.001, 10, 35, 36]).tolist() == [21, 21, 17, 15, 1, 0]


def test_the_share_is_not_known_after_the_last_look_unless_nobody_is_left():
    assert np.isnan(TREATED.at([35.1, -1])).all()
    assert TREATED.at(35) == pytest.approx(0.4482, abs=5e-5)
    assert PLACEBO.at([23, 100]).tolist() == [0, 0]


def test_where_nobody_is_left_the_interval_is_that_of_the_step_before():
    assert PLACEBO.share[-1] == PLACEBO.lower[-1] == 0
    assert PLACEBO.upper[-1] == PLACEBO.upper[-2] < 0.5
    alone = kaplan_meier([3], [1])
    assert (alone.median, alone.median_interval) == (3.0, (3.0, np.inf))
    at_once = kaplan_meier([0, 0], [1, 1])
    assert (at_once.time.tolist(), at_once.share.tolist()) == ([0], [0])


def test_all_censored_is_a_flat_curve():
    curve = kaplan_meier([3, 5], [0, 0])
    assert (curve.time.tolist(), curve.share.tolist()) == ([0], [1])
    assert curve.median == np.inf
    assert curve.median_interval == (np.inf, np.inf)
    assert curve.at([4, 6]) == pytest.approx([1, np.nan], nan_ok=True)
    assert curve.censored.tolist() == [3, 5]


def test_shares_and_errors_are_those_of_statsmodels_on_its_own_data():
    data = heart.load_pandas().data
    ours = kaplan_meier(data["survival"], data["censors"])
    theirs = SurvfuncRight(data["survival"], data["censors"])
    share, error = theirs.surv_prob, theirs.surv_prob_se
    np.testing.assert_allclose(ours.at(theirs.surv_times), share, rtol=1e-12)
    np.testing.assert_allclose(ours.at_risk(theirs.surv_times), theirs.n_risk)
    expected = np.array([reach(*pair) for pair in zip(share, error, strict=True) if pair[0]])
    of_times = np.searchsorted(ours.time, theirs.surv_times)
    found = np.stack([ours.lower, ours.upper], axis=1)[of_times]
    np.testing.assert_allclose(found[: len(expected)], expected, rtol=1e-6)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=20),
    st.integers(2, 4),
)
@settings(deadline=None, max_examples=60)
def test_weights_stand_for_patients_but_add_no_certainty(patients, times):
    time, event = np.array(patients, float).T
    plain = kaplan_meier(time, event)
    weighted = kaplan_meier(time, event, np.full(len(time), 0.1))
    for name in ("time", "share", "lower", "upper"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(plain, name), atol=1e-12)
    # A weight of two is a patient who is there twice: the share is that of both.
    weight = np.where(np.arange(len(time)) % 2, 1, times)
    twice = kaplan_meier(np.repeat(time, weight), np.repeat(event, weight))
    np.testing.assert_allclose(kaplan_meier(time, event, weight).share, twice.share, atol=1e-12)


def test_who_weighs_nothing_is_nobody():
    with_nobody = kaplan_meier([1, 2, 9], [1, 1, 1], [1, 1, 0])
    assert with_nobody.time.tolist() == [0, 1, 2]
    assert with_nobody.followed.tolist() == [1, 2]


def covered(make, draws=1500):
    """In how many draws the interval at the median of an exponential holds one half."""
    random = np.random.default_rng(11)
    hits = 0
    for _ in range(draws):
        time, event, weight = make(random)
        curve = kaplan_meier(time, event, weight)
        at = np.searchsorted(curve.time, np.log(2), "right") - 1
        hits += curve.lower[at] <= 0.5 <= curve.upper[at]
    return hits, draws


def exponential(random, weighted):
    """80 patients with rate 1, censored with rate 1/2; every other one may weigh nine times."""
    died, left = random.exponential(1.0, 80), random.exponential(2.0, 80)
    weight = np.where(np.arange(80) % 2, 1.0, 9.0) if weighted else None
    return np.minimum(died, left), died <= left, weight


@pytest.mark.parametrize("weighted", [False, True])
def test_intervals_hold_the_share_of_an_exponential_as_often_as_they_say(weighted):
    hits, draws = covered(lambda random: exponential(random, weighted))
    # 95 % within what 1500 draws can tell, and one point of what 80 patients are short of many.
    assert binom.cdf(hits, draws, 0.94) > 1e-3
    assert binom.sf(hits - 1, draws, 0.96) > 1e-3


@pytest.mark.parametrize(
    ("time", "event", "weights", "message"),
    [
        ([], [], None, "no patient; give at least one time"),
        ([1, 2], [1], None, "1 events for 2 times; give one per patient"),
        ([1, -2], [1, 1], None, "time -2 of patient 1; a time is a number, 0 or later"),
        ([np.nan, 2], [1, 1], None, "time nan of patient 0; a time is a number"),
        ([1, np.inf], [1, 0], None, "time inf of patient 1; a time is a number"),
        ([1, 2], [1, 2], None, "event 2 of patient 1; 1 is an event, 0 is a censored patient"),
        ([1, 2], [np.nan, 1], None, "event nan of patient 0; 1 is an event"),
        (["x"], [1], None, r"time \['x'\]; it is one number per patient"),
        ([[1]], [1], None, r"time of shape \(1, 1\); give one number per patient"),
        ([1, 2], [1, 1], [1], "1 weights for 2 times; give one per patient"),
        ([1, 2], [1, 1], [1, -1], "weight -1 of patient 1; a weight is not negative"),
        ([1, 2], [1, 1], [0, 0], "weights that are all 0; nobody is left"),
    ],
)
def test_what_is_no_patient_is_told(time, event, weights, message):
    with pytest.raises(InputError, match=message):
        kaplan_meier(time, event, weights)
