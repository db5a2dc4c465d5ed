"""Figures of a fitted table show every reading, every curve and where a profile crosses."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, plots
from il15_sim.fit import Patients, fit_table
from tests.made import own_tables


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(0)
    times = np.tile(np.arange(1.0, 6.0), 2)
    group = np.repeat(["slow", "fast"], 5)
    values = np.where(group == "slow", 1.0, 3.0) * np.exp(-0.4 * times + 0.1 * rng.normal(size=10))
    return fit_table(
        own_tables.decay(), own_tables.table(times, values, group=group), ["rate"],
        arms={"slow": {"more": 1.0}, "fast": {"more": 3.0}}, bounds={"rate": (0.01, 10.0)},
        starts=1,
    )  # fmt: skip


def test_readings_lie_over_their_curves(result):
    figure = plots.fitted(result)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Time (h)"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["slow", "fast"]
    rows = result.residuals
    for group, bars in zip(("slow", "fast"), axes.containers, strict=True):
        own = rows[rows["arm"] == group]
        points, _, (bar,) = bars
        assert np.allclose(points.get_ydata(), own["measured"])
        low, high = np.array([segment[:, 1] for segment in bar.get_segments()]).T
        # As many times up as down.
        assert np.allclose(high / own["measured"], own["measured"] / low)
        assert np.allclose(np.log(high / own["measured"]), own["spread"])
    curves = [line for line in axes.get_lines() if len(line.get_xdata()) > 100]
    assert len(curves) == 2
    assert curves[0].get_color() == axes.containers[0][0].get_color()
    at_two = np.interp(2.0, curves[1].get_xdata(), curves[1].get_ydata())
    assert at_two == pytest.approx(3.0 * np.exp(-2 * result.values["rate"]), rel=1e-3)


@pytest.mark.parametrize(("hours", "told"), [(0.02, "min"), (1.0, "h"), (24.0, "days")])
def test_the_axis_of_time_suits_the_readings(hours, told):
    times = np.arange(1.0, 6.0) * hours
    result = fit_table(
        own_tables.line(), own_tables.table(times, 2 + times, error=0.5), ["a"],
        bounds={"a": (-10.0, 10.0)}, noise="normal", starts=1,
    )  # fmt: skip
    figure = plots.fitted(result)
    assert figure.axes[0].get_xlabel() == f"Time ({told})"
    # A single group needs no legend.
    assert not figure.legends


def test_a_profile_crosses_its_threshold_at_the_ends(result):
    found = result.profile("rate")
    figure = plots.profile(found)
    (axes,) = figure.axes
    upright = [line.get_xdata()[0] for line in axes.get_lines() if len(set(line.get_xdata())) == 1]
    assert upright == pytest.approx([found.lower95, found.upper95, found.estimate])
    assert axes.get_xscale() == "linear"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "all others fitted again", "95 % threshold",
    ]  # fmt: skip


def test_a_wide_profile_has_a_log_axis(result):
    found = result.profile("rate")
    # As if the scatter were thirty times as large.
    wide = found.frame.assign(value=found.estimate * (found.frame["value"] / found.estimate) ** 30)
    (axes,) = plots.profile(replace(found, frame=wide)).axes
    assert axes.get_xscale() == "log"
    low, high = axes.get_xlim()
    assert low < wide["value"].min() < wide["value"].max() < high


def test_points_that_did_not_converge_are_open(result):
    found = result.profile("rate")
    frame = found.frame.assign(converged=[False] + [True] * (len(found.frame) - 1))
    figure = plots.profile(replace(found, frame=frame, lower95=float("nan")))
    (axes,) = figure.axes
    (open_,) = [line for line in axes.get_lines() if line.get_fillstyle() == "none"]
    assert open_.get_xdata().tolist() == [found.frame["value"].iloc[0]]
    assert "not converged" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_groups_of_several_arms_have_panels_of_their_own():
    doses = [f"{d:g}" for d in range(1, 9)]
    told = [(g, d) for g in ("old", "young") for d in doses]
    data = pd.DataFrame(told, columns=["group", "dose"]).assign(time_h=1.0, observable="y")
    data = data.assign(value=0.4 * data["dose"].astype(float), error=0.1)
    result = fit_table(
        own_tables.decay(), data, ["rate"], dose_of="more", bounds={"rate": (0.01, 10.0)}, starts=1
    )
    figure = plots.fitted(result)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["old", "young"]
    # What was given has one colour everywhere: eight doses, though there are sixteen arms.
    assert [text.get_text() for text in figure.legends[0].get_texts()] == doses
    for axes, group in zip(figure.axes, ("old", "young"), strict=True):
        rows = result.residuals[result.residuals["group"] == group]
        drawn = [float(bars[0].get_ydata()[0]) for bars in axes.containers]
        assert drawn == pytest.approx(rows["measured"].to_numpy())
        colours = [bars[0].get_color() for bars in axes.containers]
        assert colours == [bars[0].get_color() for bars in figure.axes[0].containers]


def test_groups_with_doses_of_their_own_are_drawn_though_all_doses_are_many():
    given = {"old": range(1, 9), "young": range(11, 19)}
    told = [(g, str(d)) for g, doses in given.items() for d in doses]
    data = pd.DataFrame(told, columns=["group", "dose"]).assign(time_h=1.0, observable="y")
    result = fit_table(
        own_tables.decay(), data.assign(value=0.5, error=0.1), ["rate"],
        dose_of="more", bounds={"rate": (0.01, 10.0)}, starts=1,
    )  # fmt: skip
    figure = plots.fitted(result)
    assert [len(axes.containers) for axes in figure.axes] == [8, 8]
    assert len(figure.legends[0].get_texts()) == 16


def test_too_many_groups_are_refused():
    groups = [f"g{i}" for i in range(15)]
    data = pd.DataFrame({"time_h": 1.0, "observable": "y", "value": 0.5, "group": groups})
    result = fit_table(
        own_tables.decay(), data.assign(error=0.1), ["rate"],
        arms={g: {"more": 1.0} for g in groups}, bounds={"rate": (0.01, 10.0)}, starts=1,
    )  # fmt: skip
    with pytest.raises(InputError, match="15 groups in one panel; no more than 14"):
        plots.fitted(result)


def test_only_levels_are_drawn_over_curves():
    # Of patients: the median is a level; a share, a spread, a fold and a word lie on no curve.
    asked = ["median", "share below", "SD", "median", "median"]
    table = own_tables.table(
        [2.0] * 5, [0.4, 0.5, 0.1, 0.5, "fall"], error=[0.1] * 4 + [None], statistic=asked,
        threshold=[None, 0.4, *[None] * 3], quantity=[*["value"] * 3, "fold", "change"],
        likelihood=["normal"] * 4 + ["direction"], scale=[*[None] * 4, 0.1],
    )  # fmt: skip
    result = fit_table(
        own_tables.decay(), table, "rate", arms=Patients(50, vary={"rate": 50.0}),
        bounds={"rate": (0.01, 10.0)}, starts=1,
    )  # fmt: skip
    (axes,) = plots.fitted(result).axes
    ((points, *_),) = axes.containers
    assert points.get_ydata().tolist() == [0.4]
    (curve,) = [line for line in axes.get_lines() if len(line.get_xdata()) > 100]
    assert curve.get_ydata()[0] == pytest.approx(1.0)
    assert curve.get_ydata()[-1] == pytest.approx(np.exp(-2.0 * result.values["rate"]), rel=0.05)
