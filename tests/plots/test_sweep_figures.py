"""Which figures a sweep gets, and the words that go with them."""

import numpy as np

from il15_sim.plots.sweep_figures import sweep_figures
from il15_sim.sensitivity import analyse, convergence, design
from tests.sensitivity.known_functions import ANGLES, ishigami

LABELS = {"y": "The answer", "x1": "First angle"}


def found_by(method, n, function=ishigami, **options):
    made = design(ANGLES, method, n, **options)
    return analyse(made, lambda table: {"y": function(table)}, failures="drop")


def figures(screen, quantify):
    last = quantify or screen
    return list(sweep_figures("y", screen, quantify, convergence(last), LABELS))


def test_each_stage_has_its_figure():
    screen, quantify = found_by("morris", 8), found_by("sobol", 64)
    names = [shown.name for shown in figures(screen, quantify)]
    assert names == ["sobol_y", "screen_y", "convergence_y"]
    assert [shown.name for shown in figures(screen, None)] == ["screen_y", "convergence_y"]
    assert [shown.name for shown in figures(None, quantify)] == ["sobol_y", "convergence_y"]
    pairs = found_by("sobol", 64, second_order=True)
    assert [shown.name for shown in figures(None, pairs)] == ["sobol_y", "pairs_y", "convergence_y"]


def test_every_figure_has_its_words_and_its_table():
    pairs = found_by("sobol", 64, second_order=True)
    for shown in figures(found_by("morris", 8), pairs):
        assert shown.title.endswith(": The answer")
        assert "The answer" in shown.alt
        assert len(shown.caption.split()) <= 60
        assert shown.caption.endswith("A simulation; research only.")
        assert shown.data in (("data/indices.csv",), ("data/convergence.csv",))
        assert shown.figure.get_size_inches().min() > 0


def test_failed_points_are_told_in_the_long_text():
    def function(table):
        return np.where(table["x1"] > 2.5, np.nan, ishigami(table))

    quantify = found_by("sobol", 64, function)
    for shown in figures(None, quantify):
        (line,) = shown.story
        assert line.startswith(f"{quantify.failures['failed'][0]} points failed, mostly at x1 2.5")
    assert all(shown.story == () for shown in figures(None, found_by("sobol", 64)))


def test_an_output_that_does_not_vary_has_no_figure():
    def flat(table):
        return np.ones(len(table))

    assert figures(found_by("morris", 8, flat), found_by("sobol", 8, flat)) == []
    assert figures(found_by("morris", 8, flat), None) == []
