"""Figures of trials show the numbers they were given, and refuse what they cannot show."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.text import Text
from scipy.stats import binomtest, poisson

from il15_sim import InputError, plots
from il15_sim.plots.benefit_plane import nondominated
from il15_sim.plots.exposure_bins import grouped
from il15_sim.plots.figure import colour
from tests.made.trials import forest_table, frontier_table


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


# --- waterfall -------------------------------------------------------------------------------


def test_bars_are_sorted_and_have_the_colour_of_the_response():
    figure = plots.tumour_waterfall([-40, 150, 5, -10, 30], ["PR", "PD", "SD", "PD", "PD"])
    (axes,) = figure.axes
    heights = {}
    for bars in axes.findobj(PolyCollection):
        for path in bars.get_paths():
            x, y = path.vertices[:, 0].mean(), path.vertices[:, 1]
            heights[round(x)] = y[np.argmax(np.abs(y))]
    progressed = axes.findobj(PolyCollection)[0]
    assert [heights[k] for k in sorted(heights)] == [100, 30, 5, -10, -40]
    assert len(progressed.get_paths()) == 3
    levels = [line.get_ydata()[0] for line in axes.get_lines() if line.get_linestyle() == "--"]
    assert levels == [20, -30]
    (arrow,) = [line for line in axes.get_lines() if line.get_marker() == "^"]
    assert arrow.get_xdata().tolist() == [0]
    assert legend(figure) == [
        "progression (3)",
        "stable disease (1)",
        "partial response (1)",
        "above 100 % (1)",
    ]


def test_a_bar_is_cut_where_the_cap_says():
    figure = plots.tumour_waterfall([60, 10], ["PD", "SD"], cap_percent=50)
    heights = [
        path.vertices[:, 1].max() for b in figure.axes[0].collections for path in b.get_paths()
    ]
    assert heights == [50, 10]
    assert legend(figure)[-1] == "above 50 % (1)"


@pytest.mark.parametrize(
    ("change", "best", "how", "message"),
    [
        ([], [], {}, "no patient to draw"),
        ([-101], ["CR"], {}, "change -101 of patient 0; it is a number of per cent, -100 or more"),
        ([np.nan], ["CR"], {}, "change nan of patient 0"),
        ([1, 2], ["SD"], {}, "1 responses for 2 changes; give one per patient"),
        ([1], ["PX"], {}, "unknown best response 'PX'; did you mean"),
        ([1], ["SD"], {"cap_percent": 10}, "cap 10 %; it is 20 % or more"),
    ],
)
def test_changes_that_cannot_be_drawn_are_refused(change, best, how, message):
    with pytest.raises(InputError, match=message):
        plots.tumour_waterfall(change, best, **how)


# --- forest ----------------------------------------------------------------------------------


def test_rows_stand_below_their_headings_with_their_numbers_beside():
    figure = plots.forest(forest_table())
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == [
        "0.72 (0.52 to 0.99)",
        "0.80 (0.50 to 1.20)",
        "0.60 (0.30 to 60)",
        "no estimate",
        "0.21 (<0.01 to 0.70)",
    ]
    assert [text.get_position()[1] for text in axes.texts] == [0, 2, 3, 5, 6]
    told = dict(zip(axes.get_yticks(), [t.get_text() for t in axes.get_yticklabels()], strict=True))
    assert [told[k] for k in sorted(told)] == [
        "all patients (88/126)",
        "Sex",
        "male (44/60)",
        "female (44/66)",
        "CD4+NKG2D+ share on day 56",
        "nobody died",
        "above the median (12/63)",
    ]
    assert axes.get_xscale() == "log"
    squares = {
        line.get_ydata()[0]: line.get_xdata()[0]
        for line in axes.get_lines()[1:]
        if line.get_marker() == "s"
    }
    assert squares == {0: 0.72, 2: 0.8, 3: 0.6, 6: 0.21}
    assert axes.get_lines()[0].get_xdata() == [1, 1]
    assert 1 in axes.get_xticks()


def test_intervals_that_leave_the_axis_end_in_an_arrow():
    (axes,) = plots.forest(forest_table()).axes
    low, high = axes.get_xlim()
    arrows = {
        line.get_marker(): (line.get_xdata()[0], line.get_ydata()[0])
        for line in axes.get_lines()
        if line.get_marker() in ("<", ">")
    }
    assert arrows == {">": (high, 3), "<": (low, 6)}
    assert 20 < high < 60
    narrow = forest_table()[:2]
    assert not any(x.get_marker() in "<>" for x in plots.forest(narrow).axes[0].get_lines()[1:])


ROW = {"label": ["a"], "estimate": [1.0], "lower": [0.5], "upper": [2.0]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1], "forest list; give a DataFrame"),
        (pd.DataFrame(ROW)[:0], "the forest has no rows"),
        (pd.DataFrame(ROW).drop(columns="upper"), "forest: missing column 'upper'"),
        (pd.DataFrame(ROW | {"groop": ["x"]}), "forest: unknown column 'groop'; did you mean 'gro"),
        (pd.DataFrame(ROW | {"lower": ["x"]}), "forest: column 'lower'; it is not of numbers"),
        (pd.DataFrame(ROW | {"estimate": [0.0]}), "forest: ratio of 'a'; ratios are positive"),
        (pd.DataFrame(ROW | {"lower": [-1.0]}), "forest: ratio of 'a'; ratios are positive"),
        (
            pd.DataFrame(ROW | {"lower": [1.5]}),
            "forest: interval 1.5 to 2 about 1 of 'a'; an interval holds its estimate",
        ),
    ],
)
def test_rows_that_cannot_be_drawn_are_refused(rows, message):
    with pytest.raises(InputError, match=message):
        plots.forest(rows)


# --- frontier --------------------------------------------------------------------------------


def test_only_those_that_no_other_one_beats_are_joined():
    benefit = np.array([3.0, 11, 30, 26, 41, 30, 41])
    toxicity = np.array([1.0, 5, 25, 26, 48, 24, 48])
    # 400 mg is beaten by the one with as much benefit at 24; twins do not beat each other.
    assert nondominated(benefit, toxicity).tolist() == [1, 1, 0, 0, 1, 1, 1]
    figure = plots.frontier(frontier_table(), "Response (%)", "Reaction (%)")
    (axes,) = figure.axes
    (front,) = [line for line in axes.get_lines() if line.get_linestyle() == ":"]
    assert front.get_xdata().tolist() == [1, 5, 25, 48]
    assert front.get_ydata().tolist() == [3, 11, 30, 41]
    assert legend(figure) == ["best trade-offs", "another one is better"]
    bars = axes.containers[1]
    assert bars[0].get_xdata().tolist() == [26]
    ends = [segment for bar in bars[2] for segment in bar.get_segments()]
    np.testing.assert_allclose(ends[0], [[0.7 * 26, 26], [1.3 * 26, 26]])


@pytest.mark.parametrize("width_mm", [85, 120])
def test_names_of_points_hide_neither_points_nor_each_other(width_mm):
    figure = plots.frontier(frontier_table(), "Response (%)", "Reaction (%)", width_mm=width_mm)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert {text.get_text().replace("\n", " ") for text in axes.texts} == {
        *frontier_table()["label"]
    }
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    points = axes.transData.transform(frontier_table()[["toxicity", "benefit"]].to_numpy())
    for k, box in enumerate(boxes):
        assert not any(box.contains(*point) for point in points)
        assert not any(box.overlaps(other) for other in boxes[k + 1 :])


def test_a_frontier_needs_finite_numbers():
    table = frontier_table().assign(toxicity_upper=[1.3, 6.5, np.inf, 40, 60])
    with pytest.raises(InputError, match="frontier: column 'toxicity_upper' of '400 mg q12h'; it"):
        plots.frontier(table, "Response (%)", "Reaction (%)")
    table = frontier_table().assign(benefit_lower=[9.0, 5, 5, 5, 5])
    with pytest.raises(InputError, match=r"frontier: interval 9 to 3\.6 about 3 of 'placebo'"):
        plots.frontier(table, "Response (%)", "Reaction (%)")


# --- exposure and response -------------------------------------------------------------------


def test_groups_are_quantiles_of_the_treated_and_the_untreated():
    exposure = np.r_[np.zeros(3), np.arange(1, 9)]
    event = np.r_[[0, 0, 1], [0, 0, 0, 1, 0, 1, 1, 1]]
    found = grouped(exposure, event, None, 4)
    assert found["median"].tolist() == [0, 1.5, 3.5, 5.5, 7.5]
    assert found["events"].tolist() == [1, 0, 1, 1, 2]
    assert found["patients"].tolist() == [3, 2, 2, 2, 2]
    for row in found.itertuples():
        ends = binomtest(row.events, row.patients).proportion_ci(method="wilson")
        assert (row.lower, row.upper) == pytest.approx((ends.low, ends.high), abs=1e-12)
        assert row.lower <= row.value <= row.upper
    (axes,) = plots.exposure_response(exposure, event, "AUC (mg·h/L)", "Rash (%)").axes
    shown = axes.containers[0][0].get_ydata().astype(float)
    np.testing.assert_allclose(shown, 100 * found["value"])
    assert [text.get_text() for text in axes.texts] == ["1/3", "0/2", "1/2", "1/2", "2/2"]


def test_a_rate_is_events_over_the_time_followed():
    found = grouped([1, 1, 2, 2], [1, 0, 1, 1], [2.0, 3.0, 1.0, 4.0], 2)
    assert found["value"].tolist() == [0.2, 0.4]
    # The exact interval: so many events, or so few, in one of forty trials.
    for row in found.itertuples():
        assert poisson.sf(row.events - 1, 5 * row.lower) == pytest.approx(0.025)
        assert poisson.cdf(row.events, 5 * row.upper) == pytest.approx(0.025)
    assert grouped([1, 2], [0, 1], [5.0, 5.0], 2)["lower"].tolist()[0] == 0


def test_patients_of_the_same_exposure_stay_together():
    assert grouped([1, 1, 1, 1, 2], [0, 1, 0, 1, 1], None, 4)["patients"].tolist() == [4, 1]


@pytest.mark.parametrize(
    ("exposure", "event", "how", "message"),
    [
        ([1, -2], [1, 0], {}, "exposure -2 of patient 1; it is a number, 0 or more"),
        ([1, 2], [1], {}, "1 events for 2 times"),
        ([1, 2], [1, 0], {"time": [1, 2, 3]}, "2 events for 3 times"),
        ([1], [1, 0], {"time": [1, 2]}, "1 exposures for 2 times"),
        ([1, 2], [1, 0], {"groups": 1}, "1 groups; two are the least that can be compared"),
        ([1, 0], [1, 0], {"groups": 2}, "1 treated patients in 2 groups; a group needs a patient"),
        ([1, 2], [1, 0], {"groups": 2, "time": [0, 2]}, "a group that was followed for no time"),
    ],
)
def test_exposures_that_cannot_be_grouped_are_refused(exposure, event, how, message):
    with pytest.raises(InputError, match=message):
        plots.exposure_response(exposure, event, "AUC", "Rash (%)", **how)


# --- levels ----------------------------------------------------------------------------------

HOURS = np.array([0.0, 12.0, 24.0])


def test_the_band_is_of_quantiles_of_the_patients_at_every_time():
    levels = np.random.default_rng(0).lognormal(size=(41, 3))
    levels[7] = np.nan
    read = pd.DataFrame({"time_h": [12.0], "value": [1.0], "error": [0.5], "group": ["own"]})
    figure = plots.level_check(HOURS, levels, "Level (mg/L)", read)
    (axes,) = figure.axes
    low, middle, high = np.nanquantile(levels, (0.05, 0.5, 0.95), axis=0)
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), middle)
    (band,) = axes.findobj(PolyCollection)
    corners = band.get_paths()[0].vertices[:, 1]
    assert (corners.min(), corners.max()) == pytest.approx((low.min(), high.max()))
    (points,) = axes.containers
    assert (points[0].get_xdata()[0], points[0].get_ydata()[0]) == (12, 1)
    assert legend(figure) == ["median of 40 patients (1 failed)", "5 to 95 % of them", "own"]
    assert (axes.get_xlabel(), axes.get_xlim()) == ("Time (h)", (0, 24))
    assert axes.get_ylabel() == "Level (mg/L)"


def test_long_courses_are_told_in_days():
    read = pd.DataFrame({"time_d": [30.0], "value": [1.0]})
    (axes,) = plots.level_check(24 * HOURS, np.ones((2, 3)), "Level (mg/L)", read).axes
    assert axes.get_lines()[0].get_xdata().tolist() == [0, 12, 24]
    assert axes.containers[0][0].get_xdata().tolist() == [30]
    assert (axes.get_xlabel(), axes.get_xlim()) == ("Time (days)", (0, 30))


def test_a_log_axis_leaves_out_what_is_not_positive():
    (axes,) = plots.level_check(HOURS, [[0, 1, 2], [0, 2, 4]], "Level (mg/L)", log=True).axes
    assert axes.get_yscale() == "log"
    np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), [np.nan, 1.5, 3])


@pytest.mark.parametrize(
    ("times", "levels", "how", "message"),
    [
        ([0, 0], [[1, 1]], {}, "times of levels; they are hours that increase, two at least"),
        ([0], [[1]], {}, "times of levels; they are hours that increase, two at least"),
        ([0, 1], [1, 1], {}, r"levels of shape \(2,\) at 2 times; give one row per patient"),
        ([0, 1], [[1, 1, 1]], {}, r"levels of shape \(1, 3\) at 2 times"),
        ([0, 1], [[1, np.nan]], {}, "no level to draw; every patient has a level that is no numb"),
        ([0, 1], [[0, 0]], {"log": True}, "no level to draw on a log axis; none is positive"),
    ],
)
def test_levels_that_cannot_be_drawn_are_refused(times, levels, how, message):
    with pytest.raises(InputError, match=message):
        plots.level_check(times, levels, "Level (mg/L)", **how)


def test_colours_of_responses_differ():
    from il15_sim.plots.response_bars import RESPONSES

    assert len({colour(number) for _, number in RESPONSES.values()}) == 4
