"""Figures show the numbers of the runs: curves, doses, folds, rises, residuals."""

import numpy as np
import pytest

from il15_sim import plots
from il15_sim.errors import InputError
from il15_sim.model.observables import read_observables
from il15_sim.plots.dose_figures import dose_level, ladder_drug
from il15_sim.plots.fit_figures import study_name
from il15_sim.plots.knockout import is_knockout_set
from il15_sim.plots.series import daily_band, swings_daily
from il15_sim.results import Runs
from tests.made.runs import (
    COMBINED,
    LEVELS,
    UNITS,
    made_runs,
)


def panel(figure, label):
    """The axes whose y label starts with a text."""
    (found,) = [a for a in figure.axes if a.get_ylabel().startswith(label)]
    return found


# --- time courses ----------------------------------------------------------------------------


def test_trajectories_draw_the_values_of_every_arm_in_days(runs):
    axes = panel(plots.trajectories(runs, ["cd4_per_uL"]), "CD4+ cells")
    assert len(axes.get_lines()) == len(runs)
    line = axes.get_lines()[0]
    np.testing.assert_array_equal(line.get_xdata(), runs.times_h / 24)
    np.testing.assert_array_equal(line.get_ydata(), runs.get(0, "cd4_per_uL"))
    assert axes.get_ylabel() == "CD4+ cells\n(cells/µL)"
    assert axes.get_xlabel() == "Time (days)"


def test_the_strip_marks_every_dose_of_every_arm(runs):
    figure = plots.trajectories(runs, ["cd4_per_uL"])
    (strip,) = [axes for axes in figure.axes if not axes.axison]
    drawn = [np.asarray(line.get_xdata()) for line in strip.get_lines()]
    expected = [
        [d.time_h / 24 for d in regimen.doses() if d.drug == drug]
        for regimen, drug in (
            (runs.regimens[0], "sorafenib"),
            (runs.regimens[0], "temozolomide"),
            (runs.regimens[1], "sorafenib"),
        )
    ]
    assert [list(days) for days in drawn] == expected
    assert not any(14 <= day < 21 for day in drawn[2])
    markers = {line.get_marker() for line in strip.get_lines()}
    assert len(markers) == 2


def test_a_saw_is_drawn_as_its_daily_mean_and_band():
    times = np.arange(0.0, 24 * 30 + 1)
    saw = 5.0 + (times % 12) / 12
    assert swings_daily(times, saw)
    day, mean, low, high = daily_band(times, saw)
    np.testing.assert_allclose(day[:2], [0.5, 1.5])
    np.testing.assert_allclose(low, 5.0)
    np.testing.assert_allclose(high, 5 + 11 / 12)
    # The mean of one tooth of 12 steps that falls back within one: 5 + (66 / 12) / 12.
    np.testing.assert_allclose(mean, 5 + 66 / 144)


@pytest.mark.parametrize(
    "values", [lambda t: 3 + t / 100, lambda t: np.full_like(t, np.nan), lambda t: 0 * t]
)
def test_a_smooth_or_missing_curve_has_no_band(values):
    times = np.arange(0.0, 24 * 30 + 1)
    assert not swings_daily(times, values(times))


def test_pulses_on_a_few_days_of_a_cycle_are_drawn_as_they_are():
    times = np.arange(0.0, 24 * 84 + 1)
    assert not swings_daily(times, np.where(times % 672 < 120, times % 24, 0.0))


def test_teeth_are_drawn_where_there_is_room_for_them():
    times = np.arange(0.0, 24 * 5 + 1)
    assert not swings_daily(times, 5 + (times % 12) / 12)


def test_a_failed_run_is_named_but_not_drawn():
    status = ["ok", "integration failed after 12 h"]
    runs = made_runs(["none", COMBINED], ["fine", "broken"], days=30, status=status)
    figure = plots.trajectories(runs, ["cd4_per_uL"])
    assert len(panel(figure, "CD4+ cells").get_lines()) == 1
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "broken (failed, not shown)" in labels


def test_unknown_observables_are_refused(runs):
    with pytest.raises(InputError, match="unknown observable 'cd4_per_ul'; did you mean"):
        plots.trajectories(runs, ["cd4_per_ul"])


def test_the_chain_has_one_panel_per_step(runs):
    figure = plots.chain(runs, "combined")
    headings = [a.get_title(loc="left") for a in figure.axes if a.axison]
    assert len(headings) == len(read_observables().panels())
    assert headings[0] == "a  Sorafenib, free"
    assert headings[-1].endswith("Tumour burden")


def test_the_chain_leaves_out_a_drug_that_is_not_given(runs):
    headings = [a.get_title(loc="left") for a in plots.chain(runs, "untreated").axes if a.axison]
    assert not any("Temozolomide" in heading for heading in headings)


def test_the_chain_of_an_unknown_or_failed_run_is_refused(runs):
    with pytest.raises(InputError, match="unknown run 'combind'; did you mean 'combined'"):
        plots.chain(runs, "combind")
    failed = made_runs(["none"], ["x"], days=2, status=["no untreated steady state"])
    with pytest.raises(InputError, match="run 'x' failed; no untreated steady state"):
        plots.chain(failed)


# --- dose figures ----------------------------------------------------------------------------


def test_proportional_exposure_lies_on_the_reference_line(ladder):
    for axes in plots.dose_exposure(ladder, day=28).axes:
        line, points = axes.get_lines()
        expected = np.interp(points.get_xdata(), line.get_xdata(), line.get_ydata())
        np.testing.assert_allclose(points.get_ydata(), expected, rtol=1e-9)
        assert list(points.get_xdata()) == [100, 200, 400, 800]
        assert axes.get_xlabel() == "Dose of sorafenib (mg every 12 h)"


def test_the_response_is_told_as_fold_and_as_rise(ladder):
    figure = plots.dose_response(ladder, day=56)
    fold = panel(figure, "IL-15Rα on day 56").get_lines()[0]
    np.testing.assert_allclose(fold.get_ydata(), 1.5)
    rise = panel(figure, "Rise of CD4+NKG2D+ of CD4+").get_lines()[0]
    np.testing.assert_allclose(rise.get_ydata(), 0.5 * LEVELS["cd4_nkg2d_percent"])
    assert "(percentage points)" in panel(figure, "Rise of CD4+NKG2D+ of CD4+").get_ylabel()


def test_a_dose_ladder_is_known_by_its_regimens(ladder, runs):
    assert ladder_drug(ladder) == "sorafenib"
    assert ladder_drug(runs) is None


def test_levels_at_other_times_are_no_ladder():
    texts = ["150 mg/m2 q24h d1-5/28 x 56 d", "200 mg/m2 q24h d1-5/28 x 56 d"]
    texts = [f"temozolomide {t}" for t in (*texts, "75 mg/m2 q24h d1-42/56 x 56 d")]
    assert ladder_drug(made_runs(texts)) is None
    texts[2] = texts[2].replace("d1-42/56", "d1-5/28")
    assert ladder_drug(made_runs(texts)) == "temozolomide"


def test_a_changing_dose_has_no_place_on_a_dose_axis(runs):
    with pytest.raises(InputError, match="has 2 dose levels of sorafenib"):
        dose_level(runs.regimens[1], "sorafenib")
    with pytest.raises(InputError, match="needs one level per run"):
        plots.dose_exposure(runs)


def test_dose_figures_refuse_runs_that_do_not_compare():
    mixed = ["sorafenib 400 mg q12h x 30 d", "sorafenib 400 mg q24h x 30 d"]
    with pytest.raises(InputError, match="runs differ in unit or interval of sorafenib"):
        plots.dose_exposure(made_runs(mixed, days=30))
    with pytest.raises(InputError, match="no run is given temozolomide"):
        plots.dose_exposure(made_runs(mixed[:1], days=30), "temozolomide")
    with pytest.raises(InputError, match="the runs cover 0-336 h"):
        plots.dose_exposure(made_runs(mixed[:1], days=14))


# --- knock-outs ------------------------------------------------------------------------------


def test_the_dashed_line_stands_at_a_quarter_of_the_reference_rise(knocked_out):
    figure = plots.knockouts(knocked_out)
    observables = ("cd4_nkg2d_percent", "", "cd4_nkg2d_per_uL")
    for axes, observable in zip(figure.axes, observables, strict=True):
        _, line = axes.get_lines()
        at = line.get_xdata()[0]
        if observable:
            assert at == pytest.approx(0.25 * 0.5 * LEVELS[observable])
        else:
            assert at == pytest.approx(0.25 * np.log2(1.5))
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == list(knocked_out.names)


def test_a_set_of_knockouts_is_known_by_its_overrides(knocked_out, runs):
    assert is_knockout_set(knocked_out)
    assert not is_knockout_set(runs)


def test_knockouts_need_a_reference_and_the_subset(knocked_out):
    failed = made_runs(["none"] * 3, list("abc"), days=57, status=["lost", "ok", "ok"])
    with pytest.raises(InputError, match="reference run 'a' failed; lost"):
        plots.knockouts(failed)
    lacking = Runs(knocked_out.data.drop_vars([*UNITS][1:]), knocked_out.recipe)
    with pytest.raises(InputError, match="the runs do not hold 'cd4_nkg2d_percent'"):
        plots.knockouts(lacking)


# --- fits ------------------------------------------------------------------------------------


def test_observed_and_predicted_share_a_panel_per_arm(fitted):
    figure = plots.observed_predicted(*fitted)
    headings = [a.get_title(loc="left") for a in figure.axes if a.axison]
    assert headings == ["Awada 2005, 100 mg", "Strumberg 2005, 400 mg"]
    typical, predicted, used, reported = figure.axes[0].get_lines()
    assert set(predicted.get_ydata()) == {1.5}
    assert set(typical.get_ydata()) == {2.0}
    assert (len(used.get_xdata()), len(reported.get_xdata())) == (3, 1)
    assert figure.axes[0].get_yscale() == "log"


def test_a_fit_without_time_courses_is_refused(fitted):
    areas = fitted[0][fitted[0]["start_h"].notna()]
    with pytest.raises(InputError, match="no time course to draw"):
        plots.observed_predicted(areas, fitted[1])


def test_the_lines_of_the_scatter_are_identity_and_twofold(fitted):
    axes = plots.goodness_of_fit(fitted[0]).axes[0]
    slopes = [np.unique(np.round(x.get_ydata() / x.get_xdata(), 12)) for x in axes.get_lines()[:3]]
    assert [list(slope) for slope in slopes] == [[1.0], [2.0], [0.5]]


def test_single_patients_are_no_part_of_the_scatter(fitted):
    frame = fitted[0].copy()
    frame["statistic"] = ["individual"] + ["mean"] * (len(frame) - 1)
    count = sum(len(line.get_xdata()) for line in plots.goodness_of_fit(frame).axes[0].get_lines())
    full = sum(
        len(line.get_xdata()) for line in plots.goodness_of_fit(fitted[0]).axes[0].get_lines()
    )
    assert full - count == 1


@pytest.mark.parametrize(
    ("study", "told"), [("huang2017", "Huang 2017"), ("label_sorafenib", "label sorafenib")]
)
def test_studies_are_cited_by_author_and_year(study, told):
    assert study_name(study) == told
