"""Which curves a panel shows: what was asked for, of the right run, all drawn in one way."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from il15_sim import InputError, Model, Regimen, plots, simulate
from il15_sim.model.observables import read_observables
from il15_sim.plots.chain_figure import chain_steps, leading_arm
from il15_sim.plots.doses import strip_rows
from il15_sim.plots.series import daily_band
from il15_sim.results import Runs
from tests.made.runs import COMBINED, UNITS, made_runs, three_arms


@pytest.fixture(scope="module")
def runs():
    return three_arms()


def labels(figure):
    return [a.get_ylabel().split("\n")[0] for a in figure.axes if a.axison]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def keep(runs, *observables):
    return Runs(runs.data[[*observables, "status"]], runs.recipe)


# --- what is drawn ---------------------------------------------------------------------------


def test_chosen_states_and_fluxes_are_drawn_beside_observables():
    asked = ["cd4_per_uL", "sorafenib_gut", "sorafenib_uptake"]
    regimen = Regimen.parse("sorafenib 400 mg q12h x 1 d")
    found = simulate(Model.load(), regimen, until_days=2, observables=asked)
    assert list(found.observables) == asked
    figure = plots.trajectories(found)
    assert labels(figure) == ["CD4+ cells", "sorafenib gut", "sorafenib uptake"]
    drawn = next(a for a in figure.axes if a.get_ylabel().startswith("sorafenib gut"))
    np.testing.assert_array_equal(drawn.get_lines()[0].get_ydata(), found["sorafenib_gut"][0])
    assert drawn.get_ylabel() == "sorafenib gut\n(mg)"


def test_runs_of_everything_are_drawn_by_their_main_steps(runs):
    main = [o for o in read_observables().of_role("main") if o != "temozolomide_mg_per_L"]
    # The drug that leads is the first one given: its level is drawn, and the other one's not.
    assert len(labels(plots.trajectories(runs))) == len(main) == 6
    alone = made_runs(["temozolomide 150 mg/m2 q24h d1-5/28 x 28 d"], days=30)
    assert labels(plots.trajectories(alone))[0] == "Temozolomide"
    assert "Sorafenib, free" not in labels(plots.trajectories(alone))


def test_a_choice_is_drawn_whole_even_where_it_holds_main_steps(runs):
    few = keep(runs, "nk_per_uL", "cd4_nkg2d_percent", "treg_per_uL")
    assert labels(plots.trajectories(few)) == ["NK cells", "CD4+NKG2D+ of CD4+", "Treg cells"]


def test_what_cannot_be_drawn_is_refused(runs):
    ends = Runs(runs.data[["status"]].assign_coords(time_h=[0.0]), runs.recipe)
    with pytest.raises(InputError, match="the runs hold no time courses; only endpoints were"):
        plots.trajectories(ends)
    with pytest.raises(InputError, match="the runs hold no time courses"):
        plots.chain(ends)
    moment = Runs(runs.data.isel(time_h=[0]), runs.recipe)
    with pytest.raises(InputError, match="the runs hold one time; a curve has two; give more"):
        plots.trajectories(moment)
    with pytest.raises(InputError, match="61 panels in one figure; a page holds 60; give the"):
        plots.trajectories(runs, ["cd4_per_uL"] * 61)
    with pytest.raises(InputError, match="no observable to draw"):
        plots.trajectories(runs, [])
    many = made_runs(["none"] * 29, list(range(29)), days=1)
    with pytest.raises(InputError, match=r"29 arms in one panel; .* 28 .*plots\.bands"):
        plots.trajectories(many, ["cd4_per_uL"])
    with pytest.raises(InputError, match="no step of the chain to draw; simulate the observables"):
        plots.chain(keep(runs, "nk_per_uL"))


def test_runs_named_by_numbers_are_drawn_each_as_itself():
    texts = [f"sorafenib {mg} mg q12h x 3 d" for mg in (100, 200, 400)]
    found = made_runs(texts, [2, 0, 1], days=3)
    lines = plots.trajectories(found, ["sorafenib_free_nM"]).axes[0].get_lines()
    peaks = [line.get_ydata().max() for line in lines]
    assert peaks[1] == pytest.approx(2 * peaks[0])
    assert peaks[2] == pytest.approx(4 * peaks[0])
    assert [line.get_label() for line in lines] == ["2", "0", "1"]
    chain = plots.chain(found, 1).axes[0].get_lines()[0]
    assert chain.get_ydata().max() == pytest.approx(peaks[2])


# --- one way to draw per panel ---------------------------------------------------------------


def test_no_arm_is_a_band_beside_one_that_is_a_curve(runs):
    axes = next(a for a in plots.trajectories(runs, ["sorafenib_free_nM"]).axes if a.axison)
    assert len(axes.findobj(PolyCollection)) == len(runs)
    for index, line in enumerate(axes.get_lines()):
        day, mean, _, _ = daily_band(runs.times_h, runs.get(index, "sorafenib_free_nM"))
        np.testing.assert_allclose(line.get_xdata(), day)
        np.testing.assert_allclose(line.get_ydata(), mean)


def test_a_panel_without_a_swing_has_no_band(runs):
    axes = next(a for a in plots.trajectories(runs, ["cd4_per_uL"]).axes if a.axison)
    assert axes.findobj(PolyCollection) == []


def test_a_band_reaches_from_the_lowest_to_the_highest_value_of_each_day(runs):
    axes = next(
        a for a in plots.arms(runs.select("combined"), "sorafenib_free_nM").axes if a.axison
    )
    (band,) = axes.findobj(PolyCollection)
    corners = band.get_paths()[0].vertices
    _, _, low, high = daily_band(runs.times_h, runs.get("combined", "sorafenib_free_nM"))
    on_day_10 = corners[(corners[:, 0] >= 10) & (corners[:, 0] <= 11)][:, 1]
    assert {low[10], high[10]} <= set(on_day_10)


# --- the arm of the chain --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "position"),
    [
        (["sorafenib 400 mg q12h x 56 d", "sorafenib 400 mg q12h x 56 d; hold d14-d21"], 1),
        (["sorafenib 400 mg q12h x 56 d", "sorafenib 400 mg q12h x 56 d; skip dose 3"], 1),
        ([COMBINED, "sorafenib 400 mg q12h x 28 d; then 200 mg q12h x 28 d"], 1),
        (["none", "sorafenib 400 mg q12h x 56 d", COMBINED], 2),
        (["sorafenib 400 mg q12h x 56 d", "none"], 0),
        ([f"sorafenib {mg} mg q12h x 5 d" for mg in (100, 200, 400)], 1),
    ],
)
def test_the_chain_shows_the_arm_that_the_scenario_is_about(texts, position):
    found = made_runs(texts, days=5)
    assert leading_arm(found) == position
    drawn = plots.chain(found)
    one = found.select(texts[position])
    headings = [a.get_title(loc="left")[3:] for a in drawn.axes if a.axison]
    assert headings == [heading for heading, _ in chain_steps(one)]


def test_the_chain_passes_over_an_arm_that_failed():
    texts = ["none", "sorafenib 400 mg q12h x 56 d; hold d14-d21"]
    assert leading_arm(made_runs(texts, days=2, status=["ok", "lost"])) == 0
    assert leading_arm(made_runs(texts, days=2, status=["lost", "lost"])) is None


def test_arms_with_the_same_doses_share_a_row_of_ticks():
    same = [Regimen.parse(COMBINED), Regimen.parse(COMBINED)]
    assert [(drug, tint) for _, drug, tint in strip_rows(same, ["r", "b"])] == [
        ("sorafenib", "#333333"),
        ("temozolomide", "#333333"),
    ]
    other = [same[0], Regimen.parse("sorafenib 400 mg q12h x 7 d")]
    rows = [(drug, tint) for _, drug, tint in strip_rows(other, ["r", "b"])]
    assert rows == [("sorafenib", "r"), ("temozolomide", "r"), ("sorafenib", "b")]


def test_the_made_runs_hold_every_row_of_the_table(runs):
    assert set(runs.observables) == set(UNITS)
