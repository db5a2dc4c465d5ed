"""Curves of survival show the shares, the numbers at risk and what the tests say."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from il15_sim import InputError, plots
from il15_sim.plots.trial_curves import MONTH_D
from il15_sim.survival import kaplan_meier, log_rank
from tests.made.trials import followed
from tests.survival.remission import EVENT, ON_PLACEBO, TIME

NAMES = np.array(["6-MP", "placebo"])[ON_PLACEBO]


@pytest.fixture(scope="module")
def remission():
    """Weeks read as months."""
    return plots.survival_curves(TIME * MONTH_D, EVENT, NAMES, event_name="relapse")


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_steps_intervals_and_ticks_are_those_of_the_curve(remission):
    axes = remission.axes[0]
    curve = kaplan_meier(TIME[ON_PLACEBO == 0], EVENT[ON_PLACEBO == 0])
    line, ticks = axes.get_lines()[:2]
    assert line.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(line.get_xdata(), [*curve.time, 35])
    np.testing.assert_allclose(line.get_ydata(), 100 * np.append(curve.share, curve.share[-1]))
    np.testing.assert_allclose(ticks.get_xdata(), curve.censored)
    np.testing.assert_allclose(ticks.get_ydata(), 100 * curve.at(curve.censored))
    (band, _) = axes.findobj(PolyCollection)
    heights = band.get_paths()[0].vertices[:, 1]
    assert set(np.round(100 * curve.lower, 6)) <= set(np.round(heights, 6))
    assert axes.get_xlabel() == "Time (months)"
    assert axes.get_ylabel() == "Patients without relapse (%)"


def test_numbers_at_risk_stand_below_their_ticks(remission):
    remission.draw_without_rendering()
    above, below = remission.axes
    assert above.get_xlim() == below.get_xlim()
    ticks = above.get_xticks()
    assert ticks.tolist() == [0, 6, 12, 18, 24, 30]
    texts = [(*text.get_position(), text.get_text()) for text in below.texts]
    curve = kaplan_meier(TIME[ON_PLACEBO == 1], EVENT[ON_PLACEBO == 1])
    told = [text for x, y, text in texts if y == 1]
    assert [x for x, y, _ in texts if y == 1] == ticks.tolist()
    assert told == [f"{count:.0f}" for count in curve.at_risk(ticks)]
    left = above.get_position().x0, below.get_position().x0
    assert left[0] == pytest.approx(left[1])
    boxes = [text.get_window_extent() for text in below.texts if text.get_position()[0] == 0]
    names = [label.get_window_extent() for label in below.get_yticklabels()]
    assert max(box.x1 for box in names) < min(box.x0 for box in boxes)


def test_the_legend_tells_medians_the_ratio_and_p(remission):
    assert legend(remission) == [
        "6-MP: 21 patients, 9 events; median 23.0 months (95 % CI 13.0 to ∞)",
        "placebo: 21 patients, 21 events; median 8.0 months (95 % CI 4.0 to 11.0)",
        "hazard ratio of placebo over 6-MP: 4.82 (95 % CI 2.15 to 10.81); log-rank p < 0.001",
    ]


def test_p_is_that_of_the_log_rank_test():
    days, events, arm = followed([1 / 200, 1 / 250])
    p = log_rank(days, events, arm).p
    assert p > 0.001
    assert legend(plots.survival_curves(days, events, arm))[2].endswith(f"log-rank p = {p:.3f}")


def test_virtual_patients_with_weights_and_more_groups_are_not_tested():
    weighted = plots.survival_curves(TIME, EVENT, NAMES, weights=np.ones(42))
    three = plots.survival_curves(TIME, EVENT, np.arange(42) % 3)
    assert not any("log-rank" in text for text in legend(weighted) + legend(three))


def test_what_cannot_be_compared_is_told_in_the_legend():
    nobody = plots.survival_curves([40, 50, 60, 70], [0, 0, 0, 0], list("aabb"))
    assert legend(nobody)[0] == "a: 2 patients, 0 events; median not reached"
    assert legend(nobody)[2] == "not compared: no event"
    apart = plots.survival_curves([40, 50, 60, 70], [1, 1, 0, 0], list("aabb"))
    assert legend(apart)[2].startswith("no finite hazard ratio; log-rank p = 0.0")


def test_many_censored_patients_have_no_ticks():
    assert len(plots.survival_curves(np.arange(201.0), np.zeros(201)).axes[0].get_lines()) == 1
    assert len(plots.survival_curves(np.arange(200.0), np.zeros(200)).axes[0].get_lines()) == 2


@pytest.mark.parametrize(
    ("group", "how", "message"),
    [
        (["a"], {}, "1 labels of groups for 3 times; give one per patient"),
        (None, {"weights": [1, 1]}, "2 weights for 3 times; give one per patient"),
        (None, {"horizon_months": 0}, "horizon 0 months; it is positive"),
    ],
)
def test_curves_that_cannot_be_drawn_are_refused(group, how, message):
    with pytest.raises(InputError, match=message):
        plots.survival_curves([1, 2, 3], [1, 1, 1], group, **how)


def test_more_groups_than_can_be_told_apart_are_refused():
    with pytest.raises(InputError, match="8 groups in one panel; no more than 7 can be told"):
        plots.survival_curves(np.arange(8.0), np.ones(8), np.arange(8))
