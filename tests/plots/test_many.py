"""Bands over many runs, and a user's data over the curves: what is drawn is what was given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from il15_sim import InputError, plots
from il15_sim.plots.series import daily_band
from tests.made.runs import made_runs, three_arms


@pytest.fixture(scope="module")
def runs():
    return three_arms()


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


# --- many runs -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many():
    """Twenty patients under two regimens; one run of the second failed."""
    texts = ["none"] * 10 + ["sorafenib 400 mg q12h x 2 d"] * 10
    status = ["ok"] * 19 + ["lost"]
    gain = np.linspace(0.1, 2.0, 20).tolist()
    return made_runs(texts, list(range(20)), days=3, gain=gain, status=status)


def test_bands_are_quantiles_of_the_good_runs_of_each_regimen(many):
    figure = plots.bands(many, "cd4_per_uL")
    (axes,) = figure.axes
    values = many["cd4_per_uL"].values
    groups = values[:10], values[10:19]
    for line, group in zip(axes.get_lines(), groups, strict=True):
        np.testing.assert_allclose(line.get_ydata(), np.median(group, axis=0))
        np.testing.assert_allclose(line.get_xdata(), many.times_h / 24)
    outer, inner = axes.findobj(PolyCollection)[:2]
    for band, levels in ((outer, (0.05, 0.95)), (inner, (0.25, 0.75))):
        heights = band.get_paths()[0].vertices[:, 1]
        low, high = np.quantile(groups[0], levels, axis=0)
        assert (heights.min(), heights.max()) == pytest.approx((low.min(), high.max()))
    assert legend(figure) == [
        "none (10 runs)",
        "sorafenib 400 mg q12h x 2 d (9 runs, 1 failed)",
        "50 % of the runs",
        "90 % of the runs",
    ]


def test_runs_are_grouped_by_labels_or_not_at_all(many):
    assert legend(plots.bands(many, "cd4_per_uL", None))[0] == "all (19 runs, 1 failed)"
    told = legend(plots.bands(many, "cd4_per_uL", [i % 2 for i in range(20)]))
    assert told[:2] == ["0 (10 runs)", "1 (9 runs, 1 failed)"]


def test_bands_of_a_saw_are_those_of_the_daily_means():
    texts = [f"sorafenib {mg} mg q12h x 30 d" for mg in (100, 200, 300)]
    found = made_runs(texts, days=30)
    (axes,) = plots.bands(found, "sorafenib_free_nM", None).axes
    assert axes.get_ylabel() == "Sorafenib, free\n(24 h mean, nM)"
    day, mean, _, _ = daily_band(found.times_h, found.get(1, "sorafenib_free_nM"))
    np.testing.assert_allclose(axes.get_lines()[0].get_xdata(), day)
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), mean)


def test_the_caption_of_bands_says_what_they_are(many):
    text = plots.caption(many, ["cd4_per_uL"], figure=plots.bands(many, "cd4_per_uL"))
    assert "Line: median of the runs. Shaded: their middle 50 and 90 %." in text
    assert "daily range" not in text
    assert "Failed, not shown: 19." in text


def test_the_story_of_many_runs_counts_them_by_regimen():
    texts = ["none"] * 20 + ["sorafenib 400 mg q12h x 1 d"] * 20
    found = made_runs(texts, list(range(40)), days=1, status=["ok"] * 10 + ["lost"] * 30)
    lines = plots.story(found, ["cd4_per_uL"])
    assert lines[:2] == ["20 runs: none", "20 runs: sorafenib 400 mg q12h x 1 d"]
    assert lines[2] == "Not shown because the run failed: 10 (lost)."
    assert lines[-1] == "2 more runs failed and are not shown."
    assert len(lines) == 2 + 28 + 1


def test_bands_that_cannot_be_drawn_are_refused(many):
    with pytest.raises(InputError, match="unknown observable 'cd4_per_ul'; did you mean"):
        plots.bands(many, "cd4_per_ul")
    with pytest.raises(InputError, match="runs by 'dose'; give 'regimen', one label per run"):
        plots.bands(many, "cd4_per_uL", "dose")
    with pytest.raises(InputError, match="3 labels for 20 runs; give one per run"):
        plots.bands(many, "cd4_per_uL", [1, 2, 3])
    with pytest.raises(InputError, match="20 groups in one panel; no more than 7"):
        plots.bands(many, "cd4_per_uL", range(20))
    lost = made_runs(["none"], days=2, status=["lost"])
    with pytest.raises(InputError, match=r"nothing to draw; every run failed; see runs\.failures"):
        plots.bands(lost, "cd4_per_uL")


# --- a user's data ---------------------------------------------------------------------------


def points_of(figure):
    (axes,) = [a for a in figure.axes if a.axison]
    return axes.containers


@pytest.mark.parametrize(("column", "per_day"), [("time_h", 24.0), ("time_d", 1.0)])
def test_data_stand_over_the_model_at_their_day(runs, column, per_day):
    data = pd.DataFrame({column: [1 * per_day, 90 * per_day], "value": [21.0, 35.0]})
    figure = plots.overlay(runs, "cd4_per_uL", data.assign(error=[1.0, np.nan]))
    (bars,) = points_of(figure)
    np.testing.assert_allclose(bars[0].get_xdata(), [1, 90])
    np.testing.assert_allclose(bars[0].get_ydata(), [21, 35])
    ends = bars[2][0].get_segments()[0]
    np.testing.assert_allclose(ends[:, 1], [20, 22])
    (axes,) = [a for a in figure.axes if a.axison]
    assert axes.get_xlim() == (0, 90)
    assert axes.get_ylim()[1] > 35
    assert len(axes.get_lines()) >= len(runs)
    assert legend(figure)[-1] == "data"


def test_a_group_called_like_a_run_takes_its_colour(runs):
    data = pd.DataFrame({"time_d": [1, 2], "value": [1, 2], "group": ["a week off", "ours"]})
    figure = plots.overlay(runs, "cd4_per_uL", data)
    first, second = points_of(figure)
    (axes,) = [a for a in figure.axes if a.axison]
    (line,) = [x for x in axes.get_lines() if x.get_label() == "a week off"]
    assert first[0].get_color() == line.get_color()
    assert second[0].get_color() == "#000000"
    assert legend(figure)[-2:] == ["a week off, measured", "ours"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"time_d": [1], "valeu": [1]}, "data: unknown column 'valeu'; did you mean 'value'"),
        ({"value": [1]}, "time of the data; give one of the columns 'time_h' and 'time_d'"),
        ({"time_h": [1], "time_d": [1], "value": [1]}, "time of the data; give one of"),
        ({"time_d": [1]}, "data: missing column 'value'"),
        ({"time_d": [], "value": []}, "the data have no rows"),
        ({"time_d": [1, 2], "value": [1, "x"]}, "data: 'x' in column 'value', row 1; it is no fin"),
        ({"time_d": [np.nan], "value": [1]}, "data: 'nan' in column 'time_d', row 0"),
        ({"time_d": [1], "value": [True]}, "data: 'True' in column 'value', row 0"),
        ({"time_d": [1], "value": [1], "error": [-1]}, "column 'error'; an error bar is not neg"),
        ({"time_d": [1], "value": [1], "error": ["x"]}, "data: 'x' in column 'error', row 0"),
    ],
)
def test_data_that_cannot_be_drawn_are_refused(runs, data, told):
    with pytest.raises(InputError, match=told):
        plots.overlay(runs, "cd4_per_uL", pd.DataFrame(data))


def test_data_are_a_table(runs):
    with pytest.raises(InputError, match="data list; give a DataFrame"):
        plots.overlay(runs, "cd4_per_uL", [1, 2])
