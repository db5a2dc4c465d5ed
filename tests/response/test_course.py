"""Visits and criteria against cases worked out by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from il15_sim.errors import InputError
from il15_sim.response import BIDIMENSIONAL, RECIST, Criterion, progression_free, read_course

VISITS = [56, 112, 168]


def read(*burdens, criterion=RECIST, visits=VISITS):
    return read_course(np.array(burdens, float), visits, criterion)


def test_progression_is_a_fifth_over_the_smallest_so_far():
    course = read(
        [100, 119.9, 119.9, 119.9],  # never
        [100, 120, 90, 90],  # at once
        [100, 60, 71.9, 72],  # a fifth over the nadir of 60, far below baseline
        [100, 110, 90, 108],  # the nadir is the second visit
    )
    assert course.at.tolist() == [3, 0, 2, 2]
    assert course.day.tolist() == [np.inf, 56, 168, 168]


def test_from_baseline_a_nadir_does_not_count():
    from_baseline = Criterion("own", rise=0.2, fall=0.3, over_nadir=False)
    assert read([100, 60, 72, 119], criterion=from_baseline).at.tolist() == [3]


def test_a_rise_in_mm_is_needed_besides():
    recist_11 = Criterion("RECIST 1.1", rise=0.2, fall=0.3, rise_mm=5.0)
    course = read([10, 14.9, 14.9, 15], [100, 104.9, 120, 120], criterion=recist_11)
    assert course.at.tolist() == [2, 1]


def test_a_response_is_seen_before_progression_or_not_at_all():
    course = read(
        [100, 70, 70, 70],
        [100, 70.1, 75, 75],
        [100, 130, 60, 60],  # off the trial before it shrank
        [100, 0, 0, 0],
        [100, 110, 130, 50],
    )
    assert course.best.tolist() == ["PR", "SD", "PD", "CR", "SD"]
    assert course.responded.tolist() == [True, False, False, True, False]
    assert course.deepest.tolist() == pytest.approx([0.7, 0.701, 1.0, 0.0, 1.1])


def test_a_quarter_of_a_product_of_two_diameters():
    product = np.array([1.2499, 1.2501, 0.7501, 0.7499])
    burdens = np.stack([np.full(4, 10.0), 10 * np.sqrt(product)], axis=1)
    course = read_course(burdens, [84], BIDIMENSIONAL)
    assert course.at.tolist() == [1, 0, 1, 1]
    assert course.responded.tolist() == [False, False, False, True]


def test_shares_without_progression_step_at_the_visits():
    course = read([100, 130, 130, 130], [100, 100, 130, 130], [100, 100, 100, 100])
    days = (0, 55.9, 56, 111, 112, 500)
    assert [progression_free(course, d) for d in days] == pytest.approx(
        [1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3]
    )


def test_visits_that_are_not_kept_to_the_day_smear_the_step():
    course = read([100, 130, 130, 130], [100, 100, 100, 130])
    expected = 1 - 0.5 * norm.cdf((60 - 56) / 8) - 0.5 * norm.cdf((60 - 168) / 8)
    assert progression_free(course, 60, spread_d=8.0) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("burden", "visits", "message"),
    [
        ([[1, 1]], [], "days after 0 that increase"),
        ([[1, 1, 1]], [56, 56], "days after 0 that increase"),
        ([[1, 1]], [0], "days after 0 that increase"),
        ([[1, 1]], [56, 112], r"burdens of shape \(1, 2\); give \(N, 3\): baseline, visits"),
        ([[1, 1], [0, 1]], [56], "burden of patient 1; burdens are numbers, and positive"),
        ([[1, np.nan]], [56], "burden of patient 0"),
    ],
)
def test_what_cannot_be_read_is_told(burden, visits, message):
    with pytest.raises(InputError, match=message):
        read_course(burden, visits, RECIST)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rise": 0.0}, "rise 0.0; it is positive: 0.2 is 20 %"),
        ({"fall": 30}, "fall 30; it lies between 0 and 1: 0.3 is 30 %"),
        ({"rise_mm": -1.0}, "rise_mm -1.0; it is not negative"),
        ({"gone_mm": np.nan}, "gone_mm nan; it is not negative"),
    ],
)
def test_a_criterion_has_changes(change, message):
    with pytest.raises(InputError, match=message):
        Criterion("own", **({"rise": 0.2, "fall": 0.3} | change))
