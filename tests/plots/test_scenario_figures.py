"""Captions and stories, and which figures a scenario gets."""

import xarray as xr

from il15_sim import Model, plots
from il15_sim.plots.scenario_figures import scenario_figures
from il15_sim.results import Runs
from tests.made.runs import made_runs


def test_a_caption_says_what_how_and_on_what_it_rests(runs):
    model = Model.load()
    used = ["cd4_per_uL", "sorafenib_free_nM"]
    figure = plots.trajectories(runs, used)
    text = plots.caption(runs, used, model, what="Two courses", figure=figure)
    assert text.startswith("Two courses. Shaded: daily range around the 24 h mean.")
    ids = {i for o in used for i in model.facts.upstream_constants(o) if i in model.parameters}
    kinds = [model.parameters[i].kind for i in ids]
    told = ", ".join(f"{kinds.count(k)} {k}" for k in ("measured", "derived", "fitted", "assumed"))
    assert f"Parameters upstream: {told}." in text
    assert text.endswith("A simulation; research only.")


def test_a_caption_names_the_axes_that_do_not_start_at_zero():
    runs = made_runs(["none"], ["x"], days=2)
    level = xr.full_like(runs.data["cd4_per_uL"], 850.0)
    flat = Runs(runs.data.assign(cd4_per_uL=level), runs.recipe)
    shown = ["cd4_per_uL", "sorafenib_free_nM"]
    text = plots.caption(flat, shown, figure=plots.trajectories(flat, shown))
    assert "Not from zero: CD4+ cells." in text


def test_a_story_tells_every_regimen_and_the_kinds_upstream_of_each_curve(runs):
    model = Model.load()
    lines = plots.story(runs, ["cd4_nkg2d_percent"], model)
    kinds = model.upstream_kinds("cd4_nkg2d_percent")
    told = ", ".join(f"{kinds[kind]} {kind}" for kind in kinds if kind != "setting")
    assert kinds["setting"] > 0
    assert f"Upstream of CD4+NKG2D+ of CD4+: {told}." in lines
    assert lines[0].startswith("combined: sorafenib 400 mg q12h x 56 d + temozolomide 150 mg/m2")
    assert len(lines) == len(runs) + 1


def test_failed_runs_are_named_in_caption_and_story():
    runs = made_runs(["none"] * 2, ["x", "y"], days=2, status=["too stiff", "ok"])
    assert "Failed, not shown: x." in plots.caption(runs, ["cd4_per_uL"])
    line = "Not shown because the run failed: x (too stiff)."
    assert line in plots.story(runs, ["cd4_per_uL"])


def test_a_scenario_gets_the_figures_that_fit_it(runs, ladder, knocked_out):
    model = Model.load()
    found = {
        key: [shown.name for shown in scenario_figures(given, model)]
        for key, given in (
            ("arms", runs),
            ("ladder", ladder),
            ("knock-outs", knocked_out),
            # The time courses of a single arm are all in its chain.
            ("one arm", runs.select("combined")),
        )
    }
    assert found == {
        "arms": ["trajectories", "chain"],
        "ladder": ["trajectories", "dose_exposure", "dose_response", "chain"],
        "knock-outs": ["trajectories", "knockouts", "chain"],
        "one arm": ["chain"],
    }


def test_every_figure_of_a_scenario_has_few_words_a_story_and_its_data(ladder, runs, knocked_out):
    for given in (ladder, runs, knocked_out):
        for shown in scenario_figures(given, Model.load()):
            assert shown.title
            assert len(shown.alt) > 30
            assert "Parameters upstream" in shown.caption
            assert len(f"{shown.title}. {shown.caption}".split()) <= 60
            assert any(str(given.regimens[-1]) in line for line in shown.story) or (
                shown.name == "chain"
            )
            assert shown.data in [("data/trajectories.csv",), ("data/endpoints.csv",)]


def test_a_scenario_of_very_many_arms_and_observables_still_gets_its_figures():
    runs = made_runs(["none"] * 30, [f"arm {i}" for i in range(30)], days=2)
    many = {f"flux_{i}": runs.data["cd4_per_uL"] for i in range(60)}
    shown = next(scenario_figures(Runs(runs.data.assign(many), runs.recipe), Model.load()))
    assert shown.name == "trajectories"
    assert shown.caption.startswith("28 of 30 arms overlaid.")
    assert sum(axes.axison for axes in shown.figure.axes) == 60


def test_a_scenario_whose_runs_all_failed_has_no_figures():
    runs = made_runs(["none"], ["x"], days=2, status=["failed"])
    assert list(scenario_figures(runs, Model.load())) == []
